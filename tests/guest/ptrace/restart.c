/* Calls that a stop interrupts go on afterwards: reads, sleeps, futex waits, native or traced. */
/* link: pthread */
#include "ptrace.h"
#include <linux/futex.h>

static int *word;
static struct gate ready, go;

static void sleeper_futex(void)
{
	long r;

	gate_open(&ready);
	r = syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
	_exit(r == 0 || errno == EAGAIN ? 0 : 1);
}

static void sleeper_timed(void)
{
	struct timespec ts = {15, 0};
	long r;

	gate_open(&ready);
	r = syscall(SYS_futex, word, FUTEX_WAIT, 0, &ts, NULL, 0);
	_exit(r == 0 || errno == EAGAIN ? 0 : 1);
}

static void sleeper_read(void)
{
	gate_open(&ready);
	gate_wait(&go);
}

static void wake(void (*fn)(void))
{
	if (fn == sleeper_read) {
		gate_open(&go);
		return;
	}
	*word = 1;
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* An interrupted tracee stops somewhere: in a PTRACE_EVENT_STOP or at a call. */
static void interrupt(pid_t pid)
{
	int st;

	PT(PTRACE_INTERRUPT, pid, 0, 0);
	st = test_wait(pid, __WALL);
	CHECK(WIFSTOPPED(st));
	CHECK(st >> 8 == SYSCALL_STOP || st >> 8 == EVENT(PTRACE_EVENT_STOP));
}

static void interrupted(void (*fn)(void), int how)
{
	pid_t pid;

	*word = 0;
	pid = test_fork();
	if (pid == 0) {
		fn();
		_exit(0);
	}
	gate_wait(&ready);
	PT(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD);
	for (int i = 0; i < 10; i++) {
		interrupt(pid);
		PT(how, pid, 0, 0);
	}
	interrupt(pid);
	PT(PTRACE_DETACH, pid, 0, 0);
	wake(fn);
	CHECK_EXIT(pid, 0);
}

int main(void)
{
	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(word != MAP_FAILED);
	gate_init(&ready);
	gate_init(&go);
	interrupted(sleeper_read, PTRACE_CONT);
	interrupted(sleeper_read, PTRACE_SYSCALL);
	interrupted(sleeper_futex, PTRACE_CONT);
	interrupted(sleeper_futex, PTRACE_SYSCALL);
	interrupted(sleeper_timed, PTRACE_CONT);
	interrupted(sleeper_timed, PTRACE_SYSCALL);
	return 0;
}
