/* Helpers of the signal calls that other calls share. */
#ifndef SKIFF_KERNEL_SYS_SIGNAL_H
#define SKIFF_KERNEL_SYS_SIGNAL_H

#include "kernel/abi.h"

/* Reads a siginfo made by the guest, for a signal to process target: 0, -EFAULT, or -EPERM if it
 * poses as one of kill(2) or the kernel. */
int siginfo_from_user(siginfo_t *info, uaddr_t uinfo, int sig, pid_t target);

#endif
