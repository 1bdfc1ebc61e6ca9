/* Directories of processes come and go; one that is open stays open and becomes empty. */
#include "proc.h"

int main(void)
{
	char path[64], name[16];
	struct gate go;
	pid_t child;
	int dir;

	gate_init(&go);
	child = test_fork();
	if (child == 0) {
		gate_wait(&go);
		_exit(0);
	}
	snprintf(name, sizeof name, "%d", child);
	CHECK(dir_has("/proc", name));
	snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
	if (access(path, F_OK) == 0) {
		char want[32];

		snprintf(want, sizeof want, "%d ", child);
		CHECK(strstr(read_file(path, NULL), want));
	}
	snprintf(path, sizeof path, "/proc/%d", child);
	dir = SYS(open(path, O_RDONLY | O_DIRECTORY));
	SYS(faccessat(dir, "stat", R_OK, 0));
	gate_open(&go);
	CHECK_EXIT(child, 0);
	CHECK(!dir_has("/proc", name));
	CHECK(openat(dir, "stat", O_RDONLY) < 0 && (errno == ESRCH || errno == ENOENT));
	CHECK_ERR(open(path, O_RDONLY), ENOENT);
	CHECK_ERR(chdir("/proc/0"), ENOENT);
	CHECK_ERR(chdir("/proc/01"), ENOENT);
	CHECK_ERR(chdir("/proc/99999999999999999999"), ENOENT);
	return 0;
}
