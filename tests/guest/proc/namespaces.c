/* Links of /proc/PID/ns name namespaces; the files behind them say which and of what kind. */
#include "proc.h"

#include <sys/ioctl.h>

#define GET_USERNS 0xb701
#define GET_PARENT 0xb702
#define GET_NSTYPE 0xb703
#define GET_OWNER_UID 0xb704

static void check(const char *kind, int flag)
{
	char path[64], format[32];
	unsigned long long number;
	struct stat st;
	int fd;

	snprintf(path, sizeof path, "/proc/self/ns/%s", kind);
	snprintf(format, sizeof format, "%s:[%%llu]", kind);
	CHECK_EQ(sscanf(link_text(path), format, &number), 1);
	SYS(stat(path, &st));
	CHECK_EQ(st.st_ino, number);
	fd = SYS(open(path, O_RDONLY));
	SYS(fstat(fd, &st));
	CHECK_EQ(st.st_ino, number);
	CHECK_EQ(ioctl(fd, GET_NSTYPE), flag);
	CHECK_ERR(read(fd, path, 1), EINVAL);
	SYS(close(fd));
}

int main(void)
{
	unsigned uid = 77;
	struct stat st;
	int fd, user;

	check("cgroup", CLONE_NEWCGROUP);
	check("ipc", CLONE_NEWIPC);
	check("mnt", CLONE_NEWNS);
	check("net", CLONE_NEWNET);
	check("pid", CLONE_NEWPID);
	check("user", CLONE_NEWUSER);
	check("uts", CLONE_NEWUTS);

	fd = SYS(open("/proc/self/ns/uts", O_RDONLY));
	user = SYS(ioctl(fd, GET_USERNS));
	SYS(fstat(user, &st));
	CHECK_EQ(ioctl(user, GET_NSTYPE), CLONE_NEWUSER);
	SYS(ioctl(user, GET_OWNER_UID, &uid));
	CHECK_EQ(uid, 0);
	CHECK_ERR(ioctl(fd, GET_PARENT), EINVAL);
	CHECK_ERR(ioctl(fd, GET_OWNER_UID, &uid), EINVAL);
	CHECK_ERR(ioctl(fd, 0xb7ff), ENOTTY);
	return 0;
}
