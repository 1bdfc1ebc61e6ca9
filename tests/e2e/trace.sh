# --trace=syscall writes what strace writes; its options; the dumps; the guest's dmesg.
# as: root
# over: host
# not: native
. "${E2E:-$(dirname "$0")}/lib.sh"

# What differs from run to run: pids, addresses, times, and where the result begins.
normal() {
	sed -E 's/^\[syscall [0-9]+\] //; s/^\[pid +[0-9]+\] //; s/^[0-9]+ +//; s/0x[0-9a-f]{5,}/ADDR/g
		s/ +=/ =/; s/si_(pid|utime|stime)=[0-9]+/si_\1=N/g; s/st_size=[0-9]+/st_size=N/
		s/u64=[0-9]+/u64=N/; s/tv_(n?sec|usec)=[1-9][0-9]*/tv_\1=N/g' "$1"
}
traced() { # OUT CMD...: skiff's lines
	local out=$1
	shift
	sk --trace syscall --trace-file "$out" "$@"
}

# ---- the same program under strace on the host ----
prog='
import os, select, signal, socket, struct, resource, time, fcntl
os.write(1, b"mark\n")
r, w = os.pipe2(os.O_CLOEXEC)
os.write(w, b"a\ttab \x01\x31 \\ \"quoted\" and more than thirty-two bytes\n")
os.read(r, 100)
p = select.poll(); p.register(r, select.POLLIN); p.poll(0)
os.write(w, b"x"); p.poll(0)
e = select.epoll(); e.register(r, select.EPOLLIN); e.poll(0); e.close()
select.select([r], [w], [], 0)
fcntl.fcntl(r, fcntl.F_GETFD); fcntl.fcntl(r, fcntl.F_GETFL); fcntl.fcntl(r, fcntl.F_SETFL, os.O_NONBLOCK)
a, b = socket.socketpair()
a.send(b"hello"); b.recv(10); a.sendmsg([b"one", b"two"]); b.recvmsg(10)
a.sendmsg([b"fds"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", 1))])
os.close(struct.unpack("i", b.recvmsg(10, 64)[1][0][2])[0])
a.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 3))
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1]); os.kill(os.getpid(), signal.SIGUSR1); signal.sigtimedwait([signal.SIGUSR1], 1)
a.shutdown(socket.SHUT_RDWR)
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
try: s.connect("/nonexistent/socket")
except OSError: pass
s.bind("\0trace-test-%s"); s.listen(5); s.getsockname()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
try: os.mkdir("/proc/nonexistent", 0o700)
except OSError: pass
fd = os.open("trace.tmp", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o640)
os.ftruncate(fd, 100); os.lseek(fd, 0, os.SEEK_END); os.pwrite(fd, b"zz", 7); os.pread(fd, 2, 7)
os.writev(fd, [b"ab", b"cde"]); os.fsync(fd); os.fchmod(fd, 0o600); os.close(fd)
os.rename("trace.tmp", "trace.new"); os.symlink("trace.new", "trace.link"); os.readlink("trace.link")
os.unlink("trace.link"); os.unlink("trace.new"); os.access("/etc/passwd", os.R_OK)
os.umask(0o22); os.getcwd(); os.kill(os.getpid(), 0)
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2, signal.SIGTERM])
resource.getrlimit(resource.RLIMIT_NOFILE); resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
time.sleep(0.001); os.sched_getaffinity(0)
signal.setitimer(signal.ITIMER_REAL, 0)
pid = os.fork()
if pid == 0: os._exit(7)
os.waitpid(pid, 0)
os.write(1, b"mark\n")
'
between() { # the lines between the two marks, of the calls whose lines are alike anywhere
	normal "$1" | awk '/^write\(1, "mark/ { on = !on; next } on' |
		grep -vE '^(brk|mmap|munmap|mprotect|madvise|futex|clone|getpid|gettid|rt_sigreturn|set_robust_list|getrandom|rt_sigaction\(SIG(PROF|VTALRM))' |
		grep -vE 'exit_group|<unfinished|resumed>|^[-+]{3} |sched_getaffinity|^read\(.*\.py|clock_gettime|^newfstatat|^wait4|^kill|^fork|^vfork|^rt_sigprocmask|^getcwd|^prlimit64\(0, RLIMIT_NOFILE|^mkdir|^setitimer'
}
if ! command -v strace >/dev/null; then
	skip "lines as strace writes them" "no strace on the host"
elif ! in_guest python3.11 && ! in_guest python3; then
	skip "lines as strace writes them" "no python3 in the machine"
else
	py=$(PATH=/usr/local/bin:/usr/bin:/bin command -v python3)
	printf '%s' "${prog//%s/$$}" >"$SCRATCH/prog.py"
	mkdir "$SCRATCH/cwd"
	if ! (cd "$SCRATCH/cwd" && strace -f -o "$SCRATCH/strace" "$py" -S "$SCRATCH/prog.py") >/dev/null 2>"$SCRATCH/err"; then
		skip "lines as strace writes them" "strace does not work here: $(tail -n 1 "$SCRATCH/err")"
	else
		traced "$SCRATCH/ours" -w /tmp "${share[@]}" -- "$py" -S "$SHARED/prog.py" >/dev/null 2>&1
		between "$SCRATCH/strace" >"$SCRATCH/a"
		between "$SCRATCH/ours" >"$SCRATCH/b"
		n=$(wc -l <"$SCRATCH/a")
		[ "$n" -ge 30 ] && ok "strace shows $n lines to compare" || not_ok "strace shows enough lines to compare" "$(cat "$SCRATCH/a")"
		expect_eq "lines as strace writes them" "" "$(diff "$SCRATCH/a" "$SCRATCH/b")"
	fi
fi

if command -v strace >/dev/null && in_guest stty && command -v script >/dev/null; then
	script -qec "strace -o $SCRATCH/strace -e trace=ioctl stty -a" /dev/null >/dev/null 2>&1
	script -qec "$SKIFF run --backend=$BACKEND --trace syscall --trace-file $SCRATCH/ours -- stty -a" /dev/null >/dev/null 2>&1
	expect_eq "terminal settings as strace writes them" "$(normal "$SCRATCH/strace" | grep -om1 'TCGETS, {c_iflag=[^.]*' | sed 's/c_cflag=B[0-9]*/c_cflag=B/; s/|IUTF8//')" \
		"$(normal "$SCRATCH/ours" | grep -om1 'TCGETS, {c_iflag=[^.]*' | sed 's/c_cflag=B[0-9]*/c_cflag=B/; s/|IUTF8//')"
else
	skip "terminal settings as strace writes them" "no strace, stty or script"
fi

# ---- lines of calls that block, signals, ends ----
traced "$SCRATCH/t" -- bash -c '{ read -r x; exit 3; } < <(sleep 0.1; echo y); kill -TERM $$' 2>/dev/null
t=$(cat "$SCRATCH/t")
expect_match "a call that sleeps while others run is unfinished" '<unfinished \.\.\.>' "$t"
expect_match "and resumed" '<\.\.\. [a-z0-9_]+ resumed>.* = ' "$t"
expect_match "signals are shown as they are taken" '--- SIGCHLD \{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=[0-9]+, si_uid=0, si_status=[03]' "$t"
expect_match "ends of processes are shown" '\+\+\+ exited with 3 \+\+\+' "$t"
expect_match "wait statuses are decoded" 'WIFEXITED\(s\) && WEXITSTATUS\(s\) == ' "$t"
expect_eq "every line is whole" "" "$(grep -vE '^\[syscall [0-9]+\] ([a-z0-9_]+\(.*(\) += .*|<unfinished \.\.\.>)|<\.\.\. [a-z0-9_]+ resumed>.*\) += .*|[-+]{3} .* [-+]{3})$' <<<"$t")"

# ---- options ----
sk --trace syscall --trace-pid 2 --trace-file "$SCRATCH/t" -- sh -c '/bin/true; :' 2>/dev/null
expect_eq "--trace-pid shows only that process" "[syscall 2]" "$(cut -d' ' -f1,2 "$SCRATCH/t" | sort -u)"
sk --trace syscall --trace-time clock,spent --trace-file "$SCRATCH/t" -- sleep 0.05
expect_match "--trace-time" '\[syscall 1\] [0-9:]{8}\.[0-9]{6} clock_nanosleep\(.*\) += 0 <0\.0[5-9]' "$(cat "$SCRATCH/t")"
expect_status "a bad --trace-time is refused" 125 sk --trace-time never -- true
expect_status "a bad --trace-pid is refused" 125 sk --trace-pid x -- true
expect_eq "--trap-all shows local calls too" yes "$(sk --trap-all --trace syscall --trace-file "$SCRATCH/t" -- true; grep -q 'munmap(0x.*) *= 0' "$SCRATCH/t" && echo yes)"
expect_match "channel signal" 'gets signal' "$(sk --trace signal -- sh -c 'kill -CHLD $$' 2>&1)"

expect_match "channel sched" 'sleeps in sleep_until.*goes on in sleep_until' "$(sk --trace sched -- sleep 0.01 2>&1)"
expect_match "channel vfs" 'mount proc, type proc.*open /etc/passwd, flags' "$(sk --trace vfs -- cat /etc/passwd 2>&1 >/dev/null)"
expect_match "channel mm" 'map a file: address' "$(sk --trace mm -- cat /dev/null 2>&1)"
expect_match "channel skas" 'orders, the first is call' "$(sk --trace skas -- true 2>&1)"
if in_guest python3; then
	expect_match "channel net" 'socket: family 1, type 1.*connect socket' "$(sk --trace net -- python3 -S -c '
import socket
try: socket.socket(socket.AF_UNIX).connect("/none")
except OSError: pass' 2>&1)"
else
	skip "channel net" "no python3"
fi

# ---- dumps ----
d=$(sk --dump-on exit --call-times -- sh -c 'sleep 0.01' 2>&1)
expect_match "--dump-on exit lists tasks" 'skiff: tasks: ' "$d"
expect_match "--call-times measures" 'clock_nanosleep +1 +0 +[1-9][0-9]{4}' "$d"
expect_match "--dump-on crash" 'dump: a process dies' "$(sk --dump-on crash -- sh -c 'kill -SEGV $$; :' 2>&1; sk --dump-on crash -- sh -c '(kill -SEGV $(exec sh -c "echo \$PPID"))' 2>&1)"
expect_status "a bad --dump-on is refused" 125 sk --dump-on never -- true
mkfifo "$SCRATCH/go"
"$SKIFF" run "--backend=$BACKEND" "${share[@]}" -- sh -c "echo ready >$SHARED/ready; read -r x; dmesg >$SHARED/dmesg 2>&1" <"$SCRATCH/go" 2>"$SCRATCH/dump" &
pid=$!
exec 5>"$SCRATCH/go"
for _ in $(seq 200); do [ -s "$SCRATCH/ready" ] && break; sleep 0.05; done
kill -USR1 $pid
for _ in $(seq 200); do grep -q 'calls: count' "$SCRATCH/dump" && break; sleep 0.05; done
echo go >&5
exec 5>&-
wait $pid
expect_match "SIGUSR1 dumps tasks and what they sleep on" 'sh +sleeping +in read, sleeps in [a-z_]+' "$(cat "$SCRATCH/dump")"
expect_match "with the kernel stack of each" 'sched_sleep_in\+0x.*entry.*coro_main\+0x' "$(tr '\n' ' ' <"$SCRATCH/dump")"
if in_guest dmesg; then
	expect_match "the guest's dmesg has it too" 'dump: SIGUSR1' "$(cat "$SCRATCH/dmesg")"
else
	skip "the guest's dmesg" "no dmesg"
fi
done_testing
