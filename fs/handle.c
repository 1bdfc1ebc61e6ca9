/*
 * File handles: a number and a generation, found again among the cached dentries of the filesystem.
 * Numbers may be used again after their file is gone, the time of birth then differs.
 */
#include "fs/handle.h"

bool handle_possible(const struct super *sb)
{
	return sb->type->handles;
}

void handle_of(const struct inode *i, struct handle *h)
{
	h->ino = i->ino;
	h->generation = (u64)i->btime.tv_sec * 1000000000u + (u64)i->btime.tv_nsec;
}

struct dentry *handle_find(struct super *sb, const struct handle *h)
{
	struct dentry *d;

	list_for_each_entry (d, &sb->dentries, sb_link) {
		struct handle own;

		if (!d->inode || d->inode->ino != h->ino || !d->inode->nlink)
			continue;
		if (!d->hashed && d != sb->root)
			continue;
		handle_of(d->inode, &own);
		if (own.generation == h->generation)
			return d_get(d);
	}
	return NULL;
}
