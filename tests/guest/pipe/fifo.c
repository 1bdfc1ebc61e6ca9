/* fifo(7): who waits for whom at open, non-blocking opens, hang-up before and after a writer. */
#include "../test.h"
#include <poll.h>

static short polled(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	SYS(poll(&p, 1, 0));
	return p.revents;
}

static void nop(int sig)
{
}

int main(void)
{
	char path[100], buf[10];
	struct stat st;
	int r, w, rw;
	pid_t pid;

	snprintf(path, sizeof path, "%s/fifo", test_tmpdir());
	SYS(mkfifo(path, 0600));
	SYS(stat(path, &st));
	CHECK(S_ISFIFO(st.st_mode));
	CHECK_ERR(open(path, O_WRONLY | O_NONBLOCK), ENXIO);
	r = SYS(open(path, O_RDONLY | O_NONBLOCK));
	CHECK_EQ(polled(r, POLLIN), 0);
	CHECK_EQ(read(r, buf, 1), 0);
	w = SYS(open(path, O_WRONLY | O_NONBLOCK));
	CHECK_ERR(read(r, buf, 1), EAGAIN);
	CHECK_EQ(write(w, "hi", 2), 2);
	CHECK_EQ(polled(r, POLLIN), POLLIN);
	close(w);
	CHECK_EQ(polled(r, POLLIN), POLLIN | POLLHUP);
	CHECK_EQ(read(r, buf, 10), 2);
	CHECK_EQ(polled(r, POLLIN), POLLHUP);
	w = SYS(open(path, O_WRONLY));
	CHECK_EQ(polled(r, POLLIN), 0);
	CHECK_EQ(write(w, "lost", 4), 4);
	close(r);
	CHECK_EQ(polled(w, POLLOUT) & POLLERR, POLLERR);
	close(w);
	r = SYS(open(path, O_RDONLY | O_NONBLOCK)); /* nobody had it open: the data is gone */
	CHECK_EQ(read(r, buf, 10), 0);
	close(r);

	rw = SYS(open(path, O_RDWR));
	CHECK_EQ(write(rw, "self", 4), 4);
	CHECK_EQ(read(rw, buf, 10), 4);
	CHECK_EQ(polled(rw, POLLIN | POLLOUT), POLLOUT);
	close(rw);

	pid = test_fork();
	if (pid == 0) {
		w = SYS(open(path, O_WRONLY)); /* waits for the reader */
		CHECK_EQ(write(w, "child", 5), 5);
		_exit(0);
	}
	r = SYS(open(path, O_RDONLY)); /* waits for the writer */
	CHECK_EQ(read(r, buf, 10), 5);
	CHECK_EQ(read(r, buf, 10), 0);
	CHECK_EXIT(pid, 0);
	close(r);

	on_signal(SIGALRM, nop, 0);
	SYS(setitimer(ITIMER_REAL,
		&(struct itimerval){.it_value.tv_usec = 20000, .it_interval.tv_usec = 20000},
		NULL));
	CHECK_ERR(open(path, O_RDONLY), EINTR);
	SYS(setitimer(ITIMER_REAL, &(struct itimerval){}, NULL));
	SYS(unlink(path));
	return 0;
}
