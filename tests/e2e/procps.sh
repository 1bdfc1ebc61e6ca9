# Tools that look at processes and at the machine: procps, util-linux, coreutils, lsof, psmisc.
. "${E2E:-$(dirname "$0")}/lib.sh"

need procps ps free || done_testing

guest_script procps <<'EOF'
sleep 1000 & a=$!
(exec -a "a new name" sleep 1001) & b=$!
sh -c 'kill -STOP $$; exit 5' & c=$!
until [ "$(ps -o stat= -p $c)" = T ] && [ -n "$(pgrep -f 'new name')" ]; do :; done
is "ps -o of one process" "$a $$ S sleep 1000" "$(ps -o pid=,ppid=,stat=,args= -p $a | xargs)"
is "ps shows a changed name" "a new name 1001" "$(ps -o args= -p $b)"
is "ps shows a stopped process" "T" "$(ps -o stat= -p $c)"
has "ps aux" "sleep 1000" "$(ps aux)"
has "ps -ef --forest" "\\_ sleep 1000" "$(ps -ef --forest)"
is "ps counts threads" "1" "$(ps -o nlwp= -p $a | xargs)"
is "ps by user" "$(id -un)" "$(ps -o user:20= -p $a | xargs)"
has "ps knows the start time" "^0?0:0[0-9]" "$(ps -o etime= -p $a | xargs)"
is "pgrep" "$a" "$(pgrep -x -f 'sleep 1000')"
is "pidof" "$b $a" "$(pidof sleep)"
kill -CONT $c
wait $c
is "a continued process goes on" 5 $?
pkill -f 'a new name'
wait $b
is "pkill" 143 $?
( : ) & z=$!
until [[ $(ps -o stat= -p $z 2>/dev/null) != [RS]* ]]; do :; done
wait $z
is "a reaped process is gone" "" "$(ps -o stat= -p $z)"
has "top -b" "Tasks: +[0-9]+ total" "$(top -b -n1)"
has "top lists the processes" "sleep" "$(top -b -n1)"
has "free" "Mem: +[0-9]+ +[0-9]+ +[0-9]+" "$(free)"
has "uptime" "load average: [0-9.]+, [0-9.]+, [0-9.]+" "$(uptime)"
has "w" "USER +TTY" "$(w)"
has "vmstat" "^procs.*[0-9]+$" "$(vmstat)"
has "pmap" "total +[0-9]+K" "$(pmap $a)"
has "pmap -x names the program" "sleep" "$(pmap -x $a)"
is "pwdx" "$a: $PWD" "$(pwdx $a)"
is "nproc" "$(grep -c ^processor /proc/cpuinfo)" "$(nproc --all)"
has "lscpu" "Architecture: +x86_64" "$(lscpu)"
has "mount" "proc on /proc type proc" "$(mount)"
is "mountpoint" "/proc is a mountpoint" "$(mountpoint /proc)"
has "df" "[0-9]+% /tmp" "$(df /tmp)"
has "dmesg" "Linux version" "$(dmesg)"
is "sysctl -n" "$(uname -r)" "$(sysctl -n kernel.osrelease)"
is "prlimit" "77" "$(ulimit -n 77; prlimit --pid $BASHPID --nofile -o SOFT --noheadings | xargs)"
is "taskset" "ok" "$(taskset -p $a | grep -q 'affinity mask' && echo ok)"
has "findmnt" "/proc +proc" "$(findmnt -l)"
check "lsns" lsns
if command -v lsof >/dev/null; then
	exec 7<>"$HOME/opened"
	has "lsof of a file" "7u.*opened" "$(lsof -p $$)"
	exec 7>&-
	has "lsof of a program" "txt.*sleep" "$(lsof -p $a)"
fi
if command -v pstree >/dev/null; then
	has "pstree" "sleep" "$(pstree -a)"
fi
if command -v fuser >/dev/null; then
	exec 7<>"$HOME/opened"
	has "fuser" "$$" "$(fuser "$HOME/opened" 2>/dev/null)"
	exec 7>&-
fi
kill $a
# Every readable file of proc about a process gives its text or a clean error.
bad=$(find /proc/$$ /proc/sys /sys -xdev -type f -readable ! -name mem 2>/dev/null |
	while read -r f; do head -c 100000 "$f" 2>&1 >/dev/null | grep -v 'Invalid argument\|Input/output'; done)
is "every file can be read" "" "$bad"
EOF
done_testing
