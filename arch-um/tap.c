/*
 * TAP devices, and inherited descriptors: one frame a read or write, with a virtio_net_hdr in front
 * of it where there are offloads. tun(4): Documentation/networking/tuntap.rst.
 */
#include "arch-um/packet.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* 0, or -errno: may be tried again, the frame was refused, or (-ENODEV) the device is gone. */
static int write_result(ssize_t n)
{
	if (n >= 0)
		return 0;
	switch (errno) {
	case EAGAIN:
	case ENOBUFS:
		return -EAGAIN;
	case EBADFD:
	case ENODEV:
		return -ENODEV;
	case EIO: /* the interface is down: as a cable that is not plugged in */
		return -EIO;
	default:
		return -errno;
	}
}

static ssize_t tap_recv(struct os_packet *p, struct virtio_net_hdr *h, void *buf, size_t size)
{
	struct iovec iov[2] = {{h, sizeof(*h)}, {buf, size}};
	ssize_t n = readv(p->fd, iov, 2);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? -EAGAIN : -ENODEV;
	return n < (ssize_t)sizeof(*h) ? 0 : n - (ssize_t)sizeof(*h);
}

static int tap_send(
	struct os_packet *p, const struct virtio_net_hdr *h, const void *frame, size_t len)
{
	struct iovec iov[2] = {{(void *)h, sizeof(*h)}, {(void *)frame, len}};

	return write_result(writev(p->fd, iov, 2));
}

const struct packet_ops tap_ops = {
	.recv = tap_recv,
	.send = tap_send,
};

/* ---- descriptors without vnet headers ---- */

static ssize_t dgram_recv(struct os_packet *p, struct virtio_net_hdr *h, void *buf, size_t size)
{
	ssize_t n = read(p->fd, buf, size);

	memset(h, 0, sizeof(*h));
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? -EAGAIN : -ENODEV;
	return n == 0 ? -ENODEV : n;
}

static int dgram_send(
	struct os_packet *p, const struct virtio_net_hdr *h, const void *frame, size_t len)
{
	return write_result(write(p->fd, frame, len));
}

const struct packet_ops dgram_ops = {
	.recv = dgram_recv,
	.send = dgram_send,
};

/* ---- opening ---- */

static void offloads(struct os_packet *p, struct os_packet_info *info)
{
	int size = sizeof(struct virtio_net_hdr);

	ioctl(p->fd, TUNSETVNETHDRSZ, &size);
	if (ioctl(p->fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN) == 0)
		info->flags |= OS_PACKET_VNET;
}

static u32 mtu_of(const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = {0};
	u32 mtu = 1500;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd >= 0 && ioctl(fd, SIOCGIFMTU, &ifr) == 0)
		mtu = (u32)ifr.ifr_mtu;
	if (fd >= 0)
		close(fd);
	return mtu;
}

int tap_open(const char *name, struct os_packet_info *info, struct os_packet *p)
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	char spec[64];

	snprintf(spec, sizeof(spec), "tap:%s", name);
	if (!*name || strlen(name) >= IFNAMSIZ) {
		packet_complain(spec, "a device name has 1 to 15 characters");
		return -EINVAL;
	}
	p->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (p->fd < 0) {
		int err = -errno;

		packet_complain(spec,
			err == -ENOENT ? "no /dev/net/tun here (modprobe tun, or use --net passt)"
				       : "no permission on /dev/net/tun (use --net passt)");
		return err;
	}
	strcpy(ifr.ifr_name, name);
	if (ioctl(p->fd, TUNSETIFF, &ifr) < 0) {
		int err = -errno;

		packet_complain(
			spec, err == -EBUSY ? "the device is in use by another program"
			      : err == -EPERM
				      ? "may not create or use it (as root: scripts/net-setup, or "
					"use --net passt)"
			      : err == -EINVAL ? "exists and is not a single-queue TAP device"
					       : strerror(-err));
		close(p->fd);
		return err;
	}
	offloads(p, info);
	p->ops = &tap_ops;
	info->mtu = mtu_of(name);
	info->max_mtu = 65535 - 14;
	return 0;
}

int fd_open(const char *number, struct os_packet_info *info, struct os_packet *p)
{
	char spec[64], *end;
	long n = strtol(number, &end, 10);
	struct ifreq ifr;

	snprintf(spec, sizeof(spec), "fd:%s", number);
	if (end == number || *end || n < 0 || n > INT_MAX || fcntl((int)n, F_GETFD) < 0) {
		packet_complain(spec, "not an open descriptor");
		return -EBADF;
	}
	p->fd = (int)n;
	fcntl(p->fd, F_SETFD, FD_CLOEXEC);
	fcntl(p->fd, F_SETFL, fcntl(p->fd, F_GETFL) | O_NONBLOCK);
	info->mtu = 1500;
	info->max_mtu = 65535 - 14;
	p->ops = &dgram_ops;
	memset(&ifr, 0, sizeof(ifr));
	if (ioctl(p->fd, TUNGETIFF, &ifr) == 0) {
		if (!(ifr.ifr_flags & IFF_TAP) || !(ifr.ifr_flags & IFF_NO_PI)) {
			packet_complain(
				spec, "a TUN/TAP descriptor must be of IFF_TAP | IFF_NO_PI");
			return -EINVAL;
		}
		info->mtu = mtu_of(ifr.ifr_name);
		if (ifr.ifr_flags & IFF_VNET_HDR) {
			p->ops = &tap_ops;
			offloads(p, info);
		}
	}
	return 0;
}
