# iproute2, ss, net-tools and busybox see and set a machine's network: over a TAP device in a
# network namespace of our own.
# as: root
# over: host
# not: native
. "${E2E:-$(dirname "$0")}/lib.sh"

if [ -z "${IN_NETNS:-}" ]; then
	if ! unshare -n true 2>/dev/null || [ ! -w /dev/net/tun ] || ! command -v ip >/dev/null; then
		skip iproute "needs root, /dev/net/tun and iproute2"
		done_testing
	fi
	IN_NETNS=1 exec unshare -n bash "$0"
fi
need iproute ip ss || done_testing
ip tuntap add dev tap0 mode tap vnet_hdr
ip addr add 10.9.0.1/24 dev tap0
ip link set tap0 up
machine=(--net "tap:tap0,ip=10.9.0.2/24,gw=10.9.0.1,mac=02:00:00:00:00:09")

guest_script iproute "${machine[@]}" <<'SCRIPT'
# --- show ---
is "links" "lo UNKNOWN eth0 UP" "$(ip -br link | awk '{ print $1, $2 }' | xargs)"
is "addresses" "127.0.0.1/8 10.9.0.2/24" "$(ip -4 -br addr | awk '{ print $3 }' | xargs)"
is "routes" "default via 10.9.0.1 dev eth0 10.9.0.0/24 dev eth0 proto kernel scope link src 10.9.0.2" \
	"$(ip route | xargs)"
is "rules" "0: from all lookup local 32766: from all lookup main 32767: from all lookup default" "$(ip rule | xargs)"
has "statistics" "RX: .*TX: " "$(ip -s link show lo | xargs)"
has "JSON" '"ifname":"eth0".*"address":"02:00:00:00:00:09"' "$(ip -j link)"
has "details" "minmtu" "$(ip -d link show eth0)"
is "way to a host beyond" "1.2.3.4 via 10.9.0.1 dev eth0 src 10.9.0.2 uid 0 cache" "$(ip route get 1.2.3.4 | xargs)"
has "way to ourselves" "^local ::1 dev lo" "$(ip -6 route get ::1)"
# --- set, and be told ---
ip monitor >mon &
monitor=$!
until grep -q mtu mon; do ip link set lo mtu 65000; ip link set lo mtu 65536; done
check "mtu" ip link set eth0 mtu 1400
has "mtu is set" "mtu 1400 " "$(ip link show eth0)"
fails "mtu out of range" 2 ip link set eth0 mtu 20
check "down" ip link set eth0 down
is "routes go" "" "$(ip -4 route)"
check "mac" ip link set eth0 address 02:00:00:00:00:77
check "name" ip link set eth0 name net7
check "up" ip link set net7 up
check "address" ip addr add 10.7.0.1/16 brd + dev net7
has "address is there" "inet 10.7.0.1/16 brd 10.7.255.255 scope global net7" "$(ip addr show net7)"
fails "address twice" 2 ip addr add 10.7.0.1/16 dev net7
check "route" ip route add 10.8.0.0/16 via 10.7.0.2 metric 7
fails "route twice" 2 ip route add 10.8.0.0/16 via 10.7.0.2 metric 7
fails "gateway nowhere" 2 ip route add 10.8.0.0/16 via 192.168.3.3
check "replaced" ip route replace 10.8.0.0/16 via 10.7.0.3 metric 7
has "route is there" "10.8.0.0/16 via 10.7.0.3 dev net7 metric 7" "$(ip route)"
check "table" ip route add default via 10.7.0.9 table 100
check "rule" ip rule add to 8.8.8.0/24 table 100 priority 99
has "rule counts" "via 10.7.0.9 dev net7 table 100" "$(ip route get 8.8.8.8)"
check "rule goes" ip rule del priority 99
check "neighbour" ip neigh add 10.7.0.5 lladdr 02:00:00:00:00:55 dev net7
has "neighbour is there" "10.7.0.5 dev net7 lladdr 02:00:00:00:00:55 PERMANENT" "$(ip neigh)"
check "neighbour goes" ip neigh del 10.7.0.5 dev net7
check "IPv6 address" ip addr add fd07::1/64 dev net7 nodad
has "IPv6 route" "fd07::/64 dev net7 proto kernel metric 256" "$(ip -6 route)"
check "address goes" ip addr del 10.7.0.1/16 dev net7
check "the last address" ip addr del 10.9.0.2/24 dev net7
is "takes all routes" "" "$(ip -4 route)"
until grep -q "Deleted 10.8.0.0/16" mon; do sleep 0.05; done
kill $monitor
has "news of a link" "net7: <" "$(cat mon)"
has "news of an address" "inet 10.7.0.1/16" "$(cat mon)"
has "news of a rule" "Deleted 99:" "$(cat mon)"
# --- ioctls ---
if command -v ifconfig >/dev/null; then
	has "ifconfig" "inet 127.0.0.1 +netmask 255.0.0.0" "$(ifconfig lo 2>&1)"
	check "ifconfig sets" ifconfig net7 10.5.0.2 netmask 255.255.255.0 mtu 1300
	has "as netlink sees it" "mtu 1300 .*inet 10.5.0.2/24 brd 10.5.0.255" "$(ip addr show net7 | xargs)"
	check "alias" ifconfig net7:1 10.6.0.2
	has "alias is there" "inet 10.6.0.2/8 brd 10.255.255.255 scope global net7:1" "$(ip addr show net7)"
	check "alias goes" ifconfig net7:1 down
	check "route add" route add -net 10.99.0.0/16 gw 10.5.0.1
	has "as netlink sees it too" "10.99.0.0/16 via 10.5.0.1 dev net7" "$(ip route)"
	check "route del" route del -net 10.99.0.0/16
	check "arp -s" arp -s 10.5.0.77 02:03:04:05:06:07
	has "neighbour by arp" "10.5.0.77 dev net7 lladdr 02:03:04:05:06:07 PERMANENT" "$(ip neigh)"
	check "arp -d" arp -d 10.5.0.77
fi
if command -v busybox >/dev/null; then
	has "busybox ip" "inet 127.0.0.1/8" "$(busybox ip addr)"
	has "busybox ifconfig" "inet addr:127.0.0.1" "$(busybox ifconfig lo)"
fi
# --- ss ---
if command -v python3 >/dev/null; then
	cat >ss.py <<'PY'
import socket, subprocess
def ss(*args):
    return subprocess.run(("ss", "-Hn") + args, capture_output=True, text=True).stdout
s = socket.create_server(("127.0.0.1", 0))
port = s.getsockname()[1]
c = socket.create_connection(s.getsockname())
a, _ = s.accept()
c.send(b"x" * 1000)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("127.0.0.1", 0))
x = socket.socket(socket.AF_UNIX); x.bind("\0ss-test"); x.listen(3)
print("listener", ss("-tl", f"sport = :{port}").split()[:4] == ["LISTEN", "0", "128", f"127.0.0.1:{port}"])
print("unread", ss("-t", f"sport = :{port}").split()[:2] == ["ESTAB", "1000"])
print("filter", len(ss("-ta", f"dport = :{port} and src 127.0.0.0/8").splitlines()) == 1)
print("process", "python3" in ss("-tap", f"sport = :{port}"))
print("info", "cubic" in ss("-ti", f"dport = :{port}"))
print("udp", f"127.0.0.1:{u.getsockname()[1]}" in ss("-ua"))
print("unix", "@ss-test" in ss("-xl"))
ss("-K", "dport", "=", f":{port}")
try:
    c.recv(1)
    print("kill", False)
except ConnectionAbortedError:
    print("kill", True)
PY
	is "ss" "listener True unread True filter True process True info True udp True unix True kill True" \
		"$(python3 ss.py 2>&1 | xargs)"
	has "libc" "lo" "$(python3 -c 'import socket; print(socket.if_nameindex())')"
fi
SCRIPT
if need bubblewrap bwrap; then
	expect_match "a machine inside" "inet 127.0.0.1/8 .*0% packet loss" \
		"$(sk bwrap --unshare-all --ro-bind / / sh -c 'ip addr; ping -q -c 1 127.0.0.1' 2>&1 | xargs)"
fi
expect_match "without privilege" "Operation not permitted" "$(sk -u 65534 -- ip link set lo down 2>&1)"
done_testing
