# tar, gzip, bzip2, xz, cpio-like round trips: modes, times, links, sparse files, pipes.
. "${E2E:-$(dirname "$0")}/lib.sh"

need archive tar gzip || done_testing

guest_script archive <<'EOF'
mkdir -p t/sub/deep
seq 5000 >t/numbers
: >t/empty
ln t/numbers t/hard
ln -s numbers t/soft
printf '\0\1\2' >t/sub/bin
chmod 751 t/sub
chmod 4711 t/sub/bin
truncate -s 5M t/sparse
echo end >>t/sparse
mkfifo t/fifo
touch -d '2003-04-05 06:07:08' t/sub/deep t/numbers
list() { (cd "$1" && find . -printf '%p %y %m %s %l %TY-%Tm-%Td %TH:%TM:%.2TS\n' | grep -v '^\. ' | sed 's/^\(.* d [0-9]*\) [0-9]*/\1/' | sort); }

check "tar cf" tar cf t.tar t
check "tar tf" tar tf t.tar
check "tar xf" bash -c 'mkdir x && tar xpf t.tar -C x'
is "the same tree" "$(list t)" "$(list x/t)"
is "hard links stay links" "ok" "$([ x/t/numbers -ef x/t/hard ] && echo ok)"
check "tar --diff" tar df t.tar
for z in gzip bzip2 xz; do
	command -v $z >/dev/null || continue
	check "tar with $z" bash -c "tar --use-compress-program=$z -cf t.tar.z t && mkdir x$z && tar --use-compress-program=$z -xpf t.tar.z -C x$z"
	is "the same tree after $z" "$(list t)" "$(list x$z/t)"
done
is "tar through a pipe" "$(list t)" "$(mkdir p && tar c t | (cd p && tar xp) && list p/t)"
check "tar --sparse" bash -c 'tar -S -cf s.tar t && mkdir xs && tar -S -xpf s.tar -C xs && cmp t/sparse xs/t/sparse'
is "gzip, gunzip" "ok" "$(cp t/numbers n && gzip n && [ ! -e n ] && gunzip n.gz && cmp n t/numbers && echo ok)"
is "zcat" "5000" "$(gzip -c t/numbers | zcat | wc -l | xargs)"
is "gzip keeps the time" "2003" "$(cp -p t/numbers k && gzip k && stat -c %y k.gz | cut -c1-4)"
is "tar of a part of /usr" "ok" "$(tar cf - -C /usr/bin bash | tar df - -C /usr/bin && echo ok)"
is "tar --exclude, --transform" "ok" "$(tar cf e.tar --exclude=sub --transform=s/^t/u/ t && ! tar tf e.tar | grep -q sub && tar tf e.tar | grep -q ^u/numbers && echo ok)"
EOF
done_testing
