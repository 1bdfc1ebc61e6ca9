/* Fifty traced threads: each is stopped, looked at and waited for by its own tid; then one that is
 * not the leader executes another program. */
/* link: pthread */
#include "ptrace.h"
#include <pthread.h>

#define THREADS 50

static pthread_barrier_t barrier;
static int *counter;

static void *thread(void *arg)
{
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 20; i++) {
		__atomic_fetch_add(counter, 1, __ATOMIC_SEQ_CST);
		sched_yield();
	}
	return NULL;
}

static void *execs(void *arg)
{
	execl("/bin/true", "true", (char *)NULL);
	_exit(97);
}

static void child(void)
{
	pthread_t t[THREADS];

	pthread_barrier_init(&barrier, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, thread, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	pthread_create(&t[0], NULL, execs, NULL);
	for (;;)
		pause();
}

int main(void)
{
	int st, births = 0, ends = 0, execed = 0, calls = 0;
	unsigned long msg;
	pid_t leader, pid;

	counter = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(counter != MAP_FAILED);
	leader = traced_child(child);
	PT(PTRACE_SETOPTIONS, leader, 0,
		PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD);
	PT(PTRACE_SYSCALL, leader, 0, 0);
	while ((pid = SYS(waitpid(-1, &st, __WALL))) != leader || !WIFEXITED(st)) {
		int code = st >> 8;

		if (WIFEXITED(st)) {
			CHECK_EQ(WEXITSTATUS(st), 0);
			ends++;
			continue;
		}
		CHECK(WIFSTOPPED(st));
		if (code == EVENT(PTRACE_EVENT_CLONE)) {
			births++;
		} else if (code == EVENT(PTRACE_EVENT_EXEC)) {
			PT(PTRACE_GETEVENTMSG, pid, 0, &msg);
			CHECK(pid == leader && (pid_t)msg != leader);
			execed++;
		} else if (code == SYSCALL_STOP) {
			calls++;
		} else {
			CHECK_EQ(code, SIGSTOP);
		}
		CHECK(regs_of(pid).rip);
		PT(PTRACE_SYSCALL, pid, 0, 0);
	}
	CHECK_EQ(WEXITSTATUS(st), 0);
	CHECK_EQ(births, THREADS + 1);
	CHECK_EQ(ends, THREADS);
	CHECK_EQ(execed, 1);
	CHECK_EQ(*counter, THREADS * 20);
	CHECK(calls > THREADS * 40);
	return 0;
}
