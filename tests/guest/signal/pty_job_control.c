/* Job control on a pty: controlling terminal, foreground group, ^C and ^Z to the foreground only,
 * SIGTTIN for a background reader, SIGTTOU with tostop, SIGHUP at hang-up. */
#include "../test.h"
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <termios.h>

static int master;
static char slave[64];

static void open_pty(void)
{
	int zero = 0, n;

	master = SYS(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	SYS(ioctl(master, TIOCSPTLCK, &zero));
	SYS(ioctl(master, TIOCGPTN, &n));
	snprintf(slave, sizeof slave, "/dev/pts/%d", n);
}

static int lead(void)
{
	SYS(setsid());
	int tty = SYS(open(slave, O_RDWR));
	CHECK_EQ(tcgetpgrp(tty), getpgrp());
	CHECK_EQ(tcgetsid(tty), getpid());
	return tty;
}

static void foreground(int tty, pid_t pgid)
{
	signal(SIGTTOU, SIG_IGN);
	SYS(tcsetpgrp(tty, pgid));
	signal(SIGTTOU, SIG_DFL);
	CHECK_EQ(tcgetpgrp(tty), pgid);
}

static pid_t job(int tty, void (*fn)(int))
{
	pid_t pid = test_fork();

	if (pid == 0) {
		SYS(setpgid(0, 0));
		fn(tty);
		_exit(0);
	}
	setpgid(pid, pid);
	return pid;
}

static void waits(int tty)
{
	(void)tty;
	for (;;)
		pause();
}

static void reads(int tty)
{
	char c;

	CHECK_EQ(read(tty, &c, 1), 1);
	_exit(c);
}

static void writes(int tty)
{
	CHECK_EQ(write(tty, "w", 1), 1);
}

static void sets(int tty)
{
	struct termios t;

	SYS(tcgetattr(tty, &t));
	SYS(tcsetattr(tty, TCSANOW, &t));
}

static void session(void)
{
	int tty = lead(), status;
	struct termios t;
	pid_t a = job(tty, waits), b = job(tty, waits);

	foreground(tty, a);
	CHECK_EQ(write(master, "\032", 1), 1);
	status = test_wait(a, WUNTRACED);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
	SYS(kill(-a, SIGCONT));
	CHECK_EQ(write(master, "\003", 1), 1);
	CHECK_KILLED(a, SIGINT);
	CHECK_EQ(waitpid(b, NULL, WNOHANG), 0);
	foreground(tty, b);
	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	CHECK_EQ(write(master, "\034", 1), 1);
	status = test_wait(b, 0);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGQUIT);

	foreground(tty, getpgrp());
	pid_t r = job(tty, reads);
	status = test_wait(r, WUNTRACED);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN);
	foreground(tty, r);
	SYS(kill(-r, SIGCONT));
	CHECK_EQ(write(master, "Q\n", 2), 2);
	CHECK_EXIT(r, 'Q');
	foreground(tty, getpgrp());

	pid_t w = job(tty, writes);
	CHECK_EXIT(w, 0);
	SYS(tcgetattr(tty, &t));
	t.c_lflag |= TOSTOP;
	SYS(tcsetattr(tty, TCSANOW, &t));
	w = job(tty, writes);
	status = test_wait(w, WUNTRACED);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU);
	SYS(kill(w, SIGKILL));
	test_wait(w, 0);
	w = job(tty, sets);
	status = test_wait(w, WUNTRACED);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU);
	SYS(kill(w, SIGKILL));
	test_wait(w, 0);
}

static volatile sig_atomic_t got_hup;

static void on_hup(int sig)
{
	(void)sig;
	got_hup = 1;
}

static void hangs_up(int fd)
{
	char c;

	on_signal(SIGHUP, on_hup, SA_RESTART);
	int tty = lead();
	gate_open(&(struct gate){{-1, fd}});
	while (!got_hup)
		(void)!read(tty, &c, 1);
	CHECK_EQ(read(tty, &c, 1), 0);
	CHECK_ERR(write(tty, &c, 1), EIO);
	_exit(8);
}

int main(void)
{
	struct gate ready;

	open_pty();
	CHECK_CHILD(session);
	SYS(close(master));

	gate_init(&ready);
	open_pty();
	pid_t pid = test_fork();
	if (pid == 0) {
		SYS(close(master));
		hangs_up(ready.fd[1]);
	}
	gate_wait(&ready);
	SYS(close(master));
	CHECK_EXIT(pid, 8);
	return 0;
}
