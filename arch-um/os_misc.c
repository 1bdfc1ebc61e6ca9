/*
 * Small host services behind kernel/os.h: clocks, randomness, messages, host facts, panic.
 */
#include "arch-um/loop.h"
#include "arch-um/machine_log.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <unistd.h>

u64 os_clock_ns(enum os_clock c)
{
	static const clockid_t ids[OS_CLOCK_COUNT] = {
		[OS_CLOCK_REALTIME] = CLOCK_REALTIME,
		[OS_CLOCK_MONOTONIC] = CLOCK_MONOTONIC,
		[OS_CLOCK_BOOTTIME] = CLOCK_BOOTTIME,
	};
	struct timespec ts;

	clock_gettime(ids[c], &ts);
	return (u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec;
}

static void random_fill(void *buf, size_t len)
{
	char *p = buf;

	while (len) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			os_panic();
		p += n;
		len -= (size_t)n;
	}
}

/* Is skiff run under a debugger? Of its own tracing nothing shows here. */
bool under_debugger(void)
{
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	char text[2048];
	const char *p;
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	p = strstr(text, "\nTracerPid:\t");
	return p && p[12] != '0';
}

static int log_fd = STDERR_FILENO;

int os_log_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return -errno;
	log_fd = fd;
	return 0;
}

/* Small requests are served from a pool, each byte once. */
void os_random(void *buf, size_t len)
{
	static u8 pool[512];
	static size_t left;

	if (len > 64) {
		random_fill(buf, len);
		return;
	}
	if (left < len) {
		random_fill(pool, sizeof(pool));
		left = sizeof(pool);
	}
	left -= len;
	memcpy(buf, pool + left, len);
	memset(pool + left, 0, len);
}

void os_log(const char *line, size_t len)
{
	machine_log_wrote(len);
	while (len) {
		ssize_t n = write(log_fd, line, len);

		if (n <= 0)
			return;
		line += n;
		len -= (size_t)n;
	}
}

/* Guest processes have SIGKILL as their parent-death signal, so they end with us. */
void os_panic(void)
{
	os_tty_raw(STDIN_FILENO, false);
	_exit(70);
}

static u64 meminfo_bytes(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	return p ? strtoull(p + strlen(name), NULL, 10) << 10 : 0;
}

/* What sysinfo(2) does not say. */
void os_sysinfo_memory(struct os_sysinfo *si)
{
	int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	char text[2048];
	ssize_t n;

	if (fd < 0)
		return;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	si->mem_available = meminfo_bytes(text, "\nMemAvailable:");
	si->mem_buffers = meminfo_bytes(text, "\nBuffers:");
	si->mem_cached = meminfo_bytes(text, "\nCached:");
}

u64 os_own_cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec;
}

u64 os_own_memory(bool trim)
{
	unsigned long long resident = 0, shared = 0;
	char text[128];
	ssize_t n;
	int fd;

	if (trim)
		malloc_trim(0);
	fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, "%*u %llu %llu", &resident, &shared) != 2)
		return 0;
	return (resident - MIN(shared, resident)) * PAGE_SIZE;
}

int os_sysinfo(struct os_sysinfo *si)
{
	struct sysinfo h;
	static long n;

	if (!n)
		n = sysconf(_SC_NPROCESSORS_ONLN);
	if (sysinfo(&h) < 0)
		return -errno;
	si->mem_total = (u64)h.totalram * h.mem_unit;
	si->mem_free = (u64)h.freeram * h.mem_unit;
	si->swap_total = (u64)h.totalswap * h.mem_unit;
	si->swap_free = (u64)h.freeswap * h.mem_unit;
	si->mem_available = si->mem_free;
	si->mem_buffers = (u64)h.bufferram * h.mem_unit;
	si->mem_cached = 0;
	for (int i = 0; i < 3; i++)
		si->load[i] = h.loads[i];
	si->nr_cpus = n > 0 ? (unsigned)n : 1;
	snprintf(si->cpuinfo_path, sizeof(si->cpuinfo_path), "/proc/cpuinfo");
	snprintf(si->stat_path, sizeof(si->stat_path), "/proc/stat");
	snprintf(si->vmstat_path, sizeof(si->vmstat_path), "/proc/vmstat");
	return 0;
}
