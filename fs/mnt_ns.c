/*
 * Mount namespaces: each is a tree of its own mounts of common filesystems. A copy for another user
 * namespace is locked: what its owner could not do to the original, hide less or allow more, is not
 * possible in the copy either. mount_namespaces(7), pivot_root(2).
 */
#include "fs/mnt_ns.h"

#include "kernel/task.h"
#include "kernel/user_ns.h"

struct mnt_ns init_mnt_ns = {
	.ns = {.kind = NS_MNT, .refs = 1, .number = 4026531841, .owner = &init_user_ns},
};

struct mnt_ns *mnt_ns_current(void)
{
	return nsset_current()->mnt;
}

bool mount_is_ours(const struct mount *m)
{
	return m->ns == mnt_ns_current();
}

/* The mount of the copy that corresponds to old, both trees walked in step. */
static struct mount *counterpart(
	struct mount *old_top, struct mount *new_top, const struct mount *old)
{
	struct mount *o, *n;

	if (old_top == old)
		return new_top;
	n = list_first(&new_top->children, struct mount, child_link);
	list_for_each_entry (o, &old_top->children, child_link) {
		struct mount *found;

		if (&n->child_link == &new_top->children)
			break;
		if (n->sb != o->sb || n->root != o->root || n->mountpoint != o->mountpoint)
			continue; /* o was not copied */
		found = counterpart(o, n, old);
		if (found)
			return found;
		n = list_entry(n->child_link.next, struct mount, child_link);
	}
	return NULL;
}

static void move_path(struct path *p, struct mnt_ns *from, struct mnt_ns *to)
{
	struct mount *m = p->mnt->ns == from ? counterpart(from->root, to->root, p->mnt) : NULL;

	if (!m)
		return;
	m->refs++;
	mount_put(p->mnt);
	p->mnt = m;
}

static void lock_tree(struct mount *m, bool top)
{
	struct mount *c;

	m->locked = !top;
	m->locked_flags = m->flags & (MNT_READONLY | MNT_NOSUID | MNT_NODEV | MNT_NOEXEC);
	if (m->peer_group) { /* what happens in the copy stays there */
		u32 group = m->peer_group;

		propagate_leave(m);
		m->master_group = group;
	}
	list_for_each_entry (c, &m->children, child_link)
		lock_tree(c, false);
}

int mnt_ns_copy(struct mnt_ns *from, struct user_ns *owner, struct fs_ctx *fs, struct mnt_ns **out)
{
	struct path root = {from->root, from->root->root};
	struct mnt_ns *ns = calloc(1, sizeof(*ns));
	struct mount *top = ns ? mount_clone_tree(&root, true) : NULL;

	if (!top) {
		free(ns);
		return -ENOMEM;
	}
	ns_init(&ns->ns, NS_MNT, owner);
	ns->root = top;
	list_add_tail(&top->link, &all_mounts);
	mount_set_ns(top, ns);
	if (owner != from->ns.owner)
		lock_tree(top, true);
	move_path(&fs->root, from, ns);
	move_path(&fs->cwd, from, ns);
	*out = ns;
	return 0;
}

void mnt_ns_free(struct mnt_ns *ns)
{
	if (ns->root)
		mount_detach_tree(ns->root);
	free(ns);
}

void mnt_ns_enter(struct mnt_ns *ns, struct fs_ctx *fs)
{
	struct path root = {ns->root, ns->root->root};

	path_get(&root);
	mount_follow(&root);
	path_put(&fs->root);
	path_put(&fs->cwd);
	fs->root = fs->cwd = root;
	path_get(&fs->cwd);
}
