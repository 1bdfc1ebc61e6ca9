# passt: UDP out and in, as any user. In a network namespace of our own where that can be made.
. "${E2E:-$(dirname "$0")}/lib.sh"

if [ -z "${IN_NETNS:-}" ]; then
	if ! command -v passt >/dev/null || ! command -v ip >/dev/null || [ "$BACKEND" = native ] ||
		! unshare -n ip tuntap add dev d0 mode tap 2>/dev/null; then
		skip net_passt "needs passt, iproute2 and a network namespace"
		done_testing
	fi
	IN_NETNS=1 exec unshare -n bash "$0"
fi

# passt wants a way out to copy.
ip link set lo up
ip tuntap add dev d0 mode tap
ip addr add 192.0.2.2/24 dev d0
ip link set d0 up
ip route add default via 192.0.2.1

need net_passt python3 || done_testing
cat >udp.py <<'EOF'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(20)
if sys.argv[1] == "ask":
    s.settimeout(0.3)
    for i in range(60):
        s.sendto(b"hello", (sys.argv[2], int(sys.argv[3])))
        try:
            print(s.recv(100).decode())
            break
        except OSError:
            pass
else:
    s.bind(("0.0.0.0", int(sys.argv[2])))
    print("up", flush=True)
    data, peer = s.recvfrom(100)
    s.sendto(data.upper(), peer)
EOF
python3 udp.py serve 9999 >out &
until grep -q up out; do sleep 0.05; done
expect_eq "out to the host" "HELLO" "$(sk "${share[@]}" --net passt -- python3 $SHARED/udp.py ask 10.0.2.2 9999)"
kill $! 2>/dev/null
sk "${share[@]}" --net passt -p 7777:8888/udp -- python3 $SHARED/udp.py serve 8888 >in &
until grep -q up in; do sleep 0.05; done
expect_eq "in from the host" "HELLO" "$(python3 udp.py ask 127.0.0.1 7777)"
wait
expect_match "-p without passt" "goes with --net passt" "$(sk -p 1:2 -- true 2>&1)"
expect_match "passt is missing" "not installed" "$(PATH=/nonexistent "$SKIFF" run --net passt -- true 2>&1)"
done_testing
