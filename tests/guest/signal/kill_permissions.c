/* run: root */
/* kill between users: same real/saved id may, others EPERM; SIGCONT within the session; root may
 * all. */
#include "../test.h"

static pid_t as_user(uid_t r, uid_t e, uid_t s, struct gate *hold)
{
	struct gate ready;

	gate_init(&ready);
	pid_t pid = test_fork();
	if (pid == 0) {
		SYS(setresuid(r, e, s));
		gate_open(&ready);
		gate_wait(hold);
		_exit(0);
	}
	gate_wait(&ready);
	SYS(close(ready.fd[0]));
	SYS(close(ready.fd[1]));
	return pid;
}

static pid_t a, b, c, root;

static void try(void)
{
	SYS(setresuid(1000, 1000, 1000));
	SYS(kill(a, 0));
	CHECK_ERR(kill(b, 0), EPERM);
	CHECK_ERR(kill(b, SIGTERM), EPERM);
	CHECK_ERR(kill(root, 0), EPERM);
	/* Target's saved id matches the sender's. */
	SYS(kill(c, 0));
	/* SIGCONT goes to anyone in the session. */
	SYS(kill(b, SIGCONT));
	SYS(setsid());
	CHECK_ERR(kill(b, SIGCONT), EPERM);
	CHECK_ERR(syscall(SYS_tgkill, b, b, 0), EPERM);
}

static void effective(void)
{
	/* The sender's effective id counts, the target's effective does not. */
	SYS(setresuid(3000, 1000, 3000));
	SYS(kill(a, 0));
	CHECK_ERR(kill(b, 0), EPERM);
}

int main(void)
{
	struct gate hold;

	gate_init(&hold);
	a = as_user(1000, 1000, 1000, &hold);
	b = as_user(2000, 2000, 2000, &hold);
	c = as_user(2000, 2000, 1000, &hold);
	root = as_user(0, 1000, 0, &hold);
	CHECK_CHILD(try);
	CHECK_CHILD(effective);
	SYS(kill(a, 0));
	SYS(kill(b, 0));
	for (int i = 0; i < 4; i++)
		gate_open(&hold);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(wait(NULL) > 0, 1);
	return 0;
}
