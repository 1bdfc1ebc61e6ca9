/* The configuration ioctls of sockets: lo as they show it, their errors and permissions. */
#include "nl.h"

#include <linux/route.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>

static struct ifreq named(const char *name)
{
	struct ifreq r;

	memset(&r, 0, sizeof(r));
	strcpy(r.ifr_name, name);
	return r;
}

static uint32_t in_addr_of(const struct ifreq *r)
{
	return ntohl(((const struct sockaddr_in *)&r->ifr_addr)->sin_addr.s_addr);
}

static void check_show(int fd)
{
	struct ifreq r = named("lo"), all[64];
	struct ifconf ifc = {.ifc_len = sizeof(all), .ifc_req = all};
	int seen = 0, need;

	SYS(ioctl(fd, SIOCGIFINDEX, &r));
	CHECK_EQ(r.ifr_ifindex, 1);
	r = named("");
	r.ifr_ifindex = 1;
	SYS(ioctl(fd, SIOCGIFNAME, &r));
	CHECK_STR(r.ifr_name, "lo");
	SYS(ioctl(fd, SIOCGIFFLAGS, &r));
	CHECK(r.ifr_flags & IFF_LOOPBACK);
	SYS(ioctl(fd, SIOCGIFHWADDR, &r));
	CHECK_EQ(r.ifr_hwaddr.sa_family, ARPHRD_LOOPBACK);
	SYS(ioctl(fd, SIOCGIFMTU, &r));
	CHECK(r.ifr_mtu >= 1280);
	SYS(ioctl(fd, SIOCGIFTXQLEN, &r));
	SYS(ioctl(fd, SIOCGIFMETRIC, &r));
	CHECK_EQ(r.ifr_metric, 0);
	r = named("lo");
	SYS(ioctl(fd, SIOCGIFADDR, &r));
	CHECK_EQ(r.ifr_addr.sa_family, AF_INET);
	CHECK_EQ(in_addr_of(&r), INADDR_LOOPBACK);
	SYS(ioctl(fd, SIOCGIFNETMASK, &r));
	CHECK_EQ(in_addr_of(&r), 0xff000000);

	SYS(ioctl(fd, SIOCGIFCONF, &ifc));
	CHECK(ifc.ifc_len >= (int)sizeof(r) && ifc.ifc_len % sizeof(r) == 0);
	for (int i = 0; i < ifc.ifc_len / (int)sizeof(r); i++)
		seen |= !strcmp(all[i].ifr_name, "lo") && in_addr_of(&all[i]) == INADDR_LOOPBACK;
	CHECK(seen);
	need = ifc.ifc_len;
	ifc = (struct ifconf){0};
	SYS(ioctl(fd, SIOCGIFCONF, &ifc));
	CHECK_EQ(ifc.ifc_len, need);
	ifc = (struct ifconf){.ifc_len = sizeof(r) - 1, .ifc_req = all};
	SYS(ioctl(fd, SIOCGIFCONF, &ifc));
	CHECK_EQ(ifc.ifc_len, 0);
}

static void check_errors(int fd)
{
	struct ifreq r = named("nosuch0");
	struct timeval tv;

	CHECK_ERR(ioctl(fd, SIOCGIFFLAGS, &r), ENODEV);
	CHECK_ERR(ioctl(fd, SIOCGIFADDR, &r), ENODEV);
	r = named("lo:77");
	CHECK_ERR(ioctl(fd, SIOCGIFNETMASK, &r), EADDRNOTAVAIL);
	r.ifr_ifindex = 123456;
	CHECK_ERR(ioctl(fd, SIOCGIFNAME, &r), ENODEV);
	CHECK_ERR(ioctl(fd, SIOCGIFMTU, (void *)8), EFAULT);
	CHECK_ERR(ioctl(fd, SIOCGSTAMP, &tv), ENOENT);
	CHECK_ERR(ioctl(fd, 0x89ee, &r), ENOTTY);
}

static void check_permission(void)
{
	struct ifreq r = named("lo");
	struct rtentry rt = {.rt_flags = RTF_UP};
	struct arpreq arp = {.arp_pa.sa_family = AF_INET};
	int fd;

	if (geteuid() == 0)
		SYS(setresuid(65534, 65534, 65534));
	fd = SYS(socket(AF_INET, SOCK_DGRAM, 0));
	CHECK_ERR(ioctl(fd, SIOCSIFFLAGS, &r), EPERM);
	CHECK_ERR(ioctl(fd, SIOCSIFMTU, &r), EPERM);
	r.ifr_addr.sa_family = AF_INET;
	CHECK_ERR(ioctl(fd, SIOCSIFADDR, &r), EPERM);
	CHECK_ERR(ioctl(fd, SIOCADDRT, &rt), EPERM);
	CHECK_ERR(ioctl(fd, SIOCSARP, &arp), EPERM);
}

/* A packet has come: it has a time. */
static void check_stamp(void)
{
	int fd = SYS(socket(AF_INET, SOCK_DGRAM, 0)), on = 1;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	struct timeval tv = {0, 0};
	char c;

	SYS(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on)));
	SYS(bind(fd, (void *)&a, sizeof(a)));
	SYS(getsockname(fd, (void *)&a, &len));
	SYS(sendto(fd, "x", 1, 0, (void *)&a, sizeof(a)));
	on = 0;
	SYS(ioctl(fd, SIOCINQ, &on));
	CHECK_EQ(on, 1);
	SYS(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &(int){0}, sizeof(int)));
	CHECK_EQ(recv(fd, &c, 1, 0), 1);
	SYS(ioctl(fd, SIOCGSTAMP, &tv));
	CHECK(tv.tv_sec > 1000000000);
	close(fd);
}

int main(void)
{
	int fd = SYS(socket(AF_INET, SOCK_DGRAM, 0));
	int other = SYS(socket(AF_UNIX, SOCK_STREAM, 0));
	struct ifreq r = named("lo");

	check_show(fd);
	check_errors(fd);
	check_stamp();
	SYS(ioctl(other, SIOCGIFINDEX, &r)); /* of devices: any socket will do */
	CHECK_EQ(r.ifr_ifindex, 1);
	CHECK_CHILD(check_permission);
	return 0;
}
