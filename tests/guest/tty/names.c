/* Names and numbers: ptsname, ttyname, /dev/pts, locks, owner and mode, TIOCGPTPEER, isatty. */
#include "pty.h"
#include <dirent.h>
#include <sys/sysmacros.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static int listed(const char *name)
{
	DIR *d = opendir("/dev/pts");
	struct dirent *e;
	int found = 0;

	CHECK(d);
	while ((e = readdir(d)))
		found |= !strcmp(e->d_name, name);
	closedir(d);
	return found;
}

int main(void)
{
	char name[64], tty[64];
	unsigned n;
	struct stat st;
	int m = SYS(open("/dev/ptmx", O_RDWR | O_NOCTTY)), s, lock;

	SYS(ioctl(m, TIOCGPTN, &n));
	snprintf(name, sizeof name, "/dev/pts/%u", n);
	CHECK_ERR(open(name, O_RDWR | O_NOCTTY), EIO); /* locked */
	SYS(ioctl(m, TIOCSPTLCK, &(int){0}));
	SYS(ioctl(m, _IOR('T', 0x39, int), &lock));
	CHECK_EQ(lock, 0);
	s = SYS(open(name, O_RDWR | O_NOCTTY));
	CHECK(isatty(s) && isatty(m));
	SYS(ttyname_r(s, tty, sizeof tty));
	CHECK_STR(tty, name);
	SYS(fstat(s, &st));
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(major(st.st_rdev), 136);
	CHECK_EQ(minor(st.st_rdev), n);
	CHECK_EQ(st.st_uid, getuid());
	CHECK_EQ(st.st_mode & 0717, 0600); /* the group's part is an option of devpts */
	CHECK(listed(name + 9));
	CHECK(listed("ptmx"));
	close(s);
	s = SYS(ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY));
	SYS(ttyname_r(s, tty, sizeof tty));
	CHECK_STR(tty, name);
	SYS(fchmod(s, 0600));
	SYS(stat(name, &st));
	CHECK_EQ(st.st_mode & 0777, 0600);
	close(m);
	CHECK(!listed(name + 9));
	CHECK_ERR(open(name, O_RDWR | O_NOCTTY), ENOENT);
	close(s);
	s = SYS(open("/dev/null", O_RDWR));
	CHECK(!isatty(s));
	CHECK_EQ(errno, ENOTTY);
	return 0;
}
