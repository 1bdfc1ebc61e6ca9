/*
 * hostfs nodes: the table of host files in use, by (dev, ino), and the descriptors that lead to
 * them. hostfs_dirfd gives a directory's descriptor, opened by walking down from the nearest
 * ancestor that has one; the least recently used are closed beyond a bound. Each descriptor is
 * checked to be the very file the node stands for, so a rename on the host in the wrong moment
 * gives -ESTALE, never another file. Nothing here sleeps.
 */
#include "fs/hostfs/node.h"

#include "kernel/lib/log.h"

static u64 node_hash(u64 dev, u64 ino)
{
	return hash_u64(ino * 31 + dev);
}

/* One number space for all host filesystems below the root: the first keeps its own numbers. */
u64 hostfs_ino(struct hostfs *h, u64 dev, u64 ino)
{
	unsigned i;

	for (i = 0; i < h->nr_devs; i++)
		if (h->devs[i] == dev)
			break;
	if (i == h->nr_devs && i < HOSTFS_DEVS)
		h->devs[h->nr_devs++] = dev;
	return ino ^ (u64)i << 52;
}

bool hostfs_same(const struct hostfs_node *n, const struct os_stat *st)
{
	return n->ino == st->ino && n->dev == st->dev && n->btime.tv_sec == st->btime.tv_sec &&
	       n->btime.tv_nsec == st->btime.tv_nsec;
}

static void node_unhash(struct hostfs *h, struct hostfs_node *n)
{
	if (n->hashed)
		htab_remove(&h->nodes, &n->hash);
	n->hashed = false;
}

static int node_hash_in(struct hostfs *h, struct hostfs_node *n, const struct os_stat *st)
{
	n->dev = st->dev;
	n->ino = st->ino;
	n->btime = st->btime;
	if (htab_insert(&h->nodes, &n->hash, node_hash(n->dev, n->ino)) < 0)
		return -ENOMEM;
	n->hashed = true;
	return 0;
}

int hostfs_rekey(struct hostfs_node *n, const struct os_stat *st)
{
	node_unhash(hostfs_of(n->inode), n);
	n->map_known = false;
	return node_hash_in(hostfs_of(n->inode), n, st);
}

/* The type shown to the guest may differ from the host's (map), so it is compared after mapping. */
static struct hostfs_node *node_find(struct hostfs *h, const struct os_stat *st)
{
	struct hnode *hn = htab_first(&h->nodes, node_hash(st->dev, st->ino));

	for (; hn; hn = htab_next(hn)) {
		struct hostfs_node *n = container_of(hn, struct hostfs_node, hash);

		if (n->ino != st->ino || n->dev != st->dev)
			continue;
		if (hostfs_same(n, st))
			return n;
		node_unhash(h, n); /* the number has been used again */
		break;
	}
	return NULL;
}

static void node_set_ops(struct inode *i)
{
	if (S_ISDIR(i->mode)) {
		i->ops = &hostfs_dir_iops;
		i->fops = &hostfs_dir_fops;
	} else if (S_ISLNK(i->mode)) {
		i->ops = &hostfs_link_iops;
	} else {
		i->ops = &hostfs_file_iops;
		i->fops = &hostfs_fops;
	}
}

static int node_create(struct hostfs *h, const struct os_stat *st, struct inode **out)
{
	struct hostfs_node *n = calloc(1, sizeof(*n));
	struct inode *i;

	if (!n)
		return -ENOMEM;
	n->fd[HOSTFS_RD] = n->fd[HOSTFS_WR] = n->pin = -1;
	list_init(&n->aliases);
	list_init(&n->lru);
	i = inode_alloc(h->sb);
	if (!i) {
		free(n);
		return -ENOMEM;
	}
	n->inode = i;
	i->priv = n;
	i->ino = hostfs_ino(h, st->dev, st->ino);
	if (node_hash_in(h, n, st) < 0) {
		inode_put(i);
		return -ENOMEM;
	}
	*out = i;
	return 0;
}

int hostfs_iget(
	struct hostfs *h, const struct hostfs_at *at, const struct os_stat *st, struct inode **out)
{
	struct hostfs_node *n = node_find(h, st);
	int ret;

	if (n) {
		*out = inode_get(n->inode);
		ret = hostfs_update(*out, at, st);
	} else {
		ret = node_create(h, st, out);
		if (ret < 0)
			return ret;
		ret = hostfs_update(*out, at, st);
		if (ret >= 0)
			node_set_ops(*out);
	}
	if (ret < 0)
		inode_put(*out);
	return ret;
}

static void dir_close(struct hostfs *h, struct hostfs_node *n)
{
	list_del(&n->lru);
	h->nr_lru--;
	os_close(n->fd[HOSTFS_RD]);
	n->fd[HOSTFS_RD] = -1;
}

void hostfs_evict(struct inode *i)
{
	struct hostfs *h = hostfs_of(i);
	struct hostfs_node *n = hostfs_node(i);

	if (!n)
		return;
	BUG_ON(!list_empty(&n->aliases));
	if (!list_empty(&n->lru) && S_ISDIR(i->mode))
		dir_close(h, n);
	hostfs_forget_kept(n);
	if (h->max_bytes)
		hostfs_quota_gone(i);
	node_unhash(h, n);
	hostfs_close_read_fd(n);
	os_close(n->fd[HOSTFS_WR]);
	os_close(n->pin);
	free(n->target);
	free(n);
}

/* ---- names ---- */

static void alias_release(struct dentry *d)
{
	hostfs_unbind(d);
	free(d->priv);
	d->priv = NULL;
}

int hostfs_bind(struct dentry *d, struct inode *i)
{
	struct hostfs_alias *a = d->priv;

	if (!a) {
		a = calloc(1, sizeof(*a));
		if (!a) {
			inode_put(i);
			return -ENOMEM;
		}
		list_init(&a->link);
		a->d = d;
		d->priv = a;
		d->release = alias_release;
	}
	list_del(&a->link);
	list_add(&a->link, &hostfs_node(i)->aliases);
	d_instantiate(d, i);
	return 0;
}

void hostfs_unbind(struct dentry *d)
{
	struct hostfs_alias *a = d->priv;

	if (a)
		list_del(&a->link);
}

static struct dentry *alias_of(const struct hostfs_node *n)
{
	return list_empty(&n->aliases) ? NULL
				       : list_first(&n->aliases, struct hostfs_alias, link)->d;
}

/* ---- descriptors ---- */

static unsigned dirs_trim(struct hostfs *h, unsigned max)
{
	struct hostfs_node *n, *tmp;
	unsigned closed = 0;

	list_for_each_entry_safe (n, tmp, &h->lru, lru) {
		if (h->nr_lru <= max)
			break;
		if (n->busy)
			continue;
		dir_close(h, n);
		closed++;
	}
	return closed;
}

void hostfs_close_read_fd(struct hostfs_node *n)
{
	list_del(&n->lru);
	os_close(n->fd[HOSTFS_RD]);
	n->fd[HOSTFS_RD] = -1;
}

/* Closes up to max reading descriptors of files that can be found again. */
static unsigned readers_trim(struct hostfs *h, unsigned max)
{
	struct hostfs_node *n, *tmp;
	unsigned closed = 0;

	list_for_each_entry_safe (n, tmp, &h->readers, lru) {
		if (closed == max)
			break;
		if (n->busy || (!alias_of(n) && n->pin < 0))
			continue;
		hostfs_close_read_fd(n);
		closed++;
	}
	return closed;
}

int hostfs_openat(struct hostfs *h, int dir, const char *name, int flags, u32 mode)
{
	int fd = os_openat(dir, name, flags, mode);

	/* dir itself may be closed by trimming unless its node is busy: callers see to that */
	if ((fd == -EMFILE || fd == -ENFILE) &&
		dirs_trim(h, HOSTFS_DIR_FDS / 8) + readers_trim(h, HOSTFS_READERS_TRIM))
		fd = os_openat(dir, name, flags, mode);
	return fd;
}

static int dir_fd(const struct hostfs_node *n)
{
	return n->fd[HOSTFS_RD] >= 0 ? n->fd[HOSTFS_RD] : n->pin;
}

/* Opens n in its parent, which has a descriptor. */
static int dir_open(struct hostfs *h, struct hostfs_node *n, struct dentry *d)
{
	struct hostfs_node *parent = hostfs_node(d->parent->inode);
	struct os_stat st;
	int fd, ret;

	parent->busy++;
	fd = hostfs_openat(h, dir_fd(parent), d->name, O_PATH | O_DIRECTORY, 0);
	parent->busy--;
	if (fd < 0)
		return fd == -ENOTDIR ? -ESTALE : fd;
	ret = os_statat(fd, "", &st);
	if (ret == 0 && !hostfs_same(n, &st))
		ret = -ESTALE;
	if (ret < 0) {
		os_close(fd);
		return ret;
	}
	n->fd[HOSTFS_RD] = fd;
	list_add_tail(&n->lru, &h->lru);
	h->nr_lru++;
	n->busy++;
	dirs_trim(h, HOSTFS_DIR_FDS);
	n->busy--;
	return 0;
}

/* Opens d's directory and its ancestors as far up as they have no descriptor. */
static int dir_open_chain(struct hostfs *h, struct dentry *d)
{
	struct dentry **chain, *up;
	size_t depth = 0, i = 0;
	int ret = 0;

	for (up = d; dir_fd(hostfs_node(up->inode)) < 0; up = up->parent) {
		if (!alias_of(hostfs_node(up->inode)) || up->parent == up)
			return -ENOENT; /* deleted */
		depth++;
	}
	chain = malloc(depth * sizeof(*chain));
	if (!chain)
		return -ENOMEM;
	for (up = d; i < depth; up = up->parent)
		chain[i++] = up;
	while (i && ret == 0) {
		up = chain[--i];
		ret = dir_open(h, hostfs_node(up->inode), up);
	}
	free(chain);
	return ret;
}

int hostfs_dirfd(struct inode *dir)
{
	struct hostfs *h = hostfs_of(dir);
	struct hostfs_node *n = hostfs_node(dir);
	struct dentry *d;
	int ret;

	if (n->fd[HOSTFS_RD] >= 0) {
		if (h->lru.prev != &n->lru && !list_empty(&n->lru)) {
			list_del(&n->lru);
			list_add_tail(&n->lru, &h->lru);
		}
		return n->fd[HOSTFS_RD];
	}
	if (n->pin >= 0)
		return n->pin;
	d = alias_of(n);
	if (!d)
		return -ENOENT;
	ret = dir_open_chain(h, d);
	return ret < 0 ? ret : n->fd[HOSTFS_RD];
}

int hostfs_locate(struct inode *i, struct hostfs_at *at)
{
	struct hostfs_node *n = hostfs_node(i);
	struct dentry *d;

	at->name = "";
	if (n->fd[HOSTFS_WR] >= 0)
		at->dir = n->fd[HOSTFS_WR];
	else if (n->fd[HOSTFS_RD] >= 0)
		at->dir = n->fd[HOSTFS_RD];
	else if (n->pin >= 0)
		at->dir = n->pin;
	else if ((d = alias_of(n))) {
		at->dir = hostfs_dirfd(d->parent->inode);
		at->name = d->name;
	} else
		at->dir = -ENOENT;
	return at->dir < 0 ? at->dir : 0;
}

/* A new descriptor of i, checked to be of that very file. */
int hostfs_open_as(struct inode *i, int flags)
{
	struct hostfs_node *n = hostfs_node(i);
	struct hostfs_at at;
	struct os_stat st;
	int fd, ret = hostfs_locate(i, &at);

	if (ret < 0)
		return ret;
	n->busy++;
	fd = hostfs_openat(hostfs_of(i), at.dir, at.name, flags, 0);
	n->busy--;
	if (fd < 0)
		return fd == -ENXIO || fd == -ELOOP ? -ESTALE : fd;
	at = (struct hostfs_at){.dir = fd, .name = ""};
	ret = os_statat(fd, "", &st);
	if (ret == 0 && !hostfs_same(n, &st))
		ret = -ESTALE;
	if (ret == 0)
		ret = hostfs_update(i, &at, &st); /* programs like to call fstat next */
	if (ret < 0) {
		os_close(fd);
		return ret;
	}
	return fd;
}

int hostfs_read_fd(struct inode *i)
{
	struct hostfs_node *n = hostfs_node(i);
	int fd;

	if (n->fd[HOSTFS_RD] >= 0)
		return n->fd[HOSTFS_RD];
	fd = hostfs_open_as(i, O_RDONLY);
	if (fd < 0)
		return fd;
	n->fd[HOSTFS_RD] = fd;
	list_add_tail(&n->lru, &hostfs_of(i)->readers);
	return fd;
}

/* Before the host forgets d's name: if the file may be used on and no descriptor or other name
 * leads to it, takes one. dirfd is the parent's. Failure is not fatal: later uses give -ENOENT. */
int hostfs_pin(struct inode *i, struct dentry *d, int dirfd)
{
	struct hostfs_node *n = hostfs_node(i);
	struct hostfs *h = hostfs_of(i);

	if (n->pin >= 0 || (d->refs <= 1 && i->refs <= 1))
		return 0;
	n->pin = hostfs_openat(h, dirfd, d->name, O_PATH, 0);
	return n->pin < 0 ? n->pin : 0;
}
