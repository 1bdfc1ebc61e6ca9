/*
 * Waiting for children: wait4(2), waitid(2). One scan over the caller's children finds a zombie, a
 * stop or a continuation to report; a sleeper is woken through tgroup.wait_child on any change.
 */
#include "kernel/exit.h"
#include "kernel/pid.h"
#include "kernel/pid_ns.h"
#include "kernel/pidfd.h"
#include "kernel/ptrace.h"
#include "kernel/syscall.h"
#include "kernel/uaccess.h"
#include "kernel/usage.h"
#include "kernel/user_ns.h"

struct wait_req {
	int type; /* P_ALL, P_PID, P_PGID */
	pid_t id;
	u32 flags;
	/* result */
	pid_t pid;
	u32 uid;
	int code, status; /* CLD_* and the exit code or signal number */
	int wstatus;	  /* as wait4 reports it */
	struct guest_usage usage;
};

static bool eligible(const struct wait_req *w, const struct tgroup *tg)
{
	bool clone_child = tg->exit_signal != SIGCHLD;

	if (w->type == P_PID && tg->pid != w->id)
		return false;
	if (w->type == P_PGID && tg->pgid != w->id)
		return false;
	if ((w->flags & __WNOTHREAD) && tg->parent_tid != current->tid)
		return false;
	return (w->flags & __WALL) || trace_by_parent(tg) || clone_child == !!(w->flags & __WCLONE);
}

static u32 child_uid(const struct tgroup *tg)
{
	const struct task *t = tgroup_task(tg);

	return t ? t->cred->uid : tg->exit_uid;
}

static void report(struct wait_req *w, const struct tgroup *tg, int code, int status, int wstatus)
{
	w->pid = pid_out(tg->pid);
	w->uid = child_uid(tg);
	w->code = code;
	w->status = status;
	w->wstatus = wstatus;
	w->usage = tg->usage;
	usage_add(&w->usage, &tg->child_usage);
}

static void reap(struct wait_req *w, struct tgroup *tg)
{
	int sig = tg->exit_status & 0x7f;

	report(w, tg,
		!sig			      ? CLD_EXITED
		: tg->exit_status & WCOREFLAG ? CLD_DUMPED
					      : CLD_KILLED,
		sig ? sig : tg->exit_status >> 8 & 0xff, tg->exit_status);
	if (w->flags & WNOWAIT)
		return;
	usage_pass_on(tg);
	tgroup_reap(tg);
}

/* Something to report about this child? */
static bool consider(struct wait_req *w, struct tgroup *tg)
{
	bool keep = w->flags & WNOWAIT;

	if (tg->state == TG_ZOMBIE) {
		if (!(w->flags & WEXITED) || trace_hides(tg))
			return false;
		reap(w, tg);
		return true;
	}
	if ((w->flags & WSTOPPED) && !trace_by_parent(tg) && tg->state == TG_STOPPED &&
		tg->stop_sig) {
		report(w, tg, CLD_STOPPED, tg->stop_sig, tg->stop_sig << 8 | 0x7f);
		if (!keep)
			tg->stop_sig = 0;
		return true;
	}
	if ((w->flags & WCONTINUED) && tg->continued_event) {
		report(w, tg, CLD_CONTINUED, SIGCONT, 0xffff);
		if (!keep)
			tg->continued_event = false;
		return true;
	}
	return false;
}

/* ---- tracees ---- */

static bool eligible_tracee(const struct wait_req *w, const struct tracee *tr)
{
	if (w->type == P_PID)
		return tr->tid == w->id;
	return w->type != P_PGID || tr->tg->pgid == w->id;
}

static void report_tracee(struct wait_req *w, const struct tracee *tr, int code, int status)
{
	w->pid = pid_out(tr->tid);
	w->uid = tr->task ? tr->task->cred->uid : tr->tg->exit_uid;
	w->code = code;
	w->status = status;
	memset(&w->usage, 0, sizeof(w->usage));
}

static void report_end(struct wait_req *w, const struct tracee *tr, int status)
{
	int sig = status & 0x7f;

	report_tracee(w, tr, sig ? (status & WCOREFLAG ? CLD_DUMPED : CLD_KILLED) : CLD_EXITED,
		sig ? sig : status >> 8 & 0xff);
	w->wstatus = status;
}

/* Stops and the end of a thread; the end of a process that is not the tracer's own child. */
static bool consider_tracee(struct wait_req *w, struct tracee *tr)
{
	bool keep = w->flags & WNOWAIT;

	if (tr->stopped && !tr->listening && tr->code) {
		report_tracee(w, tr, CLD_TRAPPED, tr->code);
		w->wstatus = tr->code << 8 | 0x7f;
		if (!keep)
			tr->code = 0;
		return true;
	}
	if (!(w->flags & WEXITED))
		return false;
	if (tr->dead) {
		report_end(w, tr, tr->exit_status);
		if (!keep)
			trace_detach(tr, 0);
		return true;
	}
	if (tr->tg->state != TG_ZOMBIE || tr->tg->leader_trace != tr || !trace_hides(tr->tg))
		return false;
	report_end(w, tr, tr->tg->exit_status);
	if (!keep)
		trace_zombie_waited(tr);
	return true;
}

static int scan_tracees(struct wait_req *w, struct task *tracer)
{
	struct tracee *tr;
	int ret = -ECHILD;

	list_for_each_entry (tr, &tracer->tracees, link) {
		if (!eligible_tracee(w, tr))
			continue;
		if (consider_tracee(w, tr))
			return 1;
		ret = 0;
	}
	return ret;
}

/* 1: *w has a result; 0: there are children, nothing to report yet; -ECHILD */
static int scan(struct wait_req *w)
{
	struct tgroup *tg;
	struct task *t;
	int ret = -ECHILD, found;

	list_for_each_entry (tg, &current->tg->children, sibling) {
		if (!eligible(w, tg))
			continue;
		if (consider(w, tg))
			return 1;
		ret = 0;
	}
	list_for_each_entry (t, &current->tg->tasks, tg_link) {
		if (list_empty(&t->tracees) || (t != current && (w->flags & __WNOTHREAD)))
			continue;
		found = scan_tracees(w, t);
		if (found > 0)
			return 1;
		ret = MAX(ret, found);
	}
	return ret;
}

static bool usage_is_due(const struct wait_req *w)
{
	struct tgroup *tg;

	list_for_each_entry (tg, &current->tg->children, sibling)
		if (tg->state == TG_ZOMBIE && tg->usage_due && eligible(w, tg))
			return true;
	return false;
}

/* With usage, zombies count once the exact numbers are known; that is soon. */
static int do_wait(struct wait_req *w, bool usage)
{
	struct waitq *q = &current->tg->wait_child;
	int ret = 0, err;

	if (usage && wait_event_killable(q, !usage_is_due(w)) < 0)
		return -ERESTARTSYS;
	ret = scan(w);
	if (ret || (w->flags & WNOHANG))
		return ret;
	err = wait_event(q, !(usage && usage_is_due(w)) && (ret = scan(w)) != 0);
	return err < 0 ? -ERESTARTSYS : ret;
}

static int put_rusage(uaddr_t ru, const struct guest_usage *u)
{
	struct rusage r;

	usage_to_rusage(u, &r);
	return copy_to_user(ru, &r, sizeof(r));
}

SYSCALL_DEFINE4(wait4, int, pid, uaddr_t, ustatus, int, options, uaddr_t, ru)
{
	struct wait_req w = {.type = P_ALL, .flags = options | WEXITED};
	int ret;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | (int)__WCLONE | __WALL))
		return -EINVAL;
	if (pid == INT_MIN)
		return -ESRCH;
	if (pid != -1) {
		w.type = pid > 0 ? P_PID : P_PGID;
		w.id = pid_in(pid > 0 ? pid : -pid);
		if (!pid)
			w.id = current->tg->pgid;
	}
	ret = do_wait(&w, ru);
	if (ret <= 0)
		return ret;
	if (ustatus && put_user_u32(ustatus, w.wstatus) < 0)
		return -EFAULT;
	if (ru && put_rusage(ru, &w.usage) < 0)
		return -EFAULT;
	return w.pid;
}

/* Who is waited for by waitid; a pidfd in non-blocking mode implies WNOHANG (*poll). */
static int waitid_target(struct wait_req *w, int type, int id, bool *poll)
{
	struct tgroup *tg;

	*poll = false;
	w->type = type;
	w->id = type == P_PID || type == P_PGID ? pid_in(id) : id;
	switch (type) {
	case P_ALL:
		return 0;
	case P_PID:
		return id > 0 ? 0 : -EINVAL;
	case P_PGID:
		if (id == 0)
			w->id = current->tg->pgid;
		return id >= 0 ? 0 : -EINVAL;
	case P_PIDFD:
		tg = pidfd_tgroup(id, poll);
		if (!tg)
			return -EBADF;
		w->type = P_PID;
		w->id = tg->pid;
		tgroup_put(tg);
		return 0;
	default:
		return -EINVAL;
	}
}

static int put_waitid_info(uaddr_t uinfo, const struct wait_req *w, bool found)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	if (found) {
		info.si_signo = SIGCHLD;
		info.si_code = w->code;
		info.si_pid = w->pid;
		info.si_uid = uid_out(w->uid);
		info.si_status = w->status;
	}
	/* The fields up to si_status; the rest of the guest's struct stays as it is. */
	return copy_to_user(uinfo, &info, offsetof(siginfo_t, si_status) + sizeof(int));
}

SYSCALL_DEFINE5(waitid, int, type, int, id, uaddr_t, uinfo, int, options, uaddr_t, ru)
{
	struct wait_req w = {.flags = options};
	bool poll;
	int ret;

	if (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD |
			      (int)__WCLONE | __WALL))
		return -EINVAL;
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	ret = waitid_target(&w, type, id, &poll);
	if (ret < 0)
		return ret;
	if (poll)
		w.flags |= WNOHANG;
	ret = do_wait(&w, ru);
	if (ret == 0 && poll && !(options & WNOHANG))
		ret = -EAGAIN;
	if (ret < 0)
		return ret;
	if (ru && ret > 0 && put_rusage(ru, &w.usage) < 0)
		return -EFAULT;
	if (uinfo && put_waitid_info(uinfo, &w, ret > 0) < 0)
		return -EFAULT;
	return 0;
}
