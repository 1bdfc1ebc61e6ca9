/*
 * Tracing (ptrace(2)): who traces whom, the stops of a traced thread, and what wait(2) and the rest
 * of the kernel have to know of them. Every stop happens on the tracee's own coroutine while its
 * thread is in the stub, so that the tracer finds its registers.
 */
#ifndef SKIFF_KERNEL_PTRACE_H
#define SKIFF_KERNEL_PTRACE_H

#include "kernel/abi_ptrace.h"
#include "kernel/task.h"

enum trace_resume {
	RESUME_CONT,
	RESUME_SYSCALL,	    /* stop at entry and exit of calls */
	RESUME_STEP,	    /* after one instruction */
	RESUME_SYSEMU,	    /* at entry of calls, which are not made */
	RESUME_SYSEMU_STEP, /* both */
};

/*
 * One traced thread. Owned by its task while that lives, and kept between tracers; after that, by
 * its tracer until it has been waited for.
 */
struct tracee {
	pid_t tid;
	struct tgroup *tg;	  /* a reference */
	struct task *task;	  /* NULL: the thread has ended */
	struct task *tracer;	  /* NULL: nobody */
	struct cred *tracer_cred; /* the tracer's when it attached */
	struct list_head link;	  /* tracer->tracees */
	bool seized;
	u32 options; /* PTRACE_O_* */

	/* a stop */
	bool stopped, listening;
	bool trap_wanted,
		notify_wanted; /* a PTRACE_EVENT_STOP is due; the group stop has changed */
	int code, why;	       /* for wait: status >> 8, 0 = nothing (more) to report; CLD_* */
	siginfo_t info;
	bool has_info;
	u8 syscall_op;	    /* PTRACE_SYSCALL_INFO_* */
	int event;	    /* PTRACE_EVENT_*, 0: none */
	u64 message;	    /* PTRACE_GETEVENTMSG */
	bool bases_changed; /* task->bases */

	u64 debug_reg[8];
	u8 emulated;		      /* breakpoints, a bit each, that are made by single steps */
	u64 watched[GUEST_HW_BREAKS]; /* what memory held there */

	/* how it went on */
	enum trace_resume resume;
	int signal;    /* to inject; 0: none */
	bool stepping; /* the trap flag in its registers is ours */
	bool trap_due; /* and so is the trap that comes next */

	bool dead; /* a thread other than the leader has ended */
	int exit_status;
};

static inline bool task_traced(const struct task *t)
{
	return t->trace && t->trace->tracer;
}
static inline bool task_trace_stopped(const struct task *t)
{
	return t->trace && t->trace->stopped;
}

/* ---- who traces whom (ptrace.c) ---- */
/* 0 or -ENOMEM. options are PTRACE_O_*. */
int trace_attach(struct task *t, struct task *tracer, bool seized, u32 options);
/* The tracer lets go; the thread, if it lives, goes on with the signal (0: none). */
void trace_detach(struct tracee *tr, int sig);
/* A child of a traced thread, not yet started: event is PTRACE_EVENT_* or 0. 0 or -ENOMEM. */
int trace_child(struct task *parent, struct task *child, int event, bool wanted);
/* The event a clone with these flags is to the tracer, 0 if it does not want to know. */
int trace_clone_event(const struct task *t, u64 flags, int exit_signal);
/* t ends: lets its tracees go, and becomes one that only waits to be waited for. */
void trace_exit(struct task *t, int status);
void trace_free(struct task *t);	       /* before the task is freed */
void trace_new_tid(struct task *t, pid_t tid); /* exec by a thread that was not the leader */
bool trace_hides(const struct tgroup *tg);     /* a tracer other than the parent waits first */
bool trace_by_parent(const struct tgroup *tg); /* the leader is traced by its parent */
bool trace_notify_zombie(struct tgroup *tg);   /* trace_hides(tg): true if it is not waited for */
pid_t trace_tracer_tid(const struct task *t);  /* 0: none */
void trace_reaped(struct tgroup *tg);	       /* waited for: nobody traces it any more */
void trace_zombie_waited(struct tracee *tr);   /* a leader's: now the parent may have it */
bool trace_privileged(const struct task *t);   /* nobody, or its tracer has CAP_SYS_PTRACE */

/* ---- stops: on t's coroutine, in the stub; they sleep ---- */
int trace_signal(struct task *t, siginfo_t *info);	  /* the signal to deliver, 0: none */
void trace_event(struct task *t, int event, u64 message); /* if the tracer wants it */
/* exit(2) or a fatal signal: PTRACE_EVENT_EXIT, from a plain call too. */
bool trace_wants_exit(const struct task *t); /* PTRACE_O_TRACEEXIT */
void trace_exit_event(struct task *t, int status);
void trace_exec(struct task *t, pid_t old_tid);
bool trace_trap_due(const struct task *t);
void trace_trap(struct task *t); /* PTRACE_EVENT_STOP */
void trace_group_stop(struct task *t);
void trace_handler(struct task *t); /* a handler's frame is on the stack */
/* A group stop begins or ends: a seized thread tells its tracer. */
void trace_group_changed(struct task *t);

/* ---- the way through the kernel (entry.c, signal_deliver.c) ---- */
bool trace_wants_calls(const struct task *t);
bool trace_steps(const struct task *t);
void trace_enter(struct task *t, struct abi_sigcontext *regs); /* clears a trap flag of ours */
void trace_leave(struct task *t, struct abi_sigcontext *regs); /* to guest code: sets it */
/* Before a call, in t->event, which the tracer may change. False: it is not to be made. */
bool trace_call_enter(struct task *t);
/* A filter wants the tracer to look at the call in t->event, which it may change. False: it is not
 * to be made, *ret is its result. Sleeps; brings t into the stub. */
bool trace_seccomp(struct task *t, u64 data, long *ret);
long trace_call_exit(struct task *t, long ret); /* its result as the tracer leaves it */

/* ---- registers in a stop (ptrace_regs.c) ---- */
void trace_get_regs(struct task *t, struct user_regs_struct *r);
int trace_set_regs(struct task *t, const struct user_regs_struct *r); /* 0 or -EIO */
/* NT_PRSTATUS, NT_PRFPREG, NT_X86_XSTATE: bytes, or -errno (-EINVAL: no such set). */
ssize_t trace_get_regset(struct task *t, unsigned type, void *buf, size_t size);
ssize_t trace_set_regset(struct task *t, unsigned type, const void *buf, size_t len);
#define TRACE_REGSET_MAX 16384
/* Debug registers (ptrace_debug.c). */
#define TRACE_DEBUG_REGS 8
long trace_set_debug_reg(struct task *t, unsigned nr, u64 value); /* 0 or -errno */
void trace_clear_debug_regs(struct task *t);
/* A fault that may be a breakpoint's: its siginfo as Linux has it, and the status in DR6. True: it
 * is of no interest to anybody. */
bool trace_debug_trap(struct task *t, siginfo_t *info);
long trace_peek_user(struct task *t, u64 offset, u64 *value); /* in struct user; 0 or -EIO */
long trace_poke_user(struct task *t, u64 offset, u64 value);

/* ---- access (ptrace_access.c): ptrace(2), "ptrace access mode checking" ---- */
enum trace_access { TRACE_READ_FS, TRACE_READ_REAL, TRACE_ATTACH_REAL };
bool trace_may_access(const struct task *t, enum trace_access mode); /* current */

#endif
