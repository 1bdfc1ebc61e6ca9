/*
 * Private structures of skas/: guest threads, their host processes and stub slots.
 */
#ifndef SKIFF_SKAS_SKAS_H
#define SKIFF_SKAS_SKAS_H

#include "kernel/lib/htab.h"
#include "kernel/lib/list.h"
#include "kernel/sched.h"
#include "kernel/os.h"
#include "kernel/task.h"
#include "skas/backend.h"
#include "skas/fastpath.h"
#include "skas/stub/stub_abi.h"

/* The stub slots of one address space, shared by every host process that shares it. */
struct slot_chunk {
	struct slot_chunk *next;
	uaddr_t map, map_len; /* the whole mapping; slot 0's chunk belongs to the stub image */
	uaddr_t base;	      /* first slot, aligned */
	unsigned nr;
	u32 used; /* bit per slot */
};

struct slot_space {
	unsigned refs;
	struct slot_chunk *chunks;
	struct fast_space *fast; /* NULL: no fast path yet */
};

/* One host process: a thread group of the host, child of skiff. */
struct host_process {
	pid_t pid;
	unsigned refs;	   /* its guests, and one until it is reaped */
	struct tgroup *tg; /* a reference */
	bool dead;	   /* reaped: pid and tids mean nothing any more */
	bool leader_gone;
	struct hnode hash;	   /* by pid */
	struct list_head all_link; /* while it has a pid and is not reaped */
	struct list_head guests;   /* struct guest.proc_link */
	struct guest *execing;	   /* ordered execveat, its STUB_BOOT is due */
	bool exec_started;	   /* that execveat has been let through */
	struct slot_space *slots;
	struct list_head killed; /* released guests kept until the process is reaped */
	uaddr_t image_sp;	 /* initial stack pointer of its latest image */
	bool booting;		 /* the machine's first image, not yet set up */
	bool traps_all;		 /* guest_trap_all */
	bool has_cpu_timer;	 /* meter.c */
	timer_t cpu_timer;
};

enum guest_run {
	RUN_NATIVE, /* in guest code, or in the stub between hypercalls */
	RUN_PLAIN,  /* stopped at a plain call */
	RUN_STUB,   /* stopped in a hypercall */
	RUN_UNBORN, /* native clone ordered, first hypercall awaited */
};

struct guest {
	struct task *task; /* NULL once released */
	struct host_process *proc;
	struct list_head proc_link;
	struct hnode hash; /* by host_tid, or by token while unborn */
	pid_t host_tid;
	enum guest_run run;
	u64 token;
	bool quiet; /* it is not the token that tells of its birth, but its creator */
	u64 cookie; /* of the stop, for the backend */

	struct slot_space *slots; /* that slot belongs to */
	uaddr_t slot, uc;
	struct abi_sigcontext regs, regs_in_guest;
	bool regs_valid;
	uaddr_t frame_hint; /* the signal frame rt_sigreturn will read; 0: none */
	size_t frame_hint_len;
	u8 cpus[128];	 /* the affinity the guest has set for itself */
	size_t cpus_len; /* 0: none */
	int home;	 /* the CPU home.c has bound it to, or: */
#define HOME_NONE (-1)
#define HOME_UNKNOWN (-2) /* just created by one that may have been bound */
#define HOME_AWAY (-3)	  /* anywhere but where skiff polls */
	bool hot, slow;
	u64 resumed_ns;
	bool exited;		       /* natively gone: its slot is free */
	int hw_break[GUEST_HW_BREAKS]; /* descriptor + 1 of each one set */

	/* the order in flight */
	struct coro *waiter;
	long result;
	bool order_done;
	bool expect_valid;
	struct guest_order expect; /* the checked operation that may come from the stub now */
	bool entering;		   /* guest_enter_stub waits for STUB_KICK */
	struct guest_order later[GUEST_LATER_MAX];
	unsigned nr_later;
	/* where the host may cancel a received call (cancel.c) */
	struct skas_call last;
	unsigned kicks; /* sent, and not reported yet */
	bool kick_owed; /* one that came amid a call is to be sent again once it has a result */
	bool late;	/* the result waits for the kick's report, */
	bool lost;	/* or for the same call to come again */
	long late_result;
	u64 late_ip, late_nr;
	bool local_call; /* guest_call_local waits for STUB_FAULT or STUB_KICK */
	bool kick_sent;	 /* and its STUB_KICK not seen yet */

	/* the fast path */
	struct door *door; /* our mapping; NULL: none */
	enum fast_call fast;
	bool parked;	 /* BUSY, and stopped in FAST_PARK */
	bool kick_again; /* its kick came while BUSY and has been put off */
	long fast_result;
	bool own_gs;	 /* the guest has set its GS base, so there is no door */
	u64 gs;		 /* GS base as the guest sees it */
	bool mask_doubt; /* it may have changed its mask since somebody asked */
	bool polled;	 /* spin.c */
	unsigned run_length;
	u64 answered_ns, last_call_ns;
};

extern int skas_stub_fd; /* sealed memfd */
const struct stub_header *skas_stub_header(void);

int skas_init(const char *backend_name, char *why, size_t size);
pid_t skas_spawn(void);	  /* the machine's first host process: its pid, or -errno */
void skas_reap(void);	  /* on SIGCHLD */
void skas_kill_all(void); /* every host process of the machine; none is reaped */
struct rusage;
/* A child or traced thread of skiff's has ended, and the host has forgotten it. */
void skas_reaped(pid_t pid, int status, const struct rusage *ru);

/* quiet.c: of a thread without a report, quiet_expect() before its clone, quiet_settled() when that
 * has returned */
void quiet_expect(void);
int quiet_adopt(struct guest *g, pid_t host_tid); /* it is g: 0, or -ESRCH, its process killed */
void quiet_settled(void);
bool quiet_keep(const struct skas_call *c); /* of an unknown thread: true if it may be such a one */
bool quiet_run(void); /* true: has handled one of those kept. For the event loop */

/* cancel.c */
extern bool calls_cancelled; /* the host cancels a received call when a signal arrives */
void cancel_kick_sent(struct guest *g);
/* Is it an event that is none, but comes of a cancelled call? */
bool cancel_event(struct guest *g, const struct skas_call *c);
/* The registers of a thread whose call was cancelled get its result. */
void cancel_fix_regs(struct guest *g);
void cancel_answer(
	struct guest *g, long ret); /* as backend->answer, and the result is never lost */

/* guest.c */
struct guest *guest_find(pid_t host_tid);
void guest_set_tid(struct guest *g, pid_t host_tid);
int guest_wait_order(struct guest *g, unsigned nr);
/* Writes the registers back and ends the hypercall g is stopped in. */
void guest_leave_stub(struct guest *g);
int syscall_tgkill(pid_t tgid, pid_t tid, int sig);
void skas_kill_process(struct host_process *p, const char *why);

/* observe.c: writes into g's memory whatever its protection, the stub's too. 0 or -EFAULT. */
int guest_poke(const struct guest *g, uaddr_t dst, const void *src, size_t len);

/* observe.c: where the host says g's stack starts, if its thread is alone in its process; else 0.
 */
u64 guest_lone_stack(const struct guest *g, bool alone);

int guest_track_unborn(struct guest *g);
void guest_untrack(struct guest *g);

/* hwbreak.c */
void hw_break_init(void);
const void *hw_break_attr(void); /* the one struct perf_event_attr that may be used; NULL: none */
int hw_break_open(pid_t tid);	 /* one that watches nothing yet: its descriptor, or -errno */
void guest_hw_release(struct guest *g);

void process_unwatch_cpu(struct host_process *p); /* meter.c */

/* process.c */
struct host_process *host_process_find(pid_t pid);
void host_process_set_pid(struct host_process *p, pid_t pid);

/* memory.c */
struct guest_piece {
	uaddr_t dst;
	const void *src;
	size_t len;
};
#define GUEST_PIECES_MAX 8
int guest_write_pieces(struct task *t, const struct guest_piece *p, unsigned nr); /* 0 or -EFAULT */
/* guest_orders, once the pieces are written; with the orders itself one host call. */
long guest_orders_after(struct task *t, const struct guest_piece *first, unsigned nr_first,
	const struct guest_order *o, unsigned nr);
/* Any thread of g's address space. */
pid_t guest_mem_pid(const struct guest *g);
struct iovec;
/* As process_vm_readv(2) and process_vm_writev(2): bytes copied, fewer if an address is bad; -1. */
ssize_t guest_mem_readv(const struct guest *g, const struct iovec *local, unsigned nr_local,
	const struct iovec *remote, unsigned nr_remote);
ssize_t guest_mem_writev(const struct guest *g, const struct iovec *local, unsigned nr_local,
	const struct iovec *remote, unsigned nr_remote);

/* proc_mem.c: the same, for either direction, without those calls. */
ssize_t proc_mem_copy(pid_t pid, const struct iovec *local, unsigned nr_local,
	const struct iovec *remote, unsigned nr_remote, bool write);

/* filter.c */
struct sock_fprog;
/* Does the call stop guest code as a plain call, whatever its arguments, and return? */
bool filter_is_plain(u64 nr);
/* intercept: the SECCOMP_RET_* value with which the backend sees a call */
int filter_build(struct sock_fprog *prog, u32 intercept);
/* What that program says of a call: a SECCOMP_RET_* value. */
struct seccomp_data;
u32 filter_verdict(const struct seccomp_data *d);

#endif
