/*
 * The index of copied-up hard links. The copy of a lower file that has several names gets one more
 * in the work directory, "i" and the file's number: it lasts while any of the names does, so there
 * is always one to link from, and the other names find the copy by it, in later machines too. How
 * many names only the lower layer has is kept in an attribute of the copy.
 */
#include "fs/overlay/ovl.h"

#include <stdio.h>

static int index_child(struct ovl *o, u64 ino, struct dentry **out)
{
	char name[24];

	snprintf(name, sizeof(name), OVL_INDEX_PREFIX "%llx", (unsigned long long)ino);
	return ovl_child(o->work, name, out);
}

static void save_delta(struct ovl_inode *oi)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", oi->nlink_delta);

	ovl_do_setxattr(oi->upper, OVL_XATTR_NLINK, text, (size_t)n);
}

static s32 load_delta(struct dentry *index)
{
	char text[16];
	ssize_t n = ovl_do_getxattr(index, OVL_XATTR_NLINK, text, sizeof(text) - 1);

	if (n <= 0)
		return -1; /* the index's own name */
	text[n] = 0;
	return (s32)strtol(text, NULL, 10);
}

/* A new reference to the index entry of the lower file ino, or NULL. */
static struct dentry *index_find(struct ovl *o, u64 ino)
{
	struct dentry *d;

	if (index_child(o, ino, &d) < 0)
		return NULL;
	if (d->inode)
		return d;
	d_put(d);
	return NULL;
}

void ovl_index_add(struct inode *i, struct dentry **upper)
{
	struct ovl_inode *oi = ovl_i(i);
	struct dentry *d;

	if (S_ISDIR(i->mode) || oi->lower->inode->nlink <= 1 ||
		index_child(ovl_of(i), i->ino, &d) < 0)
		return;
	if (d->inode || ovl_do_link(*upper, d) < 0) {
		d_put(d);
		return;
	}
	d_put(*upper);
	*upper = d;
	oi->indexed = true;
	oi->nlink_delta--;
}

/* After a change of nlink_delta: the last name takes the index with it. */
void ovl_index_update(struct inode *i)
{
	struct ovl_inode *oi = ovl_i(i);

	if (!oi->indexed)
		return;
	if (i->nlink) {
		save_delta(oi);
	} else if (ovl_do_remove(oi->upper) == 0) {
		oi->indexed = false;
		oi->nlink_delta++;
		ovl_copyattr(i);
	}
}

struct dentry *ovl_index_of(struct ovl *o, struct dentry *upper, struct dentry *lower)
{
	struct inode *real = (upper ? upper : lower)->inode;
	struct dentry *d;

	if (S_ISDIR(real->mode) || real->nlink <= 1)
		return NULL;
	d = index_find(o, upper ? ovl_stored_ino(upper) : lower->inode->ino);
	if (d && upper && d->inode != upper->inode) {
		d_put(d);
		d = NULL;
	}
	return d;
}

void ovl_index_load(struct inode *i)
{
	struct ovl_inode *oi = ovl_i(i);

	oi->indexed = true;
	oi->nlink_delta = load_delta(oi->upper);
	ovl_copyattr(i);
}
