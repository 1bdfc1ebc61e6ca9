/* F_CREATED_QUERY tells whether this open made the file; sync_file_range knows its files. */
#include "../test.h"

#ifndef F_CREATED_QUERY
#define F_CREATED_QUERY 1028
#endif

int main(void)
{
	char path[128];
	int fd, p[2];

	snprintf(path, sizeof path, "%s/f", test_tmpdir());
	fd = SYS(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	SYS(pipe(p));
	CHECK_ERR(sync_file_range(p[1], 0, 1, SYNC_FILE_RANGE_WRITE), ESPIPE);
	SYS(sync_file_range(fd, 0, 1, SYNC_FILE_RANGE_WRITE));
	if (fcntl(fd, F_CREATED_QUERY, 0) < 0 && errno == EINVAL)
		SKIP("this kernel has no F_CREATED_QUERY");
	CHECK_EQ(fcntl(fd, F_CREATED_QUERY, 0), 1);
	SYS(close(fd));
	fd = SYS(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	CHECK_EQ(fcntl(fd, F_CREATED_QUERY, 0), 0);
	SYS(unlink(path));
	return 0;
}
