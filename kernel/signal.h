/*
 * Signals (signal(7)): dispositions, masks, queues, delivery, stop and continue. All -ERESTART*
 * codes end in signal.c. Functions that take a task may be called from any context and do not
 * sleep, unless marked.
 */
#ifndef SKIFF_KERNEL_SIGNAL_H
#define SKIFF_KERNEL_SIGNAL_H

#include "kernel/abi.h"
#include "kernel/lib/list.h"
#include "kernel/sched.h"

struct task;
struct tgroup;

struct sigpending {
	sigmask_t set;
	struct list_head queue; /* struct sigqueue, in order of arrival */
};

struct sig_user; /* what the queued signals of one user are charged to */

/* One queued signal. Timers own theirs (dequeued set): it is unlinked, never freed, by the queue.
 */
struct sigqueue {
	struct list_head link;
	siginfo_t info;
	struct sig_user *user;
	/* Taken off its queue; may change *info, does not sleep. */
	void (*dequeued)(struct sigqueue *q, siginfo_t *info);
	void *priv; /* the timer's */
};

struct sighand { /* shared by CLONE_SIGHAND */
	unsigned refs;
	struct abi_sigaction action[ABI_NSIG];
	struct waitq signalfd_wait; /* woken when a signal is queued to any sharer */
};

struct sighand *sighand_create(void);			/* all SIG_DFL; NULL: out of memory */
struct sighand *sighand_copy(const struct sighand *sh); /* for fork */
struct sighand *sighand_get(struct sighand *sh);
void sighand_put(struct sighand *sh);
void sigpending_init(struct sigpending *p);
void sigpending_flush(struct sigpending *p);
/* execve: unshares the handlers, resets caught ones, disables the alternate stack. 0 or -ENOMEM */
int signal_exec(struct task *t);
/* A new thread of a group (in tg->tasks already) takes part in a group stop under way. */
void signal_join_thread(struct task *t);
void signal_leave_thread(struct task *t); /* t ends: a stop no longer waits for it */

/*
 * Ends every way into the kernel of a thread that is in the stub. Settles ret (of the TRAP call if
 * from_call; of the plain call before a GUEST_KICK through t->restart_code), sleeps through group
 * stops, builds a frame per deliverable signal. 0: resume. -ESRCH: the task has ended and is freed.
 * Sleeps.
 */
int signal_deliver(struct task *t, struct abi_sigcontext *regs, long ret, bool from_call);
/* Ends a plain call: settles the temporary mask of ppoll & co. Returns signal_pending(t): if true
 * the caller kicks the thread (signal_kick), keeps an -ERESTART* in t->restart_code, answers. */
bool signal_call_done(struct task *t, long ret);
void signal_kick(struct task *t); /* guest_kick unless one is on its way */
static inline bool is_restart_code(long ret)
{
	return ret <= -ERESTARTSYS && ret >= -ERESTART_RESTARTBLOCK;
}

/* signal_frame.c: the signal frame of x86-64. 0, or -EFAULT: the stack cannot take it. */
int signal_frame_push(struct task *t, struct abi_sigcontext *regs, const siginfo_t *info,
	const struct abi_sigaction *sa, sigmask_t saved_mask);
int signal_frame_pop(struct task *t, struct abi_sigcontext *regs); /* rt_sigreturn */
/* FP state of a thread in the stub as a signal frame holds it, initial state made up: bytes,
 * -EFAULT
 */
ssize_t signal_fp_get(struct task *t, const struct abi_sigcontext *regs, void *buf, size_t max);
int signal_altstack_flags(const struct task *t, uaddr_t sp); /* SS_DISABLE, SS_ONSTACK, 0 */
int signal_altstack_set(struct task *t, const struct abi_sigaltstack *ss, uaddr_t sp, u64 min);

/* Kernel-made siginfo: si_code SI_KERNEL, or SI_USER with pid and uid of current. */
void siginfo_kernel(siginfo_t *info, int sig);
void siginfo_user(siginfo_t *info, int sig);

/* info may be NULL (siginfo_kernel). 0, or -EAGAIN when the queue limit is reached (RT, sigqueue).
 */
int signal_send_task(struct task *t, int sig, const siginfo_t *info);	  /* thread-directed */
int signal_send_group(struct tgroup *tg, int sig, const siginfo_t *info); /* process-directed */
/* To every process of a group; number reached. No permission check. */
int signal_send_pgrp(pid_t pgid, int sig, const siginfo_t *info);
/* A timer's own queue entry: to t if not NULL, else to tg. 0; 1: it is queued already; -EAGAIN: the
 * signal is ignored. */
int signal_send_queue(struct sigqueue *q, struct task *t, struct tgroup *tg);
/* May current send sig to that process? 0, -EPERM (kill(2)) */
int signal_permission(const struct tgroup *tg, int sig);
/* Tells tg's parent about a stop or continue (CLD_STOPPED, CLD_CONTINUED) and wakes its waits. */
void signal_notify_stop(struct tgroup *tg, int code, int status);
bool signal_default_ignores(int sig);
void signal_set_action(struct task *t, int sig, const struct abi_sigaction *sa);
/* A fault or kernel-forced signal: unblocks and un-ignores it as Linux does. */
void signal_force(struct task *t, int sig, const siginfo_t *info);

/* A SIGKILL that no one sent: t is to end by itself, with its group's exit_status. */
void signal_end_task(struct task *t);
bool signal_pending(const struct task *t); /* something deliverable, or the group must stop/exit */
bool signal_fatal_pending(const struct task *t);
void signal_recalc(struct task *t);
void signal_wake_up(struct task *t); /* it has something to do before it may run guest code */
/* The signals t blocks. While t runs, the guest may change them by itself (guest_mask_local). */
sigmask_t signal_mask(const struct task *t);
void signal_mask_move(struct task *t, volatile sigmask_t *at); /* NULL: back into the task */
void signal_mask_changed(struct task *t); /* by itself; sees to signals that are pending */
void signal_set_blocked(struct task *t, sigmask_t m); /* drops KILL/STOP, re-evaluates pending */
/* For ppoll & co: installs a mask until the call returns (delivery still sees it). */
int signal_set_user_mask(uaddr_t mask, size_t sigsetsize);
/* Takes the first pending signal within set off the queues (sigtimedwait, signalfd); 0 if none. */
int signal_dequeue(struct task *t, sigmask_t set, siginfo_t *info);
sigmask_t signal_pending_set(const struct task *t);
bool signal_ignored(
	const struct task *t, int sig); /* disposition ignores it and it is not blocked */

#endif
