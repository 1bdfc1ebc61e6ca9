/*
 * The checker and interpreter of classic BPF. A checked program only jumps forward and within
 * itself and ends in a return; so running it ends, after at most its length in steps. What a
 * program may load is the business of its kind: seccomp filters aligned words within struct
 * seccomp_data, known when they are checked; socket filters bytes of a packet and facts about it
 * (SKF_AD_*), looked up when they run. seccomp(2), socket(7), bpf(4), Linux
 * Documentation/networking/filter.rst.
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
	case BPF_ALU | BPF_MOD | BPF_K:
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
	case BPF_MOD:
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

static bool seccomp_load_fine(const struct sock_filter *f)
{
	return f->code == (BPF_LD | BPF_W | BPF_ABS) && f->k < DATA_SIZE && !(f->k & 3);
}

/* Seccomp has no remainder, as on Linux. */
static bool is_mod(const struct sock_filter *f)
{
	return BPF_CLASS(f->code) == BPF_ALU && BPF_OP(f->code) == BPF_MOD;
}

static bool ancillary_known(u32 k)
{
	switch (k - (u32)SKF_AD_OFF) {
	case SKF_AD_PROTOCOL:
	case SKF_AD_PKTTYPE:
	case SKF_AD_IFINDEX:
	case SKF_AD_MARK:
	case SKF_AD_QUEUE:
	case SKF_AD_HATYPE:
	case SKF_AD_RXHASH:
	case SKF_AD_CPU:
	case SKF_AD_ALU_XOR_X:
	case SKF_AD_VLAN_TAG:
	case SKF_AD_VLAN_TAG_PRESENT:
	case SKF_AD_PAY_OFFSET:
	case SKF_AD_RANDOM:
	case SKF_AD_VLAN_TPID:
		return true;
	default:
		return false;
	}
}

static bool packet_load_fine(const struct sock_filter *f)
{
	switch (f->code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_H | BPF_ABS:
	case BPF_LD | BPF_B | BPF_ABS:
		return f->k < (u32)SKF_AD_OFF || ancillary_known(f->k);
	case BPF_LD | BPF_W | BPF_IND:
	case BPF_LD | BPF_H | BPF_IND:
	case BPF_LD | BPF_B | BPF_IND:
	case BPF_LDX | BPF_B | BPF_MSH:
		return true;
	default:
		return false;
	}
}

static int check(const struct sock_filter *prog, unsigned len,
	bool (*load_fine)(const struct sock_filter *f))
{
	if (!len || len > BPF_MAXINSNS)
		return -EINVAL;
	for (unsigned pc = 0; pc < len; pc++)
		if (!insn_fine(&prog[pc], pc, len) && !load_fine(&prog[pc]))
			return -EINVAL;
	return BPF_CLASS(prog[len - 1].code) == BPF_RET ? 0 : -EINVAL;
}

int bpf_check(const struct sock_filter *prog, unsigned len)
{
	for (unsigned pc = 0; pc < len && len <= BPF_MAXINSNS; pc++)
		if (is_mod(&prog[pc]))
			return -EINVAL;
	return check(prog, len, seccomp_load_fine);
}

int bpf_check_packet(const struct sock_filter *prog, unsigned len)
{
	return check(prog, len, packet_load_fine);
}

/* ---- running ---- */

struct machine {
	u32 a, x, mem[BPF_MEMWORDS];
	u32 len;
	bool stop; /* a load could not be done: the program ends, with 0 */
	u32 (*load)(struct machine *m, u32 off, u32 size);
	const void *data; /* load's */
	u32 known;	  /* seccomp: bytes of data that may be looked at */
};

static u32 load_seccomp(struct machine *m, u32 off, u32 size)
{
	u32 v;

	if (off >= m->known)
		m->stop = true;
	memcpy(&v, (const u8 *)m->data + off, sizeof(v));
	return v;
}

static u32 load_ancillary(struct machine *m, u32 what)
{
	const struct bpf_packet *p = m->data;

	switch (what) {
	case SKF_AD_PROTOCOL:
		return p->protocol;
	case SKF_AD_PKTTYPE:
		return p->pkt_type;
	case SKF_AD_IFINDEX:
		m->stop = !p->ifindex;
		return p->ifindex;
	case SKF_AD_HATYPE:
		m->stop = !p->ifindex;
		return p->hatype;
	case SKF_AD_MARK:
		return p->mark;
	case SKF_AD_ALU_XOR_X:
		return m->a ^ m->x;
	case SKF_AD_PAY_OFFSET:
		return p->pay_offset;
	case SKF_AD_RANDOM:
		return p->random;
	case SKF_AD_QUEUE: /* one queue, one CPU; tags stay in the packet */
	case SKF_AD_RXHASH:
	case SKF_AD_CPU:
	case SKF_AD_VLAN_TAG:
	case SKF_AD_VLAN_TAG_PRESENT:
	case SKF_AD_VLAN_TPID:
		return 0;
	default:
		m->stop = true;
		return 0;
	}
}

/* Where offset off, negative ones counting from a header, lies in front of end; NULL: nowhere. */
static const u8 *place(const struct bpf_packet *p, u32 off, u32 size)
{
	const u8 *base = p->data, *end = p->data + p->len;

	if (off >= (u32)SKF_NET_OFF) {
		base = p->net;
		off -= (u32)SKF_NET_OFF;
	} else if (off >= (u32)SKF_LL_OFF) {
		base = p->mac;
		off -= (u32)SKF_LL_OFF;
	}
	if (!base || base < p->head || base > end || off > (u32)(end - base) ||
		size > (u32)(end - base) - off)
		return NULL;
	return base + off;
}

static u32 load_packet(struct machine *m, u32 off, u32 size)
{
	const u8 *at;
	u32 v = 0;

	if (off >= (u32)SKF_AD_OFF)
		return load_ancillary(m, off - (u32)SKF_AD_OFF);
	at = place(m->data, off, size);
	if (!at) {
		m->stop = true;
		return 0;
	}
	while (size--)
		v = v << 8 | *at++;
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
	case BPF_MOD:
		return a % b;
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

static u32 size_of(const struct sock_filter *f)
{
	return BPF_SIZE(f->code) == BPF_W ? 4 : BPF_SIZE(f->code) == BPF_H ? 2 : 1;
}

static u32 loaded(struct machine *m, const struct sock_filter *f)
{
	switch (BPF_MODE(f->code)) {
	case BPF_ABS:
		return m->load(m, f->k, size_of(f));
	case BPF_IND:
		return m->load(m, m->x + f->k, size_of(f));
	case BPF_MSH:
		return (m->load(m, f->k, 1) & 15) << 2;
	case BPF_LEN:
		return m->len;
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
			if (!b && (BPF_OP(f->code) == BPF_DIV || BPF_OP(f->code) == BPF_MOD))
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
		if (m->stop)
			return 0;
	}
}

u32 bpf_run(const struct sock_filter *prog, const struct seccomp_data *data)
{
	struct machine m = {
		.load = load_seccomp, .data = data, .len = DATA_SIZE, .known = DATA_SIZE};

	return run(&m, prog);
}

bool bpf_run_by_number(const struct sock_filter *prog, const struct seccomp_data *data, u32 *out)
{
	struct machine m = {.load = load_seccomp,
		.data = data,
		.len = DATA_SIZE,
		.known = offsetof(struct seccomp_data, instruction_pointer)};

	*out = run(&m, prog);
	return !m.stop;
}

u32 bpf_run_packet(const struct sock_filter *prog, const struct bpf_packet *p)
{
	struct machine m = {.load = load_packet, .data = p, .len = p->len};

	return run(&m, prog);
}
