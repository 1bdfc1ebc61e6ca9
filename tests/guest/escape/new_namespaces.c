/* run: guest-only */
/* Namespaces are the guest kernel's own affair (the host's root could make real ones): with every
 * flag, by clone, clone3, unshare and setns, the machine's other processes are as before. */
#include "../test.h"

static const unsigned long spaces[] = {CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET,
	CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP, 0x80 /* CLONE_NEWTIME */};

static void child(pid_t pid)
{
	if (pid == 0) {
		sethostname("escaped", 7);
		_exit(0);
	}
	if (pid > 0)
		test_wait(pid, __WALL);
}

int main(void)
{
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, size, tls,
			set_tid, set_tid_size, cgroup;
	} args = {.exit_signal = SIGCHLD};

	for (unsigned mask = 1; mask < 256; mask += mask % 16 ? 1 : 7) {
		unsigned long flags = 0;

		for (int i = 0; i < 8; i++)
			flags |= mask >> i & 1 ? spaces[i] : 0;
		child(syscall(SYS_clone, (flags & ~0x80ul) | SIGCHLD, 0, 0, 0, 0));
		args.flags = flags;
		child(syscall(SYS_clone3, &args, sizeof args));
		pid_t pid = test_fork();
		if (pid == 0) {
			unshare((int)flags);
			child(fork());
			_exit(0);
		}
		test_wait(pid, 0);
		CHECK(setns(-1, (int)flags) == -1);
	}
	return 0;
}
