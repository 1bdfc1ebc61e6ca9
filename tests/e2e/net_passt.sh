# passt: UDP out and in, as any user. In a network namespace of our own where that can be made.
. "${E2E:-$(dirname "$0")}/lib.sh"

# Something with an address to go out by, which passt wants to copy.
outside() {
	ip link add d0 type veth peer name d1 2>/dev/null || ip link add d0 type dummy 2>/dev/null ||
		ip tuntap add dev d0 mode tap 2>/dev/null
}

if [ -z "${IN_NETNS:-}" ]; then
	own=(unshare -n)
	[ "$(id -u)" = 0 ] || own=(unshare -Urn)
	if ! command -v passt >/dev/null || ! command -v ip >/dev/null || [ "$BACKEND" = native ] ||
		! "${own[@]}" bash -c "$(declare -f outside); outside"; then
		skip net_passt "needs passt, iproute2 and a network namespace"
		done_testing
	fi
	IN_NETNS=1 exec "${own[@]}" bash "$0"
fi

outside
ip link set lo up
ip link set d1 up 2>/dev/null
ip addr add 192.0.2.2/24 dev d0
ip link set d0 up
ip route add default via 192.0.2.1

need net_passt python3 || done_testing
cat >udp.py <<'EOF'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if sys.argv[1] == "ask":
    s.settimeout(0.3)
    for i in range(100):
        s.sendto(b"hello", (sys.argv[2], int(sys.argv[3])))
        try:
            print(s.recv(100).decode())
            break
        except OSError:
            pass
else:
    s.bind(("0.0.0.0", int(sys.argv[2])))
    print("up", flush=True)
    # "once": the answer is the last thing this process, and maybe its machine, does.
    while True:
        data, peer = s.recvfrom(100)
        s.sendto(data.upper(), peer)
        if sys.argv[3:] == ["once"]:
            break
EOF
# up FILE: waits until the server that writes there is bound (or its machine has ended).
up() {
	until grep -q up "$1" || ! kill -0 $! 2>/dev/null; do sleep 0.05; done
}
python3 udp.py serve 9999 >out &
server=$!
up out
expect_eq "out to the host" "HELLO" "$(sk "${share[@]}" --net passt -- python3 $SHARED/udp.py ask 10.0.2.2 9999)"
cat >refused.py <<'EOF'
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=30)
except OSError as e:
    print(e.strerror or e)
EOF
expect_eq "a port where nobody listens" "Connection refused" "$(sk "${share[@]}" --net passt -- python3 $SHARED/refused.py 10.0.2.2 9998)"
expect_eq "out by the default link" "HELLO" "$(sk "${share[@]}" -- python3 $SHARED/udp.py ask 192.0.2.2 9999)"
expect_eq "--net none" "lo" "$(sk --net none -- sh -c 'cut -s -d: -f1 /proc/net/dev' | tr -d ' ')"

# The default link's passt: a process of skiff's own until the guest sends something.
passt_program() {
	local pid
	for pid in $(pgrep -x 'passt(\.avx2)?'); do
		[ "$(readlink "/proc/$pid/ns/net")" = "$(readlink /proc/self/ns/net)" ] &&
			readlink "/proc/$pid/exe" | sed 's,.*/,,; s/\..*//'
	done
}
sk "${share[@]}" -- sh -c "echo up; until [ -e $SHARED/go ]; do sleep 0.05; done
	python3 $SHARED/udp.py ask 192.0.2.2 9999; until [ -e $SHARED/end ]; do sleep 0.05; done" >lazy &
machine=$!
up lazy
expect_eq "default link, not used" "$(basename "$SKIFF")" "$(passt_program)"
touch go
until grep -q HELLO lazy || ! kill -0 $machine 2>/dev/null; do sleep 0.05; done
expect_eq "default link, used" "passt" "$(passt_program)"
touch end
wait $machine
kill $server
wait $server
sk "${share[@]}" --net passt -p 7777:8888/udp -- python3 $SHARED/udp.py serve 8888 once >in &
up in
expect_eq "in from the host, an answer as the machine ends" "HELLO" "$(python3 udp.py ask 127.0.0.1 7777)"
wait $!
# Each life opens its links anew; -p leads into the next one.
export XDG_RUNTIME_DIR=$PWD/run
mkdir -m 700 run
root=()
[ -z "$ROOT" ] || root=(--root "$ROOT")
"$SKIFF" run -d --name lives "${root[@]}" "${share[@]}" --restart always --backend="$BACKEND" --net passt -p 7779:8888/udp -- \
	python3 $SHARED/udp.py serve 8888 once >/dev/null
expect_eq "--restart: the first life answers" "HELLO" "$(python3 udp.py ask 127.0.0.1 7779)"
expect_eq "--restart: the second life answers" "HELLO" "$(python3 udp.py ask 127.0.0.1 7779)"
"$SKIFF" rm -f lives
# Nothing is left of a machine that is killed, and what reads its output sees the end.
{
	echo "machine $BASHPID"
	exec "$SKIFF" run --backend="$BACKEND" "${root[@]}" --net passt -p 7778:8888/udp -- sh -c 'echo up; sleep 60'
} 2>&1 | tee killed >/dev/null &
up killed
machine=$(sed -n 's/^machine //p' killed)
passt=$(pgrep -P "$machine" passt)
kill -KILL "$machine"
wait $!
for i in {1..200}; do
	[ -d "/proc/$passt" ] || break
	sleep 0.05
done
expect_status "no passt is left of a machine that was killed" 1 test -z "$passt" -o -d "/proc/$passt"

# A host with IPv6 alone: passt does not wait for a first packet, which could have no source.
ip -6 addr add 2001:db8:1::2/64 dev d0 nodad
ip addr del 192.0.2.2/24 dev d0
ip -6 route add default via 2001:db8:1::1 dev d0
cat >six.py <<'EOF'
import socket, sys, time
def wait_for(what):
    for i in range(600):
        if what():
            return True
        time.sleep(0.05)
# Usable and of the network out there: it comes once it is known to be nobody else's.
def has_address():
    for line in open("/proc/net/if_inet6"):
        if line.startswith("20010db80001") and not int(line.split()[4], 16) & 0x48:
            return True
if sys.argv[1] == "serve":
    listener = socket.create_server(("::", 9997), family=socket.AF_INET6)
    print("up", flush=True)
    listener.accept()[0].sendall(b"hello")
elif wait_for(has_address):
    s = socket.create_connection(("2001:db8:1::2", 9997), timeout=30)
    print(s.recv(10).decode(), "for", s.getsockname()[0][:11])
EOF
python3 six.py serve >six &
server=$!
up six
expect_eq "out by the default link, IPv6 alone" "hello for 2001:db8:1:" "$(sk "${share[@]}" -- python3 $SHARED/six.py ask 2>&1)"
kill $server 2>/dev/null
wait $server
expect_match "-p without passt" "goes with --net passt" "$(sk --net none -p 1:2 -- true 2>&1)"
expect_match "passt is missing" "not installed" "$(PATH=/nonexistent "$SKIFF" run --net passt -- true 2>&1)"
done_testing
