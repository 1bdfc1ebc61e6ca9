/* run: guest-only */
/* link: pthread */
/* A stub that obeys the guest: its signal stack is moved into a forged slot, or another thread
 * keeps rewriting the true one, so that whatever the kernel orders, something else is called. */
#include "stub.h"
#include <pthread.h>
#include <stdatomic.h>

#define SLOT_SIZE 0x4000ul

static char area[2 * SLOT_SIZE] __attribute__((aligned(0x4000)));
static char empty[] = "/bin/true";

static const long orders[][7] = {
	{SYS_openat, AT_FDCWD, (long)"/etc/passwd", O_RDONLY},
	{SYS_execveat, AT_FDCWD, (long)"/bin/true", 0, 0, 0},
	{SYS_execveat, 3, (long)empty, 0, 0, AT_EMPTY_PATH},
	{SYS_clone, SIGCHLD, 0, 0, 0, 0},
	{SYS_clone, CLONE_NEWUSER | CLONE_PARENT | SIGCHLD, 0, 0, 0, 0},
	{SYS_clone, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0},
	{SYS_unshare, CLONE_NEWUSER},
	{SYS_kill, -1, SIGKILL},
	{SYS_prctl, 1, 0},
	{SYS_ptrace, 0, 0},
	{SYS_socket, 2, 1, 0},
	{SYS_seccomp, 0, 0, 0},
	{SYS_io_uring_setup, 8, (long)area},
	{SYS_setuid, 0},
	{SYS_dup, 3},
	{SYS_pidfd_open, 1, 0},
	{SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 3, 0},
	{STUB_CALL, 3, 0, 0, 0, 0},
};
#define NR_ORDERS (sizeof orders / sizeof *orders)

/* Calls that make the kernel order something. */
static void provoke(int what)
{
	switch (what % 5) {
	case 0:
		sbrk(65536);
		break;
	case 1: {
		int fd = open("/proc/self/exe", O_RDONLY);
		mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
		break;
	}
	case 2:
		if (fork() == 0)
			_exit(0);
		break;
	case 3:
		execl("/bin/true", "true", (char *)NULL);
		break;
	case 4:
		mlock(area, 4096);
	}
}

static void forged_slot(size_t which, int what)
{
	stack_t ss = {.ss_sp = area + SLOT_SIZE - ((unsigned long)area & (SLOT_SIZE - 1)),
		.ss_size = SLOT_SIZE};
	long *order = ss.ss_sp;

	for (int i = 0; i < 16; i++)
		memcpy(order + 7 * i, orders[which], sizeof orders[0]);
	setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 300000}}, NULL);
	STUB(SYS_sigaltstack, &ss, 0, 0, 0, 0, 0);
	provoke(what);
	_exit(0);
}

static atomic_int stop;

static void *rewrite(void *arg)
{
	const long *order = arg;
	volatile long *slot = (volatile long *)STUB_SLOT;

	while (!stop)
		for (int i = 0; i < 14; i++)
			slot[i] = order[i % 7];
	return NULL;
}

static void racing_writer(size_t which, int what)
{
	pthread_t t;

	setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 300000}}, NULL);
	pthread_create(&t, NULL, rewrite, (void *)orders[which]);
	for (int i = 0; i < 8; i++)
		provoke(what);
	_exit(0);
}

int main(void)
{
	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	for (size_t i = 0; i < NR_ORDERS; i++)
		for (int what = 0; what < 5; what++) {
			for (int kind = 0; kind < 2; kind++) {
				pid_t pid = test_fork();

				if (pid == 0)
					kind ? racing_writer(i, what) : forged_slot(i, what);
				int st = test_wait(pid, 0);
				CHECK(WIFEXITED(st) || WIFSIGNALED(st));
			}
		}
	check_served();
	return 0;
}
