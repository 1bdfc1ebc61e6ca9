# The kernel under gdb: breakpoints, watchpoints, interrupts, long stops, attach and detach, a core
# of skiff, and the sk-* commands of scripts/gdb/.
# as: root
# over: host
# not: native
. "${E2E:-$(dirname "$0")}/lib.sh"

scripts=${GDB_SCRIPTS:-$PWD/scripts/gdb}
here=${E2E:-$(dirname "$0")}
if ! command -v gdb >/dev/null; then
	skip "the kernel under gdb" "no gdb on the host"
	done_testing
fi
if ! gdb -nx -batch -ex 'python print(1)' 2>/dev/null | grep -q 1; then
	skip "the kernel under gdb" "this gdb has no python"
	done_testing
fi
export DEBUGINFOD_URLS=

# under_gdb NAME CMD...: skiff run CMD under gdb with the commands of gdb/NAME.gdb; output of both
under_gdb() {
	local file=$here/gdb/$1.gdb
	shift
	timeout -k 5 60 gdb -nx -batch -ex 'set pagination off' -ex 'set confirm off' -ex "source $scripts/skiff.py" \
		-x "$file" --args "$SKIFF" run "--backend=$BACKEND" "${share[@]}" -- "$@" 2>&1 </dev/null
}

# ---- breakpoint, arguments, watchpoint, continue to the end ----
out=$(under_gdb look sh -c 'cat /etc/passwd >/dev/null; cat /dev/null; echo guest-done; exit 3')
expect_match "a breakpoint in sys_openat is hit" 'Breakpoint 1[.0-9]*, .*sys_openat' "$out"
expect_match "its arguments are readable" 'name = 0x[0-9a-f]+ "/[^"]+"' "$out"
expect_match "sk-ps shows the tree" $'\n +1 +1  sh .*in wait4\\(.*sleeps in [a-z_]+\n +2 +2    cat running in openat' "$out"
expect_match "sk-bt unwinds a sleeping coroutine" '#[0-9]+ .*sched_sleep_in \(where=.*#[0-9]+ .*sys_wait4 \(pid=-1.*#[0-9]+ .*coro_main' "$out"
expect_match "sk-in runs a command there" 'in (os_coro_yield|sched_sleep_in)' "$out"
expect_match "sk-task shows descriptors" 'descriptors.* 0 r ' "$out"
expect_match "sk-mounts shows the tree" 'overlay on / type overlay.*proc on /proc type proc' "$out"
expect_match "sk-files counts" '[0-9]+ open files' "$out"
expect_match "sk-net counts" '[0-9]+ sockets' "$out"
expect_match "sk-dmesg shows the log" 'Run sh as init' "$out"
expect_match "sk-syscalls counts" '[0-9]+ +[0-9]+ .* openat' "$out"
expect_match "printer of tasks" '= task 2 \(cat\) running in openat' "$out"
expect_match "printer of processes" '= process 2, alive, 1 threads' "$out"
expect_match "printer of lists" '= list of 2' "$out"
expect_match "printer of paths" '= path /' "$out"
expect_match "printer of dentries" '= dentry /' "$out"
expect_match "a watchpoint stops where a variable changes" 'WATCH.*Old value = [0-9]+.*New value = [0-9]+' "$out"
expect_match "the guest goes on to its end" 'guest-done.*exited with code 03' "$out"
expect_eq "no signal of the loop stops gdb" "" "$(grep 'received signal' <<<"$out")"

# ---- an interrupt stops the kernel, not the guest; then it goes on ----
out=$(under_gdb interrupt sh -c "touch $SHARED/started; while [ ! -e $SHARED/release ]; do sleep 0.02; done; echo went-on")
expect_match "SIGINT stops the kernel" 'SIGINT.*STOPPED.*sh ' "$out"
expect_match "and the guest goes on" 'went-on.*exited normally' "$out"

# ---- a stop longer than the guest's timers and waits ----
out=$(under_gdb long_stop bash -c 'trap "echo alarm" ALRM
	sleep 1 & (sleep 2; kill -ALRM $$) & (sleep 0.5; echo due) &
	perl -MIO::Socket -e "
		\$l = IO::Socket::INET->new(LocalAddr => \"127.0.0.1:7001\", Listen => 1);
		\$c = IO::Socket::INET->new(\"127.0.0.1:7001\"); syswrite(\$c, \"hello\"); getppid"
	wait; wait; wait; echo survived')
if in_guest perl; then
	expect_match "the guest survives a long stop" 'Breakpoint 1.*due.*survived.*exited normally' "$out"
	expect_match "sk-net shows addresses and TCP's state" 'inet stream socket:.* listening TCP 127.0.0.1:7001 -> .* LISTEN' "$out"
	expect_match "of a connection too" 'TCP 127.0.0.1:[0-9]+ -> 127.0.0.1:7001 ESTABLISHED' "$out"
else
	skip "the guest survives a long stop" "no perl"
fi

# ---- attach, look, detach; and a core ----
mkfifo "$SCRATCH/in"
"$SKIFF" run "--backend=$BACKEND" -- sh -c 'echo up; read -r x; echo "got $x"' <"$SCRATCH/in" >"$SCRATCH/out" 2>&1 &
pid=$!
exec 5>"$SCRATCH/in"
for _ in $(seq 200); do grep -q up "$SCRATCH/out" && break; sleep 0.05; done
for try in 1 2 3; do
	out=$(timeout -k 5 60 gdb -nx -batch -p $pid -ex "source $scripts/skiff.py" -ex sk-ps -ex 'sk-bt 1' \
		-ex "gcore $SCRATCH/core" -ex detach 2>&1 </dev/null)
done
expect_match "attach: sk-ps and sk-bt" 'sh interruptible in read.*sched_sleep_in.*sys_read|sh interruptible in read.*sched_sleep_in.*call_read' "$out"
echo line >&5
exec 5>&-
wait $pid
expect_eq "after attaching and detaching three times the guest is as it was" "up got line 0" "$(echo $(cat "$SCRATCH/out") $?)"
out=$(timeout -k 5 60 gdb -nx -batch "$SKIFF" "$SCRATCH/core" -ex "source $scripts/skiff.py" -ex sk-ps -ex 'sk-bt all' -ex sk-dmesg 2>&1 </dev/null)
expect_match "the commands work on a core" 'sh interruptible in read.*sched_sleep_in.*coro_main.*Run sh as init' "$out"

# ---- loaded by itself from beside the binary ----
cp "$SKIFF" "$SCRATCH/skiff"
echo "import sys; sys.path.insert(0, '$scripts'); import skiff" >"$SCRATCH/skiff-gdb.py"
expect_match "skiff-gdb.py is loaded from a trusted directory" 'sk-ps: every process as a tree' \
	"$(timeout 60 gdb -nx -batch -iex "add-auto-load-safe-path $SCRATCH" "$SCRATCH/skiff" -ex 'help sk-ps' 2>&1 </dev/null)"
done_testing
