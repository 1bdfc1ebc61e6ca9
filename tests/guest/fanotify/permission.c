/* run: root */
/* fanotify: who opens or reads a marked file waits for the answer, and is refused if it says so; a
 * group that goes lets all pass. */
#include "tests/guest/fanotify/fan.h"

static char name[256];

static void respond(int fan, uint64_t mask, uint32_t response)
{
	struct fanotify_event_metadata e = fan_next(fan, name, sizeof(name));
	struct fanotify_response r = {.fd = e.fd, .response = response};

	CHECK_EQ(e.mask, mask);
	CHECK_STR(name, "file");
	CHECK_EQ(write(fan, &r, sizeof(r)), sizeof(r));
	close(e.fd);
	CHECK_ERR(write(fan, &r, sizeof(r)), ENOENT);
}

static pid_t child_opens(int fan, int want)
{
	pid_t pid = test_fork();

	if (pid == 0) {
		char c;
		int fd;

		close(fan);
		fd = open("file", O_RDONLY);

		if (fd < 0)
			_exit(errno == want ? 0 : 1);
		if (read(fd, &c, 1) < 0)
			_exit(errno == want ? 0 : 2);
		_exit(want ? 3 : 0);
	}
	return pid;
}

int main(void)
{
	int fan = fan_init(FAN_CLASS_CONTENT);
	struct fanotify_response bad = {.fd = 1000, .response = FAN_ALLOW};
	pid_t pid;

	SYS(chdir(test_tmpdir()));
	test_write_file("file", "text", 0600);
	SYS(fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN_PERM | FAN_ACCESS_PERM, AT_FDCWD, "file"));
	pid = child_opens(fan, 0);
	respond(fan, FAN_OPEN_PERM, FAN_ALLOW);
	respond(fan, FAN_ACCESS_PERM, FAN_ALLOW);
	CHECK_EXIT(pid, 0);
	pid = child_opens(fan, EPERM);
	respond(fan, FAN_OPEN_PERM, FAN_DENY);
	CHECK_EXIT(pid, 0);
	pid = child_opens(fan, EPERM);
	respond(fan, FAN_OPEN_PERM, FAN_ALLOW);
	respond(fan, FAN_ACCESS_PERM, FAN_DENY);
	CHECK_EXIT(pid, 0);
	CHECK_ERR(write(fan, &bad, sizeof(bad)), ENOENT);
	bad.response = 77;
	CHECK_ERR(write(fan, &bad, sizeof(bad)), EINVAL);
	pid = child_opens(fan, 0);
	CHECK_EQ(fan_next(fan, name, sizeof(name)).mask, FAN_OPEN_PERM);
	close(fan); /* unanswered */
	CHECK_EXIT(pid, 0);
	return 0;
}
