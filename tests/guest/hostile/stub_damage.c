/* run: guest-only */
/* Unmapping, protecting, replacing or moving the runner's pages harms only the child that does it.
 */
#include "../test.h"

static void unmap(void)
{
	munmap((void *)0xc0000, 0x10000);
	getppid();
	brk(0);
	_exit(0);
}

static void protect(void)
{
	mprotect((void *)0xc0000, 0x1000, PROT_NONE);
	mprotect((void *)0xc0000, 0x10000, PROT_NONE);
	sbrk(4096);
	_exit(0);
}

static void replace(void)
{
	mmap((void *)0xc0000, 0x10000, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	memset((void *)0xc0000, 0xcc, 0x1000);
	sbrk(4096);
	_exit(0);
}

static void move(void)
{
	syscall(SYS_mremap, 0xc0000, 0x1000, 0x1000, MREMAP_MAYMOVE | MREMAP_FIXED, 0x7e0000000000);
	sbrk(4096);
	_exit(0);
}

static void unmap_all(void)
{
	/* Everything but this code's own page and the stack. */
	syscall(SYS_munmap, 0x10000, ((unsigned long)unmap_all & ~0xffffful) - 0x10000);
	syscall(SYS_getppid);
	syscall(SYS_brk, 0);
	syscall(SYS_exit_group, 0);
}

static void drop(void)
{
	madvise((void *)0xc0000, 0x10000, MADV_DONTNEED);
	sbrk(4096);
	_exit(0);
}

static void write_over(void)
{
	mprotect((void *)0xc0000, 0x8000, PROT_READ | PROT_WRITE | PROT_EXEC);
	signal(SIGSEGV, SIG_IGN);
	for (unsigned long a = 0xc0000; a < 0xc4000; a += 8)
		*(volatile unsigned long *)a = 0xcccccccccccccccc;
	sbrk(4096);
	_exit(0);
}

int main(void)
{
	void (*kinds[])(void) = {unmap, protect, replace, move, unmap_all, drop, write_over};

	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		int st = test_in_child(kinds[i]);
		CHECK(WIFEXITED(st) || WIFSIGNALED(st));
		pid_t pid = test_fork();
		if (pid == 0)
			_exit(3);
		CHECK_EXIT(pid, 3);
	}
	return 0;
}
