/* /proc/PID/stat says who a process is; its command may hold anything. */
#include "proc.h"

int main(void)
{
	char name[64], path[64];
	const char *t;
	long long start;
	pid_t child;
	struct gate go;

	SYS(prctl(PR_SET_NAME, "a) (b R 1"));
	t = read_file("/proc/self/stat", NULL);
	snprintf(name, sizeof name, "%d (a) (b R 1) ", getpid());
	CHECK(!strncmp(t, name, strlen(name)));
	CHECK_STR(stat_field(t, 3), "R");
	CHECK_EQ(stat_number(t, 4), getppid());
	CHECK_EQ(stat_number(t, 5), getpgrp());
	CHECK_EQ(stat_number(t, 6), getsid(0));
	CHECK_EQ(stat_number(t, 20), 1);
	CHECK_EQ(stat_number(t, 19), 0);
	CHECK(stat_number(t, 23) > 4096);
	CHECK(stat_number(t, 24) > 0);
	start = stat_number(t, 22);
	CHECK(start > 0 && start <= now_ns(CLOCK_BOOTTIME) / 10000000);
	CHECK(stat_number(t, 28) > (long long)(uintptr_t)name - (1 << 20));
	CHECK_EQ(stat_number(t, 38), SIGCHLD);
	CHECK(stat_number(t, 48) < stat_number(t, 49));
	stat_field(t, 52);

	gate_init(&go);
	child = test_fork();
	if (child == 0) {
		gate_wait(&go);
		_exit(3);
	}
	snprintf(path, sizeof path, "/proc/%d/stat", child);
	t = read_file(path, NULL);
	CHECK_EQ(strtol(t, NULL, 10), child);
	CHECK_EQ(stat_number(t, 4), getpid());
	CHECK(stat_number(t, 22) >= start);
	gate_open(&go);
	CHECK_EXIT(child, 3);
	CHECK_ERR(open(path, O_RDONLY), ENOENT);
	return 0;
}
