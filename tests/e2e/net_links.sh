# Links of every kind and what becomes of them: inherited descriptors, several at once, an address
# that somebody else has, no permission, and links that go away under a machine that runs.
# once
# as: root
# over: host
. "${E2E:-$(dirname "$0")}/lib.sh"

if [ -z "${IN_NETNS:-}" ]; then
	if [ "$(id -u)" != 0 ] || ! unshare -n ip link add v0 type veth peer name v1 2>/dev/null ||
		[ ! -w /dev/net/tun ] || [ "$BACKEND" = native ]; then
		skip net_links "needs root, /dev/net/tun, veth and iproute2"
		done_testing
	fi
	IN_NETNS=1 exec unshare -n bash "$0"
fi
need net_links ping ip || done_testing
command -v python3 >/dev/null || { skip net_links "no python3" && done_testing; }

ip link set lo up
for n in 0 1; do
	ip tuntap add dev tap$n mode tap vnet_hdr
	ip addr add 10.9.$n.1/24 dev tap$n
	ip -6 addr add fd0$n::1/64 dev tap$n nodad
	ip link set tap$n up
done

# ---- descriptors ----

# with KIND CMD...: CMD with descriptor 7 a TAP (vnet or plain: its header) or a packet socket on v1
cat >with.py <<'EOF'
import fcntl, os, socket, struct, sys
kind = sys.argv[1]
if kind == "packet":
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind(("v1", 3))
    fd = s.fileno()
else:
    fd = os.open("/dev/net/tun", os.O_RDWR)
    flags = 0x0002 | 0x1000 | (0x4000 if kind == "vnet" else 0)
    fcntl.ioctl(fd, 0x400454ca, struct.pack("16sH22x", b"tapfd", flags))
    os.system("ip addr add 10.9.7.1/24 dev tapfd; ip link set tapfd up")
os.dup2(fd, 7, inheritable=True)
os.execvp(sys.argv[2], sys.argv[2:])
EOF
with() {
	local kind=$1
	shift
	timeout 60 python3 with.py "$kind" "$SKIFF" run --backend="$BACKEND" --net fd:7,ip=10.9.7.2/24 "$@" 2>&1
}
got="ping -q -c 1 -W 5 -s 9000 10.9.7.1 >/dev/null && echo answered; ls /proc/self/fd | wc -w"
expect_eq "an inherited TAP" "answered 4" "$(with plain -- bash -c "$got" | xargs)"
expect_eq "an inherited TAP with offloads" "answered 4" "$(with vnet -- bash -c "$got" | xargs)"
ip link add v0 type veth peer name v1
ip addr add 10.9.7.1/24 dev v0
ip link set v0 up
ip link set v1 up
expect_eq "an inherited packet socket" "answered 4" "$(with packet -- bash -c "$got" | xargs)"
ip link del v0

# ---- several ----

one=tap:tap0,ip=10.9.0.2/24,ip=fd00::2/64,gw=10.9.0.1 two=tap:tap1,ip=10.9.1.2/24,ip=fd01::2/64
expect_eq "two links, a way by each" "eth0 eth1 10.9.0.1 10.9.1.1 fd00::1 fd01::1 via eth0" \
	"$(sk --net "$one" --net "$two" -- bash -c 'ls /sys/class/net | grep eth
		for a in 10.9.0.1 10.9.1.1 fd00::1 fd01::1; do ping -q -c 1 -W 5 $a >/dev/null && echo $a; done
		ip route get 192.0.2.1 | grep -o "eth[01]" | sed "s/^/via /"' | xargs)"
expect_eq "the one in the middle does not forward" "" \
	"$(ping -c 1 -W 1 -I tap0 10.9.1.2 2>&1 | grep -o 'bytes from')"

# ---- somebody else has the address ----

for a in 10.9.0.1/24 fd00::1/64; do
	expect_eq "a clash is said in one line: $a" \
		"skiff: eth0: somebody else on the link has ${a%/*} already (choose another ip=)" \
		"$(sk --net "tap:tap0,ip=$a" -- bash -c 'for i in {1..400}; do dmesg | grep -q "uses our address" && break; sleep 0.02; done' 2>&1)"
done
expect_eq "and nothing where there is none" "" "$(sk --net "$one" -- ping -q -c 1 -W 5 10.9.0.1 2>&1 >/dev/null)"

# ---- not allowed, not there ----

if command -v setpriv >/dev/null; then
	nobody="exec setpriv --reuid=65534 --regid=65534 --clear-groups $SKIFF run --net tap"
	ip tuntap add dev others mode tap user 1
	expect_eq "a TAP of somebody else's" \
		"skiff: --net tap:others: may not create or use it (as root: scripts/net-setup, or use --net passt)" \
		"$(unshare -m bash -c 'mount -t tmpfs -o mode=755 none /dev/net && mknod -m 666 /dev/net/tun c 10 200 &&
			chmod 666 /dev/net/tun && '"$nobody:others -- true" 2>&1)"
	expect_eq "no permission on /dev/net/tun" \
		"skiff: --net tap:tap0: no permission on /dev/net/tun (use --net passt)" \
		"$(unshare -m bash -c 'mount -t tmpfs -o mode=755 none /dev/net && mknod -m 600 /dev/net/tun c 10 200 &&
			'"$nobody:tap0 -- true" 2>&1)"
fi
expect_eq "no /dev/net/tun" "skiff: --net tap:tap0: no /dev/net/tun here (modprobe tun, or use --net passt)" \
	"$(unshare -m bash -c 'mount -t tmpfs none /dev/net && exec "$0" run --net tap:tap0 -- true' "$SKIFF" 2>&1)"
expect_eq "no passt" "skiff: --net passt: passt is not installed (apt-get install passt, or use --net none)" \
	"$(PATH=/nonexistent "$SKIFF" run --net passt -- true 2>&1)"
expect_eq "a device that is no TAP" "skiff: --net tap:lo: exists and is not a single-queue TAP device" \
	"$(sk --net tap:lo -- true 2>&1)"

# ---- links that go away ----

# watch LINK END: a machine that waits for its eth0 to lose the carrier, and what it then says
cat >watch.sh <<'END_WATCH'
echo up
until [ "$(cat /sys/class/net/eth0/carrier)" = 0 ]; do sleep 0.02; done
ip -o link show eth0 | grep -o 'NO-CARRIER'
ping -q -c 1 -W 1 127.0.0.1 >/dev/null && echo lives
END_WATCH
lost() {
	local name=$1 link=$2 how=$3
	: >said
	sk "${share[@]}" --net "$link" -- bash $SHARED/watch.sh >said 2>err &
	local machine=$!
	until grep -q up said || ! kill -0 $machine 2>/dev/null; do sleep 0.02; done
	eval "$how"
	wait $machine
	expect_eq "$name" "0 up NO-CARRIER lives" "$? $(xargs <said)"
}
lost "a TAP is deleted" "$one" 'ip link del tap0'
if command -v passt >/dev/null; then
	passt=$SCRATCH/passt.socket
	ip route add default via 10.9.1.9
	chmod 777 .
	passt -q -f -s "$passt" >passt.log 2>&1 &
	pid=$!
	until [ -S "$passt" ] || ! kill -0 $pid 2>/dev/null; do sleep 0.02; done
	lost "passt dies" "passt:$passt,ip=10.9.1.7/24" 'kill -KILL $pid; wait $pid 2>/dev/null'
	expect_match "which is said" "passt has ended" "$(cat err)"
fi
done_testing
