/* run: root */
/* statmount(2), listmount(2), and the mount ids of statx(2). */
#include "tests/guest/test.h"
#include <sys/mount.h>

#define N_STATMOUNT 457
#define N_LISTMOUNT 458
#define LSMT_ROOT (~0ull)

struct req {
	uint32_t size, spare;
	uint64_t id, param;
};

struct sm {
	uint32_t size, opts;
	uint64_t mask;
	uint32_t major, minor;
	uint64_t magic;
	uint32_t sb_flags, fs_type;
	uint64_t id, parent_id;
	uint32_t id_old, parent_id_old;
	uint64_t attr, propagation, peer, master, from;
	uint32_t root, point;
	uint64_t rest[50];
	char text[512];
};

static long stat_mount(uint64_t id, uint64_t mask, struct sm *s, size_t size)
{
	struct req r = {24, 0, id, mask};

	return syscall(N_STATMOUNT, &r, s, size, 0);
}

static long list(uint64_t id, uint64_t last, uint64_t *ids, size_t max)
{
	struct req r = {24, 0, id, last};

	return syscall(N_LISTMOUNT, &r, ids, max, 0);
}

static uint64_t id_of(const char *path, unsigned mask)
{
	struct statx sx;

	SYS(statx(AT_FDCWD, path, 0, mask, &sx));
	CHECK(sx.stx_mask & mask);
	return *(uint64_t *)((char *)&sx + 144);
}

int main(void)
{
	char cwd[PATH_MAX], where[PATH_MAX + 8];
	uint64_t ids[512], id, last = 0;
	struct sm s;
	long n, seen = 0;

	if (geteuid() || unshare(CLONE_NEWNS) < 0)
		SKIP("needs a mount namespace");
	if (list(LSMT_ROOT, 0, ids, 512) < 0 && errno == ENOSYS)
		SKIP("no listmount");
	SYS(mkdir("w", 0755));
	SYS(chdir("w"));
	CHECK(getcwd(cwd, sizeof cwd));
	snprintf(where, sizeof where, "%s/m", cwd);
	SYS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	SYS(mkdir("m", 0755));
	SYS(mount("src", "m", "tmpfs", MS_RDONLY | MS_NOSUID, NULL));
	id = id_of("m", 0x4000);
	CHECK(id > 1ull << 31);

	SYS(stat_mount(id, 0x3b, &s, sizeof s));
	CHECK_EQ(s.mask, 0x3b);
	CHECK_EQ(s.magic, 0x01021994);
	CHECK_EQ(s.sb_flags & MS_RDONLY, MS_RDONLY);
	CHECK_EQ(s.id, id);
	CHECK_EQ(s.id_old, id_of("m", 0x1000));
	CHECK_EQ(s.parent_id, id_of(".", 0x4000));
	CHECK_EQ(s.attr & 3, 3);
	CHECK_EQ(s.propagation, MS_PRIVATE);
	CHECK_STR(s.text + s.fs_type, "tmpfs");
	CHECK_STR(s.text + s.root, "/");
	CHECK_STR(s.text + s.point, where);
	SYS(stat_mount(id, 2, &s, 64)); /* cut, but all of it said */
	CHECK_EQ(s.size, 64);
	CHECK_ERR(stat_mount(id, 0x20, &s, 512), EOVERFLOW);
	CHECK_ERR(stat_mount(~0ull, 0, &s, 512), ENOENT);
	CHECK_ERR(stat_mount(0, 0, &s, 512), EINVAL);
	CHECK_ERR(stat_mount(id, 0, NULL, 512), EFAULT);
	SYS(mount(NULL, "m", NULL, MS_SHARED, NULL));
	SYS(stat_mount(id, 2, &s, 512));
	CHECK_EQ(s.propagation, MS_SHARED);
	CHECK(s.peer != 0);

	n = SYS(list(LSMT_ROOT, 0, ids, 512));
	for (long i = 0; i < n; i++) {
		CHECK(ids[i] > last);
		last = ids[i];
		seen += ids[i] == id;
	}
	CHECK_EQ(seen, 1);
	for (long i = 0; i < n; i++) { /* one at a time */
		uint64_t one;

		CHECK_EQ(list(LSMT_ROOT, i ? ids[i - 1] : 0, &one, 1), 1);
		CHECK_EQ(one, ids[i]);
	}
	CHECK_EQ(list(id, 0, ids, 512), 0);
	SYS(umount("m"));
	CHECK_ERR(stat_mount(id, 0, &s, 512), ENOENT);
	CHECK_ERR(list(id, 0, ids, 512), ENOENT);
	CHECK_ERR(list(LSMT_ROOT, 5, ids, 512), EINVAL);
	return 0;
}
