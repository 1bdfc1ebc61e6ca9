/*
 * passt, passt(1): Ethernet frames with a 32-bit length in front of each over a UNIX stream socket.
 * It gives an ordinary user connections to the outside by sockets of its own. We start it over a
 * socket pair, or connect to one that runs. A frame is sent whole or kept (its rest goes first).
 *
 * A link "auto" costs a machine that never uses it next to nothing: a child sleeps at the other end
 * of the socket pair and becomes passt when the first frame arrives. It is made before skiff is
 * confined, which may start nothing later. Multicasts, such as a network stack sends by itself when
 * it begins, do not wake it: they would go nowhere. On a host with IPv6 alone it does not sleep:
 * the machine has no address to send anything from before a router, passt, has advertised one.
 */
#include "arch-um/packet.h"

#include "skas/spawn.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define IN_SIZE (256u * 1024)
#define FRAME_MAX 65550u
#define PASST_MTU 65520u
#define FORWARDS_MAX 64

static char *forwards[FORWARDS_MAX * 2]; /* "-t", "HOST:GUEST", ... */
static unsigned nr_forwards;

/* ---- frames ---- */

/* Reads what there is. 0; -EAGAIN: nothing new; -ENODEV: the end. */
static int fill(struct os_packet *p)
{
	ssize_t n;

	if (p->in_at) {
		memmove(p->in, p->in + p->in_at, p->in_len - p->in_at);
		p->in_len -= p->in_at;
		p->in_at = 0;
	}
	n = recv(p->fd, p->in + p->in_len, IN_SIZE - p->in_len, MSG_DONTWAIT);
	if (n > 0) {
		p->in_len += (size_t)n;
		return 0;
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? -EAGAIN : -ENODEV;
}

/* The length of the frame at in_at if it is there as a whole, 0 if not yet, -ENODEV for nonsense.
 */
static ssize_t whole_frame(const struct os_packet *p)
{
	size_t have = p->in_len - p->in_at;
	u32 len;

	if (have < sizeof(len))
		return 0;
	memcpy(&len, p->in + p->in_at, sizeof(len));
	len = ntohl(len);
	if (!len || len > FRAME_MAX)
		return -ENODEV;
	return have - sizeof(len) >= len ? (ssize_t)len : 0;
}

static ssize_t passt_recv(struct os_packet *p, struct virtio_net_hdr *h, void *buf, size_t size)
{
	ssize_t n;
	int err;

	memset(h, 0, sizeof(*h));
	while ((n = whole_frame(p)) == 0) {
		err = fill(p);
		if (err < 0)
			return err;
	}
	if (n < 0)
		return n;
	p->heard = true;
	memcpy(buf, p->in + p->in_at + sizeof(u32), MIN((size_t)n, size));
	p->in_at += sizeof(u32) + (size_t)n;
	return (ssize_t)MIN((size_t)n, size);
}

static int passt_flush(struct os_packet *p)
{
	ssize_t n;

	while (p->out_at < p->out_len) {
		n = send(p->fd, p->out + p->out_at, p->out_len - p->out_at,
			MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? -EAGAIN : -ENODEV;
		p->out_at += (size_t)n;
	}
	p->out_at = p->out_len = 0;
	return 0;
}

static bool wakes(const u8 *frame, size_t len)
{
	static const u8 broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	return len >= 6 && (!(frame[0] & 1) || !memcmp(frame, broadcast, 6));
}

static int passt_send(
	struct os_packet *p, const struct virtio_net_hdr *h, const void *frame, size_t len)
{
	u32 prefix = htonl((u32)len);
	struct iovec iov[2] = {{&prefix, sizeof(prefix)}, {(void *)frame, len}};
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = 2};
	size_t total = len + sizeof(prefix);
	ssize_t n;

	if (len > FRAME_MAX)
		return -EMSGSIZE;
	if (p->asleep && !wakes(frame, len))
		return 0;
	if (p->out_len && passt_flush(p) < 0)
		return -EAGAIN;
	n = sendmsg(p->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? -EAGAIN : -ENODEV;
	if (p->asleep) {
		p->asleep = false;
		p->events->awake(p->priv);
	}
	if ((size_t)n == total)
		return 0;
	memcpy(p->out, &prefix, sizeof(prefix));
	memcpy(p->out + sizeof(prefix), frame, len);
	p->out_at = (size_t)n;
	p->out_len = total;
	p->watch.events |= POLLOUT;
	os_watch_update(&p->watch);
	return 0;
}

/* Whether passt has read all there is for it. */
static bool drained(struct os_packet *p)
{
	int queued = 0;

	return passt_flush(p) != -EAGAIN && (ioctl(p->fd, SIOCOUTQ, &queued) < 0 || !queued);
}

/*
 * passt ends as soon as its socket is closed and forgets what it has not read, so it is to read all
 * first. What it has read it forwards before it looks at the socket again. One that has not spoken
 * yet had nothing to forward: nobody knew of a neighbour to send to.
 */
static void passt_end(struct os_packet *p)
{
	struct pollfd helper = {.fd = p->helper, .events = POLLIN};
	static const struct timespec nap = {.tv_nsec = 200 * NSEC_PER_USEC};
	u64 until = os_clock_ns(OS_CLOCK_MONOTONIC) + END_MAX_MS * NSEC_PER_MSEC;

	if (!p->heard)
		return;
	while (!drained(p) && os_clock_ns(OS_CLOCK_MONOTONIC) < until)
		nanosleep(&nap, NULL);
	shutdown(p->fd, SHUT_RDWR);
	if (p->helper >= 0)
		poll(&helper, 1, END_MAX_MS);
}

const struct packet_ops passt_ops = {
	.recv = passt_recv,
	.send = passt_send,
	.flush = passt_flush,
	.end = passt_end,
};

/* ---- opening ---- */

int passt_forward(const char *spec)
{
	char *copy = strdup(spec), *slash, *end, *at;
	bool udp = false;

	if (!copy || nr_forwards + 2 > FORWARDS_MAX * 2)
		return -EINVAL;
	slash = strchr(copy, '/');
	if (slash) {
		*slash = '\0';
		udp = !strcmp(slash + 1, "udp");
		if (!udp && strcmp(slash + 1, "tcp"))
			goto bad;
	}
	for (at = copy; at; at = *end ? end + 1 : NULL) {
		unsigned long port = strtoul(at, &end, 10);

		if (end == at || !port || port > 65535 || (*end && (*end != ':' || at != copy)))
			goto bad;
	}
	forwards[nr_forwards++] = udp ? "-u" : "-t";
	forwards[nr_forwards++] = copy;
	return 0;
bad:
	free(copy);
	return -EINVAL;
}

bool passt_has_forwards(void)
{
	return nr_forwards > 0;
}

bool passt_ours(const char *spec)
{
	return !strcmp(spec, "passt") || !strcmp(spec, "auto");
}

/* Whether the host has a way to an address out there: nothing is sent. */
static bool leads_out(int family, const void *sa, socklen_t len)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool yes = fd >= 0 && connect(fd, sa, len) == 0;

	if (fd >= 0)
		close(fd);
	return yes;
}

bool passt_ipv6_only(void)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(9)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(9)};

	v4.sin_addr.s_addr = htonl(0xc0000201);		   /* 192.0.2.1 */
	inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr); /* both of documentation */
	return !leads_out(AF_INET, &v4, sizeof(v4)) && leads_out(AF_INET6, &v6, sizeof(v6));
}

bool passt_installed(void)
{
	const char *path = getenv("PATH");
	char file[4096];

	for (const char *at = path ? path : "/usr/bin:/bin"; *at;) {
		size_t n = strcspn(at, ":");

		snprintf(file, sizeof(file), "%.*s/passt", (int)MIN(n, 4000ul), at);
		if (access(file, X_OK) == 0)
			return true;
		at += n + (at[n] == ':');
	}
	return false;
}

/* Everything but the socket is given up at once: who reads skiff's output is to see its end. */
static void become_child(int *fd, pid_t parent)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	spawn_die_with(parent);
	setsid();
	for (int i = 0; i < 3; i++)
		dup2(null, i);
	dup2(*fd, 3);
	*fd = 3;
	close_range(4, ~0u, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, "passt");
}

/* Whether there is a first frame; else skiff has closed its end. */
static bool await_frame(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char byte;

	while (poll(&p, 1, -1) < 0)
		;
	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

static void exec_passt(int fd, bool automatic)
{
	static char *const fixed[] = {"passt", "-f", "-q", "-1", "-a", "10.0.2.15", "-n", "24",
		"-g", "10.0.2.2", "--dns-forward", "10.0.2.3", "--dns-forward", PASST_DNS6, "-m",
		"65520", "-F"};
	char number[16], *argv[FORWARDS_MAX * 2 + 24];
	unsigned n = 0;

	for (; n < ARRAY_SIZE(fixed); n++)
		argv[n] = fixed[n];
	snprintf(number, sizeof(number), "%d", fd);
	argv[n++] = number;
	if (automatic)
		argv[n++] = "--no-map-gw"; /* nobody asked for the host's own loopback */
	for (unsigned i = 0; i < nr_forwards; i++)
		argv[n++] = forwards[i];
	argv[n] = NULL;
	execvp("passt", argv);
	_exit(127);
}

static int start(struct os_packet *p, bool automatic)
{
	pid_t pid, parent = getpid();
	int pair[2];

	if (!passt_installed()) {
		packet_complain("passt", "passt is not installed (apt-get install passt, or use "
					 "--net none)");
		return -ENOENT;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	p->asleep = automatic && !nr_forwards && !passt_ipv6_only();
	pid = fork();
	if (pid == 0) {
		become_child(&pair[1], parent);
		if (p->asleep && !await_frame(pair[1]))
			_exit(0);
		exec_passt(pair[1], automatic);
	}
	close(pair[1]);
	p->fd = pair[0];
	if (pid < 0) {
		close(pair[0]);
		return -EAGAIN;
	}
	p->helper = (int)syscall(SYS_pidfd_open, pid, 0);
	return 0;
}

static int connect_to(struct os_packet *p, const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	char spec[160];

	snprintf(spec, sizeof(spec), "passt:%.150s", path);
	if (!*path || strlen(path) >= sizeof(un.sun_path)) {
		packet_complain(spec, "not the name of a socket");
		return -EINVAL;
	}
	strcpy(un.sun_path, path);
	p->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->fd >= 0 && connect(p->fd, (const struct sockaddr *)&un, sizeof(un)) == 0)
		return 0;
	packet_complain(spec, "nobody listens there (start: passt -f -s SOCKET)");
	if (p->fd >= 0)
		close(p->fd);
	return -ECONNREFUSED;
}

int passt_open(const char *which, struct os_packet_info *info, struct os_packet *p)
{
	int err = !strncmp(which, "passt:", 6) ? connect_to(p, which + 6)
					       : start(p, !strcmp(which, "auto"));
	int size = 1 << 20;

	if (err < 0)
		return err;
	p->in = malloc(IN_SIZE);
	p->out = malloc(FRAME_MAX + sizeof(u32));
	if (!p->in || !p->out) {
		free(p->in);
		free(p->out);
		return -ENOMEM;
	}
	setsockopt(p->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	p->ops = &passt_ops;
	info->mtu = info->max_mtu = PASST_MTU;
	info->flags |= OS_PACKET_BARE_RST;
	if (p->asleep)
		info->flags |= OS_PACKET_ASLEEP;
	return 0;
}
