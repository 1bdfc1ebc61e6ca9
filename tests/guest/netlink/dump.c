/* What programs read: lo among the links, its addresses, its local route; getifaddrs and friends.
 */
#include "nl.h"

#include <ifaddrs.h>
#include <netdb.h>

static void see_link(struct nlmsghdr *h, void *arg)
{
	struct ifinfomsg *m = NLMSG_DATA(h);
	struct rtattr *name = nl_find(h, sizeof(*m), IFLA_IFNAME);
	struct rtattr *stats = nl_find(h, sizeof(*m), IFLA_STATS64);

	CHECK_EQ(h->nlmsg_type, RTM_NEWLINK);
	CHECK(name && stats && nl_find(h, sizeof(*m), IFLA_MTU));
	CHECK(RTA_PAYLOAD(stats) >= sizeof(struct rtnl_link_stats64) - 8);
	if (!strcmp(RTA_DATA(name), "lo")) {
		CHECK_EQ(m->ifi_index, 1);
		CHECK_EQ(m->ifi_type, 772); /* ARPHRD_LOOPBACK */
		CHECK(m->ifi_flags & IFF_LOOPBACK);
		++*(int *)arg;
	}
}

static void see_addr(struct nlmsghdr *h, void *arg)
{
	struct ifaddrmsg *m = NLMSG_DATA(h);
	struct rtattr *a = nl_find(h, sizeof(*m), IFA_ADDRESS);

	CHECK(a && nl_find(h, sizeof(*m), IFA_CACHEINFO));
	CHECK_EQ(RTA_PAYLOAD(a), m->ifa_family == AF_INET ? 4 : 16);
	if (m->ifa_family == AF_INET && *(uint32_t *)RTA_DATA(a) == htonl(INADDR_LOOPBACK)) {
		CHECK_EQ(m->ifa_prefixlen, 8);
		CHECK_EQ(m->ifa_scope, RT_SCOPE_HOST);
		CHECK_STR(RTA_DATA(nl_find(h, sizeof(*m), IFA_LABEL)), "lo");
		++*(int *)arg;
	}
}

static void see_route(struct nlmsghdr *h, void *arg)
{
	struct rtmsg *m = NLMSG_DATA(h);
	struct rtattr *dst = nl_find(h, sizeof(*m), RTA_DST);

	if (m->rtm_table == RT_TABLE_LOCAL && m->rtm_dst_len == 32 && dst &&
		*(uint32_t *)RTA_DATA(dst) == htonl(INADDR_LOOPBACK)) {
		CHECK_EQ(m->rtm_type, RTN_LOCAL);
		++*(int *)arg;
	}
}

static void check_libc(void)
{
	struct addrinfo hints = {.ai_flags = AI_ADDRCONFIG | AI_NUMERICHOST}, *ai;
	struct if_nameindex *names = if_nameindex();
	struct ifaddrs *all, *i;
	int seen = 0;

	CHECK(names && names[0].if_index == 1);
	if_freenameindex(names);
	CHECK_EQ(if_nametoindex("lo"), 1);
	SYS(getifaddrs(&all));
	for (i = all; i; i = i->ifa_next)
		if (!strcmp(i->ifa_name, "lo") && i->ifa_addr &&
			i->ifa_addr->sa_family == AF_INET) {
			struct sockaddr_in *mask = (void *)i->ifa_netmask;

			CHECK_EQ(ntohl(mask->sin_addr.s_addr), 0xff000000);
			seen = 1;
		}
	freeifaddrs(all);
	CHECK(seen);
	CHECK_EQ(getaddrinfo("127.0.0.1", "80", &hints, &ai), 0);
	freeaddrinfo(ai);
}

int main(void)
{
	int fd = nl_open(NETLINK_ROUTE), links = 0, addrs = 0, all = 0, routes = 0;

	nl_dump(fd, RTM_GETLINK, AF_UNSPEC, 32768, see_link, &links);
	CHECK_EQ(links, 1);
	nl_dump(fd, RTM_GETADDR, AF_INET, 32768, see_addr, &addrs);
	CHECK_EQ(addrs, 1);
	nl_dump(fd, RTM_GETADDR, AF_UNSPEC, 32768, see_addr, &all);
	CHECK_EQ(all, 1);
	nl_dump(fd, RTM_GETROUTE, AF_INET, 32768, see_route, &routes);
	CHECK_EQ(routes, 1);
	check_libc();
	return 0;
}
