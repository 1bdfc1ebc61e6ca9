/* run: guest-only */
/* link: pthread */
/* While one thread maps files, others try to get at the descriptor that is there for a moment: map
 * it themselves with more access than the file was opened with, close it, or keep it by a fork.
 * What could only be read stays as it was. */
#include "stub.h"
#include <pthread.h>
#include <stdatomic.h>

static atomic_int stop, writable;

/* A file of root's that others may read. */
static int read_only_file(const char *path)
{
	test_write_file(path, "original", 0644);
	return SYS(open(path, O_RDONLY));
}

static void *map_on_and_on(void *arg)
{
	int fd = (int)(long)arg;

	for (int i = 0; i < 1500; i++) {
		char *p = mmap(NULL, 4096, PROT_READ, i % 2 ? MAP_SHARED : MAP_PRIVATE, fd, 0);

		if (p != MAP_FAILED)
			munmap(p, 4096);
	}
	stop = 1;
	return NULL;
}

static void *steal(void *arg)
{
	(void)arg;
	for (int i = 0; !stop; i++) {
		int fd = i % 4;
		long p = STUB(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		if (p > 0) {
			writable = 1;
			memcpy((void *)p, "STOLEN!!", 8);
			munmap((void *)p, 4096);
		}
		p = STUB(SYS_mmap, 0, 4096, PROT_READ, MAP_SHARED, fd, 0);
		if (p > 0) {
			if (!STUB(SYS_mprotect, p, 4096, PROT_READ | PROT_WRITE, 0, 0, 0))
				memcpy((void *)p, "STOLEN!!", 8);
			munmap((void *)p, 4096);
		}
	}
	return NULL;
}

static void *close_all(void *arg)
{
	(void)arg;
	while (!stop)
		for (int fd = 0; fd < 4; fd++)
			STUB(SYS_close, fd, 0, 0, 0, 0, 0);
	return NULL;
}

/* A child has a copy of the descriptors; it looks at leisure. */
static void *keep(void *arg)
{
	(void)arg;
	for (int i = 0; i < 60 && !stop; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			for (int fd = 0; fd < 4; fd++) {
				long p = STUB(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
					fd, 0);

				if (p > 0)
					memcpy((void *)p, "STOLEN!!", 8);
			}
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	return NULL;
}

static int target;

static void attack(void *(*how)(void *))
{
	pthread_t t[2];

	SYS(setgid(1000));
	SYS(setuid(1000));
	CHECK_EQ(pthread_create(&t[0], NULL, map_on_and_on, (void *)(long)target), 0);
	CHECK_EQ(pthread_create(&t[1], NULL, how, NULL), 0);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	_exit(writable);
}

static void try_file(const char *path, int fd)
{
	void *(*kinds[])(void *) = {steal, close_all, keep};
	char text[9] = "";

	target = fd;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		pid_t pid = test_fork();

		if (pid == 0)
			attack(kinds[i]);
		int st = test_wait(pid, 0);
		CHECK(WIFSIGNALED(st) || (WIFEXITED(st) && WEXITSTATUS(st) == 0));
	}
	fd = SYS(open(path, O_RDONLY));
	CHECK_EQ(read(fd, text, 8), 8);
	CHECK(memcmp(text, "STOLEN!!", 8));
	SYS(close(fd));
}

int main(void)
{
	char path[96];
	int fd;

	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	snprintf(path, sizeof path, "%s/file", test_tmpdir());
	fd = read_only_file(path);
	try_file(path, fd);
	/* The one behind it is open for writing elsewhere. */
	int w = SYS(open(path, O_RDWR));
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, w, 0);
	CHECK(p != MAP_FAILED && !memcmp(p, "original", 8));
	try_file(path, fd);
	CHECK(!memcmp(p, "original", 8));
	SYS(unlink(path));
	fd = SYS(open("/etc/passwd", O_RDONLY));
	try_file("/etc/passwd", fd);
	check_served();
	return 0;
}
