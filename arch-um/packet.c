/*
 * Packet links as kernel/os.h has them: opening by kind, watching, and the loss of a link, which is
 * told once and ends all traffic on it. The kinds are in tap.c and passt.c. A confined skiff cannot
 * open links any more, so one that starts anew hands them on to its next life.
 */
#include "arch-um/packet.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static struct list_head open_packets = LIST_HEAD_INIT(open_packets);
#define WAIT_MAX 16 /* links os_packet_wait looks at */

static int pcap_fd = -1;

void packet_complain(const char *spec, const char *what)
{
	fprintf(stderr, "skiff: --net %s: %s\n", spec, what);
}

static int open_kind(const char *spec, struct os_packet_info *info, struct os_packet *p)
{
	if (!strncmp(spec, "tap:", 4))
		return tap_open(spec + 4, info, p);
	if (!strncmp(spec, "fd:", 3))
		return fd_open(spec + 3, info, p);
	if (passt_ours(spec) || !strncmp(spec, "passt:", 6))
		return passt_open(spec, info, p);
	packet_complain(
		spec, "no such kind of link (auto, tap:NAME, passt, passt:SOCKET, fd:N, none)");
	return -EINVAL;
}

int os_packet_open(const char *spec, struct os_packet_info *info, struct os_packet **out)
{
	struct os_packet *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	p->fd = p->helper = -1;
	err = open_kind(spec, info, p);
	if (err < 0) {
		free(p);
		return err;
	}
	p->mtu = info->mtu;
	list_add_tail(&p->all, &open_packets);
	*out = p;
	return 0;
}

void os_packet_close(struct os_packet *p)
{
	if (p->events && !p->lost)
		os_watch_del(&p->watch);
	list_del(&p->all);
	close(p->fd);
	if (p->helper >= 0)
		close(p->helper);
	free(p->in);
	free(p->out);
	free(p);
}

static void lose(struct os_packet *p)
{
	if (p->lost)
		return;
	p->lost = true;
	os_watch_del(&p->watch);
	if (p->ops == &passt_ops)
		fputs("skiff: passt has ended: no network by it any more\n", stderr);
	p->events->lost(p->priv);
}

static void want_write(struct os_packet *p, bool on)
{
	short events = (short)((p->held ? 0 : POLLIN) | (on ? POLLOUT : 0));

	if (p->watch.events == events)
		return;
	p->watch.events = events;
	os_watch_update(&p->watch);
}

void os_packet_hold(struct os_packet *p, bool on)
{
	p->held = on;
	if (!p->lost)
		want_write(p, p->watch.events & POLLOUT);
}

static void packet_ready(struct os_watch *w, short revents)
{
	struct os_packet *p = container_of(w, struct os_packet, watch);

	if (revents & POLLOUT) {
		int err = p->ops->flush ? p->ops->flush(p) : 0;

		if (err != -EAGAIN) {
			want_write(p, false);
			p->events->writable(p->priv);
		}
	}
	if ((revents & POLLIN) && !p->held)
		p->events->readable(p->priv);
	if ((revents & (POLLERR | POLLHUP)) && !(revents & POLLIN))
		lose(p);
}

int os_packet_start(struct os_packet *p, const struct os_packet_events *ev, void *priv)
{
	p->watch.hfd = p->fd;
	p->watch.events = POLLIN;
	p->watch.ready = packet_ready;
	p->events = ev;
	p->priv = priv;
	return os_watch_add(&p->watch);
}

ssize_t os_packet_recv(struct os_packet *p, struct virtio_net_hdr *h, void *buf, size_t size)
{
	ssize_t n = p->lost ? -ENODEV : p->ops->recv(p, h, buf, size);

	if (n < 0 && n != -EAGAIN && !p->lost)
		lose(p);
	return n;
}

int os_packet_send(
	struct os_packet *p, const struct virtio_net_hdr *h, const void *frame, size_t len)
{
	int err = p->lost ? -ENODEV : p->ops->send(p, h, frame, len);

	if (err == -EAGAIN)
		want_write(p, true);
	return err;
}

bool os_packet_wait(u64 deadline_ns)
{
	struct pollfd fds[WAIT_MAX];
	struct os_packet *of[WAIT_MAX], *p;
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);
	u64 ns = deadline_ns > now ? deadline_ns - now : 0;
	struct timespec ts = {(time_t)(ns / NSEC_PER_SEC), (long)(ns % NSEC_PER_SEC)};
	nfds_t n = 0;

	list_for_each_entry (p, &open_packets, all) {
		if (p->lost || n == WAIT_MAX)
			continue;
		fds[n] = (struct pollfd){.fd = p->fd, .events = p->watch.events};
		of[n++] = p;
	}
	if (ppoll(fds, n, &ts, NULL) <= 0)
		return false;
	for (nfds_t i = 0; i < n; i++)
		if (fds[i].revents)
			packet_ready(&of[i]->watch, fds[i].revents);
	return true;
}

void packets_end(void)
{
	struct os_packet *p;

	list_for_each_entry (p, &open_packets, all)
		if (!p->lost && p->ops->end)
			p->ops->end(p);
}

/* ---- --pcap ---- */

int pcap_open(const char *path)
{
	pcap_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return pcap_fd < 0 ? -errno : 0;
}

/* A full disk ends the capture, not the machine. */
void os_pcap_write(const void *data, size_t len)
{
	const char *p = data;

	while (len && pcap_fd >= 0) {
		ssize_t n = write(pcap_fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			close(pcap_fd);
			pcap_fd = -1;
			return;
		}
		p += n;
		len -= (size_t)n;
	}
}
