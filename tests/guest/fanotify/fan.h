/* Shared by the tests of fanotify: reading one event. */
#include "tests/guest/test.h"

#include <sys/fanotify.h>

/* The next event, whose file's name (its last component) is in name. */
static inline struct fanotify_event_metadata fan_next(int fan, char *name, size_t size)
{
	struct fanotify_event_metadata e;
	char link[64], path[PATH_MAX];
	ssize_t n;

	CHECK_EQ(read(fan, &e, sizeof(e)), sizeof(e));
	CHECK_EQ(e.vers, FANOTIFY_METADATA_VERSION);
	CHECK_EQ(e.event_len, sizeof(e));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", e.fd);
	n = SYS(readlink(link, path, sizeof(path) - 1));
	path[n] = 0;
	snprintf(name, size, "%s", strrchr(path, '/') + 1);
	return e;
}

static inline int fan_init(unsigned flags)
{
	int fan = fanotify_init(flags, O_RDONLY);

	if (fan < 0)
		SKIP("fanotify_init: %s", strerror(errno));
	return fan;
}
