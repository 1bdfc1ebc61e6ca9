/*
 * Tasks (guest threads), thread groups (guest processes), process groups and sessions. A task is
 * freed when its thread has ended; a thread group lives on as a zombie until it is waited for.
 */
#ifndef SKIFF_KERNEL_TASK_H
#define SKIFF_KERNEL_TASK_H

#include "kernel/abi.h"
#include "kernel/cred.h"
#include "kernel/guest.h"
#include "kernel/lib/htab.h"
#include "kernel/lib/list.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/timer.h"

struct files;
struct fs_ctx;
struct tty;
struct file;
struct nsset;
struct cgroup;
struct seccomp_filter;
struct pid_ns;
struct tracee;

/* Address-space facts the kernel keeps; the mappings themselves are the host's. */
struct mm {
	unsigned refs;
	uaddr_t brk_start, brk;
	uaddr_t start_code, end_code, start_data, end_data;
	uaddr_t start_stack, arg_start, arg_end, env_start, env_end;
	struct file *exe;
	u64 auxv[64];
	unsigned nr_auxv; /* in u64 words */
	bool dumpable;
	u32 dump_filter;	   /* CORE_* of coredump.h */
	struct list_head aio;	   /* its contexts (aio.c) */
	struct list_head shm_uses; /* System V segments it may have mapped (ipc/shm.c) */
	u64 oom_pass;		   /* counted in this one (oom.c) */
};

struct tgroup_mem { /* as oom.c saw it last, when the CPU clock showed cpu_ns; bytes */
	bool asked;
	u64 cpu_ns, resident, own, shared;
};

enum tg_state {
	TG_ALIVE,
	TG_STOPPED, /* job control stop in effect */
	TG_ZOMBIE,  /* only exit_status and usage may be read; left by wait */
};

struct itimer {
	struct timer timer;
	u64 interval_ns, deadline_ns;
};

struct tgroup {
	pid_t pid;
	enum tg_state state;
	unsigned refs;
	struct hnode hash;	   /* by pid */
	struct list_head all_link; /* every process, in order of creation */
	struct list_head tasks;	   /* struct task.tg_link; empty for a zombie */
	unsigned nr_tasks;
	struct task *leader;	     /* NULL once it has ended */
	struct tracee *leader_trace; /* while the leader, ended or not, is traced (ptrace.h) */
	struct task *dumper;	     /* writes a core file; every other thread waits for it */
	struct task *execing;	     /* at the point of no return: every other thread is ending */

	struct tgroup *parent;
	pid_t parent_tid; /* the thread of parent that made it, for __WNOTHREAD and pdeath_signal */
	struct list_head children; /* struct tgroup.sibling */
	struct list_head sibling;
	struct waitq wait_child; /* woken on any state change of a child */
	struct waitq exit_wait;	 /* woken when this process ends (pidfd) */
	struct cgroup *cgroup;	 /* a reference; NULL: the root (cgroup.c) */
	bool left_cgroup;	 /* ended: not among its processes any more */
	pid_t pgid, sid;
	struct pid_ns *pid_ns; /* a reference; NULL: the initial one */
	struct tty *ctty;      /* controlling terminal of the session, with a reference */
	bool is_subreaper, has_execed, exiting;
	bool ends_singly; /* group_end: each thread by itself */
	bool exec_waits;  /* the same, and a thread of it that execs waits for that */

	int exit_signal;
	int exit_status;      /* wait status; also the reason while a group exit runs */
	int stop_sig;	      /* pending stop report for wait (WUNTRACED), 0 = none */
	bool continued_event; /* pending report for wait (WCONTINUED) */
	struct sigpending pending;
	/* group stop: while nr_to_stop threads have yet to arrive, then TG_STOPPED */
	unsigned nr_to_stop;
	int group_stop_sig;
	struct waitq stop_wait;	   /* stopped threads */
	struct waitq threads_wait; /* woken when a thread has ended (exec waits for the last) */
	u32 exit_uid, exit_suid;   /* of the last task, for a zombie */
	int exit_policy, exit_priority;
	char exit_comm[16]; /* of the leader, once it has ended */
	struct rlimit rlim[RLIM_NLIMITS];
	struct key *keyring; /* the process keyring, a reference; NULL until asked for */
	struct itimer itimer_real, itimer_virtual, itimer_prof;
	struct list_head posix_timers;
	int next_timer_id;
	struct timer cpu_sampler; /* while a CPU-time timer or limit is armed (itimer.c) */
	u64 cpu_sampled_ns;	  /* CPU time at the last sample */
	u64 cpu_period_ns;
	u64 xcpu_next_ns;		       /* CPU time of the next SIGXCPU */
	struct guest_usage usage, child_usage; /* of the ended process; of waited-for children */
	/* The host reports usage a little after the end: see usage.c. */
	struct outside_exec *outside; /* started from outside: by whom (kernel/outside.h) */
	bool usage_due;
	struct tgroup *usage_to; /* waited for before usage was known: who gets it (a reference) */
	unsigned child_usage_due;
	u64 start_ns; /* OS_CLOCK_BOOTTIME */
	u64 sched_dummy;
	struct {
		u64 read_bytes, written_bytes, nr_reads, nr_writes;
	} io;				      /* through descriptors: /proc/PID/io */
	u32 loginuid;			      /* plus 1; 0: not set */
	s32 oom_score_adj, oom_score_adj_min; /* min: what no privilege is needed for */
	u64 metered_ns;			      /* its CPU clock when meter.c read it last */
	u64 quota_mark_ns;  /* metered_ns when quota.c last began a period, or froze it */
	u64 quota_start_ns; /* metered_ns when quota.c last let the machine go on */
	bool held;	    /* frozen, goes on after the others: freeze.h */
	struct tgroup_mem mem;
};

enum task_state {
	TASK_RUNNING,	      /* in guest code, or its call is being worked on */
	TASK_INTERRUPTIBLE,   /* coroutine sleeps, a signal ends it */
	TASK_UNINTERRUPTIBLE, /* coroutine sleeps, only SIGKILL ends it */
	TASK_STOPPED,
	TASK_DEAD,
};

struct task {
	pid_t tid;
	enum task_state state;
	char comm[16];
	struct tgroup *tg;
	struct list_head tg_link;
	struct hnode hash; /* by tid */
	struct guest *guest;

	struct cred *cred;
	struct files *files;
	struct fs_ctx *fs;
	struct nsset *ns; /* NULL: the initial namespaces */
	struct mm *mm;
	struct sighand *sighand;
	struct task_keys *keys;		/* NULL until it has a keyring (keys/key_task.c) */
	struct sem_undo_list *sem_undo; /* NULL until SEM_UNDO is used or shared (ipc/sem.c) */

	/* signals */
	struct sigpending pending;
	sigmask_t blocked, saved_blocked; /* read blocked by signal_mask */
	volatile sigmask_t *mask_at;	  /* not NULL: there instead of in blocked */
	bool restore_blocked;		  /* saved_blocked replaces blocked when the call returns */
	struct abi_sigaltstack altstack;
	bool sigpending_flag; /* cached signal_pending */
	bool kicked;	      /* guest_kick sent, GUEST_KICK not yet seen */
	bool sync_fault;
	bool kick_after_call;	   /* that kick will be seen right behind an answered plain call */
	bool stop_wanted, stopped; /* has to join a group stop; sleeps in one */
	bool fp_user;		   /* rt_sigreturn in this stop: FP state lies in guest memory */
	bool charged;		   /* to its control group */
	bool embryo;		   /* its clone has not returned yet: do not end it */
	bool started;		   /* has reported its first event: can be kicked */
	bool ending;		/* will run no more guest code: its coroutine goes to task_exit */
	int exit_code;		/* of exit(2), for the last thread */
	sigmask_t real_blocked; /* sigtimedwait: what is blocked apart from the wait */

	struct tracee *trace;	  /* NULL until somebody has traced it (ptrace.h) */
	struct list_head tracees; /* of this thread: struct tracee.link */
	struct waitq trace_wait;  /* a stopped tracee */
	u64 bases[2];		  /* of FS and GS; valid in a trace stop and while parked */
	bool parked;		  /* waits in the stub for its process's core dump */
	s64 orig_rax; /* the call being ended, -1: none; as a tracer sees and changes it */

	/* the call in flight */
	struct coro *coro;
	struct guest_event event;
	long restart_code; /* -ERESTART* answered as -EINTR, to be settled at GUEST_KICK; 0 = none
			    */
	u64 restart_deadline_ns; /* ERESTART_RESTARTBLOCK: absolute deadline of the sleep; 0 = none
				  */
	const char *wchan;	 /* what it sleeps on, for dumps */

	uaddr_t clear_child_tid, set_child_tid;
	bool robust_walked;	   /* its robust list has been handed on (robust.c) */
	struct task *vfork_parent; /* sleeps until we exec or exit */
	struct waitq vfork_wait;
	bool vforking; /* our vfork child has neither exec'ed nor ended */
	int pdeath_signal;
	int nice, sched_policy, sched_priority;
	bool sched_reset_on_fork; /* children start out as SCHED_OTHER */
	u64 dl_flags, dl_runtime_ns, dl_deadline_ns, dl_period_ns; /* of SCHED_DEADLINE */
	bool no_new_privs;
	u8 seccomp_mode;		/* SECCOMP_MODE_* */
	struct seccomp_filter *seccomp; /* the latest one */
	u64 start_ns;
	u64 nr_calls;
	struct calltrace *calltrace; /* of the call in flight, if it is traced */
	u64 call_start_ns; /* OS_CLOCK_MONOTONIC, of the call in flight; 0: not measured */
	u32 personality;
	bool fixed_layout; /* the host process has ADDR_NO_RANDOMIZE */
	u32 timerslack_ns, timerslack_default_ns;
	u16 ioprio; /* ioprio_set(2); 0: follows nice */
};

extern struct tgroup *init_tg; /* pid 1 */
extern struct list_head all_tgroups;

struct tgroup *tgroup_find(pid_t pid); /* zombies too; NULL if none */
struct task *task_find(pid_t tid);
/* Just after a fork the host process is not known yet and its memory out of reach: waits until it
 * is, or the task is gone. -EINTR on a signal. Sleeps. */
int task_wait_started(pid_t tid);
void task_started(struct task *t); /* it has reported its first event */
struct tgroup *tgroup_get(struct tgroup *tg);
void tgroup_put(struct tgroup *tg);
static inline rlim_t task_rlimit(const struct task *t, int which)
{
	return t->tg->rlim[which].rlim_cur;
}
bool pgrp_exists(pid_t pgid);
bool pgrp_is_orphaned(pid_t pgid);
pid_t task_ppid(const struct task *t); /* as getppid(2) */

/* task.c: takes an ended task out of the tables and its group's list, releases its guest and frees
 * it; takes the running coroutine off it. */
void task_free(struct task *t);
void tgroup_unhash(struct tgroup *tg); /* reaped: the pid is free; drops the table's reference */
void task_set_tid(struct task *t, pid_t tid); /* rehashes; the tid must be free */
struct task *task_alloc(void);	   /* zeroed but for what needs initialising; tid unset */
struct tgroup *tgroup_alloc(void); /* refs = 1 */
pid_t pid_alloc(void);		   /* a free one; -EAGAIN */
bool pid_in_use(pid_t pid);	   /* by a thread, process, process group or session */
/* Enters t, and tg if t is its first thread, into the tables. */
int task_register(struct task *t, struct tgroup *tg, pid_t tid);
extern unsigned nr_tasks_total, nr_tasks_max;
extern u32 last_pid;  /* handed out last */
#define PID_MAX 32768 /* ids are below it */
extern u64 nr_forks;
struct mm *mm_create(void);
struct mm *mm_copy(const struct mm *mm);
struct mm *mm_get(struct mm *mm);
void mm_put(struct mm *mm);

char task_state_char(struct task *t); /* as in stat of proc(5); asks the host for a running one */
size_t task_describe(struct task *t, char *buf, size_t size); /* a line for dumps; its length */

#endif
