/*
 * Keys: allocation, accounts of their users, payloads, validity and permission. What refers to a
 * key owns a reference; the last one gone frees it at once. keyrings(7).
 */
#include "kernel/keys/key.h"

#include "kernel/os.h"
#include "kernel/task.h"

struct list_head key_all = LIST_HEAD_INIT(key_all);
struct list_head key_users = LIST_HEAD_INIT(key_users);
u32 key_max = 200, key_max_bytes = 20000, key_root_max = 1000000, key_root_max_bytes = 25000000;
u32 key_gc_delay_s = 300;
static struct htab by_serial;

const struct key_type key_type_keyring = {.name = "keyring", .readable = true};
const struct key_type key_type_user = {.name = "user", .payload_max = 32767, .readable = true};
static const struct key_type key_type_logon = {
	.name = "logon", .payload_max = 32767, .qualified = true};
static const struct key_type key_type_big = {
	.name = "big_key", .payload_max = KEY_PAYLOAD_MAX, .quota_bytes = 16, .readable = true};

const struct key_type *key_type_find(const char *name)
{
	static const struct key_type *const types[] = {
		&key_type_keyring, &key_type_user, &key_type_logon, &key_type_big};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(types[i]->name, name))
			return types[i];
	return NULL;
}

/* ---- accounts ---- */

u32 key_user_max(const struct key_user *u)
{
	return u->uid ? key_max : key_root_max;
}

u32 key_user_max_bytes(const struct key_user *u)
{
	return u->uid ? key_max_bytes : key_root_max_bytes;
}

static struct key_user *user_get(u32 uid)
{
	struct key_user *u;

	list_for_each_entry (u, &key_users, link)
		if (u->uid == uid) {
			u->refs++;
			return u;
		}
	u = calloc(1, sizeof(*u));
	if (!u)
		return NULL;
	u->uid = uid;
	u->refs = 1;
	list_add_tail(&u->link, &key_users);
	return u;
}

static void user_put(struct key_user *u)
{
	if (--u->refs)
		return;
	list_del(&u->link);
	free(u);
}

static bool has_room(const struct key_user *u, u32 keys, u64 bytes)
{
	return (u64)u->nr_keys + keys <= key_user_max(u) &&
	       u->nr_bytes + bytes <= key_user_max_bytes(u);
}

static void charge(struct key *k, s64 bytes)
{
	k->charged = (u32)(k->charged + bytes);
	if (k->in_quota)
		k->user->nr_bytes = (u32)(k->user->nr_bytes + bytes);
}

int key_recharge(struct key *k, s64 bytes)
{
	if (k->in_quota && bytes > 0 && !has_room(k->user, 0, (u64)bytes))
		return -EDQUOT;
	charge(k, bytes);
	return 0;
}

/* ---- life ---- */

static s32 new_serial(void)
{
	struct key *k;
	s32 serial;

	do {
		os_random(&serial, sizeof(serial));
		serial &= INT32_MAX;
		k = serial > 2 ? key_find(serial) : NULL;
		key_put(k);
	} while (serial <= 2 || k);
	return serial;
}

static u32 default_perm(const struct key_type *type)
{
	u32 pos = KEY_VIEW | KEY_SEARCH | KEY_LINK | KEY_SETATTR | KEY_WRITE;

	if (type->readable)
		pos |= KEY_READ;
	return pos << KEY_POS_SHIFT | KEY_VIEW << KEY_USR_SHIFT;
}

int key_alloc(const struct key_type *type, const char *desc, u32 uid, u32 gid, bool quota,
	struct key **out)
{
	struct key_user *u = user_get(uid);
	size_t len = strlen(desc) + 1;
	struct key *k;

	if (!u)
		return -ENOMEM;
	if (quota && !has_room(u, 1, len)) {
		user_put(u);
		return -EDQUOT;
	}
	k = calloc(1, sizeof(*k));
	if (k)
		k->desc = strdup(desc);
	if (k)
		k->serial = new_serial();
	if (!k || !k->desc ||
		htab_insert(&by_serial, &k->by_serial, hash_u64((u64)k->serial)) < 0) {
		if (k)
			free(k->desc);
		free(k);
		user_put(u);
		return -ENOMEM;
	}
	k->refs = 1;
	k->type = type;
	k->user = u;
	k->uid = uid;
	k->gid = gid;
	k->perm = default_perm(type);
	k->in_quota = quota;
	u->nr_keys += quota;
	charge(k, (s64)len);
	list_init(&k->walk_link);
	list_add_tail(&k->all, &key_all);
	*out = k;
	return 0;
}

struct key *key_get(struct key *k)
{
	k->refs++;
	return k;
}

static void key_free(struct key *k)
{
	htab_remove(&by_serial, &k->by_serial);
	if (!by_serial.nr_nodes)
		htab_fini(&by_serial);
	k->user->nr_keys -= k->in_quota;
	charge(k, -(s64)k->charged);
	user_put(k->user);
	free(k->payload);
	free(k->desc);
	free(k->links);
	free(k);
}

/* Unused keys leave key_all for dead; what a dead ring held may follow it. */
static void drop_ref(struct key *k, struct list_head *dead)
{
	if (--k->refs)
		return;
	list_del(&k->all);
	list_add_tail(&k->all, dead);
}

void key_put(struct key *k)
{
	struct list_head dead;

	if (!k)
		return;
	list_init(&dead);
	drop_ref(k, &dead);
	while (!list_empty(&dead)) {
		k = list_first(&dead, struct key, all);
		list_del(&k->all);
		for (size_t i = 0; i < k->nr_links; i++)
			drop_ref(k->links[i], &dead);
		key_free(k);
	}
}

struct key *key_find(s32 serial)
{
	struct hnode *h = htab_first(&by_serial, hash_u64((u64)serial));

	for (; h; h = htab_next(h)) {
		struct key *k = container_of(h, struct key, by_serial);

		if (k->serial == serial)
			return key_get(k);
	}
	return NULL;
}

static s64 payload_quota(const struct key *k, size_t len)
{
	return k->type->quota_bytes && len ? (s64)k->type->quota_bytes : (s64)len;
}

int key_set_payload(struct key *k, u8 *payload, size_t len)
{
	int ret = key_recharge(k, payload_quota(k, len) - payload_quota(k, k->len));

	if (ret < 0)
		return ret;
	free(k->payload);
	k->payload = payload;
	k->len = len;
	k->negative = 0;
	return 0;
}

int key_chown(struct key *k, u32 uid, u32 gid)
{
	struct key_user *u = user_get(uid);

	if (!u)
		return -ENOMEM;
	if (k->in_quota && u != k->user) {
		if (!has_room(u, 1, k->charged)) {
			user_put(u);
			return -EDQUOT;
		}
		k->user->nr_keys--;
		k->user->nr_bytes -= k->charged;
		u->nr_keys++;
		u->nr_bytes += k->charged;
	}
	user_put(k->user);
	k->user = u;
	k->uid = uid;
	k->gid = gid;
	return 0;
}

/* ---- validity ---- */

int key_state(const struct key *k)
{
	if (k->invalidated)
		return -ENOKEY;
	if (k->dead_ns)
		return -EKEYREVOKED;
	if (k->expires_ns && k->expires_ns <= os_clock_ns(OS_CLOCK_MONOTONIC))
		return -EKEYEXPIRED;
	return 0;
}

void key_revoke(struct key *k)
{
	if (k->dead_ns)
		return;
	k->dead_ns = os_clock_ns(OS_CLOCK_MONOTONIC);
	keyring_clear(k);
	if (!key_is_ring(k))
		key_set_payload(k, NULL, 0);
}

void key_invalidate(struct key *k)
{
	struct key *ring, *next;

	k->invalidated = true;
	key_get(k);
	list_for_each_entry_safe (ring, next, &key_all, all)
		keyring_unlink(ring, k);
	key_put(k);
}

void key_set_timeout(struct key *k, u32 seconds)
{
	k->expires_ns = seconds ? os_clock_ns(OS_CLOCK_MONOTONIC) + (u64)seconds * NSEC_PER_SEC : 0;
}

int key_permission(const struct key *k, bool possessed, u32 need)
{
	const struct cred *c = current->cred;
	u32 has = k->perm;

	if (k->uid == c->fsuid)
		has >>= KEY_USR_SHIFT;
	else if ((k->perm >> KEY_GRP_SHIFT & KEY_ALL) && cred_in_group(c, k->gid))
		has >>= KEY_GRP_SHIFT;
	if (possessed)
		has |= k->perm >> KEY_POS_SHIFT;
	return need & KEY_ALL & ~has ? -EACCES : 0;
}
