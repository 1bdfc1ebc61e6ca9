/* fcntl(2): F_NOTIFY. Signals for what happens in a directory, once or always. */
#include "tests/guest/test.h"

static sigset_t set;

/* The descriptor of the next signal, -1: there is none. */
static int next(void)
{
	struct timespec none = {0, 0};
	siginfo_t info;

	return sigtimedwait(&set, &info, &none) == SIGRTMIN ? info.si_fd : -1;
}

static int watch(const char *dir, unsigned long mask)
{
	int fd = SYS(open(dir, O_RDONLY | O_DIRECTORY));

	SYS(fcntl(fd, F_SETSIG, SIGRTMIN));
	SYS(fcntl(fd, F_NOTIFY, mask));
	return fd;
}

static void touch(const char *name)
{
	SYS(close(SYS(open(name, O_CREAT | O_WRONLY, 0600))));
}

int main(void)
{
	int fd, sub;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	SYS(mkdir("d", 0755));
	SYS(mkdir("d/sub", 0755));
	fd = watch("d", DN_CREATE);
	touch("d/a");
	CHECK_EQ(next(), fd);
	touch("d/b"); /* once only */
	CHECK_EQ(next(), -1);
	SYS(fcntl(fd, F_NOTIFY, DN_DELETE | DN_RENAME | DN_MULTISHOT));
	SYS(unlink("d/a"));
	CHECK_EQ(next(), fd);
	SYS(rename("d/b", "d/c"));
	CHECK_EQ(next(), fd); /* DN_DELETE */
	CHECK_EQ(next(), fd); /* DN_RENAME */
	CHECK_EQ(next(), -1);
	SYS(fcntl(fd, F_NOTIFY, 0));
	SYS(fcntl(fd, F_NOTIFY, DN_RENAME | DN_MULTISHOT));
	sub = watch("d/sub", DN_RENAME | DN_MULTISHOT);
	SYS(rename("d/c", "d/sub/c")); /* out of the one, into the other: a rename in neither */
	CHECK_EQ(next(), -1);
	SYS(rename("d/sub", "d/sub2"));
	CHECK_EQ(next(), fd);
	CHECK_EQ(next(), -1);
	SYS(fcntl(fd, F_NOTIFY, DN_ATTRIB | DN_MULTISHOT));
	SYS(fcntl(sub, F_NOTIFY, DN_ATTRIB | DN_MULTISHOT));
	SYS(chmod("d/sub2", 0700)); /* of an entry, and of the directory itself */
	CHECK_EQ(next() + next(), fd + sub);
	SYS(close(dup(sub))); /* a close of the description in this process ends it */
	SYS(chmod("d/sub2", 0755));
	CHECK_EQ(next(), fd);
	CHECK_EQ(next(), -1);
	CHECK_ERR(fcntl(SYS(open("d/sub2/c", O_RDONLY)), F_NOTIFY, DN_MODIFY), ENOTDIR);
	return 0;
}
