/*
 * Changing credentials: set*uid(2), set*gid(2), setgroups(2), capset(2), and their readers.
 * Credentials are per thread, as in the kernel; glibc keeps threads in step. Every change works on
 * a copy (cred_prepare) that replaces the thread's own (cred_commit).
 */
#include "kernel/sys_cred.h"

#include "kernel/pid.h"
#include "kernel/pid_ns.h"
#include "kernel/syscall.h"
#include "kernel/uaccess.h"
#include "kernel/user_ns.h"

#define KEEP 0xffffffffu /* -1: leave the id as it is */
#define NGROUPS_MAX_ 65536
#define SECBIT_NO_SETUID_FIXUP 4u
#define SECBIT_KEEP_CAPS 16u

struct cred *cred_prepare(void)
{
	return cred_copy(current->cred);
}

long cred_commit(struct cred *new)
{
	struct cred *old = current->cred;

	if (new->euid != old->euid || new->egid != old->egid || new->fsuid != old->fsuid ||
		new->fsgid != old->fsgid || (new->cap_permitted & ~old->cap_permitted)) {
		if (current->mm)
			current->mm->dumpable = false;
		current->pdeath_signal = 0;
	}
	current->cred = new;
	cred_put(old);
	return 0;
}

static long cred_drop(struct cred *new, long err)
{
	cred_put(new);
	return err;
}

/* Filesystem capabilities follow fsuid, all others the other three (capabilities(7)). */
#define CAPS_FS \
	(1ull << CAP_CHOWN | 1ull << CAP_DAC_OVERRIDE | 1ull << CAP_DAC_READ_SEARCH | \
		1ull << CAP_FOWNER | 1ull << CAP_FSETID | 1ull << CAP_LINUX_IMMUTABLE | \
		1ull << CAP_MKNOD | 1ull << 32 /* MAC_OVERRIDE */)

static void fix_caps_fsuid(struct cred *new, const struct cred *old)
{
	u32 root = cred_root_uid(new);

	if (new->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (old->fsuid == root && new->fsuid != root)
		new->cap_effective &= ~CAPS_FS;
	if (old->fsuid != root && new->fsuid == root)
		new->cap_effective |= new->cap_permitted &CAPS_FS;
}

static void fix_caps_uid(struct cred *new, const struct cred *old)
{
	u32 root = cred_root_uid(new);
	bool had_root = old->uid == root || old->euid == root || old->suid == root;
	bool has_root = new->uid == root || new->euid == root || new->suid == root;

	if (new->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (had_root && !has_root) {
		if (!(new->securebits &SECBIT_KEEP_CAPS))
			new->cap_permitted = new->cap_effective = 0;
		new->cap_ambient = 0;
	}
	if (old->euid == root && new->euid != root)
		new->cap_effective = 0;
	if (old->euid != root && new->euid == root)
		new->cap_effective = new->cap_permitted;
}

/* Ids from the guest, -1 aside; false: one means nothing in its user namespace. */
static bool ids_in(u32 *const ids[3], u32 (*map)(u32))
{
	for (int i = 0; i < 3; i++) {
		if (!ids[i] || *ids[i] == KEEP)
			continue;
		*ids[i] = map(*ids[i]);
		if (*ids[i] == ID_INVALID)
			return false;
	}
	return true;
}

static bool uids_in(u32 *r, u32 *e, u32 *s)
{
	return ids_in((u32 *const[]){r, e, s}, uid_in);
}

static bool gids_in(u32 *r, u32 *e, u32 *s)
{
	return ids_in((u32 *const[]){r, e, s}, gid_in);
}

/* ---- user ids ---- */

static long commit_uids(struct cred *new)
{
	new->fsuid = new->euid;
	fix_caps_uid(new, current->cred);
	return cred_commit(new);
}

SYSCALL_DEFINE1(setuid, u32, uid)
{
	struct cred *new;

	uid = uid_in(uid);
	if (uid == KEEP)
		return -EINVAL;
	new = cred_prepare();
	if (!new)
		return -ENOMEM;
	if (capable_own(CAP_SETUID))
		new->uid = new->suid = uid;
	else if (uid != new->uid && uid != new->suid)
		return cred_drop(new, -EPERM);
	new->euid = uid;
	return commit_uids(new);
}

SYSCALL_DEFINE2(setreuid, u32, ruid, u32, euid)
{
	const struct cred *old = current->cred;
	bool any = capable_own(CAP_SETUID);
	struct cred *new;

	if (!uids_in(&ruid, &euid, NULL))
		return -EINVAL;
	if (ruid != KEEP && !any && ruid != old->uid && ruid != old->euid)
		return -EPERM;
	if (euid != KEEP && !any && euid != old->uid && euid != old->euid && euid != old->suid)
		return -EPERM;
	new = cred_prepare();
	if (!new)
		return -ENOMEM;
	if (ruid != KEEP)
		new->uid = ruid;
	if (euid != KEEP)
		new->euid = euid;
	if (ruid != KEEP || (euid != KEEP && euid != old->uid))
		new->suid = new->euid;
	return commit_uids(new);
}

static bool own_uid(u32 uid)
{
	const struct cred *c = current->cred;

	return uid == KEEP || uid == c->uid || uid == c->euid || uid == c->suid;
}

SYSCALL_DEFINE3(setresuid, u32, ruid, u32, euid, u32, suid)
{
	struct cred *new;

	if (!uids_in(&ruid, &euid, &suid))
		return -EINVAL;
	if (!capable_own(CAP_SETUID) && (!own_uid(ruid) || !own_uid(euid) || !own_uid(suid)))
		return -EPERM;
	new = cred_prepare();
	if (!new)
		return -ENOMEM;
	if (ruid != KEEP)
		new->uid = ruid;
	if (euid != KEEP)
		new->euid = euid;
	if (suid != KEEP)
		new->suid = suid;
	return commit_uids(new);
}

SYSCALL_DEFINE1(setfsuid, u32, uid)
{
	const struct cred *old = current->cred;
	u32 prev = old->fsuid;
	struct cred *new;

	uid = uid_in(uid);
	if (uid == prev || uid == KEEP || (!own_uid(uid) && !capable_own(CAP_SETUID)))
		return uid_out(prev);
	new = cred_prepare();
	if (!new)
		return uid_out(prev);
	new->fsuid = uid;
	fix_caps_fsuid(new, old);
	cred_commit(new);
	return uid_out(prev);
}

SYSCALL_DEFINE0(getuid)
{
	return uid_out(current->cred->uid);
}

SYSCALL_DEFINE0(geteuid)
{
	return uid_out(current->cred->euid);
}

static long put_three(const uaddr_t dst[3], u32 a, u32 b, u32 c)
{
	if (put_user_u32(dst[0], a) < 0 || put_user_u32(dst[1], b) < 0)
		return -EFAULT;
	return put_user_u32(dst[2], c);
}

SYSCALL_DEFINE3(getresuid, uaddr_t, r, uaddr_t, e, uaddr_t, s)
{
	const struct cred *c = current->cred;

	return put_three((uaddr_t[]){r, e, s}, uid_out(c->uid), uid_out(c->euid), uid_out(c->suid));
}

/* ---- group ids ---- */

static long commit_gids(struct cred *new)
{
	new->fsgid = new->egid;
	return cred_commit(new);
}

SYSCALL_DEFINE1(setgid, u32, gid)
{
	struct cred *new;

	gid = gid_in(gid);
	if (gid == KEEP)
		return -EINVAL;
	new = cred_prepare();
	if (!new)
		return -ENOMEM;
	if (capable_own(CAP_SETGID))
		new->gid = new->sgid = gid;
	else if (gid != new->gid && gid != new->sgid)
		return cred_drop(new, -EPERM);
	new->egid = gid;
	return commit_gids(new);
}

SYSCALL_DEFINE2(setregid, u32, rgid, u32, egid)
{
	const struct cred *old = current->cred;
	bool any = capable_own(CAP_SETGID);
	struct cred *new;

	if (!gids_in(&rgid, &egid, NULL))
		return -EINVAL;
	if (rgid != KEEP && !any && rgid != old->gid && rgid != old->egid)
		return -EPERM;
	if (egid != KEEP && !any && egid != old->gid && egid != old->egid && egid != old->sgid)
		return -EPERM;
	new = cred_prepare();
	if (!new)
		return -ENOMEM;
	if (rgid != KEEP)
		new->gid = rgid;
	if (egid != KEEP)
		new->egid = egid;
	if (rgid != KEEP || (egid != KEEP && egid != old->gid))
		new->sgid = new->egid;
	return commit_gids(new);
}

static bool own_gid(u32 gid)
{
	const struct cred *c = current->cred;

	return gid == KEEP || gid == c->gid || gid == c->egid || gid == c->sgid;
}

SYSCALL_DEFINE3(setresgid, u32, rgid, u32, egid, u32, sgid)
{
	struct cred *new;

	if (!gids_in(&rgid, &egid, &sgid))
		return -EINVAL;
	if (!capable_own(CAP_SETGID) && (!own_gid(rgid) || !own_gid(egid) || !own_gid(sgid)))
		return -EPERM;
	new = cred_prepare();
	if (!new)
		return -ENOMEM;
	if (rgid != KEEP)
		new->gid = rgid;
	if (egid != KEEP)
		new->egid = egid;
	if (sgid != KEEP)
		new->sgid = sgid;
	return commit_gids(new);
}

SYSCALL_DEFINE1(setfsgid, u32, gid)
{
	u32 prev = current->cred->fsgid;
	struct cred *new;

	gid = gid_in(gid);
	if (gid == prev || gid == KEEP || (!own_gid(gid) && !capable_own(CAP_SETGID)))
		return gid_out(prev);
	new = cred_prepare();
	if (!new)
		return gid_out(prev);
	new->fsgid = gid;
	cred_commit(new);
	return gid_out(prev);
}

SYSCALL_DEFINE0(getgid)
{
	return gid_out(current->cred->gid);
}

SYSCALL_DEFINE0(getegid)
{
	return gid_out(current->cred->egid);
}

SYSCALL_DEFINE3(getresgid, uaddr_t, r, uaddr_t, e, uaddr_t, s)
{
	const struct cred *c = current->cred;

	return put_three((uaddr_t[]){r, e, s}, gid_out(c->gid), gid_out(c->egid), gid_out(c->sgid));
}

SYSCALL_DEFINE2(getgroups, int, size, uaddr_t, list)
{
	const struct cred *c = current->cred;
	int nr = c->nr_groups;

	if (size < 0 || (size && size < nr))
		return -EINVAL;
	for (int i = 0; size && i < nr; i++)
		if (put_user_u32(list + (u64)i * sizeof(u32), gid_out(c->groups[i])) < 0)
			return -EFAULT;
	return nr;
}

static int compare_gids(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

SYSCALL_DEFINE2(setgroups, u32, nr, uaddr_t, list)
{
	struct cred *new;
	u32 *groups = NULL;

	if (!capable_own(CAP_SETGID) || current_user_ns()->setgroups_denied ||
		!current_user_ns()->gids.nr)
		return -EPERM;
	if (nr > NGROUPS_MAX_)
		return -EINVAL;
	new = cred_prepare();
	if (nr)
		groups = malloc(nr * sizeof(u32));
	if (!new || (nr && !groups)) {
		free(groups);
		cred_put(new);
		return -ENOMEM;
	}
	free(new->groups);
	new->groups = groups;
	new->nr_groups = nr;
	if (nr && copy_from_user(groups, list, nr * sizeof(u32)) < 0)
		return cred_drop(new, -EFAULT);
	for (u32 i = 0; i < nr; i++) {
		groups[i] = gid_in(groups[i]);
		if (groups[i] == ID_INVALID)
			return cred_drop(new, -EINVAL);
	}
	if (nr)
		qsort(groups, nr, sizeof(u32), compare_gids);
	return cred_commit(new);
}

/* ---- capabilities ---- */

#define CAP_V1 0x19980330u
#define CAP_V2 0x20071026u
#define CAP_V3 0x20080522u

struct cap_header {
	u32 version;
	s32 pid;
};

struct cap_data {
	u32 effective, permitted, inheritable;
};

/* Number of struct cap_data, or -EINVAL after telling the version we prefer. */
static int cap_words(uaddr_t uhdr, struct cap_header *h)
{
	if (copy_from_user(h, uhdr, sizeof(*h)) < 0)
		return -EFAULT;
	switch (h->version) {
	case CAP_V1:
		return 1;
	case CAP_V2:
	case CAP_V3:
		return 2;
	default:
		return put_user_u32(uhdr, CAP_V3) < 0 ? -EFAULT : -EINVAL;
	}
}

SYSCALL_DEFINE2(capget, uaddr_t, uhdr, uaddr_t, udata)
{
	const struct cred *c = current->cred;
	struct cap_data d[2];
	struct cap_header h;
	int words = cap_words(uhdr, &h);

	if (words < 0)
		return words == -EINVAL && !udata ? 0 : words;
	if (h.pid < 0)
		return -EINVAL;
	if (h.pid && pid_in(h.pid) != current->tid) {
		struct task *t = task_find(pid_in(h.pid));

		if (!t)
			return -ESRCH;
		c = t->cred;
	}
	for (int i = 0; i < 2; i++) {
		d[i].effective = c->cap_effective >> (32 * i);
		d[i].permitted = c->cap_permitted >> (32 * i);
		d[i].inheritable = c->cap_inheritable >> (32 * i);
	}
	return udata ? copy_to_user(udata, d, words * sizeof(d[0])) : 0;
}

static bool capset_allowed(const struct cred *old, const struct cred *new)
{
	u64 raised = new->cap_inheritable & ~old->cap_inheritable;

	if (new->cap_permitted & ~old->cap_permitted)
		return false;
	if (new->cap_effective & ~new->cap_permitted)
		return false;
	if (!cred_has(old, CAP_SETPCAP) && (raised & ~old->cap_permitted))
		return false;
	return !(raised & ~(old->cap_inheritable | old->cap_bounding));
}

SYSCALL_DEFINE2(capset, uaddr_t, uhdr, uaddr_t, udata)
{
	struct cap_data d[2] = {{0}};
	struct cap_header h;
	struct cred *new;
	int words = cap_words(uhdr, &h);

	if (words < 0)
		return words;
	if (h.pid && pid_in(h.pid) != current->tid)
		return -EPERM;
	if (copy_from_user(d, udata, words * sizeof(d[0])) < 0)
		return -EFAULT;
	new = cred_prepare();
	if (!new)
		return -ENOMEM;
	new->cap_effective = (d[0].effective | (u64)d[1].effective << 32) & CAP_FULL;
	new->cap_permitted = (d[0].permitted | (u64)d[1].permitted << 32) & CAP_FULL;
	new->cap_inheritable = (d[0].inheritable | (u64)d[1].inheritable << 32) & CAP_FULL;
	if (!capset_allowed(current->cred, new))
		return cred_drop(new, -EPERM);
	new->cap_ambient &= new->cap_permitted &new->cap_inheritable;
	return cred_commit(new);
}
