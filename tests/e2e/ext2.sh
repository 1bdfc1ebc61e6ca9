# ext2 on loop devices: what a guest writes, e2fsck finds in order and another machine reads; images
# that lie do not harm the machine.
# once
. "${E2E:-$(dirname "$0")}/lib.sh"

[ "$BACKEND" = native ] && { skip ext2 "needs a guest"; done_testing; }
PATH=$PATH:/sbin:/usr/sbin
need "ext2" mkfs.ext2 e2fsck || done_testing

for opts in "-b 1024" "-b 4096" "-b 2048 -I 128 -O ^filetype,^dir_index"; do
	rm -f img
	truncate -s 24M img
	mkfs.ext2 -q -F $opts img 2>/dev/null
	chmod 666 img
	expect_out "a tree on ext2 ($opts)" "150 hello 3001 1 ran 20000" sk "${share[@]}" -- bash -ec '
		mkdir /tmp/m; mount -t ext2 -o loop /mnt/img /tmp/m; cd /tmp/m
		mkdir -p d/e; echo hello >f; ln f g; ln -s f s; mknod c c 1 3; mkfifo p
		ln -s $(printf "%0200d" 0) long; [ $(readlink long) = $(printf "%0200d" 0) ]
		head -c 3000000 /dev/urandom >big; cp big d/; cmp big d/big
		truncate -s 5000 d/big; cmp -n 5000 big d/big; truncate -s 20000 d/big
		cmp <(tail -c 15000 d/big) <(head -c 15000 /dev/zero)
		dd if=big of=sparse bs=1k seek=3000 count=1 status=none
		for i in $(seq 300); do echo $i >d/e/file$i; done; rm d/e/file*[13579]
		mv d/e z; mv z d/; mkdir q; mv -T q r; rmdir r; rm g
		cp /bin/true t; cp /bin/true gone; exec 9<gone; rm gone; exec 9<&-
		echo $(ls d/z | wc -l) $(cat s) $(($(stat -c %s sparse) / 1024)) $(stat -c %h f) \
			$(./t && echo ran) $(stat -c %s d/big)
		cd /; sync; umount /tmp/m'
	expect_status "e2fsck finds it in order ($opts)" 0 e2fsck -fn img
	expect_out "another machine reads it, and removes it" "hello 150 same" sk "${share[@]}" -- bash -ec '
		mkdir /tmp/m; mount -t ext2 -o loop /mnt/img /tmp/m; cd /tmp/m
		echo $(cat s) $(ls d/z | wc -l) $(cmp -n 5000 big d/big && echo same)
		rm -r *; cd /; umount /tmp/m'
	expect_status "which is in order, too ($opts)" 0 e2fsck -fn img
done

expect_status "a journal is refused" 0 skb '
	PATH=$PATH:/sbin:/usr/sbin; truncate -s 8M /tmp/i; mkfs.ext4 -q -F /tmp/i; mkdir /tmp/m
	! mount -t ext2 -o loop /tmp/i /tmp/m 2>/dev/null'
SK_TIMEOUT=50 expect_out "images that lie" "alive" skb '
	PATH=$PATH:/sbin:/usr/sbin; RANDOM=7; mkdir /tmp/m; cd /tmp
	truncate -s 2M good; mkfs.ext2 -q -F -b 1024 good
	mount -t ext2 -o loop good m; mkdir -p m/a/b; head -c 400000 /dev/urandom >m/a/f; ln -s f m/a/s
	for i in $(seq 40); do echo $i >m/a/b/$i; done; umount m
	for round in $(seq 15); do
		cp good bad
		for i in $(seq $((RANDOM % 20 + 1))); do
			printf "\\x$(printf %02x $((RANDOM % 256)))" |
				dd of=bad bs=1 seek=$((1024 + RANDOM % (RANDOM % 2 ? 8192 : 60000))) conv=notrunc status=none
		done
		mount -t ext2 -o loop bad m 2>/dev/null || continue
		{ ls -lR m; cat m/a/* m/a/b/*; echo new >m/new; echo x >>m/a/f; mv m/a/b m/c; rm -r m/*
		head -c 100000 /dev/zero >m/z; sync; umount m || umount -l m; } >/dev/null 2>&1
	done
	echo alive'
done_testing
