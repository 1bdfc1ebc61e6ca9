/* When a session leader exits, the foreground group of its pty gets SIGHUP, and the terminal is
 * nobody's any more. */
#include "../test.h"
#include <sys/ioctl.h>
#include <sys/prctl.h>

static volatile sig_atomic_t hup;

static void on(int sig)
{
	(void)sig;
	hup = 1;
}

int main(void)
{
	int zero = 0, n, report[2];
	char slave[64];
	pid_t member;

	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	SYS(pipe(report));
	int master = SYS(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	SYS(ioctl(master, TIOCSPTLCK, &zero));
	SYS(ioctl(master, TIOCGPTN, &n));
	snprintf(slave, sizeof slave, "/dev/pts/%d", n);
	pid_t leader = test_fork();
	if (leader == 0) {
		struct gate ready;

		gate_init(&ready);
		SYS(setsid());
		int tty = SYS(open(slave, O_RDWR));
		member = test_fork();
		if (member == 0) {
			sigset_t set = sigset_of(SIGHUP), old;

			SYS(sigprocmask(SIG_BLOCK, &set, &old));
			on_signal(SIGHUP, on, 0);
			gate_open(&ready);
			while (!hup)
				sigsuspend(&old);
			CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
			CHECK_ERR(tcgetpgrp(tty), ENOTTY);
			_exit(19);
		}
		gate_wait(&ready);
		CHECK_EQ(write(report[1], &member, sizeof member), sizeof member);
		_exit(0);
	}
	CHECK_EQ(read(report[0], &member, sizeof member), sizeof member);
	CHECK_EXIT(leader, 0);
	CHECK_EXIT(member, 19);
	return 0;
}
