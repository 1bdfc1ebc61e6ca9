/* Short buffers, overflow of the queue, poll, blocking reads. */
#include "../test.h"
#include <poll.h>
#include <sys/inotify.h>

static char buf[64 * 1024];

int main(void)
{
	const char *dir = test_tmpdir();
	int in = SYS(inotify_init()), wd, n = 0, overflow = 0;
	struct inotify_event *e = (struct inotify_event *)buf;
	struct pollfd p = {in, POLLIN, 0};
	char name[300];
	FILE *limit = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
	int max = 16384;
	ssize_t len;
	pid_t pid;

	if (limit) {
		CHECK_EQ(fscanf(limit, "%d", &max), 1);
		fclose(limit);
	}
	wd = SYS(inotify_add_watch(in, dir, IN_CREATE | IN_DELETE));
	CHECK_EQ(poll(&p, 1, 0), 0);
	pid = test_fork();
	snprintf(name, sizeof name, "%s/file", dir);
	if (pid == 0) {
		test_write_file(name, "", 0600);
		_exit(0);
	}
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK_ERR(read(in, buf, sizeof *e), EINVAL);
	CHECK_EQ(read(in, buf, sizeof buf), sizeof *e + 16);
	CHECK_EQ(e->wd, wd);
	CHECK_EXIT(pid, 0);
	SYS(unlink(name));
	CHECK_EQ(read(in, buf, sizeof buf), sizeof *e + 16);
	if (max > 20000)
		return 0;
	for (int i = 0; i < max / 2 + 10; i++) {
		close(SYS(open(name, O_CREAT | O_WRONLY, 0600)));
		SYS(unlink(name));
	}
	SYS(fcntl(in, F_SETFL, O_NONBLOCK));
	while ((len = read(in, buf, sizeof buf)) > 0) {
		for (char *q = buf; q < buf + len;) {
			e = (struct inotify_event *)q;
			n++;
			if (e->mask & IN_Q_OVERFLOW) {
				CHECK_EQ(e->wd, -1);
				overflow++;
			}
			q += sizeof *e + e->len;
		}
	}
	CHECK_EQ(overflow, 1);
	CHECK_EQ(n, max + 1);
	rmdir(dir);
	return 0;
}
