# However a machine ends, nothing of it stays on the host: no process, mount, file or socket.
# not: native
. "${E2E:-$(dirname "$0")}/lib.sh"

# Every process below pid $1.
descendants() {
	local c
	for c in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
		echo "$c"
		descendants "$c"
	done
}

# Waits until the processes are gone: bounded by the script's own time limit.
gone() {
	local p tries=0
	for p in "$@"; do
		while [ -e "/proc/$p" ] && [ "$(cut -d' ' -f3 "/proc/$p/stat" 2>/dev/null)" != Z ]; do
			tries=$((tries + 1))
			[ $tries -lt 20000 ] || return 1
		done
	done
}

# A busy machine: several processes, threads, sockets, a mount; it says "up" when it is there.
busy='mkdir -p /tmp/m && mount -t tmpfs none /tmp/m; mkfifo /tmp/f; sleep 1000 & (trap "" TERM INT HUP; sleep 1000) &
(while :; do :; done) & setsid sleep 1000 & cat /tmp/f & echo up; wait'

snapshot() {
	cat /proc/self/mountinfo | sort >"$SCRATCH/$1.mounts"
	ls -A /tmp /var/tmp /dev/shm /run 2>/dev/null | grep -i skiff | grep -v '^skiff-e2e\.' >"$SCRATCH/$1.files"
	grep -ai skiff /proc/net/unix >"$SCRATCH/$1.sockets"
}

# ending NAME WANT-STATUS CMD...: starts a busy machine, does CMD with $pid set, checks what is left
ending() {
	local name=$1 want=$2 line rc all pid
	shift 2
	snapshot before
	exec 5< <(exec timeout -k 5 60 "$SKIFF" run "--backend=$BACKEND" ${ROOT:+--root "$ROOT"} ${opts:-} -- bash -c "${script:-$busy}" 2>&1 <"${input:-/dev/null}" & echo "pid $!"; wait $!; echo "status $?")
	read -r line <&5
	pid=${line#pid }
	while read -r -t 30 line <&5; do
		[ "$line" = up ] && break
	done
	pid=$(cat /proc/"${pid:-0}"/task/*/children 2>/dev/null) # timeout's child
	pid=${pid%% *}
	all=$(descendants "${pid:-0}")
	if [ "$line" != up ] || [ -z "$all" ]; then
		not_ok "$name" "the machine did not come up: $line"
		exec 5<&-
		return
	fi
	"$@"
	while read -r -t 30 line <&5; do
		case $line in status*) break ;; esac
	done
	rc=${line#status }
	if [[ $rc =~ ^($want)$ ]]; then ok "$name: status"; else not_ok "$name: status" "want $want, got $rc"; fi
	if gone $pid $all; then ok "$name: no process is left"; else not_ok "$name: no process is left" "$(for p in $pid $all; do [ -e /proc/$p ] && echo "$p $(tr '\0' ' ' </proc/$p/cmdline) $(cut -d' ' -f3 /proc/$p/stat)"; done)"; fi
	snapshot after
	for what in mounts files sockets; do
		if cmp -s "$SCRATCH/before.$what" "$SCRATCH/after.$what"; then
			ok "$name: $what are as before"
		else
			not_ok "$name: $what are as before" "$(diff "$SCRATCH/before.$what" "$SCRATCH/after.$what")"
		fi
	done
	exec 5<&-
}

ending "SIGTERM" '143|0' eval 'kill -TERM $pid'
ending "SIGINT" '130|0' eval 'kill -INT $pid'
ending "SIGHUP" '129|0' eval 'kill -HUP $pid'
ending "SIGKILL" '137' eval 'kill -KILL $pid'
mkfifo "$SCRATCH/in"
exec 6<>"$SCRATCH/in"
script="${busy%wait}read x; exit 5" input=$SCRATCH/in
ending "exit of pid 1" 5 eval 'echo go >&6'
opts=--init
ending "exit of CMD below init" 5 eval 'echo go >&6'
script="${busy%wait}read x; kill -KILL \$\$" opts=--init
ending "death of CMD below init" 137 eval 'echo go >&6'
unset script input opts

exec 6>&-

# ---- under ptrace: the processes that hand over descriptors are killed, one and then the other ----
# As root, who sees which they are.
if [ "$BACKEND" = ptrace ] && [ "$(id -u)" = 0 ]; then
	donors() { # those of skiff's children that run skiff itself
		local c
		for c in $(cat /proc/"$1"/task/*/children); do
			[ "$(stat -Lc %d:%i /proc/"$c"/exe)" = "$(stat -Lc %d:%i /proc/"$1"/exe)" ] && echo "$c"
		done
	}
	mkfifo "$SCRATCH/orders"
	"$SKIFF" run --backend=ptrace --net none ${ROOT:+--root "$ROOT"} -- sh <"$SCRATCH/orders" >"$SCRATCH/out" 2>"$SCRATCH/err" &
	pid=$!
	exec 5>"$SCRATCH/orders"
	echo '/bin/echo up' >&5
	for _ in $(seq 400); do grep -q up "$SCRATCH/out" && break; sleep 0.05; done
	read -r first second rest < <(donors $pid | xargs)
	expect_match "a donor and a spare" '^[0-9]+ [0-9]+ $' "$first $second $rest"
	kill -KILL "$first"
	gone "$first"
	echo '/bin/echo again' >&5
	for _ in $(seq 400); do grep -q again "$SCRATCH/out" && break; sleep 0.05; done
	expect_eq "the spare takes over" "up again" "$(xargs <"$SCRATCH/out")"
	kill -KILL "$second"
	for _ in $(seq 400); do kill -0 $pid 2>/dev/null || break; sleep 0.05; done
	kill -KILL $pid 2>/dev/null
	wait $pid
	expect_eq "without any the machine ends" 70 $?
	expect_match "and says why" 'killed the processes that hand over descriptors' "$(cat "$SCRATCH/err")"
	exec 5>&-
fi
done_testing
