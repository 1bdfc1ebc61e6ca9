/* link: pthread */
/* Robust mutexes: an owner that dies (thread exit, process exit, SIGKILL) leaves EOWNERDEAD. */
/* run: trap-all */
#include "../test.h"
#include <pthread.h>

static pthread_mutex_t *shared;

static void *lock_and_leave(void *arg)
{
	CHECK_EQ(pthread_mutex_lock(arg), 0);
	return NULL;
}

static void take_over(const char *what)
{
	int r = pthread_mutex_lock(shared);

	if (r != EOWNERDEAD)
		FAIL("%s: lock returned %d, want EOWNERDEAD", what, r);
	CHECK_EQ(pthread_mutex_consistent(shared), 0);
	CHECK_EQ(pthread_mutex_unlock(shared), 0);
}

int main(void)
{
	pthread_mutexattr_t attr;
	pthread_t t;
	struct gate locked;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	CHECK_EQ(pthread_mutex_init(shared, &attr), 0);

	CHECK_EQ(pthread_create(&t, NULL, lock_and_leave, shared), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	take_over("thread exit");

	pid_t pid = test_fork();
	if (pid == 0) {
		lock_and_leave(shared);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	take_over("process exit");

	gate_init(&locked);
	pid = test_fork();
	if (pid == 0) {
		lock_and_leave(shared);
		gate_open(&locked);
		pause();
	}
	gate_wait(&locked);
	SYS(kill(pid, SIGKILL));
	/* The waiter below may sleep on the futex before the owner's death is processed. */
	take_over("kill");
	CHECK_KILLED(pid, SIGKILL);
	return 0;
}
