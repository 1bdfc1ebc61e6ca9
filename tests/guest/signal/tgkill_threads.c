/* link: pthread */
/* tgkill and pthread_kill reach exactly the thread named; the wrong group or a dead tid is ESRCH.
 */
#include "../test.h"
#include <pthread.h>

static __thread volatile int hits;
static struct gate ready, done;

static void on(int sig)
{
	(void)sig;
	hits++;
}

static void *target(void *arg)
{
	sigset_t set = sigset_of(SIGUSR1);
	siginfo_t si;
	pid_t *tid = arg;

	*tid = gettid();
	gate_open(&ready);
	while (hits == 0)
		sched_yield();
	CHECK_EQ(hits, 1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	gate_open(&ready);
	/* libc's sigwaitinfo turns SI_TKILL into SI_USER. */
	CHECK_EQ(syscall(SYS_rt_sigtimedwait, &set, &si, NULL, 8), SIGUSR1);
	CHECK_EQ(si.si_code, SI_TKILL);
	CHECK_EQ(si.si_pid, getpid());
	CHECK_EQ(hits, 1);
	gate_open(&done);
	return NULL;
}

int main(void)
{
	pthread_t t;
	pid_t tid;

	gate_init(&ready);
	gate_init(&done);
	on_signal(SIGUSR1, on, SA_RESTART);
	CHECK_EQ(pthread_create(&t, NULL, target, &tid), 0);
	gate_wait(&ready);
	SYS(syscall(SYS_tgkill, getpid(), tid, SIGUSR1));
	gate_wait(&ready);
	CHECK_ERR(syscall(SYS_tgkill, tid, tid, SIGUSR1), ESRCH);
	CHECK_ERR(syscall(SYS_tgkill, 0, tid, SIGUSR1), EINVAL);
	CHECK_ERR(syscall(SYS_tgkill, getpid(), -1, SIGUSR1), EINVAL);
	CHECK_ERR(syscall(SYS_tkill, 0, SIGUSR1), EINVAL);
	SYS(syscall(SYS_tkill, tid, 0));
	CHECK_EQ(pthread_kill(t, SIGUSR1), 0);
	gate_wait(&done);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(hits, 0);
	/* join returns when the kernel has cleared the tid, a little before it has freed it. */
	while (syscall(SYS_tgkill, getpid(), tid, 0) == 0)
		sched_yield();
	CHECK_ERR(syscall(SYS_tgkill, getpid(), tid, SIGUSR1), ESRCH);
	SYS(syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1));
	CHECK_EQ(hits, 1);
	return 0;
}
