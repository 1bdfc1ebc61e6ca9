/* #! scripts: argv rewriting, one optional argument, blanks, nesting and its limit, errors. */
#include "../test.h"

static char dir[64], path[256];

static const char *script(const char *name, const char *text)
{
	snprintf(path, sizeof path, "%s/%s", dir, name);
	test_write_file(path, text, 0755);
	return path;
}

/* What the interpreter (sh -c style via printf) saw, as one line. */
static void run(const char *prog, const char *want)
{
	int fd[2];
	char buf[512];
	size_t len = 0;
	ssize_t n;

	SYS(pipe(fd));
	pid_t pid = test_fork();
	if (pid == 0) {
		SYS(dup2(fd[1], 1));
		execl(prog, "ARGV0", "a b", "c", (char *)NULL);
		FAIL("exec %s (errno %d)", prog, errno);
	}
	SYS(close(fd[1]));
	while ((n = SYS(read(fd[0], buf + len, sizeof buf - 1 - len))) > 0)
		len += n;
	buf[len] = 0;
	SYS(close(fd[0]));
	CHECK_EXIT(pid, 0);
	CHECK_STR(buf, want);
}

static void nested(void)
{
	char text[300], want[512];

	script("s0", "#!/bin/echo x\n");
	for (int i = 1; i < 8; i++) {
		char name[8];

		snprintf(text, sizeof text, "#!%s/s%d\n", dir, i - 1);
		snprintf(name, sizeof name, "s%d", i);
		script(name, text);
	}
	snprintf(path, sizeof path, "%s/s3", dir);
	snprintf(want, sizeof want, "x %s/s0 %s/s1 %s/s2 %s/s3 a b c\n", dir, dir, dir, dir);
	run(path, want);
	snprintf(path, sizeof path, "%s/s7", dir);
	CHECK_ERR(execl(path, "x", (char *)NULL), ELOOP);
}

static void errors(void)
{
	char text[600];

	CHECK_ERR(execl(script("bad", "#!/nonexistent/interp\n"), "x", (char *)NULL), ENOENT);
	CHECK_ERR(execl(script("dir", "#!/usr\n"), "x", (char *)NULL), EACCES);
	CHECK_ERR(execl(script("none", "#!\n"), "x", (char *)NULL), ENOEXEC);
	CHECK_ERR(execl(script("blank", "#!   \n"), "x", (char *)NULL), ENOEXEC);
	/* A truncated interpreter name must not run; a truncated argument may. */
	memset(text, 'l', sizeof text - 1);
	text[sizeof text - 1] = 0;
	memcpy(text, "#!/", 3);
	CHECK_ERR(execl(script("long", text), "x", (char *)NULL), ENOEXEC);
}

int main(void)
{
	char want[512];
	const char *names[] = {"one", "arg", "blanks", "noeol", "bad", "dir", "none", "blank",
		"long", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"};

	strcpy(dir, test_tmpdir());
	snprintf(want, sizeof want, "%s/one a b c\n", dir);
	run(script("one", "#!/bin/echo\nignored\n"), want);
	snprintf(want, sizeof want, "<%s/arg> |<a b> |<c> |", dir);
	run(script("arg", "#!/usr/bin/printf <%s> |\n"), want);
	snprintf(want, sizeof want, "x y %s/blanks a b c\n", dir);
	run(script("blanks", "#! \t /bin/echo  \tx y  \t\n"), want);
	snprintf(want, sizeof want, "%s/noeol a b c\n", dir);
	run(script("noeol", "#!/bin/echo"), want);
	nested();
	errors();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		SYS(unlink(path));
	}
	SYS(rmdir(dir));
	return 0;
}
