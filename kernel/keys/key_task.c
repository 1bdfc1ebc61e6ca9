/*
 * Which keyrings a task has: its thread's, its process's, a session's (inherited by children) and
 * its user's two, which all tasks of the user share. Made when first asked for. A key is possessed
 * by who can reach it from these. thread-keyring(7), process-keyring(7), session-keyring(7),
 * user-keyring(7), user-session-keyring(7).
 */
#include "fs/seq.h"
#include "kernel/keys/key.h"
#include "kernel/os.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

#include <stdio.h>

struct task_keys {
	struct key *thread, *session; /* references, or NULL */
	int default_ring;	      /* KEY_REQKEY_DEFL_* */
};

/* The keyrings of a user outlive its tasks, as on Linux. */
struct user_rings {
	struct list_head link;
	u32 uid;
	struct key *user, *session;
};
static struct list_head all_user_rings = LIST_HEAD_INIT(all_user_rings);

#define PERM_USER_RING ((KEY_ALL & ~KEY_SETATTR) << KEY_POS_SHIFT | KEY_ALL << KEY_USR_SHIFT)
#define PERM_SESSION_RING (KEY_ALL << KEY_POS_SHIFT | (KEY_VIEW | KEY_READ) << KEY_USR_SHIFT)
#define PERM_OWN_RING (KEY_ALL << KEY_POS_SHIFT | KEY_VIEW << KEY_USR_SHIFT)

static struct task_keys *own(void)
{
	if (!current->keys)
		current->keys = calloc(1, sizeof(*current->keys));
	return current->keys;
}

static int new_ring(const char *name, u32 perm, bool quota, struct key **out)
{
	const struct cred *c = current->cred;
	int ret = key_alloc(&key_type_keyring, name, c->uid, c->gid, quota, out);

	if (ret == 0)
		(*out)->perm = perm;
	return ret;
}

/* ---- the user's ---- */

static struct user_rings *find_user_rings(u32 uid)
{
	struct user_rings *u;

	list_for_each_entry (u, &all_user_rings, link)
		if (u->uid == uid)
			return u;
	return NULL;
}

static int make_user_rings(u32 uid, struct user_rings **out)
{
	struct user_rings *u = calloc(1, sizeof(*u));
	char name[32];
	int ret = u ? 0 : -ENOMEM;

	if (ret == 0) {
		u->uid = uid;
		snprintf(name, sizeof(name), "_uid.%u", uid);
		ret = new_ring(name, PERM_USER_RING, false, &u->user);
	}
	if (ret == 0) {
		snprintf(name, sizeof(name), "_uid_ses.%u", uid);
		ret = new_ring(name, PERM_USER_RING, false, &u->session);
	}
	if (ret == 0)
		ret = keyring_link(u->session, u->user);
	if (ret < 0) {
		if (u) {
			key_put(u->user);
			key_put(u->session);
		}
		free(u);
		return ret;
	}
	list_add_tail(&u->link, &all_user_rings);
	*out = u;
	return 0;
}

/* Borrowed. */
static int user_ring(bool session, struct key **out)
{
	struct user_rings *u = find_user_rings(current->cred->uid);
	int ret = u ? 0 : make_user_rings(current->cred->uid, &u);

	if (ret == 0)
		*out = session ? u->session : u->user;
	return ret;
}

/* ---- the task's ---- */

static int install(struct key **slot, const char *name, u32 perm, struct key **out)
{
	int ret = *slot ? 0 : new_ring(name, perm, true, slot);

	*out = *slot;
	return ret;
}

/* The ring of a KEY_SPEC_*, borrowed. */
static int special_ring(s32 id, bool create, struct key **out)
{
	struct task_keys *t = own();

	if (!t)
		return -ENOMEM;
	switch (id) {
	case KEY_SPEC_THREAD_KEYRING:
		if (!t->thread && !create)
			return -ENOKEY;
		return install(&t->thread, "_tid", PERM_OWN_RING, out);
	case KEY_SPEC_PROCESS_KEYRING:
		if (!current->tg->keyring && !create)
			return -ENOKEY;
		return install(&current->tg->keyring, "_pid", PERM_OWN_RING, out);
	case KEY_SPEC_SESSION_KEYRING:
		if (!t->session && create)
			return install(&t->session, "_ses", PERM_SESSION_RING, out);
		if (t->session) {
			*out = t->session;
			return 0;
		}
		return user_ring(true, out);
	case KEY_SPEC_USER_KEYRING:
		return user_ring(false, out);
	case KEY_SPEC_USER_SESSION_KEYRING:
		return user_ring(true, out);
	case KEY_SPEC_GROUP_KEYRING:
		return -EINVAL;
	case KEY_SPEC_REQKEY_AUTH_KEY:
	case KEY_SPEC_REQUESTOR_KEYRING:
		return -ENOKEY; /* this is no helper of request_key */
	default:
		return -EINVAL;
	}
}

/* The rings current possesses keys through, in order of search, borrowed: how many. */
static unsigned own_rings(struct key *rings[3])
{
	const struct task_keys *t = current->keys;
	const struct user_rings *u = find_user_rings(current->cred->uid);
	unsigned n = 0;

	if (t && t->thread)
		rings[n++] = t->thread;
	if (current->tg->keyring)
		rings[n++] = current->tg->keyring;
	if (t && t->session)
		rings[n++] = t->session;
	else if (u)
		rings[n++] = u->session;
	return n;
}

static bool possesses(const struct key *k)
{
	struct key *rings[3];
	unsigned n = own_rings(rings);

	for (unsigned i = 0; i < n; i++)
		if (keyring_holds(rings[i], k))
			return true;
	return false;
}

int key_lookup(s32 id, unsigned flags, u32 need, struct key_ref *out)
{
	int ret;

	if (id < 0) {
		ret = special_ring(id, flags & KEY_LOOKUP_CREATE, &out->key);
		if (ret < 0)
			return ret;
		key_get(out->key);
		out->possessed = true;
	} else {
		if (!id)
			return -EINVAL;
		out->key = key_find(id);
		if (!out->key)
			return -ENOKEY;
		out->possessed = possesses(out->key);
	}
	ret = flags & KEY_LOOKUP_DEAD ? 0 : key_state(out->key);
	if (ret == 0)
		ret = key_permission(out->key, out->possessed, need);
	if (ret < 0) {
		key_put(out->key);
		out->key = NULL;
	}
	return ret;
}

int key_search_own(const struct key_type *type, const char *desc, struct key_ref *out)
{
	struct key *rings[3];
	unsigned n = own_rings(rings);
	int ret = -EAGAIN;

	for (unsigned i = 0; i < n; i++) {
		int err = keyring_search(rings[i], true, type, desc, &out->key);

		out->possessed = true;
		if (err == 0)
			return 0;
		if (ret != -ENOKEY && err != -EAGAIN)
			ret = err;
	}
	return ret;
}

/* ---- sessions ---- */

/* One that has been joined by name before, and may be again: borrowed. */
static struct key *find_named(const char *name)
{
	struct key *k;

	list_for_each_entry (k, &key_all, all)
		if (k->named && key_state(k) == 0 && !strcmp(k->desc, name) &&
			key_permission(k, false, KEY_SEARCH) == 0)
			return k;
	return NULL;
}

int key_join_session(const char *name)
{
	struct task_keys *t = own();
	struct key *ring = name ? find_named(name) : NULL;
	int ret;

	if (!t)
		return -ENOMEM;
	if (ring) {
		key_get(ring);
	} else {
		ret = new_ring(name ? name : "_ses",
			name ? PERM_SESSION_RING | KEY_LINK << KEY_USR_SHIFT : PERM_SESSION_RING,
			true, &ring);
		if (ret < 0)
			return ret;
		ring->named = name;
	}
	key_put(t->session);
	t->session = ring;
	return ring->serial;
}

int key_session_to_parent(void)
{
	struct tgroup *parent = current->tg->parent;
	struct task *p = parent ? parent->leader : NULL;
	struct key *ring;
	int ret = special_ring(KEY_SPEC_SESSION_KEYRING, false, &ring);

	if (ret < 0)
		return ret;
	ret = key_permission(ring, true, KEY_LINK);
	if (ret < 0)
		return ret;
	if (!p || p->tg->pid <= 1 || p->tg->nr_tasks != 1 || p->cred->uid != current->cred->euid ||
		p->cred->euid != current->cred->euid || p->cred->suid != current->cred->euid ||
		p->cred->gid != current->cred->egid || p->cred->egid != current->cred->egid ||
		p->cred->sgid != current->cred->egid)
		return -EPERM;
	if (!p->keys)
		p->keys = calloc(1, sizeof(*p->keys));
	if (!p->keys)
		return -ENOMEM;
	key_get(ring);
	key_put(p->keys->session);
	p->keys->session = ring;
	return 0;
}

int key_default_ring(void)
{
	return current->keys ? current->keys->default_ring : KEY_REQKEY_DEFL_DEFAULT;
}

int key_set_default_ring(int which)
{
	struct key *ring;
	int ret = 0;

	if (which == KEY_REQKEY_DEFL_THREAD_KEYRING)
		ret = special_ring(KEY_SPEC_THREAD_KEYRING, true, &ring);
	else if (which == KEY_REQKEY_DEFL_PROCESS_KEYRING)
		ret = special_ring(KEY_SPEC_PROCESS_KEYRING, true, &ring);
	if (ret == 0 && own())
		current->keys->default_ring = which;
	return ret < 0 ? ret : current->keys ? 0 : -ENOMEM;
}

/* ---- life of a task ---- */

int key_task_fork(struct task *child, const struct task *parent)
{
	const struct task_keys *p = parent->keys;

	if (!p || (!p->session && p->default_ring == KEY_REQKEY_DEFL_DEFAULT))
		return 0;
	child->keys = calloc(1, sizeof(*child->keys));
	if (!child->keys)
		return -ENOMEM;
	if (p->session)
		child->keys->session = key_get(p->session);
	child->keys->default_ring = p->default_ring;
	return 0;
}

void key_task_exec(struct task *t)
{
	if (t->keys) {
		key_put(t->keys->thread);
		t->keys->thread = NULL;
	}
	key_put(t->tg->keyring);
	t->tg->keyring = NULL;
}

void key_task_exit(struct task *t)
{
	if (t->keys) {
		key_put(t->keys->thread);
		key_put(t->keys->session);
		free(t->keys);
		t->keys = NULL;
	}
}
