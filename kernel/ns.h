/*
 * Namespaces (namespaces(7)): what all kinds have in common, and the set a task lives in. The user
 * namespace belongs to its credentials, the PID namespace to its ids; struct nsset has the rest.
 */
#ifndef SKIFF_KERNEL_NS_H
#define SKIFF_KERNEL_NS_H

#include "kernel/abi.h"

struct user_ns;
struct uts_ns;
struct ipc_ns;
struct mnt_ns;
struct pid_ns;
struct task;
struct fs_ctx;
struct inode;

enum ns_kind { NS_CGROUP, NS_IPC, NS_MNT, NS_NET, NS_PID, NS_TIME, NS_USER, NS_UTS, NS_KIND_COUNT };

struct ns { /* the first member of each */
	enum ns_kind kind;
	unsigned refs;
	u64 number;
	struct user_ns *owner; /* a reference; the init user namespace has none */
	struct inode *inode;   /* of nsfs, borrowed: NULL while nobody has it open */
};

struct net_ns;	  /* kernel/net/net_ns.h */
struct cgroup_ns; /* kernel/cgroup.h */
struct time_ns {
	struct ns ns;
};
extern struct net_ns init_net_ns, *current_net;
extern struct time_ns init_time_ns;

struct nsset { /* shared by tasks, never changed while it is */
	unsigned refs;
	struct uts_ns *uts;
	struct ipc_ns *ipc;
	struct mnt_ns *mnt;
	struct net_ns *net;
	struct cgroup_ns *cgroup;
	struct pid_ns *pid_for_children;
};
extern struct nsset init_nsset;

#define CLONE_NEWTIME_ 0x80u
#define CLONE_NEW_ALL \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
		CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME_)

const char *ns_name(enum ns_kind kind);
u32 ns_clone_flag(enum ns_kind kind);
/* A new one's common part: refs 1, a fresh number. */
void ns_init(struct ns *ns, enum ns_kind kind, struct user_ns *owner);
struct ns *ns_get(struct ns *ns);
void ns_put(struct ns *ns);
/* The one of a kind that t lives in, borrowed. for_children: of its future children. */
struct ns *task_ns(const struct task *t, enum ns_kind kind, bool for_children);

struct nsset *nsset_current(void); /* borrowed; init_nsset without a task */
struct nsset *nsset_get(struct nsset *set);
void nsset_put(struct nsset *set);
/* A copy of from with new ones of the kinds in flags (CLONE_NEW*), owned by owner. fs is moved into
 * a new mount namespace. 0 or -errno. */
int nsset_create(const struct nsset *from, u64 flags, struct user_ns *owner, struct fs_ctx *fs,
	struct nsset **out);

#endif
