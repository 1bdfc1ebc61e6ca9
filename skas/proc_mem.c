/*
 * Guest memory on hosts that refuse process_vm_readv(2) and its twin: the file /proc/PID/mem. That
 * file ignores protections, as for a debugger, so the mappings are looked at first. A guest that
 * changes them at that moment hurts but its own private memory: the host forces no write to what is
 * shared. proc(5).
 */
#include "skas/skas.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

/* A line of which the buffer keeps the beginning: names of mapped files are long, and the guest's.
 */
static bool next_line(FILE *f, char *line, size_t size)
{
	int c;

	if (!fgets(line, (int)size, f))
		return false;
	if (!strchr(line, '\n'))
		while ((c = getc(f)) != EOF && c != '\n')
			;
	return true;
}

/* How many bytes of [addr, addr + len), len > 0, from its start on the process may access itself.
 */
static size_t accessible(pid_t pid, uaddr_t addr, size_t len, bool write)
{
	uaddr_t at = addr, limit = addr + len < addr ? UINT64_MAX : addr + len;
	static char buf[16384], line[128];
	uaddr_t start, end;
	char path[32], r, w;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	if (!maps)
		return 0;
	setvbuf(maps, buf, _IOFBF, sizeof(buf));
	while (at < limit && next_line(maps, line, sizeof(line))) {
		if (sscanf(line, "%lx-%lx %c%c", &start, &end, &r, &w) != 4 || end <= at)
			continue;
		if (start > at || (write ? w != 'w' : r != 'r'))
			break;
		at = end;
	}
	fclose(maps);
	return MIN(at, limit) - addr;
}

/* A position in an array of buffers. */
struct cursor {
	const struct iovec *iov;
	unsigned nr;
	size_t offset;
};

static size_t cursor_left(struct cursor *c)
{
	while (c->nr && c->offset == c->iov->iov_len) {
		c->iov++;
		c->nr--;
		c->offset = 0;
	}
	return c->nr ? c->iov->iov_len - c->offset : 0;
}

static char *cursor_at(const struct cursor *c)
{
	return (char *)c->iov->iov_base + c->offset;
}

static ssize_t copy_allowed(int mem, pid_t pid, struct cursor *l, struct cursor *r, bool write)
{
	size_t len, ok;
	ssize_t n, total = 0;

	while ((len = MIN(cursor_left(l), cursor_left(r)))) {
		off_t at = (off_t)cursor_at(r);

		ok = accessible(pid, (uaddr_t)at, len, write);
		if (!ok)
			break;
		n = write ? pwrite(mem, cursor_at(l), ok, at) : pread(mem, cursor_at(l), ok, at);
		if (n <= 0)
			break;
		total += n;
		l->offset += (size_t)n;
		r->offset += (size_t)n;
	}
	return total;
}

ssize_t proc_mem_copy(pid_t pid, const struct iovec *local, unsigned nr_local,
	const struct iovec *remote, unsigned nr_remote, bool write)
{
	struct cursor l = {local, nr_local, 0}, r = {remote, nr_remote, 0};
	char path[32];
	ssize_t n;
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	mem = open(path, (write ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	if (mem < 0)
		return -1;
	n = copy_allowed(mem, pid, &l, &r, write);
	close(mem);
	return n;
}
