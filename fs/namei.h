/*
 * The path walk, step by step, for callers that need the parent of the last component (open with
 * O_CREAT, unlink, rename ...). path_resolution(7), openat2(2).
 */
#ifndef SKIFF_FS_NAMEI_H
#define SKIFF_FS_NAMEI_H

#include "fs/vfs.h"

#define WALK_LINKS_MAX 40

/* /proc/sys/fs: whether links in sticky directories, and links to files of others, are restricted.
 */
extern u32 protected_symlinks, protected_hardlinks;

struct walk {
	struct path cur, root; /* references */
	const char *rest;      /* what is left of the text being walked */
	u32 flags;	       /* LOOKUP_* */
	unsigned nr_texts, depth;
	char *texts[WALK_LINKS_MAX];	     /* of the links followed; freed at the end */
	const char *pending[WALK_LINKS_MAX]; /* what follows the links we are inside of */
	/* the last component, valid after walk_parent: empty for "/" and "" */
	const char *last;
	u32 last_len;
	bool slash; /* it had slashes behind it */
};

/* name must stay valid until walk_end, which is due even after an error. */
int walk_start(struct walk *w, const struct path *base, const char *name, u32 flags);
void walk_end(struct walk *w);
/* Walks up to the last component: w->cur is the directory it is to be found in. */
int walk_parent(struct walk *w);
/* Goes to the last component: w->cur is it, perhaps negative. 1: it was a symlink that has to be
 * followed, call walk_parent again. */
int walk_last(struct walk *w, bool follow);
/* "." or ".." or nothing: no name that could be made or removed. */
bool walk_last_special(const struct walk *w);
bool walk_last_is_dot(const struct walk *w);

/* A path copied from the guest, short ones without malloc. */
struct pathname {
	const char *s;
	char *heap;
	char small[200];
};
/* 0, -EFAULT, -ENAMETOOLONG, -ENOMEM; -ENOENT for "" unless empty_ok. Put it only after 0. */
int pathname_get(struct pathname *n, uaddr_t src, bool empty_ok);
void pathname_put(struct pathname *n);

#endif
