/* A system call is the guest kernel's wherever its instruction lies: stack, heap, shared and file
 * mappings, across pages, at the ends of the address space, in the vDSO. */
#include "../test.h"
#include <sys/auxv.h>
#include <sys/utsname.h>

static long call2(const void *site, long nr, long a, long b)
{
	long ret;

	__asm__ volatile("call *%[site]"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(0), [site] "r"(site)
			 : "rcx", "r11", "r8", "r9", "r10", "memory");
	return ret;
}

/* What the site answers is what the C library is told. */
static void check_site(const void *site, const char *where)
{
	struct utsname a, b;
	struct stat s, t;

	SYS(uname(&a));
	if (call2(site, SYS_uname, (long)&b, 0) != 0 || memcmp(&a, &b, sizeof a))
		FAIL("uname from %s", where);
	CHECK_EQ(call2(site, SYS_getpid, 0, 0), getpid());
	CHECK_EQ(call2(site, SYS_getppid, 0, 0), getppid());
	SYS(stat("/", &s));
	CHECK_EQ(call2(site, SYS_stat, (long)"/", (long)&t), 0);
	CHECK(s.st_ino == t.st_ino && s.st_dev == t.st_dev);
	CHECK_EQ(call2(site, SYS_brk, 0, 0), syscall(SYS_brk, 0));
	CHECK_EQ(call2(site, SYS_kill, getpid(), 0), 0);
	CHECK_EQ(call2(site, 0x40000000 + SYS_getpid, 0, 0), -ENOSYS);
	CHECK_EQ(call2(site, 5000, 0, 0), -ENOSYS);
}

static const unsigned char code[] = {0x0f, 0x05, 0xc3};

static void check_at(unsigned long addr, const char *where)
{
	unsigned long page = addr & ~4095ul;
	unsigned char *p = mmap((void *)page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (p == MAP_FAILED)
		return;
	if ((unsigned long)p == page) {
		memcpy((void *)addr, code, sizeof code);
		check_site((void *)addr, where);
	}
	SYS(munmap(p, 8192));
}

static void vdso_sites(void)
{
	const unsigned char *p = (const unsigned char *)getauxval(AT_SYSINFO_EHDR);

	if (!p)
		return;
	for (int i = 0; i < 8191; i++) {
		if (p[i] != 0x0f || p[i + 1] != 0x05)
			continue;
		for (int j = 2; j < 3; j++)
			if (p[i + j] == 0xc3) /* directly before a return */
				check_site(p + i, "the vDSO");
	}
}

int main(void)
{
	unsigned char on_stack[16];
	unsigned char *heap = malloc(16), *p;
	int fd = SYS(memfd_create("code", 0));

	SYS(mprotect(
		(void *)((unsigned long)heap & ~4095ul), 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
	memcpy(heap, code, sizeof code);
	check_site(heap, "the heap");
	SYS(mprotect((void *)((unsigned long)on_stack & ~4095ul), 4096,
		PROT_READ | PROT_WRITE | PROT_EXEC));
	memcpy(on_stack, code, sizeof code);
	check_site(on_stack, "the stack");
	SYS(ftruncate(fd, 4096));
	CHECK_EQ(pwrite(fd, code, sizeof code, 0), sizeof code);
	p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	check_site(p, "a shared mapping");
	p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	check_site(p, "a private mapping");
	p = mmap(
		NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	memcpy(p + 4095, code, sizeof code);
	check_site(p + 4095, "across two pages");
	/* Around the range where skiff has code of its own, and the last bytes that can be mapped.
	 */
	check_at(0xbfffe, "before 0xc0000");
	check_at(0xbffff, "across 0xc0000");
	check_at(0xc1000, "behind 0xc1000");
	check_at(0xffffe, "before 0x100000");
	check_at(0x100000, "0x100000");
	check_at(0x1000c0000, "0xc0000 above 4 GiB");
	check_at(0x1000000c0000, "0xc0000 far above");
	check_at(0x7fffffffd000 + 0xffd, "the top");
	vdso_sites();
	return 0;
}
