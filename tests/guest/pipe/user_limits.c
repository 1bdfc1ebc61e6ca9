/* run: root */
/* /proc/sys/fs/pipe-user-pages-*: beyond the soft limit a user's pipes are small and do not grow,
 * beyond the hard one there are none; privilege and other users are not concerned. */
#include "../test.h"

static int saved_soft, saved_hard;

static int setting(const char *name, int value)
{
	char path[100], text[32];
	int old, fd;

	snprintf(path, sizeof path, "/proc/sys/fs/pipe-user-pages-%s", name);
	fd = SYS(open(path, O_RDWR));
	memset(text, 0, sizeof text);
	CHECK(read(fd, text, sizeof text - 1) > 0);
	old = atoi(text);
	snprintf(text, sizeof text, "%d", value);
	CHECK_EQ(pwrite(fd, text, strlen(text), 0), strlen(text));
	close(fd);
	return old;
}

static int capacity(int *fd)
{
	SYS(pipe(fd));
	return SYS(fcntl(fd[0], F_GETPIPE_SZ));
}

static void as_user(unsigned uid, void (*fn)(void))
{
	pid_t pid = test_fork();

	if (pid == 0) {
		SYS(setresuid(uid, uid, uid));
		fn();
		_exit(0);
	}
	if (test_wait(pid, 0) != 0) {
		setting("soft", saved_soft);
		setting("hard", saved_hard);
		FAIL("child");
	}
}

static void small_ones(void)
{
	int fd[2], more[2];

	CHECK_EQ(capacity(fd), 65536);
	CHECK_EQ(capacity(more), 8192); /* 32 pages would be beyond */
	CHECK_ERR(fcntl(more[1], F_SETPIPE_SZ, 65536), EPERM);
	SYS(fcntl(more[1], F_SETPIPE_SZ, 4096));
	CHECK_EQ(fcntl(more[1], F_GETPIPE_SZ), 4096);
	CHECK_EQ(write(more[1], "ab", 2), 2);
	close(fd[0]);
	close(fd[1]);
	CHECK_EQ(capacity(fd), 65536);
}

static void none(void)
{
	int fd[2], more[2];

	CHECK_EQ(capacity(fd), 65536);
	CHECK_ERR(pipe(more), ENFILE);
	close(fd[0]);
	close(fd[1]);
	SYS(pipe(more));
}

static void unlimited(void)
{
	int fd[2];

	for (int i = 0; i < 4; i++)
		CHECK_EQ(capacity(fd), 65536);
}

int main(void)
{
	saved_soft = setting("soft", 20);
	saved_hard = setting("hard", 0);
	as_user(54321, small_ones);
	as_user(0, unlimited);
	setting("soft", 0);
	setting("hard", 20);
	as_user(54322, none);
	as_user(0, unlimited);
	setting("hard", 0);
	as_user(54321, unlimited);
	setting("soft", saved_soft);
	setting("hard", saved_hard);
	return 0;
}
