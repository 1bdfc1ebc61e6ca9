/*
 * Registers of a stopped tracee: general ones from the stub's frame, bases of FS and GS fetched at
 * the stop, FP and vector state from the frame's XSAVE area. Sets and layouts are those of core
 * files too: NT_PRSTATUS, NT_PRFPREG, NT_X86_XSTATE. ptrace(2), elf(5).
 */
#include "kernel/ptrace.h"
#include "kernel/signal.h"

#include <elf.h>

#define EFLAGS_SETTABLE 0x54dd5ul /* CF PF AF ZF SF TF DF OF NT RF AC */
#define FXSAVE_SIZE 512
#define SW_OFFSET 464 /* software bytes: in a frame, how to restore it; in a set, XCR0 */
#define SW_LEN 48
#define SW_XFEATURES 8
#define SW_XSTATE_SIZE 16
#define MXCSR_OFFSET 24
#define XHEADER_OFFSET 512
#define XFEATURE_FP_SSE 3ull

/* ---- general registers ---- */

void trace_get_regs(struct task *t, struct user_regs_struct *r)
{
	const struct abi_sigcontext *c = guest_regs(t);

	memset(r, 0, sizeof(*r));
	if (!c)
		return;
	*r = (struct user_regs_struct){.r15 = c->r15,
		.r14 = c->r14,
		.r13 = c->r13,
		.r12 = c->r12,
		.rbp = c->rbp,
		.rbx = c->rbx,
		.r11 = c->r11,
		.r10 = c->r10,
		.r9 = c->r9,
		.r8 = c->r8,
		.rax = c->rax,
		.rcx = c->rcx,
		.rdx = c->rdx,
		.rsi = c->rsi,
		.rdi = c->rdi,
		.orig_rax = (u64)t->orig_rax,
		.rip = c->rip,
		.cs = 0x33,
		.eflags = c->eflags,
		.rsp = c->rsp,
		.ss = 0x2b,
		.fs_base = t->bases[0],
		.gs_base = t->bases[1]};
}

static bool selector_valid(u64 s)
{
	return s <= 0xffff && (!s || (s & 3) == 3);
}

int trace_set_regs(struct task *t, const struct user_regs_struct *r)
{
	struct abi_sigcontext *c = guest_regs(t);
	struct tracee *tr = t->trace;

	if (!c || !tr || r->cs != 0x33 || r->ss != 0x2b || !selector_valid(r->ds) ||
		!selector_valid(r->es) || !selector_valid(r->fs) || !selector_valid(r->gs) ||
		r->fs_base >= USER_ADDR_MAX || r->gs_base >= USER_ADDR_MAX)
		return -EIO;
	c->r15 = r->r15, c->r14 = r->r14, c->r13 = r->r13, c->r12 = r->r12;
	c->rbp = r->rbp, c->rbx = r->rbx, c->r11 = r->r11, c->r10 = r->r10;
	c->r9 = r->r9, c->r8 = r->r8, c->rax = r->rax, c->rcx = r->rcx;
	c->rdx = r->rdx, c->rsi = r->rsi, c->rdi = r->rdi;
	c->rip = r->rip, c->rsp = r->rsp;
	c->eflags = (c->eflags & ~EFLAGS_SETTABLE) | (r->eflags & EFLAGS_SETTABLE);
	t->orig_rax = (s64)r->orig_rax;
	if (t->bases[0] == r->fs_base && t->bases[1] == r->gs_base)
		return 0;
	t->bases[0] = r->fs_base;
	t->bases[1] = r->gs_base;
	tr->bases_changed = true;
	return 0;
}

/* ---- FP and vector state ---- */

/* From the form it has in a signal frame: the software bytes become XCR0. */
static ssize_t get_xstate(struct task *t, u8 *buf, size_t size)
{
	const struct abi_sigcontext *c = guest_regs(t);
	ssize_t n = c ? signal_fp_get(t, c, buf, size) : -EIO;
	u64 features = XFEATURE_FP_SSE;
	u32 len = FXSAVE_SIZE;

	if (n < 0)
		return n;
	if (n > FXSAVE_SIZE) {
		memcpy(&features, buf + SW_OFFSET + SW_XFEATURES, sizeof(features));
		memcpy(&len, buf + SW_OFFSET + SW_XSTATE_SIZE, sizeof(len));
		len = MIN(len, (u32)n);
	}
	memset(buf + SW_OFFSET, 0, SW_LEN);
	memcpy(buf + SW_OFFSET, &features, sizeof(features));
	return len;
}

static bool mxcsr_valid(const u8 *fx, const u8 *old)
{
	u32 mxcsr, mask;

	memcpy(&mxcsr, fx + MXCSR_OFFSET, sizeof(mxcsr));
	memcpy(&mask, old + MXCSR_OFFSET + 4, sizeof(mask));
	return !(mxcsr & ~(mask ? mask : 0xffbfu));
}

/* Of the set's XSAVE header: no feature the host has not put into the frame, nothing compacted. */
static bool header_valid(const u8 *set, const u8 *frame)
{
	u64 bv, comp, features;

	memcpy(&bv, set + XHEADER_OFFSET, sizeof(bv));
	memcpy(&comp, set + XHEADER_OFFSET + 8, sizeof(comp));
	memcpy(&features, frame + SW_OFFSET + SW_XFEATURES, sizeof(features));
	return !comp && !(bv & ~features);
}

/* The frame's own software bytes and trailer stay; its head is replaced by len bytes of the set. */
static ssize_t put_xstate(struct task *t, const u8 *set, size_t len)
{
	const struct abi_sigcontext *c = guest_regs(t);
	u8 *frame = malloc(TRACE_REGSET_MAX), sw[SW_LEN];
	ssize_t n = !c ? -EIO : !frame ? -ENOMEM : signal_fp_get(t, c, frame, TRACE_REGSET_MAX);
	u32 xsize = FXSAVE_SIZE;
	u64 bv;

	if (n > FXSAVE_SIZE)
		memcpy(&xsize, frame + SW_OFFSET + SW_XSTATE_SIZE, sizeof(xsize));
	if (n >= 0 && (len < FXSAVE_SIZE || xsize > (size_t)n ||
			      (len > FXSAVE_SIZE && (len != xsize || !header_valid(set, frame))) ||
			      !mxcsr_valid(set, frame)))
		n = -EINVAL;
	if (n >= 0) {
		memcpy(sw, frame + SW_OFFSET, SW_LEN);
		memcpy(frame, set, len);
		memcpy(frame + SW_OFFSET, sw, SW_LEN);
		if (len == FXSAVE_SIZE && xsize > FXSAVE_SIZE) {
			memcpy(&bv, frame + XHEADER_OFFSET, sizeof(bv));
			bv |= XFEATURE_FP_SSE;
			memcpy(frame + XHEADER_OFFSET, &bv, sizeof(bv));
		}
		n = guest_fpstate_set(t, frame, (size_t)n);
	}
	free(frame);
	return n < 0 ? n : (ssize_t)len;
}

/* ---- sets ---- */

static ssize_t get_fpregs(struct task *t, void *buf, size_t size)
{
	u8 *x = malloc(TRACE_REGSET_MAX);
	ssize_t n = x ? get_xstate(t, x, TRACE_REGSET_MAX) : -ENOMEM;

	if (n >= 0) {
		n = (ssize_t)MIN(size, (size_t)FXSAVE_SIZE);
		memset(x + SW_OFFSET, 0, SW_LEN);
		memcpy(buf, x, (size_t)n);
	}
	free(x);
	return n;
}

ssize_t trace_get_regset(struct task *t, unsigned type, void *buf, size_t size)
{
	struct user_regs_struct r;

	switch (type) {
	case NT_PRSTATUS:
		trace_get_regs(t, &r);
		memcpy(buf, &r, MIN(size, sizeof(r)));
		return (ssize_t)MIN(size, sizeof(r));
	case NT_PRFPREG:
		return get_fpregs(t, buf, size);
	case NT_X86_XSTATE:
		return get_xstate(t, buf, size);
	default:
		return -EINVAL;
	}
}

ssize_t trace_set_regset(struct task *t, unsigned type, const void *buf, size_t len)
{
	struct user_regs_struct r;
	int err;

	switch (type) {
	case NT_PRSTATUS:
		trace_get_regs(t, &r);
		memcpy(&r, buf, MIN(len, sizeof(r)));
		err = trace_set_regs(t, &r);
		return err < 0 ? err : (ssize_t)MIN(len, sizeof(r));
	case NT_PRFPREG:
		return len < FXSAVE_SIZE ? -EINVAL : put_xstate(t, buf, FXSAVE_SIZE);
	case NT_X86_XSTATE:
		return put_xstate(t, buf, len);
	default:
		return -EINVAL;
	}
}

/* ---- struct user ---- */

#define USER_SIZE 928 /* of struct user in the kernel, which ends with two words more */
#define DEBUGREG_OFFSET offsetof(struct user, u_debugreg)

static bool in_debugregs(u64 offset)
{
	return offset >= DEBUGREG_OFFSET && offset < DEBUGREG_OFFSET + 8 * sizeof(u64);
}

long trace_peek_user(struct task *t, u64 offset, u64 *value)
{
	struct user_regs_struct r;

	if (offset & 7 || offset >= USER_SIZE)
		return -EIO;
	*value = in_debugregs(offset) ? t->trace->debug_reg[(offset - DEBUGREG_OFFSET) / 8] : 0;
	if (offset + 8 > sizeof(r))
		return 0;
	trace_get_regs(t, &r);
	memcpy(value, (const u8 *)&r + offset, sizeof(*value));
	return 0;
}

long trace_poke_user(struct task *t, u64 offset, u64 value)
{
	struct user_regs_struct r;

	if (offset & 7 || offset >= USER_SIZE)
		return -EIO;
	if (in_debugregs(offset))
		return trace_set_debug_reg(t, (offset - DEBUGREG_OFFSET) / 8, value);
	if (offset + 8 > sizeof(r))
		return -EIO;
	trace_get_regs(t, &r);
	memcpy((u8 *)&r + offset, &value, sizeof(value));
	return trace_set_regs(t, &r);
}
