/* path_resolution(7): dots, slashes, links, loops and limits of length. */
#include "tests/guest/test.h"

int main(void)
{
	char path[PATH_MAX + 2], name[300], cwd[PATH_MAX];
	struct stat a, b;
	int fd;

	SYS(mkdir("a", 0755));
	SYS(mkdir("a/b/", 0755));
	SYS(close(SYS(open("a/b/f", O_CREAT | O_WRONLY, 0644))));
	SYS(stat("a/../a/./b//f", &a));
	SYS(symlink("a/b", "rel"));
	SYS(symlink("../../rel", "a/b/up"));
	SYS(stat("a/b/up/up/f", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK_ERR(stat("a/b/f/", &b), ENOTDIR);
	CHECK_ERR(stat("a/b/f/.", &b), ENOTDIR);
	CHECK_ERR(stat("a/b/f/..", &b), ENOTDIR);
	CHECK_ERR(stat("a/none/..", &b), ENOENT);
	CHECK_ERR(stat("", &b), ENOENT);
	SYS(lstat("rel", &b));
	CHECK(S_ISLNK(b.st_mode));
	SYS(lstat("rel/", &b));
	CHECK(S_ISDIR(b.st_mode));

	/* 40 links are the limit */
	SYS(symlink("loop", "loop"));
	CHECK_ERR(stat("loop", &b), ELOOP);
	SYS(symlink("a", "l1"));
	for (int i = 2; i <= 41; i++) {
		char from[8], to[8];

		snprintf(to, sizeof(to), "l%d", i);
		snprintf(from, sizeof(from), "l%d", i - 1);
		SYS(symlink(from, to));
	}
	SYS(stat("l40", &b));
	CHECK_ERR(stat("l41", &b), ELOOP);

	/* names of 255 bytes, paths of 4095 */
	memset(name, 'n', sizeof(name));
	name[255] = 0;
	SYS(close(SYS(open(name, O_CREAT | O_WRONLY, 0644))));
	name[255] = 'n';
	name[256] = 0;
	CHECK_ERR(open(name, O_CREAT | O_WRONLY, 0644), ENAMETOOLONG);
	CHECK_ERR(stat(name, &b), ENAMETOOLONG);
	memset(path, '/', sizeof(path));
	path[PATH_MAX - 1] = 0;
	SYS(stat(path, &b));
	path[PATH_MAX - 1] = '/';
	path[PATH_MAX] = 0;
	CHECK_ERR(stat(path, &b), ENAMETOOLONG);

	/* the working directory is where it is, not what it was called */
	SYS(chdir("a/b"));
	SYS(rename("../../a", "../../z"));
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_STR(cwd + strlen(cwd) - 4, "/z/b");
	CHECK_ERR(syscall(SYS_getcwd, cwd, 2), ERANGE);
	fd = SYS(open("..", O_RDONLY | O_DIRECTORY));
	SYS(unlinkat(fd, "b/f", 0));
	SYS(unlinkat(fd, "b/up", 0));
	SYS(unlinkat(fd, "b", AT_REMOVEDIR));
	CHECK_ERR(syscall(SYS_getcwd, cwd, sizeof(cwd)), ENOENT);
	CHECK_ERR(open("f", O_CREAT | O_WRONLY, 0644), ENOENT);
	SYS(fchdir(fd));
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_STR(cwd + strlen(cwd) - 2, "/z");
	return 0;
}
