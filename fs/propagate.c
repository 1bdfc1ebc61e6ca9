/*
 * Propagation of mounts and unmounts. A mount belongs to at most one peer group (shared) and has at
 * most one master group (slave), both numbers; what is attached to or detached from a member of a
 * group is repeated at the other members and at the slaves, and at what hangs on those in turn.
 * Groups are found by walking all mounts: there are few. mount_namespaces(7).
 */
#include "fs/mnt_ns.h"

static u32 new_group(void)
{
	static u32 last;

	return ++last;
}

static bool group_has_others(u32 group, const struct mount *but)
{
	const struct mount *m;

	list_for_each_entry (m, &all_mounts, link)
		if (m != but && m->peer_group == group)
			return true;
	return false;
}

/* The slaves of a group that ends go to its last member's own master. */
void propagate_leave(struct mount *m)
{
	u32 group = m->peer_group;
	struct mount *s;

	m->peer_group = 0;
	if (!group || group_has_others(group, m))
		return;
	list_for_each_entry (s, &all_mounts, link)
		if (s->master_group == group)
			s->master_group = m->master_group;
}

void propagate_inherit(struct mount *m, const struct mount *from)
{
	m->peer_group = from->peer_group;
	m->master_group = from->master_group;
}

static void set_one(struct mount *m, enum propagation how)
{
	u32 group = m->peer_group;

	if (how == PROP_SHARED) {
		if (!group)
			m->peer_group = new_group();
		m->unbindable = false;
		return;
	}
	if (how == PROP_SLAVE) {
		bool others = group && group_has_others(group, m);

		propagate_leave(m);
		if (others)
			m->master_group = group;
		return;
	}
	propagate_leave(m);
	m->master_group = 0;
	m->unbindable = how == PROP_UNBINDABLE;
}

static void set_tree(struct mount *m, enum propagation how)
{
	struct mount *c;

	set_one(m, how);
	list_for_each_entry (c, &m->children, child_link)
		set_tree(c, how);
}

int mount_set_propagation(const struct path *p, enum propagation how, bool recursive)
{
	if (p->dentry != p->mnt->root)
		return -EINVAL;
	if (recursive)
		set_tree(p->mnt, how);
	else
		set_one(p->mnt, how);
	return 0;
}

/* ---- where events go ---- */

#define GROUPS_MAX 64u

struct targets { /* the groups reached so far */
	u32 groups[GROUPS_MAX];
	unsigned nr;
};

static bool reached(const struct targets *t, u32 group)
{
	for (unsigned i = 0; i < t->nr; i++)
		if (t->groups[i] == group)
			return true;
	return false;
}

/* Slaves that share with others pass it on. */
static void reach_all(struct targets *t, u32 group)
{
	bool more = true;

	t->groups[0] = group;
	t->nr = 1;
	while (more) {
		struct mount *m;

		more = false;
		list_for_each_entry (m, &all_mounts, link) {
			if (!m->peer_group || !m->master_group || t->nr == GROUPS_MAX)
				continue;
			if (!reached(t, m->master_group) || reached(t, m->peer_group))
				continue;
			t->groups[t->nr++] = m->peer_group;
			more = true;
		}
	}
}

static bool is_target(const struct targets *t, const struct mount *m)
{
	return (m->peer_group && reached(t, m->peer_group)) ||
	       (m->master_group && reached(t, m->master_group));
}

/* Calls fn for each other place where what is at at shows, but for those in child's own tree. fn
 * may change the tree. */
static void for_each_target(const struct path *at, const struct mount *child,
	bool (*fn)(const struct path *place, const struct mount *child))
{
	struct mount *m, **found;
	struct targets t;
	size_t nr = 0;
	bool full = false;

	if (!at->mnt->peer_group)
		return;
	reach_all(&t, at->mnt->peer_group);
	list_for_each_entry (m, &all_mounts, link)
		nr += m != at->mnt && m->sb == at->mnt->sb && is_target(&t, m);
	found = nr ? calloc(nr, sizeof(struct mount *)) : NULL;
	if (!found)
		return;
	nr = 0;
	list_for_each_entry (m, &all_mounts, link) {
		if (m == at->mnt || m->sb != at->mnt->sb || !is_target(&t, m))
			continue;
		if (mount_is_below(m, child))
			continue;
		m->refs++;
		found[nr++] = m;
	}
	for (size_t i = 0; i < nr; i++) {
		struct path place = {found[i], at->dentry};

		if (!full && found[i]->ns && mount_dentry_below(at->dentry, found[i]->root))
			full = !fn(&place, child);
		mount_put(found[i]);
	}
	free(found);
}

/* Copies that go to peers stay peers of the original; at a slave they are its slaves. */
static void settle_copy(struct mount *copy, const struct mount *place)
{
	for (struct mount *m = copy; m; m = mount_next(m, copy)) {
		if (!m->peer_group || place->peer_group)
			continue;
		m->master_group = m->peer_group;
		m->peer_group = 0;
	}
}

/* A copy goes beneath what is there already: on top it would hide that, and in a pile whose mounts
 * are peers it would lie on child itself. False: out of memory, further copies will not do better.
 */
static bool attach_copy(const struct path *place, const struct mount *child)
{
	struct path from = {(struct mount *)child, child->root};
	struct mount *copy = mount_clone_tree(&from, true);

	if (!copy)
		return false;
	settle_copy(copy, place->mnt);
	mount_attach_beneath(copy, place);
	return true;
}

static void share_tree(struct mount *m)
{
	for (struct mount *c = m; c; c = mount_next(c, m))
		if (!c->peer_group)
			c->peer_group = new_group();
}

void propagate_attach(struct mount *m)
{
	struct path at = {m->parent, m->mountpoint};

	if (!at.mnt->peer_group)
		return;
	share_tree(m);
	for_each_target(&at, m, attach_copy);
}

static bool mark_copy(const struct path *place, const struct mount *child)
{
	struct mount *m = mount_on(place);

	if (m && m->sb == child->sb && m->root == child->root)
		m->leaving = true;
	return true;
}

/* What lies on m's root may stay without it. */
static bool in_use(const struct mount *m)
{
	const struct mount *c;

	list_for_each_entry (c, &m->children, child_link)
		if (c->mountpoint != m->root && !c->leaving)
			return true;
	return false;
}

static struct mount *next_leaving(void)
{
	struct mount *m;

	list_for_each_entry (m, &all_mounts, link)
		if (m->leaving && !in_use(m))
			return m;
	return NULL;
}

/* All are found before the first goes: in a pile they lie on each other. */
void propagate_detach(const struct mount *m)
{
	struct path at = {m->parent, m->mountpoint};
	struct mount *gone;

	for_each_target(&at, m, mark_copy);
	while ((gone = next_leaving())) {
		gone->leaving = false;
		mount_slip_out(gone);
	}
	list_for_each_entry (gone, &all_mounts, link)
		gone->leaving = false;
}
