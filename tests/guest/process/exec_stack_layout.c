/* link: static */
/* The initial stack as the ABI draws it: strings contiguous, argc aligned to 16, memory below
 * usable. */
#include "../test.h"

extern char **environ;

int main(int argc, char **argv)
{
	char *end = argv[0];
	char **env = argv + argc + 1;

	CHECK_EQ((uintptr_t)(argv - 1) % 16, 0);
	CHECK_EQ((int)*(long *)(argv - 1), argc);
	CHECK(argv[argc] == NULL);
	CHECK(env == environ);
	for (int i = 0; i < argc; i++) {
		CHECK(argv[i] == end);
		end = argv[i] + strlen(argv[i]) + 1;
	}
	for (int i = 0; env[i]; i++) {
		CHECK(env[i] == end);
		end = env[i] + strlen(env[i]) + 1;
	}
	return 0;
}
