/* Connecting to a pathname needs write permission on it and search permission on its directory. */
/* run: root */
#include "sock.h"

static struct sockaddr_un un;
static socklen_t len;

static int try_as_nobody(int want)
{
	pid_t pid = test_fork();

	if (pid == 0) {
		int fd;

		SYS(setresgid(65534, 65534, 65534));
		SYS(setresuid(65534, 65534, 65534));
		fd = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
		_exit(connect(fd, (struct sockaddr *)&un, len) ? errno : 0);
	}
	CHECK_EQ(WEXITSTATUS(test_wait(pid, 0)), want);
	return 0;
}

int main(void)
{
	const char *dir = test_tmpdir();
	int l = SYS(socket(AF_UNIX, SOCK_STREAM, 0));

	umask(0);
	len = path_addr(&un, dir, "s");
	SYS(fchmod(l, 0640)); /* the mode of the socket is the mode of its inode */
	SYS(bind(l, (struct sockaddr *)&un, len));
	SYS(listen(l, 100));
	struct stat st;
	SYS(stat(un.sun_path, &st));
	CHECK_EQ(st.st_mode & 0777, 0640);
	try_as_nobody(EACCES);
	SYS(chmod(un.sun_path, 0602));
	try_as_nobody(0);
	SYS(chmod(un.sun_path, 0604));
	try_as_nobody(EACCES);
	SYS(chmod(un.sun_path, 0777));
	SYS(chmod(dir, 0700));
	try_as_nobody(EACCES);
	SYS(chmod(dir, 0711));
	try_as_nobody(0);
	SYS(unlink(un.sun_path));
	SYS(rmdir(dir));
	return 0;
}
