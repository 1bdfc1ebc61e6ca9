/*
 * The common part of namespaces, sets of them, and the calls that move a task between them:
 * unshare(2), setns(2). clone(2) comes here through nsset_create. namespaces(7).
 */
#include "kernel/ns.h"

#include "fs/fdtable.h"
#include "fs/mnt_ns.h"
#include "fs/nsfs.h"
#include "kernel/cgroup.h"
#include "kernel/ipc/ipc.h"
#include "kernel/ipc/sem.h"
#include "kernel/net/net_ns.h"
#include "kernel/pidfd.h"
#include "kernel/pid_ns.h"
#include "kernel/rlimit.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"
#include "kernel/uts.h"

#define FIRST_NUMBER 4026532200ull

struct time_ns init_time_ns = {
	{.kind = NS_TIME, .refs = 1, .number = 4026531834, .owner = &init_user_ns}};
struct nsset init_nsset = {
	.refs = 1,
	.uts = &init_uts_ns,
	.ipc = &init_ipc_ns,
	.mnt = &init_mnt_ns,
	.net = &init_net_ns,
	.cgroup = &init_cgroup_ns,
	.pid_for_children = &init_pid_ns,
};

static const struct {
	const char *name;
	u32 clone_flag;
} kinds[NS_KIND_COUNT] = {
	[NS_CGROUP] = {"cgroup", CLONE_NEWCGROUP},
	[NS_IPC] = {"ipc", CLONE_NEWIPC},
	[NS_MNT] = {"mnt", CLONE_NEWNS},
	[NS_NET] = {"net", CLONE_NEWNET},
	[NS_PID] = {"pid", CLONE_NEWPID},
	[NS_TIME] = {"time", CLONE_NEWTIME_},
	[NS_USER] = {"user", CLONE_NEWUSER},
	[NS_UTS] = {"uts", CLONE_NEWUTS},
};

const char *ns_name(enum ns_kind kind)
{
	return kinds[kind].name;
}

u32 ns_clone_flag(enum ns_kind kind)
{
	return kinds[kind].clone_flag;
}

void ns_init(struct ns *ns, enum ns_kind kind, struct user_ns *owner)
{
	static u64 next = FIRST_NUMBER;

	ns->kind = kind;
	ns->refs = 1;
	ns->number = next++;
	ns->owner = owner;
	ns_get(&owner->ns);
}

struct ns *ns_get(struct ns *ns)
{
	ns->refs++;
	return ns;
}

static void ns_free(struct ns *ns)
{
	switch (ns->kind) {
	case NS_CGROUP:
		cgroup_ns_free((struct cgroup_ns *)ns);
		break;
	case NS_IPC:
		ipc_ns_free((struct ipc_ns *)ns);
		break;
	case NS_MNT:
		mnt_ns_free((struct mnt_ns *)ns);
		break;
	case NS_NET:
		net_ns_free((struct net_ns *)ns);
		break;
	case NS_PID:
		pid_ns_free((struct pid_ns *)ns);
		break;
	case NS_USER:
		user_ns_free((struct user_ns *)ns);
		break;
	default:
		free(ns);
	}
}

/* The initial ones keep the reference they are born with. */
void ns_put(struct ns *ns)
{
	struct user_ns *owner;

	while (ns && !--ns->refs) {
		owner = ns->owner;
		ns_free(ns);
		ns = owner ? &owner->ns : NULL;
	}
}

/* ---- sets ---- */

struct nsset *nsset_current(void)
{
	return current && current->ns ? current->ns : &init_nsset;
}

struct nsset *nsset_get(struct nsset *set)
{
	set->refs++;
	return set;
}

static void for_each_ns(const struct nsset *set, void (*fn)(struct ns *ns))
{
	fn((struct ns *)set->uts);
	fn((struct ns *)set->ipc);
	fn((struct ns *)set->mnt);
	fn((struct ns *)set->net);
	fn((struct ns *)set->cgroup);
	fn((struct ns *)set->pid_for_children);
}

void nsset_put(struct nsset *set)
{
	if (!set || --set->refs)
		return;
	for_each_ns(set, ns_put);
	free(set);
}

static void get_one(struct ns *ns)
{
	ns_get(ns);
}

static struct nsset *nsset_copy(const struct nsset *from)
{
	struct nsset *set = malloc(sizeof(*set));

	if (!set)
		return NULL;
	*set = *from;
	set->refs = 1;
	for_each_ns(set, get_one);
	return set;
}

/* Replaces the namespace at *slot, whose reference goes, by new. */
static int put_new(void *slot, void *new)
{
	struct ns **at = slot;

	if (!new)
		return -ENOMEM;
	ns_put(*at);
	*at = new;
	return 0;
}

int nsset_create(const struct nsset *from, u64 flags, struct user_ns *owner, struct fs_ctx *fs,
	struct nsset **out)
{
	struct nsset *set = nsset_copy(from);
	struct mnt_ns *mnt;
	struct pid_ns *pid;
	int ret = set ? 0 : -ENOMEM;

	if (!ret && (flags & CLONE_NEWUTS))
		ret = put_new(&set->uts, uts_ns_create(from->uts, owner));
	if (!ret && (flags & CLONE_NEWIPC))
		ret = put_new(&set->ipc, ipc_ns_create(owner));
	if (!ret && (flags & CLONE_NEWNET))
		ret = put_new(&set->net, net_ns_create(owner));
	if (!ret && (flags & CLONE_NEWCGROUP))
		ret = put_new(&set->cgroup, cgroup_ns_create(owner));
	if (!ret && (flags & CLONE_NEWPID)) {
		ret = pid_ns_create(from->pid_for_children, owner, &pid);
		if (!ret)
			put_new(&set->pid_for_children, pid);
	}
	if (!ret && (flags & CLONE_NEWNS)) {
		ret = mnt_ns_copy(from->mnt, owner, fs, &mnt);
		if (!ret)
			put_new(&set->mnt, mnt);
	}
	if (ret < 0) {
		nsset_put(set);
		return ret;
	}
	*out = set;
	return 0;
}

struct ns *task_ns(const struct task *t, enum ns_kind kind, bool for_children)
{
	const struct nsset *set = t->ns ? t->ns : &init_nsset;

	switch (kind) {
	case NS_CGROUP:
		return &set->cgroup->ns;
	case NS_IPC:
		return &set->ipc->ns;
	case NS_MNT:
		return &set->mnt->ns;
	case NS_NET:
		return &set->net->ns;
	case NS_PID:
		return for_children ? &set->pid_for_children->ns : &task_pid_ns(t)->ns;
	case NS_USER:
		return t->cred->user_ns ? &t->cred->user_ns->ns : &init_user_ns.ns;
	case NS_UTS:
		return &set->uts->ns;
	default:
		return &init_time_ns.ns;
	}
}

/* ---- unshare(2) ---- */

static int unshare_files(struct task *t)
{
	struct files *own;

	if (t->files->refs == 1)
		return 0;
	if (files_span(t->files) > rlimit_nr_open)
		return -EMFILE;
	own = files_copy(t->files);
	if (!own)
		return -ENOMEM;
	files_put(t->files);
	t->files = own;
	return 0;
}

static int unshare_fs(struct task *t)
{
	struct fs_ctx *own;

	if (t->fs->refs == 1)
		return 0;
	own = fs_ctx_copy(t->fs);
	if (!own)
		return -ENOMEM;
	fs_ctx_put(t->fs);
	t->fs = own;
	return 0;
}

static int unshare_check(const struct task *t, u64 flags)
{
	if (flags & ~(u64)(CLONE_FILES | CLONE_FS | CLONE_SYSVSEM | CLONE_THREAD | CLONE_SIGHAND |
			    CLONE_VM | CLONE_NEW_ALL))
		return -EINVAL;
	if (flags & CLONE_NEWTIME_)
		return -EINVAL;
	if ((flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWUSER)) &&
		t->tg->nr_tasks > 1)
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && t->sighand->refs > 1)
		return -EINVAL;
	if ((flags & CLONE_VM) && t->mm->refs > 1)
		return -EINVAL;
	return 0;
}

static int unshare_namespaces(struct task *t, u64 flags)
{
	struct cred *cred = NULL;
	struct nsset *set = NULL;
	int ret = 0;

	if (flags & CLONE_NEWUSER)
		ret = user_ns_create(t->cred, &cred);
	else if (!capable_own(CAP_SYS_ADMIN))
		ret = -EPERM;
	if (!ret && (flags & CLONE_NEW_ALL & ~CLONE_NEWUSER))
		ret = nsset_create(t->ns ? t->ns : &init_nsset, flags,
			cred ? cred->user_ns : current_user_ns(), t->fs, &set);
	if (ret < 0) {
		cred_put(cred);
		return ret;
	}
	if (cred) {
		cred_put(t->cred);
		t->cred = cred;
	}
	if (set) {
		nsset_put(t->ns);
		t->ns = set;
	}
	return 0;
}

SYSCALL_DEFINE1(unshare, u64, flags)
{
	struct task *t = current;
	int err = unshare_check(t, flags);

	if (!err && (flags & (CLONE_SYSVSEM | CLONE_NEWIPC)))
		sem_undo_exit(t);
	if (!err && (flags & CLONE_FILES))
		err = unshare_files(t);
	if (!err && (flags & (CLONE_FS | CLONE_NEWNS | CLONE_NEWUSER)))
		err = unshare_fs(t);
	if (!err && (flags & CLONE_NEW_ALL))
		err = unshare_namespaces(t, flags);
	return err;
}

/* ---- setns(2) ---- */

static int enter_user(struct task *t, struct user_ns *ns)
{
	struct cred *c;

	if (ns == current_user_ns() || t->tg->nr_tasks > 1 || t->fs->refs > 1)
		return -EINVAL;
	if (!ns_capable(ns, CAP_SYS_ADMIN))
		return -EPERM;
	c = cred_copy(t->cred);
	if (!c)
		return -ENOMEM;
	if (c->user_ns)
		ns_put(&c->user_ns->ns);
	c->user_ns = (struct user_ns *)ns_get(&ns->ns);
	c->securebits = 0;
	c->cap_inheritable = c->cap_ambient = 0;
	c->cap_permitted = c->cap_effective = c->cap_bounding = CAP_FULL;
	cred_put(t->cred);
	t->cred = c;
	return 0;
}

static bool may_enter(const struct ns *ns)
{
	return ns_capable(ns->owner, CAP_SYS_ADMIN) && capable_own(CAP_SYS_ADMIN);
}

static void *slot_of(struct nsset *set, enum ns_kind kind)
{
	switch (kind) {
	case NS_CGROUP:
		return &set->cgroup;
	case NS_IPC:
		return &set->ipc;
	case NS_MNT:
		return &set->mnt;
	case NS_NET:
		return &set->net;
	case NS_PID:
		return &set->pid_for_children;
	default:
		return &set->uts;
	}
}

static int enter_check(struct task *t, struct ns *ns)
{
	if (!may_enter(ns))
		return -EPERM;
	if (ns->kind == NS_PID && !pid_ns_contains(task_pid_ns(t), (struct pid_ns *)ns))
		return -EINVAL;
	if (ns->kind != NS_MNT)
		return 0;
	if (!capable_own(CAP_SYS_CHROOT))
		return -EPERM;
	return t->fs->refs > 1 ? -EINVAL : 0;
}

static int enter_ns(struct task *t, struct ns *ns)
{
	struct nsset *set;
	int ret;

	if (ns->kind == NS_USER)
		return enter_user(t, (struct user_ns *)ns);
	if (ns->kind == NS_TIME)
		return t->tg->nr_tasks > 1 ? -EUSERS : may_enter(ns) ? 0 : -EPERM;
	ret = enter_check(t, ns);
	if (ret < 0)
		return ret;
	set = nsset_copy(t->ns ? t->ns : &init_nsset);
	if (!set)
		return -ENOMEM;
	if (ns->kind == NS_IPC)
		sem_undo_exit(t);
	if (ns->kind == NS_MNT)
		mnt_ns_enter((struct mnt_ns *)ns, t->fs);
	put_new(slot_of(set, ns->kind), ns_get(ns));
	nsset_put(t->ns);
	t->ns = set;
	return 0;
}

/* All the namespaces in flags that another process lives in. */
static int enter_process(struct task *t, const struct task *other, u64 flags)
{
	static const enum ns_kind order[] = {
		NS_USER, NS_CGROUP, NS_IPC, NS_UTS, NS_NET, NS_PID, NS_TIME, NS_MNT};
	struct ns *found[ARRAY_SIZE(order)] = {NULL};
	int ret = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(order); i++)
		if (flags & ns_clone_flag(order[i]))
			found[i] = ns_get(task_ns(other, order[i], false));
	for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
		if (found[i] && ret == 0)
			ret = enter_ns(t, found[i]);
		ns_put(found[i]);
	}
	return ret;
}

static int enter_by_pidfd(struct tgroup *tg, u64 flags)
{
	struct task *other = tg->leader;

	if (!flags || (flags & ~(u64)CLONE_NEW_ALL))
		return -EINVAL;
	if (!other || tg->state == TG_ZOMBIE)
		return -ESRCH;
	return enter_process(current, other, flags);
}

SYSCALL_DEFINE2(setns, int, fd, u32, flags)
{
	struct file *f = fd_file(fd);
	struct tgroup *tg;
	struct ns *ns;
	int ret;

	if (!f)
		return -EBADF;
	ns = nsfs_ns(f);
	if (ns) {
		ret = flags && flags != ns_clone_flag(ns->kind) ? -EINVAL : enter_ns(current, ns);
		file_put(f);
		return ret;
	}
	file_put(f);
	tg = pidfd_tgroup(fd, NULL);
	if (!tg)
		return -EINVAL;
	ret = enter_by_pidfd(tg, flags);
	tgroup_put(tg);
	return ret;
}
