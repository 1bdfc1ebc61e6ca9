/*
 * Guest processes, as the kernel sees them: implemented by skas/ over one of the interception
 * backends, and by tests/unit/fakehost.c. A struct guest is the host side of one guest thread. It
 * is owned by its task and created and freed here.
 *
 * A thread is in one of three states: it RUNS guest code; it is in a PLAIN call (seen by number and
 * arguments; ended by guest_answer); or it is in the STUB (registers readable and writable, orders
 * possible; left by guest_resume).
 */
#ifndef SKIFF_KERNEL_GUEST_H
#define SKIFF_KERNEL_GUEST_H

#include "kernel/abi.h"

struct task;
struct guest;

enum guest_event_kind {
	GUEST_CALL,  /* a plain call: answer it */
	GUEST_TRAP,  /* a call caught in the stub: set regs.rax, resume */
	GUEST_FAULT, /* a synchronous fault: event.info says which; in the stub */
	GUEST_KICK,  /* guest_kick arrived: in the stub */
	GUEST_START, /* a new thread, process or program image waits in the stub */
};

struct guest_event {
	enum guest_event_kind kind;
	u64 nr, args[6]; /* CALL, TRAP */
	u64 ip;		 /* behind the syscall instruction */
	siginfo_t info;	 /* FAULT */
	bool hot;	 /* CALL: guest_speed_up first would pay */
};

/* ---- called by skas/ on the event loop; the kernel runs a coroutine for the task ---- */
void kernel_guest_event(struct task *t, const struct guest_event *ev);
void kernel_guest_gone(struct task *t, int host_status); /* its host process died (wait status) */
bool kernel_held(void);		/* does a task wait that guest_hold spoke of? */
void kernel_release_held(void); /* such tasks go on with the next kernel_run */
struct tgroup;
struct guest_usage;
/* The host process of tg has been reaped: what it used in all. Comes last, maybe after tg's end. */
void kernel_guest_reaped(struct tgroup *tg, const struct guest_usage *u);

/* ---- plain calls ---- */
void guest_answer(struct task *t, long ret); /* a value or -errno */
/* Lets the thread end natively, from a plain exit(2) or from the stub; then it is gone. Sleeps. */
void guest_answer_exit(struct task *t);

/* ---- stub ---- */
bool guest_in_stub(const struct task *t);
/* Registers of a thread in the stub; writing through the pointer changes the guest on resume.
 * NULL if its stub memory is gone (-EFAULT): kill the process. */
struct abi_sigcontext *guest_regs(struct task *t);
void guest_resume(struct task *t);

#define GUEST_ORDERS_MAX 16
#define GUEST_RESERVED_END 0x100000ull /* addresses below belong to the stub */
struct guest_order {
	u64 nr, args[6];
};
/* Executes system calls in the guest process, in order, stopping at the first that fails. Returns
 * the first one's result, or the error. Sleeps. -ESRCH if the process died. */
long guest_orders(struct task *t, const struct guest_order *o, unsigned nr);
/* Executes all nr whatever they give and resumes t, its rax being the first one's result: ends a
 * GUEST_TRAP without a further round trip. */
void guest_orders_resume(struct task *t, const struct guest_order *o, unsigned nr);
long guest_order(struct task *t, u64 nr, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);
/* Executes one when t, which is in the stub, next leaves it, whatever the order gives: nothing
 * waits for it. At most GUEST_LATER_MAX at a time. */
#define GUEST_LATER_MAX 4
void guest_order_later(struct task *t, u64 nr, u64 a0, u64 a1);
/* Installs a copy of hfd in the guest process for one mapping or exec; returns the number there.
 * The caller closes it with an order in the same batch as its use. */
int guest_give_fd(struct task *t, int hfd);
/* Brings a thread that is in a plain call into the stub, where orders work. Sleeps; 0 or -ESRCH. */
int guest_enter_stub(struct task *t);
/* Gives t's process, which has made many calls, a faster way for them, if it can have one. From a
 * plain call; may leave t in the stub. Sleeps. */
void guest_speed_up(struct task *t);
/* t's mask lies where its thread changes it without a call (signal_mask_move): no more, until that
 * has been in the kernel again, and what it blocks now stays so. */
void guest_mask_asked(struct task *t);
/* What the call of t slept for has come. true: t's going on now would take the CPU from guest
 * threads whose calls come thick; better to let those do more first, until kernel_release_held. */
bool guest_hold(struct task *t);
/* GS base of a thread in the stub, as arch_prctl(2) sets and gets it. set: 0 or -errno; sleeps. */
int guest_set_gs(struct task *t, u64 base);
u64 guest_get_gs(const struct task *t);
/* Makes the host grow the stack down to addr, as an access by the guest would. Sleeps. */
void guest_touch(struct task *t, uaddr_t addr);
void guest_touch_later(struct task *t, uaddr_t addr); /* by guest_order_later */
/* FP/vector state of a thread in the stub, in the host's signal-frame xsave format. */
size_t guest_fpstate_size(void); /* bytes, upper bound; multiple of 64 */
ssize_t guest_fpstate_get(struct task *t, void *buf, size_t size);
int guest_fpstate_set(struct task *t, const void *buf, size_t size);
/* Bases of FS and GS of a thread in the stub. Sleep. 0 or -errno. */
int guest_bases_get(struct task *t, u64 base[2]);
int guest_bases_set(struct task *t, const u64 base[2]);
/* Signal frames. Writes the frame and makes regs the thread's registers, in one go: 0 or -EFAULT,
 * then the registers are as before. */
int guest_write_frame(struct task *t, uaddr_t dst, const void *src, size_t len,
	const struct abi_sigcontext *regs);
/* The thread's next trap is probably the rt_sigreturn that reads len bytes there; 0: no longer. */
void guest_frame_hint(struct task *t, uaddr_t addr, size_t len);
ssize_t guest_read_frame(
	struct task *t, void *dst, uaddr_t src, size_t len); /* as guest_read_some */

/* ---- trapping everything ---- */
/* From now on every call of guest code in t's process and in the processes it creates is a
 * GUEST_TRAP, those the host would run natively too. Irrevocable, and slower. t is in the stub.
 * Sleeps. 0 or -errno. */
int guest_trap_all(struct task *t);
bool guest_traps_all(const struct task *t);
/* Would the host run the call natively if guest code made it? 1 yes, 0 no (it is the kernel's),
 * -errno: the host would answer that. */
int guest_call_is_local(u64 nr, const u64 args[6]);
/* Makes such a call for t, which is in the stub, with t's registers otherwise untouched. A signal
 * ends one that waits: -ERESTARTSYS or -ERESTART_RESTARTBLOCK. Sleeps. */
long guest_call_local(struct task *t, u64 nr, const u64 args[6]);

/* ---- hardware breakpoints ---- */
#define GUEST_HW_BREAKS 4
enum guest_hw_kind { GUEST_HW_EXECUTE, GUEST_HW_WRITE, GUEST_HW_ACCESS };
struct guest_hw_break {
	uaddr_t addr;
	unsigned len; /* 1, 2, 4 or 8 */
	enum guest_hw_kind kind;
};
/* Sets (NULL: clears) one of t's thread, which then reports a GUEST_FAULT with SIGTRAP,
 * GUEST_TRAP_PERF and the slot at GUEST_PERF_DATA in the siginfo. Gone after an exec. 0 or the
 * host's -errno. */
int guest_hw_break(struct task *t, unsigned slot, const struct guest_hw_break *b);
#define GUEST_TRAP_PERF 6  /* si_code TRAP_PERF */
#define GUEST_PERF_DATA 24 /* offset of si_perf_data */

/* ---- interrupting ---- */
void guest_kick(struct task *t); /* makes a RUNNING or PLAIN thread report GUEST_KICK soon */
void guest_kill(struct task *t); /* SIGKILL for the whole host process of t */

/* ---- memory; any state. Return 0 or -EFAULT unless stated. ---- */
int guest_read(struct task *t, void *dst, uaddr_t src, size_t len);
int guest_write(struct task *t, uaddr_t dst, const void *src, size_t len);
/* Bytes moved before the first fault; -EFAULT only if none. */
ssize_t guest_read_some(struct task *t, void *dst, uaddr_t src, size_t len);
ssize_t guest_write_some(struct task *t, uaddr_t dst, const void *src, size_t len);
/* Scatter/gather of user vectors against one kernel buffer; bytes moved, -EFAULT only if none. */
ssize_t guest_readv(struct task *t, void *dst, size_t len, const struct iovec *uiov, unsigned nr);
ssize_t guest_writev(
	struct task *t, const void *src, size_t len, const struct iovec *uiov, unsigned nr);

/* As a debugger writes: private pages whatever their protection. Bytes, or -EFAULT. */
ssize_t guest_write_force(struct task *t, uaddr_t dst, const void *src, size_t len);
ssize_t guest_read_force(struct task *t, void *dst, uaddr_t src, size_t len);

/* ---- life cycle ---- */
int guest_boot(struct task *t); /* the machine's first process; reports GUEST_START */
struct guest_clone {
	u64 flags;	  /* CLONE_* as the guest asked */
	uaddr_t stack;	  /* new stack pointer, 0 keeps the parent's */
	uaddr_t tls;	  /* with CLONE_SETTLS */
	uaddr_t cleartid; /* with CLONE_CHILD_CLEARTID */
	bool quiet;	  /* of a thread: it just runs */
};
/* Creates the host side of child by a native clone in parent (which is in the stub). The child
 * reports GUEST_START unless quiet, and runs with the parent's registers, rax = 0. Sleeps. 0 or
 * -errno. */
int guest_clone(struct task *parent, struct task *child, const struct guest_clone *c);
/* Replaces t's address space by an empty one with a fresh stub (t is in the stub; other threads of
 * the process are gone afterwards). On success registers are undefined until written. Sleeps. */
struct guest_image {
	uaddr_t stack_top; /* everything above is the host's: do not touch; the stack grows down
			      from here */
	uaddr_t vdso;	   /* AT_SYSINFO_EHDR, 0 if none */
	u64 hwcap, hwcap2, minsigstksz, rseq_size, rseq_align;
};
/* verify: makes sure by the host's own account that the image is a new one and t alone in it, as
 * befits an exec that gains privilege. */
int guest_exec(struct task *t, struct guest_image *img, bool verify);
void guest_release(struct task *t); /* the thread is gone: frees t->guest */

/* ---- observation ---- */
struct guest_usage {
	u64 utime_ns, stime_ns;
	u64 minflt, majflt, nvcsw, nivcsw, maxrss_kib;
	u32 cpu; /* where it ran last */
};
int guest_usage(struct task *t, bool whole_process, struct guest_usage *u);
u64 guest_cpu_ns(struct task *t); /* of the whole process; 0: it is gone. Cheap */
/* kernel_guest_runs will be called once the process has used CPU time again. 0 or -errno. */
int guest_watch_cpu(struct task *t);
void kernel_guest_runs(void);
struct guest_vma {
	uaddr_t start, end;
	u32 prot; /* PROT_* */
	bool shared;
	u64 offset, dev, ino; /* host file behind it; ino 0 for anonymous */
	char name[64];	      /* "[heap]", "[stack]", "[vdso]" or the host's path, cut */
};
/* Calls fn for every mapping but the stub's, ascending. */
int guest_for_each_vma(struct task *t, int (*fn)(const struct guest_vma *v, void *arg), void *arg);
/* The same with what each mapping uses (the host's smaps): much slower. */
struct guest_vma_usage {
	u64 rss_kib, pss_kib, shared_clean_kib, shared_dirty_kib, private_clean_kib,
		private_dirty_kib, referenced_kib, anonymous_kib, anon_huge_kib, swap_kib,
		locked_kib;
	bool dont_dump; /* MADV_DONTDUMP, and what must not be read: device memory */
};
int guest_for_each_vma_usage(struct task *t,
	int (*fn)(const struct guest_vma *v, const struct guest_vma_usage *u, void *arg),
	void *arg);
/* For nr pages from page's address on, a word each as in /proc/PID/pagemap, without where the page
 * is (as the unprivileged see it); zero for the stub's. How many, or -errno. */
ssize_t guest_pagemap(struct task *t, u64 *words, uaddr_t page, size_t nr);
struct guest_mem {
	u64 size, resident, shared, text, data; /* bytes */
};
int guest_mem(struct task *t, struct guest_mem *m);
struct guest_mem_detail { /* KiB, as in status of proc(5); slower */
	u64 peak, size, locked, pinned, hwm, rss, anon, file, shmem, data, stack, lib, pte, swap;
};
int guest_mem_detail(struct task *t, struct guest_mem_detail *d);
/* Bytes of memory it shares with others (not of files on disk), each page divided by the number of
 * processes that have it. Slow. */
u64 guest_shmem_share(struct task *t);
char guest_state(struct task *t); /* 'R', 'S', 'D' of a RUNNING thread, from the host */
int guest_set_affinity(struct task *t, const void *mask, size_t len);
ssize_t guest_get_affinity(struct task *t, void *mask, size_t len);
int guest_set_nice(struct task *t, int nice);
uaddr_t guest_robust_list(struct task *t); /* as set_robust_list(2) left it; 0: none */
/* The host enforces a soft limit (RLIMIT_AS, _DATA, _STACK) on t's address space, as far as its own
 * hard limit allows. */
void guest_set_limit(struct task *t, int which, u64 soft);

#endif
