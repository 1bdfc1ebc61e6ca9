/* Mount namespaces: a copy of its own, propagation between copies, pivot_root, setns back. */
/* run: root */
#include "../test.h"

#include <sys/mount.h>

static const char *dir;
static char path[256];

static const char *at(const char *rest)
{
	snprintf(path, sizeof path, "%s/%s", dir, rest);
	return path;
}

static void touch(const char *name)
{
	SYS(close(open(name, O_CREAT | O_WRONLY, 0600)));
}

static bool propagation_says(const char *where, const char *what)
{
	char line[1024];
	bool found = false;
	FILE *f = fopen("/proc/self/mountinfo", "r");

	CHECK(f);
	while (fgets(line, sizeof line, f)) {
		char point[512];

		if (sscanf(line, "%*d %*d %*s %*s %511s", point) == 1 && !strcmp(point, where)) {
			char *dash = strstr(line, " - ");

			*dash = 0;
			found = strstr(line, what) != NULL;
		}
	}
	fclose(f);
	return found;
}

/* What a private copy mounts is not seen outside; what a slave's master mounts is seen inside. */
static void copies(void)
{
	struct gate go, done;
	pid_t pid;

	gate_init(&go);
	gate_init(&done);
	SYS(mount(NULL, dir, NULL, MS_SHARED, NULL));
	CHECK(propagation_says(dir, "shared:"));
	SYS(mkdir(at("private"), 0755));
	SYS(mkdir(at("spread"), 0755));
	pid = test_fork();
	if (pid == 0) {
		SYS(unshare(CLONE_NEWNS));
		SYS(mount(NULL, dir, NULL, MS_SLAVE, NULL));
		CHECK(propagation_says(dir, "master:"));
		SYS(mount("none", at("private"), "tmpfs", 0, NULL));
		touch(at("private/here"));
		gate_open(&done);
		gate_wait(&go);
		CHECK_EQ(access(at("spread/there"), F_OK), 0);
		gate_open(&done);
		gate_wait(&go);
		CHECK_ERR(access(at("spread/there"), F_OK), ENOENT); /* unmounted with it */
		_exit(0);
	}
	gate_wait(&done);
	CHECK_ERR(access(at("private/here"), F_OK), ENOENT);
	SYS(mount("none", at("spread"), "tmpfs", 0, NULL));
	touch(at("spread/there"));
	gate_open(&go);
	gate_wait(&done);
	SYS(umount(at("spread")));
	gate_open(&go);
	CHECK_EXIT(pid, 0);
}

static void peers(void)
{
	SYS(mkdir(at("a"), 0755));
	SYS(mkdir(at("b"), 0755));
	SYS(mount("none", at("a"), "tmpfs", 0, NULL));
	SYS(mount(NULL, at("a"), NULL, MS_SHARED, NULL));
	char a[256];
	strcpy(a, at("a"));
	SYS(mount(a, at("b"), NULL, MS_BIND, NULL));
	SYS(mkdir(at("b/sub"), 0755));
	SYS(mount("none", at("b/sub"), "tmpfs", 0, NULL));
	touch(at("b/sub/x"));
	CHECK_EQ(access(at("a/sub/x"), F_OK), 0);
	SYS(umount(at("a/sub")));
	CHECK_ERR(access(at("b/sub/x"), F_OK), ENOENT);
	SYS(mount(NULL, at("b"), NULL, MS_UNBINDABLE, NULL));
	SYS(mkdir(at("c"), 0755));
	strcpy(a, at("b"));
	CHECK_ERR(mount(a, at("c"), NULL, MS_BIND, NULL), EINVAL);
	SYS(umount(at("b")));
	SYS(umount(at("a")));
}

static void pivot(void)
{
	SYS(unshare(CLONE_NEWNS));
	SYS(mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL));
	SYS(mkdir(at("root"), 0755));
	CHECK_ERR(syscall(SYS_pivot_root, at("root"), path), EINVAL); /* no mount */
	SYS(mount("none", at("root"), "tmpfs", 0, NULL));
	SYS(mkdir(at("root/old"), 0755));
	touch(at("root/marker"));
	SYS(chdir(at("root")));
	SYS(syscall(SYS_pivot_root, ".", "old"));
	CHECK_EQ(access("/marker", F_OK), 0);
	CHECK_EQ(access("/old/bin/sh", F_OK), 0);
	SYS(umount2("/old", MNT_DETACH));
	CHECK_ERR(access("/old/bin/sh", F_OK), ENOENT);
	SYS(chdir("/"));
}

static void back(void)
{
	int own = SYS(open("/proc/self/ns/mnt", O_RDONLY));
	struct stat a, b;

	SYS(fstat(own, &a));
	SYS(unshare(CLONE_NEWNS));
	SYS(mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL));
	SYS(stat("/proc/self/ns/mnt", &b));
	CHECK(a.st_ino != b.st_ino);
	CHECK_EQ(a.st_dev, b.st_dev);
	SYS(mkdir(at("back"), 0755));
	SYS(mount("none", at("back"), "tmpfs", 0, NULL));
	touch(at("back/x"));
	CHECK_ERR(setns(own, CLONE_NEWUTS), EINVAL);
	SYS(setns(own, CLONE_NEWNS));
	CHECK_ERR(access(at("back/x"), F_OK), ENOENT);
	SYS(stat("/proc/self/ns/mnt", &b));
	CHECK_EQ(a.st_ino, b.st_ino);
	SYS(rmdir(at("back")));
}

int main(void)
{
	dir = test_tmpdir();
	if (unshare(CLONE_NEWNS) < 0)
		SKIP("no mount namespaces here: %s", strerror(errno));
	SYS(mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL));
	SYS(mount("none", dir, "tmpfs", 0, NULL));
	copies();
	SYS(mount(NULL, dir, NULL, MS_PRIVATE, NULL));
	peers();
	CHECK_CHILD(pivot);
	CHECK_CHILD(back);
	SYS(umount2(dir, MNT_DETACH));
	SYS(rmdir(dir));
	return 0;
}
