/* What was opened of a process's memory before it executed a program shows nothing of the new one.
 */
#include "proc.h"

int main(int argc, char **argv)
{
	char path[64], buf[64];
	struct gate go, up, end;
	int environ_fd, mem_fd;
	pid_t child;

	if (argc == 3) { /* the program executed: reports, waits for the end */
		CHECK_EQ(write(atoi(argv[1]), "g", 1), 1);
		CHECK_EQ(read(atoi(argv[2]), buf, 1), 1);
		return 0;
	}
	gate_init(&go);
	gate_init(&up);
	gate_init(&end);
	child = test_fork();
	if (child == 0) {
		char a[16], b[16], *args[] = {argv[0], a, b, NULL}, *env[] = {"SECRET=1", NULL};

		gate_wait(&go);
		snprintf(a, sizeof a, "%d", up.fd[1]);
		snprintf(b, sizeof b, "%d", end.fd[0]);
		execve("/proc/self/exe", args, env);
		_exit(9);
	}
	snprintf(path, sizeof path, "/proc/%d/environ", child);
	environ_fd = SYS(open(path, O_RDONLY));
	snprintf(path, sizeof path, "/proc/%d/mem", child);
	mem_fd = SYS(open(path, O_RDWR));
	gate_open(&go);
	gate_wait(&up);
	CHECK_EQ(read(environ_fd, buf, sizeof buf), 0);
	CHECK_EQ(pread(mem_fd, buf, sizeof buf, (off_t)(uintptr_t)main), 0);
	snprintf(path, sizeof path, "/proc/%d/environ", child);
	CHECK_STR(read_file(path, NULL), "SECRET=1");
	gate_open(&end);
	CHECK_EXIT(child, 0);
	return 0;
}
