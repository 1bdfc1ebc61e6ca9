# A kernel stopped for seconds on the host (SIGSTOP) goes on where it was: interval timers, sleeps, a
# TCP connection, a pipe to a child and waits with a limit all get on afterwards.
# as: root
# over: host
# not: native
. "${E2E:-$(dirname "$0")}/lib.sh"

if ! in_guest python3; then
	skip "a stopped kernel goes on" "no python3"
	done_testing
fi
cat >"$SCRATCH/busy.py" <<'EOP'
import os, signal, socket, subprocess, threading, time
ticks = 0
def tick(sig, frame):
    global ticks
    ticks += 1
signal.signal(signal.SIGALRM, tick)
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
server, _ = listener.accept()
def echo():
    while data := server.recv(65536):
        server.sendall(data)
threading.Thread(target=echo).start()
cat = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
def round_trip(n):
    line = b"%d\n" % n
    client.sendall(line * 2000)
    left = len(line) * 2000
    while left:
        left -= len(client.recv(left))
    cat.stdin.write(line)
    cat.stdin.flush()
    assert cat.stdout.readline() == line
n = 0
while not os.path.exists("resumed"):
    round_trip(n)
    n += 1
    if n == 3:
        open("started", "w").close()
    time.sleep(0.01)
before = ticks
while ticks < before + 5:
    threading.Event().wait(0.01)
    round_trip(n)
client.close()
cat.stdin.close()
cat.wait()
signal.setitimer(signal.ITIMER_REAL, 0)
print("goes on")
EOP
state() { sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null; }
"$SKIFF" run "--backend=$BACKEND" "${share[@]}" -w "$SHARED" -- python3 busy.py >"$SCRATCH/out" 2>&1 </dev/null &
pid=$!
for _ in $(seq 400); do [ -e "$SCRATCH/started" ] && break; sleep 0.05; done
kill -STOP $pid
for _ in $(seq 200); do [ "$(state $pid)" = T ] && break; sleep 0.05; done
expect_eq "the kernel is stopped" T "$(state $pid)"
sleep 3 # the length of the stop: longer than any timer of the guest or of its TCP
kill -CONT $pid
: >"$SCRATCH/resumed"
for _ in $(seq 600); do kill -0 $pid 2>/dev/null || break; sleep 0.05; done
kill -KILL $pid 2>/dev/null && not_ok "the machine ends" "$(cat "$SCRATCH/out")"
wait $pid
expect_eq "and goes on as if nothing had been" "0 goes on" "$? $(cat "$SCRATCH/out")"
done_testing
