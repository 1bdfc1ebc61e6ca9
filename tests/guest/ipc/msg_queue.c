/* Message queues: types, sizes, room, direct hand-over, removal, signals. */
#include "../test.h"

#include <sys/msg.h>

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

static int id;

struct m {
	long type;
	char text[64];
};

static void send_it(long type, const char *text)
{
	struct m m = {.type = type};

	strcpy(m.text, text);
	SYS(msgsnd(id, &m, strlen(text) + 1, 0));
}

static void expect(long type, int flags, long got, const char *text)
{
	struct m m;

	CHECK_EQ(SYS(msgrcv(id, &m, sizeof m.text, type, flags)), strlen(text) + 1);
	CHECK_EQ(m.type, got);
	CHECK_STR(m.text, text);
}

static void types(void)
{
	struct m m;

	send_it(3, "three");
	send_it(1, "one");
	send_it(2, "two");
	send_it(1, "uno");
	expect(2, 0, 2, "two");
	expect(-3, 0, 1, "one");
	expect(1, MSG_EXCEPT, 3, "three");
	expect(0, 0, 1, "uno");
	CHECK_ERR(msgrcv(id, &m, 64, 0, IPC_NOWAIT), ENOMSG);
	send_it(5, "five");
	CHECK_ERR(msgrcv(id, &m, 64, 4, IPC_NOWAIT), ENOMSG);
	CHECK_ERR(msgrcv(id, &m, 2, 0, 0), E2BIG);
	if (msgrcv(id, &m, 64, 0, MSG_COPY | IPC_NOWAIT) >= 0 || errno != ENOSYS) {
		CHECK_ERR(msgrcv(id, &m, 64, 1, MSG_COPY | IPC_NOWAIT), ENOMSG);
		CHECK_ERR(msgrcv(id, &m, 64, 0, MSG_COPY), EINVAL);
	}
	CHECK_EQ(SYS(msgrcv(id, &m, 2, 0, MSG_NOERROR)), 2);
	CHECK(!memcmp(m.text, "fi", 2));
	m.type = 0;
	CHECK_ERR(msgsnd(id, &m, 1, 0), EINVAL);
	m.type = 1;
	CHECK_ERR(msgsnd(id, &m, 1 << 20, 0), EINVAL);
	CHECK_ERR(msgsnd(id, (void *)8, 1, 0), EFAULT);
	CHECK_ERR(msgsnd(id + 5555, &m, 1, 0), EINVAL);
}

static void on_usr1(int sig)
{
}

static void full(void)
{
	struct msqid_ds ds;
	struct m m = {.type = 1};
	pid_t pid;

	SYS(msgctl(id, IPC_STAT, &ds));
	CHECK_EQ(ds.msg_qnum, 0);
	ds.msg_qbytes = 100;
	SYS(msgctl(id, IPC_SET, &ds));
	SYS(msgsnd(id, &m, 60, 0));
	CHECK_ERR(msgsnd(id, &m, 60, IPC_NOWAIT), EAGAIN);
	pid = test_fork();
	if (pid == 0) {
		m.type = 9;
		SYS(msgsnd(id, &m, 60, 0));
		_exit(0);
	}
	SYS(msgrcv(id, &m, 64, 1, 0));
	SYS(msgrcv(id, &m, 64, 9, 0));
	CHECK_EXIT(pid, 0);
	SYS(msgctl(id, IPC_STAT, &ds));
	CHECK_EQ(ds.msg_qnum, 0);
	CHECK_EQ(ds.msg_lspid, pid);
	CHECK_EQ(ds.msg_lrpid, getpid());
}

/* The state letter of a process, from its stat. */
static void wait_sleeping(pid_t pid)
{
	char path[64], buf[512], *p;

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	do {
		int fd = SYS(open(path, O_RDONLY));
		ssize_t n = SYS(read(fd, buf, sizeof buf - 1));

		buf[n] = 0;
		close(fd);
		p = strrchr(buf, ')');
		sched_yield();
	} while (p[2] != 'S');
}

static void removal(void)
{
	struct gate ready;
	pid_t pid;

	gate_init(&ready);
	on_signal(SIGUSR1, on_usr1, 0);
	pid = test_fork();
	if (pid == 0) {
		struct m m;

		gate_open(&ready);
		CHECK_ERR(msgrcv(id, &m, 64, 0, 0), EINTR);
		gate_open(&ready);
		CHECK_ERR(msgrcv(id, &m, 64, 0, 0), EIDRM);
		_exit(0);
	}
	gate_wait(&ready);
	wait_sleeping(pid);
	SYS(kill(pid, SIGUSR1));
	gate_wait(&ready);
	wait_sleeping(pid);
	SYS(msgctl(id, IPC_RMID, NULL));
	CHECK_EXIT(pid, 0);
}

int main(void)
{
	key_t key = 0x5c1d0000 | (getpid() & 0xffff);

	CHECK_ERR(msgget(key, 0600), ENOENT);
	id = SYS(msgget(key, IPC_CREAT | 0600));
	CHECK_EQ(msgget(key, 0600), id);
	types();
	full();
	removal();
	return 0;
}
