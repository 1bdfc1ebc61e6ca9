/*
 * libFuzzer target: an overlay kept in a host directory by an unprivileged user, where somebody on
 * the host changes files, links and the attributes that hold owners, modes, whiteouts and the like
 * behind the kernel's back; the guest goes on calling. The lower layer is a host directory, too.
 */
#include "fs/hostfs/hostfs.h"
#include "fs/hostfs/node.h"
#include "fs/namei.h"
#include "fs/overlay/overlay.h"
#include "fs/overlay/ovl.h"
#include "tests/fuzz/file_ops.h"
#include "tests/unit/fakefiles.h"

#include <stdio.h>

#define OPS_MAX 100

static void mount_at(struct super *sb, const char *p)
{
	struct path at;

	CALL(mkdir, fake_str(p), 0755);
	if (path_lookup(&current->fs->root, p, 0, &at) < 0 || mount_super(sb, sb->root, &at, 0) < 0)
		abort();
	path_put(&at);
}

/* The directory that the path's last component is in, or -errno. */
static int host_dir(const char *path, const char **last)
{
	int dir = os_open_root(""), next;
	char name[64];

	for (;;) {
		size_t len = strcspn(path, "/");

		*last = path;
		if (dir < 0 || !path[len])
			return dir;
		snprintf(name, sizeof(name), "%.*s", (int)len, path);
		next = os_openat(dir, name, O_PATH | O_DIRECTORY, 0);
		os_close(dir);
		dir = next;
		path += len + 1;
	}
}

static void host_setxattr(struct input *in, int dir, const char *name)
{
	static const char *const names[] = {HOSTFS_STAT_XATTR, HOSTFS_XATTR_PREFIX OVL_XATTR_OPAQUE,
		HOSTFS_XATTR_PREFIX OVL_XATTR_REDIRECT, HOSTFS_XATTR_PREFIX OVL_XATTR_INO,
		HOSTFS_XATTR_PREFIX OVL_XATTR_NLINK, HOSTFS_XATTR_PREFIX "security.capability",
		"user.x"};
	static const char *const stats[] = {"100644 0 0 0", "20666 0 0 259", "120777 5 5 0",
		"20000 0 0 0", "40755 1000 1000 0", "37777777777 4294967295 1 18446744073709551615",
		"y", "/a/b", "../../f", "1", "-1", "18446744073709551615"};
	char value[64];
	u8 kind = input_u8(in);
	size_t len;

	if (kind & 0x80)
		len = input_bytes(in, value, input_u8(in) % sizeof(value));
	else
		len = (size_t)snprintf(
			value, sizeof(value), "%s", stats[input_u8(in) % ARRAY_SIZE(stats)]);
	os_setxattrat(dir, name, names[(kind & 7) % ARRAY_SIZE(names)], value, len, 0);
}

static void host_op(struct input *in)
{
	static const char *const paths[] = {"upper/a", "upper/b", "upper/f", "upper/link",
		"upper/a/b", "l/a", "l/f", "l/link", "work", "upper", "l/a/b", "work/#0",
		"work/i1"};
	const char *path = paths[input_u8(in) % ARRAY_SIZE(paths)], *name;
	int dir = host_dir(path, &name);
	struct os_stat st;

	if (dir < 0)
		return;
	switch (input_u8(in) % 6) {
	case 0:
		os_mkdirat(dir, name, 0755);
		break;
	case 1:
		os_symlinkat("../../a", dir, name);
		break;
	case 2:
		os_unlinkat(dir, name, os_statat(dir, name, &st) == 0 && S_ISDIR(st.mode));
		break;
	case 3:
		os_renameat(dir, name, dir, "b", 0);
		break;
	case 4:
		host_setxattr(in, dir, name);
		break;
	case 5:
		os_chmodat(dir, name, input_u8(in) * 8u & 0777);
	}
	os_close(dir);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = {data, size};
	struct super *lower, *upper, *sb;
	struct task *task;

	fake_files_init(1000, 1000);
	task = fake_task_create();
	fake_host_mkdir("l");
	fake_host_mkdir("l/a");
	fake_host_write("l/f", "text");
	fake_host_write("l/a/b", "text");
	fake_host_symlink("a/b", "l/link");
	if (hostfs_mount_dir("l", false, false, &lower) < 0 ||
		hostfs_mount_dir("", true, true, &upper) < 0 ||
		overlay_mount(lower, upper, &sb) < 0)
		abort();
	mount_at(sb, "/o");
	super_put(sb);
	CALL(chdir, fake_str("/o"));
	for (unsigned i = 0; i < OPS_MAX && in.left; i++) {
		if (input_u8(&in) % 4)
			file_op(&in);
		else
			host_op(&in);
	}
	for (u64 fd = 0; fd < 64; fd++)
		CALL(close, fd);
	CALL(chdir, fake_str("/"));
	CALL(umount2, fake_str("/o"), 0);
	fake_task_destroy(task);
	fake_fini();
	fake_files_fini();
	return 0;
}
