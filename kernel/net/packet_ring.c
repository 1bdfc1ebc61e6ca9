/*
 * PACKET_RX_RING in the format of TPACKET_V2: frames in memory the program maps. The ring is a
 * memfd; we write to it with ordinary writes, a frame's status last. Versions 1 and 3 and sending
 * rings are refused, which libpcap knows how to take. packet(7), Linux
 * Documentation/networking/packet_mmap.rst.
 */
#include "kernel/charge.h"
#include "kernel/net/packet.h"
#include "kernel/os.h"

#define RING_MAX (256u << 20)
#define LINK_HEADER_ROOM 16u

struct packet_ring {
	struct mem_file file;
	int hfd;
	u32 block_size, frame_size, nr_frames, per_block;
	u32 head; /* the next frame to fill */
};

int packet_ring_header_len(int version)
{
	return version == TPACKET_V2 ? (int)sizeof(struct tpacket2_hdr) : -EINVAL;
}

static int check(const struct packet_sock *ps, const struct tpacket_req *r)
{
	u32 least = TPACKET2_HDRLEN + ps->reserve;

	if (ps->version != TPACKET_V2)
		return -EINVAL;
	if (!r->tp_block_size || r->tp_block_size & (PAGE_SIZE - 1) || r->tp_frame_size < least ||
		r->tp_frame_size & (TPACKET_ALIGNMENT - 1) || r->tp_frame_size > r->tp_block_size)
		return -EINVAL;
	if ((u64)r->tp_block_size * r->tp_block_nr > RING_MAX)
		return -ENOMEM;
	if ((u64)(r->tp_block_size / r->tp_frame_size) * r->tp_block_nr != r->tp_frame_nr)
		return -EINVAL;
	return 0;
}

void packet_ring_free(struct packet_sock *ps)
{
	if (!ps->ring)
		return;
	mem_file_del(&ps->ring->file);
	os_close(ps->ring->hfd);
	free(ps->ring);
	ps->ring = NULL;
}

int packet_ring_set(struct packet_sock *ps, const struct tpacket_req *r)
{
	struct packet_ring *ring;
	int err = r->tp_block_nr ? check(ps, r) : r->tp_frame_nr ? -EINVAL : 0;

	if (err < 0)
		return err;
	if (!r->tp_block_nr) {
		packet_ring_free(ps);
		return 0;
	}
	if (ps->ring)
		return -EBUSY;
	ring = calloc(1, sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	ring->hfd = os_memfd("packet");
	err = ring->hfd < 0 ? ring->hfd
			    : os_ftruncate(ring->hfd, (u64)r->tp_block_size * r->tp_block_nr);
	if (err < 0) {
		if (ring->hfd >= 0)
			os_close(ring->hfd);
		free(ring);
		return err;
	}
	list_init(&ring->file.link);
	mem_file_add(&ring->file, ring->hfd);
	ring->block_size = r->tp_block_size;
	ring->frame_size = r->tp_frame_size;
	ring->nr_frames = r->tp_frame_nr;
	ring->per_block = r->tp_block_size / r->tp_frame_size;
	ps->ring = ring;
	return 0;
}

int packet_ring_hfd(const struct packet_sock *ps, bool shared_write)
{
	return ps->ring ? os_reopen(ps->ring->hfd, shared_write ? O_RDWR : O_RDONLY) : -EINVAL;
}

static u64 frame_pos(const struct packet_ring *ring, u32 i)
{
	return (u64)(i / ring->per_block) * ring->block_size +
	       (u64)(i % ring->per_block) * ring->frame_size;
}

static u32 frame_status(const struct packet_ring *ring, u32 i)
{
	u32 status = 0;

	return os_pread(ring->hfd, &status, sizeof(status), frame_pos(ring, i)) == sizeof(status)
		       ? status
		       : TP_STATUS_USER;
}

bool packet_ring_readable(const struct packet_sock *ps)
{
	const struct packet_ring *ring = ps->ring;

	return frame_status(ring, (ring->head ? ring->head : ring->nr_frames) - 1) !=
	       TP_STATUS_KERNEL;
}

bool packet_ring_put(struct packet_sock *ps, const struct packet_info *info, const u8 *data)
{
	struct packet_ring *ring = ps->ring;
	u32 net, mac, room, status = info->status;
	u64 pos = frame_pos(ring, ring->head);
	struct {
		struct tpacket2_hdr h;
		struct sockaddr_ll from;
	} head = {.from = info->from};

	static_assert(sizeof(head) == TPACKET2_HDRLEN, "the address follows the header");
	if (frame_status(ring, ring->head) != TP_STATUS_KERNEL)
		return false;
	net = TPACKET_ALIGN(TPACKET2_HDRLEN + MAX((u32)info->mac_len, LINK_HEADER_ROOM)) +
	      ps->reserve;
	mac = net - info->mac_len;
	room = ring->frame_size > mac ? ring->frame_size - mac : 0;
	head.h.tp_len = info->len;
	head.h.tp_snaplen = MIN(info->snaplen, room);
	head.h.tp_mac = (u16)mac;
	head.h.tp_net = (u16)net;
	head.h.tp_sec = (u32)(info->tstamp_ns / NSEC_PER_SEC);
	head.h.tp_nsec = (u32)(info->tstamp_ns % NSEC_PER_SEC);
	if (os_pwrite(ring->hfd, &head, sizeof(head), pos) < 0 ||
		os_pwrite(ring->hfd, data, head.h.tp_snaplen, pos + mac) < 0 ||
		os_pwrite(ring->hfd, &status, sizeof(status), pos) < 0)
		return false;
	ring->head = (ring->head + 1) % ring->nr_frames;
	return true;
}
