# skiff's own stdin, stdout and stderr as the guest sees them: pipes, files, devices, closed ones.
. "${E2E:-$(dirname "$0")}/lib.sh"

printf 'a\nb\nc\n' >in
first_line() {
	sk sh -c 'read x; echo "$x"'
}
expect_eq "a pipe on stdin" "piped" "$(echo piped | sk cat)"
expect_eq "a file on stdin" "a b c" "$(sk cat <in | xargs)"
expect_eq "its position is shared with who comes after" "a:b c" \
	"$( (printf '%s:' "$(first_line)"; cat) <in | xargs)"
sk sh -c 'echo one' >out
sk sh -c 'echo two; echo three >&2' >>out 2>>out
expect_eq "appending to a file" "one two three" "$(xargs <out)"
expect_eq "the kind of a file" "regular file 6" "$(sk stat -L -c '%F %s' /dev/stdin <in)"
expect_eq "the kind of a pipe" "fifo" "$(echo x | sk stat -L -c %F /dev/stdin)"
expect_eq "the kind of a device" "character special file" \
	"$(sk stat -L -c %F /dev/stdin </dev/null)"
expect_eq "opened again by name" "a b c hi er" \
	"$(sk sh -c 'cat /dev/stdin; echo hi >/dev/stdout; echo er >/dev/stderr' <in 2>&1 | xargs)"
expect_eq "seeking in a file" "c" "$(sk sh -c 'dd bs=1 skip=4 count=1 2>/dev/null' <in)"
expect_eq "not a terminal" "no no" \
	"$(sk sh -c 'test -t 0 && echo yes || echo no; test -t 1 && echo yes || echo no' <in | xargs)"
expect_eq "a reader that leaves" "y y:141" \
	"$(sk sh -c 'yes; echo not reached' | head -n 2 | xargs):$( (sk yes; echo $? >rc) | head -n 1 >/dev/null; cat rc)"
expect_eq "a large file through both" "$(seq 200000 | cksum)" "$(seq 200000 | sk cat | cksum)"
expect_eq "closed stdin is empty" "0" "$(sk sh -c 'wc -c' <&- | tr -d ' ')"
expect_eq "closed stdout does no harm" "0" "$( (sk true >&-); echo $?)"
expect_eq "no O_NONBLOCK is left on the user's pipe" "no" \
	"$(: | (sk true; perl -e 'use Fcntl; print fcntl(STDIN, F_GETFL, 0) & O_NONBLOCK ? "yes" : "no"'))"
done_testing
