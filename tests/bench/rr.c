/*
 * TCP request-response over the loopback: rr N forks a server, sends one byte and awaits one, N
 * times, and prints the nanoseconds a round trip took.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int quick(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static void serve(int listener, int client)
{
	int fd;
	char c;

	close(client); /* else it would never see the end */
	fd = quick(accept(listener, NULL, NULL));

	while (read(fd, &c, 1) == 1)
		if (write(fd, &c, 1) != 1)
			break;
	_exit(0);
}

static long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

int main(int argc, char **argv)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);
	int n = argc > 1 ? atoi(argv[1]) : 10000;
	long long start;
	char c = 'x';

	if (bind(listener, (struct sockaddr *)&a, len) < 0 || listen(listener, 1) < 0 ||
		getsockname(listener, (struct sockaddr *)&a, &len) < 0)
		die("listen");
	if (fork() == 0)
		serve(listener, fd);
	if (connect(quick(fd), (struct sockaddr *)&a, len) < 0)
		die("connect");
	start = now_ns();
	for (int i = 0; i < n; i++)
		if (write(fd, &c, 1) != 1 || read(fd, &c, 1) != 1)
			die("round trip");
	printf("%lld\n", (now_ns() - start) / n);
	return 0;
}
