/*
 * Attacks on the stub: where it lies, and a system call made from its own page, by which guest code
 * is taken for the stub. Without a stub (on the host) stub_site() is 0.
 */
#ifndef TESTS_GUEST_ESCAPE_STUB_H
#define TESTS_GUEST_ESCAPE_STUB_H

#include "../test.h"

#define STUB_TEXT 0xc0000ul
#define STUB_TEXT_END 0xc1000ul
#define STUB_SLOT 0xd0000ul
#define STUB_SLOT_END 0xd4000ul
#define STUB_CALL 0x5c1f /* its hypercall's number */
#define LOW_END 0x100000ul

/* syscall; pop %rbx; ret */
TEST_UNUSED static unsigned long stub_site(void)
{
	const unsigned char *p = (const unsigned char *)STUB_TEXT;

	for (unsigned i = 0; i < 4092; i++)
		if (p[i] == 0x0f && p[i + 1] == 0x05 && p[i + 2] == 0x5b && p[i + 3] == 0xc3)
			return STUB_TEXT + i;
	FAIL("no syscall instruction of the known form in the stub");
}

TEST_UNUSED static long call_at(
	unsigned long site, long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("sub $128, %%rsp\n\t"
			 "lea 1f(%%rip), %%rcx\n\t"
			 "push %%rcx\n\t"
			 "push %%rbx\n\t"
			 "jmp *%[site]\n"
			 "1:\tadd $128, %%rsp"
			 : "=a"(ret), "+r"(r10), "+r"(r8), "+r"(r9)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), [site] "r"(site)
			 : "rcx", "r11", "memory", "cc");
	return ret;
}

/* Every call below is made as if by the stub. */
#define STUB(nr, a, b, c, d, e, f) \
	call_at(stub_site(), (nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* The process still gets service: calls that need the stub work. */
TEST_UNUSED static void check_served(void)
{
	int fd = SYS(open("/proc/self/exe", O_RDONLY));
	char *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	pid_t pid;

	CHECK(p != MAP_FAILED && !memcmp(p, "\177ELF", 4));
	SYS(munmap(p, 4096));
	SYS(close(fd));
	pid = test_fork();
	if (pid == 0)
		_exit(3);
	CHECK_EXIT(pid, 3);
}

#endif
