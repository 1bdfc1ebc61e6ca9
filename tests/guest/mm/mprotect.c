/* mprotect: a handler opens pages on demand; read-only, none, exec; splitting; EACCES on a
 * read-only shared file; errors. */
#include "../test.h"

static char *area;
static volatile int faults;

static void on(int sig, siginfo_t *si, void *uc)
{
	(void)sig, (void)uc;
	CHECK_EQ(si->si_code, SEGV_ACCERR);
	CHECK((char *)si->si_addr >= area && (char *)si->si_addr < area + 64 * 4096);
	faults++;
	SYS(mprotect((void *)((uintptr_t)si->si_addr & ~4095ul), 4096, PROT_READ | PROT_WRITE));
}

int main(void)
{
	area = mmap(NULL, 64 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(area != MAP_FAILED);
	on_siginfo(SIGSEGV, on, 0);
	for (int i = 0; i < 64; i++)
		area[i * 4096 + i] = (char)i;
	CHECK_EQ(faults, 64);
	SYS(mprotect(area, 64 * 4096, PROT_READ));
	for (int i = 0; i < 64; i++)
		CHECK_EQ(area[i * 4096 + i], i);
	CHECK_EQ(faults, 64);
	for (int i = 0; i < 64; i += 2)
		area[i * 4096] = 1;
	CHECK_EQ(faults, 96);

	/* xor eax, eax; mov al, 42; ret */
	unsigned char code[] = {0x31, 0xc0, 0xb0, 0x2a, 0xc3};
	SYS(mprotect(area, 4096, PROT_READ | PROT_WRITE));
	memcpy(area, code, sizeof code);
	SYS(mprotect(area, 4096, PROT_READ | PROT_EXEC));
	CHECK_EQ(((int (*)(void))area)(), 42);

	char path[] = "/tmp/gtest-mprot-XXXXXX";
	int fd = SYS(mkstemp(path)), ro = SYS(open(path, O_RDONLY));
	SYS(unlink(path));
	SYS(ftruncate(fd, 4096));
	char *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, ro, 0);
	CHECK(p != MAP_FAILED);
	CHECK_ERR(mprotect(p, 4096, PROT_READ | PROT_WRITE), EACCES);
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	SYS(mprotect(p, 4096, PROT_READ | PROT_WRITE));
	*p = 1;
	CHECK_ERR(mprotect(area + 1, 4096, PROT_READ), EINVAL);
	CHECK_ERR(mprotect((void *)0x7ffff0000000000, 4096, PROT_READ), ENOMEM);
	CHECK_ERR(mprotect(area, 4096, 0x40000000), EINVAL);
	return 0;
}
