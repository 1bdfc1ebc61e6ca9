/* The master closes; the session leader ends; the slave closes and opens again; TIOCNOTTY. */
#include "pty.h"

static void session_dies(void)
{
	struct gate ready, done;
	pid_t leader, pid;
	char c;

	gate_init(&ready);
	gate_init(&done);
	pty_open();
	leader = test_fork();
	if (leader == 0) {
		SYS(setsid());
		SYS(ioctl(slave, TIOCSCTTY, 0));
		pid = test_fork();
		if (pid == 0) {
			sigset_t hup = sigset_of(SIGHUP);
			int sig;

			block_signal(SIGHUP);
			close(done.fd[0]);
			gate_open(&ready);
			sigwait(&hup, &sig);
			CHECK_EQ(sig, SIGHUP);
			CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO); /* no terminal any more */
			gate_open(&done);
			_exit(0);
		}
		gate_wait(&ready);
		_exit(0);
	}
	close(done.fd[1]);
	CHECK_EXIT(leader, 0);
	CHECK_EQ(read(done.fd[0], &c, 1), 1);
	close(master);
	close(slave);
}

static void master_closes(void)
{
	struct pollfd p;
	char c;
	pid_t pid;
	sigset_t hup = sigset_of(SIGHUP);
	int sig;

	pty_open();
	block_signal(SIGHUP);
	SYS(setsid());
	SYS(ioctl(slave, TIOCSCTTY, 0));
	pid = test_fork();
	if (pid == 0) {
		close(master);
		CHECK_EQ(read(slave, &c, 1), 0); /* sleeps until the hang-up */
		_exit(0);
	}
	close(master);
	sigwait(&hup, &sig);
	CHECK_EXIT(pid, 0);
	CHECK_EQ(read(slave, &c, 1), 0);
	CHECK_ERR(write(slave, "x", 1), EIO);
	CHECK_ERR(ioctl(slave, TIOCGWINSZ, &(struct winsize){}), EIO);
	p = (struct pollfd){slave, POLLIN | POLLOUT, 0};
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN | POLLOUT | POLLHUP | POLLERR);
	CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
}

static void slave_closes(void)
{
	char buf[10];
	struct pollfd p;

	pty_open();
	p = (struct pollfd){master, POLLIN, 0};
	CHECK_EQ(poll(&p, 1, 0), 0);
	write(slave, "bye", 3);
	close(slave);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLIN | POLLHUP);
	CHECK_EQ(read(master, buf, 10), 3);
	CHECK_ERR(read(master, buf, 10), EIO);
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLHUP);
	slave = SYS(open(ptsname(master), O_RDWR | O_NOCTTY));
	CHECK_EQ(poll(&p, 1, 0), 0);
	type("again\n");
	READS("again\n");
	close(slave);
	close(master);
}

static void gives_up(void)
{
	pty_open();
	on_signal(SIGHUP, SIG_IGN, 0);
	SYS(setsid());
	SYS(ioctl(slave, TIOCSCTTY, 0));
	close(SYS(open("/dev/tty", O_RDWR)));
	SYS(ioctl(slave, TIOCNOTTY));
	CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
	CHECK_ERR(ioctl(slave, TIOCNOTTY), ENOTTY);
}

int main(void)
{
	session_dies();
	CHECK_CHILD(master_closes);
	slave_closes();
	CHECK_CHILD(gives_up);
	return 0;
}
