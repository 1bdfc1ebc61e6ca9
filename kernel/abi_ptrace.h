/* ptrace(2) as the guest sees it: constants from Linux's headers, registers from libc's. */
#ifndef SKIFF_KERNEL_ABI_PTRACE_H
#define SKIFF_KERNEL_ABI_PTRACE_H

#include "kernel/abi.h"

#include <linux/ptrace.h>
#include <sys/user.h>

/* asm/ptrace-abi.h, whose register names would be in the way */
#define PTRACE_GETREGS 12
#define PTRACE_SETREGS 13
#define PTRACE_GETFPREGS 14
#define PTRACE_SETFPREGS 15
#define PTRACE_ARCH_PRCTL 30
#define PTRACE_SYSEMU 31
#define PTRACE_SYSEMU_SINGLESTEP 32

static_assert(sizeof(struct user_regs_struct) == 216, "struct user_regs_struct");
static_assert(sizeof(struct user_fpregs_struct) == 512, "FXSAVE area");
static_assert(offsetof(struct user, u_debugreg) == 848, "struct user");

#endif
