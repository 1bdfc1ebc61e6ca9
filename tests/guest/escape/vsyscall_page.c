/* The vsyscall page: its three calls give what the real ones give or the child dies; anything else
 * in it, or a pointer of the kernel's, is death. */
#include "../test.h"

typedef long (*fn)(void *, void *, void *);

static long offset;
static void *arg0, *arg1;

static void enter(void)
{
	((fn)(0xffffffffff600000 + offset))(arg0, arg1, NULL);
}

int main(void)
{
	struct timeval tv;

	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	for (offset = 0; offset < 4096; offset += offset % 0x400 ? 0x3fd : 3) {
		arg0 = NULL;
		arg1 = NULL;
		int st = test_in_child(enter);
		CHECK(st == 0 || WIFSIGNALED(st));
		if (offset % 0x400)
			CHECK(WIFSIGNALED(st));
		arg0 = (void *)0xffffffff81000000;
		st = test_in_child(enter);
		CHECK(st == 0 || WIFSIGNALED(st));
	}
	SYS(gettimeofday(&tv, NULL));
	return 0;
}
