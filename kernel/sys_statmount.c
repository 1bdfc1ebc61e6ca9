/*
 * statmount(2), listmount(2): the mounts of the caller's namespace, by the id that is never used
 * twice. Only what is reachable from the caller's root is told, unless it is privileged.
 */
#include "fs/mnt_ns.h"
#include "kernel/cred.h"
#include "kernel/sys_mount.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

#define LSMT_ROOT_ (~0ull)
#define LISTMOUNT_REVERSE_ 1u
#define LISTMOUNT_MAX 1000000u
#define UNIQUE_MIN (1ull << 31) /* ids are above it */
#define REQ_SIZE_0 24u
#define OPTIONS_MAX 1024

enum {
	SM_SB_BASIC = 1,
	SM_MNT_BASIC = 2,
	SM_PROPAGATE_FROM = 4,
	SM_MNT_ROOT = 8,
	SM_MNT_POINT = 0x10,
	SM_FS_TYPE = 0x20,
	SM_MNT_NS_ID = 0x40,
	SM_MNT_OPTS = 0x80,
	SM_SB_SOURCE = 0x200,
	SM_SUPPORTED = 0x1000,
	SM_KNOWN = 0x12ff,
};

struct abi_mnt_id_req {
	u32 size, spare;
	u64 id, param, ns_id;
};
static_assert(sizeof(struct abi_mnt_id_req) == 32, "struct mnt_id_req");

struct abi_statmount { /* strings follow, by their offset behind it */
	u32 size, mnt_opts;
	u64 mask;
	u32 dev_major, dev_minor;
	u64 magic;
	u32 sb_flags, fs_type;
	u64 id, parent_id;
	u32 id_old, parent_id_old;
	u64 attr, propagation, peer_group, master, propagate_from;
	u32 mnt_root, mnt_point;
	u64 ns_id;
	u32 fs_subtype, sb_source, opt_num, opt_array, opt_sec_num, opt_sec_array;
	u64 supported;
	u64 spare[45];
};
static_assert(sizeof(struct abi_statmount) == 512, "struct statmount");

/* ---- what both begin with ---- */

static int get_request(struct abi_mnt_id_req *r, uaddr_t ureq)
{
	u32 size;
	int ret = copy_from_user(&size, ureq, sizeof(size));

	if (ret < 0)
		return ret;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < REQ_SIZE_0)
		return -EINVAL;
	ret = copy_struct_from_user(r, sizeof(*r), ureq, size);
	if (ret < 0)
		return ret;
	if (r->spare || r->id <= UNIQUE_MIN)
		return -EINVAL;
	/* of other namespaces nothing is told */
	return r->ns_id && r->ns_id != mnt_ns_current()->ns.number ? -ENOENT : 0;
}

static struct mount *find(u64 id)
{
	struct mount *m;

	list_for_each_entry (m, &all_mounts, link)
		if (mount_unique_id(m) == id && mount_is_ours(m))
			return m;
	return NULL;
}

static bool may_see(const struct path *p)
{
	return path_is_below(*p, &current->fs->root) || may_mount();
}

/* ---- statmount ---- */

struct answer {
	struct abi_statmount sm;
	size_t len, room; /* of text: used, allowed */
	char *text;
	char scratch[PATH_MAX];
};

/* Texts behind the struct; offset 0 is a common empty one. */
static int add_text(struct answer *a, const char *s, u32 *offset)
{
	size_t n = strlen(s) + 1;

	if (!a->len && a->room)
		a->text[a->len++] = '\0';
	if (a->room - a->len < n)
		return -EOVERFLOW;
	*offset = (u32)a->len;
	memcpy(a->text + a->len, s, n);
	a->len += n;
	return 0;
}

static int add_options(struct answer *a, const struct mount *m)
{
	char options[OPTIONS_MAX] = "";
	struct super *sb = m->sb;

	if (sb->ops && sb->ops->show_options &&
		sb->ops->show_options(sb, options, sizeof(options)) < 0)
		options[0] = '\0';
	options[sizeof(options) - 1] = '\0';
	return add_text(a, options + (options[0] == ','), &a->sm.mnt_opts);
}

/* The nearest group up the chain of masters with a member below the caller's root. */
static u32 dominating_group(const struct mount *m)
{
	u32 group = m->master_group;

	for (unsigned i = 0; group && i < 1000; i++) {
		const struct mount *peer;
		u32 next = 0;

		list_for_each_entry (peer, &all_mounts, link) {
			struct path p = {(struct mount *)peer, peer->root};

			if (peer->peer_group != group)
				continue;
			if (mount_is_ours(peer) && path_is_below(p, &current->fs->root))
				return group;
			next = peer->master_group;
		}
		group = next;
	}
	return 0;
}

static u64 propagation_of(const struct mount *m)
{
	u64 how = (m->peer_group ? 1u << 20 : 0) | (m->master_group ? 1u << 19 : 0) |
		  (m->unbindable ? 1u << 17 : 0);

	return how ? how : 1u << 18;
}

static void fill_numbers(struct abi_statmount *s, const struct mount *m, u64 mask)
{
	const struct mount *parent = m->parent ? m->parent : m;

	if (mask & SM_SB_BASIC) {
		s->dev_major = dev_major(m->sb->dev);
		s->dev_minor = dev_minor(m->sb->dev);
		s->magic = m->sb->magic;
		s->sb_flags = m->sb->readonly;
	}
	if (mask & SM_MNT_BASIC) {
		s->id = mount_unique_id(m);
		s->parent_id = mount_unique_id(parent);
		s->id_old = m->id;
		s->parent_id_old = parent->id;
		s->attr = mount_attr_from_flags(m->flags);
		s->propagation = propagation_of(m);
		s->peer_group = m->peer_group;
		s->master = m->master_group;
	}
	if (mask & SM_PROPAGATE_FROM)
		s->propagate_from = dominating_group(m);
	if (mask & SM_MNT_NS_ID)
		s->ns_id = m->ns->ns.number;
	if (mask & SM_SUPPORTED)
		s->supported = SM_KNOWN;
	s->mask = mask & SM_KNOWN;
}

static int fill_texts(struct answer *a, struct mount *m, u64 mask)
{
	struct path p = {m, m->root};
	const char *s;
	int ret = 0;

	if (mask & SM_FS_TYPE)
		ret = add_text(a, m->sb->type->name, &a->sm.fs_type);
	if (ret == 0 && (mask & SM_MNT_ROOT)) {
		s = d_path_inner(m->root, a->scratch, sizeof(a->scratch));
		ret = s ? add_text(a, s, &a->sm.mnt_root) : -ENAMETOOLONG;
	}
	if (ret == 0 && (mask & SM_MNT_POINT)) {
		s = d_path(&p, a->scratch, sizeof(a->scratch));
		ret = s ? add_text(a, s, &a->sm.mnt_point) : -ENAMETOOLONG;
	}
	if (ret == 0 && (mask & SM_MNT_OPTS))
		ret = add_options(a, m);
	if (ret == 0 && (mask & SM_SB_SOURCE))
		ret = add_text(a, m->sb->source[0] ? m->sb->source : "none", &a->sm.sb_source);
	return ret;
}

static int put_answer(struct answer *a, uaddr_t buf, size_t size)
{
	size_t n = MIN(size, sizeof(a->sm));

	if (a->len && copy_to_user(buf + sizeof(a->sm), a->text, a->len))
		return -EFAULT;
	a->sm.size = (u32)(n + a->len);
	return copy_to_user(buf, &a->sm, n);
}

#define TEXT_MAX (2 * PATH_MAX + OPTIONS_MAX + 256)

SYSCALL_DEFINE4(statmount, uaddr_t, ureq, uaddr_t, buf, size_t, size, u32, flags)
{
	struct abi_mnt_id_req r;
	struct answer *a;
	struct mount *m;
	int ret;

	if (flags)
		return -EINVAL;
	ret = get_request(&r, ureq);
	if (ret < 0)
		return ret;
	m = find(r.id);
	if (!m)
		return -ENOENT;
	if (!may_see(&(struct path){m, m->root}))
		return -EPERM;
	a = calloc(1, sizeof(*a) + TEXT_MAX);
	if (!a)
		return -ENOMEM;
	a->text = (char *)(a + 1);
	a->room = size > sizeof(a->sm) ? MIN(size - sizeof(a->sm), (size_t)TEXT_MAX) : 0;
	fill_numbers(&a->sm, m, r.param);
	ret = fill_texts(a, m, r.param);
	if (ret == 0)
		ret = put_answer(a, buf, size);
	free(a);
	return ret;
}

/* ---- listmount ---- */

static int by_id(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

/* The ids below top but for its own if it was named, in order. *out is to be freed. */
static int collect(const struct path *top, u64 named, u64 **out, size_t *nr)
{
	struct mount *m;
	size_t n = 0;

	list_for_each_entry (m, &all_mounts, link)
		n++;
	*out = malloc(n * sizeof(u64) + 1);
	*nr = 0;
	if (!*out)
		return -ENOMEM;
	list_for_each_entry (m, &all_mounts, link) {
		struct path p = {m, m->root};

		if (mount_is_ours(m) && mount_unique_id(m) != named && path_is_below(p, top))
			(*out)[(*nr)++] = mount_unique_id(m);
	}
	qsort(*out, *nr, sizeof(u64), by_id);
	return 0;
}

/* Those behind last (0: all), at most max. */
static long put_ids(const u64 *ids, size_t nr, u64 last, bool reverse, uaddr_t dst, size_t max)
{
	size_t done = 0;

	for (size_t i = 0; i < nr && done < max; i++) {
		u64 id = ids[reverse ? nr - 1 - i : i];

		if (last && (reverse ? id >= last : id <= last))
			continue;
		if (put_user_u64(dst + done * sizeof(u64), id))
			return -EFAULT;
		done++;
	}
	return (long)done;
}

SYSCALL_DEFINE4(listmount, uaddr_t, ureq, uaddr_t, dst, size_t, max, u32, flags)
{
	struct path top = current->fs->root;
	struct abi_mnt_id_req r;
	u64 *ids;
	size_t nr;
	long ret;

	if (flags & ~LISTMOUNT_REVERSE_)
		return -EINVAL;
	if (max > LISTMOUNT_MAX)
		return -EOVERFLOW;
	ret = get_request(&r, ureq);
	if (ret < 0)
		return ret;
	if (r.param && r.param <= UNIQUE_MIN)
		return -EINVAL;
	if (r.id != LSMT_ROOT_) {
		top.mnt = find(r.id);
		if (!top.mnt)
			return -ENOENT;
		top.dentry = top.mnt->root;
	}
	if (!may_see(&top))
		return -EPERM;
	ret = collect(&top, r.id, &ids, &nr);
	if (ret < 0)
		return ret;
	ret = put_ids(ids, nr, r.param, flags & LISTMOUNT_REVERSE_, dst, max);
	free(ids);
	return ret;
}
