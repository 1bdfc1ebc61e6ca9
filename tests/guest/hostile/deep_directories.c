/* A tree deeper than PATH_MAX built with relative steps: getcwd fails or tells the truth, ".."
 * works. */
#include "../test.h"

#define DEPTH 300

int main(void)
{
	char dir[64], name[101], cwd[4096];

	strcpy(dir, test_tmpdir());
	SYS(chdir(dir));
	memset(name, 'd', 100);
	name[100] = 0;
	for (int i = 0; i < DEPTH; i++) {
		SYS(mkdir(name, 0700));
		SYS(chdir(name));
	}
	CHECK_EQ(syscall(SYS_getcwd, cwd, sizeof cwd), -1);
	CHECK(errno == ERANGE || errno == ENAMETOOLONG);
	for (int i = 0; i < DEPTH; i++) {
		SYS(chdir(".."));
		SYS(rmdir(name));
	}
	CHECK(getcwd(cwd, sizeof cwd));
	CHECK_STR(cwd, dir);
	SYS(chdir("/"));
	SYS(rmdir(dir));
	return 0;
}
