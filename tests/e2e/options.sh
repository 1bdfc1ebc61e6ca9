# -v, -e, -w, -u, --hostname, --name, --overlay, --rw, --pids: and the host stays as it was.
# not: native
. "${E2E:-$(dirname "$0")}/lib.sh"

# ---- volumes ----
mkdir "$SCRATCH/vol"
echo content >"$SCRATCH/vol/file"
expect_out "-v shows a directory" content sk -v "$SCRATCH/vol:/mnt" -- cat /mnt/file
expect_out "-v at a new mount point" content sk -v "$SCRATCH/vol:/new/mount/point" -- cat /new/mount/point/file
expect_out "-v of a file" content sk -v "$SCRATCH/vol/file:/mnt/f" -- cat /mnt/f
expect_status "-v is writable" 0 sk -v "$SCRATCH/vol:/mnt" -- sh -c 'echo new >/mnt/new; mkdir /mnt/d; echo more >>/mnt/file; mv /mnt/new /mnt/d/moved; ln -s d /mnt/link'
expect_eq "what was written is on the host" "content more new" "$(cat "$SCRATCH/vol/file" "$SCRATCH/vol/link/moved" | xargs)"
expect_status "-v ...:ro refuses writes" 2 sk -v "$SCRATCH/vol:/mnt:ro" -- sh -c 'echo x >/mnt/ro' 2>/dev/null
expect_match "it is EROFS" 'Read-only' "$(sk -v "$SCRATCH/vol:/mnt:ro" -- touch /mnt/ro 2>&1)"
[ ! -e "$SCRATCH/vol/ro" ] && ok "nothing came through" || not_ok "nothing came through"
expect_out "two volumes" "content content" sk -v "$SCRATCH/vol:/mnt" -v "$SCRATCH/vol/file:/media/f" -- sh -c 'echo $(head -n1 /mnt/file) $(head -n1 /media/f)'
ln -s / "$SCRATCH/vol/escape"
ln -s ../../../../../../../../etc/hostname "$SCRATCH/vol/up"
expect_out "symlinks in a volume are the machine's" "yes" sk -v "$SCRATCH/vol:/mnt" --hostname inside -- sh -c '[ -d /mnt/escape/proc/1 ] && echo yes'

# ---- environment, directory, user, names ----
expect_out "-e K=V" "v=1" sk -e K=v=1 -- sh -c 'echo $K'
expect_out "-e K" "from host" env SKT="from host" timeout 30 "$SKIFF" run "--backend=$BACKEND" ${ROOT:+--root "$ROOT"} -e SKT -- sh -c 'echo $SKT'
expect_out "the host's environment stays outside" "" env SKT=x timeout 30 "$SKIFF" run "--backend=$BACKEND" ${ROOT:+--root "$ROOT"} -- sh -c 'echo $SKT'
expect_out "PATH is set" yes sk sh -c '[ -n "$PATH" ] && echo yes'
expect_out "-w" /usr/bin sk -w /usr/bin -- pwd
expect_out "-u UID" "1234 0" sk -u 1234 -- sh -c 'echo $(id -u) $(id -g)'
expect_out "-u UID:GID" "1234 5678" sk -u 1234:5678 -- sh -c 'echo $(id -u) $(id -g)'
expect_out "the default user is guest root" "0 0" sk sh -c 'echo $(id -u) $(id -g)'
expect_status "an ordinary user may not write to /etc" 2 sk -u 1234 -- sh -c 'echo x >/etc/skt' 2>/dev/null
expect_out "--hostname" "box" sk --hostname box -- uname -n
expect_out "--name" "mach" sk --name mach -- uname -n
expect_match "uname" 'Linux .* x86_64' "$(sk uname -srm)"
expect_out "sethostname inside" "changed" sk sh -c 'echo changed >/proc/sys/kernel/hostname && uname -n'

# ---- the host is not changed by default ----
mark=skiff-e2e-$$
dirs="/ /etc /usr /usr/bin /var /tmp /home /opt"
[ "$(id -u)" != 0 ] || dirs="$dirs /root" # not readable for others on the host
expect_status "writes all over the default root" 0 sk sh -c "
for d in $dirs; do echo x >\$d/$mark || exit 1; done
echo y >>/etc/passwd && rm /etc/hostname; mkdir /$mark.d && mv /etc/profile /$mark.d/ && chmod 700 /usr && chown 5:5 /etc/group
[ \$(stat -c %u /etc/group) = 5 ] && ln /etc/fstab /etc/$mark.l; rm -r /usr/share/doc 2>/dev/null; [ ! -e /usr/share/doc ]"
found=
for d in $dirs; do
	[ ! -e "$ROOT$d/$mark" ] || found="$found $d"
done
expect_eq "nothing is left on the host" "" "$found"
expect_eq "files are as before" "yes" "$([ ! -e "$ROOT/$mark.d" ] && [ -e "$ROOT/etc/profile" ] && [ "$(tail -n 1 "$ROOT/etc/passwd")" != y ] && [ "$(stat -c %u "$ROOT/etc/group")" = 0 ] && [ -e "$ROOT/usr/share/doc" ] && echo yes)"
expect_out "the next machine starts afresh" "yes" sk sh -c "[ ! -e /$mark ] && [ -e /etc/profile ] && echo yes"
expect_out "guest root is root inside" "5:6 640 b 1:2" sk sh -c 'cd /var && touch f && chown 5:6 f && chmod 640 f && mknod dev b 1 2 && stat -c "%u:%g %a" f | tr "\n" " " && stat -c "b %t:%T" dev'

# ---- an overlay directory keeps everything for the next machine ----
ov=(--overlay "$SCRATCH/overlay")
mkdir "$SCRATCH/overlay"
expect_status "overlay: first machine" 0 sk "${ov[@]}" -- sh -c '
echo kept >/etc/kept && chown 7:8 /etc/kept && chmod 4750 /etc/kept && mkdir -p /srv/a/b && echo deep >/srv/a/b/f &&
ln -s kept /etc/klink && mknod /srv/null c 1 3 && mkfifo /srv/fifo && rm /etc/profile && rm -rf /usr/share/doc && mkdir /usr/share/doc &&
echo changed >>/etc/shells && mv /etc/issue /etc/issue.moved && ln /etc/kept /etc/khard && touch -d "2001-02-03 04:05:06" /srv/a'
expect_out "overlay: contents" "kept deep kept" sk "${ov[@]}" -- sh -c 'echo $(cat /etc/kept /srv/a/b/f /etc/klink)'
expect_out "overlay: owner and mode" "7:8 4750" sk "${ov[@]}" -- stat -c '%u:%g %a' /etc/kept
expect_out "overlay: device nodes" "character special file 1:3" sk "${ov[@]}" -- stat -c '%F %t:%T' /srv/null
expect_status "overlay: the device works" 0 sk "${ov[@]}" -- sh -c 'echo x >/srv/null && [ ! -s /srv/null ]'
expect_out "overlay: fifo" "fifo" sk "${ov[@]}" -- stat -c %F /srv/fifo
expect_out "overlay: whiteouts" "gone" sk "${ov[@]}" -- sh -c '[ ! -e /etc/profile ] && ! ls /etc | grep -qx profile && echo gone'
expect_out "overlay: an opaque directory" "" sk "${ov[@]}" -- ls -A /usr/share/doc
expect_out "overlay: appended" "changed" sk "${ov[@]}" -- tail -n 1 /etc/shells
expect_out "overlay: renamed" "yes" sk "${ov[@]}" -- sh -c '[ ! -e /etc/issue ] && [ -e /etc/issue.moved ] && echo yes'
expect_out "overlay: hard links" "2" sk "${ov[@]}" -- stat -c %h /etc/kept
expect_out "overlay: times" "2001-02-03" sk "${ov[@]}" -- sh -c 'stat -c %y /srv/a | cut -c1-10'
expect_out "overlay: other machines do not see it" "no" sk sh -c '[ -e /etc/kept ] || echo no'
[ -e "$ROOT/etc/profile" ] && [ ! -e "$ROOT/etc/kept" ] && ok "overlay: the root is untouched" || not_ok "overlay: the root is untouched"

# ---- --rw writes through ----
rw=$SCRATCH/rw
mkdir -p "$rw/bin" "$rw/proc" "$rw/dev" "$rw/tmp" "$rw/sys" "$rw/etc"
busybox=$(command -v busybox)
if [ -n "$busybox" ] && ! ldd "$busybox" >/dev/null 2>&1; then
	cp "$busybox" "$rw/bin/busybox"
	rwrun=(timeout -k 5 60 "$SKIFF" run "--backend=$BACKEND" --root "$rw")
	expect_out "--root DIR" "hi" "${rwrun[@]}" -- /bin/busybox echo hi
	expect_status "without --rw DIR stays" 0 "${rwrun[@]}" -- /bin/busybox sh -c 'echo a >/a'
	[ ! -e "$rw/a" ] && ok "DIR did not change" || not_ok "DIR did not change"
	expect_status "--rw" 0 "${rwrun[@]}" --rw -- /bin/busybox sh -c 'echo a >/a; /bin/busybox mkdir /d; /bin/busybox ln -s /a /d/l'
	expect_eq "DIR has changed" "a /a" "$(cat "$rw/a" 2>&1) $(readlink "$rw/d/l")"
	expect_out "no path leads out of DIR" "bin" "${rwrun[@]}" -- /bin/busybox sh -c 'cd /../../..; /bin/busybox ls / | /bin/busybox head -n 20 | /bin/busybox grep -x bin'
else
	skip "--root and --rw" "no static busybox on the host"
fi

# ---- limits ----
expect_match "--pids" 'Cannot fork' "$(sk --pids 20 -- dash -c 'for i in $(seq 40); do sleep 100 & done' 2>&1)"
done_testing
