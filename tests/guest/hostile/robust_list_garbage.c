/* A robust list that is a loop, points nowhere or into kernel space must not hold up the exit. */
#include "../test.h"
#include <linux/futex.h>

static struct robust_list_head head;
static struct robust_list a, b;

static void loop(void)
{
	a.next = &b;
	b.next = &a;
	head.list.next = &a;
	head.futex_offset = 8;
	SYS(syscall(SYS_set_robust_list, &head, sizeof head));
}

static void nowhere(void)
{
	head.list.next = (void *)0xffff888000000000;
	SYS(syscall(SYS_set_robust_list, &head, sizeof head));
}

static void bad_head(void)
{
	SYS(syscall(SYS_set_robust_list, 8, sizeof head));
}

static void bad_clear_tid(void)
{
	SYS(syscall(SYS_set_tid_address, 0xffff888000000000));
}

int main(void)
{
	CHECK_CHILD(loop);
	CHECK_CHILD(nowhere);
	CHECK_CHILD(bad_head);
	CHECK_CHILD(bad_clear_tid);
	return 0;
}
