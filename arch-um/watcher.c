/*
 * The watcher's signals and its child (watcher.h). All signals that it passes on are blocked but
 * where it waits for them; so is SIGCHLD.
 */
#include "arch-um/watcher.h"

#include "kernel/os.h"
#include "skas/spawn.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const int passed_on[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1};
static sigset_t waited, before;
static bool told;

void watcher_init(void)
{
	sigemptyset(&waited);
	sigaddset(&waited, SIGCHLD);
	for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++)
		sigaddset(&waited, passed_on[i]);
	sigprocmask(SIG_BLOCK, &waited, &before);
}

pid_t watcher_fork(void)
{
	pid_t self = getpid(), pid = fork();

	if (pid < 0)
		return -errno;
	if (pid > 0) {
		prctl(PR_SET_NAME, "skiff-watcher");
		return pid;
	}
	spawn_die_with(self);
	prctl(PR_SET_NAME, "skiff");
	sigprocmask(SIG_SETMASK, &before, NULL);
	return 0;
}

static void note(int sig)
{
	if (sig > 0 && sig != SIGCHLD && sig != SIGUSR1)
		told = true;
}

int watcher_await(pid_t child)
{
	int status;

	while (waitpid(child, &status, WNOHANG) != child) {
		int sig = sigwaitinfo(&waited, NULL);

		note(sig);
		if (sig > 0 && sig != SIGCHLD)
			kill(child, sig);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool watcher_pause(u64 ms)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC), end = now + ms * NSEC_PER_MSEC;

	for (; !told && now < end; now = os_clock_ns(OS_CLOCK_MONOTONIC)) {
		struct timespec left = {
			(time_t)((end - now) / NSEC_PER_SEC), (long)((end - now) % NSEC_PER_SEC)};

		note(sigtimedwait(&waited, NULL, &left));
	}
	return !told;
}

bool watcher_told(void)
{
	return told;
}
