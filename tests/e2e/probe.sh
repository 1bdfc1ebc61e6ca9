# skiff probe, the choice of a backend, and machines on hosts that lack something.
# over: host
# once
. "${E2E:-$(dirname "$0")}/lib.sh"

out=$("$SKIFF" probe)
expect_match "probe names the features" "listener .*wait-killable .*process-vm .*memfd-exec " "$out"
expect_match "probe says which backend" $'backend +(notify|ptrace)$' "$out"
out=$("$SKIFF" probe --without listener,mseal)
expect_match "probe --without: a remedy" "mseal +no .*6\.10" "$out"
expect_match "without a listener the backend is ptrace" $'backend +ptrace$' "$out"
expect_status "an unknown feature" 125 "$SKIFF" probe --without magic
expect_status "run: an unknown feature" 125 "$SKIFF" run --without magic -- true

work='printf "%s\n" b a c | sort | tr -d "\n"; (exit 3); echo " $?"; sleep 0.01 & kill -TERM $!; wait $!; echo $?'
for without in listener wait-killable sync-wake-up mseal memfd-exec process-vm listener,process-vm; do
	expect_out "a machine without $without" $'abc 3\n143' \
		timeout -k 5 60 "$SKIFF" run --backend=auto "--without=$without" -- bash -c "$work"
done
expect_status "notify without a listener is refused" 125 "$SKIFF" run --backend=notify --without=listener -- true
expect_status "no access to memory" 125 "$SKIFF" run --without=process-vm,proc-mem -- true
expect_status "no backend at all" 125 "$SKIFF" run --without=listener,ptrace -- true
done_testing
