/* cmdline and environ are the process's own memory: as exec made it, and as it is changed. */
#include "proc.h"

int main(int argc, char **argv)
{
	static const char want[] = "prog\0one two\0\0last";
	size_t len;
	char *t;

	if (argc != 4) {
		char *args[] = {"prog", "one two", "", "last", NULL};
		char *env[] = {"A=1", "LONG=x y", NULL};

		(void)argv;
		SYS(execve("/proc/self/exe", args, env));
	}
	t = read_file("/proc/self/cmdline", &len);
	CHECK_EQ(len, sizeof want);
	CHECK(!memcmp(t, want, sizeof want));
	t = read_file("/proc/self/environ", &len);
	CHECK_EQ(len, 13);
	CHECK(!memcmp(t, "A=1\0LONG=x y", 13));

	/* A shorter title in place; then one that runs over the end of the arguments. */
	memcpy(argv[0], "PROG", 4);
	t = read_file("/proc/self/cmdline", &len);
	CHECK_EQ(len, sizeof want);
	CHECK(!memcmp(t, "PROG\0one two", 12));
	memset(argv[0], 'z', sizeof want + 2);
	t = read_file("/proc/self/cmdline", &len);
	CHECK_EQ(len, sizeof want + 4);
	CHECK(t[0] == 'z' && t[sizeof want + 1] == 'z');
	return 0;
}
