/* sched_getaffinity and sched_setaffinity: nobody has a negative id. */
#include "../test.h"

int main(void)
{
	cpu_set_t set;

	SYS(sched_getaffinity(0, sizeof set, &set));
	CHECK_ERR(sched_getaffinity(-1, sizeof set, &set), ESRCH);
	CHECK_ERR(sched_setaffinity(-1, sizeof set, &set), ESRCH);
	CHECK_ERR(sched_getaffinity(0, 1, &set), EINVAL);
	SYS(sched_setaffinity(0, sizeof set, &set));
	return 0;
}
