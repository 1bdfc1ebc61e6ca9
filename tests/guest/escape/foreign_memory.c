/* run: guest-only */
/* Writing to the stub, its slots and the kernel's view of them by files and calls that ignore
 * protections: refused; the stub is as before. */
#include "stub.h"
#include <sys/ptrace.h>
#include <sys/uio.h>

static unsigned char before[STUB_TEXT_END - STUB_TEXT];

static void check_file(const char *path)
{
	int fd = open(path, O_RDWR);
	char buf[16] = "overwritten";

	CHECK(fd >= 0);
	for (unsigned long a = STUB_TEXT; a < STUB_TEXT_END; a += 0x100)
		CHECK(pwrite(fd, buf, sizeof buf, (off_t)a) < 0);
	CHECK(pwrite(fd, buf, sizeof buf, STUB_TEXT - 8) < 0);
	SYS(close(fd));
}

static void check_tracer(void)
{
	pid_t pid = test_fork();

	if (pid == 0) {
		SYS(ptrace(PTRACE_TRACEME, 0, 0, 0));
		raise(SIGSTOP);
		check_served();
		_exit(5);
	}
	CHECK(WIFSTOPPED(test_wait(pid, 0)));
	for (unsigned long a = STUB_TEXT; a < STUB_TEXT_END; a += 0x100)
		CHECK(ptrace(PTRACE_POKETEXT, pid, a, -1l) == -1);
	CHECK(ptrace(PTRACE_POKETEXT, pid, STUB_TEXT - 4, -1l) == -1);
	int st;
	for (int sig = 0;; sig = WSTOPSIG(st)) {
		SYS(ptrace(PTRACE_CONT, pid, 0, sig));
		st = test_wait(pid, 0);
		if (!WIFSTOPPED(st))
			break;
	}
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 5);
}

/* A system call's results: written by the kernel where the guest says, as far as the guest may. */
static void check_results(void)
{
	int fd = SYS(open("/proc/self/exe", O_RDONLY));
	struct iovec local = {before, sizeof before}, remote = {(void *)STUB_TEXT, sizeof before};

	CHECK_ERR(read(fd, (void *)STUB_TEXT, 64), EFAULT);
	CHECK_ERR(process_vm_writev(getpid(), &local, 1, &remote, 1, 0), EFAULT);
	CHECK_ERR(syscall(SYS_clock_gettime, 0, STUB_TEXT), EFAULT);
	CHECK_ERR(syscall(SYS_uname, STUB_TEXT), EFAULT);
	CHECK_ERR(syscall(SYS_getcpu, STUB_TEXT, 0, 0), EFAULT);
	CHECK_ERR(syscall(SYS_mincore, STUB_SLOT, 4096, STUB_TEXT), EFAULT);
	CHECK(syscall(SYS_futex, STUB_TEXT, 5 /* WAKE_OP */, 1, 1, STUB_TEXT, 0) == -1);
	SYS(close(fd));
}

int main(void)
{
	char path[64];

	memcpy(before, (void *)STUB_TEXT, sizeof before);
	check_file("/proc/self/mem");
	check_file("/proc/thread-self/mem");
	snprintf(path, sizeof path, "/proc/self/task/%d/mem", getpid());
	check_file(path);
	check_tracer();
	check_results();
	CHECK(!memcmp(before, (void *)STUB_TEXT, sizeof before));
	check_served();
	return 0;
}
