/*
 * devtmpfs: a tmpfs that is filled with the registered devices, the standard links and the
 * directories that pts and shm are mounted on. One instance per machine, whatever number of times
 * it is mounted, as on Linux; guests may add and remove what they like. Drivers announce
 * themselves with devfs_add, before or after it is mounted.
 */
#include "fs/devfs/devfs.h"

#include "fs/chrdev.h"
#include "fs/tmpfs/tmpfs.h"
#include "kernel/lib/log.h"

struct devfs_node {
	char name[32];
	u32 mode, gid;
	u64 rdev;
};

static struct devfs_node *nodes;
static unsigned nr_nodes;
static struct super *devfs_super; /* NULL until the first mount */

static const struct {
	const char *name, *target;
} links[] = {
	{"fd", "/proc/self/fd"},
	{"stdin", "/proc/self/fd/0"},
	{"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"},
};

static const char *const dirs[] = {"pts", "shm"};

/* A child of dir that does not exist yet, or -EEXIST. */
static int new_child(struct dentry *dir, const char *name, size_t len, struct dentry **out)
{
	int ret = d_lookup(dir, name, len, out);

	if (ret < 0)
		return ret;
	if (!(*out)->inode)
		return 0;
	d_put(*out);
	return -EEXIST;
}

static int make_dir(struct dentry *dir, const char *name, size_t len)
{
	struct dentry *d;
	int ret = new_child(dir, name, len, &d);

	if (ret < 0)
		return ret;
	ret = dir->inode->ops->mkdir(dir->inode, d, 0755);
	d_put(d);
	return ret;
}

static int make_link(struct dentry *dir, const char *name, const char *target)
{
	struct dentry *d;
	int ret = new_child(dir, name, strlen(name), &d);

	if (ret < 0)
		return ret;
	ret = dir->inode->ops->symlink(dir->inode, d, target);
	d_put(d);
	return ret;
}

static int make_device(struct dentry *dir, const char *name, const struct devfs_node *n)
{
	struct dentry *d;
	int ret = new_child(dir, name, strlen(name), &d);

	if (ret < 0)
		return ret;
	ret = dir->inode->ops->mknod(dir->inode, d, n->mode, n->rdev);
	if (ret == 0 && d->inode) {
		d->inode->mode = n->mode;
		d->inode->uid = 0;
		d->inode->gid = n->gid;
	}
	d_put(d);
	return ret;
}

/* Makes the node appear, below a directory of its own if its name has a slash. */
static int show_node(struct dentry *root, const struct devfs_node *n)
{
	const char *slash = strchr(n->name, '/');
	struct dentry *dir;
	int ret;

	if (!slash)
		return make_device(root, n->name, n);
	ret = make_dir(root, n->name, (size_t)(slash - n->name));
	if (ret < 0 && ret != -EEXIST)
		return ret;
	ret = d_lookup(root, n->name, (size_t)(slash - n->name), &dir);
	if (ret < 0)
		return ret;
	ret = dir->inode && S_ISDIR(dir->inode->mode) ? make_device(dir, slash + 1, n) : -ENOTDIR;
	d_put(dir);
	return ret;
}

int devfs_add(const char *name, u32 mode, u32 gid, u64 rdev)
{
	struct devfs_node *n;

	if (strlen(name) >= sizeof(n->name))
		return -ENAMETOOLONG;
	n = reallocarray(nodes, nr_nodes + 1, sizeof(*n));
	if (!n)
		return -ENOMEM;
	nodes = n;
	n += nr_nodes++;
	*n = (struct devfs_node){.mode = mode, .gid = gid, .rdev = rdev};
	if (!(mode & S_IFMT))
		n->mode |= S_IFCHR;
	strcpy(n->name, name);
	return devfs_super ? show_node(devfs_super->root, n) : 0;
}

static int populate(struct dentry *root)
{
	int ret;

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if ((ret = make_dir(root, dirs[i], strlen(dirs[i]))) < 0)
			return ret;
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if ((ret = make_link(root, links[i].name, links[i].target)) < 0)
			return ret;
	for (unsigned i = 0; i < nr_nodes; i++)
		if ((ret = show_node(root, &nodes[i])) < 0)
			return ret;
	return 0;
}

static int devfs_mount(
	const struct fs_type *type, const char *source, const char *data, struct super **out)
{
	struct super *sb;
	int ret;

	if (devfs_super) {
		devfs_super->refs++;
		*out = devfs_super;
		return 0;
	}
	ret = tmpfs_fs_type.mount(type, source, "mode=755", &sb);
	if (ret < 0)
		return ret;
	ret = populate(sb->root);
	if (ret < 0) {
		klog("devtmpfs cannot be filled: %s", "out of memory");
		super_put(sb);
		return ret;
	}
	sb->refs++; /* stays for devfs_super, so that what guests made survives an unmount */
	devfs_super = sb;
	*out = sb;
	return 0;
}

void devfs_fini(void)
{
	if (devfs_super)
		super_put(devfs_super);
	devfs_super = NULL;
	free(nodes);
	nodes = NULL;
	nr_nodes = 0;
}

const struct fs_type devfs_fs_type = {
	.name = "devtmpfs",
	.mount = devfs_mount,
};
