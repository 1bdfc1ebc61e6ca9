/* Every route by which a path changes something, below a directory that somebody moves away
 * meanwhile and puts symbolic links out of the root in its place. By itself it does so on a
 * directory of its own; tests/e2e/confine.sh runs it on one that the host shares, with "swap" on
 * the host's side. */
/* link: static */
#include "tests/guest/test.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <time.h>

static int leaked, nr_tries, nr_read;
static double end; /* of the attack, by now() */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* A lookup holds for a second if the tree never rests: a round is many of them. */
static bool over(void)
{
	return now() > end && (nr_read || now() > end + 10);
}

static void look(int fd)
{
	char buf[64] = "", *map;

	nr_tries++;
	if (fd < 0)
		return;
	if (read(fd, buf, sizeof(buf) - 1) > 0) {
		nr_read++;
		leaked |= strstr(buf, "SECRET") != NULL;
	}
	map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map != MAP_FAILED)
		munmap(map, 4096);
	close(fd);
}

static void spoil(int fd)
{
	char *map;

	if (fd < 0)
		return;
	if (write(fd, "spoilt", 6) < 0)
		errno = 0;
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED) {
		struct stat st;

		if (fstat(fd, &st) == 0 && st.st_size > 0)
			*map = 'S';
		munmap(map, 4096);
	}
	fchmod(fd, 0640);
	fsetxattr(fd, "user.spoilt", "x", 1, 0);
	futimens(fd, NULL);
	fallocate(fd, 0, 0, 4096);
	ftruncate(fd, 3);
	close(fd);
}

static void own_socket(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		chmod(path, 0777);
	close(fd);
	unlink(path);
}

/* All names relative to dir: the shared directory, a, or a descriptor of a. */
static void attributes(int dir, const char *f)
{
	struct timespec ts[2] = {{1, 1}, {1, 1}};
	char proc[64];
	int fd;

	fchmodat(dir, f, 0604, 0);
	fchownat(dir, f, 1, 1, 0);
	fchownat(dir, f, 1, 1, AT_SYMLINK_NOFOLLOW);
	utimensat(dir, f, ts, 0);
	utimensat(dir, f, ts, AT_SYMLINK_NOFOLLOW);
	fd = openat(dir, f, O_PATH);
	if (fd < 0)
		return;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	chmod(proc, 0644);
	setxattr(proc, "user.spoilt", "x", 1, 0);
	removexattr(proc, "user.spoilt");
	truncate(proc, 2);
	spoil(open(proc, O_WRONLY));
	linkat(fd, "", dir, "by-descriptor", AT_EMPTY_PATH);
	unlinkat(dir, "by-descriptor", 0);
	close(fd);
}

static void names(int dir, const char *sub)
{
	char a[64], b[64], c[64];

	if (over())
		return;
	snprintf(a, sizeof(a), "%sf", sub);
	snprintf(b, sizeof(b), "%smade", sub);
	snprintf(c, sizeof(c), "%sd", sub);
	look(openat(dir, a, O_RDONLY));
	spoil(openat(dir, a, O_RDWR));
	spoil(openat(dir, a, O_WRONLY | O_TRUNC));
	spoil(openat(dir, b, O_WRONLY | O_CREAT, 0600));
	spoil(openat(dir, *sub ? sub : ".", O_TMPFILE | O_RDWR, 0600));
	attributes(dir, a);
	linkat(dir, a, dir, "stolen", 0);
	look(openat(dir, "stolen", O_RDONLY));
	spoil(openat(dir, "stolen", O_WRONLY));
	unlinkat(dir, "stolen", 0);
	linkat(dir, a, dir, "stolen", AT_SYMLINK_FOLLOW);
	spoil(openat(dir, "stolen", O_WRONLY | O_NOFOLLOW));
	unlinkat(dir, "stolen", 0);
	renameat(dir, a, dir, "moved");
	look(openat(dir, "moved", O_RDONLY));
	renameat(dir, "moved", dir, a);
	syscall(SYS_renameat2, dir, a, dir, b, 2 /* RENAME_EXCHANGE */);
	syscall(SYS_renameat2, dir, b, dir, a, 0);
	unlinkat(dir, b, 0);
	mkdirat(dir, b, 0700);
	unlinkat(dir, b, AT_REMOVEDIR);
	symlinkat("f", dir, b);
	unlinkat(dir, b, 0);
	mknodat(dir, b, S_IFIFO | 0600, 0);
	unlinkat(dir, b, 0);
	unlinkat(dir, c, AT_REMOVEDIR);
	mkdirat(dir, c, 0755);
}

static void paths(void)
{
	truncate("a/f", 4);
	setxattr("a/f", "user.spoilt", "x", 1, 0);
	lsetxattr("a/f", "user.spoilt", "x", 1, 0);
	removexattr("a/f", "user.spoilt");
	own_socket("a/sock");
	own_socket("sock");
}

static void inside_a(void)
{
	int dir = open("a", O_RDONLY | O_DIRECTORY), here = open(".", O_RDONLY | O_DIRECTORY);

	if (dir >= 0)
		names(dir, "");
	if (chdir("a") == 0) {
		names(AT_FDCWD, "");
		names(AT_FDCWD, "../a/");
	}
	CHECK(fchdir(here) == 0);
	close(here);
	close(dir);
}

static void attack(double seconds)
{
	end = now() + seconds;
	alarm(TEST_WATCHDOG_S + (unsigned)seconds + 30);
	do {
		int fd;

		names(AT_FDCWD, "a/");
		paths();
		inside_a();
		fd = open("a/f", O_WRONLY | O_CREAT, 0644); /* for the next round */
		if (fd >= 0 && write(fd, "inside", 6) == 6)
			close(fd);
	} while (!over());
	CHECK(!leaked);
	if (!nr_read)
		FAIL("never got there in %d tries", nr_tries);
}

/* Long enough for the other side to get somewhere, and never twice the same. */
static void dawdle(const char *done)
{
	for (int n = rand() % 400; n && access(done, F_OK) < 0; n--)
		;
}

/* The guest may have moved the file, too. */
static void heal(void)
{
	int fd = open("a/f", O_WRONLY | O_CREAT | O_EXCL, 0666);

	if (fd < 0)
		return;
	if (write(fd, "inside", 6) != 6)
		unlink("a/f");
	close(fd);
}

/* a is a directory, a link to outside by either way, and so is the file in it. */
static int swap(const char *outside, const char *done)
{
	char up[PATH_MAX], file[PATH_MAX];

	snprintf(up, sizeof(up), "../../../../../../../../../../..%s", outside);
	snprintf(file, sizeof(file), "%s/f", outside);
	while (access(done, F_OK) < 0) {
		rename("a", "b");
		if (symlink(outside, "a") == 0) {
			dawdle(done);
			unlink("a");
		}
		if (symlink(up, "a") == 0)
			unlink("a");
		rename("b", "a");
		heal();
		dawdle(done);
		rename("a/f", "a/g");
		if (symlink(file, "a/f") == 0)
			unlink("a/f");
		rename("a/g", "a/f");
		dawdle(done);
	}
	return 0;
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/routes.XXXXXX";

	if (argc > 1)
		CHECK(chdir(argv[1]) == 0);
	if (argc > 3)
		return swap(argv[2], argv[3]);
	if (argc > 2) {
		attack(atof(argv[2]));
		return 0;
	}
	CHECK(mkdtemp(dir) && chdir(dir) == 0 && mkdir("a", 0755) == 0);
	attack(0.01);
	CHECK(access("a/f", F_OK) == 0 && access("a/d", F_OK) == 0);
	CHECK(unlink("a/f") == 0 && rmdir("a/d") == 0 && rmdir("a") == 0 && rmdir(dir) == 0);
	return 0;
}
