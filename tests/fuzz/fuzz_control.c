/*
 * libFuzzer target: requests on a machine's control socket: messages of words, with descriptors, as
 * a client might send them that is of the same user but not skiff itself.
 */
#include "tests/fuzz/input.h"
#include "tests/unit/fakehost.h"

#define machine_end ended /* would end the fuzzer */
static void ended(int status);
#include "arch-um/control.c"
#include "arch-um/limits.c"

static void ended(int status)
{
}

/* ---- the rest of arch-um ---- */

int hub_attach(int fd)
{
	close(fd);
	return 0;
}

void hub_resize(u16 rows, u16 cols)
{
}

void lifecycle_stopping(void)
{
}

void lifecycle_limits(void)
{
}

void host_cgroup_change(const struct machine_limits *l)
{
}

void limits_answer(void (*fn)(void *arg, const char *text), void *arg)
{
	fn(arg, "mem 0 0");
}

void machine_dir_path(const struct machine_dir *d, const char *name, char *buf, size_t size)
{
	*buf = '\0';
}

/* ---- the client ---- */

/* The words of the protocol, and bytes of the input between them. */
static size_t make_message(struct input *in, char *buf, size_t size)
{
	static const char *const words[] = {"info", "tasks", "pause", "resume", "signal", "15",
		"stop", "end", "attach", "resize", "exec", "kill", "user=0:0", "user=", "cwd=/",
		"cwd=x", "tty=24x80", "tty=", "env=A=B", "env=", "arg=x", "arg=", "9", "65536",
		"-1", "=", "limits", "update", "mem", "pids", "files", "cpus", "bw", "disk", "64M",
		"0.5", "100000"};
	size_t len = 0;

	for (unsigned n = input_u8(in) % 12; n && len + 64 < size; n--) {
		u8 kind = input_u8(in);

		if (kind < 0xc0)
			len += (size_t)snprintf(
				buf + len, 64, "%s", words[kind % ARRAY_SIZE(words)]);
		if (kind >= 0x80)
			len += input_bytes(in, buf + len, input_u8(in) % 32);
		if (kind & 1)
			buf[len++] = '\0';
	}
	return len;
}

static void send_message(struct input *in, int sock)
{
	char buf[4096], control[CMSG_SPACE(8 * sizeof(int))] = {0};
	struct iovec iov = {buf, make_message(in, buf, sizeof(buf))};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	unsigned nr_fds = input_u8(in) % 5;
	struct cmsghdr *h = (struct cmsghdr *)control;

	if (nr_fds) {
		m.msg_control = control;
		m.msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
		*h = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(nr_fds * sizeof(int))};
		for (unsigned i = 0; i < nr_fds; i++)
			memcpy(CMSG_DATA(h) + i * sizeof(int), &sock, sizeof(int));
	}
	sendmsg(sock, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void drain(int sock)
{
	char buf[2048];

	while (recv(sock, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = {data, size};
	struct task *init = fake_task_create();
	struct connection *c = calloc(1, sizeof(*c));
	int pair[2];

	init_tg = init->tg;
	if (!c || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	c->watch = (struct os_watch){.hfd = pair[0], .ready = connection_ready};
	nr_connections = 1;
	for (unsigned i = 0; i < 32 && in.left && nr_connections; i++) {
		send_message(&in, pair[1]);
		connection_ready(&c->watch, POLLIN);
		if (nr_connections && c->watch.hfd < 0)
			break;
		drain(pair[1]);
	}
	machine_thaw();
	close(pair[1]);
	if (nr_connections && c->watch.hfd >= 0)
		connection_ready(&c->watch, POLLIN);
	if (nr_connections)
		connection_free(c);
	fake_task_destroy(init);
	fake_fini();
	return 0;
}
