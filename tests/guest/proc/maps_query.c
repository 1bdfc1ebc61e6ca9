/* PROCMAP_QUERY on /proc/PID/maps: the mapping at an address or behind it, by its properties, and
 * what it is of; the same as the text says. */
#include "proc.h"
#include <sys/ioctl.h>

struct query {
	uint64_t size, query_flags, query_addr;
	uint64_t start, end, flags, page_size, offset, ino;
	uint32_t dev_major, dev_minor;
	uint32_t name_size, build_id_size;
	uint64_t name_addr, build_id_addr;
};
#define PROCMAP_QUERY _IOWR('f', 17, struct query)
#define PAGE 4096

static int fd;

static int ask(struct query *q, void *addr, uint64_t flags)
{
	*q = (struct query){.size = sizeof *q, .query_addr = (uintptr_t)addr, .query_flags = flags};
	return ioctl(fd, PROCMAP_QUERY, q);
}

int main(void)
{
	char path[PATH_MAX], name[PATH_MAX];
	struct query q;
	struct stat st;
	char *p, *f;
	int file;

	fd = SYS(open("/proc/self/maps", O_RDONLY));
	if (ask(&q, &main, 0) < 0 && errno == ENOTTY)
		SKIP("no PROCMAP_QUERY");
	/* own ground: a hole, a page nobody may touch, a writable one, a hole */
	p = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	SYS(mprotect(p + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE));
	SYS(munmap(p, PAGE));
	SYS(munmap(p + 3 * PAGE, PAGE));
	SYS(ask(&q, p + 2 * PAGE + 5, 0));
	CHECK_EQ(q.start, (uintptr_t)p + 2 * PAGE);
	CHECK_EQ(q.end, (uintptr_t)p + 3 * PAGE);
	CHECK_EQ(q.flags, 3);
	CHECK_EQ(q.page_size, PAGE);
	CHECK_EQ(q.ino, 0);
	CHECK_ERR(ask(&q, p, 0), ENOENT);
	SYS(ask(&q, p, 16));
	CHECK_EQ(q.start, (uintptr_t)p + PAGE);
	CHECK_EQ(q.flags, 0);
	CHECK_ERR(ask(&q, p + PAGE, 2), ENOENT);
	SYS(ask(&q, p + PAGE, 16 | 2));
	CHECK_EQ(q.start, (uintptr_t)p + 2 * PAGE);
	CHECK_ERR(ask(&q, p, 64), EINVAL);

	file = SYS(open("mapped", O_CREAT | O_RDWR, 0600));
	SYS(ftruncate(file, 3 * PAGE));
	SYS(fstat(file, &st));
	f = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, 2 * PAGE);
	CHECK(f != MAP_FAILED);
	SYS(ask(&q, f, 32));
	CHECK_EQ(q.offset, 2 * PAGE);
	CHECK_EQ(q.ino, st.st_ino);
	CHECK_EQ(q.flags, 1 | 8);
	q.name_addr = (uintptr_t)name;
	q.name_size = sizeof name;
	SYS(ioctl(fd, PROCMAP_QUERY, &q));
	CHECK(getcwd(path, sizeof path - 10));
	strcat(path, path[1] ? "/mapped" : "mapped");
	CHECK_STR(name, path);
	CHECK_EQ(q.name_size, strlen(path) + 1);
	q.name_size = 3;
	CHECK_ERR(ioctl(fd, PROCMAP_QUERY, &q), ENAMETOOLONG);
	q.name_size = 0;
	CHECK_ERR(ioctl(fd, PROCMAP_QUERY, &q), EINVAL);
	q = (struct query){.size = 23};
	CHECK_ERR(ioctl(fd, PROCMAP_QUERY, &q), EINVAL);
	q.size = 1 << 20;
	CHECK_ERR(ioctl(fd, PROCMAP_QUERY, &q), E2BIG);
	CHECK_ERR(ioctl(fd, PROCMAP_QUERY, (void *)8), EFAULT);
	return 0;
}
