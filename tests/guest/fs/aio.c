/* Linux AIO: reads, writes, syncs and polls, their events, a context's limits and end. */
#include "tests/guest/test.h"

#include <linux/aio_abi.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define COUNT 4

static aio_context_t ctx;

static long submit(struct iocb *io)
{
	struct iocb *list[] = {io};

	return syscall(SYS_io_submit, ctx, 1l, list);
}

static long events(long min, long max, struct io_event *e, struct timespec *ts)
{
	return syscall(SYS_io_getevents, ctx, min, max, e, ts);
}

static struct iocb request(int opcode, int fd, const void *buf, size_t len, off_t pos)
{
	return (struct iocb){.aio_data = 7,
		.aio_lio_opcode = (uint16_t)opcode,
		.aio_fildes = (uint32_t)fd,
		.aio_buf = (uintptr_t)buf,
		.aio_nbytes = len,
		.aio_offset = pos};
}

/* The one event there is. */
static long long result(struct iocb *io)
{
	struct timespec soon = {10, 0};
	struct io_event e;

	CHECK_EQ(events(1, 1, &e, &soon), 1);
	CHECK_EQ(e.data, 7);
	CHECK(e.obj == (uintptr_t)io);
	return e.res;
}

static void files(void)
{
	char buf[16] = "", other[8] = "";
	struct iovec iov[] = {{buf, 2}, {other, 3}};
	int fd = SYS(open("f", O_CREAT | O_RDWR | O_TRUNC, 0600)), efd = SYS(eventfd(0, 0));
	struct iocb io = request(IOCB_CMD_PWRITE, fd, "hello", 5, 3);
	uint64_t n;

	io.aio_flags = IOCB_FLAG_RESFD;
	io.aio_resfd = (uint32_t)efd;
	CHECK_EQ(submit(&io), 1);
	CHECK_EQ(read(efd, &n, sizeof n), 8);
	CHECK_EQ(n, 1);
	CHECK_EQ(result(&io), 5);
	io = request(IOCB_CMD_PREAD, fd, buf, sizeof buf, 1);
	CHECK_EQ(submit(&io), 1);
	CHECK_EQ(result(&io), 7);
	CHECK(!memcmp(buf, "\0\0hello", 7));
	io = request(IOCB_CMD_PREADV, fd, iov, 2, 3);
	CHECK_EQ(submit(&io), 1);
	CHECK_EQ(result(&io), 5);
	CHECK(!memcmp(buf, "he", 2) && !memcmp(other, "llo", 3));
	io = request(IOCB_CMD_FSYNC, fd, NULL, 0, 0);
	CHECK_EQ(submit(&io), 1);
	CHECK_EQ(result(&io), 0);
	io = request(IOCB_CMD_PREAD, fd, (void *)8, 4, 0);
	CHECK_EQ(submit(&io), 1);
	CHECK_EQ(result(&io), -EFAULT);

	io = request(IOCB_CMD_PREAD, 99, buf, 4, 0);
	CHECK_ERR(submit(&io), EBADF);
	io = request(99, fd, buf, 4, 0);
	CHECK_ERR(submit(&io), EINVAL);
	io = request(IOCB_CMD_PREAD, fd, buf, 4, -1);
	CHECK_ERR(submit(&io), EINVAL);
	io = request(IOCB_CMD_PREAD, fd, buf, 4, 0);
	io.aio_flags = IOCB_FLAG_RESFD;
	io.aio_resfd = (uint32_t)fd;
	CHECK_ERR(submit(&io), EINVAL);
	CHECK_ERR(submit((struct iocb *)8), EFAULT);
	SYS(close(fd));
	fd = SYS(open("f", O_RDONLY));
	io = request(IOCB_CMD_PWRITE, fd, "x", 1, 0);
	CHECK_ERR(submit(&io), EBADF);
	SYS(close(fd));
	SYS(close(efd));
}

static void polls(void)
{
	int p[2], status;
	struct iocb io;
	struct timespec none = {0, 0};
	struct io_event e;
	pid_t pid;

	SYS(pipe(p));
	io = request(IOCB_CMD_POLL, p[0], (void *)POLLIN, 0, 0);
	CHECK_EQ(submit(&io), 1);
	CHECK_EQ(events(0, 1, &e, &none), 0);
	pid = test_fork();
	if (pid == 0) {
		CHECK_ERR(events(0, 1, &e, &none), EINVAL); /* contexts are not inherited */
		SYS(write(p[1], "x", 1));
		_exit(0);
	}
	CHECK(result(&io) & POLLIN);
	CHECK_EQ(submit(&io), 1); /* at once */
	CHECK(result(&io) & POLLIN);
	SYS(waitpid(pid, &status, 0));
	CHECK_EQ(status, 0);
	SYS(read(p[0], &status, 1));
	CHECK_EQ(submit(&io), 1);
	SYS(close(p[1]));
	CHECK(result(&io) & POLLHUP);
	SYS(close(p[0]));

	SYS(pipe(p)); /* one that is cancelled, and one that goes with its context */
	io = request(IOCB_CMD_POLL, p[0], (void *)POLLIN, 0, 0);
	CHECK_EQ(submit(&io), 1);
	CHECK_ERR(syscall(SYS_io_cancel, ctx, &io, &e), EINPROGRESS);
	CHECK_EQ(result(&io), 0);
	CHECK_ERR(syscall(SYS_io_cancel, ctx, &io, &e), EINVAL);
	CHECK_EQ(submit(&io), 1);
}

static void contexts(void)
{
	aio_context_t other = 0;
	struct timespec soon = {0, 1000000};
	struct io_event e[2];

	CHECK_ERR(syscall(SYS_io_setup, 1, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_io_setup, 0, &other), EINVAL);
	CHECK_ERR(syscall(SYS_io_setup, -1, &other), EINVAL);
	CHECK_ERR(syscall(SYS_io_setup, 1000000, &other), EAGAIN);
	CHECK_ERR(syscall(SYS_io_setup, COUNT, &ctx), EINVAL); /* in use */
	CHECK_EQ(events(1, 1, e, &soon), 0);
	CHECK_ERR(events(2, 1, e, NULL), EINVAL);
	CHECK_ERR(events(-1, 1, e, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_io_submit, ctx, -1l, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_io_submit, 4711l, 1l, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_io_destroy, 4711l), EINVAL);
}

/* Events that nobody fetches hold up further requests; those fetched make room. */
static void limit(void)
{
	int fd = SYS(open("f", O_RDWR)), n = 0;
	struct iocb io = request(IOCB_CMD_PREAD, fd, &n, 0, 0);
	struct timespec none = {0, 0};
	struct io_event *e = malloc(100000 * sizeof *e);

	while (n < 100000 && submit(&io) == 1)
		n++;
	CHECK(n >= COUNT && n < 100000 && errno == EAGAIN);
	CHECK_EQ(events(1, 1, e, &none), 1);
	CHECK_EQ(submit(&io), 1);
	CHECK_EQ(events(0, 100000, e, &none), n);
	SYS(close(fd));
}

int main(void)
{
	SYS(syscall(SYS_io_setup, COUNT, &ctx));
	CHECK(ctx != 0);
	contexts();
	files();
	limit();
	polls();
	SYS(syscall(SYS_io_destroy, ctx));
	CHECK_ERR(syscall(SYS_io_destroy, ctx), EINVAL);
	return 0;
}
