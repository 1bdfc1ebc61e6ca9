# --bw: a link is as slow as it says, both ways.
# as: root
# over: host
. "${E2E:-$(dirname "$0")}/lib.sh"

if [ -z "${IN_NETNS:-}" ]; then
	if ! command -v ip >/dev/null || ! command -v python3 >/dev/null || [ "$BACKEND" = native ] ||
		! unshare -n ip tuntap add dev d0 mode tap 2>/dev/null; then
		skip net_bw "needs python3, iproute2 and a network namespace"
		done_testing
	fi
	IN_NETNS=1 exec unshare -n bash "$0"
fi
ip link set lo up
ip tuntap add dev d0 mode tap
ip addr add 10.77.0.1/24 dev d0
ip link set d0 up

# One side gives as many bytes as the other takes, then they change; the taker says how long it took, in ms.
cat >bw.py <<'EOF'
import socket, sys, time
size = int(sys.argv[2])
def take(s):
    got = 0
    while got < size:
        n = len(s.recv(65536))
        if not n:
            raise SystemExit("cut off")
        got += n
def turn(s, give_first):
    for give in (give_first, not give_first):
        if give:
            s.sendall(b"x" * size)
            s.recv(1)
        else:
            start = time.monotonic()
            take(s)
            s.send(b"k")
            print(int((time.monotonic() - start) * 1000), flush=True)
if sys.argv[1] == "serve":
    l = socket.create_server(("10.77.0.1", 7777))
    print("up", flush=True)
    turn(l.accept()[0], True)
else:
    turn(socket.create_connection(("10.77.0.1", 7777), 20), False)
EOF
python3 bw.py serve 250000 >host &
until grep -q up host; do sleep 0.05; done
in=$(sk --bw 2M "${share[@]}" --net tap:d0,ip=10.77.0.2/24 -- python3 $SHARED/bw.py ask 250000)
wait
out=$(tail -n 1 host)
# 250 KB at 250 KB/s
[ "${in:-0}" -ge 800 ] && [ "$in" -le 10000 ] && ok "in takes its time" || not_ok "in takes its time" "$in ms"
[ "${out:-0}" -ge 800 ] && [ "$out" -le 10000 ] && ok "out takes its time" || not_ok "out takes its time" "$out ms"
done_testing
