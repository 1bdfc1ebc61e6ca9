/*
 * The second wall: what the kernel process itself may do on the host, should a guest ever get it to
 * run code of its own. Four layers, each where the host has it:
 *   files     Landlock: the roots, overlay and volumes as given (read-only unless they are to be
 *             written), the machine's own directory, /proc and /sys to read. No TCP, no signals or
 *             abstract sockets to the outside.
 *   namespaces  of its own for System V IPC and the host's name, if started as root
 *   privilege no_new_privs, not dumpable, no capability but those that file ownership needs
 *   calls     an allow-list of system calls with checked arguments
 * The guest processes live below all of it and behind their own filter (skas/filter.c).
 */
#ifndef SKIFF_ARCH_UM_ISOLATION_H
#define SKIFF_ARCH_UM_ISOLATION_H

#include "arch-um/options.h"

/* Files and privilege: before any thread is made and before the first guest process. 0; -EPERM if
 * o->require_isolation cannot be met; both after one line on stderr where it fails. */
int isolation_start(const struct run_options *o);
/* A directory beside those of the options, as an open descriptor: write allows everything in it,
 * else only removal of directories. Before isolation_start. */
void isolation_allow(int fd, bool write);
void isolation_allow_abstract(void); /* sends to abstract AF_UNIX addresses outside; the same */
/* Calls: for all threads, after the first guest process has been made. 0 or -EPERM as above. */
int isolation_calls(const struct run_options *o);
const char *isolation_summary(
	void); /* for skiff inspect: the layers that are, or will be, active */
bool isolation_confines_files(void); /* directories that were not given cannot be reached */

#endif
