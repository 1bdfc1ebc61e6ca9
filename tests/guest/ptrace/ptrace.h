/* Helpers of the ptrace tests: a child that asks to be traced, and waits for its stops. */
#ifndef TESTS_GUEST_PTRACE_H
#define TESTS_GUEST_PTRACE_H

#include "../test.h"

#include <elf.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#define PT(req, pid, addr, data) SYS(syscall(SYS_ptrace, (req), (pid), (addr), (data)))
#define PT_ERR(req, pid, addr, data, want) \
	CHECK_ERR(syscall(SYS_ptrace, (req), (pid), (addr), (data)), want)

/* Forks a child that calls PTRACE_TRACEME, stops itself and then runs fn. Returns it stopped. */
TEST_UNUSED static pid_t traced_child(void (*fn)(void))
{
	pid_t pid = test_fork();
	int status;

	if (pid == 0) {
		if (syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0) < 0)
			_exit(99);
		raise(SIGSTOP);
		fn();
		_exit(0);
	}
	status = test_wait(pid, __WALL);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	return pid;
}

#define CHECK_STOP(pid, code) \
	do { \
		int st_ = test_wait((pid), __WALL); \
		if (!WIFSTOPPED(st_) || st_ >> 8 != (code)) \
			FAIL("status %#x, want stop %#x", (unsigned)st_, (unsigned)(code)); \
	} while (0)

#define EVENT(e) (SIGTRAP | (e) << 8)
#define SYSCALL_STOP (SIGTRAP | 0x80)

TEST_UNUSED static struct user_regs_struct regs_of(pid_t pid)
{
	struct user_regs_struct r;

	PT(PTRACE_GETREGS, pid, 0, &r);
	return r;
}

TEST_UNUSED static long peek_word(pid_t pid, const void *addr)
{
	long word;

	PT(PTRACE_PEEKDATA, pid, addr, &word);
	return word;
}

TEST_UNUSED static pid_t tracer_of(pid_t pid)
{
	char path[64], line[256];
	int tracer = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "TracerPid: %d", &tracer) == 1)
			break;
	fclose(f);
	return tracer;
}

#endif
