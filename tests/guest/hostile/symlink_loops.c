/* Symlink loops and long chains: ELOOP after 40, 39 pass; names and paths too long; deep trees. */
#include "../test.h"

static char dir[64];

static void chain(int n)
{
	char from[128], to[128];

	snprintf(to, sizeof to, "%s/target", dir);
	test_write_file(to, "x", 0644);
	for (int i = 0; i < n; i++) {
		snprintf(from, sizeof from, "%s/l%d", dir, i);
		SYS(symlink(i ? to : "target", from));
		snprintf(to, sizeof to, "l%d", i);
	}
}

int main(void)
{
	char path[PATH_MAX + 300], *name = malloc(300);
	struct stat st;

	strcpy(dir, test_tmpdir());
	chain(60);
	snprintf(path, sizeof path, "%s/l39", dir);
	SYS(stat(path, &st));
	snprintf(path, sizeof path, "%s/l40", dir);
	CHECK_ERR(stat(path, &st), ELOOP);
	SYS(lstat(path, &st));
	snprintf(path, sizeof path, "%s/self", dir);
	SYS(symlink("self", path));
	CHECK_ERR(open(path, O_RDONLY), ELOOP);
	CHECK_ERR(open(path, O_CREAT | O_WRONLY, 0600), ELOOP);
	SYS(unlink(path));
	/* A loop through directories: a -> b/x, b -> a/x. */
	snprintf(path, sizeof path, "%s/a", dir);
	SYS(symlink("b/x", path));
	snprintf(path, sizeof path, "%s/b", dir);
	SYS(symlink("a/x", path));
	CHECK_ERR(stat(path, &st), ELOOP);
	SYS(unlink(path));
	snprintf(path, sizeof path, "%s/a", dir);
	SYS(unlink(path));

	memset(name, 'n', 299);
	name[256] = 0;
	snprintf(path, sizeof path, "%s/%s", dir, name);
	CHECK_ERR(mkdir(path, 0700), ENAMETOOLONG);
	CHECK_ERR(stat(path, &st), ENAMETOOLONG);
	name[255] = 0;
	snprintf(path, sizeof path, "%s/%s", dir, name);
	SYS(mkdir(path, 0700));
	SYS(rmdir(path));
	/* PATH_MAX: 4095 characters are the most; slashes count. */
	memset(path, '/', PATH_MAX + 10);
	path[PATH_MAX] = 0;
	CHECK_ERR(stat(path, &st), ENAMETOOLONG);
	path[PATH_MAX - 1] = 0;
	SYS(stat(path, &st));

	for (int i = 0; i < 60; i++) {
		snprintf(path, sizeof path, "%s/l%d", dir, i);
		SYS(unlink(path));
	}
	snprintf(path, sizeof path, "%s/target", dir);
	SYS(unlink(path));
	SYS(rmdir(dir));
	return 0;
}
