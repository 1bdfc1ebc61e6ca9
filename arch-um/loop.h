/* The event loop of skiff: host descriptors, host signals, timers, helper-thread completions. */
#ifndef SKIFF_ARCH_UM_LOOP_H
#define SKIFF_ARCH_UM_LOOP_H

#include "kernel/os.h"

int loop_init(void);
/* on_signal is called on the loop for each host signal of the loop's set. */
void loop_on_signal(void (*fn)(int sig));
_Noreturn void loop_run(void);

bool under_debugger(void);	   /* is this process traced? */
int os_log_open(const char *path); /* os_log goes there from now on; -errno */

#endif
