/* add_key(2), request_key(2). Nothing answers requests for keys that are not there (Linux would run
 * /sbin/request-key): they end in a negative key, as when that program knows no answer. */
#include "kernel/keys/key.h"
#include "kernel/keys/sys_keys.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/uaccess.h"

#define NEGATIVE_S 60

/* ---- strings and payloads of the caller ---- */

int key_get_type_name(uaddr_t src, char name[KEY_TYPE_NAME_MAX])
{
	ssize_t n = strncpy_from_user(name, src, KEY_TYPE_NAME_MAX);

	if (n < 0)
		return n == -ENAMETOOLONG ? -EINVAL : (int)n;
	if (!n)
		return -EINVAL;
	return name[0] == '.' ? -EPERM : 0;
}

int key_get_text(uaddr_t src, char **out)
{
	char *text = malloc(KEY_DESC_MAX);
	ssize_t n;

	*out = NULL;
	if (!text)
		return -ENOMEM;
	n = strncpy_from_user(text, src, KEY_DESC_MAX);
	if (n < 0) {
		free(text);
		return n == -ENAMETOOLONG ? -EINVAL : (int)n;
	}
	*out = text;
	return 0;
}

int key_get_payload(uaddr_t src, size_t len, u8 **out)
{
	*out = NULL;
	if (len > KEY_PAYLOAD_MAX)
		return -EINVAL;
	if (!len)
		return 0;
	*out = malloc(len);
	if (!*out)
		return -ENOMEM;
	if (copy_from_user(*out, src, len) == 0)
		return 0;
	free(*out);
	*out = NULL;
	return -EFAULT;
}

int key_check_payload(const struct key_type *type, size_t len)
{
	if (!type->payload_max)
		return len ? -EINVAL : 0;
	return len && len <= type->payload_max ? 0 : -EINVAL;
}

static int check_description(const struct key_type *type, const char *desc)
{
	const char *colon = strchr(desc, ':');

	if (type == &key_type_keyring && desc[0] == '.')
		return -EPERM;
	if (!desc[0] || (type->qualified && (!colon || colon == desc)))
		return -EINVAL;
	return 0;
}

/* ---- making keys ---- */

int key_update(const struct key_ref *r, u8 *payload, size_t len)
{
	int ret = key_permission(r->key, r->possessed, KEY_WRITE);

	if (ret == 0 && key_is_ring(r->key))
		ret = -EOPNOTSUPP;
	if (ret == 0)
		ret = key_check_payload(r->key->type, len);
	if (ret == 0)
		ret = key_set_payload(r->key, payload, len);
	if (ret == 0)
		r->key->expires_ns = 0;
	return ret;
}

/* On success the payload is the key's. */
static int make_key(struct key *ring, const struct key_type *type, const char *desc, u8 *payload,
	size_t len, struct key **out)
{
	const struct cred *c = current->cred;
	struct key *k;
	int ret = key_alloc(type, desc, c->fsuid, c->fsgid, true, &k);

	if (ret < 0)
		return ret;
	if (ring)
		ret = keyring_link(ring, k);
	if (ret == 0)
		ret = key_set_payload(k, payload, len);
	if (ret < 0 && ring)
		keyring_unlink(ring, k);
	if (ret < 0)
		key_put(k);
	else
		*out = k;
	return ret;
}

static long add_to(const struct key_ref *ring, const char *type_name, const char *desc, u8 *payload,
	size_t len)
{
	const struct key_type *type = key_type_find(type_name);
	struct key_ref old = {.possessed = ring->possessed};
	struct key *k;
	int ret;

	if (!type)
		return -ENODEV;
	if (!key_is_ring(ring->key))
		return -ENOTDIR;
	ret = check_description(type, desc);
	if (ret == 0)
		ret = key_check_payload(type, len);
	if (ret < 0)
		return ret;
	old.key = type == &key_type_keyring ? NULL : keyring_member(ring->key, type, desc);
	if (old.key && !old.key->dead_ns) {
		ret = key_update(&old, payload, len);
		return ret < 0 ? ret : old.key->serial;
	}
	ret = make_key(ring->key, type, desc, payload, len, &k);
	if (ret < 0)
		return ret;
	ret = k->serial;
	key_put(k);
	return ret;
}

SYSCALL_DEFINE5(
	add_key, uaddr_t, utype, uaddr_t, udesc, uaddr_t, upayload, size_t, len, s32, ringid)
{
	char type[KEY_TYPE_NAME_MAX], *desc;
	struct key_ref ring;
	u8 *payload;
	long ret;

	if (len > KEY_PAYLOAD_MAX)
		return -EINVAL;
	ret = key_get_type_name(utype, type);
	if (ret < 0)
		return ret;
	ret = key_get_text(udesc, &desc);
	if (ret < 0)
		return ret;
	ret = key_get_payload(upayload, len, &payload);
	if (ret == 0)
		ret = key_lookup(ringid, KEY_LOOKUP_CREATE, KEY_WRITE, &ring);
	if (ret == 0) {
		ret = add_to(&ring, type, desc, payload, len);
		key_put(ring.key);
	}
	if (ret < 0)
		free(payload);
	free(desc);
	return ret;
}

/* ---- requesting keys ---- */

/* Where a key asked for goes if the caller names no ring: the first of current's there is. */
static int default_ring(struct key_ref *out)
{
	static const s32 rings[] = {KEY_SPEC_THREAD_KEYRING, KEY_SPEC_PROCESS_KEYRING,
		KEY_SPEC_SESSION_KEYRING, KEY_SPEC_USER_KEYRING, KEY_SPEC_USER_SESSION_KEYRING};
	int which = key_default_ring();
	int ret = -ENOKEY;

	if (which != KEY_REQKEY_DEFL_DEFAULT)
		return key_lookup(-which, 0, KEY_WRITE, out);
	for (size_t i = 0; ret == -ENOKEY && i < ARRAY_SIZE(rings); i++)
		ret = key_lookup(rings[i], 0, KEY_WRITE, out);
	return ret;
}

static long leave_negative(
	const struct key_type *type, const char *desc, const struct key_ref *named)
{
	struct key_ref ring;
	struct key *k;
	int ret = 0;

	if (named)
		ring = (struct key_ref){key_get(named->key), named->possessed};
	else
		ret = default_ring(&ring);
	if (ret < 0)
		return ret;
	ret = make_key(ring.key, type, desc, NULL, 0, &k);
	key_put(ring.key);
	if (ret < 0)
		return ret;
	k->negative = -ENOKEY;
	key_set_timeout(k, NEGATIVE_S);
	key_put(k);
	return -ENOKEY;
}

static long request(
	const char *type_name, const char *desc, bool construct, const struct key_ref *ring)
{
	const struct key_type *type = key_type_find(type_name);
	struct key_ref found;
	long ret;

	if (ring && !key_is_ring(ring->key))
		return -ENOTDIR;
	if (!type)
		return -ENOKEY;
	ret = key_search_own(type, desc, &found);
	if (ret == 0) {
		ret = ring ? keyring_link(ring->key, found.key) : 0;
		if (ret == 0)
			ret = found.key->serial;
		key_put(found.key);
		return ret;
	}
	if (ret != -EAGAIN)
		return ret;
	if (!construct)
		return -ENOKEY;
	ret = check_description(type, desc);
	if (ret < 0)
		return ret;
	return type == &key_type_keyring ? -EPERM : leave_negative(type, desc, ring);
}

SYSCALL_DEFINE4(request_key, uaddr_t, utype, uaddr_t, udesc, uaddr_t, uinfo, s32, ringid)
{
	char type[KEY_TYPE_NAME_MAX], *desc, *info = NULL;
	struct key_ref ring = {NULL, false};
	long ret = key_get_type_name(utype, type);

	if (ret < 0)
		return ret;
	ret = key_get_text(udesc, &desc);
	if (ret < 0)
		return ret;
	if (uinfo)
		ret = key_get_text(uinfo, &info);
	if (ret == 0 && ringid)
		ret = key_lookup(ringid, KEY_LOOKUP_CREATE, KEY_WRITE, &ring);
	if (ret == 0)
		ret = request(type, desc, info, ring.key ? &ring : NULL);
	key_put(ring.key);
	free(info);
	free(desc);
	return ret;
}
