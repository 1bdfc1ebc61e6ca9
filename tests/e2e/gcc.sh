# gcc and make: several files, an archive, a shared library, make -j2, threads, sanitised runs.
. "${E2E:-$(dirname "$0")}/lib.sh"

need gcc gcc make || done_testing

guest_script gcc <<'EOF'
cat >main.c <<X
#include <stdio.h>
#include "lib.h"
int main(int argc, char **argv)
{
	printf("%d %s\n", add(40, argc), name());
	return mul(2, 3);
}
X
printf 'int add(int, int);\nint mul(int, int);\nconst char *name(void);\n' >lib.h
printf '#include "lib.h"\nint add(int a, int b) { return a + b; }\n' >add.c
printf '#include "lib.h"\nint mul(int a, int b) { return a * b; }\n' >mul.c
printf '#include "lib.h"\nconst char *name(void) { return "skiff"; }\n' >name.c
cat >Makefile <<'X'
CFLAGS = -O2 -Wall -g
prog: main.o libx.a libname.so
	$(CC) -o $@ main.o libx.a -L. -lname -Wl,-rpath,'$$ORIGIN'
libx.a: add.o mul.o
	$(AR) rcs $@ $^
libname.so: name.c lib.h
	$(CC) -shared -fPIC -o $@ $<
%.o: %.c lib.h
	$(CC) $(CFLAGS) -c -o $@ $<
clean:
	rm -f *.o *.a *.so prog
X
check "make -j2" make -j2 prog
is "the program runs" "42 skiff 6" "$( (./prog x; echo $?) | xargs)" # two arguments
is "nothing to do" "make: 'prog' is up to date." "$(make prog)"
touch name.c
check "rebuild of a part" make -j2 prog
is "make clean" "ok" "$(make -s clean && [ ! -e prog ] && echo ok)"
check "static" bash -c 'gcc -O1 -static -o st main.c add.c mul.c name.c'
is "the static program runs" "41 skiff" "$(./st)"
check "non-PIE" bash -c 'gcc -no-pie -fno-pie -o np main.c add.c mul.c name.c'
is "the non-PIE program runs" "41 skiff" "$(./np)"
cat >thr.c <<'X'
#include <pthread.h>
#include <stdio.h>
static int sum;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static void *f(void *p)
{
	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(&m);
		sum++;
		pthread_mutex_unlock(&m);
	}
	return p;
}
int main(void)
{
	pthread_t t[8];
	for (int i = 0; i < 8; i++)
		pthread_create(&t[i], 0, f, 0);
	for (int i = 0; i < 8; i++)
		pthread_join(t[i], 0);
	printf("%d\n", sum);
}
X
check "pthread program builds" gcc -O1 -pthread -o thr thr.c
is "threads" "8000" "$(./thr)"
cat >crash.c <<'X'
int main(void) { *(volatile int *)0 = 1; }
X
check "crash.c builds" gcc -O0 -o crash crash.c
is "a crash is SIGSEGV" "139" "$(bash -c './crash' 2>/dev/null; echo $?)"
is "errors of the compiler" "1" "$(echo 'int main(void) { return x; }' >bad.c; gcc -c bad.c 2>/dev/null; echo $?)"
is "gcc through a pipe" "7" "$(echo 'int main(void) { return 7; }' | gcc -x c -o pp - && ./pp; echo $?)"
for i in $(seq 12); do echo "int f$i(void) { return $i; }"; done >/dev/null
mkdir par
for i in $(seq 12); do echo "int f$i(void) { return $i; }" >par/f$i.c; done
printf 'all: $(patsubst %%.c,%%.o,$(wildcard *.c))\n%%.o: %%.c\n\tgcc -O2 -c -o $@ $<\n' >par/Makefile
check "make -j4 of twelve files" make -C par -j4 -s
is "all objects are there" "12" "$(ls par/*.o | wc -l | xargs)"
EOF
done_testing
