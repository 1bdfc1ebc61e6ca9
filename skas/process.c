/*
 * Host processes and stub slots: creation by native clone, replacement by execveat of the stub,
 * release and reaping. Every host process of the machine is a direct child of skiff (CLONE_PARENT),
 * so each end is seen by wait4(2), and a pid is ours until then.
 */
#include "skas/home.h"
#include "skas/host.h"
#include "skas/skas.h"

#include "kernel/lib/log.h"
#include "kernel/signal.h"

#include <asm/unistd.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

static struct htab by_pid; /* struct host_process.hash */
static struct list_head all_processes = LIST_HEAD_INIT(all_processes);

#define CHUNK_SLOTS 16

/* ---- slots ---- */

struct slot_space *slot_space_create(void)
{
	struct slot_space *s = calloc(1, sizeof(*s));
	struct slot_chunk *c = calloc(1, sizeof(*c));

	if (!s || !c) {
		free(s);
		free(c);
		return NULL;
	}
	*c = (struct slot_chunk){.base = STUB_SLOT0, .nr = 1, .used = 1};
	s->refs = 1;
	s->chunks = c;
	return s;
}

void slot_space_put(struct slot_space *s)
{
	struct slot_chunk *c, *next;

	if (!s || --s->refs)
		return;
	fast_space_free(s->fast);
	for (c = s->chunks; c; c = next) {
		next = c->next;
		free(c);
	}
	free(s);
}

static u32 slot_bit(const struct slot_chunk *c, uaddr_t slot)
{
	if (slot < c->base || slot >= c->base + c->nr * (u64)STUB_SLOT_SIZE)
		return 0;
	return 1u << ((slot - c->base) / STUB_SLOT_SIZE);
}

/* A forked address space: the same chunks, only keep in use. */
struct slot_space *slot_space_copy(const struct slot_space *s, uaddr_t keep)
{
	struct slot_space *n = calloc(1, sizeof(*n));
	struct slot_chunk **tail;

	if (!n)
		return NULL;
	n->refs = 1;
	tail = &n->chunks;
	for (const struct slot_chunk *c = s->chunks; c; c = c->next) {
		struct slot_chunk *d = malloc(sizeof(*d));

		if (!d) {
			slot_space_put(n);
			return NULL;
		}
		*d = *c;
		d->used = slot_bit(c, keep);
		d->next = NULL;
		*tail = d;
		tail = &d->next;
	}
	n->fast = fast_space_fork(s->fast);
	if (s->fast && !n->fast) {
		slot_space_put(n);
		return NULL;
	}
	return n;
}

void slot_free(struct slot_space *s, uaddr_t slot)
{
	for (struct slot_chunk *c = s->chunks; c; c = c->next)
		c->used &= ~slot_bit(c, slot);
}

static bool slot_take(struct slot_space *s, uaddr_t *slot)
{
	for (struct slot_chunk *c = s->chunks; c; c = c->next) {
		for (unsigned i = 0; i < c->nr; i++) {
			if (c->used >> i & 1)
				continue;
			c->used |= 1u << i;
			*slot = c->base + i * (u64)STUB_SLOT_SIZE;
			return true;
		}
	}
	return false;
}

int slot_alloc(struct guest *orderer, uaddr_t *slot)
{
	u64 len = (CHUNK_SLOTS + 1) * (u64)STUB_SLOT_SIZE;
	struct slot_space *s = orderer->proc->slots;
	struct slot_chunk *c;
	long map;

	if (slot_take(s, slot))
		return 0;
	map = guest_order(orderer->task, __NR_mmap, 0, len, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, (u64)-1, 0);
	if (map < 0)
		return (int)map;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	*c = (struct slot_chunk){.map = (uaddr_t)map, .map_len = len, .nr = CHUNK_SLOTS};
	c->base = ALIGN_UP((uaddr_t)map, (uaddr_t)STUB_SLOT_SIZE);
	c->next = s->chunks;
	s->chunks = c;
	return slot_take(s, slot) ? 0 : -ENOMEM;
}

/* ---- host processes ---- */

void host_process_set_pid(struct host_process *p, pid_t pid)
{
	p->pid = pid;
	p->refs++; /* until reaped */
	BUG_ON(htab_insert(&by_pid, &p->hash, hash_u64((u64)pid)) < 0);
	list_add_tail(&p->all_link, &all_processes);
}

static struct host_process *host_process_create(struct slot_space *slots, struct tgroup *tg)
{
	struct host_process *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->slots = slots;
	p->tg = tgroup_get(tg);
	list_init(&p->guests);
	list_init(&p->killed);
	return p;
}

struct host_process *host_process_find(pid_t pid)
{
	struct hnode *n = htab_first(&by_pid, hash_u64((u64)pid));

	for (; n; n = htab_next(n)) {
		struct host_process *p = container_of(n, struct host_process, hash);

		if (p->pid == pid)
			return p;
	}
	return NULL;
}

static void host_process_put(struct host_process *p)
{
	if (--p->refs)
		return;
	slot_space_put(p->slots);
	tgroup_put(p->tg);
	free(p);
}

static struct guest *guest_create(struct task *t, struct host_process *p, uaddr_t slot)
{
	struct guest *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->task = t;
	g->proc = p;
	g->slot = slot;
	g->home = HOME_UNKNOWN;
	g->slots = p->slots;
	g->slots->refs++;
	p->refs++;
	list_add_tail(&g->proc_link, &p->guests);
	t->guest = g;
	return g;
}

static void guest_destroy(struct guest *g)
{
	struct host_process *p = g->proc;

	home_forget(g);
	guest_untrack(g);
	guest_hw_release(g);
	list_del(&g->proc_link);
	fast_door_free(g);
	slot_free(g->slots, g->slot);
	slot_space_put(g->slots);
	free(g);
	host_process_put(p);
}

/* A process killed before its host process has reported: that one is killed when it does, as
 * anybody's, and has used nothing to speak of. */
static void never_born(struct tgroup *tg)
{
	struct guest_usage none = {0};

	kernel_guest_reaped(tg, &none);
}

/*
 * A thread that ended by itself has left its slot. One that is being killed may still run on it:
 * its slot is kept until the process is reaped.
 */
void guest_release(struct task *t)
{
	struct guest *g = t->guest;

	if (!g)
		return;
	if (g->door)
		signal_mask_move(t, NULL);
	t->guest = NULL;
	g->task = NULL;
	spin_forget(g);
	if (g->run == RUN_UNBORN && !g->proc->pid)
		never_born(t->tg);
	if (g->exited || g->proc->dead || g->run == RUN_UNBORN) {
		guest_destroy(g);
		return;
	}
	list_del(&g->proc_link);
	list_add_tail(&g->proc_link, &g->proc->killed);
}

static u64 tv_ns(const struct timeval *tv)
{
	return (u64)tv->tv_sec * NSEC_PER_SEC + (u64)tv->tv_usec * NSEC_PER_USEC;
}

static void usage_from_host(struct guest_usage *u, const struct rusage *ru)
{
	*u = (struct guest_usage){
		.utime_ns = tv_ns(&ru->ru_utime),
		.stime_ns = tv_ns(&ru->ru_stime),
		.minflt = (u64)ru->ru_minflt,
		.majflt = (u64)ru->ru_majflt,
		.nvcsw = (u64)ru->ru_nvcsw,
		.nivcsw = (u64)ru->ru_nivcsw,
		.maxrss_kib = (u64)ru->ru_maxrss,
	};
}

/* kernel_guest_gone may free any guest of the process, so the walk keeps none across it. */
static void reaped(struct host_process *p, int status, const struct rusage *ru)
{
	struct list_head todo;
	struct guest_usage u;
	struct guest *g, *tmp;

	p->dead = true;
	process_unwatch_cpu(p);
	htab_remove(&by_pid, &p->hash);
	list_del(&p->all_link);
	list_for_each_entry_safe (g, tmp, &p->killed, proc_link)
		guest_destroy(g);
	list_init(&todo);
	list_splice_tail(&p->guests, &todo);
	while (!list_empty(&todo)) {
		g = list_first(&todo, struct guest, proc_link);
		list_del(&g->proc_link);
		list_add_tail(&g->proc_link, &p->guests);
		if (g->waiter)
			sched_wake(g->waiter);
		kernel_guest_gone(g->task, status);
	}
	usage_from_host(&u, ru);
	kernel_guest_reaped(p->tg, &u);
	host_process_put(p);
}

void skas_kill_all(void)
{
	struct host_process *p;

	list_for_each_entry (p, &all_processes, all_link)
		kill(p->pid, SIGKILL);
	if (backend->end)
		backend->end();
}

void skas_reaped(pid_t pid, int status, const struct rusage *ru)
{
	struct host_process *p = host_process_find(pid);

	if (p)
		reaped(p, status, ru);
}

void skas_reap(void)
{
	struct rusage ru;
	int status;
	pid_t pid;

	if (backend->reaps)
		return;
	while ((pid = wait4(-1, &status, WNOHANG | __WALL, &ru)) > 0)
		skas_reaped(pid, status, &ru);
}

/* ---- boot, clone, exec ---- */

int guest_boot(struct task *t)
{
	struct slot_space *slots = slot_space_create();
	struct host_process *p = slots ? host_process_create(slots, t->tg) : NULL;
	struct guest *g = p ? guest_create(t, p, STUB_SLOT0) : NULL;
	pid_t pid;

	if (!g) {
		slot_space_put(slots);
		free(p);
		return -ENOMEM;
	}
	pid = skas_spawn();
	if (pid < 0) {
		guest_release(t);
		return pid;
	}
	host_process_set_pid(p, pid);
	guest_set_tid(g, pid);
	p->execing = g;
	p->booting = true;
	/* The spawned process calls stub_first_exec; that one execveat is the order it may make. */
	g->expect = (struct guest_order){__NR_execveat,
		{(u64)skas_stub_fd, skas_stub_header()->empty_string, skas_stub_header()->argv,
			skas_stub_header()->envp, AT_EMPTY_PATH, 0}};
	g->expect_valid = true;
	return 0;
}

/* What the stub of a new thread or process finds in its slot, from token on. */
struct birth {
	u64 token, set_gs, gs, quiet;
};

static void birth_fill(struct birth *b, const struct guest *parent, struct guest *child)
{
	*b = (struct birth){.token = child->token};
	b->set_gs = fast_child_gs(parent, child, &b->gs);
}

/* What a clone order finds in guest memory; written along with it. */
struct clone_memory {
	struct guest_piece piece[3];
	unsigned nr;
	struct birth birth;
	struct abi_ucontext uc;
};

/* The frame a new thread returns through: the parent's state with the child's registers. */
static int start_frame(struct task *parent, struct guest *child, struct clone_memory *m)
{
	static char fp[STUB_SLOT_SIZE];
	uaddr_t slot = child->slot;
	ssize_t fp_len = guest_fpstate_get(parent, fp, guest_fpstate_size());

	if (fp_len < 0)
		return (int)fp_len;
	m->uc = (struct abi_ucontext){.mc = child->regs};
	m->uc.stack = (struct abi_sigaltstack){.sp = slot, .size = STUB_SLOT_SIZE};
	m->uc.flags = fp_len ? 7 : 6; /* UC_FP_XSTATE, UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS */
	m->uc.mc.fpstate = fp_len ? slot + STUB_SLOT_FPSTATE : 0;
	child->uc = slot + STUB_SLOT_FRAME;
	child->regs = m->uc.mc;
	m->piece[m->nr++] = (struct guest_piece){child->uc, &m->uc, sizeof(m->uc)};
	if (fp_len)
		m->piece[m->nr++] =
			(struct guest_piece){slot + STUB_SLOT_FPSTATE, fp, (size_t)fp_len};
	return 0;
}

#define THREAD_FLAGS \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

static u64 native_flags(u64 guest_flags)
{
	u64 flags = guest_flags & (CLONE_SETTLS | CLONE_CHILD_CLEARTID);

	flags |= backend->clone_flags;
	if (guest_flags & CLONE_THREAD)
		return flags | THREAD_FLAGS;
	return flags | (guest_flags & CLONE_VM) | CLONE_PARENT | SIGCHLD;
}

static struct host_process *clone_process(struct guest *pg, u64 flags, struct tgroup *tg)
{
	struct slot_space *s = pg->proc->slots;
	struct host_process *p;

	if (flags & CLONE_THREAD)
		return pg->proc;
	if (flags & CLONE_VM)
		s->refs++;
	else
		s = slot_space_copy(s, pg->slot);
	p = s ? host_process_create(s, tg) : NULL;
	if (p)
		p->traps_all = pg->proc->traps_all;
	else
		slot_space_put(s);
	return p;
}

/* Allocates the child's guest in its process, with a slot of its own if it shares memory. */
static struct guest *clone_prepare(
	struct task *parent, struct task *child, const struct guest_clone *c)
{
	struct guest *pg = parent->guest, *cg;
	struct host_process *p;
	uaddr_t slot = pg->slot;

	if ((c->flags & CLONE_VM) && slot_alloc(pg, &slot) < 0)
		return NULL;
	p = clone_process(pg, c->flags, child->tg);
	cg = p ? guest_create(child, p, slot) : NULL;
	if (!cg) {
		if (slot != pg->slot)
			slot_free(pg->proc->slots, slot);
		return NULL;
	}
	cg->uc = pg->uc;
	cg->quiet = c->quiet;
	memcpy(cg->cpus, pg->cpus, sizeof(cg->cpus));
	cg->cpus_len = pg->cpus_len;
	cg->regs = cg->regs_in_guest = pg->regs;
	cg->regs_valid = true;
	cg->regs.rax = 0;
	if (c->stack)
		cg->regs.rsp = c->stack;
	if (guest_track_unborn(cg) < 0) {
		guest_release(child);
		return NULL;
	}
	return cg;
}

/* A child with a stack of its own returns through a frame we write; a forked one through a copy of
 * its parent's. */
static int clone_arm(
	struct task *parent, struct guest *cg, const struct guest_clone *c, struct clone_memory *m)
{
	const struct guest *from = c->flags & CLONE_VM ? cg : parent->guest;
	int err = 0;

	if (c->flags & CLONE_THREAD)
		fast_door_alloc(cg);
	if (c->quiet)
		fast_resume(cg);
	birth_fill(&m->birth, parent->guest, cg);
	m->birth.quiet = c->quiet;
	m->piece[m->nr++] = (struct guest_piece){
		from->slot + offsetof(struct stub_slot, token), &m->birth, sizeof(m->birth)};
	if (c->flags & CLONE_VM) {
		err = start_frame(parent, cg, m);
		cg->regs_in_guest = cg->regs;
	}
	return err;
}

int guest_clone(struct task *parent, struct task *child, const struct guest_clone *c)
{
	struct guest *cg = clone_prepare(parent, child, c);
	struct guest_order order = {
		__NR_clone, {native_flags(c->flags), 0, 0, c->cleartid, c->tls, 0}};
	struct clone_memory m = {.nr = 0};
	long ret;

	if (!cg)
		return -ENOMEM;
	if (c->quiet)
		quiet_expect();
	home_clone(parent->guest, cg);
	ret = clone_arm(parent, cg, c, &m);
	if (c->flags & CLONE_VM)
		order.args[1] = cg->slot + STUB_SLOT_SIZE;
	if (!ret)
		ret = guest_orders_after(parent, m.piece, m.nr, &order, 1);
	if (c->quiet) {
		if (ret > 0)
			ret = quiet_adopt(cg, (pid_t)ret);
		if (ret >= 0)
			home_born(cg);
		quiet_settled();
	}
	return (int)MIN(ret, 0); /* the caller knows whether the child lives all the same */
}

static void parse_auxv(struct guest_image *img, const u64 *a, size_t nr)
{
	for (size_t i = 0; i + 1 < nr && a[i]; i += 2) {
		switch (a[i]) {
		case 16:
			img->hwcap = a[i + 1];
			break;
		case 26:
			img->hwcap2 = a[i + 1];
			break;
		case 27:
			img->rseq_size = a[i + 1];
			break;
		case 28:
			img->rseq_align = a[i + 1];
			break;
		case 33:
			img->vdso = a[i + 1];
			break;
		case 51:
			img->minsigstksz = a[i + 1];
			break;
		}
	}
}

/* The host's initial stack of the stub image: argc, argv, envp, auxv. */
static int read_image(struct task *t, uaddr_t sp, struct guest_image *img)
{
	u64 w[128];
	ssize_t n = guest_read_some(t, w, sp, sizeof(w));
	size_t i = 1, nr;

	if (n < 0)
		return -EFAULT;
	nr = (size_t)n / sizeof(w[0]);
	memset(img, 0, sizeof(*img));
	img->stack_top = sp & ~15ull;
	while (i < nr && w[i])
		i++;
	for (i++; i < nr && w[i];)
		i++;
	if (i + 1 < nr)
		parse_auxv(img, w + i + 1, nr - i - 1);
	return 0;
}

/* After STUB_BOOT: a frame for the first return to guest code, and the text sealed. */
static int image_setup(struct task *t, struct guest_image *img)
{
	struct guest *g = t->guest;
	struct abi_ucontext uc = {.flags = 6};
	int err = read_image(t, g->proc->image_sp, img);

	if (err < 0)
		return err;
	if (g->proc->booting)
		guest_order(t, __NR_close_range, 0, ~0u, 0, 0, 0, 0);
	if (!host_lacks(HOST_MSEAL)) /* may be missing all the same: the seal is a bonus */
		guest_order_later(t, 462, STUB_BASE, STUB_END - STUB_BASE);
	g->proc->booting = false;
	uc.stack = (struct abi_sigaltstack){.sp = STUB_SLOT0, .size = STUB_SLOT_SIZE};
	uc.mc.cs = 0x33;
	uc.mc.ss = 0x2b;
	uc.mc.eflags = 0x202;
	g->uc = STUB_SLOT0 + STUB_SLOT_FRAME;
	g->regs = g->regs_in_guest = uc.mc;
	g->regs_valid = true;
	return guest_write(t, g->uc, &uc, sizeof(uc));
}

/* Descriptors that no other thread can close or have replaced between our look and the host's. */
static int own_descriptors(struct task *t)
{
	const struct list_head *guests = &t->guest->proc->guests;

	if (guests->next->next == guests)
		return 0;
	return (int)guest_order(t, __NR_unshare, CLONE_FILES, 0, 0, 0, 0, 0);
}

static int exec_order(struct task *t)
{
	struct guest *g = t->guest;
	const struct stub_header *h = skas_stub_header();
	int fd = own_descriptors(t);
	long ret;

	if (fd >= 0)
		fd = guest_give_fd(t, skas_stub_fd);
	if (fd < 0)
		return fd;
	g->proc->execing = g;
	ret = guest_order(
		t, __NR_execveat, (u64)fd, h->empty_string, h->argv, h->envp, AT_EMPTY_PATH, 0);
	if (g->proc->execing) { /* no new image: ret is execveat's error */
		g->proc->execing = NULL;
		g->proc->exec_started = false;
		if (!g->proc->dead)
			guest_order(t, __NR_close, (u64)fd, 0, 0, 0, 0, 0);
		return ret < 0 ? (int)ret : -EIO;
	}
	return 0;
}

/* Stacks are randomised, so an address space with the old one's stack is the old one. */
static bool fresh_image(const struct guest *g, u64 old_stack)
{
	u64 stack = guest_lone_stack(g, true);

	return old_stack && stack && stack != old_stack;
}

int guest_exec(struct task *t, struct guest_image *img, bool verify)
{
	struct guest *g = t->guest;
	uaddr_t old_slot = g->slot;
	struct slot_space *s;
	u64 old_stack = 0;
	int err;

	if (g->proc->booting) /* the first image is already a fresh stub */
		return image_setup(t, img);
	s = slot_space_create();
	if (!s)
		return -ENOMEM;
	if (verify)
		old_stack = guest_lone_stack(g, false);
	err = exec_order(t);
	if (err < 0) {
		slot_space_put(s);
		return err;
	}
	if (verify && !fresh_image(g, old_stack))
		skas_kill_process(g->proc, "forged start of an image");
	fast_door_free(g);
	g->fast = FAST_NONE;
	g->own_gs = false;
	g->gs = 0;
	slot_free(g->slots, old_slot);
	slot_space_put(g->slots);
	slot_space_put(g->proc->slots);
	g->proc->slots = s;
	g->slots = s;
	s->refs++;
	g->proc->leader_gone = false;
	return image_setup(t, img);
}
