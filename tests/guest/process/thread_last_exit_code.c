/* link: pthread */
/* A raw exit of one thread ends only that thread, the leader included; the code of the last one to
 * leave is the process's status. */
#include "../test.h"
#include <pthread.h>

static struct gate go;
static pthread_t leader;

static void *last(void *arg)
{
	CHECK_EQ(pthread_join(leader, NULL), 0);
	gate_wait(&go);
	syscall(SYS_exit, 33);
	return arg;
}

int main(void)
{
	gate_init(&go);
	pid_t pid = test_fork();
	if (pid == 0) {
		pthread_t t;

		leader = pthread_self();
		CHECK_EQ(pthread_create(&t, NULL, last, NULL), 0);
		syscall(SYS_exit, 44);
	}
	CHECK_EQ(waitpid(pid, NULL, WNOHANG), 0);
	gate_open(&go);
	CHECK_EXIT(pid, 33);
	return 0;
}
