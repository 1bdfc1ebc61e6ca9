/* A stopped process group that becomes orphaned gets SIGHUP then SIGCONT; stop signals from the
 * terminal are dropped in an orphaned group, SIGSTOP is not. */
#include "../test.h"
#include <sys/prctl.h>

static int out[2];

static void tell(int sig)
{
	char c = sig == SIGHUP ? 'H' : 'C';

	CHECK_EQ(write(out[1], &c, 1), 1);
}

int main(void)
{
	char buf[2];
	pid_t orphan;

	SYS(prctl(PR_SET_CHILD_SUBREAPER, 1));
	SYS(pipe(out));
	pid_t leader = test_fork();
	if (leader == 0) {
		SYS(setsid());
		orphan = test_fork();
		if (orphan == 0) {
			sigset_t none;

			SYS(setpgid(0, 0));
			on_signal(SIGHUP, tell, 0);
			on_signal(SIGCONT, tell, 0);
			sigemptyset(&none);
			SYS(raise(SIGSTOP));
			/* Both ran on the way back. Now in an orphaned group: */
			SYS(raise(SIGTSTP));
			_exit(31);
		}
		int status = test_wait(orphan, WUNTRACED);
		CHECK(WIFSTOPPED(status));
		CHECK_EQ(write(out[1], &orphan, sizeof orphan), sizeof orphan);
		_exit(0);
	}
	CHECK_EQ(read(out[0], &orphan, sizeof orphan), sizeof orphan);
	CHECK_EXIT(leader, 0);
	CHECK_EXIT(orphan, 31);
	CHECK_EQ(read(out[0], buf, 2), 2);
	CHECK((buf[0] == 'H' && buf[1] == 'C') || (buf[0] == 'C' && buf[1] == 'H'));
	return 0;
}
