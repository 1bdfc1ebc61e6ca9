# bash as a user of the kernel: pipes, here-documents, redirections, job control, traps, wait.
. "${E2E:-$(dirname "$0")}/lib.sh"

need shell bash || done_testing

guest_script shell <<'EOF'
is "pipe" "3" "$(printf 'a\nb\nc\n' | wc -l | tr -d ' ')"
is "pipe of five" "1 c" "$(printf 'a\nb\nc\n' | cat | tac | head -n 1 | sort | uniq -c | sed 's/^ *//')"
is "PIPESTATUS" "1 0 3" "$(false | true | (exit 3); echo "${PIPESTATUS[*]}")"
is "here-document" "one two" "$(cat <<X | tr '\n' ' ' | sed 's/ $//'
one
two
X
)"
is "large here-document" "20000" "$(wc -l <<<"$(seq 20000)" | tr -d ' ')"
is "here-string" "HELLO" "$(tr a-z A-Z <<<hello)"
is "process substitution" "2c2" "$(diff <(printf 'a\nb\n') <(printf 'a\nc\n') | head -n 1)"
is "writing process substitution" "x x" "$( (echo x | tee >(cat >ps; echo >psdone) && until [ -s psdone ]; do :; done; cat ps) | xargs)"
is "redirections" "err" "$( { echo out; echo err >&2; } 2>&1 >/dev/null)"
exec 7>file
echo seven >&7
exec 7>&-
is "exec redirection" "seven" "$(cat file)"
echo more >>file
is "append" "seven more" "$(xargs <file)"
set -C
is "noclobber" "1" "$( (echo x >file) 2>/dev/null; echo $?)"
set +C
is "read and write" "sev" "$(exec 8<>file; read -r -n 3 v <&8; echo "$v")"
is "subshell" "in out" "$(v=out; (v=in; printf '%s ' $v); echo $v)"
is "exit status" "42" "$(bash -c 'exit 42'; echo $?)"
is "status of a signal" "143" "$(bash -c 'kill -TERM $$'; echo $?)"
is "status of SIGKILL" "137" "$(bash -c 'kill -KILL $$' 2>/dev/null; echo $?)"
is "command not found" "127" "$(no-such-command 2>/dev/null; echo $?)"
is "not executable" "126" "$(./file 2>/dev/null; echo $?)"
printf '#!/bin/sh\necho "script $0 $1"\n' >script
chmod +x script
is "script" "script ./script arg" "$(./script arg)"
printf 'echo no header $1\n' >script
is "script without #!" "no header arg" "$(./script arg)"
is "trap EXIT" "bye" "$(bash -c 'trap "echo bye" EXIT; exit 0')"
is "trap TERM" "term 5" "$(bash -c 'trap "echo -n term; exit 5" TERM; kill $$; echo not here'; echo " $?")"
is "trap in a wait" "usr1 143" "$(bash -c 'trap "echo -n usr1\ " USR1; sleep 100 & kill -USR1 $$; kill $!; wait $!; echo $?' 2>/dev/null)"
is "ignored signals are inherited" "alive" "$(trap '' TERM; bash -c 'kill -TERM $$; echo alive')"
is "background and wait" "7" "$( (exit 7) & wait $!; echo $?)"
is "wait -n" "3" "$(bash -c '(until grep -q "^State:.S" /proc/$$/status; do :; done; exit 3) & wait -n; echo $?')" # bash loses a child that ends before
is "many children" "100" "$(for i in $(seq 100); do (echo x) & done | wc -l; wait)"
is "coproc" "got hi" "$(coproc { read -r x; echo "got $x"; }; echo hi >&"${COPROC[1]}"; read -r y <&"${COPROC[0]}"; echo "$y")"
is "job control: stop and continue" "Stopped Running Terminated" "$(bash -c '
set -m
sleep 100 & p=$!
kill -STOP %1
until jobs >j && grep -q Stopped j; do :; done
echo Stopped
kill -CONT %1
until jobs >j && grep -q Running j; do :; done
echo Running
kill %1
wait $p
[ $? = 143 ] && echo Terminated' 2>/dev/null | xargs)"
is "job control: fg" "5" "$(bash -c 'set -m; (kill -STOP $BASHPID; exit 5) & until jobs >j && grep -q Stopped j; do :; done; fg >/dev/null; echo $?' 2>/dev/null)"
is "job control: own process group" "yes" "$(bash -c 'set -m; sleep 100 & p=$!
[ "$(cut -d" " -f5 /proc/$p/stat)" = $p ] && echo yes; kill $p' 2>/dev/null)"
is "kill of a process group" "143 gone" "$(bash -c 'set -m
(trap "" USR1; sleep 100 & sleep 100) & p=$!; until [ "$(pgrep -g $p -c sleep)" = 2 ]; do :; done
kill -- -$p; wait $p; echo $?; while pgrep -g $p -r R,S,D,T . >/dev/null; do :; done; echo gone' 2>/dev/null | xargs)"
is "orphans go to pid 1 or a reaper" "yes" "$(p=$(bash -c 'sleep 100 >/dev/null & echo $!'); q=$(cut -d' ' -f4 /proc/$p/stat); kill $p; [ "$q" = 1 -o "$q" != $$ ] && echo yes)"
is "ulimit" "64" "$(ulimit -n 64; ulimit -n)"
is "umask" "-rw-------" "$(umask 077; : >um; ls -l um | cut -c1-10)"
is "SECONDS and RANDOM" "yes" "$([ -n "$RANDOM" ] && echo yes)"
is "tilde and globs" "a1 a2" "$(mkdir g; cd g; touch a1 a2 b1; echo a*)"
is "read with a time limit" "142" "$(read -r -t 0.05 v < <(sleep 1); echo $?)"
is "arithmetic" "$((1 << 40))" "$(echo $((2 ** 40)))"
is "loop over 300 commands" "300" "$(for i in $(seq 300); do /bin/true && echo; done | wc -l)"
is "fifo" "through" "$(mkfifo ff; echo through >ff & cat ff)"
is "SIGPIPE ends a writer" "141" "$(yes | head -n 1 >/dev/null; echo "${PIPESTATUS[0]}")"
is "/dev/stdin" "x" "$(echo x | cat /dev/stdin)"
is "/dev/fd" "y" "$(cat /dev/fd/9 9<<<y)"
is "time" "yes" "$( { time :; } 2>&1 | grep -q real && echo yes)"
is "deep recursion of subshells" "20" "$(f() { if [ "$1" = 20 ]; then echo 20; else (f $(($1 + 1))); fi; }; f 0)"
is "sh" "posix" "$(sh -c 'echo posix')"
EOF
done_testing
