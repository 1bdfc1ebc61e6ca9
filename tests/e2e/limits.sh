# --mem: a machine at its limit goes on, and so do its other processes.
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
