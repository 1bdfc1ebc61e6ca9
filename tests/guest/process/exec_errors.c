/* execve error codes; the caller goes on unharmed after each. */
#include "../test.h"

static char *args[] = {"x", NULL}, *env[] = {NULL};
static char path[PATH_MAX + 10];

static const char *in(const char *dir, const char *name)
{
	snprintf(path, sizeof path, "%.60s/%s", dir, name);
	return path;
}

static void big(void)
{
	size_t len = 200 * 1024;
	char *huge = malloc(len + 1), *many[64];

	memset(huge, 'a', len);
	huge[len] = 0;
	/* One string over MAX_ARG_STRLEN (32 pages). */
	CHECK_ERR(execve("/bin/true", (char *[]){"x", huge, NULL}, env), E2BIG);
	CHECK_ERR(execve("/bin/true", args, (char *[]){huge, NULL}), E2BIG);
	/* In total over a quarter of the stack limit (at most 6 MiB). */
	huge[100 * 1024] = 0;
	for (int i = 0; i < 63; i++)
		many[i] = huge;
	many[63] = NULL;
	struct rlimit rl = {1 << 20, 1 << 20};
	SYS(setrlimit(RLIMIT_STACK, &rl));
	CHECK_ERR(execve("/bin/true", many, env), E2BIG);
}

int main(void)
{
	char dir[64];

	strcpy(dir, test_tmpdir());
	CHECK_ERR(execve(in(dir, "none"), args, env), ENOENT);
	CHECK_ERR(execve("", args, env), ENOENT);
	test_write_file(in(dir, "plain"), "not a program\n", 0644);
	CHECK_ERR(execve(path, args, env), EACCES);
	SYS(chmod(path, 0755));
	CHECK_ERR(execve(path, args, env), ENOEXEC);
	CHECK_ERR(execve(in(dir, "plain/x"), args, env), ENOTDIR);
	CHECK_ERR(execve(dir, args, env), EACCES);
	CHECK_ERR(execve("/dev/null", args, env), EACCES);
	test_write_file(in(dir, "empty"), "", 0755);
	CHECK_ERR(execve(path, args, env), ENOEXEC);
	test_write_file(in(dir, "short"),
		"\x7f"
		"ELF",
		0755);
	CHECK_ERR(execve(path, args, env), ENOEXEC);
	SYS(symlink("loop", in(dir, "loop")));
	CHECK_ERR(execve(path, args, env), ELOOP);
	memset(path, 'n', sizeof path - 1);
	CHECK_ERR(execve(path, args, env), ENAMETOOLONG);
	CHECK_ERR(syscall(SYS_execve, 8, args, env), EFAULT);
	CHECK_ERR(syscall(SYS_execve, "/bin/true", 8, env), EFAULT);
	CHECK_ERR(syscall(SYS_execve, "/bin/true", args, 8), EFAULT);
	CHECK_ERR(execve("/bin/true", (char *[]){(char *)8, NULL}, env), EFAULT);
	CHECK_CHILD(big);

	SYS(unlink(in(dir, "plain")));
	SYS(unlink(in(dir, "empty")));
	SYS(unlink(in(dir, "short")));
	SYS(unlink(in(dir, "loop")));
	SYS(rmdir(dir));
	return 0;
}
