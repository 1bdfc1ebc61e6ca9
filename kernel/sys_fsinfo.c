/*
 * Old questions about filesystems: sysfs(2), which numbers the types, and ustat(2), which counts
 * what is free on a mounted device.
 */
#include "fs/vfs.h"
#include "kernel/syscall.h"
#include "kernel/uaccess.h"

enum sysfs_option { SYSFS_INDEX = 1, SYSFS_NAME = 2, SYSFS_COUNT = 3 };

static long type_index(uaddr_t uname)
{
	const struct fs_type *t;
	char *name;
	int ret = getname(uname, &name);

	if (ret < 0)
		return ret;
	ret = -EINVAL;
	for (unsigned i = 0; (t = fs_type_at(i)); i++)
		if (!strcmp(t->name, name))
			ret = (int)i;
	free(name);
	return ret;
}

static long type_name(u64 index, uaddr_t buf)
{
	const struct fs_type *t = index <= INT_MAX ? fs_type_at((unsigned)index) : NULL;

	return t ? copy_to_user(buf, t->name, strlen(t->name) + 1) : -EINVAL;
}

SYSCALL_DEFINE3(sysfs, int, option, u64, arg1, uaddr_t, arg2)
{
	unsigned nr = 0;

	switch (option) {
	case SYSFS_INDEX:
		return type_index(arg1);
	case SYSFS_NAME:
		return type_name(arg1, arg2);
	case SYSFS_COUNT:
		while (fs_type_at(nr))
			nr++;
		return nr;
	default:
		return -EINVAL;
	}
}

struct abi_ustat {
	s32 tfree;
	u64 tinode;
	char fname[6], fpack[6];
};
static_assert(sizeof(struct abi_ustat) == 32, "struct ustat");

SYSCALL_DEFINE2(ustat, u32, dev, uaddr_t, ubuf)
{
	struct abi_ustat u = {0};
	struct super *sb;

	list_for_each_entry (sb, &all_supers, link) {
		struct path root = {NULL, sb->root};
		struct statfs sf;
		int ret;

		if ((u32)sb->dev != dev || !sb->root)
			continue;
		sb->refs++; /* its statfs may sleep */
		ret = vfs_statfs(&root, &sf);
		super_put(sb);
		if (ret < 0)
			return ret;
		u.tfree = (s32)sf.f_bfree;
		u.tinode = sf.f_ffree;
		return copy_to_user(ubuf, &u, sizeof(u));
	}
	return -EINVAL;
}
