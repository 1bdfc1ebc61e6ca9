# --mem, --pids, --files, --disk, --cpus: a machine at its limit goes on, and so do its other processes.
# over: host
# not: native
. "${E2E:-$(dirname "$0")}/lib.sh"

# ---- memory ----
expect_match "free shows the limit" 'Mem: +128 ' "$(sk --mem 128M -- free -m)"
out=$(sk --mem 96M -- sh -c 'sleep 1000 & tail /dev/zero; echo "hog $?"; kill -0 $! && echo other lives; dmesg | grep "Out of memory"' 2>/dev/null)
expect_match "a memory hog is killed, the others live" 'hog 137.other lives.*Killed process .*\(tail\)' "$(echo "$out" | tr '\n' ' ')"
out=$(sk --mem 96M -- sh -c 'dd if=/dev/zero of=/dev/null bs=300M count=1; echo "hog $?"; echo still here' 2>/dev/null)
expect_match "so is one that takes it all at once" 'hog 137.still here' "$(echo "$out" | tr '\n' ' ')"
out=$(sk --mem 96M -- sh -c 'dd if=/dev/zero of=/dev/null bs=2G count=1; echo "hog $?"' 2>&1)
expect_match "far too much is refused at once" 'hog 1$' "$(echo "$out" | tr '\n' ' ' | sed 's/ $//')"
out=$(sk --mem 96M -- sh -c '
echo 1000 >/proc/self/oom_score_adj; sleep 1000 & victim=$!
echo 0 >/proc/self/oom_score_adj
( exec tail /dev/zero ) ; wait $victim; echo "first $?"' 2>/dev/null)
expect_match "oom_score_adj says who is first" 'first 137' "$out"
out=$(sk --mem 64M --tmpfs /t:size=1G -- sh -c '
dd if=/dev/zero of=/t/x bs=1M count=200; /bin/echo still $(stat -c %s /t/x | cut -c1-2); rm /t/x; dd if=/dev/zero of=/t/y bs=1M count=30 && echo again' 2>&1)
expect_match "a full tmpfs gives ENOMEM, and its room back" 'Cannot allocate memory.*still 5[0-9].*again' "$(echo "$out" | tr '\n' ' ')"
expect_status "pid 1 past the limit ends with its machine" 137 sk --mem 64M -- tail /dev/zero 2>/dev/null

# ---- processes ----
out=$(sk --pids 40 -- sh -c '
sleep 1000 & other=$!
bash -c "f() { f | f & }; f; f; sleep 0.2; kill -0 $other && echo other lives" 2>/dev/null
kill -9 -1; exit 0' 2>/dev/null)
expect_match "a fork bomb ends at --pids" 'other lives' "$out"
cat >"$SCRATCH/threads.py" <<'EOF'
import threading, os
e, n = threading.Event(), 0
try:
    while True:
        threading.Thread(target=e.wait, daemon=True).start()
        n += 1
except RuntimeError:
    print("threads", n, flush=True)
os._exit(0)
EOF
if need "limits: threads" python3; then
	expect_match "threads count, too" 'threads 3[0-9]' "$(sk --pids 40 -v "$SCRATCH:/mnt:ro" -- python3 /mnt/threads.py)"
fi

# ---- files ----
cat >"$SCRATCH/hoard.py" <<'EOF'
import os, sys
held = []
try:
    while True:
        held.append(os.open("/etc/passwd", os.O_RDONLY))
except OSError as e:
    print(e.strerror, 80 < len(held) < 100, flush=True)
sys.stdin.read(1)
EOF
if need "limits: files" python3; then
	out=$(sk --files 100 -v "$SCRATCH:/mnt:ro" -- sh -c '
	mkfifo /tmp/p; exec 9<>/tmp/p; python3 /mnt/hoard.py <&9 >/tmp/out & until [ -s /tmp/out ]; do :; done
	(read line </tmp/out) 2>/dev/null || echo "nobody can open"; echo x >&9; wait; cat /tmp/out /proc/sys/fs/file-max')
	expect_eq "a hoarder of files gets ENFILE, and they come back" "nobody can open Too many open files in system True 100" "$(echo $out)"
fi

# ---- disk ----
cat >"$SCRATCH/disk.sh" <<'EOF'
fill() { dd if=/dev/zero of="$1" bs=1M count=100 2>&1 | grep -c 'No space'; }
df -m / | awk 'NR == 2 { print $2, ($3 <= 1) }'
echo "full $(fill /var/big)"
[ "$(stat -c %s /var/big)" -gt 18000000 ] && [ "$(stat -c %s /var/big)" -le 20971520 ] && echo filled
df / | awk 'NR == 2 && $5 == "100%" { print "df says so" }'
cat /bin/bash >>/etc/passwd 2>/dev/null || echo "no copy-up"
rm /var/big
df -m / | awk 'NR == 2 && $3 <= 2 { print "freed" }'
cat /etc/fstab >>/etc/passwd && mkdir /var/new && echo "room again"
EOF
want="20 1 full 1 filled df says so no copy-up freed room again"
expect_eq "--disk over memory" "$want" "$(echo $(sk --disk 20M -v "$SCRATCH:/mnt:ro" -- sh /mnt/disk.sh))"
mkdir "$SCRATCH/ov"
expect_eq "--disk over a directory" "$want" "$(echo $(sk --disk 20M --overlay "$SCRATCH/ov" -v "$SCRATCH:/mnt:ro" -- sh /mnt/disk.sh))"
sk --overlay "$SCRATCH/ov" -- sh -c 'dd if=/dev/zero of=/var/x bs=1M count=10 2>/dev/null; ln /var/x /var/y'
expect_match "what is there counts, once" '^20 1[01]$' "$(sk --disk 20M --overlay "$SCRATCH/ov" -- df -m / | awk 'NR == 2 { print $2, $3 }')"
expect_match "no directory either" 'mkdir.*No space' "$(sk --disk 10M --overlay "$SCRATCH/ov" -- mkdir /var/more 2>&1)"
cat >"$SCRATCH/map.py" <<'EOF'
import mmap
def room(size):
    with open("/var/map%d" % size, "wb+") as f:
        f.truncate(size << 20)
        try:
            mmap.mmap(f.fileno(), size << 20)[:] = b"x" * (size << 20)
            return "mapped"
        except OSError as e:
            return e.strerror
print(room(5), room(500))
EOF
if need "limits: map" python3; then
	expect_eq "a mapping cannot pass it" "mapped No space left on device" "$(sk --disk 20M --overlay "$SCRATCH/ov" -v "$SCRATCH:/mnt:ro" -- python3 /mnt/map.py)"
fi

# ---- CPU time ----
cat >"$SCRATCH/burn.py" <<'EOF'
import os, time
start = time.monotonic()
pids = []
for i in range(3):
    pid = os.fork()
    if not pid:
        while time.monotonic() < start + 1.5:
            pass
        os._exit(0)
    pids.append(pid)
for pid in pids:
    os.waitpid(pid, 0)
t, wall = os.times(), time.monotonic() - start
used = sum(t[:4])
print("within" if used < 0.2 * wall + 0.1 else "beyond", "some" if used > 0.02 else "nothing", used, wall)
EOF
if need "limits: CPU time" python3; then
	expect_match "burners stay within --cpus" '^within some' "$(sk --cpus 0.2 -v "$SCRATCH:/mnt:ro" -- python3 /mnt/burn.py)"
fi
expect_out "and the others get their turn" "0 1 2 3 4" sk --cpus 0.1 -- bash -c '(while :; do :; done) & for i in 0 1 2 3 4; do /bin/echo $i; done | xargs; kill -9 -1'

# ---- idle ----
XDG_RUNTIME_DIR=$SCRATCH "$SKIFF" run -d --name idle "--backend=$BACKEND" --mem 64M --cpus 0.5 -- sh -c 'sleep 1000 & exec sleep 1000' >/dev/null
pid=$(cat "$SCRATCH/skiff/idle/pid")
for try in $(seq 40); do
	before=$(grep ctxt "/proc/$pid/status")
	sleep 0.5
	[ "$before" != "$(grep ctxt "/proc/$pid/status")" ] || break
done
expect_eq "an idle machine is not woken" "$before" "$(grep ctxt "/proc/$pid/status")"
XDG_RUNTIME_DIR=$SCRATCH "$SKIFF" rm -f idle >/dev/null

# ---- figures, and changes while it runs ----
export XDG_RUNTIME_DIR=$SCRATCH
"$SKIFF" run -d --name l1 "--backend=$BACKEND" --mem 64M --pids 50 --disk 20M -- sh -c 'dd if=/dev/zero of=/var/x bs=1M count=5; exec sleep 1000' >/dev/null
expect_match "stats shows memory and limit" 'l1 .*M/64M' "$("$SKIFF" stats)"
if need "limits: JSON" python3; then
	cat >show.py <<'EOF'
import json, sys
m = json.load(sys.stdin)[0]
print(m["limits"]["mem_bytes"] >> 20, m["limits"]["pids"], m["use"]["pids"], m["use"]["disk_bytes"] >> 20, m["use"]["mem_bytes"] > 5 << 20)
EOF
	for from in "inspect l1" "stats --json" "ps --json"; do
		expect_eq "$from: limits and use" "64 50 1 5 True" "$("$SKIFF" $from | python3 show.py)"
	done
fi
expect_status "update" 0 "$SKIFF" update l1 --mem 128M --pids=60
expect_match "the machine sees it" 'Mem: +128 ' "$("$SKIFF" exec l1 free -m)"
expect_status "update: and may use it" 0 "$SKIFF" update l1 --mem 2G
if need "update: more memory" python3; then
	expect_out "update: a process has more than the old limit allowed" 1200 \
		"$SKIFF" exec l1 python3 -c 'b = bytearray(1200 << 20); print(len(b) >> 20)'
fi
expect_eq "less than it uses is refused" "skiff: l1: it uses more memory than that" "$("$SKIFF" update l1 --mem 4M 2>&1)"
expect_eq "--disk cannot be changed" "skiff: l1: --disk cannot be changed while it runs" "$("$SKIFF" update l1 --disk 1G 2>&1)"
expect_eq "update: a bad value" "skiff: bad value for --mem: lots (see: skiff help update)" "$("$SKIFF" update l1 --mem lots 2>&1)"
"$SKIFF" rm -f l1 >/dev/null

# ---- mistakes ----
for bad in "--mem 12x" "--mem 1k" "--pids 0" "--files -5" "--disk 10MB" "--bw fast" "--cpus x" "--cpus 0" "--cpus 0.1.2"; do
	expect_eq "$bad" "skiff: bad value for ${bad% *}: ${bad#* } (see: skiff help run)" "$("$SKIFF" run $bad -- true 2>&1)"
done
expect_eq "--disk with --rw" "skiff: --disk limits the overlay, and --rw has none (see: skiff help run)" "$("$SKIFF" run --disk 1G --rw --root /tmp -- true 2>&1)"
done_testing
