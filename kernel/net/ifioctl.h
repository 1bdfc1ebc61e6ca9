/* The configuration ioctls of sockets: netdevice(7), arp(7), rtentry of route(8). */
#ifndef SKIFF_KERNEL_NET_IFIOCTL_H
#define SKIFF_KERNEL_NET_IFIOCTL_H

#include "kernel/net/socket.h"

/* Of interfaces, for a socket of any family: SIOCGIFFLAGS, SIOCSIFMTU ... -ENOTTY: not one. */
long netdev_ioctl(u32 cmd, uaddr_t arg);
/* Of IPv4 and IPv6 addresses, routes and neighbours: SIOCGIFADDR, SIOCADDRT, SIOCGARP ... */
long inet4_ioctl(u32 cmd, uaddr_t arg);
long inet6_ioctl(u32 cmd, uaddr_t arg);
/* Their parts in rtioctl.c. */
long route_ioctl(u32 cmd, uaddr_t arg);	 /* SIOCADDRT, SIOCDELRT, struct rtentry */
long route6_ioctl(u32 cmd, uaddr_t arg); /* the same, struct in6_rtmsg */
long arp_ioctl(u32 cmd, uaddr_t arg);	 /* SIOCGARP, SIOCSARP, SIOCDARP */

#endif
