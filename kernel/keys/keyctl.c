/* keyctl(2): one function per operation. Operations for helpers of request_key(2), which has none
 * here, find no authority; those of asymmetric cryptography are not there. */
#include "kernel/keys/key.h"
#include "kernel/keys/sys_keys.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/uaccess.h"
#include "kernel/user_ns.h"

#include <stdio.h>

/* What of data fits is copied; the length is that of all. */
static long give(uaddr_t buf, size_t size, const void *data, size_t len)
{
	if (buf && size && len && copy_to_user(buf, data, MIN(size, len)) < 0)
		return -EFAULT;
	return (long)len;
}

static long get_keyring_id(s32 id, bool create)
{
	struct key_ref r;
	int ret = key_lookup(id, create ? KEY_LOOKUP_CREATE : 0, KEY_SEARCH, &r);

	if (ret < 0)
		return ret;
	ret = r.key->serial;
	key_put(r.key);
	return ret;
}

static long join_session(uaddr_t uname)
{
	char *name = NULL;
	long ret = uname ? key_get_text(uname, &name) : 0;

	if (ret < 0)
		return ret;
	ret = name && name[0] == '.' ? -EPERM : name && !name[0] ? -EINVAL : key_join_session(name);
	free(name);
	return ret;
}

static long update(s32 id, uaddr_t buf, size_t len)
{
	struct key_ref r;
	u8 *payload;
	int ret = key_get_payload(buf, len, &payload);

	if (ret < 0)
		return ret;
	ret = key_lookup(id, 0, KEY_WRITE, &r);
	if (ret == 0) {
		ret = key_update(&r, payload, len);
		key_put(r.key);
	}
	if (ret < 0)
		free(payload);
	return ret;
}

static long revoke_key(s32 id)
{
	struct key_ref r;
	int ret = key_lookup(id, 0, KEY_WRITE, &r);

	if (ret == -EACCES)
		ret = key_lookup(id, 0, KEY_SETATTR, &r);
	if (ret < 0)
		return ret;
	key_revoke(r.key);
	key_put(r.key);
	return 0;
}

static long invalidate(s32 id)
{
	struct key_ref r;
	int ret = key_lookup(id, 0, KEY_SEARCH, &r);

	if (ret < 0)
		return ret;
	key_invalidate(r.key);
	key_put(r.key);
	return 0;
}

static int may_chown(const struct key *k, u32 uid, u32 gid)
{
	const struct cred *c = current->cred;

	if (capable(CAP_SYS_ADMIN))
		return 0;
	if (uid != k->uid)
		return -EACCES;
	return k->uid == c->fsuid && (gid == k->gid || cred_in_group(c, gid)) ? 0 : -EACCES;
}

static long chown_key(s32 id, u32 uuid, u32 ugid)
{
	u32 uid = uid_in(uuid), gid = gid_in(ugid);
	struct key_ref r;
	int ret;

	if ((uuid != ID_INVALID && uid == ID_INVALID) || (ugid != ID_INVALID && gid == ID_INVALID))
		return -EINVAL;
	if (uuid == ID_INVALID && ugid == ID_INVALID)
		return 0;
	ret = key_lookup(id, KEY_LOOKUP_CREATE, KEY_SETATTR, &r);
	if (ret < 0)
		return ret;
	if (uid == ID_INVALID)
		uid = r.key->uid;
	if (gid == ID_INVALID)
		gid = r.key->gid;
	ret = may_chown(r.key, uid, gid);
	if (ret == 0)
		ret = key_chown(r.key, uid, gid);
	key_put(r.key);
	return ret;
}

static long setperm(s32 id, u32 perm)
{
	struct key_ref r;
	int ret;

	if (perm & ~(KEY_ALL * 0x01010101u))
		return -EINVAL;
	ret = key_lookup(id, KEY_LOOKUP_CREATE, KEY_SETATTR, &r);
	if (ret < 0)
		return ret;
	if (!capable(CAP_SYS_ADMIN) && r.key->uid != current->cred->fsuid)
		ret = -EACCES;
	else
		r.key->perm = perm;
	key_put(r.key);
	return ret;
}

static long describe(s32 id, uaddr_t buf, size_t size)
{
	char text[KEY_DESC_MAX + 64];
	struct key_ref r;
	int n, ret = key_lookup(id, KEY_LOOKUP_DEAD, KEY_VIEW, &r);

	if (ret < 0)
		return ret;
	n = snprintf(text, sizeof(text), "%s;%d;%d;%08x;%s", r.key->type->name,
		(int)uid_out(r.key->uid), (int)gid_out(r.key->gid), r.key->perm, r.key->desc);
	key_put(r.key);
	n++; /* with its NUL; all or nothing is copied */
	return buf && size >= (size_t)n && copy_to_user(buf, text, (size_t)n) < 0 ? -EFAULT : n;
}

static long clear(s32 id)
{
	struct key_ref r;
	int ret = key_lookup(id, KEY_LOOKUP_CREATE, KEY_WRITE, &r);

	if (ret < 0)
		return ret;
	if (key_is_ring(r.key))
		keyring_clear(r.key);
	else
		ret = -ENOTDIR;
	key_put(r.key);
	return ret;
}

static long link_key(s32 id, s32 ringid)
{
	struct key_ref ring, r;
	int ret = key_lookup(ringid, KEY_LOOKUP_CREATE, KEY_WRITE, &ring);

	if (ret < 0)
		return ret;
	ret = key_lookup(id, KEY_LOOKUP_CREATE, KEY_LINK, &r);
	if (ret == 0) {
		ret = key_is_ring(ring.key) ? keyring_link(ring.key, r.key) : -ENOTDIR;
		key_put(r.key);
	}
	key_put(ring.key);
	return ret;
}

static long unlink_key(s32 id, s32 ringid)
{
	struct key_ref ring, r;
	int ret = key_lookup(ringid, 0, KEY_WRITE, &ring);

	if (ret < 0)
		return ret;
	ret = key_lookup(id, KEY_LOOKUP_DEAD, 0, &r);
	if (ret == 0) {
		ret = key_is_ring(ring.key) ? keyring_unlink(ring.key, r.key) : -ENOTDIR;
		key_put(r.key);
	}
	key_put(ring.key);
	return ret;
}

static int do_move(struct key *from, struct key *to, struct key *k, bool exclusive)
{
	const struct key *there = key_is_ring(to) ? keyring_member(to, k->type, k->desc) : NULL;
	size_t i = 0;
	int ret;

	if (!key_is_ring(from) || !key_is_ring(to))
		return -ENOTDIR;
	while (i < from->nr_links && from->links[i] != k)
		i++;
	if (i == from->nr_links)
		return -ENOENT;
	if (from == to)
		return 0;
	if (there && exclusive)
		return -EEXIST;
	ret = keyring_link(to, k);
	return ret < 0 ? ret : keyring_unlink(from, k);
}

static long move(s32 id, s32 fromid, s32 toid, u32 flags)
{
	struct key_ref k, from, to;
	int ret;

	if (flags & ~KEYCTL_MOVE_EXCL)
		return -EINVAL;
	ret = key_lookup(id, KEY_LOOKUP_CREATE, KEY_LINK, &k);
	if (ret < 0)
		return ret;
	ret = key_lookup(fromid, 0, KEY_WRITE, &from);
	if (ret == 0) {
		ret = key_lookup(toid, KEY_LOOKUP_CREATE, KEY_WRITE, &to);
		if (ret == 0) {
			ret = do_move(from.key, to.key, k.key, flags & KEYCTL_MOVE_EXCL);
			key_put(to.key);
		}
		key_put(from.key);
	}
	key_put(k.key);
	return ret;
}

static long search_in(
	const struct key_ref *ring, const char *type_name, const char *desc, s32 destid)
{
	const struct key_type *type = key_type_find(type_name);
	struct key_ref dest = {NULL, false};
	struct key *k = NULL;
	int ret = destid ? key_lookup(destid, KEY_LOOKUP_CREATE, KEY_WRITE, &dest) : 0;

	if (ret == 0)
		ret = type ? keyring_search(ring->key, ring->possessed, type, desc, &k) : -ENOKEY;
	if (ret == 0 && dest.key)
		ret = key_permission(k, ring->possessed, KEY_LINK);
	if (ret == 0 && dest.key)
		ret = key_is_ring(dest.key) ? keyring_link(dest.key, k) : -ENOTDIR;
	if (ret == 0)
		ret = k->serial;
	key_put(k);
	key_put(dest.key);
	return ret == -EAGAIN ? -ENOKEY : ret;
}

static long search(s32 ringid, uaddr_t utype, uaddr_t udesc, s32 destid)
{
	char type[KEY_TYPE_NAME_MAX], *desc;
	struct key_ref ring;
	long ret = key_get_type_name(utype, type);

	if (ret < 0)
		return ret;
	ret = key_get_text(udesc, &desc);
	if (ret < 0)
		return ret;
	ret = key_lookup(ringid, 0, KEY_SEARCH, &ring);
	if (ret == 0) {
		ret = search_in(&ring, type, desc, destid);
		key_put(ring.key);
	}
	free(desc);
	return ret;
}

static long read_ring(const struct key *ring, uaddr_t buf, size_t size)
{
	s32 *serials = calloc(ring->nr_links + 1, sizeof(*serials));
	long ret;

	if (!serials)
		return -ENOMEM;
	for (size_t i = 0; i < ring->nr_links; i++)
		serials[i] = ring->links[i]->serial;
	ret = give(buf, size, serials, ring->nr_links * sizeof(*serials));
	free(serials);
	return ret;
}

static long read_key(s32 id, uaddr_t buf, size_t size)
{
	struct key_ref r;
	long ret = key_lookup(id, 0, 0, &r);

	if (ret < 0)
		return ret == -EACCES ? -ENOKEY : ret;
	ret = key_permission(r.key, r.possessed, KEY_READ);
	if (ret < 0 && r.possessed)
		ret = 0; /* found by a search, which is enough */
	if (r.key->negative)
		ret = r.key->negative;
	else if (ret == 0 && !r.key->type->readable)
		ret = -EOPNOTSUPP;
	else if (ret == 0 && key_is_ring(r.key))
		ret = read_ring(r.key, buf, size);
	else if (ret == 0)
		ret = give(buf, size, r.key->payload, r.key->len);
	key_put(r.key);
	return ret;
}

static long set_reqkey_keyring(int which)
{
	int old = key_default_ring();
	int ret = 0;

	if (which < KEY_REQKEY_DEFL_NO_CHANGE || which >= KEY_REQKEY_DEFL_GROUP_KEYRING)
		return -EINVAL;
	if (which != KEY_REQKEY_DEFL_NO_CHANGE)
		ret = key_set_default_ring(which);
	return ret < 0 ? ret : old;
}

static long set_timeout(s32 id, u32 seconds)
{
	struct key_ref r;
	int ret = key_lookup(id, KEY_LOOKUP_CREATE, KEY_SETATTR, &r);

	if (ret < 0)
		return ret;
	key_set_timeout(r.key, seconds);
	key_put(r.key);
	return 0;
}

/* There are no security labels: an empty text. */
static long get_security(s32 id, uaddr_t buf, size_t size)
{
	struct key_ref r;
	int ret = key_lookup(id, KEY_LOOKUP_DEAD, KEY_VIEW, &r);

	if (ret < 0)
		return ret;
	key_put(r.key);
	return give(buf, size, "", 1);
}

/* Only the restriction to no further links at all; those by type need asymmetric keys. */
static long restrict_ring(s32 id, uaddr_t utype)
{
	struct key_ref r;
	int ret = key_lookup(id, 0, KEY_SETATTR, &r);

	if (ret < 0)
		return ret;
	if (!key_is_ring(r.key))
		ret = -ENOTDIR;
	else if (utype)
		ret = -ENOENT;
	else if (r.key->restricted)
		ret = -EEXIST;
	else
		r.key->restricted = true;
	key_put(r.key);
	return ret;
}

static long capabilities(uaddr_t buf, size_t size)
{
	static const u8 caps[] = {KEYCTL_CAPS0_CAPABILITIES | KEYCTL_CAPS0_BIG_KEY |
					  KEYCTL_CAPS0_INVALIDATE | KEYCTL_CAPS0_RESTRICT_KEYRING |
					  KEYCTL_CAPS0_MOVE,
		0};

	if (size > sizeof(caps) && clear_user(buf + sizeof(caps), size - sizeof(caps)) < 0)
		return -EFAULT;
	return give(buf, size, caps, sizeof(caps));
}

SYSCALL_DEFINE5(keyctl, int, op, u64, a, u64, b, u64, c, u64, d)
{
	switch (op) {
	case KEYCTL_GET_KEYRING_ID:
		return get_keyring_id((s32)a, (int)b);
	case KEYCTL_JOIN_SESSION_KEYRING:
		return join_session(a);
	case KEYCTL_UPDATE:
		return update((s32)a, b, c);
	case KEYCTL_REVOKE:
		return revoke_key((s32)a);
	case KEYCTL_CHOWN:
		return chown_key((s32)a, (u32)b, (u32)c);
	case KEYCTL_SETPERM:
		return setperm((s32)a, (u32)b);
	case KEYCTL_DESCRIBE:
		return describe((s32)a, b, c);
	case KEYCTL_CLEAR:
		return clear((s32)a);
	case KEYCTL_LINK:
		return link_key((s32)a, (s32)b);
	case KEYCTL_UNLINK:
		return unlink_key((s32)a, (s32)b);
	case KEYCTL_SEARCH:
		return search((s32)a, b, c, (s32)d);
	case KEYCTL_READ:
		return read_key((s32)a, b, c);
	case KEYCTL_SET_REQKEY_KEYRING:
		return set_reqkey_keyring((int)a);
	case KEYCTL_SET_TIMEOUT:
		return set_timeout((s32)a, (u32)b);
	case KEYCTL_GET_SECURITY:
		return get_security((s32)a, b, c);
	case KEYCTL_SESSION_TO_PARENT:
		return key_session_to_parent();
	case KEYCTL_INVALIDATE:
		return invalidate((s32)a);
	case KEYCTL_RESTRICT_KEYRING:
		return restrict_ring((s32)a, b);
	case KEYCTL_MOVE:
		return move((s32)a, (s32)b, (s32)c, (u32)d);
	case KEYCTL_CAPABILITIES:
		return capabilities(a, b);
	case KEYCTL_ASSUME_AUTHORITY:
		return (s32)a < 0 ? -EINVAL : a ? -ENOKEY : 0;
	case KEYCTL_INSTANTIATE:
	case KEYCTL_INSTANTIATE_IOV:
	case KEYCTL_NEGATE:
	case KEYCTL_REJECT:
		return -EPERM;
	default:
		return -EOPNOTSUPP;
	}
}
