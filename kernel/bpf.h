/* Classic BPF: seccomp(2) programs over struct seccomp_data, socket filters over packets. */
#ifndef SKIFF_KERNEL_BPF_H
#define SKIFF_KERNEL_BPF_H

#include "kernel/lib/types.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

/* ---- seccomp ---- */
int bpf_check(const struct sock_filter *prog, unsigned len); /* 0 or -EINVAL */
/* The value a checked program returns. */
u32 bpf_run(const struct sock_filter *prog, const struct seccomp_data *data);
/* The same where only nr and arch are known: false if the result depends on anything else. */
bool bpf_run_by_number(const struct sock_filter *prog, const struct seccomp_data *data, u32 *out);

/* ---- packets: SO_ATTACH_FILTER, socket(7) ---- */
struct bpf_packet {
	const u8 *data; /* what loads at offsets from 0 see */
	u32 len;
	const u8 *head;		/* limit of what lies in front of data */
	const u8 *mac, *net;	/* SKF_LL_OFF, SKF_NET_OFF: in [head, data + len], or NULL */
	u32 protocol, pkt_type; /* SKF_AD_*: host order */
	u32 ifindex, hatype;	/* of the device; ifindex 0: none, such loads end the program */
	u32 mark;
	u32 pay_offset; /* of the transport payload from data */
	u32 random;
};
int bpf_check_packet(const struct sock_filter *prog, unsigned len); /* 0 or -EINVAL */
/* How many bytes of the packet to keep; 0: drop it. A load outside of it drops it too. */
u32 bpf_run_packet(const struct sock_filter *prog, const struct bpf_packet *p);

#endif
