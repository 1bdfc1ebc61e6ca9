/* Filters on what a socket receives: SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_LOCK_FILTER. socket(7).
 */
#ifndef SKIFF_KERNEL_NET_SOCK_FILTER_H
#define SKIFF_KERNEL_NET_SOCK_FILTER_H

#include "kernel/bpf.h"
#include "kernel/net/skb.h"
#include "kernel/net/socket.h"

/* struct sock_fprog at val. -EINVAL, -EFAULT, -ENOMEM, -EPERM (locked). */
int sock_filter_attach(struct sock *sk, uaddr_t val, u32 len);
int sock_filter_detach(struct sock *sk);				 /* -ENOENT, -EPERM */
void sock_filter_inherit(struct sock *child, const struct sock *parent); /* of an accepted one */
void sock_filter_free(struct sock *sk);

/* How many bytes from data on sk is to get of skb; 0: none, drop it. Without a filter all. */
u32 sock_filter_skb(const struct sock *sk, const struct skb *skb, const u8 *data);
u32 sock_filter_data(const struct sock *sk, const u8 *data, u32 len); /* what has no headers */

#endif
