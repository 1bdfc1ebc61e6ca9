/*
 * Start of skas/: the sealed memfd with the stub, and the choice of a backend.
 */
#include "skas/fastpath.h"
#include "skas/home.h"
#include "skas/host.h"
#include "skas/skas.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

extern const char skas_stub_elf[], skas_stub_elf_end[];

#define STUB_FILE_OFFSET 0x1000 /* of its text page, see stub.ld */

int skas_stub_fd = -1;

static const struct guest_ops *const backends[] = {&notify_ops, &ptrace_ops};

const struct stub_header *skas_stub_header(void)
{
	return (const struct stub_header *)(skas_stub_elf + STUB_FILE_OFFSET);
}

int syscall_tgkill(pid_t tgid, pid_t tid, int sig)
{
	return (int)syscall(SYS_tgkill, tgid, tid, sig);
}

static int seal(int fd)
{
	return fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
}

/* Nobody has a name for it nor, once it is opened anew, a descriptor to write to it. */
static int stub_tmpfile(void)
{
	static const char *const dirs[] = {"/dev/shm", "/tmp", "/var/tmp", "."};
	struct statvfs fs;

	for (unsigned i = 0; i < ARRAY_SIZE(dirs); i++) {
		if (statvfs(dirs[i], &fs) < 0 || (fs.f_flag & ST_NOEXEC))
			continue;
		int fd = open(dirs[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0500);

		if (fd >= 0)
			return fd;
	}
	return -EACCES;
}

static int read_only(int fd)
{
	char path[32];
	int ro;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ro = open(path, O_RDONLY | O_CLOEXEC);
	close(fd);
	return ro < 0 ? -errno : ro;
}

static int stub_file(void)
{
	size_t len = (size_t)(skas_stub_elf_end - skas_stub_elf);
	bool memfd = host_has(HOST_MEMFD_EXEC);
	int fd = memfd ? memfd_create("skiff-stub", MFD_CLOEXEC | MFD_ALLOW_SEALING)
		       : stub_tmpfile();

	if (fd < 0)
		return memfd ? -errno : fd;
	if (write(fd, skas_stub_elf, len) != (ssize_t)len || (memfd && seal(fd) < 0)) {
		close(fd);
		return -EIO;
	}
	return memfd ? fd : read_only(fd);
}

static bool chosen_by_host;

/* The first backend from i on that the host can do. */
static int choose(const char *name, unsigned i, char *why, size_t size)
{
	for (; i < ARRAY_SIZE(backends); i++) {
		if (!chosen_by_host && strcmp(name, backends[i]->name))
			continue;
		backend = backends[i];
		if (backend->probe(why, size) == 0)
			return 0;
		if (!chosen_by_host)
			return -ENOSYS;
	}
	return -ENOSYS;
}

pid_t skas_spawn(void)
{
	uaddr_t first = skas_stub_header()->first_exec;
	pid_t pid = backend->spawn(skas_stub_fd, first);
	char why[256];

	/* A sandbox around us may have the one listener there can be. */
	if (pid < 0 && chosen_by_host && backend == &notify_ops &&
		choose("", 1, why, sizeof(why)) == 0)
		pid = backend->spawn(skas_stub_fd, first);
	return pid;
}

int skas_init(const char *name, char *why, size_t size)
{
	int err;

	chosen_by_host = !strcmp(name, "auto");
	snprintf(why, size, "no such backend: %s (try --backend=auto)", name);
	err = choose(name, 0, why, size);
	if (err < 0)
		return err;
	if (!host_has(HOST_PROCESS_VM) && !host_has(HOST_PROC_MEM)) {
		snprintf(why, size,
			"the host lets no process reach another's memory (see: skiff probe)");
		return -ENOSYS;
	}
	home_init();
	fast_init();
	hw_break_init();
	skas_stub_fd = stub_file();
	if (skas_stub_fd < 0)
		snprintf(why, size, "cannot create a file for the stub: %s (see: skiff probe)",
			strerror(-skas_stub_fd));
	return MIN(skas_stub_fd, 0);
}
