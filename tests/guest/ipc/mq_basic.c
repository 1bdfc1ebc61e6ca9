/* POSIX message queues: names, priorities, limits, blocking, time-outs, poll, notification. */
#include "../test.h"

#include <mqueue.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static char name[64];

static mqd_t fresh(int flags, long maxmsg, long msgsize)
{
	struct mq_attr a = {.mq_maxmsg = maxmsg, .mq_msgsize = msgsize};

	return SYS(mq_open(name, O_RDWR | O_CREAT | O_EXCL | flags, 0600, &a));
}

static void names(void)
{
	struct mq_attr a = {.mq_maxmsg = 2, .mq_msgsize = 16}, bad = {.mq_maxmsg = 0};
	mqd_t q;

	CHECK_ERR(mq_open(name, O_RDWR), ENOENT);
	CHECK_ERR(mq_open(name, O_RDWR | O_CREAT, 0600, &bad), EINVAL);
	q = fresh(0, 2, 16);
	CHECK_ERR(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &a), EEXIST);
	CHECK_ERR(mq_open("/a/b", O_RDWR), EACCES);
	SYS(mq_getattr(q, &a));
	CHECK_EQ(a.mq_maxmsg, 2);
	CHECK_EQ(a.mq_msgsize, 16);
	CHECK_EQ(a.mq_curmsgs, 0);
	CHECK_EQ(fcntl(q, F_GETFD), FD_CLOEXEC);
	SYS(mq_unlink(name));
	CHECK_ERR(mq_unlink(name), ENOENT);
	SYS(mq_send(q, "x", 1, 0)); /* lives until closed */
	SYS(mq_close(q));
}

static void priorities(void)
{
	mqd_t q = fresh(O_NONBLOCK, 4, 16);
	char buf[16];
	unsigned prio;

	SYS(mq_send(q, "low", 4, 1));
	SYS(mq_send(q, "high", 5, 7));
	SYS(mq_send(q, "high2", 6, 7));
	SYS(mq_send(q, "", 0, 0));
	CHECK_ERR(mq_send(q, "full", 5, 0), EAGAIN);
	CHECK_ERR(mq_send(q, "0123456789abcdefg", 17, 0), EMSGSIZE);
	CHECK_ERR(mq_send(q, "x", 1, 32768), EINVAL);
	CHECK_ERR(mq_receive(q, buf, 15, NULL), EMSGSIZE);
	CHECK_EQ(SYS(mq_receive(q, buf, 16, &prio)), 5);
	CHECK_STR(buf, "high");
	CHECK_EQ(prio, 7);
	SYS(mq_receive(q, buf, 16, &prio));
	CHECK_STR(buf, "high2");
	SYS(mq_receive(q, buf, 16, &prio));
	CHECK_STR(buf, "low");
	CHECK_EQ(SYS(mq_receive(q, buf, 16, &prio)), 0);
	CHECK_ERR(mq_receive(q, buf, 16, &prio), EAGAIN);
	mqd_t ro = SYS(mq_open(name, O_RDONLY));
	CHECK_ERR(mq_send(ro, "x", 1, 0), EBADF);
	CHECK_ERR(mq_receive(0, buf, 16, NULL), EBADF);
	SYS(mq_close(ro));
	SYS(mq_close(q));
	SYS(mq_unlink(name));
}

static void blocking(void)
{
	struct timespec past = {1, 0}, bad = {1, -1};
	mqd_t q = fresh(0, 1, 16);
	char buf[16];
	struct gate got;
	pid_t pid;

	gate_init(&got);
	CHECK_ERR(mq_timedreceive(q, buf, 16, NULL, &past), ETIMEDOUT);
	CHECK_ERR(mq_timedreceive(q, buf, 16, NULL, &bad), EINVAL);
	pid = test_fork();
	if (pid == 0) {
		CHECK_EQ(SYS(mq_receive(q, buf, 16, NULL)), 3);
		gate_open(&got);
		SYS(mq_send(q, "b", 1, 0));
		SYS(mq_send(q, "cc", 2, 0)); /* has to wait */
		_exit(0);
	}
	SYS(mq_send(q, "abc", 3, 0));
	gate_wait(&got);
	CHECK_EQ(SYS(mq_receive(q, buf, 16, NULL)), 1);
	CHECK_EQ(SYS(mq_receive(q, buf, 16, NULL)), 2);
	CHECK_EXIT(pid, 0);
	struct pollfd p = {q, POLLIN | POLLOUT, 0};
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLOUT);
	SYS(mq_send(q, "x", 1, 0));
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN);
	CHECK_ERR(mq_timedsend(q, "y", 1, 0, &past), ETIMEDOUT);
	SYS(mq_close(q));
	SYS(mq_unlink(name));
}

static volatile sig_atomic_t value, code;

static void on_message(int sig, siginfo_t *info, void *uc)
{
	value = info->si_value.sival_int;
	code = info->si_code;
}

static void notification(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	mqd_t q = fresh(0, 2, 16);
	char buf[16], text[128] = "";

	on_siginfo(SIGUSR1, on_message, 0);
	ev.sigev_value.sival_int = 4711;
	SYS(mq_notify(q, &ev));
	CHECK_ERR(mq_notify(q, &ev), EBUSY);
	CHECK(pread(q, text, sizeof text - 1, 0) > 0);
	CHECK(strstr(text, "QSIZE:0") && strstr(text, "SIGNO:10"));
	SYS(mq_send(q, "x", 1, 0));
	CHECK_EQ(value, 4711);
	CHECK_EQ(code, SI_MESGQ);
	SYS(mq_notify(q, &ev)); /* it was good for one message */
	value = 0;
	SYS(mq_send(q, "x", 1, 0)); /* not empty: nothing to tell */
	CHECK_EQ(value, 0);
	SYS(mq_notify(q, NULL));
	SYS(mq_receive(q, buf, 16, NULL));
	SYS(mq_receive(q, buf, 16, NULL));
	SYS(mq_send(q, "x", 1, 0));
	CHECK_EQ(value, 0);
	SYS(mq_close(q));
	SYS(mq_unlink(name));
}

static struct gate told;

static void on_thread(union sigval v)
{
	value = v.sival_int;
	gate_open(&told);
}

/* The C library waits for a cookie in a netlink socket, whose last byte says what happened. */
static void threads(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_thread};
	char cookie[32] = "the cookie", buf[32];
	mqd_t q = fresh(0, 2, 16);
	int sock = SYS(socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, 0));
	int pair[2];

	gate_init(&told);
	ev.sigev_value.sival_int = 815;
	SYS(mq_notify(q, &ev));
	SYS(mq_send(q, "x", 1, 0));
	gate_wait(&told);
	CHECK_EQ(value, 815);
	SYS(mq_receive(q, buf, 16, NULL));

	ev.sigev_signo = sock;
	ev.sigev_value.sival_ptr = cookie;
	SYS(syscall(SYS_mq_notify, q, &ev));
	CHECK_ERR(syscall(SYS_mq_notify, q, &ev), EBUSY);
	CHECK_ERR(recv(sock, buf, sizeof buf, 0), EAGAIN);
	SYS(mq_send(q, "x", 1, 0));
	CHECK_EQ(SYS(recv(sock, buf, sizeof buf, 0)), 32);
	CHECK(memcmp(buf, cookie, 31) == 0 && buf[31] == 1);
	SYS(syscall(SYS_mq_notify, q, &ev));
	SYS(mq_notify(q, NULL));
	CHECK_EQ(SYS(recv(sock, buf, sizeof buf, 0)), 32);
	CHECK(memcmp(buf, cookie, 31) == 0 && buf[31] == 2);
	CHECK_ERR(recv(sock, buf, sizeof buf, 0), EAGAIN);

	ev.sigev_value.sival_ptr = NULL;
	CHECK_ERR(syscall(SYS_mq_notify, q, &ev), EFAULT);
	ev.sigev_value.sival_ptr = cookie;
	ev.sigev_signo = -1;
	CHECK_ERR(syscall(SYS_mq_notify, q, &ev), EBADF);
	ev.sigev_signo = q;
	CHECK_ERR(syscall(SYS_mq_notify, q, &ev), ENOTSOCK);
	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	ev.sigev_signo = pair[0];
	CHECK_ERR(syscall(SYS_mq_notify, q, &ev), EINVAL);
	ev.sigev_signo = sock;
	SYS(syscall(SYS_mq_notify, q, &ev));
	SYS(close(sock)); /* the cookie goes nowhere */
	SYS(mq_close(q));
	SYS(mq_unlink(name));
}

int main(void)
{
	snprintf(name, sizeof name, "/gtest-%d", getpid());
	names();
	priorities();
	blocking();
	notification();
	threads();
	return 0;
}
