/*
 * Keys and keyrings (keyrings(7), keyctl(2)). A key lives as long as something refers to it: a
 * keyring that links it, a task that has it as one of its keyrings, a call that works on it. Serial
 * numbers are found in one table, which holds no reference. Functions return >= 0 or -errno.
 */
#ifndef SKIFF_KERNEL_KEYS_KEY_H
#define SKIFF_KERNEL_KEYS_KEY_H

#include "kernel/lib/htab.h"
#include "kernel/lib/list.h"

#include <linux/keyctl.h>

struct key;
struct task;

#define KEY_DESC_MAX 4096u		 /* bytes of a description, with its NUL */
#define KEY_PAYLOAD_MAX ((1u << 20) - 1) /* bytes of any key's payload */

/* Rights, once for each of: who possesses it, its user, its group, others. */
#define KEY_VIEW 0x01u
#define KEY_READ 0x02u
#define KEY_WRITE 0x04u
#define KEY_SEARCH 0x08u
#define KEY_LINK 0x10u
#define KEY_SETATTR 0x20u
#define KEY_ALL 0x3fu
#define KEY_POS_SHIFT 24
#define KEY_USR_SHIFT 16
#define KEY_GRP_SHIFT 8

struct key_type {
	const char *name;
	size_t payload_max;	  /* bytes; 0: takes none (a keyring) */
	size_t quota_bytes;	  /* what a payload counts; 0: its length */
	bool readable, qualified; /* qualified: the description needs a "service:" */
};
extern const struct key_type key_type_keyring, key_type_user;
const struct key_type *key_type_find(const char *name); /* NULL: there is none */

struct key_user { /* what a user's keys take */
	struct list_head link;
	unsigned refs; /* keys */
	u32 uid;
	u32 nr_keys, nr_bytes; /* that count against the quota */
};

struct key {
	unsigned refs;
	s32 serial;
	struct hnode by_serial;
	struct list_head all; /* in key_all, oldest first */
	const struct key_type *type;
	char *desc;
	struct key_user *user; /* the owner's account */
	u32 uid, gid, perm;
	u64 expires_ns; /* OS_CLOCK_MONOTONIC; 0: never */
	u64 dead_ns;	/* since when it is revoked; 0: it is not */
	bool invalidated;
	int negative; /* -errno of who finds it, or 0 */
	u32 charged;  /* bytes against the quota */
	bool in_quota;
	u8 *payload;
	size_t len;
	/* of a keyring */
	struct key **links; /* references */
	size_t nr_links, room;
	bool restricted; /* no more links */
	bool named;	 /* may be joined by name */
	/* scratch of a walk (keyring.c) */
	struct list_head walk_link;
	u64 walk_stamp;
	unsigned walk_depth;
};
extern struct list_head key_all;
extern u32 key_max, key_max_bytes, key_root_max, key_root_max_bytes, key_gc_delay_s;
extern struct list_head key_users; /* struct key_user.link */
u32 key_user_max(const struct key_user *u);
u32 key_user_max_bytes(const struct key_user *u);

/* A new key with a reference and no payload; charged to uid if quota. -EDQUOT, -ENOMEM. */
int key_alloc(const struct key_type *type, const char *desc, u32 uid, u32 gid, bool quota,
	struct key **out);
struct key *key_get(struct key *k);
void key_put(struct key *k);	  /* NULL is allowed */
struct key *key_find(s32 serial); /* a reference, or NULL */
/* Takes payload (malloc'ed) in place of the old one. -EDQUOT: it is still the caller's. */
int key_set_payload(struct key *k, u8 *payload, size_t len);
int key_chown(struct key *k, u32 uid, u32 gid);
/* Counts bytes more, or less, for k: 0 or -EDQUOT. */
int key_recharge(struct key *k, s64 bytes);
int key_state(const struct key *k); /* 0, -EKEYREVOKED, -EKEYEXPIRED, -ENOKEY (invalidated) */
void key_revoke(struct key *k);
void key_invalidate(struct key *k);
void key_set_timeout(struct key *k, u32 seconds);
/* May current do that (KEY_VIEW...) to k? 0 or -EACCES. */
int key_permission(const struct key *k, bool possessed, u32 need);

/* ---- keyrings (keyring.c) ---- */
static inline bool key_is_ring(const struct key *k)
{
	return k->type == &key_type_keyring;
}
/* Adds k, in place of one of the same type and description. -EDQUOT, -EDEADLK (a cycle), -ENFILE,
 * -EPERM (restricted), -EKEYREVOKED. */
int keyring_link(struct key *ring, struct key *k);
int keyring_unlink(struct key *ring, const struct key *k); /* -ENOENT */
void keyring_clear(struct key *ring);
/* A direct member; borrowed. NULL: none. */
struct key *keyring_member(const struct key *ring, const struct key_type *type, const char *desc);
/* Is k ring or linked below it, through keyrings that current may search? */
bool keyring_holds(struct key *ring, const struct key *k);
/* Searches ring and what is below it: 0 and a reference, -EAGAIN if there is none, or what is wrong
 * with the one found. possessed: ring is. */
int keyring_search(struct key *ring, bool possessed, const struct key_type *type, const char *desc,
	struct key **out);

/* ---- whose keyrings there are (key_task.c) ---- */
enum key_lookup { KEY_LOOKUP_CREATE = 1, KEY_LOOKUP_DEAD = 2 };
struct key_ref {
	struct key *key; /* a reference */
	bool possessed;
};
/* A serial number or KEY_SPEC_*: checks validity (unless KEY_LOOKUP_DEAD) and permission. */
int key_lookup(s32 id, unsigned flags, u32 need, struct key_ref *out);
/* In current's keyrings, as request_key does. As keyring_search. */
int key_search_own(const struct key_type *type, const char *desc, struct key_ref *out);
int key_join_session(const char *name); /* NULL: a new one without a name. Its serial */
int key_session_to_parent(void);
int key_default_ring(void);	     /* KEY_REQKEY_DEFL_* of current */
int key_set_default_ring(int which); /* 0, -EDQUOT, -ENOMEM */
/* Life of a task: what its child, its next program and nobody gets. */
int key_task_fork(struct task *child, const struct task *parent); /* 0 or -ENOMEM */
void key_task_exec(struct task *t);
void key_task_exit(struct task *t);

/* The text of /proc/keys and /proc/key-users. */
struct seq;
struct pseudo_ctx;
int key_show_all(struct seq *s, const struct pseudo_ctx *c);
int key_show_users(struct seq *s, const struct pseudo_ctx *c);

#endif
