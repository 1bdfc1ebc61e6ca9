/*
 * PID namespaces: two tables per namespace say which number an id has in there. An entry stays
 * until the id or the number is given out again, so that a process group or session outlives its
 * leader. The end of a namespace's init kills what is in it. pid_namespaces(7).
 */
#include "kernel/pid_ns.h"

#include "kernel/exit.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

#define LEVELS_MAX 32u

struct pid_ns init_pid_ns = {
	.ns = {.kind = NS_PID, .refs = 1, .number = 4026531836, .owner = &init_user_ns},
};

struct pid_entry {
	struct hnode by_nr, by_global;
	pid_t nr, global;
};

static struct pid_entry *find_nr(const struct pid_ns *ns, pid_t nr)
{
	struct hnode *n = htab_first(&ns->by_nr, hash_u64((u64)nr));

	for (; n; n = htab_next(n)) {
		struct pid_entry *e = container_of(n, struct pid_entry, by_nr);

		if (e->nr == nr)
			return e;
	}
	return NULL;
}

static struct pid_entry *find_global(const struct pid_ns *ns, pid_t global)
{
	struct hnode *n = htab_first(&ns->by_global, hash_u64((u64)global));

	for (; n; n = htab_next(n)) {
		struct pid_entry *e = container_of(n, struct pid_entry, by_global);

		if (e->global == global)
			return e;
	}
	return NULL;
}

static void entry_free(struct pid_ns *ns, struct pid_entry *e)
{
	htab_remove(&ns->by_nr, &e->by_nr);
	htab_remove(&ns->by_global, &e->by_global);
	free(e);
}

/* A number that is not in use; a stale entry of it goes. */
static pid_t next_nr(struct pid_ns *ns)
{
	for (int tries = 0; tries < PID_MAX; tries++) {
		struct pid_entry *e;

		if (++ns->last >= PID_MAX)
			ns->last = 300;
		e = find_nr(ns, ns->last);
		if (e && pid_in_use(e->global))
			continue;
		if (e)
			entry_free(ns, e);
		return ns->last;
	}
	return -EAGAIN;
}

static int enroll_one(struct pid_ns *ns, pid_t global)
{
	struct pid_entry *e = find_global(ns, global);
	pid_t nr;

	if (e)
		entry_free(ns, e);
	nr = next_nr(ns);
	e = nr > 0 ? calloc(1, sizeof(*e)) : NULL;
	if (!e)
		return -ENOMEM;
	e->nr = nr;
	e->global = global;
	if (htab_insert(&ns->by_nr, &e->by_nr, hash_u64((u64)nr)) < 0) {
		free(e);
		return -ENOMEM;
	}
	if (htab_insert(&ns->by_global, &e->by_global, hash_u64((u64)global)) < 0) {
		htab_remove(&ns->by_nr, &e->by_nr);
		free(e);
		return -ENOMEM;
	}
	return 0;
}

int pid_ns_enroll(struct pid_ns *ns, pid_t global)
{
	int ret = ns->dead ? -ENOMEM : 0;

	for (; ns->parent && ret == 0; ns = ns->parent)
		ret = enroll_one(ns, global);
	return ret;
}

int pid_ns_create(struct pid_ns *parent, struct user_ns *owner, struct pid_ns **out)
{
	struct pid_ns *ns;

	if (parent->level >= LEVELS_MAX)
		return -ENOSPC;
	if (parent->dead || !(ns = calloc(1, sizeof(*ns))))
		return -ENOMEM;
	ns_init(&ns->ns, NS_PID, owner);
	ns->parent = (struct pid_ns *)ns_get(&parent->ns);
	ns->level = parent->level + 1;
	*out = ns;
	return 0;
}

static bool any_entry(const struct pid_ns *ns, struct pid_entry **out)
{
	for (size_t i = 0; i < ns->by_nr.nr_buckets; i++) {
		if (ns->by_nr.buckets[i]) {
			*out = container_of(ns->by_nr.buckets[i], struct pid_entry, by_nr);
			return true;
		}
	}
	return false;
}

void pid_ns_free(struct pid_ns *ns)
{
	struct pid_entry *e;

	while (any_entry(ns, &e))
		entry_free(ns, e);
	htab_fini(&ns->by_nr);
	htab_fini(&ns->by_global);
	ns_put(&ns->parent->ns);
	free(ns);
}

struct pid_ns *task_pid_ns(const struct task *t)
{
	return t->tg && t->tg->pid_ns ? t->tg->pid_ns : &init_pid_ns;
}

struct pid_ns *pid_ns_current(void)
{
	return current ? task_pid_ns(current) : &init_pid_ns;
}

bool pid_ns_contains(const struct pid_ns *outer, const struct pid_ns *inner)
{
	while (inner->level > outer->level)
		inner = inner->parent;
	return inner == outer;
}

pid_t pid_in_ns(const struct pid_ns *ns, pid_t global)
{
	struct pid_entry *e;

	if (!ns->parent || global <= 0)
		return global;
	e = find_global(ns, global);
	return e && pid_in_use(global) ? e->nr : 0;
}

pid_t pid_from_ns(const struct pid_ns *ns, pid_t number)
{
	struct pid_entry *e;

	if (!ns->parent || !number)
		return number;
	e = number > 0 ? find_nr(ns, number) : NULL;
	return e && pid_in_use(e->global) ? e->global : -1;
}

pid_t pid_out(pid_t global)
{
	return pid_in_ns(pid_ns_current(), global);
}

pid_t pid_in(pid_t number)
{
	return pid_from_ns(pid_ns_current(), number);
}

bool is_ns_init(const struct tgroup *tg)
{
	return tg == init_tg || (tg->pid_ns && tg->pid_ns->init == tg);
}

struct tgroup *ns_init_of(const struct tgroup *tg)
{
	struct pid_ns *ns = tg->pid_ns;

	if (!ns || !ns->parent)
		return tg == init_tg ? NULL : init_tg;
	return ns->init == tg ? NULL : ns->init;
}

void pid_ns_end(struct pid_ns *ns)
{
	struct tgroup *tg;

	ns->dead = true;
	ns->init = NULL;
	list_for_each_entry (tg, &all_tgroups, all_link)
		if (tg->pid_ns && pid_ns_contains(ns, tg->pid_ns) && !tg->exiting)
			group_exit(tg, SIGKILL);
}
