/*
 * The content of a core file: ELF header, one note segment (registers of every thread, siginfo,
 * auxiliary vector, mapped files), and the memory, a segment per mapping. Which mappings are
 * written follows coredump_filter and MADV_DONTDUMP; pages of zeros become holes. core(5), elf(5).
 */
#include "fs/seq.h"
#include "fs/vfs.h"
#include "kernel/abi_core.h"
#include "kernel/coredump.h"
#include "kernel/mapped.h"
#include "kernel/pid_ns.h"
#include "kernel/ptrace.h"
#include "kernel/usage.h"

#include <elf.h>
#include <sys/mman.h>

#define CHUNK (64u << 10)
#define NT_SIGINFO_ 0x53494749u
#define NT_FILE_ 0x46494c45u
#define VMAS_MAX 65000u /* what e_phnum can count */
#define PSARGS_LEN 80

struct core_vma {
	u64 start, end, dump; /* dump: bytes of it that are written */
	u64 offset;	      /* in the file behind it */
	u32 prot;
	char *name; /* of that file; NULL: none */
};

struct core {
	struct task *t;
	struct file *f;
	u64 limit, pos;
	struct core_vma *vma;
	unsigned nr, cap;
	struct seq notes;
};

/* ---- mappings ---- */

static u64 dump_len(
	struct task *t, const struct guest_vma *v, const struct guest_vma_usage *u, bool file)
{
	u32 filter = t->mm->dump_filter;
	u64 len = v->end - v->start;
	char magic[SELFMAG];

	if (!strcmp(v->name, "[vdso]"))
		return len;
	if (u->dont_dump || v->start >= USER_ADDR_MAX)
		return 0;
	if (v->shared)
		return filter & (file ? CORE_FILE_SHARED : CORE_ANON_SHARED) ? len : 0;
	if ((!file || u->anonymous_kib) && (filter & CORE_ANON_PRIVATE))
		return len;
	if (!file)
		return 0;
	if (filter & CORE_FILE_PRIVATE)
		return len;
	if ((filter & CORE_ELF_HEADERS) && v->offset == 0 && (v->prot & PROT_READ) &&
		guest_read(t, magic, v->start, sizeof(magic)) == 0 &&
		!memcmp(magic, ELFMAG, SELFMAG))
		return PAGE_SIZE;
	return 0;
}

static int add_vma(const struct guest_vma *v, const struct guest_vma_usage *u, void *arg)
{
	struct mapped_name file = {.path = v->name};
	struct core *c = arg;
	struct core_vma *n;

	if (c->nr == c->cap) {
		unsigned cap = c->cap ? c->cap * 2 : 64;

		if (cap > VMAS_MAX * 2 || c->nr >= VMAS_MAX)
			return -ENOMEM;
		n = realloc(c->vma, cap * sizeof(*n));
		if (!n)
			return -ENOMEM;
		c->vma = n;
		c->cap = cap;
	}
	n = &c->vma[c->nr++];
	*n = (struct core_vma){
		.start = v->start, .end = v->end, .offset = v->offset, .prot = v->prot};
	if (v->ino)
		mapped_find(v->dev, v->ino, &file);
	if (v->ino && file.path[0] == '/')
		n->name = strdup(file.path);
	n->dump = dump_len(c->t, v, u, n->name);
	return 0;
}

/* ---- notes ---- */

static void note(struct core *c, u32 type, const char *owner, const void *data, size_t len)
{
	Elf64_Nhdr h = {.n_namesz = (u32)strlen(owner) + 1, .n_descsz = (u32)len, .n_type = type};
	static const char zeros[4];

	seq_write(&c->notes, &h, sizeof(h));
	seq_write(&c->notes, owner, h.n_namesz);
	seq_write(&c->notes, zeros, -h.n_namesz & 3);
	seq_write(&c->notes, data, len);
	seq_write(&c->notes, zeros, -len & 3);
}

static struct abi_core_time core_time(u64 ns)
{
	return (struct abi_core_time){
		(s64)(ns / NSEC_PER_SEC), (s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC)};
}

static void note_prstatus(struct core *c, struct task *t, int sig, const siginfo_t *info)
{
	struct tgroup *tg = t->tg;
	struct guest_usage u;
	struct abi_prstatus p = {
		.signo = sig,
		.cursig = (s16)sig,
		.sigpend = t->pending.set,
		.sighold = signal_mask(t),
		.pid = pid_out(t->tid),
		.ppid = tg->parent ? pid_out(tg->parent->pid) : 0,
		.pgrp = pid_out(tg->pgid),
		.sid = pid_out(tg->sid),
		.fpvalid = 1,
	};

	if (info) {
		p.code = info->si_code;
		p.err = info->si_errno;
	}
	if (guest_usage(t, false, &u) == 0) {
		p.utime = core_time(u.utime_ns);
		p.stime = core_time(u.stime_ns);
	}
	p.cutime = core_time(tg->child_usage.utime_ns);
	p.cstime = core_time(tg->child_usage.stime_ns);
	trace_get_regs(t, &p.regs);
	note(c, NT_PRSTATUS, "CORE", &p, sizeof(p));
}

static void note_regset(struct core *c, struct task *t, unsigned type, const char *owner)
{
	u8 *buf = malloc(TRACE_REGSET_MAX);
	ssize_t n = buf ? trace_get_regset(t, type, buf,
				  type == NT_PRFPREG ? sizeof(struct user_fpregs_struct)
						     : TRACE_REGSET_MAX)
			: -ENOMEM;

	if (n > 0)
		note(c, type, owner, buf, (size_t)n);
	free(buf);
}

static void note_prpsinfo(struct core *c)
{
	struct task *t = c->t;
	struct tgroup *tg = t->tg;
	struct abi_prpsinfo p = {
		.sname = 'R',
		.nice = (char)t->nice,
		.uid = t->cred->uid,
		.gid = t->cred->gid,
		.pid = pid_out(tg->pid),
		.ppid = tg->parent ? pid_out(tg->parent->pid) : 0,
		.pgrp = pid_out(tg->pgid),
		.sid = pid_out(tg->sid),
	};
	size_t len = MIN(t->mm->arg_end - t->mm->arg_start, (u64)PSARGS_LEN - 1);

	memcpy(p.fname, t->comm, sizeof(p.fname));
	if (guest_read(t, p.psargs, t->mm->arg_start, len) < 0)
		len = 0;
	for (size_t i = 0; i < len; i++)
		if (!p.psargs[i])
			p.psargs[i] = ' ';
	note(c, NT_PRPSINFO, "CORE", &p, sizeof(p));
}

static void note_files(struct core *c)
{
	u64 head[2] = {0, PAGE_SIZE};
	struct seq s = {0};

	for (unsigned i = 0; i < c->nr; i++)
		head[0] += c->vma[i].name != NULL;
	seq_write(&s, head, sizeof(head));
	for (unsigned i = 0; i < c->nr; i++) {
		const struct core_vma *v = &c->vma[i];
		u64 row[3] = {v->start, v->end, v->offset / PAGE_SIZE};

		if (v->name)
			seq_write(&s, row, sizeof(row));
	}
	for (unsigned i = 0; i < c->nr; i++)
		if (c->vma[i].name)
			seq_write(&s, c->vma[i].name, strlen(c->vma[i].name) + 1);
	if (!s.failed)
		note(c, NT_FILE_, "CORE", s.buf, s.len);
	seq_fini(&s);
}

static void note_fpu(struct core *c, struct task *t)
{
	note_regset(c, t, NT_PRFPREG, "CORE");
	note_regset(c, t, NT_X86_XSTATE, "LINUX");
}

/* The dying thread first: debuggers start with it. */
static void make_notes(struct core *c, const siginfo_t *info)
{
	const struct mm *mm = c->t->mm;
	struct task *o;

	note_prstatus(c, c->t, info->si_signo, info);
	note_prpsinfo(c);
	note(c, NT_SIGINFO_, "CORE", info, sizeof(*info));
	note(c, NT_AUXV, "CORE", mm->auxv, mm->nr_auxv * sizeof(u64));
	note_files(c);
	note_fpu(c, c->t);
	list_for_each_entry (o, &c->t->tg->tasks, tg_link) {
		if (o == c->t || !(o->parked || task_trace_stopped(o)) || !guest_regs(o))
			continue;
		note_prstatus(c, o, info->si_signo, NULL);
		note_fpu(c, o);
	}
}

/* ---- output ---- */

static bool emit(struct core *c, const void *data, size_t len)
{
	u64 room = c->pos < c->limit ? c->limit - c->pos : 0;
	size_t n = MIN((u64)len, room);

	if (n && file_write_kernel(c->f, data, n, c->pos) != (ssize_t)n)
		return false;
	c->pos += len;
	return n == len;
}

static bool emit_headers(struct core *c)
{
	u64 at = sizeof(Elf64_Ehdr) + (c->nr + 1) * sizeof(Elf64_Phdr);
	Elf64_Ehdr eh = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
				 EV_CURRENT, ELFOSABI_NONE},
		.e_type = ET_CORE,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(eh),
		.e_ehsize = sizeof(eh),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = (u16)(c->nr + 1)};
	Elf64_Phdr ph = {.p_type = PT_NOTE, .p_offset = at, .p_filesz = c->notes.len, .p_align = 4};
	bool ok = emit(c, &eh, sizeof(eh)) && emit(c, &ph, sizeof(ph));

	at = ALIGN_UP(at + c->notes.len, PAGE_SIZE);
	for (unsigned i = 0; i < c->nr && ok; i++) {
		const struct core_vma *v = &c->vma[i];

		ph = (Elf64_Phdr){.p_type = PT_LOAD,
			.p_offset = at,
			.p_vaddr = v->start,
			.p_filesz = v->dump,
			.p_memsz = v->end - v->start,
			.p_align = PAGE_SIZE,
			.p_flags = (v->prot & PROT_READ ? PF_R : 0) |
				   (v->prot & PROT_WRITE ? PF_W : 0) |
				   (v->prot & PROT_EXEC ? PF_X : 0)};
		at += v->dump;
		ok = emit(c, &ph, sizeof(ph));
	}
	return ok && emit(c, c->notes.buf, c->notes.len);
}

static bool is_zero(const u8 *p, size_t len)
{
	return !len || (p[0] == 0 && !memcmp(p, p + 1, len - 1));
}

/* One chunk of memory; what cannot be read, and zeros, are left out. */
static bool emit_chunk(struct core *c, u8 *buf, u64 addr, size_t len)
{
	ssize_t n = guest_read_some(c->t, buf, addr, len);
	bool ok = true;

	if (n < (ssize_t)len)
		n = guest_read_force(c->t, buf, addr, len);
	if (n < 0)
		n = 0;
	memset(buf + n, 0, len - (size_t)n);
	for (size_t off = 0; off < len && ok; off += PAGE_SIZE) {
		size_t part = MIN(len - off, PAGE_SIZE);

		if (is_zero(buf + off, part))
			c->pos += part;
		else
			ok = emit(c, buf + off, part);
	}
	return ok;
}

static bool emit_memory(struct core *c)
{
	u8 *buf = malloc(CHUNK);
	bool ok = buf != NULL;
	u64 total = 0;

	c->pos = ALIGN_UP(c->pos, PAGE_SIZE);
	for (unsigned i = 0; i < c->nr && ok; i++) {
		const struct core_vma *v = &c->vma[i];

		for (u64 off = 0; off < v->dump && ok; off += CHUNK) {
			size_t len = MIN(v->dump - off, (u64)CHUNK);

			ok = emit_chunk(c, buf, v->start + off, len) && c->pos <= c->limit;
			total += len;
			ok = ok && sched_pause_after(total, len) == 0;
		}
	}
	free(buf);
	return ok;
}

/* The last pages may have been zeros. */
static void set_size(struct core *c)
{
	struct setattr a = {.valid = ATTR_SIZE, .size = MIN(c->pos, c->limit), .file = c->f};

	vfs_setattr(&c->f->path, &a);
}

bool core_elf_write(struct task *t, const siginfo_t *info, struct file *f, u64 limit)
{
	struct core c = {.t = t, .f = f, .limit = limit};
	bool ok = guest_for_each_vma_usage(t, add_vma, &c) == 0;

	if (ok)
		make_notes(&c, info);
	ok = ok && !c.notes.failed;
	if (ok && emit_headers(&c) && emit_memory(&c))
		set_size(&c);
	for (unsigned i = 0; i < c.nr; i++)
		free(c.vma[i].name);
	free(c.vma);
	seq_fini(&c.notes);
	return ok && c.pos > 0;
}
