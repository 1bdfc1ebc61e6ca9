/*
 * Call sites of the fast path: recognising the few forms in which compilers and C libraries write a
 * system call, and making them jump to a piece of code of their own, which does what was
 * overwritten and enters fast_code.S. Every form keeps the bytes of the syscall instruction, so
 * that a thread that is to make (or repeat) the call at this place still can.
 *
 *   mov $nr, %eax; syscall           jmp *[a], whose last two bytes are 0f 05
 *   mov $nr, %eax; lea disp32(...), %rsi; syscall     the same over the lea
 *   mov 8(%rsp), %r9; syscall        the same (the syscall() function)
 *   xor %eax, %eax; syscall; cmp; ja; ret; nop    jmp short into the nop, where jmp *[a] goes
 */
#include "skas/fastpath.h"

#include "kernel/lib/log.h"
#include "skas/skas.h"

#include <sys/mman.h>

#define BEFORE 10 /* bytes looked at before the end of the site */
#define AFTER 20

static bool is_rex(u8 byte)
{
	return (byte & 0xf0) == 0x40;
}

/* Length of the long nop at p, 0 if there is none. */
static unsigned nop_len(const u8 *p)
{
	static const struct {
		u8 len, head[6];
	} nops[] = {
		{7, {0x0f, 0x1f, 0x80}},
		{8, {0x0f, 0x1f, 0x84}},
		{9, {0x66, 0x0f, 0x1f, 0x84}},
		{10, {0x66, 0x2e, 0x0f, 0x1f, 0x84}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(nops); i++) {
		size_t head = strlen((const char *)nops[i].head);
		unsigned zeros = 0;

		if (memcmp(p, nops[i].head, head))
			continue;
		while (head + zeros < nops[i].len && !p[head + zeros])
			zeros++;
		if (head + zeros == nops[i].len)
			return nops[i].len;
	}
	return 0;
}

#define LEA_LEN 9 /* lea disp32(base), %rsi or lea disp32(%rip), %rsi; and syscall */

/* Not of %rsi or %r11, which a piece has changed when a thread is put back before its site. */
static bool is_lea(const u8 *p)
{
	unsigned base = (p[2] & 7u) | (p[0] & 1u) << 3;

	if ((p[0] & 0xfe) != 0x48 || p[1] != 0x8d)
		return false;
	if ((p[2] & 0xf8) == 0xb0)
		return (base & 7) != 4 && base != 6 && base != 11;
	return p[2] == 0x35;
}

/* What it adds up. */
static void lea_parse(struct fast_site *site, const u8 *p)
{
	s32 disp;

	memcpy(&disp, p + 3, sizeof(disp));
	site->base = p[2] == 0x35 ? LEA_ABSOLUTE : (u8)((p[2] & 7) | (p[0] & 1) << 3);
	site->disp = (u64)disp + (p[2] == 0x35 ? site->end - 2 : 0);
}

/* end[-BEFORE] to end[AFTER - 1] can be read. */
static enum site_form site_form(const u8 *end, u64 nr)
{
	static const u8 function[] = {0x4c, 0x8b, 0x4c, 0x24, 0x08};
	static const u8 xor_tail[] = {0x48, 0x3d, 0x00, 0xf0, 0xff, 0xff, 0x77};
	u32 imm;

	if (end[-2] != 0x0f || end[-1] != 0x05)
		return FORM_NONE;
	memcpy(&imm, end - 6, sizeof(imm));
	if (end[-7] == 0xb8 && imm == nr && !is_rex(end[-8]))
		return FORM_MOV;
	if (is_lea(end - LEA_LEN))
		return FORM_LEA;
	if (!memcmp(end - 7, function, sizeof(function)))
		return FORM_FUNCTION;
	if (end[-4] == 0x31 && end[-3] == 0xc0 && nr == 0 && !is_rex(end[-5]) &&
		!memcmp(end, xor_tail, sizeof(xor_tail)) && end[8] == 0xc3 && nop_len(end + 9) &&
		end[7] < 0x80 && end[7] > nop_len(end + 9))
		return FORM_XOR;
	return FORM_NONE;
}

struct text_search {
	uaddr_t at;
	struct fast_space *f;
};

static int text_fn(const struct guest_vma *v, void *arg)
{
	struct text_search *s = arg;

	if (s->at < v->start || s->at >= v->end)
		return 0;
	if (v->ino && !v->shared && (v->prot & (PROT_EXEC | PROT_WRITE)) == PROT_EXEC) {
		s->f->text_start = v->start;
		s->f->text_end = v->end;
	}
	return 1;
}

/* Does the site lie in program text, a file's private mapping that is not written to? */
static bool in_text(struct guest *g, struct fast_space *f, uaddr_t end)
{
	struct text_search s = {end, f};

	if (end - BEFORE < f->text_start || end + AFTER > f->text_end)
		guest_for_each_vma(g->task, text_fn, &s);
	return end - BEFORE >= f->text_start && end + AFTER <= f->text_end;
}

static unsigned emit(u8 *p, const void *bytes, unsigned len)
{
	memcpy(p, bytes, len);
	return len;
}

static unsigned emit_overwritten(u8 *p, const struct fast_site *site, const u8 *code)
{
	if (site->form == FORM_XOR)
		return emit(p, "\x31\xc0", 2);
	if (site->form != FORM_LEA)
		return emit(p, code - 7, 5);
	if (site->base != LEA_ABSOLUTE)
		return emit(p, code - LEA_LEN, LEA_LEN - 2);
	emit(p, "\x48\xbe", 2); /* mov $disp, %rsi */
	return 2 + emit(p + 2, &site->disp, 8);
}

/* The piece: what was overwritten; mov $end, %r11; jmp FAST_CODE. */
static unsigned make_piece(u8 *p, uaddr_t at, const struct fast_site *site, const u8 *code)
{
	unsigned n = emit_overwritten(p, site, code);
	s32 rel;

	n += emit(p + n, "\x49\xbb", 2);
	n += emit(p + n, &site->end, 8);
	n += emit(p + n, "\xe9", 1);
	rel = (s32)((s64)FAST_CODE - (s64)(at + n + 4));
	n += emit(p + n, &rel, 4);
	return n;
}

static bool room_for_site(struct fast_space *f)
{
	unsigned max = f->max_sites ? f->max_sites * 2 : 16;
	struct fast_site *more;

	if (f->nr_sites < f->max_sites)
		return true;
	if (f->nr_sites == FAST_NR_SITES)
		return false;
	max = MIN(max, (unsigned)FAST_NR_SITES);
	more = realloc(f->sites, max * sizeof(*more));
	if (!more)
		return false;
	f->sites = more;
	f->max_sites = max;
	return true;
}

static int write_site(struct guest *g, enum site_form form, uaddr_t end, uaddr_t table)
{
	u8 jump[7] = {0xff, 0x24, 0x25};
	u32 disp = (u32)table;
	int err;

	memcpy(jump + 3, &disp, sizeof(disp));
	if (form == FORM_LEA && (err = guest_poke(g, end - LEA_LEN, "\x3e\x3e", 2)) < 0)
		return err;
	if (form != FORM_XOR)
		return guest_poke(g, end - 7, jump, 5); /* the other two are there */
	err = guest_poke(g, end + 9, jump, 7);
	return err < 0 ? err : guest_poke(g, end - 4, "\xeb\x0b", 2);
}

void patch_site(struct guest *g, uaddr_t end, u64 nr)
{
	struct fast_space *f = g->slots->fast;
	u8 bytes[BEFORE + AFTER], piece[FAST_SITE_SIZE];
	unsigned i = f->nr_sites, len;
	uaddr_t at = FAST_SITES + i * FAST_SITE_SIZE, table = FAST_TABLE + i * 8;
	struct fast_site site = {.end = end, .nr = (u32)nr};

	if (!room_for_site(f) || end < GUEST_RESERVED_END || !in_text(g, f, end) ||
		guest_read(g->task, bytes, end - BEFORE, sizeof(bytes)) < 0)
		return;
	site.form = site_form(bytes + BEFORE, nr);
	if (site.form == FORM_NONE)
		return;
	site.start = end - (site.form == FORM_XOR ? 4 : site.form == FORM_LEA ? LEA_LEN : 7);
	if (site.form == FORM_LEA)
		lea_parse(&site, bytes + BEFORE - LEA_LEN);
	len = make_piece(piece, at, &site, bytes + BEFORE);
	if (guest_poke(g, at, piece, len) < 0 || guest_poke(g, table, &at, sizeof(at)) < 0)
		return;
	f->sites[f->nr_sites++] = site;
	write_site(g, site.form, end, table);
	trace(TRACE_SKAS, "process %d: site %#llx of call %llu patched", g->proc->pid,
		(unsigned long long)end, (unsigned long long)nr);
}
