/*
 * System calls on signals: sigaction(2), sigprocmask(2), sigpending(2), sigsuspend(2),
 * sigtimedwait(2), kill(2), tkill(2), rt_sigqueueinfo(2), sigaltstack(2), pause(2), sigreturn(2).
 */
#include "kernel/exit.h"
#include "kernel/lib/log.h"
#include "kernel/os.h"
#include "kernel/pid.h"
#include "kernel/pid_ns.h"
#include "kernel/sys_signal.h"
#include "kernel/sys_time.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/uaccess.h"

#define SIG_KERNEL_ONLY (SIGBIT(SIGKILL) | SIGBIT(SIGSTOP))
#define SA_KNOWN \
	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER | \
		SA_RESETHAND | ABI_SA_RESTORER | 0x800 /* SA_EXPOSE_TAGBITS */)

static bool valid_signal(u64 sig)
{
	return sig >= 1 && sig <= ABI_NSIG;
}

/* ---- dispositions and masks ---- */

SYSCALL_DEFINE4(rt_sigaction, int, sig, uaddr_t, act, uaddr_t, oldact, u64, size)
{
	struct abi_sigaction new, old;

	if (size != sizeof(sigmask_t))
		return -EINVAL;
	if (act && copy_from_user(&new, act, sizeof(new)) < 0)
		return -EFAULT;
	if (!valid_signal(sig) || (act && (SIG_KERNEL_ONLY & SIGBIT(sig))))
		return -EINVAL;
	old = current->sighand->action[sig - 1];
	if (act) {
		new.flags &= (u32)SA_KNOWN;
		new.mask &= ~SIG_KERNEL_ONLY;
		signal_set_action(current, sig, &new);
	}
	if (oldact && copy_to_user(oldact, &old, sizeof(old)) < 0)
		return -EFAULT;
	return 0;
}

SYSCALL_DEFINE4(rt_sigprocmask, int, how, uaddr_t, set, uaddr_t, oldset, u64, size)
{
	sigmask_t old = signal_mask(current), m;

	if (size != sizeof(sigmask_t))
		return -EINVAL;
	if (set) {
		if (copy_from_user(&m, set, sizeof(m)) < 0)
			return -EFAULT;
		if (how == SIG_BLOCK)
			m = old | m;
		else if (how == SIG_UNBLOCK)
			m = old & ~m;
		else if (how != SIG_SETMASK)
			return -EINVAL;
		signal_set_blocked(current, m);
	}
	if (oldset && put_user_u64(oldset, old) < 0)
		return -EFAULT;
	return 0;
}

SYSCALL_DEFINE2(rt_sigpending, uaddr_t, set, u64, size)
{
	sigmask_t m = signal_pending_set(current) & signal_mask(current);

	if (size > sizeof(m))
		return -EINVAL;
	return copy_to_user(set, &m, size);
}

/* Nobody wakes this sleep but a signal. */
static void sleep_for_signal(void)
{
	while (sched_sleep(WAIT_INTERRUPTIBLE, WAIT_FOREVER) != -EINTR)
		;
}

SYSCALL_DEFINE2(rt_sigsuspend, uaddr_t, set, u64, size)
{
	int err;

	if (size != sizeof(sigmask_t))
		return -EINVAL;
	if (!set)
		return -EFAULT;
	err = signal_set_user_mask(set, size);
	if (err < 0)
		return err;
	sleep_for_signal();
	return -ERESTARTNOHAND;
}

SYSCALL_DEFINE0(pause)
{
	sleep_for_signal();
	return -ERESTARTNOHAND;
}

/* Takes a signal of set, waiting for one until deadline_ns (0: do not wait). */
static int wait_for_signal(struct task *t, sigmask_t set, u64 deadline_ns, siginfo_t *info)
{
	int sig = signal_dequeue(t, set, info), err;

	if (sig || !deadline_ns)
		return sig ? sig : -EAGAIN;
	/* Unblocked meanwhile, so that senders see a taker; real_blocked keeps fatal ones waiting.
	 */
	t->real_blocked = signal_mask(t);
	signal_set_blocked(t, signal_mask(t) & ~set);
	err = sched_sleep(WAIT_INTERRUPTIBLE, deadline_ns);
	signal_set_blocked(t, t->real_blocked);
	t->real_blocked = 0;
	sig = signal_dequeue(t, set, info);
	if (sig)
		return sig;
	return err == -ETIMEDOUT ? -EAGAIN : -EINTR;
}

SYSCALL_DEFINE4(rt_sigtimedwait, uaddr_t, uset, uaddr_t, uinfo, uaddr_t, utimeout, u64, size)
{
	u64 deadline = WAIT_FOREVER;
	siginfo_t info;
	sigmask_t set;
	int sig;

	if (size != sizeof(set))
		return -EINVAL;
	if (copy_from_user(&set, uset, sizeof(set)) < 0)
		return -EFAULT;
	if (utimeout) {
		struct timespec ts;

		if (copy_from_user(&ts, utimeout, sizeof(ts)) < 0)
			return -EFAULT;
		if (!timespec_valid(&ts))
			return -EINVAL;
		deadline = ts.tv_sec || ts.tv_nsec ? deadline_in(timespec_ns(&ts)) : 0;
	}
	sig = wait_for_signal(current, set & ~SIG_KERNEL_ONLY, deadline, &info);
	if (sig > 0 && uinfo && copy_to_user(uinfo, &info, sizeof(info)) < 0)
		return -EFAULT;
	return sig;
}

/* ---- sending ---- */

static long kill_one(struct tgroup *tg, int sig, const siginfo_t *info)
{
	long err = signal_permission(tg, sig);

	if (err < 0 || sig == 0)
		return err;
	return signal_send_group(tg, sig, info);
}

/* Every process of a group, or with pgid < 0 every process but init and the caller. */
static long kill_many(pid_t pgid, int sig, const siginfo_t *info)
{
	struct tgroup *tg, *next;
	long ret = -ESRCH;
	bool any = false;

	list_for_each_entry_safe (tg, next, &all_tgroups, all_link) {
		long err;

		if (pgid < 0 ? is_ns_init(tg) || tg == current->tg || !pid_out(tg->pid)
			     : tg->pgid != pgid)
			continue;
		err = kill_one(tg, sig, info);
		if (err == 0)
			any = true;
		if (pgid >= 0 || err != -EPERM)
			ret = err;
		else if (ret == -ESRCH)
			ret = 0;
	}
	return any ? 0 : ret;
}

SYSCALL_DEFINE2(kill, int, pid, int, sig)
{
	struct tgroup *tg;
	siginfo_t info;

	if (sig < 0 || sig > ABI_NSIG)
		return -EINVAL;
	siginfo_user(&info, sig);
	if (pid == INT_MIN)
		return -ESRCH;
	if (pid == -1)
		return kill_many(-1, sig, &info);
	if (pid <= 0)
		return kill_many(pid ? pid_in(-pid) : current->tg->pgid, sig, &info);
	tg = tgroup_find_any(pid_in(pid));
	return tg ? kill_one(tg, sig, &info) : -ESRCH;
}

static long kill_thread(pid_t tgid, pid_t tid, int sig, const siginfo_t *info)
{
	struct task *t = task_find(tid);
	long err;

	if (!t || (tgid > 0 && t->tg->pid != tgid)) {
		struct tgroup *tg = tgroup_find(tid); /* a leader that has ended */

		return tg && (tgid <= 0 || tgid == tid) ? signal_permission(tg, sig) : -ESRCH;
	}
	err = signal_permission(t->tg, sig);
	if (err < 0 || sig == 0)
		return err;
	return signal_send_task(t, sig, info);
}

static long tkill(pid_t tgid, pid_t tid, int sig)
{
	siginfo_t info;

	if (sig < 0 || sig > ABI_NSIG)
		return -EINVAL;
	siginfo_user(&info, sig);
	info.si_code = SI_TKILL;
	return kill_thread(tgid, tid, sig, &info);
}

SYSCALL_DEFINE2(tkill, int, tid, int, sig)
{
	return tid <= 0 ? -EINVAL : tkill(0, pid_in(tid), sig);
}

SYSCALL_DEFINE3(tgkill, int, tgid, int, tid, int, sig)
{
	return tid <= 0 || tgid <= 0 ? -EINVAL : tkill(pid_in(tgid), pid_in(tid), sig);
}

/* A siginfo made by the guest: it may not pose as kill's or the kernel's, except to itself. */
int siginfo_from_user(siginfo_t *info, uaddr_t uinfo, int sig, pid_t target)
{
	if (copy_from_user(info, uinfo, sizeof(*info)) < 0)
		return -EFAULT;
	info->si_signo = sig;
	if ((info->si_code >= 0 || info->si_code == SI_TKILL) && target != current->tg->pid)
		return -EPERM;
	if (info->si_pid > 0)
		info->si_pid = pid_in(info->si_pid);
	return 0;
}

SYSCALL_DEFINE3(rt_sigqueueinfo, int, pid, int, sig, uaddr_t, uinfo)
{
	struct tgroup *tg;
	siginfo_t info;
	int err;

	pid = pid_in(pid);
	err = siginfo_from_user(&info, uinfo, sig, pid);

	if (err < 0)
		return err;
	if (sig < 0 || sig > ABI_NSIG)
		return -EINVAL;
	tg = tgroup_find_any(pid);
	return tg ? kill_one(tg, sig, &info) : -ESRCH;
}

SYSCALL_DEFINE4(rt_tgsigqueueinfo, int, tgid, int, tid, int, sig, uaddr_t, uinfo)
{
	siginfo_t info;
	int err;

	if (tgid <= 0 || tid <= 0 || sig < 0 || sig > ABI_NSIG)
		return -EINVAL;
	tgid = pid_in(tgid);
	tid = pid_in(tid);
	err = siginfo_from_user(&info, uinfo, sig, tgid);
	if (err < 0)
		return err;
	return kill_thread(tgid, tid, sig, &info);
}

/* ---- frames ---- */

SYSCALL_DEFINE2(sigaltstack, uaddr_t, uss, uaddr_t, uoss)
{
	struct task *t = current;
	struct abi_sigaltstack ss, old = t->altstack;
	struct abi_sigcontext *regs;
	uaddr_t sp = 0;
	int err;

	if (uss && copy_from_user(&ss, uss, sizeof(ss)) < 0)
		return -EFAULT;
	if (t->altstack.size && !guest_in_stub(t)) {
		err = guest_enter_stub(t);
		if (err < 0)
			return err;
	}
	if (guest_in_stub(t)) {
		regs = guest_regs(t);
		sp = regs ? regs->rsp : 0;
	}
	old.flags = (old.flags & INT_MIN) | signal_altstack_flags(t, sp);
	old.pad = 0;
	if (uss) {
		err = signal_altstack_set(t, &ss, sp, ABI_MINSIGSTKSZ);
		if (err < 0)
			return err;
	}
	if (uoss && copy_to_user(uoss, &old, sizeof(old)) < 0)
		return -EFAULT;
	return 0;
}

SYSCALL_DEFINE0(rt_sigreturn)
{
	struct abi_sigcontext *regs = guest_regs(current);

	if (!regs || signal_frame_pop(current, regs) < 0) {
		siginfo_t info;

		trace(TRACE_SIGNAL, "%d: bad signal frame", current->tid);
		siginfo_kernel(&info, SIGSEGV);
		signal_force(current, SIGSEGV, &info);
	}
	current->restart_deadline_ns = 0;
	return SYSCALL_NO_RESULT;
}
