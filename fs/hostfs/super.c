/*
 * hostfs supers: a host directory, opened once, below which everything is reached by descriptors of
 * directories and single components that are never followed, so nothing outside can be named.
 *
 * Owners. Files of skiff's own host user appear as the guest's root, files of host root as root
 * too, everything else keeps its host id; groups alike. So a user's tree looks to guest root as
 * /root does to root: git, ssh, tar and package managers find the owner they expect. With the
 * option map the host's owner is not shown at all: what the guest has set is kept in user.skiff.*
 * attributes (map.c), and a file without them belongs to root.
 *
 * Without privilege on the host its EACCES and EPERM pass through. Device nodes are the guest's
 * devices, FIFOs and sockets the guest's objects: the VFS routes them by type before hostfs is
 * asked, and nothing here opens one.
 *
 * Descriptors: at most HOSTFS_DIR_FDS directories are kept open; a regular file has at most two
 * (reading, writing) however often it is open in the guest. When the host gives no more, the oldest
 * reading ones are closed and opened again at their next use.
 */
#include "fs/hostfs/hostfs.h"
#include "fs/hostfs/node.h"

#include <stdio.h>

#define HOSTFS_MAGIC 0x00c0ffee

static void hostfs_put_super(struct super *sb)
{
	struct hostfs *h = sb->priv;

	os_close(h->root);
	htab_fini(&h->nodes);
	free(h);
}

static int hostfs_statfs(struct super *sb, struct statfs *sf)
{
	struct hostfs *h = sb->priv;

	int ret = os_fstatfs(h->root, sf);

	if (ret == 0)
		hostfs_quota_statfs(h, sf);
	return ret;
}

static int hostfs_sync(struct super *sb)
{
	struct hostfs *h = sb->priv;
	int fd, ret;

	if (sb->readonly)
		return 0;
	fd = hostfs_openat(h, h->root, "", O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	ret = os_syncfs(fd);
	os_close(fd);
	return ret;
}

static int hostfs_show_options(struct super *sb, char *buf, size_t size)
{
	struct hostfs *h = sb->priv;

	return snprintf(buf, size, "%s", h->map ? ",map" : "");
}

static const struct super_ops hostfs_super_ops = {
	.put_super = hostfs_put_super,
	.evict_inode = hostfs_evict,
	.statfs = hostfs_statfs,
	.sync = hostfs_sync,
	.show_options = hostfs_show_options,
};

/* An upper directory must be able to hold user attributes, or map would lose what it is told. */
static int probe_xattr(int dir)
{
	static const char name[] = HOSTFS_XATTR_PREFIX "probe";
	int ret = os_setxattrat(dir, "", name, "1", 1, 0);

	return ret < 0 ? ret : os_removexattrat(dir, "", name);
}

static int open_root(struct hostfs *h, struct dentry **out)
{
	struct hostfs_at at = {.dir = h->root, .name = ""};
	struct os_stat st;
	struct inode *i;
	int ret = os_statat(h->root, "", &st);

	if (ret < 0)
		return ret;
	if (!S_ISDIR(st.mode) &&
		(h->map || !S_ISREG(st.mode))) /* a single file may be mounted too */
		return -ENOTDIR;
	if (h->map) {
		ret = probe_xattr(h->root);
		if (ret < 0)
			return ret;
	}
	ret = hostfs_iget(h, &at, &st, &i);
	if (ret < 0)
		return ret;
	hostfs_node(i)->pin = ret = os_dup(h->root);
	if (ret < 0) {
		inode_put(i);
		return ret;
	}
	*out = d_make_root(h->sb, i);
	return *out ? 0 : -ENOMEM;
}

int hostfs_mount_dir(const char *host_path, bool rw, bool map, struct super **out)
{
	struct hostfs *h = calloc(1, sizeof(*h));
	int ret;

	if (!h)
		return -ENOMEM;
	h->map = map;
	list_init(&h->lru);
	list_init(&h->readers);
	os_ids(&h->uid, &h->gid);
	h->root = ret = os_open_root(host_path);
	if (ret < 0)
		goto out_free;
	ret = -ENOMEM;
	h->sb = super_alloc(&hostfs_fs_type, &hostfs_super_ops, h);
	if (!h->sb)
		goto out_close;
	h->sb->magic = HOSTFS_MAGIC;
	h->sb->readonly = h->sb->readonly_for_good = !rw;
	snprintf(h->sb->source, sizeof(h->sb->source), "%s", host_path);
	ret = open_root(h, &h->sb->root);
	if (ret < 0) {
		super_put(h->sb);
		return ret;
	}
	*out = h->sb;
	return 0;
out_close:
	os_close(h->root);
out_free:
	free(h);
	return ret;
}

/* Host directories are given on skiff's command line only: a guest must not name one. */
static int hostfs_mount(
	const struct fs_type *type, const char *source, const char *data, struct super **out)
{
	return -EPERM;
}

const struct fs_type hostfs_fs_type = {
	.name = "hostfs",
	.handles = true,
	.needs_source = true,
	.mount = hostfs_mount,
};
