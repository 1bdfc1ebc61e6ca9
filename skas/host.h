/*
 * What the host offers, found out by trying and only when it is asked for.
 */
#ifndef SKIFF_SKAS_HOST_H
#define SKIFF_SKAS_HOST_H

#include "kernel/lib/types.h"

enum host_feature {
	HOST_LISTENER,	    /* seccomp user notification */
	HOST_WAIT_KILLABLE, /* a received call is not cancelled by signals: Linux 5.19 */
	HOST_SYNC_WAKE_UP,  /* notifications wake on the same CPU: Linux 6.6 */
	HOST_MSEAL,	    /* Linux 6.10 */
	HOST_PTRACE,	    /* a child can be traced */
	HOST_PIDFD_GETFD,   /* Linux 5.6 */
	HOST_PROCESS_VM,    /* process_vm_readv and process_vm_writev */
	HOST_PROC_MEM,	    /* /proc/PID/mem of a child */
	HOST_MEMFD_EXEC,    /* memfds can be executed */
	HOST_BREAKPOINTS,   /* perf events that watch a child's memory */
	HOST_FEATURE_COUNT
};

bool host_has(enum host_feature f);
bool host_lacks(enum host_feature f); /* by host_without, or known by now: probes nothing */
/* For tests: as if the host had none of these (names of `skiff probe`, separated by commas). 0, or
 * -EINVAL for an unknown name. */
int host_without(const char *list);
/* `skiff probe`: a line for each feature, with the remedy where it is missing. */
void host_report(void (*line)(const char *text));

#endif
