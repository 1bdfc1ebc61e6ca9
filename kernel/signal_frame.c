/*
 * The x86-64 signal frame: what a handler finds on its stack and what rt_sigreturn takes back
 * (sigreturn(2), sigaltstack(2)). signal_deliver.c pushes, sys_signal.c pops. One guest write per
 * frame and one read per return; a frame read back is hostile and every field is checked or masked.
 *
 * FP state: the host's own frame in the stub holds it, in the very format the guest expects.
 * A handler starts with initial FP state: regs->fpstate = 0 makes the host's sigreturn do that. On
 * the way back regs->fpstate points to the copy on the guest's stack, and the host checks it as it
 * would have natively.
 */
#include "kernel/lib/log.h"
#include "kernel/task.h"

#define RED_ZONE 128
#define EFLAGS_USER 0x50dd5ul /* CF PF AF ZF SF TF DF OF RF AC */
#define EFLAGS_TF 0x100ul
#define EFLAGS_DF 0x400ul
#define EFLAGS_RF 0x10000ul
#define USER_CS 0x33
#define USER_SS 0x2b
#define UC_FP_XSTATE 1u
#define UC_SIGCONTEXT_SS 2u
#define UC_STRICT_RESTORE_SS 4u
#define SS_AUTODISARM_BIT (1u << 31)

struct rt_frame { /* ends below the FP state, which is aligned to 64 */
	uaddr_t pretcode;
	struct abi_ucontext uc;
	siginfo_t info;
	u8 pad[16];
};
static_assert(sizeof(struct rt_frame) == 456, "the frame is 8 mod 16 below a 64 byte boundary");

/* Legacy FXSAVE area, its software bytes, and the header behind it. */
struct fp_state {
	u16 cwd, swd, twd, fop;
	u64 rip, rdp;
	u32 mxcsr, mxcsr_mask;
	u8 st_xmm[432];
	u32 magic1, extended_size;
	u64 xfeatures;
	u32 xstate_size;
	u32 padding[7];
	u64 xstate_bv, xcomp_bv, reserved[6];
};
static_assert(sizeof(struct fp_state) == 576, "FXSAVE area and xsave header");
#define FP_MAGIC1 0x46505853u

static u8 *frame_buf; /* one frame being built; nothing sleeps meanwhile */
static size_t frame_buf_fp;

static int frame_buf_get(void)
{
	size_t fp = ALIGN_UP(guest_fpstate_size(), 64ul);

	if (frame_buf && fp <= frame_buf_fp)
		return 0;
	free(frame_buf);
	frame_buf = malloc(sizeof(struct rt_frame) + fp + 64);
	frame_buf_fp = frame_buf ? fp : 0;
	return frame_buf ? 0 : -EFAULT;
}

/* ---- alternate stack ---- */

static bool on_altstack(const struct task *t, uaddr_t sp)
{
	const struct abi_sigaltstack *ss = &t->altstack;

	if ((u32)ss->flags & SS_AUTODISARM_BIT)
		return false;
	return sp > ss->sp && sp - ss->sp <= ss->size;
}

int signal_altstack_flags(const struct task *t, uaddr_t sp)
{
	if (!t->altstack.size)
		return SS_DISABLE;
	return on_altstack(t, sp) ? SS_ONSTACK : 0;
}

int signal_altstack_set(struct task *t, const struct abi_sigaltstack *ss, uaddr_t sp, u64 min)
{
	u32 mode = (u32)ss->flags & ~SS_AUTODISARM_BIT;

	if (on_altstack(t, sp))
		return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		t->altstack = (struct abi_sigaltstack){.flags = ss->flags};
		return 0;
	}
	if (ss->size < min)
		return -ENOMEM;
	t->altstack = *ss;
	t->altstack.pad = 0;
	return 0;
}

/* ---- FP state ---- */

/* What the host writes into every full-size frame, learnt from the first one seen. */
static struct {
	size_t size; /* 0: none seen yet */
	u8 sw[48];
	u32 magic2, mxcsr_mask;
} fp_layout;

static void learn_layout(const struct fp_state *fp, size_t size)
{
	fp_layout.size = size;
	fp_layout.mxcsr_mask = fp->mxcsr_mask;
	memcpy(fp_layout.sw, &fp->magic1, sizeof(fp_layout.sw));
	memcpy(&fp_layout.magic2, (const u8 *)fp + size - 4, 4);
}

/* In registers that were never touched: what the host's sigreturn makes of fpstate = 0. */
static size_t fp_init(struct fp_state *fp, size_t max)
{
	size_t size = fp_layout.size && fp_layout.size <= max ? fp_layout.size : 512;

	memset(fp, 0, size);
	fp->cwd = 0x37f;
	fp->mxcsr = 0x1f80;
	fp->mxcsr_mask = fp_layout.mxcsr_mask;
	if (size > 512) {
		memcpy(&fp->magic1, fp_layout.sw, sizeof(fp_layout.sw));
		memcpy((u8 *)fp + size - 4, &fp_layout.magic2, 4);
	}
	return size;
}

/* Current FP state of the thread into buf; its size, or -EFAULT. */
ssize_t signal_fp_get(struct task *t, const struct abi_sigcontext *regs, void *buf, size_t max)
{
	ssize_t size = regs->fpstate ? guest_fpstate_get(t, buf, max) : 0;
	struct fp_state *fp = buf;

	if (size < 0)
		return size;
	if (!size)
		return fp_init(fp, max);
	if (!fp_layout.size && !t->fp_user && size > (ssize_t)sizeof(*fp) &&
		fp->magic1 == FP_MAGIC1)
		learn_layout(fp, size);
	return size;
}

/* What one read of rt_sigreturn fetches: FP state follows where we or glibc put it. */
struct popped {
	struct abi_ucontext uc;
	u8 rest[128 + 16 + sizeof(struct fp_state) + 64];
};

/* ---- push ---- */

/* Where the FP state goes: 64-aligned, below the red zone or on the alternate stack. */
static int place_fp(struct task *t, const struct abi_sigcontext *regs,
	const struct abi_sigaction *sa, size_t fp_size, uaddr_t *fp)
{
	uaddr_t sp = regs->rsp - RED_ZONE;
	bool nested = on_altstack(t, regs->rsp), entering = false;

	if ((sa->flags & SA_ONSTACK) && signal_altstack_flags(t, sp) == 0) {
		sp = t->altstack.sp + t->altstack.size;
		entering = true;
	}
	if (sp < fp_size + sizeof(struct rt_frame) + 64 || sp > USER_ADDR_MAX)
		return -EFAULT;
	*fp = ALIGN_DOWN(sp - fp_size, 64ul);
	sp = *fp - sizeof(struct rt_frame);
	if ((nested || entering) &&
		!(sp > t->altstack.sp && sp - t->altstack.sp <= t->altstack.size))
		return -EFAULT;
	return 0;
}

static void fill_frame(struct rt_frame *f, struct task *t, const struct abi_sigcontext *regs,
	const struct abi_sigaction *sa, uaddr_t fp)
{
	memset(f, 0, sizeof(*f));
	f->pretcode = sa->restorer;
	f->uc.flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	f->uc.stack = t->altstack;
	f->uc.mc = *regs;
	f->uc.mc.cs = USER_CS;
	f->uc.mc.ss = USER_SS;
	f->uc.mc.gs = f->uc.mc.fs = 0;
	f->uc.mc.fpstate = fp;
	memset(f->uc.mc.reserved, 0, sizeof(f->uc.mc.reserved));
}

struct frame_place {
	uaddr_t sp; /* of the struct rt_frame; 0: nowhere to put it */
	size_t len;
};

/* Fills frame_buf. */
static int build_frame(struct task *t, const struct abi_sigcontext *regs, const siginfo_t *info,
	const struct abi_sigaction *sa, sigmask_t saved_mask, struct frame_place *place)
{
	struct rt_frame *f = (struct rt_frame *)frame_buf;
	ssize_t fp_size = signal_fp_get(t, regs, f + 1, frame_buf_fp);
	uaddr_t fp;

	place->sp = 0;
	if (fp_size < 0 || place_fp(t, regs, sa, fp_size, &fp) < 0)
		return -EFAULT;
	fill_frame(f, t, regs, sa, fp);
	f->uc.mc.oldmask = saved_mask;
	f->uc.sigmask = saved_mask;
	f->info = *info;
	place->sp = fp - sizeof(*f);
	place->len = sizeof(*f) + fp_size;
	return 0;
}

/* Registers with which the handler starts. */
static void handler_regs(struct abi_sigcontext *regs, int sig, uaddr_t sp, uaddr_t handler)
{
	regs->rdi = sig;
	regs->rsi = sp + offsetof(struct rt_frame, info);
	regs->rdx = sp + offsetof(struct rt_frame, uc);
	regs->rax = 0;
	regs->rsp = sp;
	regs->rip = handler;
	regs->eflags &= ~(EFLAGS_DF | EFLAGS_RF | EFLAGS_TF);
	regs->fpstate = 0;
}

int signal_frame_push(struct task *t, struct abi_sigcontext *regs, const siginfo_t *info,
	const struct abi_sigaction *sa, sigmask_t saved_mask)
{
	struct abi_sigcontext new = *regs;
	struct frame_place place;

	if (!(sa->flags & ABI_SA_RESTORER) || frame_buf_get() < 0 ||
		build_frame(t, regs, info, sa, saved_mask, &place) < 0)
		return -EFAULT;
	handler_regs(&new, info->si_signo, place.sp, sa->handler);
	if (guest_write_frame(t, place.sp, frame_buf, place.len, &new) < 0) {
		guest_touch(t, place.sp); /* the main stack grows on demand */
		if (build_frame(t, regs, info, sa, saved_mask, &place) < 0 ||
			guest_write_frame(t, place.sp, frame_buf, place.len, &new) < 0)
			return -EFAULT;
	}
	guest_frame_hint(t, place.sp + offsetof(struct rt_frame, uc), sizeof(struct popped));
	if ((u32)t->altstack.flags & SS_AUTODISARM_BIT)
		t->altstack = (struct abi_sigaltstack){.flags = SS_DISABLE};
	t->fp_user = false;
	return 0;
}

/* ---- pop ---- */

static int restore_fp(
	struct task *t, struct abi_sigcontext *regs, uaddr_t frame, size_t got, uaddr_t fp)
{
	u8 probe[sizeof(struct fp_state)];

	regs->fpstate = fp;
	t->fp_user = true;
	if (!fp)
		return 0;
	if (fp & 63 || fp > USER_ADDR_MAX - PAGE_SIZE)
		return -EFAULT;
	if (fp > frame && fp + sizeof(struct fp_state) <= frame + got)
		return 0; /* the read has been there */
	return guest_read(t, probe, fp, sizeof(probe));
}

static void restore_regs(struct abi_sigcontext *regs, const struct abi_sigcontext *mc)
{
	u64 eflags = (regs->eflags & ~EFLAGS_USER) | (mc->eflags & EFLAGS_USER);

	/* r8 to rip, in the order of the struct; selectors and the rest stay the thread's own */
	memcpy(regs, mc, offsetof(struct abi_sigcontext, eflags));
	regs->eflags = eflags;
}

int signal_frame_pop(struct task *t, struct abi_sigcontext *regs)
{
	uaddr_t at = regs->rsp;
	struct popped p;
	ssize_t got = guest_read_frame(t, &p, at, sizeof(p));

	guest_frame_hint(t, 0, 0);
	if (got < (ssize_t)sizeof(p.uc))
		return -EFAULT;
	signal_set_blocked(t, p.uc.sigmask);
	restore_regs(regs, &p.uc.mc);
	if (regs->rip > USER_ADDR_MAX || (p.uc.mc.cs | 3) != USER_CS)
		return -EFAULT; /* the return to it would fault; 32-bit mode is not there */
	if (restore_fp(t, regs, at, got, p.uc.mc.fpstate) < 0)
		return -EFAULT;
	signal_altstack_set(t, &p.uc.stack, regs->rsp, 0); /* errors do not matter here */
	return 0;
}
