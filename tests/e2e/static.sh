# Static programs: busybox and one built with musl.
. "${E2E:-$(dirname "$0")}/lib.sh"

# The program is looked for in the machine's root, or built on the host and shared.
busybox=
for f in "$ROOT/bin/busybox" "$ROOT/usr/bin/busybox"; do
	[ -x "$f" ] && busybox=${f#"$ROOT"}
done
if [ -z "$busybox" ]; then
	skip busybox "no busybox in ${ROOT:-/}"
else
	guest_script busybox -e "BB=$busybox" <<EOF
export BB=$busybox
$(cat <<'X'
is "is static" "1" "$(ldd "$BB" >/dev/null 2>&1; echo $?)"
is "echo" "hi" "$($BB echo hi)"
is "a pipeline in its shell" "3" "$($BB sh -c "$BB seq 3 | $BB wc -l" | xargs)"
mkdir bb && for p in sh ls cat sed grep awk sort find tar gzip wc sleep ps kill id true seq mkdir rm; do ln -s "$BB" bb/$p; done
is "its own tools only" "b" "$(PATH=$PWD/bb bb/sh -c 'echo a | sed s/a/b/')"
is "awk, sort" "3 2 1" "$(PATH=$PWD/bb bb/sh -c 'seq 3 | sort -r | awk "{ printf \"%s \", \$1 }"' | xargs)"
is "find, tar, gzip" "t/x" "$(PATH=$PWD/bb bb/sh -c 'mkdir t; echo 1 >t/x; tar cz t | tar tz | grep x; rm -r t')"
is "background and wait" "4" "$(PATH=$PWD/bb bb/sh -c '(exit 4) & wait $!; echo $?')"
is "trap" "got" "$(PATH=$PWD/bb bb/sh -c 'trap "echo got" USR1; kill -USR1 $$')"
is "here-document" "doc" "$(PATH=$PWD/bb bb/sh -c 'cat <<Y
doc
Y')"
has "ps" "PID" "$($BB ps 2>&1 | head -n 1)"
is "exit status" "6" "$($BB sh -c 'exit 6'; echo $?)"
X
)
EOF
fi

if ! command -v musl-gcc >/dev/null; then
	skip musl "no musl-gcc on the host (apt-get install musl-tools)"
	done_testing
fi
cat >"$SCRATCH/m.c" <<'EOF'
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int got, sum;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void handler(int s) { got = s; }
static void *thread(void *p)
{
	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(&lock);
		sum++;
		pthread_mutex_unlock(&lock);
	}
	return p;
}
#define T(x) printf("%s %s\n", (x) ? "ok" : "not ok", "musl: " #x)
int main(int argc, char **argv)
{
	int st, p[2], sv[2], pid;
	char b[8] = "";
	pthread_t t[4];
	struct timespec ts;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1)
		return atoi(argv[1]);
	signal(SIGUSR1, handler);
	T(raise(SIGUSR1) == 0 && got == SIGUSR1);
	T(pipe(p) == 0);
	fflush(stdout);
	if ((pid = fork()) == 0) {
		write(p[1], "hey", 3);
		_exit(3);
	}
	T(waitpid(pid, &st, 0) == pid && WEXITSTATUS(st) == 3);
	T(read(p[0], b, 8) == 3);
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], 0, thread, 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], 0);
	T(sum == 4000);
	T(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0 && write(sv[0], "x", 1) == 1 && read(sv[1], b, 1) == 1);
	T(clock_gettime(CLOCK_MONOTONIC, &ts) == 0);
	char *big = malloc(50 << 20);
	T(big && memset(big, 1, 50 << 20));
	free(big);
	T(opendir("/") != NULL);
	T(opendir("/no/such") == NULL && errno == ENOENT);
	fflush(stdout);
	if ((pid = vfork()) == 0) {
		execl(argv[0], argv[0], "9", (char *)0);
		_exit(1);
	}
	T(waitpid(pid, &st, 0) == pid && WEXITSTATUS(st) == 9);
	T(system("exit 2") >> 8 == 2);
	FILE *f = popen("echo popen", "r");
	T(f && fgets(b, 8, f) && !strcmp(b, "popen\n") && pclose(f) == 0);
	return 0;
}
EOF
for how in -static -static-pie; do
	musl-gcc $how -O1 -o "$SCRATCH/m$how" "$SCRATCH/m.c" 2>"$SCRATCH/err" ||
		{ skip "musl $how" "does not build: $(head -n 1 "$SCRATCH/err")"; continue; }
	out=$(sk "${share[@]}" -- "$SHARED/m$how" 2>&1)
	rc=$?
	sed "s/musl:/musl $how:/" <<<"$out"
	failures=$((failures + $(grep -c '^not ok' <<<"$out")))
	expect_eq "musl $how: status" 0 $rc
	expect_eq "musl $how: all was run" 13 "$(grep -c '^ok' <<<"$out")"
done
done_testing
