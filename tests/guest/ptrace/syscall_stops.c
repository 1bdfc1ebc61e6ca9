/* PTRACE_SYSCALL: every call stops twice, those that touch only memory too; number, arguments and
 * result can be changed; PTRACE_SYSEMU makes none. */
#include "ptrace.h"
#include <linux/ptrace.h>

#define INFO struct __ptrace_syscall_info

static int word;

static void child(void)
{
	long ret = syscall(SYS_getppid);

	if (ret != 4242) /* the result is changed */
		_exit(1);
	if (syscall(SYS_getppid) != getpid()) /* the number is changed */
		_exit(2);
	errno = 0;
	if (syscall(SYS_kill, 0, SIGKILL) != -1 || errno != ENOSYS) /* not made */
		_exit(3);
	if (syscall(SYS_futex, &word, 1, 1, 0, 0, 0) != 0 || syscall(SYS_sched_yield) != 0)
		_exit(4);
	if (mprotect((void *)0x1000, 1, PROT_READ) != -1)
		_exit(5);
	if (syscall(SYS_getuid) != 5555) /* emulated */
		_exit(6);
	syscall(SYS_exit, 9);
}

/* To the next call with this number, at its entry (or exit). */
static INFO next(pid_t pid, long nr)
{
	struct user_regs_struct r;
	INFO si;

	for (;;) {
		PT(PTRACE_SYSCALL, pid, 0, 0);
		CHECK_STOP(pid, SYSCALL_STOP);
		memset(&si, 0, sizeof(si));
		CHECK(PT(PTRACE_GET_SYSCALL_INFO, pid, sizeof(si), &si) >= 33);
		r = regs_of(pid);
		CHECK_EQ(si.instruction_pointer, r.rip);
		CHECK_EQ(si.stack_pointer, r.rsp);
		if (si.op == PTRACE_SYSCALL_INFO_ENTRY) {
			CHECK_EQ(si.entry.nr, r.orig_rax);
			CHECK_EQ(r.rax, -ENOSYS);
		}
		if ((long)r.orig_rax == nr)
			return si;
	}
}

static void change_result(pid_t pid)
{
	struct user_regs_struct r;
	INFO si = next(pid, SYS_getppid);

	CHECK_EQ(si.op, PTRACE_SYSCALL_INFO_ENTRY);
	si = next(pid, SYS_getppid);
	CHECK_EQ(si.op, PTRACE_SYSCALL_INFO_EXIT);
	CHECK(si.exit.rval == getpid() && !si.exit.is_error);
	r = regs_of(pid);
	r.rax = 4242;
	PT(PTRACE_SETREGS, pid, 0, &r);
}

static void change_number(pid_t pid, long from, long to)
{
	INFO si = next(pid, from);

	CHECK_EQ(si.op, PTRACE_SYSCALL_INFO_ENTRY);
	PT(PTRACE_POKEUSER, pid, offsetof(struct user, regs.orig_rax), to);
	PT(PTRACE_SYSCALL, pid, 0, 0);
	CHECK_STOP(pid, SYSCALL_STOP);
}

static void sees(pid_t pid, long nr, long result)
{
	INFO si = next(pid, nr);

	CHECK_EQ(si.op, PTRACE_SYSCALL_INFO_ENTRY);
	si = next(pid, nr);
	CHECK_EQ(si.op, PTRACE_SYSCALL_INFO_EXIT);
	CHECK_EQ(si.exit.rval, result);
	CHECK_EQ(si.exit.is_error, result < 0);
}

static void emulate(pid_t pid)
{
	struct user_regs_struct r;

	PT(PTRACE_SYSEMU, pid, 0, 0);
	CHECK_STOP(pid, SYSCALL_STOP);
	r = regs_of(pid);
	CHECK_EQ(r.orig_rax, SYS_getuid);
	r.rax = 5555;
	PT(PTRACE_SETREGS, pid, 0, &r);
}

int main(void)
{
	pid_t pid = traced_child(child);
	INFO si;

	PT(PTRACE_GET_SYSCALL_INFO, pid, sizeof(si), &si);
	CHECK_EQ(si.op, PTRACE_SYSCALL_INFO_NONE);
	PT(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
	PT_ERR(PTRACE_SETOPTIONS, pid, 0, 1 << 15, EINVAL);
	change_result(pid);
	change_number(pid, SYS_getppid, SYS_getpid);
	change_number(pid, SYS_kill, -1);
	sees(pid, SYS_futex, 0);
	sees(pid, SYS_sched_yield, 0);
	sees(pid, SYS_mprotect, -ENOMEM);
	emulate(pid);
	PT(PTRACE_CONT, pid, 0, 0);
	CHECK_EXIT(pid, 9);
	return 0;
}
