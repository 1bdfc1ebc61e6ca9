/* /proc/self/maps lists what is mapped: program, stack, heap, files by name and offset. */
#include "proc.h"

struct vma {
	unsigned long start, end, offset, ino;
	unsigned major, minor;
	char perm[8], name[256];
};

static bool find_vma(uintptr_t addr, struct vma *v)
{
	char *t = read_file("/proc/self/maps", NULL), *line;

	for (line = strtok(t, "\n"); line; line = strtok(NULL, "\n")) {
		v->name[0] = '\0';
		CHECK(sscanf(line, "%lx-%lx %7s %lx %x:%x %lu %255[^\n]", &v->start, &v->end,
			      v->perm, &v->offset, &v->major, &v->minor, &v->ino, v->name) >= 7);
		if (addr >= v->start && addr < v->end)
			return true;
	}
	return false;
}

int main(void)
{
	char path[128], exe[PATH_MAX];
	struct stat st;
	struct vma v;
	char *heap = sbrk(4096), *p;
	int local = 0, fd;

	strcpy(exe, link_text("/proc/self/exe"));
	CHECK(find_vma((uintptr_t)main, &v));
	CHECK_STR(v.name, exe);
	CHECK_STR(v.perm, "r-xp");
	CHECK(find_vma((uintptr_t)&local, &v));
	CHECK_STR(v.name, "[stack]");
	CHECK(find_vma((uintptr_t)heap, &v));
	CHECK_STR(v.name, "[heap]");
	CHECK_STR(v.perm, "rw-p");

	snprintf(path, sizeof path, "%s/mapped file", test_tmpdir());
	fd = SYS(open(path, O_RDWR | O_CREAT, 0600));
	SYS(ftruncate(fd, 4 * 4096));
	p = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);
	CHECK(p != MAP_FAILED);
	CHECK(find_vma((uintptr_t)p, &v));
	CHECK_STR(v.name, path);
	CHECK_STR(v.perm, "rw-s");
	CHECK_EQ(v.offset, 4096);
	CHECK_EQ(v.end - v.start, 2 * 4096);
	SYS(fstat(fd, &st));
	CHECK_EQ(v.ino, st.st_ino);
	CHECK_EQ(v.major << 8 | v.minor, st.st_dev);
	SYS(munmap(p, 2 * 4096));
	CHECK(!find_vma((uintptr_t)p, &v));
	SYS(unlink(path));
	*strrchr(path, '/') = '\0';
	SYS(rmdir(path));

	/* smaps has the same mapping with figures; the sums are in smaps_rollup. */
	CHECK(atoi(need_value(read_file("/proc/self/smaps", NULL), "Rss:")) >= 0);
	CHECK(atoi(need_value(read_file("/proc/self/smaps_rollup", NULL), "Rss:")) > 0);
	return 0;
}
