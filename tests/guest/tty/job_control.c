/* Background access: SIGTTIN, SIGTTOU with TOSTOP and for settings, EIO for orphans and blockers.
 */
#include "pty.h"

static pid_t job(void (*fn)(void))
{
	pid_t pid = test_fork();

	if (pid == 0) {
		setpgid(0, 0);
		fn();
		_exit(0);
	}
	setpgid(pid, pid);
	return pid;
}

static void reads(void)
{
	char buf[10];

	CHECK_EQ(read(slave, buf, sizeof buf), 3);
}

static void writes(void)
{
	CHECK_EQ(write(slave, "w", 1), 1);
}

static void sets(void)
{
	change(0, 0, 0, 0, 0, 0);
}

static void reads_ignoring(void)
{
	char c;

	on_signal(SIGTTIN, SIG_IGN, 0);
	CHECK_ERR(read(slave, &c, 1), EIO);
	on_signal(SIGTTOU, SIG_IGN, 0);
	change(0, 0, 0, 0, 0, 0); /* allowed */
	SYS(tcsetpgrp(slave, getpid()));
	CHECK_EQ(tcgetpgrp(slave), getpid());
}

static void stops_with(pid_t pid, int sig)
{
	int st = test_wait(pid, WUNTRACED);

	CHECK(WIFSTOPPED(st));
	CHECK_EQ(WSTOPSIG(st), sig);
}

static void orphan(void)
{
	struct gate g;
	pid_t pid;

	/* a child whose parent, of the same session, is gone */
	gate_init(&g);
	pid = test_fork();
	if (pid == 0) {
		pid = test_fork();
		if (pid == 0) {
			char c;

			setpgid(0, 0);
			close(g.fd[1]);
			read(g.fd[0], &c, 1); /* until the parent is gone */
			CHECK_ERR(read(slave, &c, 1), EIO);
			_exit(write(master, "o\n", 2) == 2 ? 0 : 1);
		}
		setpgid(pid, pid);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	close(g.fd[0]);
	close(g.fd[1]);
	SHOWN("o\r\n");
	READS("o\n");
}

static void leader(void)
{
	pid_t pid;

	on_signal(SIGTTOU, SIG_IGN, 0);
	SYS(setsid());
	CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
	CHECK_ERR(tcgetpgrp(slave), ENOTTY);
	close(SYS(open(ptsname(master), O_RDWR))); /* opening makes it ours */
	CHECK_EQ(tcgetpgrp(slave), getpid());
	on_signal(SIGTTOU, SIG_DFL, 0);

	pid = job(reads);
	stops_with(pid, SIGTTIN);
	on_signal(SIGTTOU, SIG_IGN, 0);
	SYS(tcsetpgrp(slave, pid));
	SYS(kill(-pid, SIGCONT));
	type("ab\n");
	SHOWN("ab\r\n");
	CHECK_EXIT(pid, 0);
	SYS(tcsetpgrp(slave, getpid()));
	on_signal(SIGTTOU, SIG_DFL, 0);

	pid = job(writes);
	CHECK_EXIT(pid, 0);
	SHOWN("w");
	change(0, 0, 0, 0, TOSTOP, 0);
	pid = job(writes);
	stops_with(pid, SIGTTOU);
	change(0, 0, 0, 0, 0, TOSTOP);
	SYS(kill(pid, SIGCONT));
	CHECK_EXIT(pid, 0);
	SHOWN("w");
	pid = job(sets);
	stops_with(pid, SIGTTOU);
	SYS(kill(pid, SIGKILL));
	CHECK_KILLED(pid, SIGKILL);
	pid = job(reads_ignoring);
	CHECK_EXIT(pid, 0);
	on_signal(SIGTTOU, SIG_IGN, 0);
	SYS(tcsetpgrp(slave, getpid()));
	CHECK_ERR(tcsetpgrp(slave, 1), EPERM);
	CHECK_ERR(tcsetpgrp(slave, -1), EINVAL);
	orphan();
}

int main(void)
{
	pty_open();
	CHECK_CHILD(leader);
	return 0;
}
