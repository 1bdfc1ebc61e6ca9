/* A zombie keeps its directory, name and state, and has nothing inside; wait removes it. */
#include "proc.h"

int main(void)
{
	char path[64], name[16];
	siginfo_t info;
	size_t len;
	const char *t;
	pid_t child = test_fork();
	int fd;

	if (child == 0) {
		SYS(prctl(PR_SET_NAME, "undead"));
		_exit(7);
	}
	SYS(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT));
	snprintf(path, sizeof path, "/proc/%d/stat", child);
	t = read_file(path, NULL);
	CHECK_STR(stat_field(t, 3), "Z");
	CHECK(strstr(t, " (undead) "));
	CHECK_EQ(stat_number(t, 4), getpid());
	CHECK_EQ(stat_number(t, 23), 0);
	CHECK_EQ(stat_number(t, 52), 7 << 8);
	snprintf(path, sizeof path, "/proc/%d/status", child);
	CHECK_STR(need_value(read_file(path, NULL), "State:"), "Z (zombie)");
	snprintf(path, sizeof path, "/proc/%d/cmdline", child);
	read_file(path, &len);
	CHECK_EQ(len, 0);
	snprintf(path, sizeof path, "/proc/%d/exe", child);
	CHECK_ERR(readlink(path, name, sizeof name), ENOENT);
	snprintf(name, sizeof name, "%d", child);
	CHECK(dir_has("/proc", name));

	snprintf(path, sizeof path, "/proc/%d/stat", child);
	fd = SYS(open(path, O_RDONLY));
	CHECK_EXIT(child, 7);
	CHECK_ERR(read(fd, name, sizeof name), ESRCH);
	CHECK_ERR(open(path, O_RDONLY), ENOENT);
	CHECK(!dir_has("/proc", name));
	return 0;
}
