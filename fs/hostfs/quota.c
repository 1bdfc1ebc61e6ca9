/*
 * hostfs: how much of the host a super may take (--disk). What each file takes is known from its
 * last stat, plus a fixed price for its name; the sum is counted once when the super is mounted and
 * follows every change since. What would pass the limit is refused before the host is asked. Pages
 * that the guest fills through a mapping cannot be refused any more, so a file that is mapped to be
 * written has its blocks allocated beforehand, and keeps them.
 */
#include "fs/hostfs/node.h"

#define NAME_COST 1024u /* of a file, however small */
#define FALLOC_PUNCH_HOLE 2

static u64 cost(u64 blocks)
{
	return blocks * 512 + NAME_COST;
}

bool hostfs_quota_room(const struct hostfs *h, u64 bytes)
{
	return !h->max_bytes || (bytes <= h->max_bytes && h->used_bytes <= h->max_bytes - bytes);
}

int hostfs_quota_new(const struct hostfs *h)
{
	return hostfs_quota_room(h, NAME_COST + PAGE_SIZE) ? 0 : -ENOSPC;
}

void hostfs_quota_seen(struct inode *i, u64 blocks)
{
	struct hostfs_node *n = hostfs_node(i);
	struct hostfs *h = hostfs_of(i);

	if (n->counted)
		h->used_bytes += cost(blocks) - n->charged;
	n->charged = cost(blocks);
	n->counted = true;
}

void hostfs_quota_made(struct inode *i)
{
	hostfs_of(i)->used_bytes += hostfs_node(i)->charged;
}

void hostfs_quota_gone(struct inode *i)
{
	if (hostfs_node(i)->counted && !i->nlink)
		hostfs_of(i)->used_bytes -= hostfs_node(i)->charged;
}

/* ---- data ---- */

/* A file without holes needs room only behind its end. */
static u64 needed(const struct inode *i, u64 pos, size_t len)
{
	u64 end = pos + len, have = ALIGN_UP(i->size, PAGE_SIZE);

	if (hostfs_node(i)->charged < have + NAME_COST || pos > have)
		return len;
	return end > have ? end - have : 0;
}

ssize_t hostfs_quota_write(struct inode *i, int fd, u64 pos, size_t len)
{
	const struct hostfs *h = hostfs_of(i);
	struct os_stat st;
	u64 need;

	if (!h->max_bytes)
		return (ssize_t)len;
	need = needed(i, pos, len);
	if (!need || hostfs_quota_room(h, need))
		return (ssize_t)len;
	if (os_statat(fd, "", &st) == 0) /* it may have grown, or shrunk */
		hostfs_quota_seen(i, st.blocks);
	if (hostfs_quota_room(h, need))
		return (ssize_t)len;
	len -= (size_t)MIN(need, (u64)len);
	len += hostfs_quota_room(h, 0) ? (size_t)(h->max_bytes - h->used_bytes) : 0;
	return len ? (ssize_t)len : -ENOSPC;
}

void hostfs_quota_written(struct inode *i, int fd, u64 end)
{
	struct os_stat st;

	if (!hostfs_of(i)->max_bytes)
		return;
	i->size = MAX(i->size, end);
	if (os_statat(fd, "", &st) == 0)
		hostfs_quota_seen(i, st.blocks);
}

int hostfs_quota_fallocate(struct inode *i, int fd, int mode, u64 off, u64 len)
{
	struct os_stat st;
	int ret;

	if (hostfs_of(i)->max_bytes) {
		if (mode & FALLOC_PUNCH_HOLE && hostfs_node(i)->reserved)
			return -EOPNOTSUPP;
		if (!(mode & FALLOC_PUNCH_HOLE) &&
			!hostfs_quota_room(hostfs_of(i), needed(i, off, len)))
			return -ENOSPC;
	}
	ret = os_fallocate(fd, mode, off, len);
	if (hostfs_of(i)->max_bytes && os_statat(fd, "", &st) == 0)
		hostfs_quota_seen(i, st.blocks);
	return ret;
}

int hostfs_quota_reserve(struct inode *i, int fd, u64 size)
{
	struct hostfs_node *n = hostfs_node(i);
	struct os_stat st;
	int ret = 0;

	if (!hostfs_of(i)->max_bytes)
		return 0;
	n->reserved = true;
	if (os_statat(fd, "", &st) < 0)
		return 0;
	hostfs_quota_seen(i, st.blocks);
	if (size + NAME_COST > n->charged &&
		!hostfs_quota_room(hostfs_of(i), size + NAME_COST - n->charged))
		return -ENOSPC;
	if (size)
		ret = os_fallocate(fd, 0, 0, size);
	if (os_statat(fd, "", &st) == 0)
		hostfs_quota_seen(i, st.blocks);
	return ret;
}

void hostfs_quota_statfs(const struct hostfs *h, struct statfs *sf)
{
	u64 bsize = sf->f_bsize > 0 ? (u64)sf->f_bsize : PAGE_SIZE;
	u64 left = h->max_bytes - MIN(h->max_bytes, h->used_bytes);

	if (!h->max_bytes)
		return;
	sf->f_blocks = h->max_bytes / bsize;
	sf->f_bfree = MIN(left / bsize, (u64)sf->f_bfree);
	sf->f_bavail = MIN(left / bsize, (u64)sf->f_bavail);
}

/* ---- what is there already ---- */

struct link_seen { /* a file with several names counts once */
	struct hnode hash;
	struct link_seen *next;
	u64 dev, ino;
};

struct level { /* a directory being counted */
	int fd;
	ssize_t len, at; /* of buf: records read, and passed */
	char buf[8192];
};

struct counter {
	struct htab links;
	struct link_seen *all;
	struct level **levels;
	size_t depth, room;
	u64 bytes;
};

static bool first_name(struct counter *c, const struct os_stat *st)
{
	u64 hash = hash_u64(st->dev ^ st->ino << 1);
	struct link_seen *l;

	if (st->nlink < 2)
		return true;
	for (struct hnode *h = htab_first(&c->links, hash); h; h = htab_next(h)) {
		l = container_of(h, struct link_seen, hash);
		if (l->dev == st->dev && l->ino == st->ino)
			return false;
	}
	l = calloc(1, sizeof(*l));
	if (!l)
		return true;
	*l = (struct link_seen){.next = c->all, .dev = st->dev, .ino = st->ino};
	c->all = l;
	htab_insert(&c->links, &l->hash, hash);
	return true;
}

static int enter(struct counter *c, int fd)
{
	struct level *l = malloc(sizeof(*l));

	if (l && c->depth == c->room) {
		size_t room = c->room ? c->room * 2 : 32;
		struct level **more = realloc(c->levels, room * sizeof(*more));

		if (more) {
			c->levels = more;
			c->room = room;
		}
	}
	if (!l || c->depth == c->room) {
		os_close(fd);
		free(l);
		return -ENOMEM;
	}
	l->fd = fd;
	l->len = l->at = 0;
	c->levels[c->depth++] = l;
	return 0;
}

static void leave(struct counter *c)
{
	struct level *l = c->levels[--c->depth];

	os_close(l->fd);
	free(l);
}

static int count_one(struct counter *c, int dir, const char *name)
{
	struct os_stat st;
	int fd, ret = os_statat(dir, name, &st);

	if (ret < 0)
		return ret == -ENOENT ? 0 : ret;
	if (!S_ISDIR(st.mode)) {
		c->bytes += first_name(c, &st) ? cost(st.blocks) : 0;
		return 0;
	}
	c->bytes += cost(st.blocks);
	fd = os_openat(dir, name, O_RDONLY | O_DIRECTORY, 0);
	return fd < 0 ? fd : enter(c, fd);
}

/* The next entry of the innermost directory. */
static int step(struct counter *c)
{
	struct level *l = c->levels[c->depth - 1];
	const struct abi_dirent64 *d;

	if (l->at >= l->len) {
		l->len = os_getdents(l->fd, l->buf, sizeof(l->buf));
		l->at = 0;
		if (l->len <= 0) {
			ssize_t n = l->len;

			leave(c);
			return (int)n;
		}
	}
	d = (const void *)(l->buf + l->at);
	l->at += d->reclen;
	return strcmp(d->name, ".") && strcmp(d->name, "..") ? count_one(c, l->fd, d->name) : 0;
}

int hostfs_set_quota(struct super *sb, u64 max_bytes)
{
	struct hostfs *h = sb->priv;
	struct counter c = {.bytes = 0};
	int fd = os_reopen(h->root, O_RDONLY | O_DIRECTORY);
	int ret = fd < 0 ? fd : enter(&c, fd);

	while (ret == 0 && c.depth)
		ret = step(&c);
	while (c.depth)
		leave(&c);
	while (c.all) {
		struct link_seen *next = c.all->next;

		free(c.all);
		c.all = next;
	}
	htab_fini(&c.links);
	free(c.levels);
	h->used_bytes = c.bytes;
	h->max_bytes = max_bytes;
	return ret;
}
