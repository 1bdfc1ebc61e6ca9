/* fcntl(2): F_SETLEASE, F_GETLEASE. The holder is signalled, the other waits or gets EWOULDBLOCK.
 */
#include "tests/guest/test.h"

static void await_sigio(const sigset_t *set, siginfo_t *info)
{
	struct timespec limit = {10, 0};

	CHECK_EQ(sigtimedwait(set, info, &limit), SIGRTMIN);
}

static void test_rules(void)
{
	int r = SYS(open("f", O_CREAT | O_RDONLY, 0600)), w, r2;

	CHECK_EQ(fcntl(r, F_GETLEASE), F_UNLCK);
	CHECK_ERR(fcntl(r, F_SETLEASE, F_UNLCK), EAGAIN);
	CHECK_ERR(fcntl(r, F_SETLEASE, 77), EINVAL);
	SYS(fcntl(r, F_SETLEASE, F_RDLCK));
	CHECK_EQ(fcntl(r, F_GETLEASE), F_RDLCK);
	r2 = SYS(open("f", O_RDONLY)); /* readers do not matter to it */
	CHECK_EQ(fcntl(r2, F_GETLEASE), F_UNLCK);
	CHECK_ERR(fcntl(r, F_SETLEASE, F_WRLCK), EAGAIN);
	SYS(close(r2));
	SYS(fcntl(r, F_SETLEASE, F_UNLCK));
	CHECK_EQ(fcntl(r, F_GETLEASE), F_UNLCK);
	w = SYS(open("f", O_WRONLY));
	CHECK_ERR(fcntl(r, F_SETLEASE, F_RDLCK), EAGAIN);
	CHECK_ERR(fcntl(w, F_SETLEASE, F_RDLCK), EAGAIN);
	SYS(close(w));
	SYS(close(r));
	CHECK_ERR(fcntl(SYS(open(".", O_RDONLY)), F_SETLEASE, F_RDLCK), EINVAL);
}

static void opener(int flags)
{
	int fd = SYS(open("f", flags));

	_exit(fd < 0);
}

/* Another process wants the file: type becomes given, which lets it in. */
static void test_break(int type, int flags, int given)
{
	int fd = SYS(open("f", O_RDONLY)), status;
	siginfo_t info;
	sigset_t set;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	SYS(fcntl(fd, F_SETSIG, SIGRTMIN));
	SYS(fcntl(fd, F_SETLEASE, type));
	CHECK_ERR(open("f", flags | O_NONBLOCK), EWOULDBLOCK);
	await_sigio(&set, &info);
	CHECK_EQ(info.si_fd, fd);
	CHECK_EQ(fcntl(fd, F_GETLEASE), flags == O_RDONLY ? F_RDLCK : F_UNLCK);
	pid = SYS(fork());
	if (pid == 0)
		opener(flags);
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	SYS(fcntl(fd, F_SETLEASE, given));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	SYS(close(fd));
}

int main(void)
{
	test_rules();
	test_break(F_RDLCK, O_WRONLY, F_UNLCK);
	test_break(F_WRLCK, O_RDONLY, F_RDLCK);
	test_break(F_WRLCK, O_RDWR, F_UNLCK);
	return 0;
}
