/* /proc/self/maps: lists one's own mappings with their protection and name, sorted, not
 * overlapping, with stack and heap; an unmapped one goes away. */
#include "../test.h"

static bool find(const void *addr, char *perms, char *name)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[PATH_MAX + 128];
	unsigned long lo, hi, last = 0;
	bool found = false;

	CHECK(f);
	while (fgets(line, sizeof line, f)) {
		char p[8], n[PATH_MAX] = "";
		unsigned long off, ino;
		unsigned maj, min;

		CHECK(sscanf(line, "%lx-%lx %7s %lx %x:%x %lu %4095[^\n]", &lo, &hi, p, &off, &maj,
			      &min, &ino, n) >= 7);
		CHECK(lo < hi && lo >= last);
		last = hi;
		CHECK_EQ(strlen(p), 4);
		if ((unsigned long)addr >= lo && (unsigned long)addr < hi) {
			found = true;
			strcpy(perms, p);
			strcpy(name, n);
		}
	}
	fclose(f);
	return found;
}

int main(void)
{
	char perms[8], name[PATH_MAX], self[PATH_MAX] = {0}, path[64] = "/tmp/gtest-maps-XXXXXX";
	int local, fd = SYS(mkstemp(path));
	char *heap = malloc(100);

	SYS(ftruncate(fd, 8192));
	char *p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *q = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED && q != MAP_FAILED);
	SYS(mprotect(p + 4096, 4096, PROT_READ));
	CHECK(find(p, perms, name));
	CHECK_STR(perms, "rw-p");
	CHECK(find(p + 4096, perms, name));
	CHECK_STR(perms, "r--p");
	CHECK_STR(name, "");
	CHECK(find(q, perms, name));
	CHECK_STR(perms, "r--s");
	CHECK_STR(name, path);
	SYS(readlink("/proc/self/exe", self, sizeof self - 1));
	CHECK(find((void *)main, perms, name));
	CHECK_STR(perms, "r-xp");
	CHECK_STR(name, self);
	CHECK(find(&local, perms, name));
	CHECK_STR(name, "[stack]");
	CHECK(find(heap, perms, name));
	CHECK_STR(name, "[heap]");
	SYS(munmap(p, 3 * 4096));
	SYS(unlink(path));
	CHECK(find(q, perms, name));
	strcat(path, " (deleted)");
	CHECK_STR(name, path);
	return 0;
}
