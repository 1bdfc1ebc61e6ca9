/* run: root */
/* A set-user-ID program runs with its owner's effective id, AT_SECURE set, unless no_new_privs. */
#include "../test.h"
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>

static int report(void)
{
	if (geteuid() == 0 && getuid() == 65534)
		return getauxval(AT_SECURE) ? 60 : 1;
	return geteuid() == 65534 && getauxval(AT_SECURE) == 0 ? 61 : 2;
}

int main(int argc, char **argv)
{
	char dir[64], path[128], buf[65536];
	struct statvfs vfs;
	ssize_t n;

	(void)argv;
	if (argc == 2)
		return report();
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		SKIP("runs with no_new_privs");
	strcpy(dir, "/var/tmp/gtest-XXXXXX"); /* /tmp may be mounted nosuid */
	CHECK(mkdtemp(dir) != NULL);
	SYS(chmod(dir, 0755));
	SYS(statvfs(dir, &vfs));
	if (vfs.f_flag & ST_NOSUID)
		SKIP("/var/tmp is mounted nosuid");
	snprintf(path, sizeof path, "%s/prog", dir);
	int in = SYS(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
	int out = SYS(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755));
	while ((n = SYS(read(in, buf, sizeof buf))) > 0)
		CHECK_EQ(write(out, buf, n), n);
	SYS(fchmod(out, 04755));
	SYS(close(out));
	for (int nnp = 0; nnp < 2; nnp++) {
		pid_t pid = test_fork();

		if (pid == 0) {
			SYS(setresgid(65534, 65534, 65534));
			SYS(setresuid(65534, 65534, 65534));
			if (nnp)
				SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
			execl(path, "prog", "report", (char *)NULL);
			FAIL("exec (errno %d)", errno);
		}
		CHECK_EXIT(pid, nnp ? 61 : 60);
	}
	SYS(unlink(path));
	*strrchr(path, '/') = 0;
	SYS(rmdir(path));
	return 0;
}
