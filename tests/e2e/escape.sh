# The host's own record of the system calls it carried out for guest processes, while programs attack
# the filter and the stub (tests/guest/escape). The host notes a call once every filter has let it
# through, so nothing is in there but local calls and orders: a call answered by skiff is not.
# as: root
# over: host
. "${E2E:-$(dirname "$0")}/lib.sh"

tracefs=/sys/kernel/tracing
[ -e $tracefs/trace ] || mount -t tracefs none $tracefs 2>/dev/null
inst=$tracefs/instances/skiff-e2e.$$
if ! mkdir "$inst" 2>/dev/null || [ ! -e "$inst/events/raw_syscalls/sys_enter" ]; then
	rmdir "$inst" 2>/dev/null
	skip "host calls of guests" "the host has no tracefs with system calls"
	done_testing
fi
trap 'echo 0 >"$inst/tracing_on"; rmdir "$inst"' EXIT
echo 0 >"$inst/tracing_on" # without a process to follow it would record all there are
echo 4096 >"$inst/buffer_size_kb"
echo 1 >"$inst/options/event-fork"
# Local calls and orders without reach (skas/filter.c) are not recorded, whatever their arguments: there
# are millions; nor are skiff's own calls. A guest process cannot take its name: no call does that.
free=(3 9 10 11 13 15 24 25 26 27 28 60 96 98 131 135 149 150 151 152 158 186 201 202 218 219 228 229
	230 231 273 309 324 325 329 330 331 334 335 336 436 449 454 455 456 462)
except='comm != "skiff" && comm != "bash" && comm != "timeout"'
for nr in "${free[@]}"; do
	except+=" && id != $nr"
done
echo "$except" >"$inst/events/raw_syscalls/sys_enter/filter" || exit 1
echo 1 >"$inst/events/raw_syscalls/sys_enter/enable"

# observe COMMAND...: its output in $SCRATCH/out, its record in $SCRATCH/record, its status.
observe() {
	(
		echo "$BASHPID" >"$inst/set_event_pid"
		: >"$inst/trace"
		echo 1 >"$inst/tracing_on"
		exec timeout -k 5 60 "$@"
	) >"$SCRATCH/out" 2>&1 </dev/null
	rc=$?
	echo 0 >"$inst/tracing_on"
	sed -n 's/.*-\([0-9]*\) .* sys_enter: NR \([0-9-]*\) (\(.*\))$/\1 \2 \3/p' "$inst/trace" >"$SCRATCH/record"
	lost=$(cat "$inst"/per_cpu/cpu*/stats | awk '/^(overrun|dropped)/ { n += $NF } END { print n + 0 }')
	return $rc
}

# What may be in a record: orders that skiff compares, register by register. Prints what else there is.
judge() {
	perl -ne '
		BEGIN {
			%checked = (
				56 => sub { !($_[0] & 0x7e020080) }, # no namespaces
				157 => sub { $_[0] == 1 && $_[1] == 9 },
				272 => sub { $_[0] == 0x400 },
				317 => sub { $_[0] == 1 && in_stub($_[2]) },
				322 => sub { in_stub($_[1]) && in_stub($_[2]) && in_stub($_[3]) && $_[4] == 0x1000 },
				434 => sub { 1 }, 438 => sub { 1 },
			);
			sub in_stub { $_[0] >= 0xc0000 && $_[0] < 0xc1000 }
		}
		no warnings "portable";
		my ($pid, $nr, @a) = split /[ ,]+/;
		$_ = hex for @a;
		next if $checked{$nr} && $checked{$nr}->(@a);
		printf "process %d: call %d (%s)\n", $pid, $nr, join ", ", map { sprintf "%x", $_ } @a;
	' "$SCRATCH/record" | sort | uniq -c | head -n 20
}

# The record and the judge do see a foreign call.
observe /bin/cat /etc/hostname
expect_match "a program of the host would be noticed" "call 257 " "$(judge)"

# attack LABEL PROGRAM [OPTION...]
attack() {
	local label=$1 program=$2 rc bad
	shift 2
	observe "$SKIFF" run "--backend=$BACKEND" --net none "$@" -- "$program"
	rc=$?
	bad=$(judge)
	if [ $rc != 0 ]; then
		not_ok "$label" "status $rc" "$(tail -n 5 "$SCRATCH/out")"
	elif [ "$lost" != 0 ]; then
		not_ok "$label" "$lost lines of the record are lost"
	elif [ ! -s "$SCRATCH/record" ]; then
		not_ok "$label" "nothing has been recorded"
	elif [ -n "$bad" ]; then
		not_ok "$label" "$bad"
	else
		ok "$label"
	fi
}

for program in "$ATTACKS"/*; do
	[ -x "$program" ] && [[ $program != *.[do] ]] || continue
	attack "${program##*/}" "$program"
done
# With every call of the guest trapped, and on a host without the newer features.
attack "stub_calls, trap-all" "$ATTACKS/stub_calls" --trap-all
attack "low_addresses, trap-all" "$ATTACKS/low_addresses" --trap-all
[ "$BACKEND" = notify ] && attack "hostile_orders, old host" "$ATTACKS/hostile_orders" \
	--without=wait-killable,sync-wake-up,mseal,memfd-exec
done_testing
