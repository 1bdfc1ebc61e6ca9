# Building and packing in a machine: a Debian source package with make -j4 and its own test suite,
# dpkg-deb under fakeroot, threaded compressors, a git repository of some size, SQLite, valgrind.
# as: root
# over: host
. "${E2E:-$(dirname "$0")}/lib.sh"

SK_TIMEOUT=150
source=${PACKAGES_DIR:-/var/tmp/skiff-packages}/src
volume=()
[ ! -d "$source" ] || [ "$BACKEND" = native ] || volume=(-v "$source:$SHARED:ro")
[ "$BACKEND" = native ] && SHARED=$source
guest_script apps_build --net none "${volume[@]}" -e "SRC=$SHARED" <<'EOF'
skip() { echo "skip $1: not installed"; }
have() { command -v "$1" >/dev/null || { skip "$1"; return 1; }; }
orig=$(echo "$SRC"/zlib_*.orig.tar.*)
if have gcc && have make && have patch && { [ -r "$orig" ] || skip "the source package (scripts/mkpackages)"; }; then
	mkdir z
	check "unpack" bash -c "tar xf $orig -C z --strip-components 1 && tar xf $SRC/zlib_*.debian.tar.* -C z"
	cd z || exit 1
	check "patches" bash -c 'while read -r p; do patch -sp1 <"debian/patches/$p" || exit 1; done <debian/patches/series'
	check "configure" env CFLAGS=-O0 ./configure --prefix=/usr
	check "make -j4" make -j4
	has "its own test suite" "zlib shared test OK" "$(make test 2>&1 | tr '\n' ' ')"
	is "nothing is built twice" "" "$(make -j4 2>&1 | grep -- ' -c ')"
	check "make install" make install DESTDIR="$HOME/pkg"
	cd ..
	mkdir -p pkg/DEBIAN
	printf 'Package: z\nVersion: 1\nArchitecture: amd64\nMaintainer: a <a@example.org>\nDescription: z\n' >pkg/DEBIAN/control
	if have fakeroot && have dpkg-deb; then
		check "dpkg-deb under fakeroot, as a user" bash -c 'chown -R 1000:1000 . && chmod 755 . &&
			setpriv --reuid 1000 --regid 1000 --clear-groups fakeroot sh -c "chown -R root:mail pkg && dpkg-deb -b pkg z.deb"'
		is "owners in the package" "root/mail" "$(dpkg-deb -c z.deb | awk '/zlib.h/ { print $2 }')"
	fi
	cat z/*.c z/contrib/*/*.[ch] >text
fi
[ -s text ] || cat /usr/lib/python3*/*.py /bin/bash >text
for c in "xz -1 -T4" "zstd -q -T4" "gzip -1" bzip2; do
	have ${c%% *} || continue
	is "$c" "$(md5sum <text)" "$($c -c <text | ${c%% *} -dc | md5sum)"
done
if have git; then
	export GIT_CONFIG_NOSYSTEM=1
	git config --global user.name T; git config --global user.email t@example.org
	git init -q r
	for d in {1..30}; do mkdir r/d$d; for f in {1..50}; do echo $d $f >r/d$d/f$f; done; done
	check "git: 1500 files" bash -c 'cd r && git add . && git commit -qm x'
	check "git clone" git clone -q r c
	check "git gc" git -C c gc -q
	check "git fsck" git -C c fsck --strict
	is "git: all are there" "1500" "$(git -C c ls-files | wc -l)"
fi
if have sqlite3; then
	is "SQLite: transactions, WAL, two writers" "$(printf '2000\nok')" "$(
		sqlite3 t.db 'pragma journal_mode = wal; create table t (a integer primary key, b text); create index i on t (b);' >/dev/null
		for w in 1 2; do
			{ echo .timeout 60000; for i in {1..50}; do
				echo "begin immediate; insert into t (b) select hex(randomblob(20)) from generate_series(1, 20); commit;"
			done; } | sqlite3 t.db &
		done
		wait
		sqlite3 t.db 'select count(*) from t; pragma integrity_check;')"
fi
if have valgrind && have gcc; then
	echo 'int main(void) { int *p = __builtin_malloc(8); return p[3] == 7; }' >v.c
	gcc -g v.c -o v && has "valgrind finds a bad read" "Invalid read of size 4" "$(valgrind ./v 2>&1)"
fi
EOF
done_testing
