/* /proc/net and /sys/class/net: sockets, devices, groups and counters follow what a program does.
 * Others may use the network at the same time: counters rise at least by what we did. */
#include "../test.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

static char line[1024];

/* The first line of path that holds text, in line; "" if none. */
static const char *find(const char *path, const char *text)
{
	FILE *f = fopen(path, "r");

	CHECK(f != NULL);
	while (fgets(line, sizeof line, f))
		if (strstr(line, text)) {
			fclose(f);
			return line;
		}
	fclose(f);
	return "";
}

/* Value of "SECTION: NAME" of snmp or netstat, by the line of names above the values. */
static long long counter(const char *path, const char *section, const char *name)
{
	char names[4096] = "", values[4096], *n, *v, *ns, *vs;
	size_t len = strlen(section);
	FILE *f = fopen(path, "r");

	CHECK(f != NULL);
	while (fgets(names, sizeof names, f) && (strncmp(names, section, len) || names[len] != ':'))
		;
	CHECK(fgets(values, sizeof values, f) != NULL);
	fclose(f);
	n = strtok_r(names, " \n", &ns);
	v = strtok_r(values, " \n", &vs);
	CHECK_STR(n, v);
	while ((n = strtok_r(NULL, " \n", &ns)) && (v = strtok_r(NULL, " \n", &vs)))
		if (!strcmp(n, name))
			return atoll(v);
	FAIL("%s: no %s in %s", path, name, section);
}

static long long number(const char *path)
{
	char buf[64] = "";
	int fd = SYS(open(path, O_RDONLY | O_CLOEXEC));

	CHECK(read(fd, buf, sizeof buf - 1) > 0);
	close(fd);
	return atoll(buf);
}

struct row {
	unsigned laddr, lport, raddr, rport, st, tx, rx, uid, refs;
	unsigned long long ino, drops;
};

static bool find_row(const char *path, unsigned port, struct row *r)
{
	FILE *f = fopen(path, "r");
	bool found = false;

	CHECK(f != NULL);
	while (!found && fgets(line, sizeof line, f))
		found = sscanf(line,
				" %*d: %8X:%4X %8X:%4X %2X %8X:%8X %*s %*s %u %*d %llu %u %*s %llu",
				&r->laddr, &r->lport, &r->raddr, &r->rport, &r->st, &r->tx, &r->rx,
				&r->uid, &r->ino, &r->refs, &r->drops) == 11 &&
			r->lport == port;
	fclose(f);
	return found;
}

static void udp(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	long long in = counter("/proc/net/snmp", "Udp", "InDatagrams");
	long long none = counter("/proc/net/snmp", "Udp", "NoPorts");
	long long unreach = counter("/proc/net/snmp", "Icmp", "InDestUnreachs");
	long long octets = counter("/proc/net/netstat", "IpExt", "InOctets");
	long long bytes = number("/sys/class/net/lo/statistics/rx_bytes");
	int fd = SYS(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	socklen_t len = sizeof a;
	struct stat st;
	struct row r;
	char buf[1000] = "x";

	CHECK(!find_row("/proc/net/udp", 0, &r));
	SYS(bind(fd, (struct sockaddr *)&a, sizeof a));
	SYS(getsockname(fd, (struct sockaddr *)&a, &len));
	SYS(fstat(fd, &st));
	CHECK(find_row("/proc/net/udp", ntohs(a.sin_port), &r));
	CHECK_EQ(r.laddr, a.sin_addr.s_addr);
	CHECK_EQ(r.st, 7);
	CHECK_EQ(r.rx, 0);
	CHECK_EQ(r.ino, st.st_ino);
	CHECK_EQ(r.uid, getuid());
	SYS(connect(fd, (struct sockaddr *)&a, sizeof a));
	SYS(send(fd, buf, sizeof buf, 0));
	CHECK(find_row("/proc/net/udp", ntohs(a.sin_port), &r));
	CHECK_EQ(r.st, 1);
	CHECK_EQ(r.rport, r.lport);
	CHECK(r.rx >= sizeof buf);
	CHECK_EQ(recv(fd, buf, sizeof buf, 0), sizeof buf);
	CHECK(find_row("/proc/net/udp", ntohs(a.sin_port), &r));
	CHECK_EQ(r.rx, 0);
	SYS(close(fd));
	CHECK(!find_row("/proc/net/udp", ntohs(a.sin_port), &r));

	fd = SYS(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	SYS(connect(fd, (struct sockaddr *)&a, sizeof a));
	SYS(send(fd, buf, 1, 0));
	CHECK_ERR(recv(fd, buf, 1, 0), ECONNREFUSED);
	SYS(close(fd));
	CHECK(counter("/proc/net/snmp", "Udp", "InDatagrams") >= in + 1);
	CHECK(counter("/proc/net/snmp", "Udp", "NoPorts") >= none + 1);
	CHECK(counter("/proc/net/snmp", "Icmp", "InDestUnreachs") >= unreach + 1);
	CHECK(counter("/proc/net/netstat", "IpExt", "InOctets") >= octets + 1028 + 29);
	CHECK(number("/sys/class/net/lo/statistics/rx_bytes") >= bytes + 1042 + 43);
}

static void tcp_counters(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	long long active = counter("/proc/net/snmp", "Tcp", "ActiveOpens");
	long long passive = counter("/proc/net/snmp", "Tcp", "PassiveOpens");
	int l = SYS(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), fd;
	unsigned inuse, orphans, tw, alloc;
	socklen_t len = sizeof a;

	SYS(bind(l, (struct sockaddr *)&a, sizeof a));
	SYS(listen(l, 1));
	SYS(getsockname(l, (struct sockaddr *)&a, &len));
	fd = SYS(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	SYS(connect(fd, (struct sockaddr *)&a, sizeof a));
	CHECK(counter("/proc/net/snmp", "Tcp", "ActiveOpens") >= active + 1);
	CHECK(counter("/proc/net/snmp", "Tcp", "PassiveOpens") >= passive + 1);
	CHECK(counter("/proc/net/snmp", "Tcp", "CurrEstab") >= 2);
	CHECK_EQ(sscanf(find("/proc/net/sockstat", "TCP:"),
			 "TCP: inuse %u orphan %u tw %u alloc %u", &inuse, &orphans, &tw, &alloc),
		4);
	CHECK(inuse >= 3 && alloc >= 3);
	CHECK(sscanf(find("/proc/net/sockstat", "sockets:"), "sockets: used %u", &inuse) == 1);
	CHECK(inuse >= 2);
	SYS(close(fd));
	SYS(close(l));
}

static void devices(void)
{
	unsigned long long v[9];
	char target[128] = "", group[16];
	struct ip_mreqn m = {.imr_multiaddr.s_addr = htonl(0xe00000f7), .imr_ifindex = 1};
	int fd = SYS(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

	CHECK_EQ(sscanf(find("/proc/net/dev", "lo:"),
			 " lo: %llu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1], &v[2],
			 &v[3], &v[4], &v[5], &v[6], &v[7], &v[8]),
		9);
	CHECK(v[0] && v[1] && v[8]);
	SYS(readlink("/sys/class/net/lo", target, sizeof target - 1));
	CHECK_STR(target, "../../devices/virtual/net/lo");
	CHECK_EQ(number("/sys/class/net/lo/ifindex"), 1);
	CHECK_EQ(number("/sys/class/net/lo/type"), 772);
	CHECK_EQ(number("/sys/class/net/lo/mtu"), 65536);
	CHECK_EQ(number("/sys/class/net/lo/carrier"), 1);
	CHECK_STR(find("/sys/class/net/lo/operstate", ""), "unknown\n");
	CHECK_STR(find("/sys/class/net/lo/address", ""), "00:00:00:00:00:00\n");
	CHECK_ERR(open("/sys/class/net/lo0/mtu", O_RDONLY), ENOENT);
	CHECK_ERR(open("/sys/class/net/l/mtu", O_RDONLY), ENOENT);

	snprintf(group, sizeof group, "%08X", m.imr_multiaddr.s_addr);
	SYS(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof m));
	CHECK(strstr(find("/proc/net/igmp", group), group));
	SYS(close(fd));
	CHECK_STR(find("/proc/net/igmp", group), "");
	if (access("/proc/net/if_inet6", R_OK) == 0 && *find("/proc/net/if_inet6", " lo\n"))
		CHECK_STR(line, "00000000000000000000000000000001 01 80 10 80       lo\n");
}

int main(void)
{
	udp();
	tcp_counters();
	devices();
	return 0;
}
