/*
 * The checker and interpreter of classic BPF for seccomp filters. A checked program only jumps
 * forward and within itself, loads aligned words within struct seccomp_data, and ends in a return;
 * so running it ends, after at most its length in steps. seccomp(2), bpf(4).
 */
#include "kernel/bpf.h"

#define DATA_SIZE ((u32)sizeof(struct seccomp_data))

/* ---- checking ---- */

static bool jump_fits(const struct sock_filter *f, unsigned pc, unsigned len)
{
	if (BPF_OP(f->code) == BPF_JA)
		return f->k < len - pc - 1;
	return pc + f->jt + 1 < len && pc + f->jf + 1 < len;
}

static bool alu_fine(const struct sock_filter *f)
{
	switch (f->code) {
	case BPF_ALU | BPF_DIV | BPF_K:
		return f->k != 0;
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_K:
		return f->k < 32;
	case BPF_ALU | BPF_NEG:
		return true;
	default:
		break;
	}
	switch (BPF_OP(f->code)) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_DIV:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
	case BPF_LSH:
	case BPF_RSH:
		return !(f->code & ~(BPF_ALU | 0xf0u | BPF_X));
	default:
		return false;
	}
}

static bool insn_fine(const struct sock_filter *f, unsigned pc, unsigned len)
{
	switch (f->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return f->k < DATA_SIZE && !(f->k & 3);
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
		return true;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return f->k < BPF_MEMWORDS;
	case BPF_JMP | BPF_JA:
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JEQ | BPF_X:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_X:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_X:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_X:
		return jump_fits(f, pc, len);
	default:
		return BPF_CLASS(f->code) == BPF_ALU && alu_fine(f);
	}
}

int bpf_check(const struct sock_filter *prog, unsigned len)
{
	if (!len || len > BPF_MAXINSNS)
		return -EINVAL;
	for (unsigned pc = 0; pc < len; pc++)
		if (!insn_fine(&prog[pc], pc, len))
			return -EINVAL;
	return BPF_CLASS(prog[len - 1].code) == BPF_RET ? 0 : -EINVAL;
}

/* ---- running ---- */

struct machine {
	u32 a, x, mem[BPF_MEMWORDS];
	const struct seccomp_data *data;
	u32 known; /* bytes of data that may be looked at */
	bool unknown;
};

static u32 load_data(struct machine *m, u32 off)
{
	u32 v;

	if (off >= m->known)
		m->unknown = true;
	memcpy(&v, (const u8 *)m->data + off, sizeof(v));
	return v;
}

static u32 alu(u16 op, u32 a, u32 b)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return a / b;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return b < 32 ? a << b : 0;
	case BPF_RSH:
		return b < 32 ? a >> b : 0;
	default: /* BPF_NEG */
		return -a;
	}
}

static bool jumps(u16 op, u32 a, u32 b)
{
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JGE:
		return a >= b;
	case BPF_JGT:
		return a > b;
	default: /* BPF_JSET */
		return a & b;
	}
}

static u32 loaded(struct machine *m, const struct sock_filter *f)
{
	switch (BPF_MODE(f->code)) {
	case BPF_ABS:
		return load_data(m, f->k);
	case BPF_LEN:
		return DATA_SIZE;
	case BPF_MEM:
		return m->mem[f->k];
	default:
		return f->k;
	}
}

static u32 run(struct machine *m, const struct sock_filter *f)
{
	for (;; f++) {
		u32 b = BPF_SRC(f->code) == BPF_X ? m->x : f->k;

		switch (BPF_CLASS(f->code)) {
		case BPF_LD:
			m->a = loaded(m, f);
			break;
		case BPF_LDX:
			m->x = loaded(m, f);
			break;
		case BPF_ST:
			m->mem[f->k] = m->a;
			break;
		case BPF_STX:
			m->mem[f->k] = m->x;
			break;
		case BPF_ALU:
			if (BPF_OP(f->code) == BPF_DIV && !b)
				return 0;
			m->a = alu(BPF_OP(f->code), m->a, b);
			break;
		case BPF_JMP:
			if (BPF_OP(f->code) == BPF_JA)
				f += f->k;
			else
				f += jumps(BPF_OP(f->code), m->a, b) ? f->jt : f->jf;
			break;
		case BPF_RET:
			return BPF_RVAL(f->code) == BPF_A ? m->a : f->k;
		default:
			if (BPF_MISCOP(f->code) == BPF_TAX)
				m->x = m->a;
			else
				m->a = m->x;
		}
		if (m->unknown)
			return 0;
	}
}

u32 bpf_run(const struct sock_filter *prog, const struct seccomp_data *data)
{
	struct machine m = {.data = data, .known = DATA_SIZE};

	return run(&m, prog);
}

bool bpf_run_by_number(const struct sock_filter *prog, const struct seccomp_data *data, u32 *out)
{
	struct machine m = {
		.data = data, .known = offsetof(struct seccomp_data, instruction_pointer)};

	*out = run(&m, prog);
	return !m.unknown;
}
