/* run: guest-only */
/* Every syscall instruction readable in the low range is jumped to with dangerous numbers: none of
 * them may reach the host; a successful return from a foreign call is a failure. */
#include "../test.h"
#include <setjmp.h>

static sigjmp_buf env;

static void on(int sig)
{
	siglongjmp(env, sig);
}

static void try(unsigned long site, long nr, long a0, long a1)
{
	__asm__ volatile(
		"mov %[site], %%r15\n\tmov %[nr], %%rax\n\tmov %[a0], %%rdi\n\tmov %[a1], %%rsi\n\t"
		"xor %%edx, %%edx\n\txor %%r10d, %%r10d\n\txor %%r8d, %%r8d\n\txor %%r9d, %%r9d\n\t"
		"jmp *%%r15"
		:
		: [site] "r"(site), [nr] "r"(nr), [a0] "r"(a0), [a1] "r"(a1)
		: "memory");
}

int main(void)
{
	static int sites;

	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	on_signal(SIGSEGV, on, 0);
	for (unsigned long page = 0xc0000; page < 0xd0000; page += 4096) {
		if (sigsetjmp(env, 1))
			continue;
		volatile unsigned char *p = (unsigned char *)page;
		for (int i = 0; i < 4095; i++) {
			if (p[i] != 0x0f || p[i + 1] != 0x05)
				continue;
			sites++;
			struct {
				long nr, a0, a1;
			} calls[] = {
				{SYS_kill, 1, SIGKILL},
				{SYS_openat, AT_FDCWD, (long)"/etc/passwd"},
				{SYS_socket, 1, 1},
				{SYS_ptrace, 16, 1},
				{SYS_execve, (long)"/bin/true", 0},
				{SYS_clone, SIGCHLD, 0},
				{SYS_prctl, 1, 0},
				{SYS_tgkill, 1, 1},
				{SYS_mmap, 0, 4096},
				{-1, -1, -1},
			};
			for (size_t c = 0; c < sizeof calls / sizeof *calls; c++) {
				pid_t pid = test_fork();

				if (pid == 0) {
					signal(SIGSEGV, SIG_DFL);
					setitimer(ITIMER_REAL,
						&(struct itimerval){{0, 0}, {0, 200000}}, NULL);
					try(page + i, calls[c].nr, calls[c].a0, calls[c].a1);
				}
				int st = test_wait(pid, 0);
				CHECK(WIFSIGNALED(st) || WIFEXITED(st));
				SYS(kill(getpid(), 0));
			}
		}
	}
	if (!sites)
		SKIP("no syscall instruction readable there");
	return 0;
}
