/* Several threads on one socket: every message arrives whole and once; accept shares fairly enough.
 */
/* link: pthread */
#include "sock.h"
#include <pthread.h>

#define THREADS 4
#define EACH 500

static int sv[2], l;
static struct sockaddr_un un;
static socklen_t len;

static void *sender(void *arg)
{
	int v = (int)(intptr_t)arg * EACH;

	for (int i = 0; i < EACH; i++, v++)
		CHECK_EQ(send(sv[0], &v, sizeof v, 0), sizeof v);
	return NULL;
}

static void *receiver(void *arg)
{
	unsigned char *seen = arg;
	int v;

	while (recv(sv[1], &v, sizeof v, 0) == sizeof v) {
		if (v == -1)
			break;
		CHECK(v >= 0 && v < THREADS * EACH);
		seen[v]++;
	}
	return NULL;
}

static void *acceptor(void *arg)
{
	for (int i = 0; i < 50; i++)
		SYS(close(SYS(accept(l, NULL, NULL))));
	return NULL;
}

static void *connector(void *arg)
{
	char c;

	for (int i = 0; i < 50; i++) {
		int fd = SYS(socket(AF_UNIX, SOCK_STREAM, 0));

		SYS(connect(fd, (struct sockaddr *)&un, len));
		CHECK_EQ(read(fd, &c, 1), 0);
		SYS(close(fd));
	}
	return NULL;
}

int main(void)
{
	static unsigned char seen[THREADS][THREADS * EACH];
	pthread_t s[THREADS], r[THREADS];
	int stop = -1;

	make_pair(SOCK_SEQPACKET, sv);
	for (int i = 0; i < THREADS; i++) {
		CHECK_EQ(pthread_create(&s[i], NULL, sender, (void *)(intptr_t)i), 0);
		CHECK_EQ(pthread_create(&r[i], NULL, receiver, seen[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(s[i], NULL);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(send(sv[0], &stop, sizeof stop, 0), sizeof stop);
	for (int i = 0; i < THREADS; i++)
		pthread_join(r[i], NULL);
	for (int v = 0; v < THREADS * EACH; v++) {
		int n = 0;

		for (int i = 0; i < THREADS; i++)
			n += seen[i][v];
		CHECK_EQ(n, 1);
	}

	l = make_listener(SOCK_STREAM, "thr", 2, &un, &len);
	for (int i = 0; i < THREADS; i++) {
		CHECK_EQ(pthread_create(&s[i], NULL, acceptor, NULL), 0);
		CHECK_EQ(pthread_create(&r[i], NULL, connector, NULL), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(s[i], NULL);
		pthread_join(r[i], NULL);
	}
	return 0;
}
