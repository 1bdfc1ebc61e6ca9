/* run: guest-only */
/* run: fast-path */
/* A program that has made many calls damages the pages its calls go through in every way: only the
 * child that does it may suffer. Nor are those pages to be seen in its maps. */
#include "../test.h"
#include <setjmp.h>

#define DOORS 0x050b0000ul
#define CODE 0x050f0000ul
#define END 0x050f6000ul
#define PAGE 4096ul

static void hot(void)
{
	for (int i = 0; i < 400; i++)
		syscall(SYS_getppid);
}

static void unmap_doors(void)
{
	munmap((void *)DOORS, CODE - DOORS);
	hot();
}

static void unmap_code(void)
{
	munmap((void *)CODE, END - CODE);
	hot();
}

static void protect_doors(void)
{
	mprotect((void *)DOORS, CODE - DOORS, PROT_NONE);
	hot();
}

static void replace_doors(void)
{
	mmap((void *)DOORS, CODE - DOORS, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	hot();
}

static void punch_doors(void)
{
	for (int i = 0; i < 100; i++) {
		madvise((void *)DOORS, CODE - DOORS, MADV_REMOVE);
		madvise((void *)DOORS, CODE - DOORS, MADV_DONTNEED);
		hot();
	}
}

static void copy_doors(void)
{
	syscall(SYS_mremap, DOORS, 0, PAGE, MREMAP_MAYMOVE);
	syscall(SYS_mremap, DOORS, CODE - DOORS, 64 * (CODE - DOORS), MREMAP_MAYMOVE);
	hot();
}

/* The child gets what only the parent was to have. */
static void inherit_doors(void)
{
	madvise((void *)DOORS, CODE - DOORS, MADV_DOFORK);
	for (int i = 0; i < 10; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			for (unsigned long a = DOORS; a < CODE; a += PAGE)
				*(volatile unsigned *)a = (unsigned)i;
			hot();
			_exit(0);
		}
		hot();
		waitpid(pid, NULL, 0);
	}
}

static void overwrite(unsigned long value)
{
	for (unsigned long a = DOORS; a < DOORS + 2 * PAGE; a += 8) {
		*(volatile unsigned long *)a = value;
		syscall(SYS_getppid);
	}
	hot();
}

static void overwrite_zero(void)
{
	overwrite(0);
}

static void overwrite_ones(void)
{
	overwrite(-1ul);
}

/* Calls that nobody waits for, forged in the page: the state word first, then number and
 * arguments. */
static void forge(void)
{
	static const long calls[] = {SYS_getppid, SYS_read, SYS_exit, SYS_exit_group, SYS_execve,
		SYS_clone, SYS_rt_sigreturn, SYS_munmap, SYS_kill, SYS_pause, 0x5c1f, 0x5c20, -1};

	for (unsigned state = 0; state < 7; state++)
		for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
			pid_t pid = test_fork();

			if (pid) {
				int st = test_wait(pid, 0);

				CHECK(WIFEXITED(st) || WIFSIGNALED(st));
				continue;
			}
			hot();
			for (int turn = 0; turn < 10; turn++) {
				volatile unsigned long *door = (unsigned long *)DOORS;

				door[1] = (unsigned long)calls[i];
				*(volatile unsigned *)door = state;
				for (int k = 0; k < 100; k++)
					__asm__ volatile("pause");
				syscall(SYS_getppid);
			}
			_exit(0);
		}
}

static void jump_anywhere(void)
{
	for (unsigned long to = CODE; to < CODE + 0x200; to += 7) {
		pid_t pid = test_fork();

		if (pid == 0) {
			setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 200000}}, NULL);
			hot();
			__asm__ volatile("mov %0, %%r15; xor %%ecx, %%ecx; xor %%r11d, %%r11d;"
					 "mov $39, %%eax; jmp *%%r15"
					 :
					 : "r"(to)
					 : "memory");
		}
		int st = test_wait(pid, 0);
		CHECK(WIFEXITED(st) || WIFSIGNALED(st));
	}
}

/* Killed at any moment, most likely while a call is under way. */
static void killed(void)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = test_fork();

		if (pid == 0)
			for (;;)
				hot();
		for (int k = 0; k < i * 120; k++)
			syscall(SYS_getppid);
		SYS(kill(pid, SIGKILL));
		CHECK_KILLED(pid, SIGKILL);
	}
}

static void check_maps(void)
{
	unsigned long start, end;
	char line[512];
	FILE *f = fopen("/proc/self/maps", "r");

	CHECK(f);
	while (fgets(line, sizeof(line), f)) {
		CHECK_EQ(sscanf(line, "%lx-%lx", &start, &end), 2);
		CHECK(end <= DOORS || start >= END);
	}
	fclose(f);
}

int main(void)
{
	void (*damages[])(void) = {unmap_doors, unmap_code, protect_doors, replace_doors,
		punch_doors, copy_doors, inherit_doors, overwrite_zero, overwrite_ones};

	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	hot();
	check_maps();
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		pid_t pid = test_fork();

		if (pid == 0) {
			setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {1, 0}}, NULL);
			hot();
			damages[i]();
			_exit(0);
		}
		int st = test_wait(pid, 0);
		CHECK(WIFEXITED(st) || WIFSIGNALED(st));
		hot();
	}
	forge();
	jump_anywhere();
	killed();
	CHECK_CHILD(hot);
	return 0;
}
