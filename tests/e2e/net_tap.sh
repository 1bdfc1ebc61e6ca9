# A TAP device in a network namespace of our own: ping both ways, sizes, capture, bad options.
. "${E2E:-$(dirname "$0")}/lib.sh"

if [ -z "${IN_NETNS:-}" ]; then
	if [ "$(id -u)" != 0 ] || ! unshare -n true 2>/dev/null || [ ! -w /dev/net/tun ] ||
		! command -v ip >/dev/null || [ "$BACKEND" = native ]; then
		skip net_tap "needs root, /dev/net/tun and iproute2"
		done_testing
	fi
	IN_NETNS=1 exec unshare -n bash "$0"
fi

ip link set lo up
ip tuntap add dev tap0 mode tap vnet_hdr
ip addr add 10.9.0.1/24 dev tap0
ip -6 addr add fd09::1/64 dev tap0 nodad
ip link set tap0 up
link=tap:tap0,ip=10.9.0.2/24,gw=10.9.0.1,ip=fd09::2/64,dns=10.9.0.1

need net_tap ping || done_testing
expect_status "ping the host" 0 sk --net "$link" -- ping -q -c 2 -i 0.2 -W 5 10.9.0.1
expect_status "a packet in fragments" 0 sk --net "$link" -- ping -q -c 1 -W 5 -s 65507 10.9.0.1
expect_status "IPv6" 0 sk --net "$link" -- ping -q -c 1 -W 5 fd09::1
expect_eq "name server and hosts" "nameserver 10.9.0.1 10.9.0.2" \
	"$(skb 'true' && sk --net "$link" -- sh -c 'cat /etc/resolv.conf; grep -w 10.9.0.2 /etc/hosts | cut -f 1' | xargs)"

# From the host to the guest, which waits for the end of its stdin.
mkfifo hold
sk --net "$link" --pcap net.pcap -- sh -c 'echo up; cat >/dev/null' <hold >up &
exec 9>hold
until grep -q up up; do sleep 0.05; done
expect_status "ping the guest" 0 ping -q -c 2 -i 0.2 -W 5 10.9.0.2
expect_status "sizes" 0 bash -c 'for s in 0 1 1472 1473 9000 65507; do ping -q -c 1 -W 5 -s $s 10.9.0.2 || exit 1; done'
expect_status "IPv6 sizes" 0 bash -c 'for n in 1 2 3 4 5 6 7 8 9 10; do ping -q -c 1 -W 1 fd09::2 && break; done
	for s in 0 1452 1453 30000; do ping -q -c 1 -W 5 -s $s fd09::2 || exit 1; done'
# The device goes away: the machine lives on.
ip link del tap0
expect_status "a device that goes away" 0 kill -0 $!
exec 9>&-
wait $!
expect_eq "the machine ends by itself" 0 $?
if command -v tcpdump >/dev/null; then
	expect_eq "the capture is readable" "yes" "$(tcpdump -vnr net.pcap 2>&1 | grep -qE 'bad [a-z]|wrong|incorrect|truncated' && echo no || echo yes)"
fi

expect_eq "no such kind" "skiff: --net foo: no such kind of link (auto, tap:NAME, passt, passt:SOCKET, fd:N, none)" \
	"$(sk --net foo -- true 2>&1)"
expect_match "a bad address" "bad value for --net" "$(sk --net tap:tap1,ip=1.2.3 -- true 2>&1)"
expect_match "a gateway elsewhere" "the gateway is in none of the networks" \
	"$(sk --net tap:tap1,ip=10.1.0.1/24,gw=10.2.0.1 -- true 2>&1)"
expect_match "not a descriptor" "not an open descriptor" "$(sk --net fd:99 -- true 2>&1)"
done_testing
