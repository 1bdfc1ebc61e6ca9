/* SECCOMP_RET_TRACE: the event, its message, a call changed, skipped and refused by the filter
 * after all; the stop at its exit; ENOSYS without a tracer that wants it. The filters as a tracer
 * reads them. */
#include "ptrace.h"

#include "../seccomp/filter.h"

#define GET_FILTER 0x420c
#define GET_METADATA 0x420d
#define DATA 0x1234

static void child(void)
{
	install_for(SYS_getppid, SECCOMP_RET_TRACE | DATA);
	install_for(SYS_getuid, SECCOMP_RET_ERRNO | 77);
	raise(SIGSTOP);
	CHECK_EQ(syscall(SYS_getppid), syscall(SYS_getpid)); /* changed */
	CHECK_EQ(syscall(SYS_getppid), 4711);		     /* skipped, with a result */
	CHECK_ERR(syscall(SYS_getppid), ENOSYS);	     /* skipped */
	CHECK_ERR(syscall(SYS_getppid), 77);		     /* changed to what is refused */
	CHECK_EQ(syscall(SYS_getppid, 0, 4096), 0);	     /* changed to one of the own memory */
	CHECK_EQ(syscall(SYS_getppid), getppid());	     /* untouched */
	CHECK_ERR(syscall(SYS_getppid), ENOSYS);	     /* the tracer has lost interest */
}

static struct user_regs_struct event(pid_t pid)
{
	struct user_regs_struct r;
	unsigned long msg;

	CHECK_STOP(pid, EVENT(PTRACE_EVENT_SECCOMP));
	PT(PTRACE_GETEVENTMSG, pid, 0, &msg);
	CHECK_EQ(msg, DATA);
	r = regs_of(pid);
	CHECK_EQ(r.orig_rax, SYS_getppid);
	CHECK_EQ((long)r.rax, -ENOSYS);
	return r;
}

static void change(pid_t pid, long nr, long result)
{
	struct user_regs_struct r = event(pid);

	r.orig_rax = (unsigned long)nr;
	r.rax = (unsigned long)result;
	PT(PTRACE_SETREGS, pid, 0, &r);
	PT(PTRACE_CONT, pid, 0, 0);
}

static void read_filters(pid_t pid)
{
	uint64_t md[2] = {1, 5}; /* which one, its flags */
	struct sock_filter code[8];
	long n = syscall(SYS_ptrace, GET_FILTER, pid, 0, code);

	if (n < 0 && (errno == EACCES || errno == EIO)) /* not root, or not built into the host */
		return;
	CHECK_EQ(n, 4);
	CHECK_EQ(code[2].k, SECCOMP_RET_TRACE | DATA);
	CHECK_EQ(syscall(SYS_ptrace, GET_FILTER, pid, 1, NULL), 4);
	PT_ERR(GET_FILTER, pid, 2, NULL, ENOENT);
	CHECK_EQ(syscall(SYS_ptrace, GET_METADATA, pid, sizeof(md), md), 16);
	CHECK_EQ(md[1], 0);
	PT_ERR(GET_METADATA, pid, 4, md, EINVAL);
}

/* With PTRACE_SYSCALL: entry, event, exit; with it only behind the event: exit. */
static void call_stops(void)
{
	struct ptrace_syscall_info_seccomp {
		uint8_t op, pad[7];
		uint64_t ip, sp, nr, args[6];
		uint32_t data;
	} info;
	pid_t pid = traced_child(child);

	PT(PTRACE_SETOPTIONS, pid, 0,
		PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	PT(PTRACE_CONT, pid, 0, 0);
	CHECK_STOP(pid, SIGSTOP);
	PT(PTRACE_CONT, pid, 0, 0);
	event(pid);
	CHECK_EQ(syscall(SYS_ptrace, PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info), 84);
	CHECK_EQ(info.op, 3);
	CHECK_EQ(info.nr, SYS_getppid);
	CHECK_EQ(info.data, DATA);
	PT(PTRACE_SYSCALL, pid, 0, 0);
	CHECK_STOP(pid, SYSCALL_STOP);
	CHECK_EQ(regs_of(pid).rax, getpid());
	PT(PTRACE_SYSCALL, pid, 0, 0);
	CHECK_STOP(pid, SYSCALL_STOP); /* entry of getpid */
	CHECK_EQ(regs_of(pid).orig_rax, SYS_getpid);
	PT(PTRACE_SYSCALL, pid, 0, 0);
	CHECK_STOP(pid, SYSCALL_STOP);
	PT(PTRACE_KILL, pid, 0, 0);
	CHECK_EQ(test_wait(pid, __WALL), SIGKILL);
}

int main(void)
{
	pid_t pid = traced_child(child);

	PT(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP);
	PT_ERR(GET_FILTER, pid, 0, NULL, geteuid() ? EACCES : EINVAL);
	PT(PTRACE_CONT, pid, 0, 0);
	CHECK_STOP(pid, SIGSTOP);
	read_filters(pid);
	PT(PTRACE_CONT, pid, 0, 0);
	change(pid, SYS_getpid, -ENOSYS);
	change(pid, -1, 4711);
	change(pid, -1, -ENOSYS);
	change(pid, SYS_getuid, 0);
	change(pid, SYS_munmap, 0);
	event(pid);
	PT(PTRACE_CONT, pid, 0, 0);
	event(pid); /* getppid() itself */
	PT(PTRACE_SETOPTIONS, pid, 0, 0);
	PT(PTRACE_CONT, pid, 0, 0);
	CHECK_EQ(test_wait(pid, 0), 0);
	call_stops();
	return 0;
}
