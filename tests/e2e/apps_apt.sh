# apt-get installs from a local repository into a persistent overlay: users, groups and set-id files
# made by maintainer scripts, triggers; all of it works in the next machine, and can be removed again.
# over: rootfs
. "${E2E:-$(dirname "$0")}/lib.sh"

packages=${PACKAGES_DIR:-/var/tmp/skiff-packages}
if [ "$BACKEND" = native ] || [ -z "$ROOT" ] || [ ! -r "$packages/debs/Packages" ]; then
	skip apps_apt "needs a guest with a Debian rootfs, and the packages of scripts/mkpackages"
	done_testing
fi
SK_TIMEOUT=200
mkdir up
machine=(--net none --overlay "$SCRATCH/up" -v "$packages:$SHARED:ro" -e DEBIAN_FRONTEND=noninteractive)

guest_script "the first machine" "${machine[@]}" <<'EOF'
export HOME=/
# Of a root directory that is not the user's own, some files cannot be read: made anew.
[ -r /etc/shadow ] || (
	rm /etc/shadow /etc/gshadow /etc/.pwd.lock /var/cache/debconf/passwords.dat /var/lib/dpkg/triggers/Lock
	pwconv && grpconv
)
echo "deb [trusted=yes] file:/mnt/debs ./" >/etc/apt/sources.list
check "apt-get update" apt-get -q update
check "apt-get install" apt-get install -y -q --no-install-recommends man-db cron dbus logrotate
HOME=$TMPDIR
EOF
guest_script "the second machine" "${machine[@]}" <<'EOF'
is "all are installed" "$(printf 'installed\ninstalled\ninstalled\ninstalled')" \
	"$(dpkg-query -W -f '${db:Status-Status}\n' man-db cron dbus logrotate)"
is "nothing is left half done" "" "$(dpkg --audit)"
is "no file differs from its package's" "" "$(dpkg -V man-db cron dbus dbus-daemon logrotate groff-base)"
is "users and groups were made" "messagebus crontab" "$(echo $(id -un messagebus) $(getent group crontab | cut -d: -f1))"
is "set-id programs and their owners" "2755 root:crontab" "$(stat -c '%a %U:%G' /usr/bin/crontab)"
is "a set-user-ID helper for a group" "4754 root:messagebus" \
	"$(stat -c '%a %U:%G' /usr/lib/dbus-1.0/dbus-daemon-launch-helper)"
is "a trigger ran" "ok" "$([ -s /var/cache/man/index.db ] && echo ok)"
printf '.TH X 1\n.SH NAME\nskiffpage \\- nothing\n.SH DESCRIPTION\nA page.\n' >/usr/share/man/man1/skiffpage.1
has "man formats a page" "A page." "$(MAN_DISABLE_SECCOMP= man -P cat skiffpage 2>&1)"
check "mandb" mandb -q
has "apropos finds it" "skiffpage \(1\)" "$(apropos skiffpage)"
has "crontab by a user, through its group" "@daily true" \
	"$(setpriv --reuid 1 --regid 1 --clear-groups sh -c 'echo "@daily true" | crontab - && crontab -l' 2>&1)"
mkdir -p /run/dbus
check "dbus-daemon as a system bus" dbus-daemon --system --fork
has "it gives up its privileges" "messagebus" "$(stat -c %U "/proc/$(cat /run/dbus/pid)")"
has "a call over it, by a user" 'string "org.freedesktop.DBus"' "$(setpriv --reuid 1 --regid 1 --clear-groups \
	dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames 2>&1)"
kill "$(cat /run/dbus/pid)"
printf '%s {\nrotate 2\ncreate 640 daemon mail\ncompress\nsu root root\n}\n' "$HOME/log" >rotate.conf
seq 5 >log
check "logrotate" logrotate -f -s state rotate.conf
is "rotated, compressed and made anew" "640 daemon mail 1 2 3 4 5" "$(echo $(stat -c '%a %U %G' log) $(zcat log.1.gz))"
check "purge" dpkg -P logrotate
EOF
expect_out "what was purged is gone in the third machine" "0 1" sk "${machine[@]}" -- sh -c '
	echo $(ls /usr/sbin/logrotate /etc/logrotate.conf 2>/dev/null | wc -l) $(ls /usr/bin/man | wc -l)'
done_testing
