# The root's layers: nothing reaches the host's root, a persistent overlay keeps owners, modes,
# devices and removals from one machine to the next, a package manager works on it, volumes.
. "${E2E:-$(dirname "$0")}/lib.sh"

[ "$BACKEND" = native ] && { skip overlay "needs a guest"; done_testing; }
UP=$SCRATCH/up
mkdir "$UP"
up=(--overlay "$UP")
# As an unprivileged user parts of the host's own / cannot be read: stay where anybody can.
D=/var/lib/skiff-test

expect_out "changes are seen in the machine" "gone new" skb '
	rm /etc/issue; echo new >/etc/skiff-test; [ ! -e /etc/issue ] && echo gone $(cat /etc/skiff-test)'
expect_status "and not on the host" 0 test -e "$ROOT/etc/issue" -a ! -e "$ROOT/etc/skiff-test"

expect_status "first machine on a persistent overlay" 0 sk "${up[@]}" -- bash -ec "
	mkdir -p $D/sub; cd $D
	echo data >file; chown 5:6 file; chmod 4751 file
	mknod dev c 1 3; mknod fifo p; ln -s target link; chown -h 7:8 link
	chown 9:10 sub; chmod 2770 sub; ln file sub/hard
	rm /etc/issue; echo more >>/etc/passwd
	rm -r /usr/share/doc/bash; mkdir /usr/share/doc/bash; touch -d @1000 /usr/share/doc/bash/mine
	mv /usr/share/doc/grep /usr/share/doc/moved; echo mine >>/usr/share/doc/moved/copyright"
expect_out "owners, modes and types are there in the next" \
	"file 4751 5 6 2 regular file
dev 644 0 0 1 character special file
fifo 644 0 0 1 fifo
link 777 7 8 1 symbolic link
sub 2770 9 10 2 directory" sk "${up[@]}" -- bash -c "cd $D; stat -c '%n %a %u %g %h %F' file dev fifo link sub"
expect_out "contents, links and devices work" "data target ok" sk "${up[@]}" -- bash -c "
	cd $D; echo x >dev; echo \$(cat sub/hard) \$(readlink link) \$([ file -ef sub/hard ] && echo ok)"
expect_out "removals and replacements last" "no issue, mine 1000, more" sk "${up[@]}" -- bash -c '
	[ -e /etc/issue ] || echo no issue, $(ls /usr/share/doc/bash) $(stat -c %Y /usr/share/doc/bash/mine), $(tail -n1 /etc/passwd)'
expect_out "a moved directory stays moved" "mine README no" sk "${up[@]}" -- bash -c '
	cd /usr/share/doc; echo $(tail -n1 moved/copyright) $(ls moved | grep -x README) $([ -e grep ] || echo no)'
expect_eq "nothing set-id or foreign on the host" "" \
	"$(find "$UP" \( -perm /7000 -o ! -user "$(id -u)" -o -type b -o -type c -o -type p \) ! -perm -1000)"

if need dpkg dpkg dpkg-deb; then
	cat >"$SCRATCH/mkdeb" <<'X'
set -e
cd "$(mktemp -d)"
mkdir -p p/DEBIAN p/usr/bin p/etc p/var/lib/skiff-deb
printf 'Package: skiff-deb\nVersion: 1\nArchitecture: all\nMaintainer: nobody <n@example.org>\nDescription: test\n' >p/DEBIAN/control
printf '#!/bin/sh\nset -e\nchown daemon:mail /var/lib/skiff-deb\nchmod 2770 /var/lib/skiff-deb\n' >p/DEBIAN/postinst
printf '#!/bin/sh\necho skiff-deb runs\n' >p/usr/bin/skiff-deb
echo 1 >p/etc/skiff-deb.conf
echo /etc/skiff-deb.conf >p/DEBIAN/conffiles
chmod 755 p/DEBIAN/postinst p/usr/bin/skiff-deb
dpkg-deb --root-owner-group -b p "$1" >/dev/null
X
	expect_status "dpkg-deb makes a package" 0 sk "${share[@]}" -e HOME=/ -- sh $SHARED/mkdeb $SHARED/t.deb
	expect_status "dpkg -i" 0 sk "${up[@]}" "${share[@]}" -e HOME=/ -- dpkg -i $SHARED/t.deb
	expect_out "it is installed in the next machine" "skiff-deb runs
daemon mail 2770
install ok installed" sk "${up[@]}" -e HOME=/ -- sh -c "skiff-deb; stat -c '%U %G %a' /var/lib/skiff-deb
		dpkg-query -W -f '\${Status}\n' skiff-deb"
	expect_status "dpkg -P" 0 sk "${up[@]}" -e HOME=/ -- dpkg -P skiff-deb
	expect_out "and gone again" "" sk "${up[@]}" -- sh -c 'ls -d /usr/bin/skiff-deb /etc/skiff-deb.conf /var/lib/skiff-deb 2>/dev/null; true'
fi

mkdir "$SCRATCH/vol"
echo one >"$SCRATCH/vol/a"
expect_out "a volume is written through" "one" sk -v "$SCRATCH/vol:/srv/v" -- sh -c 'cat /srv/v/a; echo two >/srv/v/b; mv /srv/v/a /srv/v/c'
expect_eq "as the host sees" "one two" "$(cat "$SCRATCH/vol/c" "$SCRATCH/vol/b" | xargs)"
expect_out "a read-only volume is not" "ro" sk -v "$SCRATCH/vol:/srv/v:ro" -- sh -c 'touch /srv/v/x 2>/dev/null || echo ro'
expect_out "a single file as a volume" "two" sk -v "$SCRATCH/vol/b:/srv/file" -- cat /srv/file
ln -s / "$SCRATCH/vol/out"
ln -s ../../../../../etc/passwd "$SCRATCH/vol/up"
expect_out "links in a volume stay in the machine" "inside" sk -v "$SCRATCH/vol:/srv/v" -- sh -c '
	echo inside >/etc/passwd; cat /srv/v/up'
done_testing
