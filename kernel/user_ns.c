/*
 * User namespaces: creation, the maps of ids, and who may write them. A map can be written once: by
 * one with CAP_SETUID (CAP_SETGID) in the parent namespace, or, one line that maps the writer's own
 * id, by the namespace's creator. user_namespaces(7).
 */
#include "kernel/user_ns.h"

#include "fs/seq.h"
#include "fs/vfs.h"
#include "kernel/task.h"

#define LEVELS_MAX 32u
#define EXTENTS_MAX 340u
#define NAMESPACES_MAX 4096u

static struct id_extent everything = {0, 0, UINT32_MAX};
struct user_ns init_user_ns = {
	.ns = {.kind = NS_USER, .refs = 1, .number = 4026531837},
	.uids = {1, &everything},
	.gids = {1, &everything},
};
static unsigned nr_namespaces;

/* ---- maps ---- */

u32 id_map_in(const struct id_map *m, u32 id)
{
	for (unsigned i = 0; i < m->nr; i++)
		if (id >= m->extents[i].first && id - m->extents[i].first < m->extents[i].count)
			return m->extents[i].lower + (id - m->extents[i].first);
	return ID_INVALID;
}

u32 id_map_out(const struct id_map *m, u32 id)
{
	for (unsigned i = 0; i < m->nr; i++)
		if (id >= m->extents[i].lower && id - m->extents[i].lower < m->extents[i].count)
			return m->extents[i].first + (id - m->extents[i].lower);
	return ID_INVALID;
}

struct user_ns *current_user_ns(void)
{
	return current && current->cred->user_ns ? current->cred->user_ns : &init_user_ns;
}

u32 uid_in(u32 uid)
{
	return id_map_in(&current_user_ns()->uids, uid);
}

u32 gid_in(u32 gid)
{
	return id_map_in(&current_user_ns()->gids, gid);
}

u32 uid_out(u32 uid)
{
	return id_map_show(&current_user_ns()->uids, uid);
}

u32 gid_out(u32 gid)
{
	return id_map_show(&current_user_ns()->gids, gid);
}

u32 cred_root_uid(const struct cred *c)
{
	return c->user_ns ? id_map_in(&c->user_ns->uids, 0) : 0;
}

bool may_trace(const struct cred *c)
{
	return ns_capable(c->user_ns ? c->user_ns : &init_user_ns, CAP_SYS_PTRACE);
}

int id_map_show_text(struct seq *s, const struct user_ns *ns, bool gid)
{
	const struct id_map *m = gid ? &ns->gids : &ns->uids;
	const struct user_ns *reader = current_user_ns();

	if (reader == ns && ns->parent)
		reader = ns->parent;
	for (unsigned i = 0; i < m->nr; i++)
		seq_printf(s, "%10u %10u %10u\n", m->extents[i].first,
			id_map_out(gid ? &reader->gids : &reader->uids, m->extents[i].lower),
			m->extents[i].count);
	return 0;
}

static bool ranges_meet(u32 a, u32 b, u32 nr_a, u32 nr_b)
{
	return a < b ? b - a < nr_a : a - b < nr_b;
}

static int add_extent(struct id_map *m, struct id_extent e)
{
	if (!e.count || e.first == ID_INVALID || e.lower == ID_INVALID ||
		e.first + e.count < e.first || e.lower + e.count < e.lower)
		return -EINVAL;
	for (unsigned i = 0; i < m->nr; i++) {
		const struct id_extent *o = &m->extents[i];

		if (ranges_meet(e.first, o->first, e.count, o->count) ||
			ranges_meet(e.lower, o->lower, e.count, o->count))
			return -EINVAL;
	}
	m->extents[m->nr++] = e;
	return 0;
}

static int parse_line(char **text, struct id_extent *e)
{
	u32 *const fields[] = {&e->first, &e->lower, &e->count};

	for (int i = 0; i < 3; i++) {
		char *end;
		u64 v;

		*text += strspn(*text, " \t");
		v = strtoull(*text, &end, 10);
		if (end == *text || **text == '-' || v > UINT32_MAX)
			return -EINVAL;
		*fields[i] = (u32)v;
		*text = end;
	}
	*text += strspn(*text, " \t");
	if (**text && **text != '\n')
		return -EINVAL;
	return 0;
}

/* Extents as written: lower is an id of the parent namespace. */
static int parse_map(struct id_map *m, char *text)
{
	int ret = 0;

	m->extents = calloc(EXTENTS_MAX, sizeof(*m->extents));
	if (!m->extents)
		return -ENOMEM;
	while (*text && ret == 0) {
		struct id_extent e;

		ret = m->nr == EXTENTS_MAX ? -EINVAL : parse_line(&text, &e);
		if (ret == 0)
			ret = add_extent(m, e);
		if (*text == '\n')
			text++;
	}
	return ret == 0 && !m->nr ? -EINVAL : ret;
}

/* To ids of the initial namespace; each extent must lie in one of the parent's. */
static int translate(struct id_map *m, const struct id_map *parent)
{
	for (unsigned i = 0; i < m->nr; i++) {
		struct id_extent *e = &m->extents[i];
		u32 from = id_map_in(parent, e->lower);
		u32 to = id_map_in(parent, e->lower + e->count - 1);

		if (from == ID_INVALID || to == ID_INVALID || to - from != e->count - 1)
			return -EPERM;
		e->lower = from;
	}
	return 0;
}

/* m has been translated. */
static bool may_map(const struct user_ns *ns, const struct id_map *m, bool gid)
{
	const struct cred *c = current->cred;
	u32 own = gid ? c->egid : c->euid;

	if (m->nr == 1 && m->extents[0].count == 1 && m->extents[0].lower == own &&
		ns->owner_uid == c->euid && (!gid || ns->setgroups_denied))
		return true;
	return ns_capable(ns->parent, gid ? CAP_SETGID : CAP_SETUID);
}

int id_map_write(struct user_ns *ns, bool gid, char *text)
{
	struct id_map m = {0}, *target = gid ? &ns->gids : &ns->uids;
	int ret;

	if (target->nr || !ns->parent || !ns_capable(ns, CAP_SYS_ADMIN))
		return -EPERM;
	if (current_user_ns() != ns && current_user_ns() != ns->parent)
		return -EPERM;
	ret = parse_map(&m, text);
	if (ret == 0)
		ret = translate(&m, gid ? &ns->parent->gids : &ns->parent->uids);
	if (ret == 0 && !may_map(ns, &m, gid))
		ret = -EPERM;
	if (ret < 0)
		free(m.extents);
	else
		*target = m;
	return ret;
}

/* ---- life ---- */

static bool chrooted(void)
{
	const struct path *root = &current->fs->root;

	return root->mnt->parent || root->dentry != root->mnt->root;
}

int user_ns_create(const struct cred *old, struct cred **out)
{
	struct user_ns *parent = old->user_ns ? old->user_ns : &init_user_ns, *ns;
	struct cred *c;

	if (parent->level >= LEVELS_MAX || nr_namespaces >= NAMESPACES_MAX)
		return -ENOSPC;
	if (chrooted() || id_map_out(&parent->uids, old->euid) == ID_INVALID ||
		id_map_out(&parent->gids, old->egid) == ID_INVALID)
		return -EPERM;
	ns = calloc(1, sizeof(*ns));
	c = ns ? cred_copy(old) : NULL;
	if (!c) {
		free(ns);
		return -ENOMEM;
	}
	ns_init(&ns->ns, NS_USER, parent);
	ns->parent = parent; /* by the reference of ns.owner */
	ns->level = parent->level + 1;
	ns->owner_uid = old->euid;
	ns->owner_gid = old->egid;
	ns->setgroups_denied = parent->setgroups_denied;
	nr_namespaces++;
	if (c->user_ns)
		ns_put(&c->user_ns->ns);
	c->user_ns = ns;
	c->securebits = 0;
	c->cap_inheritable = c->cap_ambient = 0;
	c->cap_permitted = c->cap_effective = c->cap_bounding = CAP_FULL;
	*out = c;
	return 0;
}

void user_ns_free(struct user_ns *ns)
{
	nr_namespaces--;
	free(ns->uids.extents);
	free(ns->gids.extents);
	free(ns);
}

bool ns_capable(const struct user_ns *ns, enum cap cap)
{
	const struct user_ns *mine = current_user_ns();

	for (; ns; ns = ns->parent) {
		if (ns == mine)
			return !current || cred_has(current->cred, cap);
		if (ns->level <= mine->level)
			return false;
		if (ns->parent == mine && ns->owner_uid == current->cred->euid)
			return true;
	}
	return false;
}

bool capable(enum cap cap)
{
	return ns_capable(&init_user_ns, cap);
}

bool capable_own(enum cap cap)
{
	return !current || cred_has(current->cred, cap);
}
