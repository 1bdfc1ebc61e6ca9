/*
 * Control groups. Threads are charged to their group and to all above it when they are made. The
 * limit on memory is kept here and enforced by oom.c; the root's is the machine's. cgroups(7).
 */
#include "kernel/cgroup.h"

#include "kernel/exit.h"
#include "kernel/meter.h"
#include "kernel/oom.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

struct cgroup root_cgroup = {
	.refs = 1,
	.children = LIST_HEAD_INIT(root_cgroup.children),
	.sibling = LIST_HEAD_INIT(root_cgroup.sibling),
	.name = "",
	.pids_max = CGROUP_NO_LIMIT,
	.memory_max = CGROUP_NO_LIMIT,
	.wait = WAITQ_INIT(root_cgroup.wait),
};
struct cgroup_ns init_cgroup_ns = {
	.ns = {.kind = NS_CGROUP, .refs = 1, .number = 4026531835, .owner = &init_user_ns},
	.root = &root_cgroup,
};

/* ---- the tree ---- */

struct cgroup *cgroup_get(struct cgroup *cg)
{
	cg->refs++;
	return cg;
}

void cgroup_put(struct cgroup *cg)
{
	while (cg && !--cg->refs) {
		struct cgroup *parent = cg->parent;

		free(cg->name);
		free(cg);
		cg = parent;
	}
}

struct cgroup *cgroup_of(const struct tgroup *tg)
{
	return tg->cgroup ? tg->cgroup : &root_cgroup;
}

struct cgroup *cgroup_child(const struct cgroup *cg, const char *name, size_t len)
{
	struct cgroup *c;

	list_for_each_entry (c, &cg->children, sibling)
		if (strlen(c->name) == len && !memcmp(c->name, name, len))
			return c;
	return NULL;
}

int cgroup_create(struct cgroup *parent, const char *name, struct cgroup **out)
{
	struct cgroup *cg;

	if (parent->removed)
		return -ENOENT;
	if (cgroup_child(parent, name, strlen(name)))
		return -EEXIST;
	cg = calloc(1, sizeof(*cg));
	if (!cg || !(cg->name = strdup(name))) {
		free(cg);
		return -ENOMEM;
	}
	cg->refs = 1; /* the tree's */
	cg->parent = cgroup_get(parent);
	cg->pids_max = cg->memory_max = CGROUP_NO_LIMIT;
	list_init(&cg->children);
	waitq_init(&cg->wait);
	list_add_tail(&cg->sibling, &parent->children);
	*out = cg;
	return 0;
}

int cgroup_remove(struct cgroup *cg)
{
	if (!cg->parent || cg->nr_processes || !list_empty(&cg->children))
		return -EBUSY;
	list_del(&cg->sibling);
	cgroup_set_memory_max(cg, CGROUP_NO_LIMIT);
	cg->removed = true;
	waitq_wake(&cg->wait, EPOLLERR | EPOLLPRI);
	cgroup_put(cg);
	return 0;
}

u32 cgroup_controllers(const struct cgroup *cg)
{
	return cg->parent ? cg->parent->subtree_control : CGROUP_ALL;
}

/* Only groups without processes of their own hand controllers on, the root apart. */
int cgroup_set_subtree_control(struct cgroup *cg, u32 add, u32 drop)
{
	u32 new = (cg->subtree_control | add) & ~drop;
	const struct cgroup *c;

	if (add & ~cgroup_controllers(cg))
		return -ENOENT;
	list_for_each_entry (c, &cg->children, sibling)
		if (c->subtree_control & ~new)
			return -EBUSY;
	if (cg->parent && new && cg->nr_processes)
		return -EBUSY;
	cg->subtree_control = new;
	return 0;
}

bool cgroup_contains(const struct cgroup *cg, const struct cgroup *inner)
{
	while (inner && inner != cg)
		inner = inner->parent;
	return inner != NULL;
}

const char *cgroup_path(const struct cgroup *cg, const struct cgroup *root, char *buf, size_t size)
{
	const struct cgroup *common = root;
	char *at = buf + size;
	size_t ups = 0;

	for (; !cgroup_contains(common, cg); common = common->parent)
		ups++;
	*--at = '\0';
	for (; cg != common; cg = cg->parent) {
		size_t len = strlen(cg->name);

		if ((size_t)(at - buf) < len + 1)
			return "/";
		at -= len;
		memcpy(at, cg->name, len);
		*--at = '/';
	}
	for (; ups && at - buf >= 3; ups--) {
		at -= 3;
		memcpy(at, "/..", 3);
	}
	return *at ? at : "/";
}

/* ---- processes ---- */

/* One process more or less in cg: the groups that become empty or not any more tell. */
static void count_process(struct cgroup *cg, bool in)
{
	cg->nr_processes += in ? 1 : (u64)-1;
	for (; cg; cg = cg->parent) {
		cg->nr_below += in ? 1 : (u64)-1;
		if (cg->nr_below == (in ? 1 : 0)) {
			cg->nr_changes++;
			waitq_wake(&cg->wait, EPOLLERR | EPOLLPRI);
		}
	}
}

static void charge_pids(struct cgroup *cg, u64 nr)
{
	for (; cg; cg = cg->parent) {
		cg->pids += nr;
		cg->pids_peak = MAX(cg->pids_peak, cg->pids);
	}
}

static void uncharge_pids(struct cgroup *cg, u64 nr)
{
	for (; cg; cg = cg->parent)
		cg->pids -= nr;
}

int cgroup_fork(struct task *t, struct tgroup *tg, struct cgroup *cg, bool own)
{
	struct cgroup *c;

	for (c = cg; c; c = c->parent) {
		if (c->pids + 1 > c->pids_max) {
			c->pids_max_events++;
			return -EAGAIN;
		}
	}
	charge_pids(cg, 1);
	t->charged = true;
	if (own) {
		tg->cgroup = cgroup_get(cg);
		count_process(cg, true);
	}
	return 0;
}

void cgroup_thread_gone(struct task *t)
{
	if (t->charged)
		uncharge_pids(cgroup_of(t->tg), 1);
	t->charged = false;
}

void cgroup_process_gone(struct tgroup *tg)
{
	if (!tg->cgroup || tg->left_cgroup)
		return;
	tg->left_cgroup = true;
	count_process(tg->cgroup, false);
}

void cgroup_release(struct tgroup *tg)
{
	cgroup_process_gone(tg);
	cgroup_put(tg->cgroup);
	tg->cgroup = NULL;
}

int cgroup_may_enter(const struct cgroup *cg)
{
	if (cg->removed)
		return -ENODEV;
	return cg->parent && cg->subtree_control ? -EBUSY : 0;
}

int cgroup_move(struct cgroup *to, struct tgroup *tg)
{
	struct cgroup *from = cgroup_of(tg);
	struct task *t;

	int ret = cgroup_may_enter(to);

	if (ret < 0 || to == from || tg->state == TG_ZOMBIE)
		return ret;
	list_for_each_entry (t, &tg->tasks, tg_link) {
		cgroup_thread_gone(t);
		charge_pids(to, 1);
		t->charged = true;
	}
	if (tg->cgroup)
		count_process(from, false);
	count_process(to, true);
	cgroup_put(tg->cgroup);
	tg->cgroup = cgroup_get(to);
	return 0;
}

void cgroup_kill(struct cgroup *cg)
{
	struct tgroup *tg, *next;

	list_for_each_entry_safe (tg, next, &all_tgroups, all_link)
		if (cgroup_contains(cg, cgroup_of(tg)) && !list_empty(&tg->tasks))
			signal_send_group(tg, SIGKILL, NULL);
}

/* ---- memory: see oom.c ---- */

void cgroup_set_memory_max(struct cgroup *cg, u64 max)
{
	bool changed = (max == CGROUP_NO_LIMIT) != (cg->memory_max == CGROUP_NO_LIMIT);

	cg->memory_max = max;
	if (changed)
		oom_limits_changed();
	else
		meter_wake();
}

/* ---- namespaces ---- */

struct cgroup_ns *cgroup_ns_create(struct user_ns *owner)
{
	struct cgroup_ns *ns = calloc(1, sizeof(*ns));

	if (!ns)
		return NULL;
	ns_init(&ns->ns, NS_CGROUP, owner);
	ns->root = cgroup_get(cgroup_of(current->tg));
	return ns;
}

void cgroup_ns_free(struct cgroup_ns *ns)
{
	cgroup_put(ns->root);
	free(ns);
}
