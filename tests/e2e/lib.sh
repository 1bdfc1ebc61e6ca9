# Helpers for the end-to-end scripts; source it first:  . "${E2E:-$(dirname "$0")}/lib.sh"
# Given by tests/e2e/run: SKIFF (binary), BACKEND, ROOT (rootfs directory, empty = the host's /),
# SCRATCH (private directory on the host, outside /tmp, also the current directory).
# A script prints "ok NAME" / "not ok NAME" / "skip NAME: why" through these functions.
set -u
: "${SKIFF:=./skiff}" "${BACKEND:=notify}" "${ROOT:=}" "${SCRATCH:=$PWD}"
SK_TIMEOUT=${SK_TIMEOUT:-60}
failures=0

# sk [options --] CMD [ARG...]: one guest machine with the setting under test. Options only before --.
sk() {
	local opts=("--backend=$BACKEND")
	[ -z "$ROOT" ] || opts+=("--root" "$ROOT")
	case ${1:-} in
	-*) ;;
	*) opts+=(--) ;;
	esac
	timeout -k 5 "$SK_TIMEOUT" "$SKIFF" run "${opts[@]}" "$@"
}

# skb 'SCRIPT': a bash script in a guest machine.
skb() {
	sk bash -c "$1"
}

ok() {
	echo "ok $1"
}

not_ok() {
	failures=$((failures + 1))
	echo "not ok $1"
	shift
	[ $# = 0 ] || printf '%s\n' "$@" | head -n 40 | sed 's/^/  # /'
}

skip() {
	echo "skip $1: ${2:-}"
}

# expect_eq NAME WANT GOT
expect_eq() {
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "want: $2" "got:  $3"; fi
}

# expect_match NAME REGEX GOT
expect_match() {
	if [[ $3 =~ $2 ]]; then ok "$1"; else not_ok "$1" "want match: $2" "got:  $3"; fi
}

# expect_status NAME WANT CMD...: runs CMD (output is shown when the status differs)
expect_status() {
	local name=$1 want=$2 out rc
	shift 2
	out=$("$@" 2>&1)
	rc=$?
	if [ "$rc" = "$want" ]; then ok "$name"; else not_ok "$name" "want status $want, got $rc" "$out"; fi
}

# expect_out NAME WANT CMD...: standard output equals WANT and the status is 0
expect_out() {
	local name=$1 want=$2 out rc
	shift 2
	out=$("$@" 2>"$SCRATCH/stderr")
	rc=$?
	if [ "$rc" = 0 ] && [ "$out" = "$want" ]; then
		ok "$name"
	else
		not_ok "$name" "status $rc" "want: $want" "got:  $out" "stderr: $(head -c 2000 "$SCRATCH/stderr")"
	fi
}

# in_guest PROGRAM: whether the machine's root has the program (else the caller skips)
in_guest() {
	local d
	for d in /usr/local/bin /usr/bin /bin /usr/sbin /sbin; do
		[ -x "$ROOT$d/$1" ] && return 0
	done
	return 1
}

# need NAME PROGRAM...: skip NAME and fail unless every program is in the machine's root
need() {
	local name=$1 p
	shift
	for p in "$@"; do
		in_guest "$p" || { skip "$name" "no $p in ${ROOT:-/}"; return 1; }
	done
}

# done_testing: the last line of a script
done_testing() {
	[ "$failures" = 0 ]
	exit
}
