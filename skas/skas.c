/*
 * Start of skas/: the sealed memfd with the stub, and the choice of a backend.
 */
#include "skas/home.h"
#include "skas/skas.h"

#include <stdio.h>
#include <sys/mman.h>
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

static int stub_memfd(void)
{
	size_t len = (size_t)(skas_stub_elf_end - skas_stub_elf);
	int fd = memfd_create("skiff-stub", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	if (write(fd, skas_stub_elf, len) != (ssize_t)len ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) <
			0) {
		close(fd);
		return -EIO;
	}
	return fd;
}

int skas_init(const char *name, char *why, size_t size)
{
	for (unsigned i = 0; i < ARRAY_SIZE(backends); i++) {
		if (strcmp(name, "auto") && strcmp(name, backends[i]->name))
			continue;
		if (backends[i]->probe(why, size) < 0)
			return -ENOSYS;
		backend = backends[i];
		home_init();
		skas_stub_fd = stub_memfd();
		if (skas_stub_fd < 0)
			snprintf(why, size, "cannot create a memfd for the stub: %s",
				strerror(-skas_stub_fd));
		return MIN(skas_stub_fd, 0);
	}
	snprintf(why, size, "no such backend: %s (try --backend=notify)", name);
	return -EINVAL;
}
