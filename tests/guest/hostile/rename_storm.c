/* Several processes create, rename, link, walk and delete the same few names: every call succeeds
 * or fails with an expected error, the directory can be emptied in the end. */
#include "../test.h"
#include <dirent.h>

static char dir[64];

static void storm(unsigned seed)
{
	char a[128], b[128];
	struct stat st;

	for (int i = 0; i < 400; i++) {
		seed = seed * 1103515245 + 12345;
		snprintf(a, sizeof a, "%s/%d/%d", dir, (seed >> 8) % 3, (seed >> 12) % 4);
		snprintf(b, sizeof b, "%s/%d/%d", dir, (seed >> 16) % 3, (seed >> 20) % 4);
		long r = 0;
		switch ((seed >> 24) % 8) {
		case 0:
			r = open(a, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
			if (r >= 0)
				close(r);
			break;
		case 1:
			r = rename(a, b);
			break;
		case 2:
			r = unlink(a);
			break;
		case 3:
			r = mkdir(a, 0700);
			break;
		case 4:
			r = rmdir(a);
			break;
		case 5:
			r = link(a, b);
			break;
		case 6:
			r = symlink(a, b);
			break;
		case 7:
			r = stat(a, &st);
			break;
		}
		if (r < 0)
			CHECK(errno == ENOENT || errno == EEXIST || errno == EISDIR ||
				errno == ENOTDIR || errno == ENOTEMPTY || errno == ELOOP ||
				errno == EINVAL || errno == EPERM || errno == EBUSY);
	}
}

static void empty(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	char sub[512];

	CHECK(d);
	while ((e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(sub, sizeof sub, "%s/%s", path, e->d_name);
		if (unlink(sub) < 0)
			empty(sub);
	}
	closedir(d);
	SYS(rmdir(path));
}

int main(void)
{
	char sub[128];
	pid_t pids[4];

	strcpy(dir, test_tmpdir());
	for (int i = 0; i < 3; i++) {
		snprintf(sub, sizeof sub, "%s/%d", dir, i);
		SYS(mkdir(sub, 0700));
	}
	for (int i = 0; i < 4; i++) {
		pids[i] = test_fork();
		if (pids[i] == 0) {
			storm(i * 7919 + 1);
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++)
		CHECK_EXIT(pids[i], 0);
	empty(dir);
	return 0;
}
