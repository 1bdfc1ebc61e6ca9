/* The counters behind /proc/net/snmp and its relatives. RFC 4293, RFC 5097. */
#include "kernel/net/ip.h"

u64 mib_count[MIB_COUNT];
struct icmp_types mib_icmp4, mib_icmp6;

const char *const mib_name[MIB_COUNT] = {
#define MIB(name) #name,
#include "kernel/net/mib_table.h"
#undef MIB
};

u64 mib_value(const char *prefix, const char *name, size_t name_len)
{
	size_t len = strlen(prefix);

	for (int i = 0; i < MIB_COUNT; i++)
		if (!strncmp(mib_name[i], prefix, len) &&
			!strncmp(mib_name[i] + len, name, name_len) && !mib_name[i][len + name_len])
			return mib_count[i];
	return 0;
}

static void count_ecn(bool v4, u8 tos)
{
	static const enum mib ip4[] = {
		MIB_IpInNoECTPkts, MIB_IpInECT1Pkts, MIB_IpInECT0Pkts, MIB_IpInCEPkts};
	static const enum mib ip6[] = {
		MIB_Ip6InNoECTPkts, MIB_Ip6InECT1Pkts, MIB_Ip6InECT0Pkts, MIB_Ip6InCEPkts};

	mib_count[(v4 ? ip4 : ip6)[tos & 3]]++;
}

void mib_ip_in(const struct skb *skb, u32 len)
{
	bool v4 = ip_addr_is_v4(&skb->ip.daddr);

	MIB_ADD_AF(v4, IpInOctets, Ip6InOctets, len);
	count_ecn(v4, skb->ip.tos);
	if (ip_addr_is_multicast(&skb->ip.daddr)) {
		MIB_INC_AF(v4, IpInMcastPkts, Ip6InMcastPkts);
		MIB_ADD_AF(v4, IpInMcastOctets, Ip6InMcastOctets, len);
	} else if (v4 && skb->pkt_type == SKB_PKT_BROADCAST) {
		MIB_INC(IpInBcastPkts);
		MIB_ADD(IpInBcastOctets, len);
	}
}

void mib_ip_out(bool v4, u32 len, const struct dst *dst)
{
	MIB_INC_AF(v4, IpOutRequests, Ip6OutRequests);
	MIB_ADD_AF(v4, IpOutOctets, Ip6OutOctets, len);
	if (dst->type == DST_MULTICAST) {
		MIB_INC_AF(v4, IpOutMcastPkts, Ip6OutMcastPkts);
		MIB_ADD_AF(v4, IpOutMcastOctets, Ip6OutMcastOctets, len);
	} else if (v4 && dst->type == DST_BROADCAST) {
		MIB_INC(IpOutBcastPkts);
		MIB_ADD(IpOutBcastOctets, len);
	}
}
