/* ISIG: the foreground group gets SIGINT, SIGQUIT, SIGTSTP; flushing unless NOFLSH; SIGWINCH. */
#include "pty.h"

static volatile sig_atomic_t got;

static void on_sig(int sig)
{
	got = sig;
}

static void await(int sig)
{
	sigset_t none = sigset_of(0);

	while (got != sig)
		sigsuspend(&none);
	got = 0;
}

static void child(int go)
{
	struct winsize ws = {30, 100, 0, 0}, now;
	sigset_t all;
	char c;

	sigemptyset(&all);
	sigaddset(&all, SIGINT);
	sigaddset(&all, SIGQUIT);
	sigaddset(&all, SIGTSTP);
	sigaddset(&all, SIGWINCH);
	SYS(sigprocmask(SIG_BLOCK, &all, NULL));
	on_signal(SIGINT, on_sig, 0);
	on_signal(SIGQUIT, on_sig, 0);
	on_signal(SIGTSTP, on_sig, 0);
	on_signal(SIGWINCH, on_sig, 0);
	SYS(setsid());
	SYS(ioctl(slave, TIOCSCTTY, 0));
	CHECK_EQ(tcgetpgrp(slave), getpid());
	CHECK_EQ(tcgetsid(slave), getpid());
	type("abc");
	SHOWN("abc");
	type("\003");
	await(SIGINT);
	SHOWN("^C");
	type("x\n");
	READS("x\n"); /* abc was flushed */
	SHOWN("x\r\n");
	type("\034");
	await(SIGQUIT);
	SHOWN("^\\");
	type("\032");
	await(SIGTSTP);
	SHOWN("^Z");
	change(0, 0, 0, 0, NOFLSH, 0);
	type("abc\003\n");
	await(SIGINT);
	READS("abc\n");
	SHOWN("abc^C\r\n");
	SYS(ioctl(master, TIOCSWINSZ, &ws));
	await(SIGWINCH);
	SYS(ioctl(slave, TIOCGWINSZ, &now));
	CHECK_EQ(now.ws_row, 30);
	CHECK_EQ(now.ws_col, 100);
	change(0, 0, 0, 0, 0, ISIG);
	type("\003\n");
	READS("\003\n");
	SYS(write(go, "g", 1));
	(void)c;
}

int main(void)
{
	struct gate g;
	pid_t pid;

	gate_init(&g);
	pty_open();
	pid = test_fork();
	if (pid == 0) {
		child(g.fd[1]);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	return 0;
}
