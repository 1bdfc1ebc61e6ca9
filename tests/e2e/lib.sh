# Helpers for the end-to-end scripts; source it first:  . "${E2E:-$(dirname "$0")}/lib.sh"
# Given by tests/e2e/run: SKIFF (binary), BACKEND, ROOT (rootfs directory, empty = the host's /),
# SCRATCH (private directory on the host, outside /tmp, also the current directory).
# A script prints "ok NAME" / "not ok NAME" / "skip NAME: why" through these functions.
set -u
: "${SKIFF:=./skiff}" "${BACKEND:=notify}" "${ROOT:=}" "${SCRATCH:=$PWD}"
SK_TIMEOUT=${SK_TIMEOUT:-60}
failures=0

# Where the machine sees SCRATCH when it is given by "${share[@]}" (an option of sk).
SHARED=/mnt
share=(-v "$SCRATCH:/mnt")
[ "$BACKEND" = native ] && SHARED=$SCRATCH

# sk [options --] CMD [ARG...]: one guest machine with the setting under test. Options only before --.
# BACKENDS=native runs the commands on the host instead, to check the tests themselves.
sk() {
	local opts=("--backend=$BACKEND")
	if [ "$BACKEND" = native ]; then
		opts=()
		while :; do
			case $1 in
			-e) opts+=("$2") && shift 2 ;;
			-[vwu]) shift 2 ;;
			--) shift && break ;;
			-*) shift ;;
			*) break ;;
			esac
		done
		timeout -k 5 "$SK_TIMEOUT" env "${opts[@]}" "$@"
		return
	fi
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

# What a script run by guest_script has: ok, not_ok, and
#   is NAME WANT GOT         runs NAME WANT CMD... (stdout)     check NAME CMD... (status 0)
#   has NAME REGEX GOT       fails NAME STATUS CMD...
# It starts in a fresh directory, which is also HOME and TMPDIR.
guest_lib='
LC_ALL=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
HOME=$(mktemp -d "${TMPDIR:-/tmp}/e2e.XXXXXX") TMPDIR=$HOME
export LC_ALL PATH HOME TMPDIR
cd "$HOME" || exit 1
ok() { echo "ok $1"; }
not_ok() { echo "not ok $1"; shift; printf "%s\n" "$@" | head -n 40 | sed "s/^/  # /"; }
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "want: $2" "got:  $3"; fi; }
has() { if [[ $3 =~ $2 ]]; then ok "$1"; else not_ok "$1" "want match: $2" "got:  $3"; fi; }
runs() {
	local n=$1 w=$2 o r; shift 2
	o=$("$@" 2>"$HOME/.err" </dev/null); r=$?
	if [ $r = 0 ] && [ "$o" = "$w" ]; then ok "$n"
	else not_ok "$n" "status $r" "want: $w" "got:  $o" "stderr: $(head -c 2000 "$HOME/.err")"; fi
}
check() {
	local n=$1 o r; shift
	o=$("$@" 2>&1 </dev/null); r=$?
	if [ $r = 0 ]; then ok "$n"; else not_ok "$n" "status $r of: $*" "$(tail -n 30 <<<"$o")"; fi
}
fails() {
	local n=$1 w=$2 o r; shift 2
	o=$("$@" 2>&1 </dev/null); r=$?
	if [ $r = "$w" ]; then ok "$n"; else not_ok "$n" "want status $w, got $r" "$o"; fi
}
'

# guest_script NAME [options]: runs the bash script on stdin in one machine; it reports by itself.
guest_script() {
	local name=$1 out rc n text
	shift
	text=$guest_lib$(cat)$'\ncd /; rm -rf "$HOME"; echo "# end of script"\n'
	out=$(sk "$@" -- bash -c "$text" 2>&1 </dev/null)
	rc=$?
	printf '%s\n' "$out" | grep -v '^# end of script$'
	n=$(grep -c '^not ok ' <<<"$out")
	failures=$((failures + n))
	if [ $rc != 0 ] || ! grep -q '^# end of script$' <<<"$out"; then
		not_ok "$name" "the script in the guest did not end well: status $rc" "$(tail -n 20 <<<"$out")"
	fi
}

# done_testing: the last line of a script
done_testing() {
	[ "$failures" = 0 ]
	exit
}
