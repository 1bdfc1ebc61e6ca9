/*
 * Small host services behind kernel/os.h: clocks, randomness, messages, host facts, panic.
 */
#include "arch-um/loop.h"

#include <fcntl.h>
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

void os_random(void *buf, size_t len)
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

static int log_fd = STDERR_FILENO;

int os_log_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return -errno;
	log_fd = fd;
	return 0;
}

void os_log(const char *line, size_t len)
{
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

int os_sysinfo(struct os_sysinfo *si)
{
	struct sysinfo h;
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (sysinfo(&h) < 0)
		return -errno;
	si->mem_total = (u64)h.totalram * h.mem_unit;
	si->mem_free = (u64)(h.freeram + h.bufferram) * h.mem_unit;
	for (int i = 0; i < 3; i++)
		si->load[i] = h.loads[i];
	si->nr_cpus = n > 0 ? (unsigned)n : 1;
	snprintf(si->cpuinfo_path, sizeof(si->cpuinfo_path), "/proc/cpuinfo");
	return 0;
}
