# The life of machines: in the background, exec, attach, logs, stop, kill, pause, restart, rm; and
# what is left when one ends without a word.
# not: native
. "${E2E:-$(dirname "$0")}/lib.sh"

export XDG_RUNTIME_DIR=$SCRATCH/run
mkdir -m 700 "$XDG_RUNTIME_DIR"
run=("$SKIFF" run "--backend=$BACKEND")
[ -z "$ROOT" ] || run+=(--root "$ROOT")
t() { timeout -k 5 30 "$@" </dev/null; }
state() { "$SKIFF" ps -a | awk -v n="$1" '$1 == n { print $2 }'; }
# until_true CMD...: until it succeeds; bounded
until_true() {
	local n=0
	until "$@" >/dev/null 2>&1; do
		n=$((n + 1))
		[ $n -lt 2000 ] || return 1
	done
}

# ---- in the background ----
expect_out "run -d prints the name" one t "${run[@]}" -d --name one --label tier=test -- sleep 1000
expect_eq "it runs" running "$(state one)"
expect_out "ps -q" one t "$SKIFF" ps -q
expect_match "ps --json" '"state": "running"' "$("$SKIFF" ps --json)"
expect_match "inspect" '"tier=test"' "$("$SKIFF" inspect one)"
command -v python3 >/dev/null && expect_status "inspect is JSON" 0 bash -c '"$SKIFF" inspect one | python3 -m json.tool'
expect_status "a name in use is refused" 125 t "${run[@]}" -d --name one -- true
expect_status "an unknown name" 1 t "$SKIFF" stop nobody

# ---- exec ----
expect_out "exec" hello t "$SKIFF" exec one echo hello
expect_status "exec: status" 7 t "$SKIFF" exec one sh -c 'exit 7'
expect_status "exec: a signal" 137 t "$SKIFF" exec one sh -c 'kill -9 $$'
expect_status "exec: not found" 127 t "$SKIFF" exec one nosuchcommand
expect_status "exec: not executable" 126 t "$SKIFF" exec one /etc/passwd
expect_out "exec: stdin" data timeout 30 bash -c 'echo data | "$SKIFF" exec one cat'
expect_out "exec: user, directory, environment" "1000 100 /usr v" \
	t "$SKIFF" exec -u 1000:100 -w /usr -e K=v one sh -c 'echo $(id -u) $(id -g) $(pwd) $K'
expect_out "exec: no parent, and pid 1 is the machine's" "0 sleep" \
	t "$SKIFF" exec one sh -c 'echo $PPID $(cat /proc/1/comm)'
expect_out "exec: a megabyte through" 1048576 bash -c 'head -c 1048576 /dev/zero | "$SKIFF" exec one cat | wc -c'
t "$SKIFF" exec one sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do (exit $i) & done; wait'
expect_out "exec: nothing is left of those" "sleep" \
	t "$SKIFF" exec one sh -c 'for p in /proc/[0-9]*; do [ $p = /proc/$$ ] || echo $(cat $p/comm); done'
pids=()
for i in 1 2 3 4 5 6 7 8; do
	t "$SKIFF" exec one sh -c "exit $i" &
	pids+=($!)
done
sum=0
for p in "${pids[@]}"; do
	wait "$p"
	sum=$((sum + $?))
done
expect_eq "exec: eight at a time" 36 $sum
py=$(command -v python3)
if [ -n "$py" ] && need "exec -t" bash vi less; then
	out=$(timeout -k 5 200 "$py" "${E2E:-$(dirname "$0")}/interactive.py" "$SKIFF" exec one 2>&1)
	rc=$?
	failures=$((failures + $(grep -c '^not ok ' <<<"$out")))
	expect_eq "an interactive session by exec -t" 0 $rc
	grep '^not ok' <<<"$out"
fi

# ---- figures ----
expect_match "top" 'sleep' "$(t "$SKIFF" top one)"
expect_match "stats" 'one +1 ' "$(t "$SKIFF" stats)"

# ---- pause ----
t "${run[@]}" -d --name busy -- sh -c 'while :; do echo x; done' >/dev/null
until_true grep -q x "$XDG_RUNTIME_DIR/skiff/busy/log"
t "$SKIFF" pause busy
expect_eq "paused" paused "$(state busy)"
# Once the freeze is complete the log no longer grows; the kernel still answers.
same() { local a; a=$(stat -c %s "$XDG_RUNTIME_DIR/skiff/busy/log"); t "$SKIFF" top busy >/dev/null; [ "$a" = "$(stat -c %s "$XDG_RUNTIME_DIR/skiff/busy/log")" ]; }
expect_status "pause: nothing runs" 0 until_true same
t "$SKIFF" resume busy
size=$(stat -c %s "$XDG_RUNTIME_DIR/skiff/busy/log")
more() { [ "$(stat -c %s "$XDG_RUNTIME_DIR/skiff/busy/log")" -gt "$size" ]; }
expect_status "resume: it goes on" 0 until_true more
expect_status "kill" 0 t "$SKIFF" kill busy
expect_out "wait prints how it ended" 137 t "$SKIFF" wait busy

# ---- stop ----
expect_status "stop" 0 t "$SKIFF" stop one
expect_out "wait after the end" 143 t "$SKIFF" wait one
t "${run[@]}" -d --name polite -- sh -c 'trap "echo bye; exit 3" TERM; echo up; while :; do sleep 0.1; done' >/dev/null
until_true grep -q up "$XDG_RUNTIME_DIR/skiff/polite/log"
t "$SKIFF" stop polite
expect_out "stop: pid 1 may handle it" 3 t "$SKIFF" wait polite
expect_out "logs" $'up\nbye' t "$SKIFF" logs polite
expect_out "logs -n" bye t "$SKIFF" logs -n 1 polite
t "${run[@]}" -d --name deaf -- sh -c 'trap "" TERM; while :; do sleep 1; done' >/dev/null
expect_status "stop: one that will not is ended" 0 t "$SKIFF" stop -t 0 deaf
expect_eq "stop: it has" "exited" "$(state deaf)"

# ---- a log that grows ----
loud='head -c 40000000 /dev/zero | tr "\\0" x | fold -w 999; exec 3<>/proc/self/fd/1; truncate -s 1G /proc/self/fd/3 && echo longer; echo last'
t "${run[@]}" -d --name loud -- sh -c "$loud" >/dev/null
t "$SKIFF" wait loud >/dev/null
expect_eq "a log keeps its newest part" yes "$([ "$(du -k "$XDG_RUNTIME_DIR/skiff/loud/log" | cut -f 1)" -lt 20000 ] && echo yes)"
expect_out "its end is there" last t "$SKIFF" logs -n 1 loud
t "$SKIFF" logs loud >"$SCRATCH/loud"
expect_eq "and nothing but what was written" yes "$([ "$(wc -c <"$SCRATCH/loud")" -gt 16000000 ] && ! tr -d 'x\n' <"$SCRATCH/loud" | grep -q longer && echo yes)"
expect_eq "no gap is shown" 0 "$(tr -cd '\0' <"$SCRATCH/loud" | wc -c)"
t "$SKIFF" rm loud >/dev/null

# ---- logs -f, attach ----
mkfifo "$SCRATCH/go"
t "${run[@]}" -d --name talk -v "$SCRATCH:/mnt" -- sh -c 'echo first; read x </mnt/go; echo second' >/dev/null 2>&1
t "$SKIFF" logs -f talk >"$SCRATCH/followed" &
follower=$!
until_true grep -q first "$SCRATCH/followed"
t "$SKIFF" kill -s TERM talk
wait $follower
expect_eq "logs -f ends with the machine" first "$(cat "$SCRATCH/followed")"
t "${run[@]}" -d -i --name cat -- cat >/dev/null
expect_out "attach: input and output" typed timeout 30 bash -c 'echo typed | "$SKIFF" attach cat'
t "${run[@]}" -d -t --name term -- sh -c 'tty; read x; echo got $x; exit 4' >/dev/null
timeout 30 bash -c 'echo line | "$SKIFF" attach term' >/dev/null
expect_eq "attach gives its status" 4 $?
expect_match "a terminal's log" 'got line' "$(t "$SKIFF" logs term)"

# ---- restart, rm ----
t "${run[@]}" -d --name again --restart on-failure:2 -- sh -c 'echo life; exit 9' >/dev/null
expect_out "restart: the last status" 9 t "$SKIFF" wait again
expect_eq "restart: three lives" 3 "$(t "$SKIFF" logs again | grep -c life)"
t "${run[@]}" -d --name grown --restart always --mem 64M -- \
	sh -c 'trap "exit 3" USR1; while :; do sleep 0.1; done' >/dev/null
t "$SKIFF" update grown --mem 128M --pids 77 >/dev/null
inspect() { "$SKIFF" inspect grown | tr -d ' \n'; }
lives() { inspect | grep -q "\"restarts\":$1" && t "$SKIFF" exec grown true; }
kill -KILL "$(cat "$XDG_RUNTIME_DIR/skiff/grown/pid")"
expect_status "restart: after skiff itself has died" 0 until_true lives 1
ends() { "$SKIFF" inspect grown | grep -q '"restarts": 2' || { "$SKIFF" kill -s USR1 grown; return 1; }; }
until_true ends
expect_status "restart: after pid 1 has ended" 0 until_true lives 2
expect_match "restart: limits as they were changed" '"mem_bytes":134217728,"pids":77' "$(inspect)"
expect_status "stop: no restart" 0 t "$SKIFF" stop grown
expect_eq "it has ended" exited "$(state grown)"
t "$SKIFF" rm grown
t "${run[@]}" -d --name quick --restart always -- false >/dev/null
waits() { "$SKIFF" inspect quick | grep -q '"restarts": [3-9]' && [ ! -e "$XDG_RUNTIME_DIR/skiff/quick/control" ]; }
expect_status "one that ends soon waits for its next life" 0 until_true waits
expect_status "stop between two lives" 0 t "$SKIFF" stop quick
expect_eq "that was the end" exited "$(state quick)"
t "$SKIFF" rm quick
t "${run[@]}" -d --name quick --restart always -- false >/dev/null
expect_status "rm -f between two lives" 0 until_true waits
expect_out "rm -f says nothing" "" t "$SKIFF" rm -f quick
for i in 1 2 3 4 5 6 7 8; do
	t "${run[@]}" -d --name early -- sleep 1000 >/dev/null 2>&1 &
	begins() { "$SKIFF" ps -q | grep -q early; }
	until_true begins
	t "$SKIFF" rm -f early || echo "$i"
	wait $!
done >"$SCRATCH/early"
expect_eq "rm -f of one that starts" "" "$(cat "$SCRATCH/early")"
expect_status "rm" 0 t "$SKIFF" rm again polite deaf busy one talk cat term
expect_eq "nothing is listed" "" "$(t "$SKIFF" ps -aq)"
t "${run[@]}" -d --rm --name brief -- true >/dev/null
gone() { ! [ -e "$XDG_RUNTIME_DIR/skiff/brief" ]; }
expect_status "--rm" 0 until_true gone
expect_status "a command that is not there" 127 t "${run[@]}" -d --name none -- nosuchcommand
expect_eq "it leaves no machine" "" "$(t "$SKIFF" ps -aq)"

# ---- options ----
expect_status "--read-only" 1 t "${run[@]}" --read-only -- sh -c 'mount -o remount,rw / 2>/dev/null; touch /x 2>/dev/null'
expect_out "--tmpfs" "tmpfs 1" t "${run[@]}" --read-only --tmpfs /opt:size=1m -- \
	sh -c 'touch /opt/x && echo $(stat -f -c %T /opt) $(ls /opt | wc -l)'
printf '# comment\nA=1\n\nB=two words\n' >"$SCRATCH/env"
expect_out "--env-file" "1 two words" t "${run[@]}" --env-file "$SCRATCH/env" -- sh -c 'echo $A $B'

# ---- the second wall ----
confined() { t "${run[@]}" -d --name wall "$@" -- sleep 1000 >/dev/null; "$SKIFF" inspect wall | grep isolation; "$SKIFF" rm -f wall; }
expect_match "skiff itself is confined" 'privilege.*calls' "$(confined)"
if [ "$(id -u)" = 0 ] && unshare -iu true 2>/dev/null; then
	expect_match "root: in namespaces of its own" 'namespaces .ipc, uts.' "$(confined)"
fi
expect_match "--isolation none" '"none"' "$(confined --isolation none)"
expect_eq "with --restart, too" "$(confined)" "$(confined --restart always)"
t "${run[@]}" -d --name wall -- sleep 1000 >/dev/null
expect_match "no new privileges, and a filter" '1 2 ' "$(awk '/^NoNewPrivs|^Seccomp:/ { printf "%s ", $2 }' /proc/"$(cat "$XDG_RUNTIME_DIR/skiff/wall/pid")"/status)"
"$SKIFF" rm -f wall

# ---- UML's management console ----
mc() { HOME=$SCRATCH t uml_mconsole uml "$@"; }
if command -v uml_mconsole >/dev/null; then
	HOME=$SCRATCH t "${run[@]}" -d --name uml -- sleep 1000 >/dev/null
	expect_match "mconsole version" 'Linux .*skiff' "$(mc version)"
	expect_match "mconsole help" 'sysrq' "$(mc help)"
	expect_eq "mconsole proc" "$(t "$SKIFF" exec uml cat /proc/filesystems)" "$(mc proc filesystems | sed 's/^OK *//')"
	mc stop >/dev/null
	expect_eq "mconsole stop" paused "$(state uml)"
	mc go >/dev/null
	expect_eq "mconsole go" running "$(state uml)"
	mc log "a line for the log" >/dev/null
	expect_match "mconsole log" "a line for the log" "$(t "$SKIFF" exec uml dmesg)"
	expect_match "mconsole config vol: not when confined" 'ERR' "$(mc config "vol=$SCRATCH:/opt/vol")"
	expect_match "mconsole sysrq t" 'sleep' "$(mc sysrq t)"
	expect_match "mconsole stack" 'nanosleep' "$(mc stack 1)"
	expect_match "mconsole: unknown" 'ERR' "$(mc frobnicate)"
	pid=$(cat "$XDG_RUNTIME_DIR/skiff/uml/pid")
	mc reboot >/dev/null
	rebooted() { "$SKIFF" inspect uml | grep -q '"restarts": 1' && t "$SKIFF" exec uml true; }
	expect_status "mconsole reboot" 0 until_true rebooted
	expect_eq "in a process of its own" no "$([ "$pid" = "$(cat "$XDG_RUNTIME_DIR/skiff/uml/pid")" ] || echo no)"
	mc halt >/dev/null
	expect_out "mconsole halt" 0 t "$SKIFF" wait uml
	HOME=$SCRATCH t "${run[@]}" -d --isolation none --name uml -- sleep 1000 >/dev/null
	mkdir "$SCRATCH/vol"
	echo there >"$SCRATCH/vol/file"
	mc config "vol=$SCRATCH/vol:/opt/vol:ro" >/dev/null
	expect_out "mconsole config vol" there t "$SKIFF" exec uml cat /opt/vol/file
	expect_status "mconsole config vol: read-only" 1 t "$SKIFF" exec uml touch /opt/vol/x
	mc remove vol=/opt/vol >/dev/null
	expect_status "mconsole remove" 1 t "$SKIFF" exec uml cat /opt/vol/file
	mc halt >/dev/null
	t "$SKIFF" wait uml >/dev/null
	expect_eq "nothing is left in ~/.uml" "" "$(ls "$SCRATCH/.uml")"
	t "$SKIFF" rm uml
else
	skip "mconsole" "no uml_mconsole on the host"
fi

# ---- killed without a word ----
t "${run[@]}" -d --name victim -- sleep 1000 >/dev/null
pid=$(cat "$XDG_RUNTIME_DIR/skiff/victim/pid")
kill -KILL "$pid"
expect_out "wait: its watcher saw it" 137 t "$SKIFF" wait victim
expect_eq "exited" exited "$(state victim)"
t "${run[@]}" -d --name victim -- sleep 1000 >/dev/null
pid=$(cat "$XDG_RUNTIME_DIR/skiff/victim/pid")
kill -KILL "$(cat "$XDG_RUNTIME_DIR/skiff/victim/watcher")"
expect_out "wait: nobody wrote it down" 137 t "$SKIFF" wait victim
expect_eq "dead" dead "$(state victim)"
ended() { ! grep -q "^State:.[^ZX]" "/proc/$pid/status"; }
expect_status "skiff dies with its watcher" 0 until_true ended
"${run[@]}" -- sh -c 'echo up; sleep 1000' </dev/null >"$SCRATCH/fore" 2>&1 &
until_true grep -q up "$SCRATCH/fore"
{ kill -KILL $! && wait $!; } 2>/dev/null
expect_eq "one in the foreground leaves nothing to list" victim "$(t "$SKIFF" ps -aq)"
expect_out "its name may be taken over" victim t "${run[@]}" -d --name victim -- sleep 1000
expect_status "rm refuses one that runs" 1 t "$SKIFF" rm victim
expect_status "rm -f" 0 t "$SKIFF" rm -f victim
expect_eq "no machine is left" "" "$(t "$SKIFF" ps -aq)"
done_testing
