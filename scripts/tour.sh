# What `make run` shows when nobody sits at a terminal.
say() { printf '\n$ %s\n' "$*"; eval "$*"; }
say uname -a
say id
say 'ps -ef 2>/dev/null || ps'
say mount
say df -h
cd /tmp
cat > hello.c <<'END'
#include <stdio.h>
#include <unistd.h>
int main(void)
{
	printf("hello from pid %d, compiled and run in the guest\n", (int)getpid());
	return 0;
}
END
if command -v gcc >/dev/null; then
	say 'gcc -O2 -o hello hello.c && ./hello'
else
	say 'for i in 1 2 3; do echo "line $i"; done | sort -r | sed "s/line/guest line/"'
fi
