# An interactive session through a pty (interactive.py), and tmux inside the machine.
. "${E2E:-$(dirname "$0")}/lib.sh"

py=/usr/bin/python3
[ -x $py ] || py=$(command -v python3)
if [ -z "$py" ] || ! need interactive bash vi less; then
	[ -n "$py" ] || skip interactive "no python3 on the host"
else
	if [ "$BACKEND" = native ]; then
		cmd=(native)
	else
		cmd=("$SKIFF" run "--backend=$BACKEND")
		[ -z "$ROOT" ] || cmd+=(--root "$ROOT")
	fi
	out=$(timeout -k 5 200 "$py" "${E2E:-$(dirname "$0")}/interactive.py" "${cmd[@]}" 2>&1)
	rc=$?
	printf '%s\n' "$out"
	failures=$((failures + $(grep -c '^not ok ' <<<"$out")))
	expect_eq "the interactive session ran to its end" 0 $rc
fi

need tmux tmux || done_testing
guest_script tmux <<'EOF'
export TERM=screen LC_ALL=C.UTF-8 SHELL=/bin/bash
t() { tmux -L e2e -f /dev/null "$@"; }
check "new-session" t new-session -d -x 80 -y 24 "PS1='T> ' bash --norc --noprofile"
t send-keys 'echo a$((1+1))b; tmux -L e2e wait-for -S one' Enter
check "send-keys reaches the shell" timeout 20 tmux -L e2e wait-for one
has "capture-pane" $'\na2b' "$(t capture-pane -p)"
check "split-window" t split-window -h 'cat; sleep 1000'
is "two panes" 2 "$(t list-panes | wc -l | xargs)"
t send-keys -t 0 'stty size; tmux -L e2e wait-for -S two' Enter
check "the pane answers" timeout 20 tmux -L e2e wait-for two
has "the split pane is narrower" $'\n24 40|\n23 40|\n23 39|\n24 39' "$(t capture-pane -p -t 0)"
t send-keys -t 0 'sleep 1000; tmux -L e2e wait-for -S three' Enter
until pgrep -x sleep >/dev/null; do :; done
t send-keys -t 0 C-c
t send-keys -t 0 'tmux -L e2e wait-for -S four' Enter
check "Ctrl-C in a pane" timeout 20 tmux -L e2e wait-for four
check "kill-server" t kill-server
is "no session is left" 1 "$(t ls >/dev/null 2>&1; echo $?)"
EOF
done_testing
