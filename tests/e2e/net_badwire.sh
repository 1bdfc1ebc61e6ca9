# TCP over a bad wire (tests/net/wire.py): whatever it does to frames, data arrive as they were sent,
# both ways, and connections end. With segmentation and checksum offload and without, at other MTUs.
# once
# as: root
# over: host
. "${E2E:-$(dirname "$0")}/lib.sh"

if [ -z "${IN_NETNS:-}" ]; then
	if [ "$(id -u)" != 0 ] || ! unshare -n ip link add v0 type veth peer name v1 2>/dev/null ||
		[ ! -w /dev/net/tun ] || [ "$BACKEND" = native ]; then
		skip net_badwire "needs root, /dev/net/tun, veth and iproute2"
		done_testing
	fi
	IN_NETNS=1 exec unshare -n bash "$0"
fi
need net_badwire python3 || done_testing
cp "$E2E/../net/wire.py" "$E2E/../net/echo.py" .
echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6 2>/dev/null
ip link set lo up

# up FILE N: N servers say that they run.
up() {
	until [ "$(grep -c up "$1")" -ge "$2" ] || ! kill -0 $! 2>/dev/null; do sleep 0.02; done
}

# over NAME PARAMETER...: 1.5 MB (or $bytes) there and back over such a wire
over() {
	local name=$1 out
	shift
	rm -f end
	mkfifo end
	: >wire.up
	python3 wire.py t0 v1 "$@" <end >wire.up 2>wire.counts &
	local wire=$!
	exec 8>end
	up wire.up 1
	out=$(timeout 80 python3 echo.py 10.9.0.2 7200 "${bytes:-1500000}" 2>&1 8>&- 9>&-)
	exec 8>&-
	wait $wire
	if [ "$out" = "the same" ]; then ok "$kind: $name"; else not_ok "$kind: $name" "$out" "$(cat wire.counts)"; fi
}

# machine KIND MTU TUNTAP-OPTIONS...
machine() {
	local mtu=$2
	kind=$1
	shift 2
	ip link add v0 mtu "$mtu" type veth peer name v1 mtu "$mtu"
	ip addr add 10.9.0.1/24 dev v0
	ip tuntap add dev t0 mode tap "$@"
	ip link set t0 mtu "$mtu"
	[ $# != 0 ] || ethtool -K v0 tx off >/dev/null 2>&1
	for d in v0 v1 t0; do ip link set $d up; done
	rm -f hold
	mkfifo hold
	: >guest.up
	sk "${share[@]}" --net "tap:t0,ip=10.9.0.2/24,mtu=$mtu" -- python3 $SHARED/echo.py serve 7200 <hold >guest.up 2>guest.err &
	guest=$!
	exec 9>hold
	up guest.up 1
}
end() {
	exec 9>&-
	wait $guest
	ip link del t0
	ip link del v0
}

all() {
	over "a good wire"
	over "0.1 % lost" loss=0.1
	over "2 % lost" loss=2
	over "reordered" reorder=10
	over "duplicated" dup=10
	over "delayed, with jitter" delay=3 jitter=3
	bytes=300000 over "10 % lost" loss=10
	some
}
# The last ones for a machine.
some() {
	[[ $kind != no* ]] || over "corrupted" corrupt=2
	over "all of it" loss=1 reorder=5 dup=2 corrupt=1 delay=1
	end
}

machine "offloads" 1500 vnet_hdr
all
machine "no offloads" 1500
all
machine "offloads, MTU 9000" 9000 vnet_hdr
some
machine "no offloads, MTU 576" 576
some
done_testing
