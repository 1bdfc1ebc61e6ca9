/*
 * System V IPC (sysvipc(7)): what shared memory, semaphores and message queues have in common.
 * Objects are found by identifier (a slot of their table and a generation) or by key. A removed
 * object leaves its table at once and is freed with its last reference: sleepers hold one.
 */
#ifndef SKIFF_KERNEL_IPC_IPC_H
#define SKIFF_KERNEL_IPC_IPC_H

#include "kernel/abi_ipc.h"
#include "kernel/ipc/mqueue.h"
#include "kernel/lib/list.h"
#include "kernel/ns.h"

enum ipc_kind { IPC_KIND_MSG, IPC_KIND_SEM, IPC_KIND_SHM, IPC_KIND_COUNT };

struct ipc_ns;

struct ipc_obj {
	struct ipc_ns *ns;
	enum ipc_kind kind;
	unsigned refs; /* the table's and sleepers' */
	bool removed;
	int id;
	key_t key;
	u32 uid, gid, cuid, cgid;
	u16 mode, seq;
};

struct ipc_table {
	struct ipc_obj **slots; /* NULL: free */
	unsigned room, nr;
	unsigned cursor; /* next slot to try: ids are not reused at once */
	u16 seq;
	s32 next_id; /* of /proc/sys/kernel/X_next_id; -1: none */
};

struct ipc_ns {
	struct ns ns;
	struct ipc_table tables[IPC_KIND_COUNT];
	/* limits, as in /proc/sys/kernel */
	u64 shmmax, shmall;
	s32 shmmni;
	s32 msgmax, msgmnb, msgmni;
	s32 sem[4]; /* SEMMSL, SEMMNS, SEMOPM, SEMMNI */
	/* in use */
	u64 shm_pages, msg_bytes, nr_messages, nr_sems;
	/* POSIX message queues */
	struct mq_limits mq;
	struct mount *mq_mount; /* of their directory; NULL until it is used */
};

extern struct ipc_ns init_ipc_ns;
struct ipc_ns *ipc_current_ns(void);
struct ipc_ns *ipc_ns_create(struct user_ns *owner); /* NULL: no memory */
void ipc_ns_free(struct ipc_ns *ns);

/* How one kind answers semget(2) & co. */
struct ipc_get_ops {
	int (*check)(const struct ipc_obj *o, u64 size); /* may an existing one be had? */
	/* A new one with all but its struct ipc_obj set; -errno. */
	int (*create)(struct ipc_ns *ns, u64 size, int flags, struct ipc_obj **out);
	void (*destroy)(struct ipc_obj *o); /* of one that could not be entered */
};
long ipc_get(enum ipc_kind kind, key_t key, int flags, u64 size, const struct ipc_get_ops *ops);

/* By identifier, or by slot for the *_STAT commands; NULL: -EINVAL. Borrowed. */
struct ipc_obj *ipc_find(enum ipc_kind kind, int id);
struct ipc_obj *ipc_find_slot(enum ipc_kind kind, int slot);
/* In order of slots: the first at or after *slot, which is moved behind it; NULL past the last. */
struct ipc_obj *ipc_next(const struct ipc_ns *ns, enum ipc_kind kind, unsigned *slot);
int ipc_max_slot(enum ipc_kind kind); /* 0 if there is none */
/* Removes an object as IPC_RMID does, by kind: for the end of a namespace. */
void shm_destroy(struct ipc_obj *o);
void sem_destroy(struct ipc_obj *o);
void msg_destroy(struct ipc_obj *o);
void ipc_unlink(struct ipc_obj *o); /* out of the table; its reference goes to the caller */

int ipc_permission(const struct ipc_obj *o, u32 mode); /* S_I* for any class: 0 or -EACCES */
int ipc_owner(const struct ipc_obj *o);		       /* may change or remove it: 0 or -EPERM */
void ipc_to_perm(const struct ipc_obj *o, struct ipc_perm *p);
int ipc_set(struct ipc_obj *o, const struct ipc_perm *p); /* IPC_SET */
time_t ipc_now(void);

#endif
