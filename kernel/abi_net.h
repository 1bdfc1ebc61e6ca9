/* The guest's ABI for sockets: libc's constants and structs, plus what libc does not name. */
#ifndef SKIFF_KERNEL_ABI_NET_H
#define SKIFF_KERNEL_ABI_NET_H

#include "kernel/abi.h"

#include <asm/ioctls.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <linux/errqueue.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/sockios.h>

static_assert(sizeof(struct msghdr) == 56, "struct user_msghdr");
static_assert(sizeof(struct mmsghdr) == 64, "struct mmsghdr");
static_assert(sizeof(struct cmsghdr) == 16, "struct cmsghdr");
static_assert(sizeof(struct ucred) == 12, "struct ucred");
static_assert(sizeof(struct sockaddr_un) == 110, "struct sockaddr_un");

#define ABI_SOCK_TYPE_MASK 0xf
#define ABI_SOCK_TYPE_MAX 11 /* types are below */
#define ABI_AF_MAX 46
#define ABI_MSG_CMSG_COMPAT 0x80000000u
#define ABI_SCM_MAX_FD 253
#define ABI_SO_ACCEPTCON 0x10000u /* flag column of /proc/net/unix */

/* socket(7) options that older libc headers lack */
#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif
#define ABI_SO_RCVTIMEO_NEW 66
#define ABI_SO_SNDTIMEO_NEW 67
#define ABI_SO_PEERPIDFD 77

#define ABI_SIOCGSTAMP 0x8906u /* struct timeval; the new numbers too, on 64-bit machines */
#define ABI_SIOCGSTAMPNS 0x8907u
#define ABI_SIOCGSTAMP_NEW 0x80108906u
#define ABI_SIOCGSTAMPNS_NEW 0x80108907u

#endif
