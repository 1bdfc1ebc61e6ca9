/* run: root */
/* Who may do what: mode bits, sticky and set-group-ID directories, set-ID bits that go away. */
#include "tests/guest/test.h"

static void as_user(uid_t uid)
{
	gid_t g = uid;

	SYS(syscall(SYS_setgroups, 1, &g));
	SYS(setresgid(uid, uid, uid));
	SYS(setresuid(uid, uid, uid));
}

static void put(const char *name, mode_t mode)
{
	SYS(close(SYS(open(name, O_CREAT | O_WRONLY, 0600))));
	SYS(chmod(name, mode));
}

static void user_side(void)
{
	struct timespec old[2] = {{1, 0}, {1, 0}};
	struct stat st;
	int fd;

	as_user(1000);
	CHECK_ERR(stat("closed/f", &st), EACCES);
	CHECK_ERR(stat("closed/none", &st), EACCES);
	CHECK_ERR(chdir("closed"), EACCES);
	CHECK_ERR(open("secret", O_RDONLY), EACCES);
	CHECK_ERR(open("readable", O_WRONLY), EACCES);
	SYS(close(SYS(open("readable", O_RDONLY))));
	CHECK_ERR(open("readable", O_RDONLY | O_NOATIME), EPERM);
	CHECK_ERR(open("new", O_CREAT | O_WRONLY, 0644), EACCES);
	CHECK_ERR(unlink("readable"), EACCES);
	CHECK_ERR(chmod("readable", 0777), EPERM);
	CHECK_ERR(chown("readable", 1000, -1), EPERM);
	CHECK_ERR(utimensat(AT_FDCWD, "readable", NULL, 0), EACCES);
	CHECK_ERR(utimensat(AT_FDCWD, "writable", old, 0), EPERM);
	SYS(utimensat(AT_FDCWD, "writable", NULL, 0));
	CHECK_ERR(truncate("readable", 0), EACCES);

	/* in a sticky directory everyone may add, and remove their own */
	put("sticky/mine", 0666);
	CHECK_ERR(unlink("sticky/roots"), EPERM);
	CHECK_ERR(rename("sticky/roots", "sticky/x"), EPERM);
	CHECK_ERR(rename("sticky/mine", "sticky/roots"), EPERM);
	SYS(rename("sticky/mine", "sticky/x"));
	SYS(unlink("sticky/x"));

	/* a write takes the set-user-ID bit; the owner cannot set a group not their own */
	fd = SYS(open("setid", O_WRONLY));
	SYS(write(fd, "x", 1));
	SYS(fstat(fd, &st));
	CHECK_EQ(st.st_mode & 07777, 0777);
	put("sticky/own", 0644);
	CHECK_ERR(chown("sticky/own", 0, -1), EPERM);
	CHECK_ERR(chown("sticky/own", -1, 77), EPERM);
	SYS(chown("sticky/own", 1000, 1000));
	SYS(access("secret", F_OK));
	CHECK_ERR(access("secret", R_OK), EACCES);
	CHECK_ERR(mknod("sticky/dev", S_IFCHR | 0666, 0x103), EPERM);
	CHECK_ERR(chroot("."), EPERM);
	_exit(0);
}

int main(void)
{
	struct stat st;
	pid_t pid;

	umask(022);
	SYS(chmod(".", 0755));
	SYS(mkdir("closed", 0700));
	put("closed/f", 0644);
	put("secret", 0600);
	put("readable", 0644);
	put("writable", 0666);
	put("setid", 06777);
	SYS(mkdir("sticky", 0777));
	SYS(chmod("sticky", 01777));
	put("sticky/roots", 0666);
	/* the scratch directory's own path may be closed to others: reach it by descriptor */
	pid = test_fork();
	if (!pid)
		user_side();
	CHECK_EQ(test_wait(pid, 0), 0);

	/* root passes, except that nobody runs what nobody may run */
	SYS(access("secret", R_OK | W_OK));
	CHECK_ERR(access("secret", X_OK), EACCES);
	SYS(access("closed", X_OK));

	/* a new owner takes the set-ID bits away */
	put("s", 06755);
	SYS(chown("s", 1000, 1000));
	SYS(stat("s", &st));
	CHECK_EQ(st.st_mode & 07777, 0755);
	CHECK_EQ(st.st_uid, 1000);

	/* a set-group-ID directory passes its group on */
	SYS(mkdir("g", 0777));
	SYS(chown("g", -1, 55));
	SYS(chmod("g", 02777));
	put("g/f", 0644);
	SYS(mkdir("g/d", 0755));
	SYS(stat("g/f", &st));
	CHECK_EQ(st.st_gid, 55);
	SYS(stat("g/d", &st));
	CHECK_EQ(st.st_gid, 55);
	CHECK_EQ(st.st_mode & 07777, 02755);
	return 0;
}
