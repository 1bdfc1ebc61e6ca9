/* mseal: a sealed range can be neither unmapped, moved, replaced nor protected otherwise; the rest
 * can. */
#include "../test.h"

#ifndef SYS_mseal
#define SYS_mseal 462
#endif
#define PAGE 4096

int main(void)
{
	char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	if (syscall(SYS_mseal, p + PAGE, PAGE, 0) < 0 && errno == ENOSYS)
		SKIP("no mseal");
	CHECK_ERR(munmap(p + PAGE, PAGE), EPERM);
	CHECK_ERR(munmap(p, 4 * PAGE), EPERM);
	CHECK_ERR(mprotect(p + PAGE, PAGE, PROT_READ), EPERM);
	CHECK(mremap(p + PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED && errno == EPERM);
	CHECK(mmap(p + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
			MAP_FAILED &&
		errno == EPERM);
	p[PAGE] = 1;
	SYS(mprotect(p + 2 * PAGE, PAGE, PROT_READ));
	SYS(munmap(p + 3 * PAGE, PAGE));
	CHECK_ERR(syscall(SYS_mseal, p + 1, PAGE, 0), EINVAL);
	CHECK_ERR(syscall(SYS_mseal, p, PAGE, 1), EINVAL);
	CHECK_ERR(syscall(SYS_mseal, p, 4 * PAGE, 0), ENOMEM);
	CHECK_ERR(syscall(SYS_mseal, (char *)PAGE, PAGE, 0), ENOMEM);
	CHECK_ERR(syscall(SYS_mseal, (char *)PAGE, PAGE, 1), EINVAL);
	pid_t pid = test_fork();
	if (pid == 0) { /* seals are inherited, and end with the program */
		CHECK_ERR(munmap(p + PAGE, PAGE), EPERM);
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	CHECK_EXIT(pid, 0);
	return 0;
}
