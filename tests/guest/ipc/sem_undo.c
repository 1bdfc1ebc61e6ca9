/* SEM_UNDO: what a process has done to semaphores is undone when it ends; SETVAL forgets it. */
#include "../test.h"

#include <sys/sem.h>

static int id;

static int op1(unsigned short n, short op, short flags)
{
	struct sembuf b = {n, op, flags};

	return semop(id, &b, 1);
}

static void take_two(void)
{
	SYS(op1(0, -2, SEM_UNDO));
	SYS(op1(1, 4, SEM_UNDO));
	SYS(op1(0, -1, 0));
}

static void take_and_exec(void)
{
	SYS(op1(0, -1, SEM_UNDO));
	execl("/bin/sh", "sh", "-c", "exit 0", NULL);
	_exit(9);
}

static void take_and_die(void)
{
	SYS(op1(0, -1, SEM_UNDO));
	raise(SIGKILL);
}

int main(void)
{
	unsigned short v[2] = {5, 0};
	struct gate taken, go;
	pid_t pid;

	id = SYS(semget(IPC_PRIVATE, 2, 0600));
	SYS(semctl(id, 0, SETALL, v));
	CHECK_CHILD(take_two);
	CHECK_EQ(SYS(semctl(id, 0, GETVAL)), 4);
	CHECK_EQ(SYS(semctl(id, 1, GETVAL)), 0);
	CHECK_CHILD(take_and_exec);
	CHECK_EQ(SYS(semctl(id, 0, GETVAL)), 4);
	CHECK_CHILD_KILLED(take_and_die, SIGKILL);
	CHECK_EQ(SYS(semctl(id, 0, GETVAL)), 4);

	gate_init(&taken);
	gate_init(&go);
	pid = test_fork();
	if (pid == 0) {
		SYS(op1(0, -4, SEM_UNDO));
		gate_open(&taken);
		gate_wait(&go);
		_exit(0);
	}
	gate_wait(&taken);
	CHECK_ERR(op1(0, -1, IPC_NOWAIT), EAGAIN);
	gate_open(&go);
	SYS(op1(0, -4, 0)); /* woken by the undo */
	CHECK_EXIT(pid, 0);

	pid = test_fork();
	if (pid == 0) {
		SYS(op1(0, 3, SEM_UNDO));
		gate_open(&taken);
		gate_wait(&go);
		_exit(0);
	}
	gate_wait(&taken);
	SYS(semctl(id, 0, SETVAL, 1));
	gate_open(&go);
	CHECK_EXIT(pid, 0);
	CHECK_EQ(SYS(semctl(id, 0, GETVAL)), 1);
	SYS(op1(0, -1, 0));
	SYS(op1(0, 32767, 0));
	CHECK_ERR(op1(0, 1, SEM_UNDO), ERANGE);
	SYS(semctl(id, 0, IPC_RMID));
	return 0;
}
