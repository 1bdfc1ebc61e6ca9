/*
 * Control groups, version 2 (cgroups(7)): a tree of groups, each process in one of them, with the
 * controllers pids and memory. fs/cgroup shows the tree.
 */
#ifndef SKIFF_KERNEL_CGROUP_H
#define SKIFF_KERNEL_CGROUP_H

#include "kernel/lib/list.h"
#include "kernel/ns.h"
#include "kernel/sched.h"

struct tgroup;

#define CGROUP_MEMORY 1u
#define CGROUP_PIDS 2u
#define CGROUP_ALL (CGROUP_MEMORY | CGROUP_PIDS)
#define CGROUP_NO_LIMIT UINT64_MAX

struct cgroup {
	unsigned refs;
	struct cgroup *parent; /* a reference; NULL: the root */
	struct list_head children, sibling;
	char *name;
	bool removed;
	u32 subtree_control;				/* CGROUP_*: what the children have */
	u64 nr_processes;				/* of its own, zombies apart */
	u64 nr_below;					/* processes of it and all below */
	u64 pids, pids_peak, pids_max, pids_max_events; /* threads of it and all below */
	u64 memory_max, memory_peak, memory_max_events, oom_kills;
	u64 nr_changes; /* of cgroup.events */
	struct waitq wait;
};
extern struct cgroup root_cgroup;

struct cgroup_ns {
	struct ns ns;
	struct cgroup *root; /* a reference */
};
extern struct cgroup_ns init_cgroup_ns;
struct cgroup_ns *cgroup_ns_create(struct user_ns *owner); /* rooted at current's group */
void cgroup_ns_free(struct cgroup_ns *ns);

struct cgroup *cgroup_get(struct cgroup *cg);
void cgroup_put(struct cgroup *cg);
struct cgroup *cgroup_of(const struct tgroup *tg); /* borrowed */
/* A child; name is copied. 0, -EEXIST, -ENOMEM. */
int cgroup_create(struct cgroup *parent, const char *name, struct cgroup **out);
int cgroup_remove(struct cgroup *cg); /* -EBUSY: it has processes or children */
struct cgroup *cgroup_child(const struct cgroup *cg, const char *name, size_t len);
u32 cgroup_controllers(const struct cgroup *cg); /* what it has */
int cgroup_set_subtree_control(struct cgroup *cg, u32 add, u32 drop);

/* A new thread of tg is charged to cg; 0 or -EAGAIN. own: it is the first, and tg joins cg. */
int cgroup_fork(struct task *t, struct tgroup *tg, struct cgroup *cg, bool own);
void cgroup_thread_gone(struct task *t);
void cgroup_process_gone(struct tgroup *tg); /* it is a zombie now */
void cgroup_release(struct tgroup *tg);	     /* and freed */
/* May processes be put into it? 0, -ENODEV, -EBUSY */
int cgroup_may_enter(const struct cgroup *cg);
int cgroup_move(struct cgroup *to, struct tgroup *tg);
void cgroup_kill(struct cgroup *cg); /* everything in it and below */
bool cgroup_contains(const struct cgroup *cg, const struct cgroup *inner);

void cgroup_set_memory_max(struct cgroup *cg, u64 max);
/* Its path as seen from root, into buf; groups outside show as /.. and so on. */
const char *cgroup_path(const struct cgroup *cg, const struct cgroup *root, char *buf, size_t size);

#endif
