/* The guest's ABI for TCP: options, struct tcp_info and the ioctls of tcp(7). */
#ifndef SKIFF_KERNEL_ABI_TCP_H
#define SKIFF_KERNEL_ABI_TCP_H

#include "kernel/abi_net.h"

#include <linux/tcp.h>

#endif
