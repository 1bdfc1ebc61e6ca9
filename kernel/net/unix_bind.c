/*
 * Names of AF_UNIX sockets: pathnames (an inode of type S_IFSOCK whose object is the sock bound to
 * it), abstract names (a hash table, by type and name) and autobind. A name is bound once and lives
 * until the sock is released; the inode of a pathname stays and then refuses connections. unix(7).
 */
#include "kernel/net/unix.h"

#include "kernel/net/net_ns.h"

#include "kernel/task.h"

#include <stdio.h>

#define PATH_OFF offsetof(struct sockaddr_un, sun_path)

static struct htab abstract_names;

int unix_check_addr(const struct sock_addr *a)
{
	if (a->len <= PATH_OFF || a->len > sizeof(struct sockaddr_un))
		return -EINVAL;
	return a->un.sun_family == AF_UNIX ? 0 : -EINVAL;
}

void unix_addr_put(struct unix_addr *a)
{
	if (a && --a->refs == 0)
		free(a);
}

static struct unix_addr *addr_alloc(const void *path, u32 path_len)
{
	struct unix_addr *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->refs = 1;
	a->un.sun_family = AF_UNIX;
	memcpy((u8 *)&a->un + PATH_OFF, path, path_len);
	a->len = PATH_OFF + path_len;
	return a;
}

/* ---- abstract names ---- */

static u64 abstract_hash(const void *path, u32 path_len, int type)
{
	return hash_bytes(path, path_len, (u64)type);
}

static struct unix_sock *abstract_find(const void *path, u32 path_len, int type)
{
	u64 hash = abstract_hash(path, path_len, type);
	struct hnode *n;

	for (n = htab_first(&abstract_names, hash); n; n = htab_next(n)) {
		struct unix_sock *u = container_of(n, struct unix_sock, name_node);

		if (n->hash == hash && u->sk.net == current_net && u->sk.type == type &&
			u->addr->len == PATH_OFF + path_len &&
			!memcmp(u->addr->un.sun_path, path, path_len))
			return u;
	}
	return NULL;
}

static int bind_abstract(struct unix_sock *u, const void *path, u32 path_len)
{
	struct unix_addr *a;
	int err;

	if (abstract_find(path, path_len, u->sk.type))
		return -EADDRINUSE;
	a = addr_alloc(path, path_len);
	if (!a)
		return -ENOMEM;
	err = htab_insert(
		&abstract_names, &u->name_node, abstract_hash(path, path_len, u->sk.type));
	if (err < 0) {
		unix_addr_put(a);
		return err;
	}
	u->addr = a;
	u->name_hashed = true;
	return 0;
}

int unix_autobind(struct unix_sock *u)
{
	static u32 next;
	char name[8];

	if (u->addr)
		return 0;
	for (u32 tries = 0; tries <= 0xfffff; tries++) {
		next = (next + 1) & 0xfffff;
		name[0] = '\0';
		snprintf(name + 1, sizeof(name) - 1, "%05x", next);
		if (!abstract_find(name, 6, u->sk.type))
			return bind_abstract(u, name, 6);
	}
	return -ENOSPC;
}

/* ---- pathnames ---- */

/* Ties u to the inode just made, unless another thread has bound u meanwhile. */
static int bind_node(
	struct unix_sock *u, const char *name, const struct path *parent, struct dentry *child)
{
	struct unix_addr *a;

	if (u->addr || u->dead || !child->inode)
		return -EINVAL;
	a = addr_alloc(name, (u32)strlen(name) + 1);
	if (!a)
		return -ENOMEM;
	u->addr = a;
	u->path = (struct path){parent->mnt, child};
	path_get(&u->path);
	u->inode = inode_get(child->inode);
	u->inode->object = u;
	return 0;
}

/* The inode is made first, as on Linux: a name that exists is -EADDRINUSE even for a bound u. */
static int bind_path(struct unix_sock *u, const char *name)
{
	u32 mode = u->sk.file ? u->sk.file->inode->mode & 0777 : 0777;
	struct path base, parent;
	struct dentry *child;
	int err;

	err = path_base(AT_FDCWD, name, &base);
	if (err < 0)
		return err;
	err = path_create(&base, name, 0, &parent, &child, false);
	path_put(&base);
	if (err < 0)
		return err == -EEXIST ? -EADDRINUSE : err;
	err = vfs_mknod(&parent, child, S_IFSOCK | mode, 0);
	if (!err) {
		err = bind_node(u, name, &parent, child);
		if (err < 0)
			vfs_unlink(&parent, child);
	}
	d_put(child);
	path_put(&parent);
	return err == -EEXIST ? -EADDRINUSE : err;
}

int unix_bind(struct sock *sk, const struct sock_addr *a)
{
	struct unix_sock *u = unix_sk(sk);
	char name[sizeof(a->un.sun_path) + 1];
	u32 path_len;
	int err;

	if (a->len == PATH_OFF && a->un.sun_family == AF_UNIX)
		return unix_autobind(u);
	err = unix_check_addr(a);
	if (err < 0)
		return err;
	path_len = a->len - PATH_OFF;
	if (a->un.sun_path[0] == '\0')
		return u->addr ? -EINVAL : bind_abstract(u, a->un.sun_path, path_len);
	memcpy(name, a->un.sun_path, path_len);
	name[path_len] = '\0';
	return bind_path(u, name);
}

void unix_unbind(struct unix_sock *u)
{
	if (u->name_hashed) {
		htab_remove(&abstract_names, &u->name_node);
		u->name_hashed = false;
	}
	if (u->inode) {
		u->inode->object = NULL;
		inode_put(u->inode);
		u->inode = NULL;
	}
	if (u->path.dentry) {
		path_put(&u->path);
		u->path = (struct path){NULL, NULL};
	}
}

/* ---- finding the other end ---- */

static int find_path(const char *name, int type, struct unix_sock **out)
{
	struct path base, path;
	struct inode *inode;
	struct unix_sock *u = NULL;
	int err;

	err = path_base(AT_FDCWD, name, &base);
	if (err < 0)
		return err;
	err = path_lookup(&base, name, LOOKUP_FOLLOW, &path);
	path_put(&base);
	if (err < 0)
		return err;
	inode = path.dentry->inode;
	if (!inode)
		err = -ENOENT;
	else
		err = inode_permission(inode, MAY_WRITE);
	if (!err) {
		u = S_ISSOCK(inode->mode) ? inode->object : NULL;
		if (!u || u->dead)
			err = -ECONNREFUSED;
		else if (u->sk.type != type)
			err = -EPROTOTYPE;
	}
	if (!err) {
		sock_get(&u->sk);
		*out = u;
	}
	path_put(&path);
	return err;
}

int unix_find(const struct sock_addr *a, int type, struct unix_sock **out)
{
	u32 path_len = a->len - PATH_OFF;
	char name[sizeof(a->un.sun_path) + 1];
	struct unix_sock *u;

	if (a->un.sun_path[0]) {
		memcpy(name, a->un.sun_path, path_len);
		name[path_len] = '\0';
		return find_path(name, type, out);
	}
	u = abstract_find(a->un.sun_path, path_len, type);
	if (!u)
		return -ECONNREFUSED;
	sock_get(&u->sk);
	*out = u;
	return 0;
}
