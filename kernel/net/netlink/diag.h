/* NETLINK_SOCK_DIAG, sock_diag(7): sockets as `ss` sees them. One file per family. */
#ifndef SKIFF_KERNEL_NET_NETLINK_DIAG_H
#define SKIFF_KERNEL_NET_NETLINK_DIAG_H

#include "kernel/net/inet.h"
#include "kernel/net/netlink/netlink.h"

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>

/* A dump, or the one socket the request names. As nl_proto.rcv. */
int inet_diag_rcv(struct nl_req *r);	 /* SOCK_DIAG_BY_FAMILY, SOCK_DESTROY */
int inet_diag_rcv_old(struct nl_req *r); /* TCPDIAG_GETSOCK: dumps only */
int unix_diag_rcv(struct nl_req *r);
int netlink_diag_rcv(struct nl_req *r);

#define DIAG_NO_COOKIE 0xffffffffu
/* The name of a socket that never comes again: two words. */
static inline void diag_cookie(u64 ino, u32 out[2])
{
	out[0] = (u32)ino;
	out[1] = (u32)(ino >> 32);
}
static inline bool diag_cookie_fits(u64 ino, const u32 cookie[2])
{
	return (cookie[0] == DIAG_NO_COOKIE && cookie[1] == DIAG_NO_COOKIE) ||
	       (cookie[0] == (u32)ino && cookie[1] == (u32)(ino >> 32));
}
/* SK_MEMINFO_* of a socket. */
void diag_put_meminfo(struct nl_buf *b, u16 type, const struct sock *sk, u64 drops);

/* ---- filters (diag_filter.c) ---- */
struct diag_subject { /* what filters ask about */
	const struct inet_tuple *tuple;
	u16 sport, dport;
	u32 mark;
	bool user_bound; /* the port was chosen by the program */
};
/* Is it a program that ends? 0 or -EINVAL. */
int diag_filter_check(const void *code, size_t len);
/* Does a filter that has passed the check accept s? */
bool diag_filter_run(const void *code, size_t len, const struct diag_subject *s);

#endif
