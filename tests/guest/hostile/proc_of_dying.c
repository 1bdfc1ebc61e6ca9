/* Reading /proc of processes that are just dying or turning zombie: text, ESRCH or ENOENT. */
#include "../test.h"
#include <dirent.h>

static const char *files[] = {"stat", "status", "maps", "cmdline", "environ", "comm", "statm",
	"limits", "io", "mountinfo", "wchan", "smaps_rollup", "exe", "cwd", "fd/0"};

int main(void)
{
	char path[64], buf[8192];
	pid_t pids[4] = {0};

	for (int round = 0; round < 60; round++) {
		for (int i = 0; i < 4; i++) {
			pids[i] = test_fork();
			if (pids[i] == 0) {
				for (int j = 0; j < round % 7; j++)
					sched_yield();
				_exit(0);
			}
		}
		for (int i = 0; i < 4; i++) {
			for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
				snprintf(path, sizeof path, "/proc/%d/%s", pids[i], files[f]);
				int fd = open(path, O_RDONLY | O_NONBLOCK);
				if (fd >= 0) {
					while (read(fd, buf, sizeof buf) > 0)
						;
					close(fd);
				}
				(void)!readlink(path, buf, sizeof buf);
			}
			snprintf(path, sizeof path, "/proc/%d/task", pids[i]);
			DIR *d = opendir(path);
			if (d) {
				while (readdir(d))
					;
				closedir(d);
			}
		}
		for (int i = 0; i < 4; i++)
			CHECK_EXIT(pids[i], 0);
		snprintf(path, sizeof path, "/proc/%d/stat", pids[0]);
		CHECK_ERR(open(path, O_RDONLY), ENOENT);
	}
	return 0;
}
