/* Links to the outside: an Ethernet device in front of a packet link of the host (kernel/os.h). */
#ifndef SKIFF_KERNEL_NET_LINK_H
#define SKIFF_KERNEL_NET_LINK_H

#include "kernel/net/ipaddr.h"

#define LINK_ADDRS_MAX 4u

struct link_options {	  /* one --net */
	const char *spec; /* for os_packet_open */
	struct {
		struct ip_addr addr;
		unsigned prefix_len;
	} addrs[LINK_ADDRS_MAX];
	unsigned nr_addrs;
	bool dhcp; /* ip=dhcp */
	struct ip_addr gateways[2];
	unsigned nr_gateways;
	struct ip_addr dns[3];
	unsigned nr_dns;
	bool has_mac;
	u8 mac[6];
	u32 mtu; /* 0: the link's */
};

/* "ip=A/B|dhcp,gw=G,dns=D,mac=M,mtu=N" into o: 0 or -EINVAL. */
int link_options_parse(char *args, struct link_options *o);
/* --bw: bytes per second, each way, on every link there is or will be. */
void link_set_rate(u64 rate);
/* Makes the next ethN, configures it and brings it up. -errno after one line on stderr. */
int link_create(const struct link_options *o);
bool link_pending(void);     /* does a link have packets it could not send yet? */
void link_destroy_all(void); /* unit tests */
/* Every packet of every link, to FILE in pcap(5)'s format (os_pcap_write). */
void link_pcap_start(void);

#endif
