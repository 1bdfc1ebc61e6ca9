# strace, ltrace and gdb inside the machine, on C programs with threads; core files for the guest's
# gdb and the host's.
. "${E2E:-$(dirname "$0")}/lib.sh"

if ! command -v gcc >/dev/null; then
	skip debuggers "no gcc on the host"
	done_testing
fi
cat >"$SCRATCH/prog.c" <<'EOC'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_barrier_t bar;
int counter;

int add(int a, int b)
{
	int r = a + b;
	counter += r;
	return r;
}

static void *worker(void *arg)
{
	pthread_barrier_wait(&bar);
	add((int)(long)arg, 100);
	pthread_barrier_wait(&bar);
	pthread_barrier_wait(&bar);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t[3];
	int x, st;
	char *p;

	pthread_barrier_init(&bar, NULL, 4);
	for (long i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, worker, (void *)i);
	pthread_barrier_wait(&bar);
	pthread_barrier_wait(&bar);
	if (argc > 1 && !strcmp(argv[1], "crash"))
		abort();
	pthread_barrier_wait(&bar);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	x = add(1, 2);
	x = add(x, 4);
	if (argc > 1 && !strcmp(argv[1], "fork")) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(add(5, 6));
		waitpid(pid, &st, 0);
		printf("child %d\n", WEXITSTATUS(st));
	}
	if (argc > 1 && !strcmp(argv[1], "wait")) {
		puts("ready");
		fflush(stdout);
		getchar();
	}
	p = malloc(10);
	strcpy(p, "done");
	printf("%s %d %d\n", p, x, counter);
	return 3;
}
EOC
gcc -g -O0 -pthread -o "$SCRATCH/prog" "$SCRATCH/prog.c" || { not_ok "the program compiles"; done_testing; }
in_dir() {
	sk "${share[@]}" -w "$SHARED" -- "$@"
}

# gdb_script NAME ARG < script: the output of gdb in batch mode, on prog.
gdb_script() {
	{
		echo 'set pagination off'
		echo 'set confirm off'
		echo 'set debuginfod enabled off'
		cat
	} >"$SCRATCH/script.gdb"
	in_dir gdb -q -nx -batch -x script.gdb --args ./prog "$@" 2>&1 </dev/null
}

# ---- strace ----
if need strace strace; then
	out=$(in_dir strace -f -o trace.txt ./prog 2>&1)
	expect_eq "strace: the program runs" "3 done 7 313" "$? $out"
	trace=$(cat "$SCRATCH/trace.txt")
	expect_match "strace: execve" 'execve\("./prog", \["./prog"\]' "$trace"
	expect_eq "strace -f: three threads" 3 "$(grep -c 'clone3\?(.*CLONE_THREAD' <<<"$trace")"
	expect_match "strace: calls that run natively" 'mprotect\(0x' "$trace"
	expect_match "strace: futexes" 'futex\(0x.*FUTEX_WAIT' "$trace"
	expect_eq "strace: threads end" 3 "$(grep -c '+++ exited with 0 +++' <<<"$trace")"
	expect_match "strace: the end" '\+\+\+ exited with 3 \+\+\+' "$trace"
	out=$(in_dir strace -f -e trace=wait4,exit_group -o trace.txt ./prog fork 2>&1)
	trace=$(cat "$SCRATCH/trace.txt")
	expect_match "strace -f: a child" 'exit_group\(11\)' "$trace"
	expect_match "strace: SIGCHLD" 'SIGCHLD \{si_signo=SIGCHLD, si_code=CLD_EXITED' "$trace"
	out=$(in_dir bash -c '
		mkfifo in out
		./prog wait <in >out &
		exec 3>in 4<out
		read -u 4 line
		strace -q -p $! -e trace=read,write,exit_group -o attached.txt & s=$!
		until grep -q "TracerPid:.$s" /proc/$!/task/*/status /proc/*/status 2>/dev/null; do :; done
		echo go >&3
		wait $s
		cat <&4; rm -f in out')
	expect_match "strace -p: the program goes on" 'done 7 313' "$out"
	expect_match "strace -p: what it sees" 'read\(0, .*= 3.*exit_group\(3\)' "$(tr '\n' ' ' <"$SCRATCH/attached.txt")"
	in_dir strace -c -o trace.txt ./prog >/dev/null 2>&1
	expect_match "strace -c" 'execve' "$(cat "$SCRATCH/trace.txt")"
fi

# ---- ltrace ----
if need ltrace ltrace; then
	out=$(in_dir ltrace -o ltrace.txt ./prog 2>&1)
	expect_match "ltrace: the program runs" 'done 7 313' "$out"
	expect_match "ltrace: library calls" 'malloc\(10\)' "$(cat "$SCRATCH/ltrace.txt")"
fi

# ---- gdb ----
if need gdb gdb; then
	out=$(gdb_script <<'EOG'
break add if b == 2
run
bt
finish
next
step
info line
print add(10, 20)
continue
EOG
	)
	expect_match "gdb: a breakpoint with a condition" 'Breakpoint 1, add \(a=1, b=2\)' "$out"
	expect_match "gdb: backtrace" '#1 .* in main \(argc=1' "$out"
	expect_match "gdb: finish" 'Value returned is .* = 3' "$out"
	expect_match "gdb: next, step" 'add \(a=3, b=4\)' "$out"
	expect_match "gdb: a call of a function" '\$[0-9] = 30' "$out"
	expect_match "gdb: to the end" 'done 7 343.*exited with code 03' "$out"

	out=$(gdb_script <<'EOG'
break add
run
info threads
thread apply all bt
delete
continue
EOG
	)
	expect_match "gdb: threads" '4 +Thread 0x' "$out"
	expect_match "gdb: backtraces of all threads" 'worker .*worker .*worker .*main ' "$out"
	expect_match "gdb: threads go on" 'done 7 313' "$out"

	out=$(gdb_script <<'EOG'
break add if b == 2
run
watch counter
continue
continue
delete
continue
EOG
	)
	expect_match "gdb: a hardware watchpoint" 'Hardware watchpoint.*Old value = 303.*New value = 306.*Old value = 306.*New value = 313' "$out"

	# Reads are seen by hardware alone: skiff has it of the host's perf events, if that seals memory too.
	out=$(gdb_script <<'EOG'
break add if b == 2
run
rwatch counter
continue
delete
continue
EOG
	)
	if ! "$SKIFF" probe | grep -q '^breakpoints *yes' && [[ $out != *Value\ =\ 303* ]]; then
		skip "gdb: a read watchpoint" "the host gives skiff no hardware breakpoints"
	else
		expect_match "gdb: a read watchpoint" 'Hardware read watchpoint.*Value = 303.*done 7 313' "$out"
	fi

	out=$(gdb_script <<'EOG'
break add if b == 2
run
set can-use-hw-watchpoints 0
watch counter
continue
continue
delete
continue
EOG
	)
	expect_match "gdb: a software watchpoint" 'Watchpoint 2.*Old value = 303.*New value = 306.*Old value = 306.*New value = 313' "$out"

	out=$(gdb_script fork <<'EOG'
set follow-fork-mode child
break add if a == 5
run
bt
continue
EOG
	)
	expect_match "gdb: follows a fork" 'add \(a=5, b=6\).*exited with code 013' "$out"

	out=$(gdb_script <<'EOG'
catch syscall write
run
continue
delete
continue
EOG
	)
	expect_match "gdb: catch syscall" 'call to syscall write.*returned from syscall write' "$out"

	out=$(in_dir bash -c '
		mkfifo in out
		./prog wait <in >out &
		exec 3>in 4<out
		read -u 4 line
		gdb -q -nx -batch -p $! -ex bt -ex "print counter" -ex "set var counter = 1000" -ex "generate-core-file made" -ex detach 2>&1 </dev/null
		echo go >&3
		cat <&4; rm -f in out')
	expect_match "gdb: attach" '#[0-9]+ .* in main \(argc=2.*\$1 = 313' "$out"
	expect_match "gdb: generate-core-file" 'Saved corefile made' "$out"
	expect_match "gdb: detach" 'done 7 1000' "$out"

	# ---- core files ----
	rm -f "$SCRATCH/core"*
	out=$(in_dir bash -c 'ulimit -c unlimited; ./prog crash; echo "status $?"' 2>&1)
	expect_match "a core is dumped" 'core dumped.*status 134' "$out"
	out=$(in_dir gdb -q -nx -batch -ex 'thread apply all bt' -ex 'print counter' ./prog core 2>&1)
	expect_match "gdb in the machine opens it" 'worker .*worker .*worker .*main .*\$1 = 303' "$out"
	if [ "$BACKEND" != native ]; then
		expect_match "core_pattern" 'x.prog.6' "$(in_dir bash -c 'echo x.%e.%s >/proc/sys/kernel/core_pattern; ulimit -c unlimited; ./prog crash; ls x.*' 2>&1)"
		expect_match "a pipe in core_pattern is refused" 'Invalid argument' "$(in_dir bash -c 'echo "|/bin/cat" >/proc/sys/kernel/core_pattern' 2>&1)"
	fi
	if [ -z "$ROOT" ] && [ "$(id -u)" = 0 ] && command -v gdb >/dev/null; then
		out=$(cd "$SCRATCH" && gdb -q -nx -batch -ex 'thread apply all bt' -ex 'print counter' ./prog core 2>&1)
		expect_match "the host's gdb opens it" 'worker .*worker .*worker .*main .*\$1 = 303' "$out"
	fi
fi
done_testing
