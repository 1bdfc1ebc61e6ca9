/* mlock and friends: within the limit they work, beyond it an unprivileged user gets an error. */
#include "../test.h"

static void limited(void)
{
	char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	SYS(setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){16384, 16384}));
	if (getuid() == 0)
		SYS(setresuid(65534, 65534, 65534));
	SYS(mlock(p, 8192));
	CHECK_ERR(mlock(p, 1 << 20), ENOMEM);
	SYS(munlock(p, 8192));
	SYS(munlockall());
	CHECK_ERR(mlockall(0), EINVAL);
	CHECK_ERR(mlock2(p, 4096, 0x100), EINVAL);
}

int main(void)
{
	CHECK_CHILD(limited);
	return 0;
}
