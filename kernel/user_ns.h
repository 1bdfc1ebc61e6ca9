/*
 * User namespaces (user_namespaces(7)). The kernel thinks in the ids of the initial one everywhere;
 * what a task says or is told passes through its namespace's map. Privilege over an object is
 * privilege in the user namespace that owns it.
 */
#ifndef SKIFF_KERNEL_USER_NS_H
#define SKIFF_KERNEL_USER_NS_H

#include "kernel/cred.h"
#include "kernel/ns.h"

#define ID_INVALID 0xffffffffu
#define ID_OVERFLOW 65534u

struct id_extent {
	u32 first, lower, count; /* inside; in the initial namespace */
};

struct id_map {
	unsigned nr; /* 0: not written yet */
	struct id_extent *extents;
};

struct user_ns {
	struct ns ns;
	struct user_ns *parent; /* a reference; NULL: the initial one */
	unsigned level;
	u32 owner_uid, owner_gid;
	struct id_map uids, gids;
	bool setgroups_denied;
};
extern struct user_ns init_user_ns;

/* A copy of old for a new namespace below its own, with all capabilities in there. */
int user_ns_create(const struct cred *old, struct cred **out);
void user_ns_free(struct user_ns *ns);

u32 id_map_in(const struct id_map *m, u32 id);		      /* ID_INVALID: not mapped */
u32 id_map_out(const struct id_map *m, u32 id);		      /* ID_INVALID: not mapped */
static inline u32 id_map_show(const struct id_map *m, u32 id) /* ID_OVERFLOW: not mapped */
{
	u32 v = id_map_out(m, id);

	return v == ID_INVALID ? ID_OVERFLOW : v;
}

struct user_ns *current_user_ns(void);
/* Between current and the kernel. Inwards: ID_INVALID if not mapped, and for -1. */
u32 uid_in(u32 uid);
u32 gid_in(u32 gid);
u32 uid_out(u32 uid);
u32 gid_out(u32 gid);

u32 cred_root_uid(const struct cred *c); /* who is root in its namespace; ID_INVALID: nobody */
/* May current look into a process with these credentials whoever it runs as? CAP_SYS_PTRACE */
bool may_trace(const struct cred *c);

/* The text of uid_map or gid_map, and a write to it. */
struct seq;
int id_map_show_text(struct seq *s, const struct user_ns *ns, bool gid);
int id_map_write(struct user_ns *ns, bool gid, char *text);

#endif
