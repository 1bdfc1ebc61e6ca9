/*
 * The fast path's calls: from a door to a kernel event and back, and what becomes of a thread that
 * is interrupted on its way. Also owns the doors of an address space and gives them out.
 *
 * A door is guest memory: what is read from it is copied once, then trusted as much as a register
 * of the guest. Where a call is under way is kept in struct guest alone. A thread that shows up
 * with anything but its kick or its park call meanwhile has tampered with its door.
 */
#include "skas/fastpath.h"

#include "kernel/exit.h"
#include "kernel/lib/log.h"
#include "kernel/ptrace.h"
#include "kernel/signal.h"
#include "skas/skas.h"

#include <asm/unistd.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#define HOT_CALLS 64  /* of one site in a process, before it gets a fast path */
#define SITE_CALLS 16 /* of one site there, before it is patched */
#define HWCAP2_FSGSBASE 2

extern const char fast_code[], fast_code_inside[], fast_code_masked[], fast_code_park[],
	fast_code_finish[], fast_code_end[];

enum fast_mode fast_mode = FAST_AUTO;
static u32 hot_calls = HOT_CALLS, site_calls = SITE_CALLS;

int fast_set_mode(const char *name)
{
	static const char *const names[] = {"off", "auto", "always"};

	for (int i = 0; i < (int)ARRAY_SIZE(names); i++) {
		if (strcmp(name, names[i]))
			continue;
		fast_mode = (enum fast_mode)i;
		if (fast_mode == FAST_ALWAYS)
			hot_calls = site_calls = 2;
		return 0;
	}
	return -EINVAL;
}

void fast_init(void)
{
	if (backend != &notify_ops || !(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE) ||
		sysconf(_SC_NPROCESSORS_ONLN) < 2)
		fast_mode = FAST_OFF;
	if (fast_mode)
		spin_init();
}

/* ---- doors ---- */

static struct fast_space *fast_space_of(const struct guest *g)
{
	return g->slots ? g->slots->fast : NULL;
}

/* The memory of all doors, and a descriptor of it for the guest; or -errno. */
static int doors_create(struct fast_space *f)
{
	size_t len = FAST_NR_DOORS * DOOR_SIZE;
	int fd = memfd_create("skiff-doors", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *p = MAP_FAILED;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)len) == 0 &&
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		close(fd);
		return -ENOMEM;
	}
	f->doors = p;
	f->used = 0;
	return fd;
}

static void doors_destroy(struct fast_space *f)
{
	if (f->doors)
		munmap(f->doors, FAST_NR_DOORS * DOOR_SIZE);
	f->doors = NULL;
}

static uaddr_t door_addr(const struct guest *g)
{
	return FAST_DOORS + (uaddr_t)(g->door - fast_space_of(g)->doors) * DOOR_SIZE;
}

void fast_door_alloc(struct guest *g)
{
	struct fast_space *f = fast_space_of(g);
	unsigned i;

	if (!f || !f->doors || g->door || g->own_gs || f->used == ~0ull)
		return;
	i = (unsigned)__builtin_ctzll(~f->used);
	f->used |= 1ull << i;
	g->door = &f->doors[i];
	*(volatile unsigned *)&g->door->state = DOOR_IDLE;
	g->door->cpu = -1;
	g->door->self = door_addr(g) + DOOR_STACK;
	g->door->mask_own = 0;
	signal_mask_move(g->task, &g->door->mask);
	g->door->magic = FAST_MAGIC;
}

void fast_door_free(struct guest *g)
{
	struct fast_space *f = fast_space_of(g);

	if (!g->door)
		return;
	spin_forget(g);
	if (g->task)
		signal_mask_move(g->task, NULL);
	f->used &= ~(1ull << (g->door - f->doors));
	g->door = NULL;
}

struct fast_space *fast_space_fork(const struct fast_space *f)
{
	struct fast_space *n;

	if (!f)
		return NULL;
	n = malloc(sizeof(*n));
	if (!n)
		return NULL;
	*n = *f;
	n->doors = NULL;
	n->used = 0;
	n->max_sites = f->nr_sites;
	n->sites = malloc(f->nr_sites * sizeof(*n->sites) + 1);
	if (!n->sites) {
		free(n);
		return NULL;
	}
	if (f->nr_sites)
		memcpy(n->sites, f->sites, f->nr_sites * sizeof(*n->sites));
	return n;
}

void fast_space_free(struct fast_space *f)
{
	if (!f)
		return;
	doors_destroy(f);
	free(f->sites);
	free(f);
}

bool fast_child_gs(const struct guest *parent, struct guest *child, u64 *gs)
{
	child->own_gs = parent->own_gs;
	child->gs = parent->gs;
	if (parent->own_gs || !fast_space_of(parent))
		return false;
	*gs = child->door ? door_addr(child) : child->slot; /* there is no FAST_MAGIC there */
	return true;
}

/* ---- installation ---- */

/* How often sites make calls; a collision starts anew. */
static struct count {
	const struct slot_space *space;
	uaddr_t ip;
	u32 nr, calls;
} counts[1024];

static u32 count_call(const struct guest *g, const struct skas_call *c)
{
	struct count *k = &counts[hash_u64(c->ip ^ (u64)(uintptr_t)g->slots) % ARRAY_SIZE(counts)];

	if (k->space != g->slots || k->ip != c->ip || k->nr != c->nr)
		*k = (struct count){.space = g->slots, .ip = c->ip, .nr = (u32)c->nr};
	return ++k->calls;
}

static bool alone(const struct guest *g)
{
	unsigned slots = 0;

	for (const struct slot_chunk *c = g->slots->chunks; c; c = c->next)
		slots += (unsigned)__builtin_popcount(c->used);
	return slots == 1;
}

/* Somebody sees, and may change, every call of the thread. */
static bool watched(const struct guest *g)
{
	return g->proc->traps_all || g->task->seccomp_mode || task_traced(g->task);
}

static void patch_wanted(struct guest *g, struct fast_space *f)
{
	for (; f->nr_wanted; f->nr_wanted--)
		patch_site(g, f->wanted[f->nr_wanted - 1].end, f->wanted[f->nr_wanted - 1].nr);
}

bool fast_note_call(struct guest *g, const struct skas_call *c)
{
	struct fast_space *f = fast_space_of(g);
	u32 calls;

	if (!fast_mode || g->own_gs || watched(g) || (f && f->refused))
		return false;
	calls = count_call(g, c);
	if (!g->door)
		return calls == hot_calls && alone(g);
	spin_call(g);
	if ((calls == site_calls || calls == hot_calls + site_calls) && filter_is_plain(c->nr) &&
		f->nr_wanted < FAST_MAX_WANTED)
		f->wanted[f->nr_wanted++] = (struct wanted_site){c->ip, (u32)c->nr};
	if (f->nr_wanted && alone(g))
		patch_wanted(g, f);
	return false;
}

static int map_doors(struct task *t, struct fast_space *f)
{
	int hfd = doors_create(f), fd;
	long err;

	if (hfd < 0)
		return hfd;
	fd = guest_give_fd(t, hfd);
	close(hfd);
	if (fd < 0)
		return fd;
	err = guest_order(t, __NR_mmap, FAST_DOORS, FAST_NR_DOORS * DOOR_SIZE,
		PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, (u64)fd, 0);
	guest_order(t, __NR_close, (u64)fd, 0, 0, 0, 0, 0);
	if (err >= 0)
		err = guest_order(t, __NR_madvise, FAST_DOORS, FAST_NR_DOORS * DOOR_SIZE,
			MADV_DONTFORK, 0, 0, 0);
	return (int)MIN(err, 0);
}

static int map_code(struct task *t, struct fast_space *f)
{
	long err;

	if (f->code)
		return 0;
	err = guest_order(t, __NR_mmap, FAST_CODE, FAST_END - FAST_CODE, PROT_READ | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, (u64)-1, 0);
	if (err < 0)
		return (int)err;
	f->code = true;
	return guest_poke(t->guest, FAST_CODE, fast_code, (size_t)(fast_code_end - fast_code));
}

static int install(struct task *t, struct fast_space *f)
{
	struct guest *g = t->guest;
	int err = map_code(t, f);

	if (!err)
		err = map_doors(t, f);
	if (err < 0)
		return err;
	fast_door_alloc(g);
	return (int)guest_order(
		t, __NR_arch_prctl, 0x1001 /* ARCH_SET_GS */, door_addr(g), 0, 0, 0, 0);
}

void guest_speed_up(struct task *t)
{
	struct guest *g = t->guest;
	struct fast_space *f = fast_space_of(g);
	int err;

	if (!f)
		f = g->slots->fast = calloc(1, sizeof(*f));
	if (!f || f->refused || f->doors || guest_enter_stub(t) < 0)
		return;
	err = install(t, f);
	if (err < 0)
		f->refused = true;
	trace(TRACE_SKAS, "process %d: fast path: %d", g->proc->pid, err);
}

int guest_set_gs(struct task *t, u64 base)
{
	struct guest *g = t->guest;
	long err;

	err = guest_order(t, __NR_arch_prctl, 0x1001, base, 0, 0, 0, 0);
	if (err < 0)
		return (int)err;
	fast_door_free(g);
	g->own_gs = true;
	g->gs = base;
	return 0;
}

u64 guest_get_gs(const struct task *t)
{
	return t->guest->gs;
}

/* ---- calls ---- */

static void door_state(struct guest *g, unsigned state)
{
	__atomic_store_n(&g->door->state, state, __ATOMIC_RELEASE);
}

/* ---- signal masks ---- */

static void mask_own(struct guest *g, bool own)
{
	g->mask_doubt = !own;
	__atomic_store_n(&g->door->mask_own, own, __ATOMIC_SEQ_CST);
}

void guest_mask_asked(struct task *t)
{
	struct guest *g = t->guest;

	if (g && g->door && !g->mask_doubt)
		mask_own(g, false);
}

void fast_entered(struct guest *g)
{
	if (!g->door || !g->mask_doubt)
		return;
	g->mask_doubt = false;
	signal_mask_changed(g->task);
}

void fast_resume(struct guest *g)
{
	if (g->door)
		mask_own(g, !watched(g) && !signal_pending_set(g->task));
}

/* Has some other thread of the process a call in flight and not come to its park call yet? */
static bool under_way(const struct task *t)
{
	struct guest *g;

	list_for_each_entry (g, &t->guest->proc->guests, proc_link)
		if (g->fast && !g->parked && !g->proc->dead && !g->exited)
			return true;
	return false;
}

void fast_stop(struct task *t)
{
	struct guest *g;

	list_for_each_entry (g, &t->guest->proc->guests, proc_link) {
		spin_forget(g);
		if (g->door)
			mask_own(g, false);
	}
	while (under_way(t) && !t->guest->proc->dead)
		sched_yield_now();
}

static bool servable(const struct guest *g, u64 nr)
{
	return g->task && !g->proc->dead && !g->exited && g->run == RUN_NATIVE && !g->fast &&
	       !g->task->coro && !task_ending(g->task) && !watched(g) && filter_is_plain(nr);
}

bool fast_serve(struct guest *g)
{
	struct door *d = g->door;
	struct guest_event ev = {.kind = GUEST_CALL};
	unsigned posted = DOOR_POSTED;

	if (__atomic_load_n(&d->state, __ATOMIC_ACQUIRE) != DOOR_POSTED)
		return false;
	if (!__atomic_compare_exchange_n(
		    &d->state, &posted, DOOR_TAKEN, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return false;
	ev.nr = *(volatile unsigned long *)&d->nr;
	ev.ip = d->rip;
	memcpy(ev.args, (const void *)d->args, sizeof(ev.args));
	if (!servable(g, ev.nr)) {
		door_state(g, DOOR_REFUSED);
		return true;
	}
	fast_entered(g);
	g->fast = FAST_BUSY;
	g->run = RUN_PLAIN;
	kernel_guest_event(g->task, &ev);
	if (g->fast == FAST_BUSY) {
		door_state(g, DOOR_PARK);
		spin_sleeps(g);
	}
	return true;
}

bool fast_answer(struct guest *g, long ret)
{
	if (g->parked) {
		if (g->kick_again)
			guest_kick(g->task);
		g->kick_again = g->parked = false;
		g->fast = FAST_NONE;
		return false;
	}
	g->fast_result = ret;
	g->run = RUN_NATIVE;
	if (g->kick_sent) { /* it must not get back to guest code before that arrives */
		g->fast = FAST_READY;
		door_state(g, DOOR_PARK);
		return true;
	}
	g->fast = FAST_NONE;
	*(volatile unsigned long *)&g->door->nr = (unsigned long)ret;
	door_state(g, DOOR_DONE);
	return true;
}

static bool is_park(const struct skas_call *c)
{
	return c->nr == FAST_PARK;
}

bool fast_event(struct guest *g, const struct skas_call *c)
{
	bool kick = c->nr == STUB_HYPERCALL && c->args[0] == STUB_KICK;

	if (is_park(c) && g->fast == FAST_READY) {
		if (g->kick_again)
			guest_kick(g->task);
		g->kick_again = false;
		g->fast = FAST_NONE;
		backend->answer(g, g->fast_result);
	} else if (is_park(c) && !g->parked) {
		g->parked = true;
	} else if (kick && g->fast == FAST_READY) {
		return false; /* fast_fix_regs gives it the result */
	} else if (kick) {
		g->kick_again = true;
		backend->answer(g, 0);
	} else {
		skas_kill_process(g->proc, "tampered with its door");
	}
	return true;
}

long fast_late_park(const struct guest *g)
{
	bool done = g->door && *(volatile unsigned *)&g->door->state == DOOR_DONE;

	return done ? g->fast_result : -ENOSYS;
}

/* ---- registers ---- */

static bool in_code(uaddr_t rip, const char *from, const char *to)
{
	return rip >= FAST_CODE + (uaddr_t)(from - fast_code) &&
	       rip < FAST_CODE + (uaddr_t)(to - fast_code);
}

static const struct fast_site *piece_at(const struct fast_space *f, uaddr_t rip)
{
	unsigned i = (unsigned)((rip - FAST_SITES) / FAST_SITE_SIZE);

	return rip >= FAST_SITES && i < f->nr_sites ? &f->sites[i] : NULL;
}

/* The registers lie in the door. Either the call has not been made, or its result is known. */
static void fix_inside(struct guest *g, struct abi_sigcontext *regs, bool finished)
{
	struct door d = {0};

	memcpy(&d, (const void *)g->door, offsetof(struct door, magic));
	regs->rsp = d.rsp;
	regs->eflags = (regs->eflags & ~0xcd5ul) | (d.flags & 0xcd5ul);
	regs->rcx = regs->rip = d.rip;
	regs->r11 = regs->eflags;
	if (finished) {
		/* in rax */
	} else if (g->fast == FAST_READY || d.state == DOOR_DONE) {
		regs->rax = (u64)g->fast_result;
	} else {
		regs->rax = d.saved_nr;
		regs->rip -= 2;
	}
	g->fast = FAST_NONE;
	g->kick_again = false;
	door_state(g, DOOR_IDLE);
}

void fast_fix_regs(struct guest *g)
{
	struct fast_space *f = fast_space_of(g);
	struct abi_sigcontext *regs = &g->regs;
	const struct fast_site *site;

	if (!f || regs->rip < FAST_CODE || regs->rip >= FAST_TABLE)
		return;
	site = piece_at(f, regs->rip);
	if (site)
		regs->rip = site->start;
	else if (in_code(regs->rip, fast_code, fast_code_inside))
		regs->rip = regs->r11 - 2;
	else if (g->door && in_code(regs->rip, fast_code_inside, fast_code_end)) {
		bool masked = in_code(regs->rip, fast_code_masked, fast_code_park);

		if (masked)
			regs->rax = 0;
		fix_inside(g, regs, masked || !in_code(regs->rip, fast_code, fast_code_finish));
	}
}

#define EFLAGS_ARITHMETIC 0x8d5u /* CF PF AF ZF SF OF */
#define EFLAGS_OF_ZERO 0x44u	 /* ZF PF */

/* By the number instructions know it by. */
static const u64 *register_of(const struct abi_sigcontext *r, unsigned nr)
{
	const u64 *const all[] = {&r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp, &r->rsi,
		&r->rdi, &r->r8, &r->r9, &r->r10, &r->r11, &r->r12, &r->r13, &r->r14, &r->r15};

	return all[nr];
}

/* Stepped over the site's jump: as if over what it stands for. */
static void stepped(struct guest *g, const struct fast_site *site)
{
	struct abi_sigcontext *regs = &g->regs;

	regs->rip = site->end - 2;
	switch (site->form) {
	case FORM_MOV:
		regs->rax = site->nr;
		break;
	case FORM_XOR:
		regs->rax = 0;
		regs->eflags = (regs->eflags & ~(u64)EFLAGS_ARITHMETIC) | EFLAGS_OF_ZERO;
		break;
	case FORM_LEA:
		regs->rsi = site->disp;
		if (site->base != LEA_ABSOLUTE)
			regs->rsi += *register_of(regs, site->base);
		break;
	case FORM_FUNCTION:
		guest_read(g->task, &regs->r9, regs->rsp + 8, sizeof(regs->r9));
		break;
	default:
		BUG_ON(true);
	}
}

bool fast_fault(struct guest *g, int sig, uaddr_t rip)
{
	struct fast_space *f = fast_space_of(g);
	const struct fast_site *site = f ? piece_at(f, rip) : NULL;

	if (site && sig == SIGTRAP)
		stepped(g, site);
	/* Without a door GS leads nowhere, or the call's arguments do: the site's own instruction
	 * makes the call. */
	return f && sig == SIGSEGV && in_code(rip, fast_code, fast_code_masked) &&
	       (g->door || in_code(rip, fast_code, fast_code_inside));
}
