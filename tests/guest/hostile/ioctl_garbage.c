/* Every ioctl number family on every kind of descriptor, with good and bad arguments: errors only.
 */
#include "../test.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int main(void)
{
	int p[2], sv[2], kinds[8], n = 0;
	static char buf[4096];

	SYS(pipe(p));
	SYS(socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
	kinds[n++] = p[0];
	kinds[n++] = sv[0];
	kinds[n++] = SYS(memfd_create("x", 0));
	kinds[n++] = SYS(epoll_create1(0));
	kinds[n++] = SYS(eventfd(0, 0));
	kinds[n++] = SYS(open("/", O_RDONLY));
	kinds[n++] = SYS(open("/dev/null", O_RDWR));
	for (int i = 0; i < n; i++) {
		for (unsigned nr = 0; nr < 0x80; nr++) {
			syscall(SYS_ioctl, kinds[i], 0xffff0000u | nr, buf);
			syscall(SYS_ioctl, kinds[i], 0x7a00u | nr, buf);
			syscall(SYS_ioctl, kinds[i], 0x7a00u | nr, -1ul);
		}
		unsigned long numbers[] = {TCGETS, TIOCGWINSZ, 0xdead00};
		for (int j = 0; j < 3; j++) {
			CHECK_EQ(ioctl(kinds[i], numbers[j], buf), -1);
			/* epoll says EINVAL since it has a call of its own. */
			CHECK(errno == ENOTTY || (errno == EINVAL && i == 3));
		}
	}
	CHECK_ERR(ioctl(9999, TCGETS, buf), EBADF);
	return 0;
}
