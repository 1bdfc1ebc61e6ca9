/*
 * The machine's first host process: a child that shares skiff's memory and descriptors until it
 * execs the stub, so that what its filter gives it (a listener) appears in skiff's table. It leaves
 * all privilege behind; every guest process descends from it.
 */
#include "skas/spawn.h"

#include "skas/stub/stub_abi.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct spawn {
	struct spawn_options o;
	pid_t parent;
	volatile int go;     /* the child may begin; a futex word */
	volatile int report; /* 0 until known, else result + 1 or -errno; a futex word */
};

static void tell(volatile int *word, int value)
{
	*word = value;
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void await(volatile int *word)
{
	while (*word == 0)
		syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

void spawn_die_with(pid_t parent)
{
	syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (syscall(SYS_getppid) != parent)
		syscall(SYS_exit_group, 1);
}

void spawn_drop_privilege(void)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {{0}};

	/* Nor by exec as root, which would also reset the personality. */
	syscall(SYS_prctl, PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0);
	syscall(SYS_capset, &h, d);
}

static int spawn_child(void *arg)
{
	struct spawn *s = arg;
	u64 none = 0;
	int ret;

	/* Plain system calls only: errno and libc state are shared with the parent. */
	spawn_die_with(s->parent);
	await(&s->go);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
	syscall(SYS_setsid);
	spawn_drop_privilege();
	if (syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		goto fail;
	ret = s->o.install(s->o.filter);
	if (ret < 0)
		goto fail;
	tell(&s->report, ret + 1);
	s->o.first_exec(s->o.stub_fd);
fail:
	tell(&s->report, -errno);
	syscall(SYS_exit, 1);
	return 1;
}

/* The page of the stub in our own address space, for the one exec that must come from it. */
static int map_stub(int stub_fd)
{
	void *p = mmap((void *)STUB_BASE, STUB_END - STUB_BASE, PROT_READ | PROT_EXEC,
		MAP_PRIVATE | MAP_FIXED_NOREPLACE, stub_fd, 0x1000);

	return p == (void *)STUB_BASE ? 0 : p == MAP_FAILED ? -errno : -EEXIST;
}

pid_t spawn_first(const struct spawn_options *o, int *result)
{
	static char stack[16384] __attribute__((aligned(16)));
	static struct spawn s;
	int err = map_stub(o->stub_fd);
	pid_t pid;

	if (err < 0)
		return err;
	s = (struct spawn){.o = *o, .parent = getpid()}; /* outlives us, as the child does */
	/* Untraced: a debugger of skiff would take its breakpoints out of the memory we share. */
	pid = clone(spawn_child, stack + sizeof(stack),
		CLONE_VM | CLONE_FILES | CLONE_UNTRACED | SIGCHLD, &s);
	if (pid < 0)
		err = -errno;
	else if (o->attach)
		err = o->attach(pid);
	if (err == 0) {
		tell(&s.go, 1);
		await(&s.report);
		err = MIN(s.report, 0);
	}
	if (err < 0) {
		if (pid > 0) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, __WALL);
		}
		munmap((void *)STUB_BASE, STUB_END - STUB_BASE);
		return err;
	}
	*result = s.report - 1;
	return pid;
}
