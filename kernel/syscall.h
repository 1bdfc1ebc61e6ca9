/*
 * System call definition and dispatch. SYSCALL_DEFINEn(name, type, arg, ...) defines sys_<name>
 * with typed arguments (break there in a debugger) and call_<name>, the one handler type that the
 * table holds. A handler runs on current's coroutine, may sleep, and returns the result or -errno
 * (-ERESTART* included).
 */
#ifndef SKIFF_KERNEL_SYSCALL_H
#define SKIFF_KERNEL_SYSCALL_H

#include "kernel/abi.h"

typedef long (*syscall_fn)(const u64 *args);

enum syscall_support { SUPPORT_NONE, SUPPORT_PARTIAL, SUPPORT_FULL, SUPPORT_NATIVE };

struct syscall_row {
	const char *name, *fmt;
	syscall_fn fn; /* NULL: -ENOSYS */
	enum syscall_support support;
	const char *note;
};

#define NR_SYSCALLS 480
extern const struct syscall_row syscall_table[NR_SYSCALLS];

/* What the kernel was asked, by number. Calls that run natively are not among them. */
struct syscall_stat {
	u64 calls, errors, time_ns; /* time from the call to its answer, sleep included */
};
extern struct syscall_stat syscall_stats[NR_SYSCALLS];
extern bool syscall_timing; /* fill time_ns */

long syscall_dispatch(u64 nr, const u64 *args);
void syscall_print_support(void (*line)(const char *text, void *arg), void *arg);

/* The handler has set all registers itself (rt_sigreturn, a successful execve): answer nothing. */
#define SYSCALL_NO_RESULT (-4000)
/* The thread has been resumed already (guest_orders_resume). */
#define SYSCALL_RESUMED (-4001)

#define SYSCALL_DEFINE0(name) \
	long call_##name(const u64 *args); \
	long sys_##name(void); \
	long call_##name(const u64 *args) \
	{ \
		return sys_##name(); \
	} \
	long sys_##name(void)
#define SYSCALL_BODY_(name, params, call) \
	long call_##name(const u64 *args); \
	long sys_##name params; \
	long call_##name(const u64 *args) \
	{ \
		return sys_##name call; \
	} \
	long sys_##name params
#define SYSCALL_DEFINE1(name, t0, a0) SYSCALL_BODY_(name, (t0 a0), ((t0)args[0]))
#define SYSCALL_DEFINE2(name, t0, a0, t1, a1) \
	SYSCALL_BODY_(name, (t0 a0, t1 a1), ((t0)args[0], (t1)args[1]))
#define SYSCALL_DEFINE3(name, t0, a0, t1, a1, t2, a2) \
	SYSCALL_BODY_(name, (t0 a0, t1 a1, t2 a2), ((t0)args[0], (t1)args[1], (t2)args[2]))
#define SYSCALL_DEFINE4(name, t0, a0, t1, a1, t2, a2, t3, a3) \
	SYSCALL_BODY_(name, (t0 a0, t1 a1, t2 a2, t3 a3), \
		((t0)args[0], (t1)args[1], (t2)args[2], (t3)args[3]))
#define SYSCALL_DEFINE5(name, t0, a0, t1, a1, t2, a2, t3, a3, t4, a4) \
	SYSCALL_BODY_(name, (t0 a0, t1 a1, t2 a2, t3 a3, t4 a4), \
		((t0)args[0], (t1)args[1], (t2)args[2], (t3)args[3], (t4)args[4]))
#define SYSCALL_DEFINE6(name, t0, a0, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5) \
	SYSCALL_BODY_(name, (t0 a0, t1 a1, t2 a2, t3 a3, t4 a4, t5 a5), \
		((t0)args[0], (t1)args[1], (t2)args[2], (t3)args[3], (t4)args[4], (t5)args[5]))

#endif
