/* run: guest-only */
/* While files are mapped in one thread, another looks for descriptors it did not open: none may
 * answer a guest call, before or after. */
#include "../test.h"
#include <dirent.h>
#include <sys/syscall.h>

int main(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;

	CHECK(d);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			CHECK(atoi(e->d_name) <= 2 || atoi(e->d_name) == dirfd(d));
	closedir(d);
	for (int fd = 3; fd < 4096; fd++)
		CHECK_ERR(fcntl(fd, F_GETFD), EBADF);
	return 0;
}
