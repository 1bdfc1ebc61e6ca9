/*
 * Tables, identifiers and permissions of System V IPC objects; one table a kind and namespace. An
 * identifier is slot + generation * 32768, and slots are used in rotation, so that a stale one
 * rarely hits another object. Called by shm.c, sem.c and msg.c. svipc(7), ipc_namespaces(7).
 */
#include "kernel/ipc/ipc.h"

#include "kernel/os.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

#define SLOT_SHIFT 15
#define SLOTS_MAX (1u << SLOT_SHIFT)
#define CYCLE_MIN 64u /* slots are in rotation among at least so many */

#define DEFAULT_LIMITS \
	.tables = {{.next_id = -1}, {.next_id = -1}, {.next_id = -1}}, \
	.shmmax = UINT64_MAX - (1ull << 24), .shmall = UINT64_MAX - (1ull << 24), .shmmni = 4096, \
	.msgmax = 8192, .msgmnb = 16384, .msgmni = 32000, .sem = {32000, 1024000000, 500, 32000}, \
	.mq = {.queues_max = 256, \
		.msg_max = 10, \
		.msgsize_max = 8192, \
		.msg_default = 10, \
		.msgsize_default = 8192}

struct ipc_ns init_ipc_ns = {
	.ns = {.kind = NS_IPC, .refs = 1, .number = 4026531839, .owner = &init_user_ns},
	DEFAULT_LIMITS,
};

struct ipc_ns *ipc_current_ns(void)
{
	return nsset_current()->ipc;
}

struct ipc_ns *ipc_ns_create(struct user_ns *owner)
{
	static const struct ipc_ns fresh = {DEFAULT_LIMITS};
	struct ipc_ns *ns = malloc(sizeof(*ns));

	if (!ns)
		return NULL;
	*ns = fresh;
	ns_init(&ns->ns, NS_IPC, owner);
	return ns;
}

void ipc_ns_free(struct ipc_ns *ns)
{
	static void (*const destroy[])(struct ipc_obj * o) = {
		msg_destroy, sem_destroy, shm_destroy};

	for (int kind = 0; kind < IPC_KIND_COUNT; kind++) {
		struct ipc_obj *o;
		unsigned slot = 0;

		while ((o = ipc_next(ns, (enum ipc_kind)kind, &slot)))
			destroy[kind](o);
		free(ns->tables[kind].slots);
	}
	if (ns->mq_mount) {
		mqueue_ns_gone(ns->mq_mount->sb);
		mount_put(ns->mq_mount);
	}
	free(ns);
}

time_t ipc_now(void)
{
	return (time_t)(os_clock_ns(OS_CLOCK_REALTIME) / NSEC_PER_SEC);
}

static struct ipc_table *table_of(enum ipc_kind kind)
{
	return &ipc_current_ns()->tables[kind];
}

struct ipc_obj *ipc_find_slot(enum ipc_kind kind, int slot)
{
	const struct ipc_table *t = table_of(kind);
	unsigned i = (unsigned)slot % SLOTS_MAX;

	return slot >= 0 && i < t->room ? t->slots[i] : NULL;
}

struct ipc_obj *ipc_find(enum ipc_kind kind, int id)
{
	struct ipc_obj *o = ipc_find_slot(kind, id);

	return o && o->id == id ? o : NULL;
}

struct ipc_obj *ipc_next(const struct ipc_ns *ns, enum ipc_kind kind, unsigned *slot)
{
	const struct ipc_table *t = &ns->tables[kind];

	while (*slot < t->room) {
		struct ipc_obj *o = t->slots[(*slot)++];

		if (o)
			return o;
	}
	return NULL;
}

int ipc_max_slot(enum ipc_kind kind)
{
	const struct ipc_table *t = table_of(kind);

	for (unsigned i = t->room; i > 0; i--)
		if (t->slots[i - 1])
			return (int)i - 1;
	return 0;
}

static struct ipc_obj *find_key(enum ipc_kind kind, key_t key)
{
	struct ipc_obj *o;
	unsigned slot = 0;

	if (key == IPC_PRIVATE)
		return NULL;
	while ((o = ipc_next(ipc_current_ns(), kind, &slot)))
		if (o->key == key)
			return o;
	return NULL;
}

static int table_reserve(struct ipc_table *t, unsigned slot)
{
	unsigned room = MAX(t->room * 2, slot + 16);
	struct ipc_obj **p;

	if (slot < t->room)
		return 0;
	room = MIN(room, SLOTS_MAX);
	p = realloc(t->slots, room * sizeof(*p));
	if (!p)
		return -ENOMEM;
	memset(p + t->room, 0, (room - t->room) * sizeof(*p));
	t->slots = p;
	t->room = room;
	return 0;
}

static bool slot_free(const struct ipc_table *t, unsigned slot)
{
	return slot >= t->room || !t->slots[slot];
}

/* The next free slot in rotation, and the generation it belongs to. */
static int choose_slot(struct ipc_table *t, unsigned *slot)
{
	unsigned cycle = MIN(MAX(t->nr * 3 / 2 + 1, CYCLE_MIN), SLOTS_MAX);

	if (t->next_id >= 0) {
		*slot = (unsigned)t->next_id % SLOTS_MAX;
		if (slot_free(t, *slot)) {
			t->seq = (u16)((unsigned)t->next_id >> SLOT_SHIFT);
			t->next_id = -1;
			return 0;
		}
		t->next_id = -1;
	}
	for (unsigned tries = 0; tries <= SLOTS_MAX; tries++) {
		if (t->cursor >= cycle) {
			t->cursor = 0;
			t->seq = (t->seq + 1) & 0x7fff;
		}
		*slot = t->cursor++;
		if (slot_free(t, *slot))
			return 0;
	}
	return -ENOSPC;
}

static int enter(struct ipc_obj *o, struct ipc_ns *ns, enum ipc_kind kind, key_t key, int flags)
{
	const struct cred *c = current->cred;
	struct ipc_table *t = &ns->tables[kind];
	unsigned slot;
	int ret = choose_slot(t, &slot);

	if (ret == 0)
		ret = table_reserve(t, slot);
	if (ret < 0)
		return ret;
	o->ns = ns;
	o->kind = kind;
	o->refs = 1;
	o->key = key;
	o->uid = o->cuid = c->euid;
	o->gid = o->cgid = c->egid;
	o->mode = flags & 0777;
	o->seq = t->seq;
	o->id = (int)(slot + ((unsigned)t->seq << SLOT_SHIFT));
	t->slots[slot] = o;
	t->nr++;
	return o->id;
}

static long ipc_create(
	enum ipc_kind kind, key_t key, int flags, u64 size, const struct ipc_get_ops *ops)
{
	struct ipc_ns *ns = ipc_current_ns();
	const s32 max[] = {ns->msgmni, ns->sem[3], ns->shmmni};
	struct ipc_obj *o;
	int ret;

	if (ns->tables[kind].nr >= (unsigned)MAX(max[kind], 0))
		return -ENOSPC;
	ret = ops->create(ns, size, flags, &o);
	if (ret < 0)
		return ret;
	ret = enter(o, ns, kind, key, flags);
	if (ret < 0)
		ops->destroy(o);
	return ret;
}

long ipc_get(enum ipc_kind kind, key_t key, int flags, u64 size, const struct ipc_get_ops *ops)
{
	struct ipc_obj *o = find_key(kind, key);
	int ret;

	if (!o && key != IPC_PRIVATE && !(flags & IPC_CREAT))
		return -ENOENT;
	if (!o)
		return ipc_create(kind, key, flags, size, ops);
	if ((flags & IPC_CREAT) && (flags & IPC_EXCL))
		return -EEXIST;
	ret = ops->check ? ops->check(o, size) : 0;
	if (ret == 0)
		ret = ipc_permission(o, (u32)flags & 0777);
	return ret < 0 ? ret : o->id;
}

void ipc_unlink(struct ipc_obj *o)
{
	struct ipc_table *t = &o->ns->tables[o->kind];

	t->slots[(unsigned)o->id % SLOTS_MAX] = NULL;
	t->nr--;
	o->removed = true;
}

/* ---- permissions ---- */

int ipc_permission(const struct ipc_obj *o, u32 mode)
{
	const struct cred *c = current->cred;
	u32 want = (mode >> 6 | mode >> 3 | mode) & 7, granted = o->mode;

	if (c->euid == o->cuid || c->euid == o->uid)
		granted >>= 6;
	else if (cred_in_group(c, o->cgid) || cred_in_group(c, o->gid))
		granted >>= 3;
	return (want & ~granted & 7) && !ns_capable(o->ns->ns.owner, CAP_IPC_OWNER) ? -EACCES : 0;
}

int ipc_owner(const struct ipc_obj *o)
{
	u32 euid = current->cred->euid;

	return euid == o->cuid || euid == o->uid || ns_capable(o->ns->ns.owner, CAP_SYS_ADMIN)
		       ? 0
		       : -EPERM;
}

void ipc_to_perm(const struct ipc_obj *o, struct ipc_perm *p)
{
	*p = (struct ipc_perm){
		.__key = o->key,
		.uid = uid_out(o->uid),
		.gid = gid_out(o->gid),
		.cuid = uid_out(o->cuid),
		.cgid = gid_out(o->cgid),
		.mode = o->mode,
		.__seq = o->seq,
	};
}

int ipc_set(struct ipc_obj *o, const struct ipc_perm *p)
{
	u32 uid = uid_in(p->uid), gid = gid_in(p->gid);

	if (uid == ID_INVALID || gid == ID_INVALID)
		return -EINVAL;
	o->uid = uid;
	o->gid = gid;
	o->mode = (u16)((o->mode & ~0777) | (p->mode & 0777));
	return 0;
}
