/*
 * Debug registers of a tracee, as ptrace shows them in struct user: four addresses, DR7 that says
 * what each is for, DR6 that says which has struck. Behind them are the host's hardware
 * breakpoints. Where the host has none for us, single steps do it, but for reads, which are then
 * refused. ptrace(2), Intel SDM 3, "Debug Registers".
 */
#include "kernel/ptrace.h"

#define DR_STATUS 6
#define DR_CONTROL 7
#define DR6_STEP (1u << 14)

/* What DR7 says of a breakpoint: 1 enabled, 0 not, -EINVAL. */
static int decode(u64 control, unsigned slot, struct guest_hw_break *b)
{
	static const u8 lengths[4] = {1, 2, 8, 4};
	unsigned bits = control >> (16 + 4 * slot) & 15;

	if (!(control >> (2 * slot) & 3))
		return 0;
	b->len = lengths[bits >> 2];
	switch (bits & 3) {
	case 0:
		b->kind = GUEST_HW_EXECUTE;
		return b->len == 1 ? 1 : -EINVAL;
	case 1:
		b->kind = GUEST_HW_WRITE;
		return 1;
	case 3:
		b->kind = GUEST_HW_ACCESS;
		return 1;
	default:
		return -EINVAL;
	}
}

static u64 memory_at(struct task *t, const struct guest_hw_break *b)
{
	u64 value = 0;

	guest_read_some(t, &value, b->addr, MIN(b->len, sizeof(value)));
	return value;
}

static long apply(struct task *t, unsigned slot, u64 control)
{
	struct tracee *tr = t->trace;
	struct guest_hw_break b = {.addr = tr->debug_reg[slot]};
	int on = decode(control, slot, &b);
	long err;

	if (on < 0)
		return on;
	err = guest_hw_break(t, slot, on ? &b : NULL);
	tr->emulated &= ~(1u << slot);
	if (err < 0 && b.kind != GUEST_HW_ACCESS) {
		tr->emulated |= 1u << slot;
		tr->watched[slot] = memory_at(t, &b);
		err = 0;
	}
	return err;
}

static long set_control(struct task *t, u64 value)
{
	u64 *reg = t->trace->debug_reg, old = reg[DR_CONTROL];
	long err = 0;
	unsigned i;

	for (i = 0; i < GUEST_HW_BREAKS && !err; i++)
		if (decode(old, i, &(struct guest_hw_break){0}) || (value >> (2 * i) & 3))
			err = apply(t, i, value);
	if (!err)
		reg[DR_CONTROL] = value;
	while (err && i-- > 0)
		apply(t, i, old);
	return err;
}

long trace_set_debug_reg(struct task *t, unsigned nr, u64 value)
{
	u64 *reg = t->trace->debug_reg, old;
	long err;

	switch (nr) {
	case DR_STATUS:
		reg[nr] = value;
		return 0;
	case DR_CONTROL:
		return set_control(t, value);
	default:
		break;
	}
	if (nr >= GUEST_HW_BREAKS)
		return -EIO;
	if (value >= USER_ADDR_MAX)
		return -EINVAL;
	old = reg[nr];
	reg[nr] = value;
	if (!(reg[DR_CONTROL] >> (2 * nr) & 3))
		return 0;
	err = apply(t, nr, reg[DR_CONTROL]);
	if (err < 0)
		reg[nr] = old;
	return err;
}

void trace_clear_debug_regs(struct task *t)
{
	struct tracee *tr = t->trace;

	if (!tr)
		return;
	for (unsigned i = 0; i < GUEST_HW_BREAKS; i++)
		if (tr->debug_reg[DR_CONTROL] >> (2 * i) & 3)
			guest_hw_break(t, i, NULL);
	memset(tr->debug_reg, 0, sizeof(tr->debug_reg));
	tr->emulated = 0;
}

/* After a step: has an emulated breakpoint struck? */
static bool emulated_hit(struct task *t, unsigned slot, uaddr_t ip)
{
	struct tracee *tr = t->trace;
	struct guest_hw_break b = {.addr = tr->debug_reg[slot]};
	u64 old = tr->watched[slot];

	if (!(tr->emulated >> slot & 1) || decode(tr->debug_reg[DR_CONTROL], slot, &b) != 1)
		return false;
	if (b.kind == GUEST_HW_EXECUTE)
		return ip == b.addr;
	tr->watched[slot] = memory_at(t, &b);
	return tr->watched[slot] != old;
}

static u64 hits_after_step(struct task *t, uaddr_t ip)
{
	u64 hits = 0;

	for (unsigned i = 0; i < GUEST_HW_BREAKS; i++)
		if (emulated_hit(t, i, ip))
			hits |= 1ull << i;
	return hits;
}

bool trace_debug_trap(struct task *t, siginfo_t *info)
{
	const struct abi_sigcontext *regs = guest_regs(t);
	struct tracee *tr = t->trace;
	bool ours = tr->trap_due;
	u64 slot, hits = 0;

	tr->trap_due = false;
	if (info->si_signo != SIGTRAP || !regs)
		return false;
	if (info->si_code == TRAP_TRACE && ours) {
		hits = hits_after_step(t, regs->rip);
		if (!hits && !trace_steps(t))
			return true;
		if (trace_steps(t))
			hits |= DR6_STEP;
	} else if (info->si_code == GUEST_TRAP_PERF) {
		memcpy(&slot, (const u8 *)info + GUEST_PERF_DATA, sizeof(slot));
		hits = slot < GUEST_HW_BREAKS ? 1ull << slot : 0;
	}
	tr->debug_reg[DR_STATUS] |= hits;
	if (!(hits & 15))
		return false;
	memset(info, 0, sizeof(*info));
	info->si_signo = SIGTRAP;
	info->si_code = TRAP_HWBKPT;
	info->si_addr = (void *)(uintptr_t)regs->rip;
	return false;
}
