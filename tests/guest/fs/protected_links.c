/* run: root */
/* MS_NOSYMFOLLOW, and the protections of links in /proc/sys/fs: what is stored there takes effect.
 */
#include "../test.h"

#include <sys/mount.h>

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif

static void set(const char *name, const char *text)
{
	char path[64];
	int fd;

	snprintf(path, sizeof path, "/proc/sys/fs/%s", name);
	fd = SYS(open(path, O_WRONLY | O_CLOEXEC));
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	SYS(close(fd));
}

static void get(const char *name, char *text, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/sys/fs/%s", name);
	fd = SYS(open(path, O_RDONLY | O_CLOEXEC));
	n = SYS(read(fd, text, size - 1));
	text[n] = 0;
	SYS(close(fd));
}

static void as_nobody(int want_link, int want_open)
{
	pid_t pid = test_fork();
	int got;

	if (pid) {
		CHECK_EXIT(pid, 0);
		return;
	}
	SYS(setgid(65534));
	SYS(setuid(65534));
	got = link("secret", "hard") < 0 ? errno : 0;
	CHECK_EQ(got, want_link);
	got = open("soft", O_RDONLY) < 0 ? errno : 0;
	CHECK_EQ(got, want_open);
	_exit(0);
}

int main(void)
{
	char hard[16], soft[16];
	const char *dir = test_tmpdir();

	SYS(chdir(dir));
	if (mount("none", dir, "tmpfs", 0, "mode=1777") < 0)
		SKIP("no mounts for us");
	SYS(chdir(dir));
	get("protected_hardlinks", hard, sizeof hard);
	get("protected_symlinks", soft, sizeof soft);
	test_write_file("secret", "x", 0600);
	test_write_file("open", "x", 0644);
	SYS(symlink("open", "soft"));
	SYS(lchown("soft", 1234, 1234)); /* neither the caller's nor the directory owner's */
	set("protected_hardlinks", "1");
	set("protected_symlinks", "1");
	as_nobody(EPERM, EACCES);
	set("protected_hardlinks", "0");
	set("protected_symlinks", "0");
	as_nobody(0, 0);
	set("protected_hardlinks", hard);
	set("protected_symlinks", soft);
	SYS(mount(NULL, ".", NULL, MS_REMOUNT | MS_NOSYMFOLLOW, NULL));
	CHECK_ERR(open("soft", O_RDONLY), ELOOP);
	SYS(open("open", O_RDONLY | O_CLOEXEC));
	SYS(chdir("/"));
	SYS(umount2(dir, MNT_DETACH));
	SYS(rmdir(dir));
	return 0;
}
