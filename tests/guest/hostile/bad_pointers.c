/* Every pointer argument of many calls, given NULL, low, kernel, non-canonical, protected and
 * half-mapped addresses: EFAULT each time, no crash, no hang. One row per pointer argument. */
#include "../test.h"
#include <linux/capability.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

#define BAD 0x5bad5bad5bad5badul
#define NULL_OK 1
/* One byte of the object suffices (strings and buffers), so half-mapped memory may do. */
#define BYTES 2
#define ROOT 4

enum { PIPE_R = 30, PIPE_W, FILE_FD, SOCK, EPOLL, DIR_FD, EVENT, TIMER, FILE2, INOT, PAIR };

struct row {
	const char *name;
	long nr;
	unsigned long arg[6];
	int flags;
};

static char good[8192], text[] = "/tmp/gtest-no-such-file";
static struct iovec good_iov = {good, 16};
static struct cap {
	uint32_t version;
	int pid;
} cap_hdr = {_LINUX_CAPABILITY_VERSION_3, 0};

#define G ((unsigned long)good)
#define T ((unsigned long)text)
#define S(s) ((unsigned long)(s))
#define N(x) #x, SYS_##x

static const struct row rows[] = {
	{N(read), {PIPE_R, BAD, 8}, BYTES},
	{N(write), {PIPE_W, BAD, 8}, BYTES},
	{N(write), {FILE_FD, BAD, 8}, BYTES},
	{N(read), {FILE_FD, BAD, 8}, BYTES},
	{N(pread64), {FILE_FD, BAD, 8, 0}, BYTES},
	{N(pwrite64), {FILE_FD, BAD, 8, 0}, BYTES},
	{N(readv), {PIPE_R, BAD, 1}, 0},
	{N(writev), {PIPE_W, BAD, 1}, 0},
	{N(preadv), {FILE_FD, BAD, 1, 0}, 0},
	{N(pwritev), {FILE_FD, BAD, 1, 0}, 0},
	{N(open), {BAD, 0, 0}, BYTES},
	{N(openat), {AT_FDCWD, BAD, 0, 0}, BYTES},
	{N(creat), {BAD, 0600}, BYTES},
	{N(stat), {BAD, G}, BYTES},
	{N(stat), {S("/"), BAD}, 0},
	{N(lstat), {S("/"), BAD}, 0},
	{N(fstat), {FILE_FD, BAD}, 0},
	{N(newfstatat), {AT_FDCWD, BAD, G, 0}, BYTES},
	{N(newfstatat), {AT_FDCWD, S("/"), BAD, 0}, 0},
	{N(statx), {AT_FDCWD, S("/"), 0, 0x7ff, BAD}, 0},
	{N(access), {BAD, 0}, BYTES},
	{N(faccessat), {AT_FDCWD, BAD, 0}, BYTES},
	{N(readlink), {BAD, G, 100}, BYTES},
	{N(readlink), {S("/proc/self/exe"), BAD, 100}, BYTES},
	{N(getcwd), {BAD, 4096}, BYTES},
	{N(chdir), {BAD}, BYTES},
	{N(chroot), {BAD}, BYTES | ROOT},
	{N(mkdir), {BAD, 0700}, BYTES},
	{N(rmdir), {BAD}, BYTES},
	{N(unlink), {BAD}, BYTES},
	{N(unlinkat), {AT_FDCWD, BAD, 0}, BYTES},
	{N(rename), {BAD, T}, BYTES},
	{N(rename), {T, BAD}, BYTES},
	{N(link), {BAD, T}, BYTES},
	{N(symlink), {BAD, T}, BYTES},
	{N(symlink), {T, BAD}, BYTES},
	{N(chmod), {BAD, 0600}, BYTES},
	{N(chown), {BAD, -1, -1}, BYTES},
	{N(truncate), {BAD, 0}, BYTES},
	{N(mknod), {BAD, S_IFIFO | 0600, 0}, BYTES},
	{N(utimensat), {FILE_FD, 0, BAD, 0}, NULL_OK},
	{N(getdents64), {DIR_FD, BAD, 4096}, BYTES},
	{N(statfs), {S("/"), BAD}, 0},
	{N(statfs), {BAD, G}, BYTES},
	{N(fstatfs), {FILE_FD, BAD}, 0},
	{N(getxattr), {BAD, S("user.x"), G, 10}, BYTES},
	{N(getxattr), {S("/"), BAD, G, 10}, BYTES},
	{N(setxattr), {S("/"), BAD, G, 1, 0}, BYTES},
	{N(pipe), {BAD}, 0},
	{N(pipe2), {BAD, 0}, 0},
	{N(poll), {BAD, 1, 0}, 0},
	{N(ppoll), {G, 0, BAD, 0, 8}, NULL_OK},
	{N(ppoll), {G, 0, 0, BAD, 8}, NULL_OK},
	{N(select), {64, BAD, 0, 0, 0}, NULL_OK},
	{N(select), {0, 0, 0, 0, BAD}, NULL_OK},
	{N(pselect6), {0, 0, 0, 0, BAD, 0}, NULL_OK},
	{N(epoll_ctl), {EPOLL, EPOLL_CTL_ADD, PIPE_R, BAD}, 0},
	{N(sendfile), {PIPE_W, FILE_FD, BAD, 1}, NULL_OK},
	{N(splice), {FILE_FD, BAD, PIPE_W, 0, 1, 0}, NULL_OK},
	{N(copy_file_range), {FILE_FD, BAD, FILE2, 0, 1, 0}, NULL_OK},
	{N(rt_sigaction), {SIGUSR1, BAD, 0, 8}, NULL_OK},
	{N(rt_sigaction), {SIGUSR1, 0, BAD, 8}, NULL_OK},
	{N(rt_sigprocmask), {SIG_BLOCK, BAD, 0, 8}, NULL_OK},
	{N(rt_sigprocmask), {SIG_BLOCK, 0, BAD, 8}, NULL_OK},
	{N(rt_sigpending), {BAD, 8}, 0},
	{N(rt_sigtimedwait), {BAD, 0, G, 8}, 0},
	{N(rt_sigtimedwait), {G, 0, BAD, 8}, NULL_OK},
	{N(rt_sigsuspend), {BAD, 8}, 0},
	{N(signalfd4), {-1, BAD, 8, 0}, 0},
	{N(sigaltstack), {BAD, 0}, NULL_OK},
	{N(sigaltstack), {0, BAD}, NULL_OK},
	{N(nanosleep), {BAD, 0}, 0},
	{N(clock_nanosleep), {CLOCK_MONOTONIC, 0, BAD, 0}, 0},
	{N(clock_gettime), {CLOCK_MONOTONIC, BAD}, 0},
	{N(clock_getres), {CLOCK_MONOTONIC, BAD}, NULL_OK},
	{N(clock_settime), {CLOCK_REALTIME, BAD}, 0},
	{N(gettimeofday), {BAD, 0}, NULL_OK},
	{N(setitimer), {ITIMER_VIRTUAL, BAD, 0}, NULL_OK},
	{N(getitimer), {ITIMER_VIRTUAL, BAD}, 0},
	{N(timer_create), {CLOCK_MONOTONIC, 0, BAD}, 0},
	{N(timer_create), {CLOCK_MONOTONIC, BAD, G}, NULL_OK},
	{N(timerfd_settime), {TIMER, 0, BAD, 0}, 0},
	{N(timerfd_gettime), {TIMER, BAD}, 0},
	{N(uname), {BAD}, 0},
	{N(sysinfo), {BAD}, 0},
	{N(getrusage), {RUSAGE_SELF, BAD}, 0},
	{N(times), {BAD}, NULL_OK},
	{N(getrlimit), {RLIMIT_CORE, BAD}, 0},
	{N(setrlimit), {RLIMIT_CORE, BAD}, 0},
	{N(prlimit64), {0, RLIMIT_CORE, 0, BAD}, NULL_OK},
	{N(prlimit64), {0, RLIMIT_CORE, BAD, 0}, NULL_OK},
	{N(setgroups), {4, BAD}, ROOT},
	{N(getresuid), {BAD, G, G}, 0},
	{N(getresuid), {G, BAD, G}, 0},
	{N(getresgid), {G, G, BAD}, 0},
	{N(sched_getaffinity), {0, 128, BAD}, 0},
	{N(sched_setaffinity), {0, 128, BAD}, 0},
	{N(sched_rr_get_interval), {0, BAD}, 0},
	{N(execve), {BAD, 0, 0}, BYTES},
	{N(execve), {S("/bin/true"), BAD, 0}, NULL_OK},
	{N(execve), {S("/bin/true"), 0, BAD}, NULL_OK},
	{N(socketpair), {AF_UNIX, SOCK_STREAM, 0, BAD}, 0},
	{N(bind), {SOCK, BAD, 20}, 0},
	{N(connect), {SOCK, BAD, 20}, 0},
	{N(getsockname), {SOCK, G, BAD}, 0},
	{N(getsockopt), {SOCK, SOL_SOCKET, SO_TYPE, BAD, S(&(int[]){4})}, 0},
	{N(getsockopt), {SOCK, SOL_SOCKET, SO_TYPE, G, BAD}, 0},
	{N(setsockopt), {SOCK, SOL_SOCKET, SO_REUSEADDR, BAD, 4}, 0},
	{N(sendto), {PAIR, BAD, 8, 0, 0, 0}, BYTES},
	{N(sendto), {SOCK, G, 8, 0, BAD, 20}, NULL_OK},
	{N(sendmsg), {SOCK, BAD, 0}, 0},
	{N(recvmsg), {SOCK, BAD, 0}, 0},
	{N(ioctl), {PIPE_R, FIONREAD, BAD}, 0},
	{N(fcntl), {FILE_FD, F_GETLK, BAD}, 0},
	{N(fcntl), {FILE_FD, F_SETLK, BAD}, 0},
	{N(capget), {BAD, G}, 0},
	{N(capget), {S(&cap_hdr), BAD}, NULL_OK},
	{N(prctl), {PR_SET_NAME, BAD}, BYTES},
	{N(prctl), {PR_GET_NAME, BAD}, 0},
	{N(prctl), {PR_GET_PDEATHSIG, BAD}, 0},
	{N(getrandom), {BAD, 16, 0}, BYTES},
	{N(memfd_create), {BAD, 0}, BYTES},
	{N(inotify_add_watch), {INOT, BAD, 0xfff}, BYTES},
	{N(sethostname), {BAD, 5}, ROOT | BYTES},
	{N(futex), {G, 0, 0, BAD, 0, 0}, NULL_OK},
	{N(clone3), {BAD, 88}, 0},
	{N(umount2), {BAD, 0}, ROOT | BYTES},
	{N(getcpu), {BAD, 0, 0}, NULL_OK},
	{N(arch_prctl), {0x1003, BAD}, 0},
};

static void setup(void)
{
	int p[2];

	SYS(pipe2(p, O_NONBLOCK));
	CHECK_EQ(write(p[1], good, 4096), 4096);
	SYS(dup2(p[0], PIPE_R));
	SYS(dup2(p[1], PIPE_W));
	SYS(dup2(SYS(memfd_create("a", 0)), FILE_FD));
	SYS(dup2(SYS(memfd_create("b", 0)), FILE2));
	SYS(ftruncate(FILE_FD, 4096));
	SYS(dup2(SYS(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)), SOCK));
	SYS(dup2(SYS(epoll_create1(0)), EPOLL));
	SYS(dup2(SYS(open("/", O_RDONLY | O_DIRECTORY)), DIR_FD));
	SYS(dup2(SYS(eventfd(1, EFD_NONBLOCK)), EVENT));
	SYS(dup2(SYS(timerfd_create(CLOCK_MONOTONIC, 0)), TIMER));
	SYS(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, p));
	SYS(dup2(p[0], PAIR));
	long in = syscall(SYS_inotify_init1, 0);
	SYS(dup2(in < 0 ? EVENT : in, INOT));
}

static int failures;

static void try(const struct row *r, unsigned long bad, const char *what)
{
	unsigned long a[6];

	for (int i = 0; i < 6; i++)
		a[i] = r->arg[i] == BAD ? bad : r->arg[i];
	SYS(lseek(FILE_FD, 0, SEEK_SET));
	SYS(lseek(DIR_FD, 0, SEEK_SET));
	errno = 0;
	long ret = syscall(r->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (ret == -1 && errno == EFAULT)
		return;
	failures++;
	dprintf(2, "FAIL %s (row %d) with %s pointer: %ld errno %d (%s), want EFAULT\n", r->name,
		(int)(r - rows), what, ret, errno, strerror(errno));
}

int main(void)
{
	char *page =
		mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED);
	memset(page, 'x', 3 * 4096);
	SYS(mprotect(page + 4096, 4096, PROT_NONE));
	SYS(munmap(page + 8192, 4096));
	good_iov.iov_base = good;
	setup();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];

		if ((r->flags & ROOT) && getuid() != 0)
			continue;
		if (!(r->flags & NULL_OK))
			try(r, 0, "a NULL");
		try(r, 8, "a low");
		try(r, (unsigned long)page + 4096, "a protected");
		try(r, (unsigned long)page + 8192, "an unmapped");
		try(r, 0xffff888000001000, "a kernel");
		try(r, 0x8000000000000000, "a non-canonical");
		try(r, ~0ul - 8, "a top");
		if (!(r->flags & BYTES))
			try(r, (unsigned long)page + 4095, "a half-mapped");
	}
	return failures ? 1 : 0;
}
