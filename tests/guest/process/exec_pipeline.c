/* posix_spawn, system and popen: libc's own users of vfork-like clone and exec. */
#include "../test.h"
#include <spawn.h>

extern char **environ;

int main(void)
{
	pid_t pid;
	char buf[64] = {0};
	char *argv[] = {"sh", "-c", "echo spawned >&5; exit 3", NULL};
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	int fd[2];

	SYS(pipe2(fd, O_CLOEXEC));
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, fd[1], 5);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
	CHECK_EQ(posix_spawn(&pid, "/bin/sh", &fa, &attr, argv, environ), 0);
	SYS(close(fd[1]));
	CHECK_EQ(read(fd[0], buf, sizeof buf), 8);
	CHECK_STR(buf, "spawned\n");
	CHECK_EXIT(pid, 3);
	CHECK_EQ(posix_spawn(&pid, "/nonexistent", NULL, NULL, argv, environ), ENOENT);
	CHECK_ERR(wait(NULL), ECHILD);

	CHECK_EQ(system("exit 9"), 9 << 8);
	FILE *f = popen("echo one | tr a-z A-Z", "r");
	CHECK(f && fgets(buf, sizeof buf, f));
	CHECK_STR(buf, "ONE\n");
	CHECK_EQ(pclose(f), 0);
	return 0;
}
