/*
 * Micro benchmarks, one static program that runs natively and in the guest alike.
 *
 *   bench [-f FILE] [NAME...]     prints "NAME ns_per_operation" per line; no NAME means all
 *
 * Each row is measured in rounds of at least ROUND_NS and the median round is printed. FILE is
 * what seqread1m reads (it should be tens of MiB and in the page cache). tests/bench/run calls it.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUND_NS 20000000LL
#define NR_ROUNDS 5
#define PAGE 4096
#define FAULT_PAGES 2048
#define MAP_BYTES 65536
#define MIB (1 << 20)

static const char *self;
static const char *big_file = "/bin/bash";
static char buffer[MIB];
static int fd_a = -1, fd_b = -1;
static volatile sig_atomic_t nr_signals;

static void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* Each operation does its thing n times and returns the time that counts. */

static int64_t bench_getpid(int n)
{
	int64_t start = now_ns();

	while (n--)
		syscall(SYS_getpid);
	return now_ns() - start;
}

static int64_t bench_stat(int n)
{
	int64_t start = now_ns();
	struct stat st;

	while (n--)
		if (stat("/etc/passwd", &st))
			die("stat /etc/passwd");
	return now_ns() - start;
}

static int64_t bench_openclose(int n)
{
	int64_t start = now_ns();

	while (n--) {
		int fd = open("/etc/passwd", O_RDONLY);

		if (fd < 0 || close(fd))
			die("open /etc/passwd");
	}
	return now_ns() - start;
}

static int64_t bench_pread4k(int n)
{
	int fd = open(self, O_RDONLY);
	int64_t start = now_ns();

	while (n--)
		if (pread(fd, buffer, 4096, 8192) != 4096)
			die("pread");
	start = now_ns() - start;
	close(fd);
	return start;
}

/* Touches only: mapping and unmapping are not counted. */
static int64_t bench_anonfault(int n)
{
	int64_t total = 0;

	while (n--) {
		char *p = mmap(NULL, FAULT_PAGES * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		int64_t start;

		if (p == MAP_FAILED)
			die("mmap");
		madvise(p, FAULT_PAGES * PAGE, MADV_NOHUGEPAGE);
		start = now_ns();
		for (int i = 0; i < FAULT_PAGES; i++)
			((volatile char *)p)[i * PAGE] = 1;
		total += now_ns() - start;
		munmap(p, FAULT_PAGES * PAGE);
	}
	return total;
}

static int64_t bench_mmap64k(int n)
{
	int64_t start = now_ns();

	while (n--) {
		char *p = mmap(NULL, MAP_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);

		if (p == MAP_FAILED)
			die("mmap");
		for (int i = 0; i < MAP_BYTES; i += PAGE)
			((volatile char *)p)[i] = 1;
		munmap(p, MAP_BYTES);
	}
	return now_ns() - start;
}

static void wait_for(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		die("child");
}

static int64_t bench_forkexit(int n)
{
	int64_t start = now_ns();

	while (n--) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		wait_for(pid);
	}
	return now_ns() - start;
}

static int64_t bench_forkexec(int n)
{
	int64_t start = now_ns();

	while (n--) {
		pid_t pid = fork();

		if (pid == 0) {
			execl(self, self, "--child", NULL);
			_exit(127);
		}
		wait_for(pid);
	}
	return now_ns() - start;
}

static void *thread_main(void *arg)
{
	return arg;
}

static int64_t bench_thread(int n)
{
	int64_t start = now_ns();

	while (n--) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, thread_main, NULL))
			die("pthread_create");
		pthread_join(thread, NULL);
	}
	return now_ns() - start;
}

static int64_t bench_pipe(int n)
{
	int there[2], back[2];
	int64_t start;
	pid_t pid;
	char c = 0;

	if (pipe(there) || pipe(back))
		die("pipe");
	pid = fork();
	if (pid == 0) {
		close(there[1]);
		close(back[0]);
		while (read(there[0], &c, 1) == 1)
			if (write(back[1], &c, 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(there[0]);
	close(back[1]);
	fd_a = there[1];
	fd_b = back[0];
	start = now_ns();
	while (n--)
		if (write(fd_a, &c, 1) != 1 || read(fd_b, &c, 1) != 1)
			die("pipe round trip");
	start = now_ns() - start;
	close(fd_a);
	close(fd_b);
	wait_for(pid);
	return start;
}

static void on_signal(int sig)
{
	nr_signals++;
}

static int64_t bench_sigself(int n)
{
	pid_t pid = getpid();
	int want = n;
	int64_t start;

	signal(SIGUSR1, on_signal);
	nr_signals = 0;
	start = now_ns();
	while (n--)
		kill(pid, SIGUSR1);
	start = now_ns() - start;
	if (nr_signals != want)
		die("signals lost");
	return start;
}

static int64_t bench_seqread1m(int n)
{
	int fd = open(big_file, O_RDONLY);
	int64_t start = now_ns();

	if (fd < 0)
		die(big_file);
	while (n--) {
		ssize_t got = read(fd, buffer, MIB);

		if (got < 0)
			die("read");
		if (got < MIB)
			lseek(fd, 0, SEEK_SET);
	}
	start = now_ns() - start;
	close(fd);
	return start;
}

struct bench {
	const char *name;
	int64_t (*run)(int n);
	int per_call; /* operations each of the n turns stands for */
};

static const struct bench benches[] = {
	{"getpid", bench_getpid, 1},
	{"stat", bench_stat, 1},
	{"openclose", bench_openclose, 1},
	{"pread4k", bench_pread4k, 1},
	{"anonfault", bench_anonfault, FAULT_PAGES},
	{"mmap64k", bench_mmap64k, 1},
	{"forkexit", bench_forkexit, 1},
	{"forkexec", bench_forkexec, 1},
	{"thread", bench_thread, 1},
	{"pipe", bench_pipe, 1},
	{"sigself", bench_sigself, 1},
	{"seqread1m", bench_seqread1m, 1},
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const struct bench *b)
{
	double rounds[NR_ROUNDS];
	int64_t ns;
	int n = 1;

	/* Find a count that fills a round; this also warms up. */
	while ((ns = b->run(n)) < ROUND_NS && n < 10000000)
		n = ns > ROUND_NS / 20 ? (int)(n * (1.1 * ROUND_NS / ns)) + 1 : n * 8;
	for (int i = 0; i < NR_ROUNDS; i++)
		rounds[i] = (double)b->run(n) / n / b->per_call;
	qsort(rounds, NR_ROUNDS, sizeof(rounds[0]), compare);
	printf("%s %.1f\n", b->name, rounds[NR_ROUNDS / 2]);
	fflush(stdout);
}

static int measure_named(const char *name)
{
	for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++)
		if (!name || !strcmp(name, benches[i].name)) {
			measure(&benches[i]);
			if (name)
				return 0;
		}
	if (!name)
		return 0;
	fprintf(stderr, "bench: no row is called %s\n", name);
	return 1;
}

int main(int argc, char **argv)
{
	int failed = 0, i = 1;

	if (argc > 1 && !strcmp(argv[1], "--child"))
		return 0;
	self = argv[0];
	memset(buffer, 1, sizeof(buffer));
	if (argc > 2 && !strcmp(argv[1], "-f")) {
		big_file = argv[2];
		i = 3;
	}
	if (i == argc)
		return measure_named(NULL);
	for (; i < argc; i++)
		failed |= measure_named(argv[i]);
	return failed;
}
