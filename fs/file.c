/*
 * Open file descriptions: their life, and those of no filesystem (pipes, sockets, eventfd and
 * friends), which live on an internal mount. The last file_put unregisters the file everywhere and
 * calls its release op. Also the per-task filesystem context. open(2).
 */
#include "fs/file.h"

#include "fs/flock.h"
#include "fs/fsnotify.h"
#include "fs/lease.h"
#include "fs/mnt_ns.h"
#include "kernel/epoll.h"
#include "kernel/fasync.h"
#include "kernel/task.h"

#include <stdio.h>

static struct mount *anon_mount;
static const struct file_ops closed_ops;
u64 nr_open_files, nr_open_files_max = INT64_MAX;

int file_alloc(const struct path *p, u32 flags, struct file **out)
{
	struct file *f;

	if (nr_open_files >= nr_open_files_max)
		return -ENFILE;
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	nr_open_files++;
	f->refs = 1;
	f->flags = flags;
	f->path = *p;
	path_get(&f->path);
	p->mnt->expiring = false;
	f->inode = inode_get(p->dentry->inode);
	f->ops = &closed_ops;
	list_init(&f->epitems);
	*out = f;
	return 0;
}

struct file *file_get(struct file *f)
{
	f->refs++;
	return f;
}

void file_put(struct file *f)
{
	if (!f || --f->refs)
		return;
	f->refs = 1; /* release may use the file */
	if (!list_empty(&f->epitems))
		epoll_file_gone(f);
	if (f->async)
		fasync_file_gone(f);
	if (!list_empty(&f->inode->locks))
		flock_release_file(f);
	if (f->inode->leases)
		lease_file_gone(f);
	if (f->inode->dnotify)
		dnotify_file_gone(f);
	if (!(f->flags & O_PATH))
		fsnotify_file(f, FMODE_CAN_WRITE(f) ? FSN_CLOSE_WRITE : FSN_CLOSE_NOWRITE);
	if (f->ops->release)
		f->ops->release(f);
	if (f->counted_writer)
		f->inode->writers--;
	if (f->counted_open)
		f->inode->opens--;
	inode_put(f->inode);
	if (f->owns_mount && f->path.mnt->detached)
		mount_detach_tree(f->path.mnt);
	path_put(&f->path);
	nr_open_files--;
	free(f);
}

/* ---- files of no filesystem ---- */

static const struct fs_type anon_fs_type = {.name = "anon_inodefs"};

static int anon_init(void)
{
	struct super *sb = super_alloc(&anon_fs_type, NULL, NULL);
	struct inode *root;
	int ret;

	if (!sb)
		return -ENOMEM;
	sb->magic = 0x09041934;
	root = inode_alloc(sb);
	if (root) {
		root->mode = S_IFDIR | 0700;
		sb->root = d_make_root(sb, root);
	}
	ret = sb->root ? mount_internal(sb, &anon_mount) : -ENOMEM;
	super_put(sb);
	return ret;
}

static struct dentry *anon_dentry(const char *name, u32 mode)
{
	struct super *sb = anon_mount->sb;
	struct dentry *d = d_alloc(sb, NULL, name, strlen(name));
	const char *number = strchr(name, '[');
	struct inode *i;

	if (!d)
		return NULL;
	i = inode_alloc(sb);
	if (!i) {
		d_put(d);
		return NULL;
	}
	inode_init_owner(i, NULL, mode);
	if (number && number[1] >= '0' && number[1] <= '9')
		i->ino = strtoul(number + 1, NULL, 10);
	i->fops = NULL; /* not to be opened again by way of /proc/PID/fd */
	d->inode = i;
	return d;
}

int file_anon(const char *name, const struct file_ops *ops, void *priv, u32 flags, u32 mode,
	struct file **out)
{
	struct path p;
	struct file *f;
	int ret;

	if (!anon_mount && (ret = anon_init()) < 0)
		return ret;
	p.mnt = anon_mount;
	p.dentry = anon_dentry(name, mode);
	if (!p.dentry)
		return -ENOMEM;
	ret = file_alloc(&p, flags, &f);
	d_put(p.dentry);
	if (ret < 0)
		return ret;
	f->ops = ops;
	f->priv = priv;
	*out = f;
	return 0;
}

void file_fini(void)
{
	mount_put(anon_mount);
	anon_mount = NULL;
}

/* ---- filesystem context ---- */

struct fs_ctx *fs_ctx_copy(const struct fs_ctx *fs)
{
	struct fs_ctx *n = malloc(sizeof(*n));

	if (!n)
		return NULL;
	*n = *fs;
	n->refs = 1;
	path_get(&n->root);
	path_get(&n->cwd);
	return n;
}

void fs_ctx_put(struct fs_ctx *fs)
{
	if (!fs || --fs->refs)
		return;
	path_put(&fs->root);
	path_put(&fs->cwd);
	free(fs);
}
