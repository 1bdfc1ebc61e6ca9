/* run: root */
/* What is inside a process is for its user and root: others see that it is there. */
#include "proc.h"

static char base[64];

static const char *in(const char *name)
{
	static char path[96];

	snprintf(path, sizeof path, "%s/%s", base, name);
	return path;
}

static void as_nobody(void)
{
	char buf[64];

	SYS(setresgid(65534, 65534, 65534));
	SYS(setresuid(65534, 65534, 65534));
	SYS(prctl(PR_SET_DUMPABLE, 1));
	read_file(in("stat"), NULL);
	read_file(in("status"), NULL);
	read_file(in("cmdline"), NULL);
	CHECK_EQ(stat_number(read_file(in("stat"), NULL), 28), 0); /* no addresses */
	CHECK_ERR(open(in("environ"), O_RDONLY), EACCES);
	CHECK_ERR(open(in("maps"), O_RDONLY), EACCES);
	CHECK_ERR(open(in("mem"), O_RDONLY), EACCES);
	CHECK_ERR(open(in("fd"), O_RDONLY), EACCES);
	CHECK_ERR(readlink(in("exe"), buf, sizeof buf), EACCES);
	CHECK_ERR(readlink(in("cwd"), buf, sizeof buf), EACCES);
	CHECK_ERR(readlink(in("fd/0"), buf, sizeof buf), EACCES);
	CHECK_ERR(open(in("comm"), O_WRONLY), EACCES);

	snprintf(base, sizeof base, "/proc/self");
	read_file(in("environ"), NULL);
	read_file(in("maps"), NULL);
	CHECK(dir_has(in("fd"), "1"));
}

int main(void)
{
	struct stat st;
	struct gate go;
	pid_t child;

	if (getuid() != 0)
		SKIP("needs root");
	snprintf(base, sizeof base, "/proc/%d", getpid());
	CHECK_CHILD(as_nobody);

	/* Files belong to the process's user. */
	gate_init(&go);
	child = test_fork();
	if (child == 0) {
		SYS(setresgid(65534, 65534, 65534));
		SYS(setresuid(65534, 65534, 65534));
		SYS(prctl(PR_SET_DUMPABLE, 1));
		gate_open(&go);
		pause();
	}
	gate_wait(&go);
	snprintf(base, sizeof base, "/proc/%d", child);
	SYS(stat(base, &st));
	CHECK_EQ(st.st_uid, 65534);
	SYS(stat(in("environ"), &st));
	CHECK_EQ(st.st_uid, 65534);
	CHECK_EQ(st.st_mode, S_IFREG | 0400);
	read_file(in("environ"), NULL);
	SYS(kill(child, SIGKILL));
	CHECK_KILLED(child, SIGKILL);
	return 0;
}
