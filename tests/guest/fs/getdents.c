/* Reading directories: everything once, positions that stay true while entries come and go. */
#include "tests/guest/test.h"
#include <dirent.h>

#define N 300

static void name_of(char *buf, int i)
{
	sprintf(buf, "d/entry-with-a-name-%d", i);
}

int main(void)
{
	char buf[64];
	bool seen[N] = {false};
	int fd, nr = 0;
	struct dirent *e;
	DIR *d;

	SYS(mkdir("d", 0755));
	for (int i = 0; i < N; i++) {
		name_of(buf, i);
		SYS(close(SYS(open(buf, O_CREAT | O_WRONLY, 0644))));
	}
	d = opendir("d");
	CHECK(d);
	while ((e = readdir(d))) {
		int i;

		CHECK(e->d_type == DT_REG || e->d_type == DT_DIR || e->d_type == DT_UNKNOWN);
		if (sscanf(e->d_name, "entry-with-a-name-%d", &i) == 1) {
			CHECK(i >= 0 && i < N && !seen[i]);
			seen[i] = true;
			name_of(buf, i); /* removing what was read disturbs nobody */
			SYS(unlink(buf));
		}
		nr++;
	}
	CHECK_EQ(nr, N + 2);
	rewinddir(d);
	for (nr = 0; (e = readdir(d)); nr++)
		CHECK(e->d_name[0] == '.');
	CHECK_EQ(nr, 2);

	/* seekdir goes back to where telldir was */
	for (int i = 0; i < 10; i++) {
		name_of(buf, i);
		SYS(close(SYS(open(buf, O_CREAT | O_WRONLY, 0644))));
	}
	rewinddir(d);
	for (int i = 0; i < 5; i++)
		CHECK(readdir(d));
	long pos = telldir(d);
	e = readdir(d);
	CHECK(e);
	strcpy(buf, e->d_name);
	while (readdir(d))
		;
	seekdir(d, pos);
	e = readdir(d);
	CHECK(e);
	CHECK_STR(e->d_name, buf);
	closedir(d);

	fd = SYS(open("d", O_RDONLY | O_DIRECTORY));
	CHECK_ERR(syscall(SYS_getdents64, fd, buf, 4), EINVAL);
	CHECK_ERR(read(fd, buf, 4), EISDIR);
	CHECK_ERR(syscall(SYS_getdents64, 99, buf, sizeof(buf)), EBADF);
	CHECK_ERR(syscall(SYS_getdents64, SYS(open("d/entry-with-a-name-1", O_RDONLY)), buf,
			  sizeof(buf)),
		ENOTDIR);
	return 0;
}
