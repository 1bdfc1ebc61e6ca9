/* semop: arrays are atomic, errors, waiting for more and for zero, order, counts, time-outs. */
#include "../test.h"

#include <sys/sem.h>

static int id;

static int op1(unsigned short n, short op, short flags)
{
	struct sembuf b = {n, op, flags};

	return semop(id, &b, 1);
}

static int value(int n)
{
	return SYS(semctl(id, n, GETVAL));
}

static void wait_count(int n, int cmd, int want)
{
	while (SYS(semctl(id, n, cmd)) != want)
		sched_yield();
}

static void arrays(void)
{
	struct sembuf both[] = {{0, 5, 0}, {1, -1, IPC_NOWAIT}};
	struct sembuf twice[] = {{0, 2, 0}, {0, -1, 0}, {0, -1, 0}, {0, 0, IPC_NOWAIT}};

	CHECK_ERR(semop(id, both, 2), EAGAIN);
	CHECK_EQ(value(0), 0);
	SYS(semop(id, twice, 4));
	CHECK_EQ(value(0), 0);
	CHECK_EQ(SYS(semctl(id, 0, GETPID)), getpid());
	CHECK_ERR(op1(9, 1, 0), EFBIG);
	CHECK_ERR(semop(id, both, 0), EINVAL);
	CHECK_ERR(semop(id, both, 100000), E2BIG);
	CHECK_ERR(semop(id, (void *)8, 1), EFAULT);
	CHECK_ERR(semop(id + 4321, both, 1), EINVAL);
	SYS(op1(0, 32767, 0));
	CHECK_ERR(op1(0, 1, 0), ERANGE);
	SYS(semctl(id, 0, SETVAL, 0));
	CHECK_ERR(semctl(id, 0, SETVAL, 32768), ERANGE);
	CHECK_ERR(semctl(id, 3, GETVAL), EINVAL);
}

static void all_values(void)
{
	unsigned short v[3] = {1, 2, 3}, w[3];

	SYS(semctl(id, 0, SETALL, v));
	SYS(semctl(id, 0, GETALL, w));
	CHECK(!memcmp(v, w, sizeof v));
	v[0] = v[1] = v[2] = 0;
	SYS(semctl(id, 0, SETALL, v));
}

/* Three wait in turn; each gets its share before a later one, and a big request is not overtaken
 * by its own repetition. */
static void order(void)
{
	struct gate done;
	pid_t pid[3];
	char c[3];

	gate_init(&done);
	for (int i = 0; i < 3; i++) {
		pid[i] = test_fork();
		if (pid[i] == 0) {
			char me = (char)('0' + i);

			SYS(op1(0, -1, 0));
			CHECK_EQ(write(done.fd[1], &me, 1), 1);
			SYS(op1(1, 1, 0));
			_exit(0);
		}
		wait_count(0, GETNCNT, i + 1);
	}
	for (int i = 0; i < 3; i++) {
		SYS(op1(0, 1, 0));
		SYS(op1(1, -1, 0));
		CHECK_EQ(read(done.fd[0], &c[i], 1), 1);
		CHECK_EQ(c[i], '0' + i);
	}
	for (int i = 0; i < 3; i++)
		CHECK_EXIT(pid[i], 0);
}

static void zero(void)
{
	pid_t pid;

	SYS(semctl(id, 2, SETVAL, 2));
	pid = test_fork();
	if (pid == 0) {
		SYS(op1(2, 0, 0));
		_exit(0);
	}
	wait_count(2, GETZCNT, 1);
	CHECK_EQ(SYS(semctl(id, 2, GETNCNT)), 0);
	SYS(op1(2, -1, 0));
	CHECK_EQ(SYS(semctl(id, 2, GETZCNT)), 1);
	SYS(op1(2, -1, 0));
	CHECK_EXIT(pid, 0);
	pid = test_fork(); /* SETVAL wakes too */
	if (pid == 0) {
		SYS(op1(2, -7, 0));
		_exit(0);
	}
	wait_count(2, GETNCNT, 1);
	SYS(semctl(id, 2, SETVAL, 7));
	CHECK_EXIT(pid, 0);
	CHECK_EQ(value(2), 0);
}

static void on_alarm(int sig)
{
}

static void ends(void)
{
	struct timespec ts = {0, 20 * 1000 * 1000}, bad = {0, 1000000000};
	struct sembuf b = {0, -1, 0};
	struct gate back;
	pid_t pid;

	gate_init(&back);
	CHECK_ERR(semtimedop(id, &b, 1, &ts), EAGAIN);
	CHECK_ERR(semtimedop(id, &b, 1, &bad), EINVAL);
	CHECK_EQ(SYS(semctl(id, 0, GETNCNT)), 0);
	on_signal(SIGUSR1, on_alarm, SA_RESTART);
	pid = test_fork();
	if (pid == 0) {
		CHECK_ERR(op1(0, -1, 0), EINTR); /* never restarted */
		gate_open(&back);
		CHECK_ERR(op1(0, -1, 0), EIDRM);
		_exit(0);
	}
	wait_count(0, GETNCNT, 1);
	SYS(kill(pid, SIGUSR1));
	gate_wait(&back);
	wait_count(0, GETNCNT, 1);
	SYS(semctl(id, 0, IPC_RMID));
	CHECK_EXIT(pid, 0);
	CHECK_ERR(op1(0, 1, 0), EINVAL);
}

int main(void)
{
	struct semid_ds ds;
	key_t key = 0x5c1e0000 | (getpid() & 0xffff);

	id = SYS(semget(key, 3, IPC_CREAT | 0600));
	CHECK_EQ(semget(key, 2, 0600), id);
	CHECK_ERR(semget(key, 4, 0600), EINVAL);
	CHECK_ERR(semget(IPC_PRIVATE, 0, 0600), EINVAL);
	CHECK_ERR(semget(IPC_PRIVATE, -1, 0600), EINVAL);
	SYS(semctl(id, 0, IPC_STAT, &ds));
	CHECK_EQ(ds.sem_nsems, 3);
	CHECK_EQ(ds.sem_otime, 0);
	arrays();
	SYS(semctl(id, 0, IPC_STAT, &ds));
	CHECK(ds.sem_otime != 0);
	all_values();
	order();
	zero();
	ends();
	return 0;
}
