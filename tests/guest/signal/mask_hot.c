/* run: fast-path */
/* link: pthread */
/*
 * A mask changed again and again behaves like one changed once, and a signal sent meanwhile is
 * taken as soon as a thread lets it through: by the one thread, or by either of two.
 */
#include "../test.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define HOT 3000
#define SIGNALS 2000

static volatile int *taken, *over;

static void on_usr1(int sig)
{
	(void)sig;
	__atomic_add_fetch(taken, 1, __ATOMIC_SEQ_CST);
}

/* One call site for all. */
__attribute__((noinline)) static long change(int how, const void *set, void *old, size_t size)
{
	register long r10 __asm__("r10") = (long)size;
	long ret;

	__asm__ volatile("mov $14, %%eax; syscall"
			 : "=&a"(ret)
			 : "D"((long)how), "S"(set), "d"(old), "r"(r10)
			 : "rcx", "r11", "memory");
	return ret;
}

static void values(void)
{
	unsigned long a = 1ul << 9 | 1ul << 11, b = 1ul << 11 | 1ul << 13, all = ~0ul, none = 0,
		      old;
	unsigned long kept = ~(1ul << 8 | 1ul << 18);

	for (int i = 0; i < HOT; i++) {
		CHECK_EQ(change(SIG_SETMASK, &a, &old, 8), 0);
		CHECK_EQ(old, 0);
		CHECK_EQ(change(SIG_BLOCK, &b, &old, 8), 0);
		CHECK_EQ(old, a);
		CHECK_EQ(change(SIG_UNBLOCK, &a, &old, 8), 0);
		CHECK_EQ(old, a | b);
		CHECK_EQ(change(99, NULL, &old, 8), 0);
		CHECK_EQ(old, b & ~a);
		CHECK_EQ(change(99, &a, NULL, 8), -EINVAL);
		CHECK_EQ(change(SIG_SETMASK, &a, NULL, 4), -EINVAL);
		CHECK_EQ(change(SIG_SETMASK, (void *)8, NULL, 8), -EFAULT);
		CHECK_EQ(change(SIG_BLOCK, NULL, NULL, 8), 0);
		CHECK_EQ(change(SIG_SETMASK, &all, NULL, 8), 0);
		old = 0;
		CHECK_EQ(change(SIG_SETMASK, &none, &old, 8), 0);
		CHECK_EQ(old, kept);
		CHECK_EQ(change(SIG_SETMASK, &a, (void *)8, 8), -EFAULT);
		CHECK_EQ(change(SIG_SETMASK, &none, &old, 8), 0);
		CHECK_EQ(old, a);
	}
}

static void toggle(void)
{
	unsigned long usr1 = 1ul << (SIGUSR1 - 1);

	while (!*over) {
		CHECK_EQ(change(SIG_BLOCK, &usr1, NULL, 8), 0);
		CHECK_EQ(change(SIG_UNBLOCK, &usr1, NULL, 8), 0);
	}
}

static void *other(void *arg)
{
	toggle();
	return arg;
}

/* Sends each signal when the one before has been taken. */
static void signals(bool two)
{
	pid_t me = getpid(), sender;
	pthread_t thread;

	*taken = *over = 0;
	if (two && pthread_create(&thread, NULL, other, NULL))
		FAIL("pthread_create");
	sender = test_fork();
	if (!sender) {
		for (int i = 0; i < SIGNALS; i++) {
			SYS(kill(me, SIGUSR1));
			while (__atomic_load_n(taken, __ATOMIC_SEQ_CST) <= i)
				sched_yield();
		}
		*over = 1;
		_exit(0);
	}
	toggle();
	CHECK_EQ(test_wait(sender, 0), 0);
	if (two)
		pthread_join(thread, NULL);
	CHECK_EQ(*taken, SIGNALS);
}

/* A mask is kept by a new thread, a fork and an exec. */
static void inherited(void)
{
	unsigned long usr2 = 1ul << (SIGUSR2 - 1), old;
	pid_t pid;

	CHECK_EQ(change(SIG_BLOCK, &usr2, NULL, 8), 0);
	pid = test_fork();
	if (!pid) {
		CHECK_EQ(change(SIG_BLOCK, NULL, &old, 8), 0);
		CHECK_EQ(old, usr2);
		execl("/bin/grep", "grep", "-q", "^SigBlk:[[:space:]]*0*800$", "/proc/self/status",
			NULL);
		_exit(1);
	}
	CHECK_EQ(test_wait(pid, 0), 0);
	CHECK_EQ(change(SIG_UNBLOCK, &usr2, NULL, 8), 0);
}

int main(void)
{
	taken = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (taken == MAP_FAILED)
		FAIL("mmap");
	over = taken + 1;
	on_signal(SIGUSR1, on_usr1, SA_RESTART);
	values();
	signals(false);
	signals(true);
	inherited();
	return 0;
}
