/* Thousands of connections at once, each with a byte both ways; then all of them closed. */
#include "inet.h"

#define NR 2000

int main(void)
{
	static int c[NR], s[NR];
	struct rlimit rl = {2 * NR + 100, 2 * NR + 100}, old;
	struct addr a;
	int l;

	SYS(getrlimit(RLIMIT_NOFILE, &old));
	if (old.rlim_max < rl.rlim_max)
		SKIP("descriptor limit too low");
	rl.rlim_max = old.rlim_max;
	SYS(setrlimit(RLIMIT_NOFILE, &rl));
	l = listener(AF_INET, 128, &a);
	for (int i = 0; i < NR; i++) {
		c[i] = connected(&a);
		s[i] = SYS(accept(l, NULL, NULL));
	}
	for (int i = 0; i < NR; i++)
		CHECK_EQ(write(c[i], &(char){(char)i}, 1), 1);
	for (int i = NR - 1; i >= 0; i--) {
		char b;

		CHECK_EQ(read(s[i], &b, 1), 1);
		CHECK_EQ(b, (char)i);
		CHECK_EQ(write(s[i], "y", 1), 1);
	}
	for (int i = 0; i < NR; i++) {
		char b;

		CHECK_EQ(read(c[i], &b, 1), 1);
		SYS(close(c[i]));
		CHECK_EQ(read(s[i], &b, 1), 0);
		SYS(close(s[i]));
	}
	SYS(close(l));
	return 0;
}
