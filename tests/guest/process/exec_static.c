/* link: static */
/* A static program: TLS, IRELATIVE relocations (string functions), malloc, stdio, re-exec of
 * itself. */
#include "../test.h"

static __thread int tls_data = 31;
static __thread int tls_bss;

int main(int argc, char **argv)
{
	char *p = malloc(3 << 20), text[64];

	(void)argv;
	CHECK(p);
	memset(p, 0x5a, 3 << 20);
	CHECK_EQ(p[(3 << 20) - 1], 0x5a);
	CHECK_EQ(tls_data, 31);
	CHECK_EQ(tls_bss, 0);
	snprintf(text, sizeof text, "%d %s %.2f", 42, "str", 1.5);
	CHECK_STR(text, "42 str 1.50");
	if (argc > 1)
		return 7;
	pid_t pid = test_fork();
	if (pid == 0) {
		execl("/proc/self/exe", "x", "y", (char *)NULL);
		_exit(1);
	}
	CHECK_EXIT(pid, 7);
	return 0;
}
