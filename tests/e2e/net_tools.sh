# What netstat, arp, nstat and busybox make of /proc/net, tcpdump and arping of packet sockets, over a TAP device in a network namespace of our own.
# as: root
# over: host
# once
. "${E2E:-$(dirname "$0")}/lib.sh"

if [ -z "${IN_NETNS:-}" ]; then
	if [ "$(id -u)" != 0 ] || ! unshare -n true 2>/dev/null || [ ! -w /dev/net/tun ] ||
		! command -v ip >/dev/null || [ "$BACKEND" = native ]; then
		skip net_tools "needs root, /dev/net/tun and iproute2"
		done_testing
	fi
	IN_NETNS=1 exec unshare -n bash "$0"
fi

ip link set lo up
ip tuntap add dev tap0 mode tap vnet_hdr
ip link set tap0 address 02:00:00:00:00:01
ip addr add 10.9.0.1/24 dev tap0
ip -6 addr add fd09::1/64 dev tap0 nodad
ip link set tap0 up
link=tap:tap0,ip=10.9.0.2/24,gw=10.9.0.1,ip=fd09::2/64,mac=02:00:00:00:00:02

need net_tools netstat arp nstat ping || done_testing
guest_script net_tools --net "$link" <<'END'
ping -q -c 3 -i 0.01 -W 5 10.9.0.1 >/dev/null
exec 3<>/dev/udp/10.9.0.1/9
has "route -n" $'0\.0\.0\.0 +10\.9\.0\.1 +0\.0\.0\.0 +UG .*eth0\n10\.9\.0\.0 +0\.0\.0\.0 +255\.255\.255\.0 +U ' "$(netstat -rn)"
has "route -6" 'fd09::/64 +\[?::\]? +U ' "$(netstat -6rn)"
has "arp" '10\.9\.0\.1 +ether +02:00:00:00:00:01 +C +eth0' "$(arp -n)"
has "netstat -i" 'eth0 +1500 +[0-9]+ +0 +0 0 +[0-9]+ +0 +0 +0 BMRU' "$(netstat -i)"
has "netstat -u" 'udp +0 +0 10\.9\.0\.2:[0-9]+ +10\.9\.0\.1:9 +ESTABLISHED' "$(netstat -tuna)"
has "netstat -s" '3 ICMP messages received' "$(netstat -s)"
has "nstat" 'IcmpInEchoReps +3 ' "$(nstat -a)"
has "netstat -g" 'eth0 +1 +224\.0\.0\.1' "$(netstat -gn)"
is "the device in /sys" "up 1 02:00:00:00:00:02 1500 1" "$(cd /sys/class/net/eth0 && cat operstate carrier address mtu type | xargs)"
# tcpdump is in place before what it is to see is sent
capture() {
	local dev=$1 nr=$2
	tcpdump -Uni "$dev" -c "$nr" "$3" >cap 2>cap.err &
	until grep -q "listening on" cap.err || ! kill -0 $!; do sleep 0.05; done
}
if command -v tcpdump >/dev/null; then
	capture eth0 2 "icmp and host 10.9.0.1"
	ping -q -c 1 -W 5 10.9.0.1 >/dev/null
	wait $!
	has "tcpdump on eth0" 'IP 10.9.0.2 > 10.9.0.1: ICMP echo request.*IP 10.9.0.1 > 10.9.0.2: ICMP echo reply' "$(xargs <cap)"
	capture lo 1 "udp port 9"
	echo hello >/dev/udp/127.0.0.1/9
	wait $!
	has "tcpdump on lo" 'IP 127.0.0.1.[0-9]+ > 127.0.0.1.9: UDP, length 6' "$(xargs <cap)"
	has "nothing dropped" '0 packets dropped by kernel' "$(cat cap.err)"
fi
if command -v arping >/dev/null; then
	has "arping" '02:00:00:00:00:01' "$(arping -c 1 -w 5 -I eth0 10.9.0.1 2>&1)"
fi
if command -v busybox >/dev/null; then
	has "busybox arping" '02:00:00:00:00:01' "$(busybox arping -c 1 -w 5 -I eth0 10.9.0.1 2>&1)"
	has "busybox route" 'default +10\.9\.0\.1 ' "$(busybox route)"
	has "busybox arp" '10\.9\.0\.1.* at 02:00:00:00:00:01 \[ether\]  on eth0' "$(busybox arp -an)"
fi
END
done_testing
