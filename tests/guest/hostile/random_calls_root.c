/* run: guest-only */
/* As random_calls, but as guest root and with names, descriptors and structures that make sense, so
 * that calls get past their first check. Only what ends the machine or the test itself is left out.
 */
#include "../test.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

static unsigned long seed;

static unsigned long next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static const char *const names[] = {
	"/",
	".",
	"..",
	"/tmp/r/a",
	"/tmp/r/b",
	"/tmp/r/d",
	"/tmp/r/d/x",
	"/tmp/r/l",
	"/proc",
	"/proc/self",
	"/proc/1/fd",
	"/proc/self/maps",
	"/dev/ptmx",
	"/dev/null",
	"/dev/tty",
	"/dev/zero",
	"/sys",
	"tmpfs",
	"proc",
	"devpts",
	"user.x",
	"trusted.y",
	"mode=755",
	"",
	"a/b/c",
	"/tmp/r/fifo",
	"/tmp/r/sock",
	"/etc/passwd",
	"/proc/self/mem",
	"/proc/self/fd/3",
	"/usr",
	"/bin/true",
	"size=1",
	"/proc/sys/kernel/hostname",
};
static char *scratch; /* its end is the end of mapped memory */
/* The first lines would end the machine or the test; the last the child itself, too soon. */
static const long left_out[] = {
	SYS_kill,
	SYS_tkill,
	SYS_tgkill,
	SYS_rt_sigqueueinfo,
	SYS_rt_tgsigqueueinfo,
	SYS_pidfd_send_signal,
	SYS_fork,
	SYS_vfork,
	SYS_clone,
	SYS_clone3,
	SYS_reboot,
	SYS_ptrace,
	SYS_alarm,
	SYS_setitimer,
	SYS_exit,
	SYS_exit_group,
	SYS_pause,
	SYS_rt_sigreturn,
	SYS_munmap,
	SYS_mprotect,
	SYS_mremap,
	SYS_arch_prctl,
	SYS_pkey_mprotect,
	SYS_rt_sigsuspend,
};

static bool forbidden(long nr)
{
	if (nr == 335 || nr == 336) /* uretprobe, uprobe: SIGILL outside their trampoline */
		return true;
	for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
		if (left_out[i] == nr)
			return true;
	return false;
}

static unsigned long argument(void)
{
	unsigned long r = next(), v = r >> 8;

	switch (r % 16) {
	case 0:
		return 0;
	case 1:
		return -1ul;
	case 2:
	case 3:
		return (unsigned long)names[v % (sizeof names / sizeof *names)];
	case 4:
	case 5:
	case 6:
		return v % 24;
	case 7:
	case 8:
		return (unsigned long)scratch + v % 60000 / 8 * 8;
	case 9:
		return (unsigned long)scratch + 65536 - v % 16;
	case 10:
		return 4096 * (v % 32);
	case 11:
		return r;
	case 12:
		return 1ul << (v % 64);
	case 13:
		return (unsigned long)(int)-100; /* AT_FDCWD */
	case 14:
		return 0xffff888000000000 + (r >> 40);
	default:
		return v % 4096;
	}
}

/* Something of each kind on 3 to 23. */
static void descriptors(void)
{
	int p[2];

	SYS(pipe2(p, O_NONBLOCK));
	SYS(open("/", O_RDONLY | O_DIRECTORY));
	SYS(open("/tmp/r/a", O_RDWR | O_CREAT | O_NONBLOCK, 0666));
	SYS(open("/tmp/r/d", O_PATH));
	SYS(memfd_create("m", MFD_ALLOW_SEALING));
	SYS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p));
	SYS(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, p));
	SYS(epoll_create1(0));
	SYS(eventfd(3, EFD_NONBLOCK));
	SYS(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
	open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
	open("/dev/zero", O_RDWR);
	open("/proc/self/status", O_RDONLY);
	open("/proc/self/fd", O_RDONLY);
	syscall(SYS_inotify_init1, O_NONBLOCK);
	socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	syscall(SYS_pidfd_open, getpid(), 0);
}

static void child(int n)
{
	scratch = mmap(
		NULL, 65536 + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(scratch != MAP_FAILED);
	SYS(mprotect(scratch + 65536, 4096, PROT_NONE));
	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	SYS(setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 20, 1 << 20}));
	SYS(setrlimit(RLIMIT_AS, &(struct rlimit){1ul << 31, 1ul << 31}));
	mkdir("/tmp/r", 0777);
	mkdir("/tmp/r/d", 0777);
	mkfifo("/tmp/r/fifo", 0666);
	symlink("a", "/tmp/r/l");
	SYS(chdir("/tmp/r"));
	descriptors();
	seed = 0x9e3779b97f4a7c15ul * (n + 1);
	for (size_t i = 0; i < 65536; i++)
		scratch[i] = i % 7 ? 0 : (char)next();
	setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 100000}}, NULL);
	for (int i = 0; i < 4000; i++) {
		long nr = next() % 462;
		unsigned long a[6];

		for (int j = 0; j < 6; j++)
			a[j] = argument();
		if (!forbidden(nr))
			syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	int from = argc > 1 ? atoi(argv[1]) : 0, to = argc > 2 ? atoi(argv[2]) : from + 25;

	int null = SYS(open("/dev/null", O_RDWR | O_CLOEXEC));

	for (int n = from; n < to; n++) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (pid == 0) {
			SYS(dup2(null, 0));
			SYS(dup2(null, 1));
			SYS(dup2(null, 2));
			SYS(close(null));
			SYS(setsid());
			child(n);
		}
		int64_t end = now_ns(CLOCK_MONOTONIC) + 400000000;
		int st = 0;
		while (waitpid(pid, &st, WNOHANG) == 0) {
			if (now_ns(CLOCK_MONOTONIC) > end)
				SYS(kill(pid, SIGKILL));
			sched_yield();
		}
	}
	pid_t pid = test_fork();
	if (pid == 0)
		_exit(3);
	CHECK_EXIT(pid, 3);
	return 0;
}
