/* Priority-inheritance mutexes: contention, trylock, time-outs, errors, owners that die, sharing.
 */
/* link: pthread */
#include "../test.h"

#include <linux/futex.h>
#include <pthread.h>

static long futex(int *word, int op, void *timeout)
{
	return syscall(SYS_futex, word, op, 0, timeout, NULL, 0);
}

static int tid(void)
{
	return (int)syscall(SYS_gettid);
}

static int word;
static struct gate locked, go;

static void *holder(void *arg)
{
	SYS(futex(&word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, NULL));
	gate_open(&locked);
	gate_wait(&go);
	SYS(futex(&word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, NULL));
	return NULL;
}

static void calls(void)
{
	struct timespec past = {1, 0};
	pthread_t t;

	CHECK_ERR(futex(&word, FUTEX_UNLOCK_PI, NULL), EPERM);
	SYS(futex(&word, FUTEX_LOCK_PI, NULL));
	CHECK_EQ(word & FUTEX_TID_MASK, tid());
	CHECK_ERR(futex(&word, FUTEX_LOCK_PI, NULL), EDEADLK);
	CHECK_ERR(futex((int *)((char *)&word + 1), FUTEX_LOCK_PI, NULL), EINVAL);
	SYS(futex(&word, FUTEX_UNLOCK_PI, NULL));
	CHECK_EQ(word, 0);
	word = 0x3ffffff0; /* nobody */
	CHECK_ERR(futex(&word, FUTEX_LOCK_PI, NULL), ESRCH);
	word = 0;
	gate_init(&locked);
	gate_init(&go);
	CHECK_EQ(pthread_create(&t, NULL, holder, NULL), 0);
	gate_wait(&locked);
	CHECK_ERR(futex(&word, FUTEX_TRYLOCK_PI | FUTEX_PRIVATE_FLAG, NULL), EAGAIN);
	CHECK_ERR(futex(&word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, &past), ETIMEDOUT);
	CHECK_ERR(futex(&word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, NULL), EPERM);
	gate_open(&go);
	SYS(futex(&word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, NULL));
	CHECK_EQ(word & FUTEX_TID_MASK, tid());
	CHECK_EQ(pthread_join(t, NULL), 0);
	SYS(futex(&word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, NULL));
	CHECK_EQ(word, 0);
}

static pthread_mutex_t *make(bool robust)
{
	pthread_mutex_t *m =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t a;

	CHECK(m != MAP_FAILED);
	pthread_mutexattr_init(&a);
	CHECK_EQ(pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT), 0);
	CHECK_EQ(pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED), 0);
	if (robust)
		CHECK_EQ(pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST), 0);
	CHECK_EQ(pthread_mutex_init(m, &a), 0);
	return m;
}

static void processes(void)
{
	pthread_mutex_t *m = make(false);
	volatile int *count = (int *)((char *)m + 2048);
	pid_t pid[3];

	for (int i = 0; i < 3; i++) {
		pid[i] = test_fork();
		if (pid[i] == 0) {
			for (int n = 0; n < 300; n++) {
				CHECK_EQ(pthread_mutex_lock(m), 0);
				++*count;
				CHECK_EQ(pthread_mutex_unlock(m), 0);
			}
			_exit(0);
		}
	}
	for (int i = 0; i < 3; i++)
		CHECK_EXIT(pid[i], 0);
	CHECK_EQ(*count, 900);
}

static void dead_owner(bool waits)
{
	pthread_mutex_t *m = make(true);
	pid_t pid;

	gate_init(&locked);
	gate_init(&go);
	pid = test_fork();
	if (pid == 0) {
		CHECK_EQ(pthread_mutex_lock(m), 0);
		gate_open(&locked);
		if (waits)
			gate_wait(&go);
		_exit(0);
	}
	gate_wait(&locked);
	if (!waits)
		CHECK_EXIT(pid, 0);
	else
		gate_open(&go);
	CHECK_EQ(pthread_mutex_lock(m), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(m), 0);
	CHECK_EQ(pthread_mutex_unlock(m), 0);
	CHECK_EQ(pthread_mutex_lock(m), 0);
	CHECK_EQ(pthread_mutex_unlock(m), 0);
	if (waits)
		CHECK_EXIT(pid, 0);
}

int main(void)
{
	if (futex(&word, FUTEX_LOCK_PI, NULL) < 0)
		SKIP("no priority-inheritance futexes");
	SYS(futex(&word, FUTEX_UNLOCK_PI, NULL));
	calls();
	processes();
	dead_owner(false);
	dead_owner(true);
	return 0;
}
