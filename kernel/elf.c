/*
 * The ELF loader (elf(5)). elf_prepare() reads and checks headers while the old image still exists;
 * elf_load() maps the segments by orders to the fresh stub, zeroes what lies behind file contents,
 * and writes stack and auxiliary vector. All numbers in the file are hostile.
 */
#include "kernel/exec.h"

#include "fs/file.h"
#include "kernel/lib/log.h"
#include "kernel/mapped.h"
#include "kernel/os.h"
#include "kernel/user_ns.h"

#include <asm/unistd.h>
#include <elf.h>
#include <sys/mman.h>

#define STACK_GROW_MAX (8ull << 20)
#define STACK_MARGIN (64ull << 10)
#define MAX_PHDRS 64
#define PIE_BASE 0x555555554000ull
#define PIE_RANDOM_PAGES (1ull << 27)
#define BRK_RANDOM_PAGES (1ull << 13)

struct elf_file {
	struct file *file;
	Elf64_Ehdr eh;
	Elf64_Phdr ph[MAX_PHDRS];
	u64 lo, hi; /* page-aligned span of all PT_LOAD */
	u64 bias;   /* added to every p_vaddr */
	int hfd;    /* host descriptor behind it, while mapping */
	u64 hoff;   /* offset of the file inside it */
};

struct elf_image {
	struct elf_file prog, interp;
	bool has_interp;
};

/* ---- reading ---- */

static int check_header(const Elf64_Ehdr *eh)
{
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG))
		return -ENOEXEC;
	if (eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_machine != EM_X86_64)
		return -ENOEXEC;
	if (eh->e_type != ET_EXEC && eh->e_type != ET_DYN)
		return -ENOEXEC;
	if (eh->e_phentsize != sizeof(Elf64_Phdr) || !eh->e_phnum || eh->e_phnum > MAX_PHDRS)
		return -ENOEXEC;
	return 0;
}

static int check_load(const Elf64_Phdr *p)
{
	if (p->p_filesz > p->p_memsz || p->p_vaddr >= USER_ADDR_MAX ||
		p->p_memsz > USER_ADDR_MAX - p->p_vaddr)
		return -EINVAL;
	if ((p->p_vaddr ^ p->p_offset) & (PAGE_SIZE - 1))
		return -EINVAL;
	if (p->p_offset > (1ull << 62) || p->p_filesz > (1ull << 62))
		return -EINVAL;
	return 0;
}

static int read_elf(struct elf_file *e, struct file *file)
{
	bool any = false;
	size_t len;
	int err;

	e->file = file;
	e->hfd = -1;
	if (file_read_kernel(file, &e->eh, sizeof(e->eh), 0) != (ssize_t)sizeof(e->eh))
		return -ENOEXEC;
	err = check_header(&e->eh);
	if (err < 0)
		return err;
	len = e->eh.e_phnum * sizeof(e->ph[0]);
	if (file_read_kernel(file, e->ph, len, e->eh.e_phoff) != (ssize_t)len)
		return -ENOEXEC;
	e->lo = UINT64_MAX;
	for (unsigned i = 0; i < e->eh.e_phnum; i++) {
		const Elf64_Phdr *p = &e->ph[i];

		if (p->p_type != PT_LOAD || !p->p_memsz)
			continue;
		err = check_load(p);
		if (err < 0)
			return err;
		e->lo = MIN(e->lo, ALIGN_DOWN(p->p_vaddr, PAGE_SIZE));
		e->hi = MAX(e->hi, ALIGN_UP(p->p_vaddr + p->p_memsz, PAGE_SIZE));
		any = true;
	}
	return any ? 0 : -ENOEXEC;
}

static int open_interp(struct elf_image *img, const Elf64_Phdr *p)
{
	char name[PATH_MAX];
	struct file *f;
	int err;

	if (p->p_filesz < 2 || p->p_filesz > sizeof(name))
		return -ENOEXEC;
	if (file_read_kernel(img->prog.file, name, p->p_filesz, p->p_offset) !=
		(ssize_t)p->p_filesz)
		return -ENOEXEC;
	if (name[p->p_filesz - 1])
		return -ENOEXEC;
	err = file_open_lookup(&current->fs->cwd, name, O_RDONLY, 0, LOOKUP_EXEC, &f);
	if (err == 0)
		err = exec_opened(&f);
	if (err < 0)
		return err;
	img->interp.file = f;
	img->has_interp = true;
	if (!S_ISREG(f->inode->mode) || inode_permission(f->inode, MAY_EXEC) < 0)
		return -EACCES;
	err = read_elf(&img->interp, f);
	return err == -ENOEXEC ? -ELIBBAD : err;
}

/* The bias for ET_DYN: programs get a random base; static-pie too. */
static void place_program(struct elf_file *e, bool no_random)
{
	u64 rnd = 0, align = PAGE_SIZE;

	if (e->eh.e_type != ET_DYN)
		return;
	for (unsigned i = 0; i < e->eh.e_phnum; i++)
		if (e->ph[i].p_type == PT_LOAD && e->ph[i].p_align <= (1ull << 30) &&
			!(e->ph[i].p_align & (e->ph[i].p_align - 1)))
			align = MAX(align, e->ph[i].p_align);
	if (!no_random)
		os_random(&rnd, sizeof(rnd));
	e->bias = ALIGN_DOWN(PIE_BASE + (rnd % PIE_RANDOM_PAGES) * PAGE_SIZE, align) - e->lo;
}

/* Is it to be where the stub lives, or beyond the address space? */
static bool out_of_bounds(const struct elf_file *e)
{
	return e->eh.e_type == ET_EXEC && (e->lo < GUEST_RESERVED_END || e->hi > USER_ADDR_MAX);
}

int elf_prepare(struct exec *e, struct elf_image **out)
{
	struct elf_image *img = calloc(1, sizeof(*img));
	int err;

	if (!img)
		return -ENOMEM;
	img->interp.hfd = -1;
	err = read_elf(&img->prog, e->file);
	for (unsigned i = 0; !err && i < img->prog.eh.e_phnum; i++) {
		if (img->prog.ph[i].p_type != PT_INTERP)
			continue;
		err = open_interp(img, &img->prog.ph[i]);
		break;
	}
	if (!err && (out_of_bounds(&img->prog) || (img->has_interp && out_of_bounds(&img->interp))))
		err = -ENOMEM;
	if (!err && img->prog.hi - img->prog.lo > (1ull << 45))
		err = -ENOMEM;
	if (err < 0) {
		elf_free(img);
		return err;
	}
	place_program(&img->prog, current->personality & 0x0040000 /* ADDR_NO_RANDOMIZE */);
	*out = img;
	return 0;
}

void elf_free(struct elf_image *img)
{
	if (!img)
		return;
	if (img->prog.hfd >= 0)
		os_close(img->prog.hfd);
	if (img->interp.hfd >= 0)
		os_close(img->interp.hfd);
	if (img->interp.file)
		file_put(img->interp.file);
	free(img);
}

/* ---- mapping ---- */

struct batch {
	struct guest_order o[GUEST_ORDERS_MAX];
	unsigned nr;
	long first; /* result of the very first order of the image */
	bool sent;
};

static int batch_flush(struct batch *b)
{
	long ret;

	if (!b->nr)
		return 0;
	ret = guest_orders(current, b->o, b->nr);
	if (!b->sent)
		b->first = ret;
	b->sent = true;
	b->nr = 0;
	return ret < 0 ? (int)ret : 0;
}

static int batch_add(struct batch *b, u64 nr, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	int err = b->nr == GUEST_ORDERS_MAX ? batch_flush(b) : 0;

	if (!err)
		b->o[b->nr++] = (struct guest_order){nr, {a0, a1, a2, a3, a4, a5}};
	return err;
}

static u64 seg_prot(const Elf64_Phdr *p)
{
	return ((p->p_flags & PF_R) ? PROT_READ : 0) | ((p->p_flags & PF_W) ? PROT_WRITE : 0) |
	       ((p->p_flags & PF_X) ? PROT_EXEC : 0);
}

static int map_segment(struct batch *b, struct elf_file *e, const Elf64_Phdr *p, int gfd)
{
	u64 start = ALIGN_DOWN(p->p_vaddr + e->bias, PAGE_SIZE);
	u64 file_end = p->p_vaddr + e->bias + p->p_filesz;
	u64 map_end = ALIGN_UP(file_end, PAGE_SIZE);
	u64 mem_end = ALIGN_UP(p->p_vaddr + e->bias + p->p_memsz, PAGE_SIZE);
	int err = 0;

	if (p->p_filesz)
		err = batch_add(b, __NR_mmap, start, map_end - start, seg_prot(p),
			MAP_PRIVATE | MAP_FIXED, (u64)gfd,
			e->hoff + ALIGN_DOWN(p->p_offset, PAGE_SIZE));
	else
		map_end = start;
	if (!err && mem_end > map_end)
		err = batch_add(b, __NR_mmap, map_end, mem_end - map_end, seg_prot(p),
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, (u64)-1, 0);
	return err;
}

static int map_segments(struct batch *b, struct elf_file *e)
{
	int gfd, err = 0;

	e->hoff = 0;
	if (!e->file->ops->mmap_hfd)
		return -ENOEXEC;
	e->hfd = e->file->ops->mmap_hfd(e->file, false, &e->hoff);
	if (e->hfd < 0)
		return e->hfd;
	mapped_note(e->hfd, e->file);
	gfd = guest_give_fd(current, e->hfd);
	if (gfd < 0)
		return gfd;
	for (unsigned i = 0; i < e->eh.e_phnum && !err; i++)
		if (e->ph[i].p_type == PT_LOAD && e->ph[i].p_memsz)
			err = map_segment(b, e, &e->ph[i], gfd);
	if (!err)
		err = batch_add(b, __NR_close, (u64)gfd, 0, 0, 0, 0, 0);
	return err;
}

/* Zeroes the rest of the last file page of each writable segment that has a tail. */
static int clear_tails(struct elf_file *e)
{
	static const char zeros[PAGE_SIZE];

	for (unsigned i = 0; i < e->eh.e_phnum; i++) {
		const Elf64_Phdr *p = &e->ph[i];
		u64 end = p->p_vaddr + e->bias + p->p_filesz;
		u64 len = ALIGN_UP(end, PAGE_SIZE) - end;

		if (p->p_type != PT_LOAD || p->p_memsz == p->p_filesz || !p->p_filesz || !len)
			continue;
		if (!(p->p_flags & PF_W))
			continue;
		if (guest_write(current, end, zeros, len) < 0)
			return -EFAULT;
	}
	return 0;
}

/* Runs the whole mapping. The interpreter's place is the host's choice: the first order reserves
 * it while the program's own segments are mapped in the same batch. */
static int map_image(struct elf_image *img)
{
	struct elf_file *in = &img->interp;
	struct batch b = {0};
	int err = 0;

	if (img->has_interp && in->eh.e_type == ET_DYN)
		err = batch_add(&b, __NR_mmap, 0, in->hi - in->lo, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS, (u64)-1, 0);
	if (!err)
		err = map_segments(&b, &img->prog);
	if (!err)
		err = batch_flush(&b);
	if (err < 0)
		return err;
	if (img->has_interp) {
		if (in->eh.e_type == ET_DYN)
			in->bias = (u64)b.first - in->lo;
		err = map_segments(&b, in);
		if (!err)
			err = batch_flush(&b);
		if (!err)
			err = clear_tails(in);
	}
	return err < 0 ? err : clear_tails(&img->prog);
}

/* ---- stack ---- */

struct stack {
	char *buf; /* image of [sp, top) */
	size_t size, used;
	u64 top;
};

static u64 stack_push(struct stack *s, const void *p, size_t len)
{
	s->used += len;
	memcpy(s->buf + s->size - s->used, p, len);
	return s->top - s->used;
}

static u64 phdr_address(const struct elf_file *e)
{
	for (unsigned i = 0; i < e->eh.e_phnum; i++) {
		const Elf64_Phdr *p = &e->ph[i];

		if (p->p_type == PT_LOAD && e->eh.e_phoff >= p->p_offset &&
			e->eh.e_phoff < p->p_offset + p->p_filesz)
			return e->bias + p->p_vaddr + (e->eh.e_phoff - p->p_offset);
	}
	return 0;
}

struct auxv {
	u64 v[48];
	unsigned nr;
};

static void aux(struct auxv *a, u64 type, u64 value)
{
	a->v[a->nr++] = type;
	a->v[a->nr++] = value;
}

static void fill_auxv(struct auxv *a, const struct elf_image *img, const struct guest_image *gi,
	const struct exec *e, u64 random, u64 platform, u64 execfn)
{
	const struct elf_file *p = &img->prog;
	const struct cred *c = current->cred;

	if (gi->vdso)
		aux(a, AT_SYSINFO_EHDR, gi->vdso);
	aux(a, AT_HWCAP, gi->hwcap);
	aux(a, AT_PAGESZ, PAGE_SIZE);
	aux(a, AT_CLKTCK, 100);
	aux(a, AT_PHDR, phdr_address(p));
	aux(a, AT_PHENT, sizeof(Elf64_Phdr));
	aux(a, AT_PHNUM, p->eh.e_phnum);
	aux(a, AT_BASE, img->has_interp ? img->interp.bias : 0);
	aux(a, AT_FLAGS, 0);
	aux(a, AT_ENTRY, p->eh.e_entry + p->bias);
	aux(a, AT_UID, uid_out(c->uid));
	aux(a, AT_EUID, uid_out(c->euid));
	aux(a, AT_GID, gid_out(c->gid));
	aux(a, AT_EGID, gid_out(c->egid));
	aux(a, AT_SECURE, e->secure);
	aux(a, AT_RANDOM, random);
	aux(a, AT_HWCAP2, gi->hwcap2);
	aux(a, AT_EXECFN, execfn);
	aux(a, AT_PLATFORM, platform);
	if (gi->minsigstksz)
		aux(a, 51 /* AT_MINSIGSTKSZ */, gi->minsigstksz);
	if (gi->rseq_size) {
		aux(a, 27 /* AT_RSEQ_FEATURE_SIZE */, gi->rseq_size);
		aux(a, 28 /* AT_RSEQ_ALIGN */, gi->rseq_align);
	}
	aux(a, AT_NULL, 0);
}

/* The pointers to nr strings packed at addr. */
static u64 *put_pointers(u64 *w, const struct exec_strings *s, u64 addr)
{
	const char *p = s->data;

	for (size_t i = 0; i < s->nr; i++) {
		*w++ = addr + (u64)(p - s->data);
		p += strlen(p) + 1;
	}
	*w++ = 0;
	return w;
}

/*
 * The kernel's copies into a stack page the guest has not touched yet fail, for they do not come
 * from the guest itself. So the mapping is grown by a touch near its limit before the program runs.
 */
static void grow_stack(const struct stack *s)
{
	u64 limit = MIN(task_rlimit(current, RLIMIT_STACK), STACK_GROW_MAX);

	if (limit > s->used + 2 * STACK_MARGIN)
		guest_touch_later(current, s->top - limit + STACK_MARGIN);
}

static int write_stack(struct stack *s)
{
	u64 sp = s->top - s->used;
	const char *img = s->buf + s->size - s->used;

	grow_stack(s);
	if (guest_write(current, sp, img, s->used) == 0)
		return 0;
	guest_touch(current, sp);
	return guest_write(current, sp, img, s->used);
}

/* From the top: strings, platform, random bytes; then auxv, envp, argv, argc at a 16-byte sp. */
static int build_stack(struct exec *e, struct elf_image *img, const struct guest_image *gi, u64 *sp)
{
	size_t words = 1 + e->argv.nr + 1 + e->envp.nr + 1 + 48;
	size_t fixed = strlen(e->name) + 1 + 16 + 16 + 64;
	struct stack s = {.top = gi->stack_top};
	u64 args, envs, random, platform, execfn, *w;
	struct mm *mm = current->mm;
	struct auxv a = {.nr = 0};
	u8 rnd[16];
	int err;

	s.size = ALIGN_UP(fixed + e->argv.len + e->envp.len + words * 8, 16ul); /* so is used */
	s.buf = calloc(1, s.size);
	if (!s.buf)
		return -ENOMEM;
	os_random(rnd, sizeof(rnd));
	execfn = stack_push(&s, e->name, strlen(e->name) + 1);
	envs = stack_push(&s, e->envp.data ? e->envp.data : "", e->envp.len);
	args = stack_push(&s, e->argv.data ? e->argv.data : "", e->argv.len);
	platform = stack_push(&s, "x86_64", 7);
	random = stack_push(&s, rnd, sizeof(rnd));
	mm->arg_start = args;
	mm->arg_end = args + e->argv.len;
	mm->env_start = envs;
	mm->env_end = envs + e->envp.len;
	fill_auxv(&a, img, gi, e, random, platform, execfn);
	memcpy(mm->auxv, a.v, a.nr * sizeof(u64));
	mm->nr_auxv = a.nr;
	words = 1 + e->argv.nr + 1 + e->envp.nr + 1 + a.nr;
	s.used = s.top - ALIGN_DOWN(s.top - s.used - words * 8, 16ul);
	w = (u64 *)(s.buf + s.size - s.used);
	*sp = s.top - s.used;
	*w++ = e->argv.nr;
	w = put_pointers(w, &e->argv, args);
	w = put_pointers(w, &e->envp, envs);
	memcpy(w, a.v, a.nr * sizeof(u64));
	err = write_stack(&s);
	free(s.buf);
	return err;
}

static void fill_mm(struct elf_image *img, u64 sp)
{
	struct elf_file *p = &img->prog;
	struct mm *mm = current->mm;
	u64 rnd = 0;

	for (unsigned i = 0; i < p->eh.e_phnum; i++) {
		const Elf64_Phdr *ph = &p->ph[i];
		u64 start = ph->p_vaddr + p->bias;

		if (ph->p_type != PT_LOAD)
			continue;
		if (ph->p_flags & PF_X) {
			mm->start_code = start;
			mm->end_code = start + ph->p_filesz;
		}
		if (ph->p_flags & PF_W) {
			mm->start_data = start;
			mm->end_data = start + ph->p_filesz;
		}
	}
	if (!(current->personality & 0x0040000))
		os_random(&rnd, sizeof(rnd));
	mm->brk_start = p->hi + p->bias + (rnd % BRK_RANDOM_PAGES) * PAGE_SIZE;
	mm->brk = mm->brk_start;
	mm->start_stack = sp;
}

int elf_load(struct exec *e, struct elf_image *img, const struct guest_image *gi)
{
	struct abi_sigcontext *regs;
	u64 sp;
	int err = map_image(img);

	if (!err)
		err = build_stack(e, img, gi, &sp);
	regs = guest_regs(current);
	if (err < 0 || !regs)
		return err < 0 ? err : -EFAULT;
	fill_mm(img, sp);
	regs->rip = img->has_interp ? img->interp.eh.e_entry + img->interp.bias
				    : img->prog.eh.e_entry + img->prog.bias;
	regs->rsp = sp;
	return 0;
}
