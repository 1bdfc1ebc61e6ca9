/* link: pthread */
/* /proc/self/task has a directory for each thread, with the thread's own name and stat. */
#include "proc.h"

#include <pthread.h>

static struct gate up, go;
static pid_t tid;

static void *thread(void *arg)
{
	tid = (pid_t)syscall(SYS_gettid);
	SYS(prctl(PR_SET_NAME, "worker"));
	gate_open(&up);
	gate_wait(&go);
	return arg;
}

int main(void)
{
	char name[16], path[64];
	const char *t;
	pthread_t th;
	int fd;

	gate_init(&up);
	gate_init(&go);
	CHECK_EQ(pthread_create(&th, NULL, thread, NULL), 0);
	gate_wait(&up);
	snprintf(name, sizeof name, "%d", tid);
	CHECK(dir_has("/proc/self/task", name));
	CHECK(!dir_has("/proc", name));
	snprintf(path, sizeof path, "/proc/self/task/%d/comm", tid);
	CHECK_STR(read_file(path, NULL), "worker\n");
	CHECK(strcmp(read_file("/proc/self/comm", NULL), "worker\n"));
	snprintf(path, sizeof path, "/proc/self/task/%d/status", tid);
	t = read_file(path, NULL);
	CHECK_EQ(atoi(need_value(t, "Pid:")), tid);
	CHECK_EQ(atoi(need_value(t, "Tgid:")), getpid());
	CHECK_EQ(atoi(need_value(t, "Threads:")), 2);
	CHECK_EQ(stat_number(read_file("/proc/self/stat", NULL), 20), 2);
	snprintf(path, sizeof path, "/proc/%d/status", tid); /* not listed, but there */
	CHECK_EQ(atoi(need_value(read_file(path, NULL), "Tgid:")), getpid());

	/* Threads of the process may be renamed by its other threads. */
	snprintf(path, sizeof path, "/proc/self/task/%d/comm", tid);
	fd = SYS(open(path, O_RDWR));
	CHECK_EQ(write(fd, "a much too long name\n", 21), 21);
	SYS(close(fd));
	CHECK_STR(read_file(path, NULL), "a much too long\n");
	gate_open(&go);
	CHECK_EQ(pthread_join(th, NULL), 0);
	return 0;
}
