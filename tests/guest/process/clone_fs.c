/* CLONE_FS shares cwd and umask; without it they are copied; unshare(CLONE_FS) splits again. */
#include "../test.h"

static char stack[65536] __attribute__((aligned(16)));

static int change(void *arg)
{
	if (arg && unshare(CLONE_FS))
		return 1;
	if (chdir("/usr"))
		return 2;
	umask(071);
	return 0;
}

static void run(int flags, void *arg, const char *want_cwd, mode_t want_umask)
{
	char cwd[PATH_MAX];

	SYS(chdir("/"));
	umask(022);
	CHECK_EXIT(SYS(clone(change, stack + sizeof stack, flags | SIGCHLD, arg)), 0);
	CHECK(getcwd(cwd, sizeof cwd));
	CHECK_STR(cwd, want_cwd);
	CHECK_EQ(umask(0), want_umask);
}

int main(void)
{
	run(CLONE_FS, NULL, "/usr", 071);
	run(0, NULL, "/", 022);
	run(CLONE_FS, (void *)1, "/", 022);
	return 0;
}
