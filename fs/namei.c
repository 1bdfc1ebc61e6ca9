/*
 * The path walk: from a base directory and a name to a mount and a dentry. Symlinks are followed
 * without recursion: the text of each is kept until the walk ends, and what is left of the path
 * behind it waits on a small stack. Every directory passed is checked for search permission, mounts
 * are crossed both ways, and ".." stops at the root of the walk. A walk holds references on where
 * it is and on its root, so it survives whatever changes while a filesystem's lookup sleeps.
 * path_resolution(7), symlink(7), openat2(2) for the RESOLVE_* restrictions.
 */
#include "fs/namei.h"

#include "fs/fdtable.h"
#include "kernel/task.h"

u32 protected_symlinks, protected_hardlinks;

static bool path_equal(const struct path *a, const struct path *b)
{
	return a->mnt == b->mnt && a->dentry == b->dentry;
}

static void walk_jump(struct walk *w, const struct path *to)
{
	struct path old = w->cur;

	w->cur = *to;
	path_get(&w->cur);
	path_put(&old);
}

int walk_start(struct walk *w, const struct path *base, const char *name, u32 flags)
{
	bool scoped = flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT);

	w->flags = flags;
	w->nr_texts = w->depth = 0;
	w->last = name;
	w->last_len = 0;
	w->slash = false;
	w->rest = name;
	w->root = scoped || !current || !current->fs ? *base : current->fs->root;
	path_get(&w->root);
	w->cur = *name == '/' ? w->root : *base;
	path_get(&w->cur);
	if (*name == '/' && (flags & LOOKUP_BENEATH))
		return -EXDEV;
	if (*name == '/' && (flags & LOOKUP_NO_XDEV) && base->mnt != w->root.mnt)
		return -EXDEV;
	return 0;
}

void walk_end(struct walk *w)
{
	path_put(&w->cur);
	path_put(&w->root);
	while (w->nr_texts)
		free(w->texts[--w->nr_texts]);
}

static bool name_is(const struct walk *w, const char *s, u32 len)
{
	return w->last_len == len && !memcmp(w->last, s, len);
}

bool walk_last_special(const struct walk *w)
{
	return !w->last_len || name_is(w, ".", 1) || name_is(w, "..", 2);
}

bool walk_last_is_dot(const struct walk *w)
{
	return name_is(w, ".", 1);
}

static int walk_dotdot(struct walk *w)
{
	struct path to;

	for (to = w->cur;;) {
		if (path_equal(&to, &w->root)) {
			if (w->flags & LOOKUP_BENEATH)
				return -EXDEV;
			break;
		}
		if (to.dentry != to.mnt->root) {
			to.dentry = to.dentry->parent;
			break;
		}
		if (!to.mnt->parent)
			break;
		if (w->flags & LOOKUP_NO_XDEV)
			return -EXDEV;
		to = (struct path){to.mnt->parent, to.mnt->mountpoint};
	}
	walk_jump(w, &to);
	if (w->cur.dentry->mounts)
		mount_follow(&w->cur);
	return 0;
}

/* In a sticky directory that all may write to, only its owner's and the caller's own links lead on.
 */
static bool may_follow(const struct walk *w, const struct inode *link)
{
	const struct inode *dir = w->cur.dentry->inode;

	if (!protected_symlinks || !current || current->cred->fsuid == link->uid)
		return true;
	return (dir->mode & (S_ISVTX | S_IWOTH)) != (S_ISVTX | S_IWOTH) || dir->uid == link->uid;
}

/* Follows the symlink link, found in w->cur. 1: walk on with its text; 0: w->cur is the target. */
static int walk_follow(struct walk *w, struct dentry *link, bool final)
{
	struct inode *inode = link->inode;
	struct path to;
	char *text;
	int ret;

	if (w->nr_texts >= WALK_LINKS_MAX || (w->flags & LOOKUP_NO_SYMLINKS))
		return -ELOOP;
	if (w->cur.mnt->flags & MNT_NOSYMFOLLOW)
		return -ELOOP;
	if (final && !may_follow(w, inode))
		return -EACCES;
	if (inode->ops->get_link) {
		if (w->flags & LOOKUP_NO_MAGICLINKS)
			return -ELOOP;
		if (w->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT))
			return -EXDEV;
		ret = inode->ops->get_link(inode, &to);
		if (ret < 0)
			return ret;
		if ((w->flags & LOOKUP_NO_XDEV) && to.mnt != w->cur.mnt) {
			path_put(&to);
			return -EXDEV;
		}
		path_put(&w->cur);
		w->cur = to;
		w->texts[w->nr_texts++] = NULL; /* counts as a link */
		return 0;
	}
	if (!inode->ops->readlink)
		return -EINVAL;
	ret = inode->ops->readlink(inode, &text);
	if (ret < 0)
		return ret;
	w->texts[w->nr_texts++] = text;
	if (!*text)
		return -ENOENT;
	if (*text == '/') {
		if (w->flags & LOOKUP_BENEATH)
			return -EXDEV;
		if ((w->flags & LOOKUP_NO_XDEV) && w->cur.mnt != w->root.mnt)
			return -EXDEV;
		walk_jump(w, &w->root);
	}
	if (!final)
		w->pending[w->depth++] = w->rest;
	w->rest = text;
	return 1;
}

/* One component, w->last, from w->cur. Results as walk_last. */
static int walk_component(struct walk *w, bool follow, bool final)
{
	struct dentry *d;
	int ret;

	if (!w->last_len || name_is(w, ".", 1))
		return 0;
	if (name_is(w, "..", 2))
		return walk_dotdot(w);
	ret = d_lookup(w->cur.dentry, w->last, w->last_len, &d);
	if (ret < 0)
		return ret;
	if (follow && d->inode && S_ISLNK(d->inode->mode)) {
		ret = walk_follow(w, d, final);
		d_put(d);
		return ret;
	}
	d_put(w->cur.dentry);
	w->cur.dentry = d;
	if (d->mounts) {
		struct mount *m = w->cur.mnt;

		mount_follow(&w->cur);
		if (m != w->cur.mnt && (w->flags & LOOKUP_NO_XDEV))
			return -EXDEV;
	}
	return 0;
}

/* May names be looked up in w->cur? */
static int walk_may_search(struct walk *w)
{
	struct inode *dir = w->cur.dentry->inode;

	if (!dir)
		return -ENOENT;
	if (!S_ISDIR(dir->mode))
		return -ENOTDIR;
	return inode_permission(dir, MAY_EXEC);
}

int walk_parent(struct walk *w)
{
	for (;;) {
		const char *s = w->rest, *end;
		bool final;
		int ret;

		while (*s == '/')
			s++;
		if (!*s) {
			if (!w->depth) {
				w->last = s;
				w->last_len = 0;
				return 0;
			}
			w->rest = w->pending[--w->depth];
			continue;
		}
		ret = walk_may_search(w);
		if (ret < 0)
			return ret;
		end = strchrnul(s, '/');
		w->last = s;
		w->last_len = (u32)MIN(end - s, (ptrdiff_t)PATH_MAX);
		for (s = end; *s == '/';)
			s++;
		w->rest = s;
		final = !*s && !w->depth;
		if (final) {
			w->slash |= *end == '/';
			return 0;
		}
		ret = walk_component(w, true, false);
		if (ret < 0)
			return ret;
		if (ret == 0 && !w->cur.dentry->inode)
			return -ENOENT;
	}
}

int walk_last(struct walk *w, bool follow)
{
	return walk_component(w, follow || w->slash, true);
}

int path_lookup(const struct path *base, const char *name, u32 flags, struct path *out)
{
	struct walk w;
	struct inode *inode;
	int ret = walk_start(&w, base, name, flags);

	if (ret == 0 && !*name && !(flags & LOOKUP_EMPTY))
		ret = -ENOENT;
	while (ret == 0) {
		ret = walk_parent(&w);
		if (ret < 0)
			break;
		ret = walk_last(&w, flags & LOOKUP_FOLLOW);
		if (ret <= 0)
			break;
		ret = 0;
	}
	if (ret == 0) {
		inode = w.cur.dentry->inode;
		if (!inode)
			ret = -ENOENT;
		else if ((w.slash || (flags & LOOKUP_DIRECTORY)) && !S_ISDIR(inode->mode))
			ret = -ENOTDIR;
	}
	if (ret == 0) {
		*out = w.cur;
		path_get(out);
	}
	walk_end(&w);
	return ret;
}

int path_base(int dfd, const char *name, struct path *out)
{
	struct file *f;

	if (dfd == AT_FDCWD || *name == '/') {
		*out = current->fs->cwd;
		path_get(out);
		return 0;
	}
	f = fd_file_raw(dfd);
	if (!f)
		return -EBADF;
	if (*name && !S_ISDIR(f->inode->mode)) {
		file_put(f);
		return -ENOTDIR;
	}
	*out = f->path;
	path_get(out);
	file_put(f);
	return 0;
}

int path_lookup_user(int dfd, uaddr_t name, u32 flags, struct path *out)
{
	struct pathname n;
	struct path base;
	int ret = pathname_get(&n, name, flags & LOOKUP_EMPTY);

	if (ret < 0)
		return ret;
	ret = path_base(dfd, n.s, &base);
	if (ret == 0) {
		ret = path_lookup(&base, n.s, flags, out);
		path_put(&base);
	}
	if (ret == 0 && !(flags & LOOKUP_UMOUNT))
		out->mnt->expiring = false;
	pathname_put(&n);
	return ret;
}

int path_create(const struct path *base, const char *name, u32 flags, struct path *parent,
	struct dentry **child, bool directory)
{
	struct walk w;
	int ret = walk_start(&w, base, name, flags);

	if (ret == 0 && !*name)
		ret = -ENOENT;
	if (ret == 0)
		ret = walk_parent(&w);
	if (ret == 0 && walk_last_special(&w))
		ret = -EEXIST;
	if (ret == 0)
		ret = d_lookup(w.cur.dentry, w.last, w.last_len, child);
	if (ret == 0) {
		if ((*child)->inode)
			ret = -EEXIST;
		else if (w.slash && !directory)
			ret = -ENOENT;
		else if (mount_readonly(w.cur.mnt))
			ret = -EROFS;
		if (ret < 0)
			d_put(*child);
	}
	if (ret == 0) {
		*parent = w.cur;
		path_get(parent);
	}
	walk_end(&w);
	return ret;
}

int pathname_get(struct pathname *n, uaddr_t src, bool empty_ok)
{
	ssize_t len = strncpy_from_user(n->small, src, sizeof(n->small));

	n->heap = NULL;
	n->s = n->small;
	if (len == -ENAMETOOLONG) {
		int ret = getname(src, &n->heap);

		if (ret < 0)
			return ret;
		n->s = n->heap;
		return 0;
	}
	if (len < 0)
		return (int)len;
	return len == 0 && !empty_ok ? -ENOENT : 0;
}

void pathname_put(struct pathname *n)
{
	free(n->heap);
}
