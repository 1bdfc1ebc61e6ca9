/*
 * What pid 1 finds as its descriptors 0-2: the user's terminal as /dev/console, or skiff's own
 * standard streams passed through.
 */
#ifndef SKIFF_KERNEL_TTY_CONSOLE_H
#define SKIFF_KERNEL_TTY_CONSOLE_H

#include "fs/vfs.h"

int tty_init(void); /* terminal devices and hooks; before the first process. 0 or -errno */

/* tty: skiff's stdin is a terminal, to be used as the console and as current's controlling one.
 * Each out[] is a new reference (stdin, stdout, stderr). current is pid 1. May sleep. */
int console_setup(bool tty, struct file *out[3]);
void console_winch(void); /* the user's terminal has another size */
void console_fini(void);  /* the machine ends: writes what is still queued, as far as it goes */

#endif
