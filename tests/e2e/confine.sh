# What a machine cannot reach: nothing below a :ro volume changes by any route, and renames and
# symlinks on the host's side while the guest looks never lead out of the root directory.
# not: native
# over: host
. "${E2E:-$(dirname "$0")}/lib.sh"

# ---- a read-only volume ----
vol=$SCRATCH/vol
mkdir -p "$vol/dir" && echo original >"$vol/file" && ln -s file "$vol/link" && : >"$vol/dir/inner"
chmod -R a+rwX "$vol"
print_all() { (cd "$1" && find . -printf '%p %m %U %s %T@ %l\n' | sort && cat file); }
before=$(print_all "$vol")
cat >"$SCRATCH/routes.sh" <<'EOF'
cd /mnt/vol || exit 1
denied() { if "$@" 2>/dev/null; then echo "allowed: $*"; else echo "denied: $1"; fi; }
denied sh -c 'echo x >file'
denied sh -c 'echo x >>file'
denied sh -c 'echo x >link'
denied sh -c ': >new'
denied truncate -s 0 file
denied touch -d 2001-01-01 file
denied chmod 600 file
denied chown 1:1 file
denied mkdir made
denied mknod fifo p
denied mknod null c 1 3
denied ln file hard
denied ln -s file soft
denied mv file moved
denied mv dir/inner .
denied rm -f file
denied rmdir dir
denied cp /etc/passwd dir/copy
denied sh -c 'cp /etc/passwd /tmp/x && mv /tmp/x dir/'
denied ln /tmp/x dir/x
denied mount -o remount,rw /mnt/vol
denied sh -c 'mount -o remount,rw,bind /mnt/vol && echo x >file'
denied sh -c 'mkdir -p /tmp/b && mount --bind /mnt/vol /tmp/b && mount -o remount,rw /tmp/b && echo x >/tmp/b/file'
denied sh -c 'exec 3<file; echo x >/proc/self/fd/3'
denied sh -c 'exec 3<.; echo x >/proc/self/fd/3/file'
denied sh -c 'chroot /mnt/vol /bin/sh -c "echo x >file"'
denied dd if=/dev/zero of=file bs=1 count=1 conv=notrunc
denied fallocate -l 100 file
if command -v python3 >/dev/null; then
python3 - <<'PY'
import ctypes, mmap, os
def denied(name, f):
    try:
        f()
        print("allowed: python", name)
    except (OSError, ValueError, PermissionError):
        print("denied: python", name)
fd = os.open("file", os.O_RDONLY)
denied("mmap shared, writable", lambda: mmap.mmap(fd, 8, mmap.MAP_SHARED, mmap.PROT_WRITE | mmap.PROT_READ))
def upgrade():
    m = mmap.mmap(fd, 8, mmap.MAP_SHARED, mmap.PROT_READ)
    libc = ctypes.CDLL(None, use_errno=True)
    addr = None
    for line in open("/proc/self/maps"):
        if line.rstrip().endswith("/file"):
            addr = int(line.split("-")[0], 16)
    if addr is None or libc.mprotect(ctypes.c_void_p(addr), 4096, 3):
        raise OSError("mprotect")
denied("mprotect of a shared mapping", upgrade)
denied("reopen", lambda: os.open("/proc/self/fd/%d" % fd, os.O_RDWR))
denied("O_RDWR", lambda: os.open("file", os.O_RDWR))
denied("O_TRUNC", lambda: os.open("file", os.O_RDONLY | os.O_TRUNC) if os.fstat(os.open("file", os.O_RDONLY)).st_size else 1 / 0)
denied("O_TMPFILE", lambda: os.open(".", os.O_TMPFILE | os.O_RDWR))
denied("setxattr", lambda: os.setxattr("file", "user.a", b"x"))
denied("utime by descriptor", lambda: os.utime(fd, (1, 1)))
denied("fchmod", lambda: os.fchmod(fd, 0o600))
denied("ftruncate", lambda: os.ftruncate(fd, 0))
denied("posix_fallocate", lambda: os.posix_fallocate(fd, 0, 100))
denied("rename exchange", lambda: os.rename("dir/inner", "file"))
w = os.open("/tmp/y", os.O_RDWR | os.O_CREAT)
os.write(w, b"zzzz")
denied("copy_file_range", lambda: os.copy_file_range(w, fd, 4, 0, 0))
denied("sendfile", lambda: os.sendfile(fd, w, 0, 4))
PY
fi
EOF
out=$(sk -v "$vol:/mnt/vol:ro" -v "$SCRATCH/routes.sh:/mnt/routes.sh:ro" -- sh /mnt/routes.sh)
expect_eq "a :ro volume: every route is refused" "" "$(grep '^allowed' <<<"$out")"
expect_eq "a :ro volume: they were tried" yes "$([ "$(grep -c '^denied' <<<"$out")" -ge 28 ] && echo yes)"
expect_eq "a :ro volume: nothing has changed" "$before" "$(print_all "$vol")"

# ---- races on the host's side ----
root=$SCRATCH/root
mkdir -p "$root/a" "$SCRATCH/outside" "$root/mnt"
echo inside >"$root/a/f"
echo SECRET >"$SCRATCH/outside/f"
chmod -R a+rwX "$root" "$SCRATCH/outside"
in_root=("$SKIFF" run "--backend=$BACKEND" --root "$root" --rw -v /bin/busybox:/busybox:ro)
if [ -x /bin/busybox ]; then
	# The host swaps the directory for symlinks that would lead out, until the guest is done.
	(
		while [ ! -e "$root/done" ]; do
			mv "$root/a" "$root/b"
			ln -s "$SCRATCH/outside" "$root/a"
			rm "$root/a"
			ln -s ../../../../../../../../../..$SCRATCH/outside "$root/a"
			rm "$root/a"
			mv "$root/b" "$root/a"
		done
	) 2>/dev/null &
	racer=$!
	out=$(timeout 60 "${in_root[@]}" -- /busybox sh -c '
		i=0
		while [ $i -lt 3000 ]; do
			/busybox cat a/f 2>/dev/null
			{ echo written >a/w; } 2>/dev/null
			i=$((i + 1))
		done
		: >/done')
	: >"$root/done"
	wait $racer
	expect_eq "races: what was read came from inside" "" "$(grep -v '^inside$' <<<"$out" | head -n 3)"
	expect_eq "races: some of it did" yes "$(grep -q inside <<<"$out" && echo yes)"
	expect_eq "races: nothing was written outside" "f" "$(ls "$SCRATCH/outside")"
	# The guest moves its own directory out from under a path with "..".
	out=$(timeout 60 "${in_root[@]}" -- /busybox sh -c '
		/busybox mkdir -p /x/y/z; cd /x/y/z
		(i=0; while [ $i -lt 500 ]; do /busybox mv /x/y /y 2>/dev/null; /busybox mv /y /x/y 2>/dev/null; i=$((i + 1)); done) &
		i=0
		while [ $i -lt 500 ]; do
			/busybox cat ../../../../../outside/f ../../../../../../../../..'"$SCRATCH"'/outside/f 2>/dev/null
			i=$((i + 1))
		done
		wait')
	expect_eq "races: .. of a directory that moves stays inside" "" "$out"
else
	skip "races" "no busybox on the host"
fi

# ---- every route at once, while both a directory and a file in it become links to outside ----
routes=$ATTACKS/path_routes.static
describe() { (cd "$1" && find . -printf '%p %y %m %U %G %s %n %T@ %C@ %l\n' | sort && cat f); }
# The times of what is renamed are the racer's.
contents() { (cd "$share/a" && find . -printf '%p %y %m %U %G %s %n %l\n' | sort && stat -c %Y f && cat f); }
share=$SCRATCH/share
# race NAME OPTION...
race() {
	local name=$1 out rc racer before inside
	shift
	rm -rf "$share" "$SCRATCH/ended"
	mkdir -p "$share/a/d" "$share/mnt"
	echo inside >"$share/a/f"
	cp "$routes" "$share/routes"
	before=$(describe "$SCRATCH/outside")
	inside=$(contents)
	"$routes" "$share" "$SCRATCH/outside" "$SCRATCH/ended" &
	racer=$!
	out=$(timeout 120 "$SKIFF" run "--backend=$BACKEND" --net none "$@" 2>&1)
	rc=$?
	: >"$SCRATCH/ended"
	wait $racer
	expect_eq "$name: nothing was read from outside" "0 " "$rc $out"
	expect_eq "$name: nothing has changed outside" "$before" "$(describe "$SCRATCH/outside")"
	case $* in *:ro*) expect_eq "$name: nothing has changed inside" "$inside" "$(contents)" ;; esac
}
chmod -R a+rwX "$SCRATCH/outside"
race "a root written through" --root "$SCRATCH/share" --rw -- /routes / 1
race "a root below an overlay" --root "$SCRATCH/share" -- /routes / 1
race "a volume" --root "$root" -v "$SCRATCH/share:/mnt" -- /mnt/routes /mnt 1
race "a :ro volume" --root "$root" -v "$SCRATCH/share:/mnt:ro" -- /mnt/routes /mnt 1
done_testing
