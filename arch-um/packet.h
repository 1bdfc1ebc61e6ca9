/* Packet links: what a kind of link (tap.c, passt.c) gives to packet.c. */
#ifndef SKIFF_ARCH_UM_PACKET_H
#define SKIFF_ARCH_UM_PACKET_H

#include "kernel/lib/list.h"
#include "kernel/os.h"

struct virtio_net_hdr;

struct os_packet {
	const struct packet_ops *ops;
	int fd;
	struct os_watch watch;
	const struct os_packet_events *events;
	void *priv; /* for events */
	bool lost, held;
	u32 mtu;	      /* when it was opened */
	struct list_head all; /* open_packets */
	/* stream framing, passt.c */
	u8 *in;
	size_t in_at, in_len;
	u8 *out; /* the unsent rest of a frame */
	size_t out_at, out_len;
	int helper;  /* pidfd of the passt we started, else -1 */
	bool asleep; /* "auto": passt begins with the first frame */
	bool heard;  /* it has sent a frame: it is up, and may have been given some to forward */
};

struct packet_ops {
	ssize_t (*recv)(struct os_packet *p, struct virtio_net_hdr *h, void *buf, size_t size);
	int (*send)(
		struct os_packet *p, const struct virtio_net_hdr *h, const void *frame, size_t len);
	/* The rest of what was sent: 0, -EAGAIN, -errno. NULL: nothing is ever kept. */
	int (*flush)(struct os_packet *p);
	/* The machine ends: what was sent shall arrive, within END_MAX_MS. NULL: it has. */
	void (*end)(struct os_packet *p);
};

#define END_MAX_MS 1000

extern const struct packet_ops tap_ops, passt_ops, dgram_ops;

/* Of tap: and fd:, what follows the colon in the spec. All: one line on stderr on failure. */
int tap_open(const char *name, struct os_packet_info *info, struct os_packet *p);
int fd_open(const char *number, struct os_packet_info *info, struct os_packet *p);
/* The whole spec: "passt", "passt:SOCKET", "auto". */
int passt_open(const char *which, struct os_packet_info *info, struct os_packet *p);
bool passt_installed(void);
bool passt_ours(const char *spec);   /* a passt that skiff starts: "passt", "auto" */
int passt_forward(const char *spec); /* -p HOST:GUEST[/udp], before passt_open; -EINVAL */
bool passt_has_forwards(void);
bool passt_ipv6_only(void);	    /* the host leads out by IPv6 alone, and so does the link */
#define PASST_DNS6 "fd00:10:0:2::3" /* where the guest asks for names over IPv6 */
void packets_end(void);		    /* before the process exits */
int pcap_open(const char *path);    /* -errno */
void packet_complain(const char *spec, const char *what); /* "skiff: --net SPEC: WHAT" */

#endif
