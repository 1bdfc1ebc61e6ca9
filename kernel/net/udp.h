/* UDP, RFC 768 and RFC 8200 8.1. */
#ifndef SKIFF_KERNEL_NET_UDP_H
#define SKIFF_KERNEL_NET_UDP_H

#include "kernel/net/inet.h"

extern struct inet_table udp_table;
void udp_init(void);

#endif
