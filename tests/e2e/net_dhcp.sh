# DHCP against Debian's dnsmasq in a network namespace of our own: the built-in client, dhclient, busybox udhcpc.
# as: root
# over: host
# once
. "${E2E:-$(dirname "$0")}/lib.sh"

if [ -z "${IN_NETNS:-}" ]; then
	if [ "$(id -u)" != 0 ] || ! unshare -n true 2>/dev/null || [ ! -w /dev/net/tun ] ||
		! command -v ip >/dev/null || ! command -v dnsmasq >/dev/null || [ "$BACKEND" = native ]; then
		skip net_dhcp "needs root, /dev/net/tun, iproute2 and dnsmasq"
		done_testing
	fi
	IN_NETNS=1 exec unshare -n bash "$0"
fi

ip link set lo up
ip tuntap add dev tap0 mode tap vnet_hdr
ip addr add 10.9.0.1/24 dev tap0
ip link set tap0 up
link=tap:tap0,mac=02:00:00:00:00:02

expect_match "without a server" "no answer from a DHCP server yet" \
	"$(sk --net "$link,ip=dhcp" -- true 2>&1)"

dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --user=root --pid-file= --interface=tap0 \
	--bind-interfaces --no-ping --dhcp-authoritative --dhcp-range=10.9.0.50,10.9.0.60,255.255.255.0,2m \
	--dhcp-leasefile="$SCRATCH/leases" --domain=example.net --address=/name.example.net/10.9.0.77 \
	--dhcp-option=option:mtu,1400 >dnsmasq.log 2>&1 &
server=$!
trap 'kill $server 2>/dev/null' EXIT
until grep -q 'DHCP, IP range' dnsmasq.log || ! kill -0 $server; do sleep 0.05; done

need net_dhcp ping ip || done_testing
guest_script net_dhcp --net "$link,ip=dhcp" <<'END'
has "address" 'inet 10\.9\.0\.(5[0-9]|60)/24 brd 10\.9\.0\.255 scope global dynamic eth0' "$(ip addr show dev eth0)"
has "route" '^default via 10\.9\.0\.1 dev eth0 proto dhcp' "$(ip route)"
is "resolv.conf" "search example.net nameserver 10.9.0.1" "$(xargs </etc/resolv.conf)"
has "mtu" 'mtu 1400' "$(ip link show dev eth0)"
check "ping" ping -q -c 1 -W 5 10.9.0.1
if command -v python3 >/dev/null; then
	runs "the name server answers" 10.9.0.77 python3 -c 'import socket; print(socket.gethostbyname("name"))'
fi
END
expect_match "the server knows its client's name" "DHCPACK\(tap0\) 10.9.0.[0-9]+ 02:00:00:00:00:02 skiff" "$(cat dnsmasq.log)"
expect_match "released at the end" "DHCPRELEASE\(tap0\) 10.9.0.[0-9]+ 02:00:00:00:00:02" "$(cat dnsmasq.log)"

if in_guest dhclient && in_guest ip; then
	guest_script dhclient --net "$link" <<'END'
check "dhclient" timeout 40 dhclient -1 -v -lf "$PWD/leases" -pf "$PWD/pid" eth0
has "its address" 'inet 10\.9\.0\.(5[0-9]|60)/24' "$(ip addr show dev eth0)"
check "ping" ping -q -c 1 -W 5 10.9.0.1
kill $(cat pid)
END
else
	skip dhclient "no dhclient in ${ROOT:-/}"
fi

if in_guest busybox; then
	guest_script udhcpc --net "$link" <<'END'
printf '#!/bin/sh\n[ $1 != bound ] || ip addr add $ip/$mask dev $interface\n' >script
chmod +x script
check "udhcpc" timeout 40 busybox udhcpc -i eth0 -n -q -s "$PWD/script"
check "ping" ping -q -c 1 -W 5 10.9.0.1
END
else
	skip udhcpc "no busybox in ${ROOT:-/}"
fi
done_testing
