/* libFuzzer target: datagrams at the UML management console, with a good header and a bad one. */
#include "kernel/init.h"
#include "tests/fuzz/input.h"
#include "tests/unit/fakehost.h"

#define machine_end ended /* would end the fuzzer */
static void ended(int status);
#include "arch-um/mconsole.c"

static void ended(int status)
{
}

/* ---- the rest of arch-um ---- */

bool isolation_confines_files(void)
{
	return false;
}

void isolation_allow(int fd, bool write)
{
}

void isolation_allow_abstract(void)
{
}

void lifecycle_stopping(void)
{
}

int lifecycle_reboot(void)
{
	return 0;
}

/* ---- the client ---- */

static size_t make_text(struct input *in, char *buf, size_t size)
{
	static const char *const words[] = {"version", "help", "halt", "reboot", "config ",
		"remove ", "sysrq ", "cad", "stop", "go", "log ", "proc ", "stack ",
		"vol=", "/a:/b", ":ro", ":", "t", "1", "../", " ", "e"};
	size_t len = 0;

	for (unsigned n = input_u8(in) % 8; n && len + 64 < size; n--) {
		u8 kind = input_u8(in);

		if (kind < 0xc0)
			len += (size_t)snprintf(
				buf + len, 64, "%s", words[kind % ARRAY_SIZE(words)]);
		else
			len += input_bytes(in, buf + len, kind & 0x3f);
	}
	return len;
}

static void send_request(struct input *in, int sock)
{
	struct request r = {.magic = MAGIC, .version = VERSION};
	u8 kind = input_u8(in);
	size_t len;

	if (kind & 1) {
		len = input_bytes(in, &r, input_u16(in) % (sizeof(r) + 1));
		r.magic = kind & 2 ? MAGIC : r.magic;
	} else {
		r.len = (u32)make_text(in, r.data, sizeof(r.data));
		len = offsetof(struct request, data) + r.len;
		r.len += (u32)(kind & 2 ? kind >> 2 : 0);
	}
	send(sock, &r, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void drain(int sock)
{
	struct reply r;

	while (recv(sock, &r, sizeof(r), MSG_DONTWAIT) > 0)
		if (r.len > sizeof(r.data) || r.data[r.len - 1])
			abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = {data, size};
	struct task *init = fake_task_create();
	int pair[2];

	init_tg = init->tg;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		abort();
	watch = (struct os_watch){.hfd = pair[0], .events = POLLIN, .ready = request_ready};
	for (unsigned i = 0; i < 32 && in.left; i++) {
		send_request(&in, pair[1]);
		request_ready(&watch, POLLIN);
		drain(pair[1]);
	}
	machine_thaw();
	close(pair[0]);
	close(pair[1]);
	fake_task_destroy(init);
	fake_fini();
	return 0;
}
