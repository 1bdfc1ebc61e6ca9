/*
 * hostfs attributes and names: lookup, revalidation, stat and setattr. One host statx serves a
 * whole call: lookup and revalidate of a final component fetch the attributes, and the getattr that
 * follows in the same call uses them. Directories and symlinks, which path walks cross all the
 * time, are taken to be what they were for VALID_NS; everything else, names that do not exist
 * included, is asked of the host each time. stat(2), chmod(2), chown(2), utimensat(2).
 */
#include "fs/hostfs/node.h"

#define VALID_NS NSEC_PER_SEC
#define FRESH_NS NSEC_PER_MSEC /* bounds how long "the call in progress" may be */

static u32 guest_id(u32 id, u32 own)
{
	return id == own ? 0 : id;
}

static u32 host_id(u32 id, u32 own)
{
	return id == 0 ? own : id;
}

static u64 now_ns(void)
{
	return os_clock_ns(OS_CLOCK_MONOTONIC);
}

/* ---- fetching ---- */

static int owner_of(struct hostfs *h, struct hostfs_node *n, const struct hostfs_at *at,
	const struct os_stat *st, struct hostfs_owner *o)
{
	int ret;

	*o = (struct hostfs_owner){
		.mode = st->mode,
		.uid = guest_id(st->uid, h->uid),
		.gid = guest_id(st->gid, h->gid),
		.rdev = st->rdev,
	};
	if (!h->map)
		return 0;
	if (n->map_known) {
		*o = (struct hostfs_owner){
			n->inode->mode, n->inode->uid, n->inode->gid, n->inode->rdev};
		return 0;
	}
	o->uid = o->gid = 0;
	n->mapped = false;
	if (S_ISLNK(st->mode)) /* cannot carry the attribute: see hostfs_map_chown_link */
		return 0;
	ret = hostfs_map_get(at, o);
	n->mapped = ret > 0;
	n->map_known = ret >= 0;
	return ret < 0 ? ret : 0;
}

int hostfs_update(struct inode *i, const struct hostfs_at *at, const struct os_stat *st)
{
	struct hostfs_node *n = hostfs_node(i);
	struct hostfs_owner o;
	int ret = owner_of(hostfs_of(i), n, at, st, &o);

	if (ret < 0)
		return ret;
	n->host_uid = st->uid;
	n->host_gid = st->gid;
	i->mode = o.mode;
	i->uid = o.uid;
	i->gid = o.gid;
	i->rdev = o.rdev;
	i->nlink = st->nlink;
	i->size = st->size;
	i->blocks = st->blocks;
	i->atime = st->atime;
	i->mtime = st->mtime;
	i->ctime = st->ctime;
	i->btime = st->btime;
	n->fresh = true;
	n->fresh_ns = now_ns();
	if (hostfs_of(i)->max_bytes)
		hostfs_quota_seen(i, st->blocks);
	return 0;
}

void hostfs_stale(struct inode *i)
{
	hostfs_node(i)->fresh = false;
}

int hostfs_refresh(struct inode *i)
{
	struct hostfs_node *n = hostfs_node(i);
	struct hostfs_at at;
	struct os_stat st;
	int ret = hostfs_locate(i, &at);

	if (ret == 0)
		ret = os_statat(at.dir, at.name, &st);
	if (ret == 0 && !hostfs_same(n, &st))
		ret = -ESTALE;
	return ret < 0 ? ret : hostfs_update(i, &at, &st);
}

int hostfs_getattr(struct inode *i)
{
	struct hostfs_node *n = hostfs_node(i);

	if (n->fresh) {
		n->fresh = false;
		if (now_ns() - n->fresh_ns < FRESH_NS)
			return 0;
	}
	return hostfs_refresh(i);
}

int hostfs_lookup(struct inode *dir, struct dentry *d)
{
	struct hostfs_at at = {.dir = hostfs_dirfd(dir), .name = d->name};
	struct os_stat st;
	struct inode *i;
	int ret = at.dir < 0 ? at.dir : os_statat(at.dir, at.name, &st);

	if (ret == -ENOENT)
		return 0;
	if (ret == 0)
		ret = hostfs_iget(hostfs_of(dir), &at, &st, &i);
	if (ret < 0)
		return ret;
	d->validated_ns = hostfs_node(i)->fresh_ns;
	return hostfs_bind(d, i);
}

int hostfs_revalidate(struct inode *dir, struct dentry *d)
{
	bool lasting = d->inode && (S_ISDIR(d->inode->mode) || S_ISLNK(d->inode->mode));
	struct hostfs_at at = {.name = d->name};
	struct os_stat st;
	int ret;

	if (lasting && now_ns() - d->validated_ns < VALID_NS)
		return 1;
	at.dir = hostfs_dirfd(dir);
	ret = at.dir < 0 ? at.dir : os_statat(at.dir, at.name, &st);
	if (!d->inode)
		return ret == -ENOENT;
	if (ret == 0 && hostfs_same(hostfs_node(d->inode), &st) &&
		hostfs_update(d->inode, &at, &st) == 0) {
		d->validated_ns = hostfs_node(d->inode)->fresh_ns;
		return 1;
	}
	hostfs_unbind(d);
	return 0;
}

/* ---- permission ---- */

/* Would the host let skiff's user do it? Only if the mode says no by what we know of the user, the
 * host is asked: a supplementary group or an access list may still allow it. */
static int host_permission(struct inode *i, int mask)
{
	const struct hostfs *h = hostfs_of(i);
	const struct hostfs_node *n = hostfs_node(i);
	int shift = n->host_uid == h->uid ? 6 : n->host_gid == h->gid ? 3 : 0;
	struct hostfs_at at;
	int ret;

	if (!(mask & ~(int)(i->mode >> shift & 7)))
		return 0;
	ret = hostfs_locate(i, &at);
	return ret < 0 ? ret : os_accessat(at.dir, at.name, mask);
}

/* The guest's rules, and then the host's where skiff is not root there. What the guest may write is
 * for the open or the change itself to find out: a super that is only read has no use for it. */
int hostfs_permission(struct inode *i, int mask)
{
	const struct hostfs *h = hostfs_of(i);
	int ret = inode_permission_by_mode(i, mask), ask = mask & MAY_READ;

	if (S_ISDIR(i->mode))
		ask = mask & (MAY_READ | MAY_EXEC);
	if (!i->sb->readonly && S_ISREG(i->mode))
		ask = mask & (MAY_READ | MAY_WRITE);
	if (ret < 0 || !h->uid || h->map || !ask || S_ISLNK(i->mode))
		return ret;
	return host_permission(i, ask);
}

/* ---- changing ---- */

static int set_size(struct inode *i, u64 size)
{
	struct hostfs_node *n = hostfs_node(i);
	struct hostfs_at at;
	int fd = n->fd[HOSTFS_WR], ret;

	if (n->reserved && size > i->size && fd >= 0 &&
		(ret = hostfs_quota_reserve(i, fd, size)) < 0)
		return ret;
	if (fd >= 0)
		return os_ftruncate(fd, size);
	ret = hostfs_locate(i, &at);
	if (ret < 0)
		return ret;
	fd = hostfs_openat(hostfs_of(i), at.dir, at.name, O_WRONLY, 0);
	if (fd < 0)
		return fd;
	ret = n->reserved && size > i->size ? hostfs_quota_reserve(i, fd, size) : 0;
	if (ret >= 0)
		ret = os_ftruncate(fd, size);
	os_close(fd);
	return ret;
}

static int set_owner_map(struct inode *i, const struct setattr *a)
{
	struct hostfs_owner o = {.mode = i->mode, .uid = i->uid, .gid = i->gid, .rdev = i->rdev};
	struct hostfs_at at;
	int ret;

	if (a->valid & ATTR_MODE)
		o.mode = (o.mode & S_IFMT) | (a->mode & 07777);
	if (a->valid & ATTR_UID)
		o.uid = a->uid;
	if (a->valid & ATTR_GID)
		o.gid = a->gid;
	ret = hostfs_locate(i, &at);
	if (ret < 0)
		return ret;
	if (S_ISLNK(i->mode) && !hostfs_node(i)->mapped)
		return o.uid || o.gid ? hostfs_map_chown_link(i, &o) : 0;
	ret = hostfs_map_put(&at, &o, hostfs_node(i)->mapped);
	hostfs_node(i)->map_known = false; /* the refresh reads it back */
	return ret;
}

/* Owner before mode: the host's chown drops set-id bits. */
static int set_owner(struct inode *i, const struct setattr *a)
{
	struct hostfs *h = hostfs_of(i);
	struct hostfs_at at;
	int ret = hostfs_locate(i, &at);

	if (ret == 0 && (a->valid & (ATTR_UID | ATTR_GID)))
		ret = os_chownat(at.dir, at.name,
			a->valid & ATTR_UID ? host_id(a->uid, h->uid) : -1u,
			a->valid & ATTR_GID ? host_id(a->gid, h->gid) : -1u);
	if (ret == 0 && (a->valid & ATTR_MODE))
		ret = os_chmodat(at.dir, at.name, a->mode & 07777);
	return ret;
}

static int set_times(struct inode *i, const struct setattr *a)
{
	struct timespec ts[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_OMIT}};
	struct hostfs_at at;
	int ret = hostfs_locate(i, &at);

	if (a->valid & ATTR_ATIME)
		ts[0] = a->atime;
	if (a->valid & ATTR_MTIME)
		ts[1] = a->mtime;
	return ret < 0 ? ret : os_utimensat(at.dir, at.name, ts);
}

int hostfs_setattr(struct inode *i, const struct setattr *a)
{
	int ret = 0;

	if (a->valid & ATTR_SIZE)
		ret = set_size(i, a->size);
	if (ret == 0 && (a->valid & (ATTR_MODE | ATTR_UID | ATTR_GID)))
		ret = hostfs_of(i)->map ? set_owner_map(i, a) : set_owner(i, a);
	if (ret == 0 && (a->valid & (ATTR_ATIME | ATTR_MTIME)))
		ret = set_times(i, a);
	if (ret == 0)
		ret = hostfs_refresh(i);
	hostfs_stale(i);
	return ret;
}
