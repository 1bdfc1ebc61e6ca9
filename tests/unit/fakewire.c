/* The scripted wire: see fakewire.h. */
#include "tests/unit/fakewire.h"

#include "kernel/os.h"

#include <linux/virtio_net.h>
#include <stdio.h>

struct os_packet {
	const struct os_packet_events *ev;
	void *priv;
	struct frame *in, *out;
};

struct frame {
	struct frame *next;
	size_t len;
	u8 bytes[];
};

static struct os_packet *wire;
u32 fake_wire_flags;
void (*fake_wire_wait)(void);

static void put(struct frame **queue, const void *p, size_t len)
{
	struct frame *f = malloc(sizeof(*f) + len);

	if (!f)
		abort();
	f->next = NULL;
	f->len = len;
	memcpy(f->bytes, p, len);
	while (*queue)
		queue = &(*queue)->next;
	*queue = f;
}

static ssize_t take(struct frame **queue, void *buf, size_t size)
{
	struct frame *f = *queue;
	ssize_t n;

	if (!f)
		return -EAGAIN;
	*queue = f->next;
	n = (ssize_t)MIN(f->len, size);
	memcpy(buf, f->bytes, (size_t)n);
	free(f);
	return n;
}

void os_packet_hold(struct os_packet *p, bool on)
{
}

int os_packet_open(const char *spec, struct os_packet_info *info, struct os_packet **out)
{
	static const u8 mac[6] = FAKE_MAC;

	if (strcmp(spec, "fake"))
		return -ENODEV;
	info->mtu = 1500;
	info->max_mtu = 65520;
	info->flags = fake_wire_flags;
	memcpy(info->mac, mac, 6);
	wire = *out = calloc(1, sizeof(*wire));
	return wire ? 0 : -ENOMEM;
}

void os_packet_close(struct os_packet *p)
{
	u8 buf[1];

	while (take(&p->in, buf, 1) >= 0 || take(&p->out, buf, 1) >= 0)
		;
	free(p);
	if (p == wire)
		wire = NULL;
}

int os_packet_start(struct os_packet *p, const struct os_packet_events *ev, void *priv)
{
	p->ev = ev;
	p->priv = priv;
	return 0;
}

ssize_t os_packet_recv(struct os_packet *p, struct virtio_net_hdr *h, void *buf, size_t size)
{
	memset(h, 0, sizeof(*h));
	return take(&p->in, buf, size);
}

int os_packet_send(
	struct os_packet *p, const struct virtio_net_hdr *h, const void *frame, size_t len)
{
	put(&p->out, frame, len);
	return 0;
}

bool os_packet_wait(u64 deadline_ns)
{
	void (*happens)(void) = fake_wire_wait;

	fake_wire_wait = NULL;
	if (happens)
		happens();
	else
		fake_clock_ns = MAX(fake_clock_ns, deadline_ns);
	return happens != NULL;
}

void (*fake_pcap)(const void *data, size_t len);

void os_pcap_write(const void *data, size_t len)
{
	if (fake_pcap)
		fake_pcap(data, len);
}

void fake_wire_in(const void *frame, size_t len)
{
	put(&wire->in, frame, len);
	wire->ev->readable(wire->priv);
	fake_run_all();
}

ssize_t fake_wire_out(void *buf, size_t size)
{
	return take(&wire->out, buf, size);
}
