/* link: pthread */
/* Threads in their first moments: signalled before their first call, faulting at once, making the
 * first call while their creator makes more of them, replaced by an exec, ended with the process.
 */
#include "../test.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/ucontext.h>
#include <sys/wait.h>

#define ROUNDS 50

static atomic_int handled, calls, faults;

static void on_usr1(int sig)
{
	atomic_fetch_add(&handled, 1);
}

static void *spin_until_signalled(void *arg)
{
	int before = *(int *)arg;

	while (atomic_load(&handled) == before)
		;
	return NULL;
}

static void test_signalled(void)
{
	pthread_t t;

	signal(SIGUSR1, on_usr1);
	for (int i = 0; i < ROUNDS; i++) {
		int before = atomic_load(&handled);

		CHECK_EQ(pthread_create(&t, NULL, spin_until_signalled, &before), 0);
		CHECK_EQ(pthread_kill(t, SIGUSR1), 0);
		CHECK_EQ(pthread_join(t, NULL), 0);
	}
	CHECK_EQ(handled, ROUNDS);
}

static void on_segv(int sig, siginfo_t *si, void *uc)
{
	CHECK_EQ((long)si->si_addr, 0x50);
	atomic_fetch_add(&faults, 1);
	((ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP] += 3;
}

static void *fault(void *arg)
{
	__asm__ volatile("mov (%0), %0" : : "a"(0x50l)); /* three bytes */
	return NULL;
}

static void *call(void *arg)
{
	atomic_fetch_add(&calls, getpid() > 0);
	return NULL;
}

static void *create(void *arg)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, i % 2 ? call : fault, NULL), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	return NULL;
}

static void test_many_creators(void)
{
	struct sigaction sa = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO};
	pthread_t t[4];

	sigaction(SIGSEGV, &sa, NULL);
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 4; i++)
			CHECK_EQ(pthread_create(&t[i], NULL, create, NULL), 0);
		for (int i = 0; i < 4; i++)
			CHECK_EQ(pthread_join(t[i], NULL), 0);
	}
	CHECK_EQ(calls, 80);
	CHECK_EQ(faults, 80);
}

static void *run_on(void *arg)
{
	while (getpid() > 0)
		;
	return NULL;
}

static void *replace(void *arg)
{
	execl("/proc/self/exe", "newborn", "replaced", NULL);
	return NULL;
}

static void *end(void *arg)
{
	_exit(7);
}

/* A child makes threads until the last of them ends or replaces all. */
static void child_status(void *(*last)(void *), int want)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t t;

		for (int i = 0; i < 3; i++)
			pthread_create(&t, NULL, run_on, NULL);
		pthread_create(&t, NULL, last, NULL);
		for (;;)
			pthread_create(&t, NULL, call, NULL);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), want);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return 9;
	test_signalled();
	test_many_creators();
	for (int i = 0; i < 5; i++) {
		child_status(end, 7);
		child_status(replace, 9);
	}
	return 0;
}
