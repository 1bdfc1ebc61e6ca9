/*
 * The log of a detached machine (machine_log.h). A guest writes as much as it likes, so the file's
 * older part is given back to the host as a hole: whoever reads or appends keeps its place, which
 * no rename would let it. Where the file system has no holes the log begins anew. fallocate(2).
 */
#include "arch-um/machine_log.h"

#include "kernel/os.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP (1u << 20) /* bytes written between two looks */

static int own = -1; /* our own descriptor of it; -1: there is no log */
static struct stat identity;
static size_t written;
static off_t hole_end;

int machine_log_open(int dirfd)
{
	int fd = openat(dirfd, "log", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	if (own < 0 && fstat(fd, &identity) == 0)
		own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return fd;
}

bool os_stream_is_log(int hfd)
{
	struct stat st;

	return own >= 0 && fstat(hfd, &st) == 0 && st.st_dev == identity.st_dev &&
	       st.st_ino == identity.st_ino;
}

void machine_log_wrote(size_t len)
{
	struct stat st;
	off_t end;

	if (own < 0 || (written += len) < STEP)
		return;
	written = 0;
	if (fstat(own, &st) < 0 || st.st_size <= (off_t)LOG_KEPT)
		return;
	end = (st.st_size - (off_t)LOG_KEPT) & ~(off_t)(PAGE_SIZE - 1);
	if (end <= hole_end)
		return;
	if (fallocate(own, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, hole_end, end - hole_end) ==
		0)
		hole_end = end;
	else if (ftruncate(own, 0) == 0)
		hole_end = 0;
}

void machine_log_seek(int fd)
{
	off_t at = lseek(fd, 0, SEEK_CUR), size = lseek(fd, 0, SEEK_END), data;

	if (at > size) /* it has begun anew */
		at = 0;
	data = lseek(fd, at, SEEK_DATA);
	lseek(fd, data >= 0 ? data : at, SEEK_SET);
}
