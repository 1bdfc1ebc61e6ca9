/* With SA_RESTART read, write, recv, accept, wait, flock, futex and open of a FIFO go on as if
 * nothing had happened, however many signals arrive: the helper acts only after 20 handler runs. */
#include "../test.h"
#include <linux/futex.h>
#include <sys/file.h>
#include <sys/socket.h>

static volatile int *ticks;
static volatile int *word;

static void on(int sig)
{
	(void)sig;
	__atomic_fetch_add(ticks, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, ticks, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void timer(int usec)
{
	struct itimerval it = {{0, usec}, {0, usec}};

	SYS(setitimer(ITIMER_REAL, &it, NULL));
}

/* A helper process that acts once the parent's handler has run 20 more times. */
static pid_t helper(void)
{
	int from = *ticks, v;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		while ((v = *ticks) < from + 20)
			syscall(SYS_futex, ticks, FUTEX_WAIT, v, NULL, NULL, 0);
	}
	return pid;
}

static void pipes(void)
{
	int fd[2];
	char c = 0, *big = calloc(1, 1 << 20);

	SYS(pipe(fd));
	pid_t pid = helper();
	if (pid == 0)
		_exit(write(fd[1], "x", 1) != 1);
	CHECK_EQ(read(fd[0], &c, 1), 1);
	CHECK_EQ(c, 'x');
	CHECK_EXIT(pid, 0);

	SYS(fcntl(fd[1], F_SETFL, O_NONBLOCK));
	while (write(fd[1], big, 4096) > 0)
		;
	SYS(fcntl(fd[1], F_SETFL, 0));
	pid = helper();
	if (pid == 0)
		_exit(read(fd[0], big, 1 << 20) <= 0);
	CHECK_EQ(write(fd[1], "y", 1), 1);
	CHECK_EXIT(pid, 0);
}

static void sockets(void)
{
	int sv[2];
	char c;

	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	pid_t pid = helper();
	if (pid == 0)
		_exit(write(sv[1], "x", 1) != 1);
	CHECK_EQ(recv(sv[0], &c, 1, 0), 1);
	CHECK_EXIT(pid, 0);
}

static void waits(void)
{
	siginfo_t si;
	int status;
	pid_t pid = helper();

	if (pid == 0)
		_exit(3);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 3 << 8);
	pid = helper();
	if (pid == 0)
		_exit(4);
	SYS(waitid(P_PID, pid, &si, WEXITED));
	CHECK_EQ(si.si_status, 4);
}

static void futexes(void)
{
	*word = 0;
	pid_t pid = helper();
	if (pid == 0) {
		*word = 1;
		while (syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0) == 0)
			;
		_exit(0);
	}
	long r = syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
	/* A restart after the value changed finds it so. */
	CHECK(r == 0 || errno == EAGAIN);
	if (r != 0)
		SYS(kill(pid, SIGKILL));
	test_wait(pid, 0);
}

static void locks(void)
{
	char path[] = "/tmp/gtest-lock-XXXXXX";
	int fd = SYS(mkstemp(path)), other = SYS(open(path, O_RDWR));

	SYS(unlink(path));
	SYS(flock(other, LOCK_EX));
	pid_t pid = helper();
	if (pid == 0)
		_exit(flock(other, LOCK_UN) != 0);
	SYS(flock(fd, LOCK_EX));
	CHECK_EXIT(pid, 0);
}

static void fifos(void)
{
	char path[128];

	snprintf(path, sizeof path, "%s/fifo", test_tmpdir());
	SYS(mkfifo(path, 0600));
	pid_t pid = helper();
	if (pid == 0)
		_exit(open(path, O_RDONLY) < 0);
	SYS(open(path, O_WRONLY));
	CHECK_EXIT(pid, 0);
	SYS(unlink(path));
	*strrchr(path, '/') = 0;
	SYS(rmdir(path));
}

int main(void)
{
	ticks = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(ticks != MAP_FAILED);
	word = ticks + 64;
	on_signal(SIGALRM, on, SA_RESTART);
	timer(2000);
	pipes();
	sockets();
	waits();
	futexes();
	locks();
	fifos();
	return 0;
}
