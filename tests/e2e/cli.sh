# The command line: exit statuses, and one plain line on stderr for every mistake.
# not: native
. "${E2E:-$(dirname "$0")}/lib.sh"

# mistake NAME STATUS REGEX CMD...: status, nothing on stdout, one line on stderr that matches
mistake() {
	local name=$1 want=$2 re=$3 rc err out
	shift 3
	out=$(timeout -k 5 "$SK_TIMEOUT" "$@" 2>"$SCRATCH/stderr" </dev/null)
	rc=$?
	err=$(cat "$SCRATCH/stderr")
	if [ $rc = "$want" ] && [ -z "$out" ] && [ "$(wc -l <"$SCRATCH/stderr")" = 1 ] && [[ $err =~ $re ]]; then
		ok "$name"
	else
		not_ok "$name" "want status $want, got $rc" "want one line matching: $re" "stderr: $err" "stdout: $out"
	fi
}
root=()
[ -z "$ROOT" ] || root=(--root "$ROOT")
run=("$SKIFF" run "--backend=$BACKEND" "${root[@]}")

expect_status "status 0" 0 sk true
expect_status "status 1" 1 sk false
expect_status "status 42" 42 sk sh -c 'exit 42'
expect_status "status 255" 255 sk sh -c 'exit 255'
expect_status "killed by SIGTERM" 143 sk --init -- sh -c 'kill -TERM $$; sleep 10'
expect_status "killed by SIGKILL" 137 sk --init -- sh -c 'kill -KILL $$'
expect_status "killed by SIGSEGV" 139 sk --init -- sh -c 'kill -SEGV $$'
expect_status "a fault of pid 1" 139 sk bash -c 'ulimit -c 0; exec bash -c "kill -SEGV \$\$; exit 139"'
expect_out "stdout" "hello" sk echo hello
expect_out "stdin" "from stdin" sk cat <<<"from stdin"
expect_eq "stderr" "to stderr" "$(sk sh -c 'echo to stderr >&2' 2>&1 >/dev/null)"
expect_out "a pipe of many bytes" "d41d8cd98f00b204e9800998ecf8427e" sk sh -c 'cat >/dev/null; md5sum </dev/null | cut -d" " -f1' < <(head -c 3000000 /dev/zero)
expect_eq "output of many bytes" 3000000 "$(sk head -c 3000000 /dev/zero | wc -c | tr -d ' ')"
expect_eq "a closed stdout ends the writer" 141 "$( (sk --init -- yes; echo $? >"$SCRATCH/st") | head -n 1 >/dev/null; cat "$SCRATCH/st")"
expect_out "arguments are kept" "a b|*|--|-x|" sk sh -c 'printf "%s|" "$@"' sh "a b" "*" -- -x
expect_out "an empty argument" "[]" sk printf '[%s]' ''
expect_out "many arguments" 20000 sk sh -c 'echo $#' sh $(seq 20000)
expect_out "pid 1" 1 sk sh -c 'echo $$'
expect_out "not pid 1 with --init" yes sk --init -- sh -c '[ $$ != 1 ] && echo yes'
expect_out "the default command line needs no --" hi sk echo hi
expect_eq "CMD by relative path" "rel" "$(cd / && sk bin/sh -c 'echo rel')"

mistake "missing root" 125 '/no/such/root' "$SKIFF" run --root /no/such/root -- true
mistake "root is a file" 125 '/etc/passwd' "$SKIFF" run --root /etc/passwd -- true
mistake "unknown option" 125 'no-such-option' "$SKIFF" run --no-such-option -- true
mistake "option without its value" 125 'root' "$SKIFF" run --root
mistake "no command" 125 'CMD|command' "$SKIFF" run
mistake "unknown subcommand" 125 'frobnicate' "$SKIFF" frobnicate
mistake "bad --mem" 125 '12x' "$SKIFF" run --mem 12x -- true
mistake "bad --pids" 125 'many' "$SKIFF" run --pids many -- true
mistake "bad -v" 125 'nocolon' "$SKIFF" run -v nocolon -- true
mistake "missing volume" 125 '/no/such/dir' "$SKIFF" run -v /no/such/dir:/mnt -- true
mistake "bad --backend" 125 'magic' "$SKIFF" run --backend=magic -- true
mistake "bad --trace" 125 'nonsense' "$SKIFF" run --trace=nonsense -- true
mistake "bad -u" 125 'no-such-user' "$SKIFF" run -u no-such-user:x -- true
mistake "missing overlay" 125 '/no/such/overlay' "$SKIFF" run --overlay /no/such/overlay/deep -- true
mistake "overlay is a file" 125 '/etc/passwd' "$SKIFF" run --overlay /etc/passwd -- true
mistake "CMD not found" 127 'no-such-command' "${run[@]}" -- no-such-command
mistake "CMD path not found" 127 '/no/such/command' "${run[@]}" -- /no/such/command
mistake "CMD is a directory" 126 '/etc' "${run[@]}" -- /etc
mistake "CMD not executable" 126 '/etc/passwd' "${run[@]}" -- /etc/passwd
# An early end, many times over: whatever was being started holds no stream open.
expect_eq "forty early ends" 40 "$(for _ in $(seq 40); do timeout 20 "${run[@]}" -- /etc/passwd 2>&1; done | grep -c passwd)"
mistake "missing -w" 125 '/no/such/dir' "${run[@]}" -w /no/such/dir -- true

printf 'just text\n' >"$SCRATCH/text"
printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\267\0\1\0\0\0%032d' 0 >"$SCRATCH/arm"
printf '#!/no/such/interpreter\n' >"$SCRATCH/script"
: >"$SCRATCH/empty"
head -c 100 /bin/sh >"$SCRATCH/cut"
chmod 755 "$SCRATCH"/{text,arm,script,empty,cut}
v=(-v "$SCRATCH:/mnt")
mistake "not an ELF" 126 '/mnt/text' "${run[@]}" "${v[@]}" -- /mnt/text
mistake "an empty file" 126 '/mnt/empty' "${run[@]}" "${v[@]}" -- /mnt/empty
mistake "wrong architecture" 126 '/mnt/arm' "${run[@]}" "${v[@]}" -- /mnt/arm
mistake "a truncated ELF" 126 '/mnt/cut' "${run[@]}" "${v[@]}" -- /mnt/cut
mistake "a script without its interpreter" 127 '/mnt/script' "${run[@]}" "${v[@]}" -- /mnt/script

expect_match "help" 'skiff run' "$("$SKIFF" help 2>&1)"
expect_match "--help" 'skiff run' "$("$SKIFF" --help 2>&1)"
expect_match "help run" '--root' "$("$SKIFF" help run 2>&1)"
expect_status "help ends with 0" 0 "$SKIFF" help
expect_match "version" '^skiff [0-9]' "$("$SKIFF" version)"
expect_match "syscalls" 'openat' "$("$SKIFF" syscalls)"
expect_match "--trace=syscall" 'exit_group' "$(sk --trace=syscall -- true 2>&1)"
"$SKIFF" run --trace=syscall --trace-file "$SCRATCH/trace" "${root[@]}" -- true
expect_match "--trace-file" 'exit_group' "$(cat "$SCRATCH/trace")"
done_testing
