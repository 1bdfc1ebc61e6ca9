# Many connections, and a capture: 10 000 on the loopback, 1 000 each way across a TAP device, after
# which nothing may be in use any more; apt from a mirror; tshark on what passed.
# once
# as: root
# over: host
. "${E2E:-$(dirname "$0")}/lib.sh"

if [ -z "${IN_NETNS:-}" ]; then
	if [ "$(id -u)" != 0 ] || ! unshare -n true 2>/dev/null || [ ! -w /dev/net/tun ] ||
		! command -v ip >/dev/null || [ "$BACKEND" = native ]; then
		skip net_many "needs root, /dev/net/tun and iproute2"
		done_testing
	fi
	IN_NETNS=1 exec unshare -n bash "$0"
fi
need net_many python3 || done_testing

ip link set lo up
ip tuntap add dev tap0 mode tap vnet_hdr
ip addr add 10.9.0.1/24 dev tap0
ip -6 addr add fd09::1/64 dev tap0 nodad
ip link set tap0 up
link=tap:tap0,ip=10.9.0.2/24,gw=10.9.0.1,ip=fd09::2/64
cp "$E2E/../net/connections.py" .

# Nothing in use but TIME_WAITs, which the side that closed first keeps for a minute.
usage='sed -n "s/tw [0-9]*/tw -/;s/^TCP: //p" /proc/net/sockstat'
unused="inuse 0 orphan 0 tw - alloc 0 mem 0"
expect_eq "10 000 on the loopback" $'10000 connections\n'"$unused" \
	"$(sk "${share[@]}" -- bash -c "python3 $SHARED/connections.py loopback 10000; $usage" 2>&1)"

python3 connections.py serve 7101 1000 >up &
until grep -q up up || ! kill -0 $! 2>/dev/null; do sleep 0.05; done
expect_eq "1 000 to the host" $'1000 connections\n'"$unused" \
	"$(sk "${share[@]}" --net "$link" -- bash -c "python3 $SHARED/connections.py connect 10.9.0.1 7101 1000; $usage" 2>&1)"
wait
sk "${share[@]}" --net "$link" -- bash -c "python3 $SHARED/connections.py serve 7102 1000; $usage" >up 2>&1 &
until grep -q up up || ! kill -0 $! 2>/dev/null; do sleep 0.05; done
expect_eq "1 000 from the host" "1000 connections" "$(python3 connections.py connect 10.9.0.2 7102 1000 2>&1)"
wait
expect_eq "and nothing is left in use" $'up\n'"$unused" "$(cat up)"

# ---- apt-get update, from a directory served over HTTP ----

if in_guest apt-get && command -v python3 >/dev/null; then
	mkdir -p mirror www
	printf 'Package: far-away\nVersion: 1.2-3\nArchitecture: all\nMaintainer: Nobody <n@example>\nFilename: ./f.deb\nSize: 4\nSHA256: %064d\nDescription: from afar\n' 0 >mirror/Packages
	xz -k mirror/Packages
	head -c 3000000 /dev/urandom >www/big
	python3 -m http.server -d . 8080 >/dev/null 2>&1 &
	server=$!
	until (: <>/dev/tcp/127.0.0.1/8080) 2>/dev/null; do sleep 0.05; done
	cat >apt.sh <<'END'
d=$(mktemp -d)
mkdir -p $d/lists/partial $d/cache/archives/partial
echo "deb [trusted=yes] http://10.9.0.1:8080/mirror ./" >$d/sources
o=(-o Dir::Etc::SourceList=$d/sources -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists=$d/lists
	-o Dir::Cache=$d/cache -o APT::Sandbox::User=root -o Acquire::Retries=0)
apt-get "${o[@]}" -qq update 2>&1 | grep '^E:'
apt-cache "${o[@]}" show far-away | grep -E '^(Package|Version)' | xargs
END
	expect_eq "apt-get update" "Package: far-away Version: 1.2-3" \
		"$(sk "${share[@]}" --net "$link" -- bash $SHARED/apt.sh 2>/dev/null)"
	kill $server
	wait $server
else
	skip "apt-get update" "no apt-get"
fi

# ---- a capture ----

if command -v tshark >/dev/null && in_guest ping; then
	head -c 3000000 /dev/urandom >big
	cat >echo.py <<'END'
import socket, threading
def tcp(family, host):
    l = socket.create_server((host, 7103), family=family)
    print("up", flush=True)
    s = l.accept()[0]
    n = 0
    while data := s.recv(65536):
        s.sendall(data)
threads = [threading.Thread(target=tcp, args=a) for a in ((socket.AF_INET, "10.9.0.1"), (socket.AF_INET6, "fd09::1"))]
for t in threads: t.start()
for t in threads: t.join()
END
	cat >talk.py <<'END'
import socket, sys, threading
data = open(sys.argv[1] + "/big", "rb").read()
for host in ("10.9.0.1", "fd09::1"):
    s = socket.create_connection((host, 7103))
    def send(s=s):
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
    t = threading.Thread(target=send)
    t.start()
    back = bytearray()
    while got := s.recv(65536):
        back += got
    t.join()
    assert back == data, host
    u = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    for n in (0, 1, 100, 1472, 5000, 60000):
        u.sendto(data[:n], (host, 7104))
print("as sent")
END
	python3 echo.py >up &
	until [ "$(grep -o up up | wc -l)" = 2 ] || ! kill -0 $! 2>/dev/null; do sleep 0.05; done
	expect_eq "data there and back" "as sent" \
		"$(sk "${share[@]}" --net "$link" --pcap net.pcap -- sh -c "ping -q -c 1 -s 20000 10.9.0.1 >/dev/null; ping -q -c 1 -s 3000 fd09::1 >/dev/null; python3 $SHARED/talk.py $SHARED" 2>&1)"
	wait
	# Errors quote what the host got, a checksum that its hardware would have completed.
	bad='!(icmp.type == 3 || icmpv6.type == 1) && (_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0 || icmpv6.checksum.status == 0)'
	expect_eq "tshark finds nothing wrong" "" "$(HOME=$SCRATCH tshark -n -r net.pcap -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \
		-o udp.check_checksum:TRUE -Y "$bad" 2>"$SCRATCH/tshark" | head -n 5; grep -v 'Running as user' "$SCRATCH/tshark" | head -n 5)"
	expect_match "and sees all of it" "^[1-9]" "$(HOME=$SCRATCH tshark -n -r net.pcap -Y 'tcp.len > 0 && ipv6' 2>/dev/null | wc -l)"
else
	skip "a capture" "no tshark or ping"
fi
done_testing
