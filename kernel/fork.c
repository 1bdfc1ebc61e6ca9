/*
 * fork, vfork, clone, clone3: the kernel's half of a new task is made first, then the parent's stub
 * is ordered to clone natively, then the child's first event completes it. Nothing of the child
 * runs before guest_clone() has succeeded; if it fails the child is abandoned.
 */
#include "kernel/fork.h"

#include "fs/fdtable.h"
#include "kernel/cgroup.h"
#include "kernel/exec.h"
#include "kernel/exit.h"
#include "kernel/freeze.h"
#include "kernel/ipc/sem.h"
#include "kernel/itimer.h"
#include "kernel/keys/key.h"
#include "kernel/lib/log.h"
#include "kernel/outside.h"
#include "kernel/pid_ns.h"
#include "kernel/pidfd.h"
#include "kernel/ptrace.h"
#include "kernel/seccomp.h"
#include "kernel/syscall.h"
#include "kernel/tty/tty.h"
#include "kernel/uaccess.h"
#include "kernel/user_ns.h"
#include "fs/cgroup/cgroup.h"

struct clone_req {
	u64 flags; /* CLONE_*, without the exit signal */
	int exit_signal;
	uaddr_t stack, tls, parent_tid, child_tid, pidfd;
	pid_t set_tid;
	struct cgroup *cgroup; /* a reference; NULL: the parent's */
};

/* Has unshare or setns set another PID namespace for the children? */
static bool enters_pid_ns(void)
{
	return nsset_current()->pid_for_children != pid_ns_current();
}

static int clone_check(const struct clone_req *r)
{
	u64 f = r->flags;

	if ((f & CLONE_SIGHAND) && !(f & CLONE_VM))
		return -EINVAL;
	if ((f & CLONE_THREAD) && !(f & CLONE_SIGHAND))
		return -EINVAL;
	if ((f & CLONE_PARENT) && is_ns_init(current->tg))
		return -EINVAL;
	if ((f & CLONE_FS) && (f & (CLONE_NEWNS | CLONE_NEWUSER)))
		return -EINVAL;
	if ((f & CLONE_THREAD) && ((f & (CLONE_NEWUSER | CLONE_NEWPID)) || enters_pid_ns()))
		return -EINVAL;
	if ((f & CLONE_SYSVSEM) && (f & CLONE_NEWIPC))
		return -EINVAL;
	if ((f & CLONE_PIDFD) && (f & CLONE_THREAD))
		return -EINVAL;
	if (r->exit_signal < 0 || r->exit_signal > ABI_NSIG)
		return -EINVAL;
	return 0;
}

static unsigned user_tasks(u32 uid)
{
	struct tgroup *tg;
	struct task *t;
	unsigned n = 0;

	list_for_each_entry (tg, &all_tgroups, all_link)
		list_for_each_entry (t, &tg->tasks, tg_link)
			n += t->cred->uid == uid;
	return n;
}

static int clone_limits(void)
{
	rlim_t max = task_rlimit(current, RLIMIT_NPROC);

	if (current->sched_policy == SCHED_DEADLINE && !current->sched_reset_on_fork)
		return -EAGAIN; /* deadlines are not inherited */
	if (nr_tasks_total >= nr_tasks_max)
		return -EAGAIN;
	if (max == RLIM_INFINITY || max >= nr_tasks_total || current->cred->uid == 0)
		return 0;
	if (capable(CAP_SYS_RESOURCE) || capable(CAP_SYS_ADMIN))
		return 0;
	return user_tasks(current->cred->uid) >= max ? -EAGAIN : 0;
}

/* ---- the child's half ---- */

#define CLONE_CLEAR_SIGHAND_ 0x100000000ull
#define HANDLER_IGNORE 1

static void clear_handlers(struct sighand *sh)
{
	for (unsigned i = 0; i < ABI_NSIG; i++)
		if (sh->action[i].handler != HANDLER_IGNORE)
			memset(&sh->action[i], 0, sizeof(sh->action[i]));
}

static int child_namespaces(struct task *c, const struct task *p, u64 flags)
{
	struct nsset *set = p->ns ? p->ns : &init_nsset;
	struct user_ns *owner = c->cred->user_ns ? c->cred->user_ns : &init_user_ns;

	if (!(flags & CLONE_NEW_ALL & ~CLONE_NEWUSER)) {
		c->ns = nsset_get(set);
		return 0;
	}
	if (!cred_has(c->cred, CAP_SYS_ADMIN))
		return -EPERM;
	return nsset_create(set, flags, owner, c->fs, &c->ns);
}

static int child_share(struct task *c, struct task *p, u64 flags)
{
	int err = 0;

	if (flags & CLONE_NEWUSER)
		err = user_ns_create(p->cred, &c->cred);
	else
		c->cred = cred_get(p->cred);
	if (err < 0)
		return err;
	c->files = (flags & CLONE_FILES) ? files_get(p->files) : files_copy(p->files);
	if (flags & CLONE_FS)
		p->fs->refs++;
	c->fs = (flags & CLONE_FS) ? p->fs : fs_ctx_copy(p->fs);
	c->mm = (flags & CLONE_VM) ? mm_get(p->mm) : mm_copy(p->mm);
	if (flags & CLONE_SIGHAND)
		c->sighand = sighand_get(p->sighand);
	else
		c->sighand = sighand_copy(p->sighand);
	if (c->sighand && (flags & CLONE_CLEAR_SIGHAND_))
		clear_handlers(c->sighand);
	if (!c->files || !c->fs || !c->mm || !c->sighand)
		return -ENOMEM;
	err = child_namespaces(c, p, flags);
	if (err < 0)
		return err;
	if ((flags & CLONE_SYSVSEM) && sem_undo_share(c, p) < 0)
		return -ENOMEM;
	return key_task_fork(c, p);
}

static void inherit_scheduling(struct task *c, const struct task *p)
{
	bool realtime = p->sched_policy == SCHED_FIFO || p->sched_policy == SCHED_RR;

	c->nice = p->nice;
	c->ioprio = p->ioprio;
	if (!p->sched_reset_on_fork) {
		c->sched_policy = p->sched_policy;
		c->sched_priority = p->sched_priority;
	} else if (realtime || p->nice < 0) {
		c->nice = 0;
	}
}

static void child_inherit(struct task *c, const struct task *p, u64 flags)
{
	memcpy(c->comm, p->comm, sizeof(c->comm));
	c->blocked = signal_mask(p);
	inherit_scheduling(c, p);
	c->no_new_privs = p->no_new_privs;
	seccomp_inherit(c, p);
	c->personality = p->personality;
	c->fixed_layout = p->fixed_layout;
	c->timerslack_ns = c->timerslack_default_ns = p->timerslack_ns;
	if (!(flags & CLONE_VM) || (flags & CLONE_VFORK))
		c->altstack = p->altstack;
}

/* The group's place in the family: parent, process group, session, limits. */
static void group_inherit(struct tgroup *tg, struct tgroup *ptg, const struct clone_req *r)
{
	struct tgroup *parent = (r->flags & CLONE_PARENT) ? ptg->parent : ptg;

	tg->parent = parent;
	tg->parent_tid = (r->flags & CLONE_PARENT) ? ptg->parent_tid : current->tid;
	list_add_tail(&tg->sibling, &parent->children);
	tg->pgid = ptg->pgid;
	tg->sid = ptg->sid;
	tg->ctty = tty_get(ptg->ctty);
	tg->exit_signal = (r->flags & CLONE_PARENT) ? ptg->exit_signal : r->exit_signal;
	tg->loginuid = ptg->loginuid;
	tg->oom_score_adj = ptg->oom_score_adj;
	tg->oom_score_adj_min = ptg->oom_score_adj_min;
	memcpy(tg->rlim, ptg->rlim, sizeof(tg->rlim));
}

static void child_unshare(struct task *c)
{
	if (c->files)
		files_put(c->files);
	if (c->fs)
		fs_ctx_put(c->fs);
	nsset_put(c->ns);
	seccomp_exit(c);
	sem_undo_exit(c);
	key_task_exit(c);
	mm_put(c->mm);
	if (c->sighand)
		sighand_put(c->sighand);
	if (c->cred)
		cred_put(c->cred);
}

/* Undoes child_create before the child has run anything. */
static void child_abandon(struct task *c, bool own_group)
{
	struct tgroup *tg = c->tg;

	child_unshare(c);
	task_free(c);
	if (own_group) {
		if (tg->pid_ns && tg->pid_ns->init == tg)
			tg->pid_ns->init = NULL;
		itimers_exit(tg);
		tty_put(tg->ctty);
		tg->ctty = NULL;
		tgroup_unhash(tg);
	}
}

/* The numbers of c in its PID namespace, and the namespace's first process. */
static int child_enroll(struct task *c, bool own_group)
{
	struct pid_ns *ns = own_group ? c->ns->pid_for_children : task_pid_ns(c);

	if (own_group && ns->parent) {
		c->tg->pid_ns = ns;
		ns_get(&ns->ns);
		if (!ns->init && !ns->dead)
			ns->init = c->tg;
	}
	return pid_ns_enroll(ns, c->tid);
}

static int child_create(struct task *p, const struct clone_req *r, struct task **out)
{
	bool own_group = !(r->flags & CLONE_THREAD);
	struct tgroup *tg = own_group ? tgroup_alloc() : p->tg;
	struct task *c = task_alloc();
	pid_t tid = pid_alloc();

	int err = c && tg && tid > 0 ? child_share(c, p, r->flags) : -EAGAIN;

	if (!err)
		err = task_register(c, tg, tid);
	if (err < 0) {
		if (c)
			child_unshare(c);
		free(c);
		if (own_group)
			free(tg);
		return err;
	}
	child_inherit(c, p, r->flags);
	c->embryo = true;
	if (own_group) {
		group_inherit(tg, p->tg, r);
		cpu_sampler_update(tg); /* RLIMIT_CPU */
	} else {
		signal_join_thread(c);
	}
	if (r->flags & CLONE_CHILD_CLEARTID)
		c->clear_child_tid = r->child_tid;
	if (r->flags & CLONE_CHILD_SETTID)
		c->set_child_tid = r->child_tid;
	err = cgroup_fork(c, c->tg, r->cgroup ? r->cgroup : cgroup_of(p->tg), own_group);
	if (!err)
		err = child_enroll(c, own_group);
	if (err < 0)
		child_abandon(c, own_group);
	*out = c;
	return err;
}

static int install_pidfd(struct task *c, const struct clone_req *r)
{
	int fd = pidfd_install(c->tg, 0);

	if (fd >= 0 && put_user_u32(r->pidfd, (u32)fd) < 0) {
		fd_close(fd);
		return -EFAULT;
	}
	return MIN(fd, 0);
}

static void wait_for_vfork(struct task *p, struct task *c)
{
	int err = wait_event_killable(&p->vfork_wait, !p->vforking);

	if (err < 0 && p->vforking) { /* we are dying; the child must not wake us any more */
		c->vfork_parent = NULL;
		p->vforking = false;
	}
}

/* The caller has died over its clone. A child that has reported by then lives on, or is gone. */
static void clone_failed(pid_t tid, bool own_group)
{
	struct task *c = task_find(tid);

	if (!c)
		return;
	c->vfork_parent = NULL;
	if (c->embryo)
		child_abandon(c, own_group);
}

/* Runs, and will not report: what came for it meanwhile has to fetch it. */
static void quiet_born(pid_t tid)
{
	struct task *c = task_find(tid);

	if (!c)
		return;
	task_started(c);
	if (c->sigpending_flag || machine_frozen)
		signal_kick(c);
}

static long do_clone(const struct clone_req *r)
{
	struct task *p = current, *c;
	bool own_group = !(r->flags & CLONE_THREAD);
	struct guest_clone gc = {
		.flags = r->flags, .stack = r->stack, .tls = r->tls, .cleartid = r->child_tid};
	int err = clone_check(r), event;
	pid_t tid, number;

	if (err < 0 || (err = clone_limits()) < 0)
		return err;
	if (own_group && signal_pending(p))
		return -ERESTARTNOINTR;
	err = child_create(p, r, &c);
	if (err < 0)
		return err;
	tid = c->tid;
	number = pid_out(tid);
	event = trace_clone_event(p, r->flags, r->exit_signal);
	if (r->flags & CLONE_VFORK) {
		p->vforking = true;
		c->vfork_parent = p;
	}
	if (r->flags & CLONE_PIDFD)
		err = install_pidfd(c, r);
	if (!err && (r->flags & CLONE_PARENT_SETTID) &&
		put_user_u32(r->parent_tid, (u32)number) < 0)
		err = -EFAULT;
	if (own_group)
		c->tg->usage_due = true;
	if (!err)
		err = trace_child(p, c, event, r->flags & CLONE_PTRACE);
	gc.quiet = !own_group && !task_traced(p) && !guest_traps_all(p);
	if (!err && gc.quiet && c->set_child_tid)
		put_user_u32(c->set_child_tid, (u32)number);
	if (!err)
		err = guest_clone(p, c, &gc);
	if (err < 0) {
		p->vforking = false;
		clone_failed(tid, own_group);
		return err == -ESRCH ? -EINTR : err;
	}
	if (gc.quiet)
		quiet_born(tid);
	embryo_born(tid);
	if (event)
		trace_event(p, event, (u64)tid);
	if (r->flags & CLONE_VFORK) {
		wait_for_vfork(p, c);
		trace_event(p, PTRACE_EVENT_VFORK_DONE, (u64)tid);
	}
	return number;
}

/* On the child's coroutine. */
long fork_child_start(struct task *t)
{
	if (outside_is_nursery(t))
		return SYSCALL_RESUMED; /* stays where it is */
	if (t->tg->outside && !t->tg->has_execed)
		return outside_child_start(t);
	if (!t->mm->exe && !t->tg->has_execed)
		return exec_init();
	if (t->set_child_tid)
		put_user_u32(t->set_child_tid, (u32)pid_out(t->tid));
	return 0;
}

SYSCALL_DEFINE5(
	clone, u64, flags, uaddr_t, stack, uaddr_t, parent_tid, uaddr_t, child_tid, uaddr_t, tls)
{
	struct clone_req r = {
		.flags = flags & 0xffffff00u,
		.exit_signal = flags & 0xff,
		.stack = stack,
		.parent_tid = parent_tid,
		.child_tid = child_tid,
		.tls = tls,
		.pidfd = parent_tid,
	};

	if ((flags & CLONE_PIDFD) && (flags & CLONE_PARENT_SETTID))
		return -EINVAL;
	return do_clone(&r);
}

SYSCALL_DEFINE0(fork)
{
	struct clone_req r = {.exit_signal = SIGCHLD};

	return do_clone(&r);
}

SYSCALL_DEFINE0(vfork)
{
	struct clone_req r = {.flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD};

	return do_clone(&r);
}

struct abi_clone_args {
	u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	u64 set_tid, set_tid_size, cgroup;
};

#define CLONE_ARGS_SIZE_VER0 64
#define CLONE_INTO_CGROUP_ 0x200000000ull

/* clone3(2): a longer struct than ours must be zero where we know nothing. */
static int clone3_copy(struct abi_clone_args *a, uaddr_t uargs, u64 size)
{
	u8 rest[64];

	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	memset(a, 0, sizeof(*a));
	if (copy_from_user(a, uargs, MIN(size, sizeof(*a))) < 0)
		return -EFAULT;
	for (u64 off = sizeof(*a); off < size; off += sizeof(rest)) {
		size_t n = MIN(size - off, sizeof(rest));

		if (copy_from_user(rest, uargs + off, n) < 0)
			return -EFAULT;
		for (size_t i = 0; i < n; i++)
			if (rest[i])
				return -E2BIG;
	}
	return 0;
}

/* The group a descriptor of its directory names, for CLONE_INTO_CGROUP. */
static int clone3_cgroup(struct clone_req *r, const struct abi_clone_args *a, u64 size)
{
	struct file *f;
	int ret = -EBADF;

	if (size < sizeof(*a) || (a->flags & CLONE_THREAD) || a->cgroup > INT_MAX)
		return -EINVAL;
	f = fd_file_raw((int)a->cgroup);
	if (!f)
		return -EBADF;
	r->cgroup = cgroup_of_dir(f);
	if (r->cgroup) {
		ret = inode_permission(f->inode, MAY_WRITE);
		if (ret == 0)
			ret = cgroup_may_enter(r->cgroup);
		if (ret == 0)
			cgroup_get(r->cgroup);
	}
	file_put(f);
	return ret;
}

SYSCALL_DEFINE2(clone3, uaddr_t, uargs, u64, size)
{
	struct abi_clone_args a;
	struct clone_req r;
	long ret;
	int err = clone3_copy(&a, uargs, size);

	if (err < 0)
		return err;
	if (a.set_tid_size || (a.flags & CLONE_NEWTIME_))
		return -EINVAL;
	if (a.flags & ~(0xffffff00ull | CLONE_NEWTIME_ | CLONE_CLEAR_SIGHAND_ |
			      CLONE_INTO_CGROUP_) ||
		(a.flags & CLONE_DETACHED))
		return -EINVAL;
	if ((a.flags & CLONE_SIGHAND) && (a.flags & CLONE_CLEAR_SIGHAND_))
		return -EINVAL;
	if ((a.flags & (CLONE_THREAD | CLONE_PARENT)) && a.exit_signal)
		return -EINVAL;
	if (a.exit_signal > ABI_NSIG || !a.stack != !a.stack_size)
		return -EINVAL;
	r = (struct clone_req){
		.flags = a.flags,
		.exit_signal = (int)a.exit_signal,
		.stack = a.stack ? a.stack + a.stack_size : 0,
		.tls = a.tls,
		.parent_tid = a.parent_tid,
		.child_tid = a.child_tid,
		.pidfd = a.pidfd,
	};
	if (!(a.flags & CLONE_INTO_CGROUP_))
		return do_clone(&r);
	err = clone3_cgroup(&r, &a, size);
	if (err < 0)
		return err;
	ret = do_clone(&r);
	cgroup_put(r.cgroup);
	return ret;
}

SYSCALL_DEFINE1(set_tid_address, uaddr_t, addr)
{
	guest_order_later(current, 218, addr, 0);
	current->clear_child_tid = addr;
	return pid_out(current->tid);
}
