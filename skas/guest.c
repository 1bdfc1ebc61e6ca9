/*
 * Guest threads: from a transport's stop to a kernel event, and back by answer, resume or orders.
 * Identifies threads by host tid; new ones by the random token the kernel put into their slot.
 * Whatever a guest cannot legitimately do from the stub's page ends its process.
 */
#include "skas/home.h"
#include "skas/skas.h"

#include "kernel/lib/log.h"

#include <sys/uio.h>
#include <asm/unistd.h>
#include <signal.h>

const struct guest_ops *backend;
static struct htab by_tid; /* struct guest.hash: host_tid, or token while unborn */

static u64 tid_hash(u64 id)
{
	return hash_u64(id);
}

struct guest *guest_find(pid_t host_tid)
{
	struct hnode *n = htab_first(&by_tid, tid_hash((u64)host_tid));

	for (; n; n = htab_next(n)) {
		struct guest *g = container_of(n, struct guest, hash);

		if (g->host_tid == host_tid)
			return g;
	}
	return NULL;
}

static struct guest *guest_find_token(u64 token)
{
	struct hnode *n = htab_first(&by_tid, tid_hash(token));

	for (; n; n = htab_next(n)) {
		struct guest *g = container_of(n, struct guest, hash);

		if (g->run == RUN_UNBORN && !g->quiet && g->token == token)
			return g;
	}
	return NULL;
}

int guest_track_unborn(struct guest *g)
{
	os_random(&g->token, sizeof(g->token));
	g->run = RUN_UNBORN;
	return htab_insert(&by_tid, &g->hash, tid_hash(g->token));
}

void guest_untrack(struct guest *g)
{
	if (g->host_tid || g->run == RUN_UNBORN)
		htab_remove(&by_tid, &g->hash);
	g->host_tid = 0;
	if (g->run == RUN_UNBORN)
		g->run = RUN_NATIVE;
}

void guest_set_tid(struct guest *g, pid_t host_tid)
{
	guest_untrack(g);
	g->host_tid = host_tid;
	BUG_ON(htab_insert(&by_tid, &g->hash, tid_hash((u64)host_tid)) < 0);
}

void skas_kill_process(struct host_process *p, const char *why)
{
	trace(TRACE_SKAS, "process %d: %s: killed", p->pid, why);
	if (!p->dead)
		kill(p->pid, SIGKILL);
}

/* ---- events ---- */

static bool ip_in_stub(u64 ip)
{
	return ip >= STUB_BASE + 2 && ip <= STUB_END;
}

static void plain_call(struct guest *g, const struct skas_call *c)
{
	struct guest_event ev = {.kind = GUEST_CALL, .nr = c->nr, .ip = c->ip};

	if (c->nr == FAST_PARK) {
		backend->answer(g, fast_late_park(g));
		return;
	}
	memcpy(ev.args, c->args, sizeof(ev.args));
	if (c->nr == FAST_MASKED) {
		ev.nr = __NR_rt_sigprocmask;
		memcpy(ev.args, (u64[]){SIG_SETMASK, 0, 0, sizeof(sigmask_t)}, 4 * sizeof(u64));
	}
	ev.hot = fast_note_call(g, c);
	g->run = RUN_PLAIN;
	kernel_guest_event(g->task, &ev);
}

/*
 * Memory read along with the registers because signal code will want it: one host call instead of
 * two. Valid for one stop of one thread.
 */
struct prefetch {
	const struct guest *owner; /* NULL: nothing here */
	uaddr_t addr;
	size_t len;
	u8 data[4096];
};
static struct prefetch fp_prefetch, frame_prefetch;
static uaddr_t fp_offset; /* from the ucontext, as the host has always placed it */
static u32 fp_len;	  /* the host's area has one size */

static void prefetch_drop(const struct guest *g)
{
	if (fp_prefetch.owner == g)
		fp_prefetch.owner = NULL;
	if (frame_prefetch.owner == g)
		frame_prefetch.owner = NULL;
}

static bool prefetched(const struct prefetch *p, const struct guest *g, uaddr_t addr, size_t len)
{
	return p->owner == g && p->addr == addr && len <= p->len;
}

/* The registers at mc and, if want is not NULL, len bytes at addr into *want. */
static int read_regs(struct guest *g, uaddr_t mc, struct prefetch *want, uaddr_t addr, size_t len)
{
	struct iovec local[2] = {{&g->regs, sizeof(g->regs)}};
	struct iovec remote[2] = {{(void *)mc, sizeof(g->regs)}};
	ssize_t n;

	if (!want || len > sizeof(want->data) || addr >= USER_ADDR_MAX)
		return guest_read(g->task, &g->regs, mc, sizeof(g->regs));
	local[1] = (struct iovec){want->data, len};
	remote[1] = (struct iovec){(void *)addr, len};
	n = guest_mem_readv(g, local, 2, remote, 2);
	if (n < (ssize_t)sizeof(g->regs))
		return -EFAULT;
	if ((size_t)n == sizeof(g->regs) + len) {
		want->owner = g;
		want->addr = addr;
		want->len = len;
	}
	return 0;
}

/* Reads the register file of a thread in the stub; info too for faults. */
static int fetch_regs(struct guest *g, uaddr_t uc, uaddr_t info, siginfo_t *si, long event)
{
	uaddr_t mc = uc + offsetof(struct abi_ucontext, mc);
	int err;

	prefetch_drop(g);
	if (uc >= USER_ADDR_MAX)
		return -EFAULT;
	if (event == STUB_TRAP && g->frame_hint)
		err = read_regs(g, mc, &frame_prefetch, g->frame_hint, g->frame_hint_len);
	else if ((event == STUB_KICK || event == STUB_TRAP) && fp_len)
		err = read_regs(g, mc, &fp_prefetch, uc + fp_offset, fp_len);
	else
		err = read_regs(g, mc, NULL, 0, 0);
	if (err < 0)
		return err;
	if (si && (info >= USER_ADDR_MAX || guest_read(g->task, si, info, sizeof(*si)) < 0))
		return -EFAULT;
	g->uc = uc;
	g->regs_in_guest = g->regs;
	cancel_fix_regs(g);
	fast_fix_regs(g);
	g->regs_valid = true;
	return 0;
}

static void stub_event(struct guest *g, enum guest_event_kind kind, const struct skas_call *c)
{
	struct guest_event ev = {.kind = kind};
	siginfo_t *si = kind == GUEST_FAULT ? &ev.info : NULL;

	if (fetch_regs(g, c->args[1], c->args[2], si, (long)c->args[0]) < 0) {
		skas_kill_process(g->proc, "stub stack unreadable");
		return;
	}
	if (kind == GUEST_FAULT && fast_fault(g, ev.info.si_signo, g->regs_in_guest.rip)) {
		guest_leave_stub(g);
		return;
	}
	ev.ip = g->regs.rip;
	if (kind == GUEST_TRAP) {
		const struct abi_sigcontext *r = &g->regs;

		ev.nr = r->rax;
		memcpy(ev.args, (u64[]){r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9},
			sizeof(ev.args));
	}
	kernel_guest_event(g->task, &ev);
}

static void order_finished(struct guest *g, long result)
{
	g->result = result;
	g->order_done = true;
	g->expect_valid = false;
	sched_wake(g->waiter);
}

static void born(struct guest *g)
{
	struct guest_event ev = {.kind = GUEST_START};

	kernel_guest_event(g->task, &ev);
}

/* The host has killed p's other threads by the exec of keep; whoever waits for them hears of it. */
static void siblings_gone(struct host_process *p, const struct guest *keep)
{
	struct guest *g;

	list_for_each_entry (g, &p->guests, proc_link) {
		if (g == keep)
			continue;
		g->exited = true;
		if (g->waiter)
			sched_wake(g->waiter);
	}
}

/* A fresh image in p, reported under p's pid by whichever thread made the exec. */
static void boot_event(struct host_process *p, const struct skas_call *c)
{
	struct guest *ex = p->execing;
	struct guest *old = guest_find(p->pid);

	p->execing = NULL;
	p->exec_started = false;
	if (ex != old) {
		if (old)
			guest_untrack(old); /* the old leader: gone with the exec */
		guest_set_tid(ex, p->pid);
	}
	siblings_gone(p, ex);
	ex->run = RUN_STUB;
	ex->cookie = c->cookie;
	ex->slot = STUB_SLOT0;
	ex->uc = c->args[1];
	ex->regs_valid = false;
	p->image_sp = c->args[2];
	if (p->booting) {
		born(ex);
		return;
	}
	order_finished(ex, 0);
}

/* The process whose ordered exec has just produced a fresh image, or NULL. */
static struct host_process *booted_process(const struct skas_call *c)
{
	struct host_process *p;

	if (c->nr != STUB_HYPERCALL || c->args[0] != STUB_BOOT || !ip_in_stub(c->ip))
		return NULL;
	p = host_process_find(c->host_tid);
	return p && p->execing && p->exec_started && !p->dead ? p : NULL;
}

static bool is_error(u64 result)
{
	return result > (u64)-4096;
}

/* The thread is back from guest_call_local. */
static void local_call_finished(struct guest *g, const struct skas_call *c)
{
	g->local_call = false;
	if (fetch_regs(g, c->args[1], 0, NULL, 0) < 0)
		skas_kill_process(g->proc, "stub stack unreadable");
	else
		order_finished(g, (long)c->args[0]);
}

static void hypercall(struct guest *g, const struct skas_call *c)
{
	g->run = RUN_STUB;
	switch (c->args[0]) {
	case STUB_DONE:
		if (!g->waiter || g->order_done)
			break;
		order_finished(g, (long)c->args[is_error(c->args[3]) ? 3 : 4]);
		return;
	case STUB_TRAP:
		stub_event(g, GUEST_TRAP, c);
		return;
	case STUB_FAULT:
		if (g->local_call) {
			local_call_finished(g, c);
			return;
		}
		stub_event(g, GUEST_FAULT, c);
		return;
	case STUB_KICK:
		g->kick_sent = false;
		if (g->local_call) {
			local_call_finished(g, c);
			return;
		}
		if (g->entering) {
			g->entering = false;
			if (fetch_regs(g, c->args[1], 0, NULL, 0) < 0)
				break;
			order_finished(g, 0);
			return;
		}
		stub_event(g, GUEST_KICK, c);
		return;
	}
	skas_kill_process(g->proc, "forged hypercall");
}

static bool order_expected(struct guest *g, const struct skas_call *c)
{
	bool ok = g->expect_valid && g->expect.nr == c->nr &&
		  !memcmp(g->expect.args, c->args, sizeof(c->args));

	g->expect_valid = false;
	return ok;
}

/* The thread leaves by itself: its slot is free. */
static void exits(struct guest *g)
{
	g->exited = true;
	g->run = RUN_NATIVE;
	if (g->host_tid == g->proc->pid)
		g->proc->leader_gone = true;
}

static void run_expected(struct guest *g, const struct skas_call *c)
{
	if (c->nr == __NR_execveat)
		g->proc->exec_started = true;
	if (c->nr == __NR_exit)
		exits(g);
	backend->go_on(g);
	if (c->nr == __NR_exit)
		order_finished(g, 0);
}

/* A host thread we do not know: only an ordered clone makes one, and its token says which. */
static struct guest *adopt(const struct skas_call *c)
{
	struct guest *g;

	if (!ip_in_stub(c->ip) || c->nr != STUB_HYPERCALL)
		return NULL;
	g = guest_find_token(c->args[5]);
	if (!g)
		return NULL;
	guest_set_tid(g, c->host_tid);
	if (!g->proc->pid)
		host_process_set_pid(g->proc, c->host_tid);
	g->run = RUN_STUB;
	home_born(g);
	return g;
}

void skas_event(const struct skas_call *c)
{
	struct host_process *p = booted_process(c);
	struct guest *g;
	bool newborn = false;

	if (p) {
		boot_event(p, c);
		return;
	}
	g = guest_find(c->host_tid);
	if (!g) {
		g = adopt(c);
		newborn = true;
	}
	if (!g && quiet_keep(c))
		return;
	if (!g) {
		trace(TRACE_SKAS, "unknown thread %d", c->host_tid);
		kill(c->host_tid, SIGKILL);
		return;
	}
	g->cookie = c->cookie;
	if (!g->task || g->proc->dead || g->exited)
		return;
	fast_entered(g);
	if (calls_cancelled && cancel_event(g, c))
		return;
	if (g->fast && !newborn && fast_event(g, c))
		return;
	if (newborn)
		born(g);
	else if (!ip_in_stub(c->ip))
		plain_call(g, c);
	else if (c->nr == STUB_HYPERCALL)
		hypercall(g, c);
	else if (order_expected(g, c))
		run_expected(g, c);
	else
		skas_kill_process(g->proc, "jumped into the stub");
}

/* ---- the kernel's side ---- */

static bool gone(const struct guest *g)
{
	return g->proc->dead || g->exited;
}

void guest_answer(struct task *t, long ret)
{
	struct guest *g = t->guest;

	fast_resume(g);
	if (g->door)
		g->answered_ns = os_clock_ns(OS_CLOCK_MONOTONIC);
	if (g->fast && fast_answer(g, ret))
		return;
	g->run = RUN_NATIVE;
	if (calls_cancelled)
		cancel_answer(g, ret);
	else
		backend->answer(g, ret);
}

void guest_answer_exit(struct task *t)
{
	struct guest *g = t->guest;

	if (calls_cancelled && g->run == RUN_PLAIN && (g->kicks || g->kick_owed) &&
		guest_enter_stub(t) < 0)
		return;
	if (g->run == RUN_STUB) {
		guest_order(t, __NR_exit, 0, 0, 0, 0, 0, 0);
		return;
	}
	exits(g);
	backend->go_on(g);
}

bool guest_in_stub(const struct task *t)
{
	return t->guest->run == RUN_STUB;
}

struct abi_sigcontext *guest_regs(struct task *t)
{
	struct guest *g = t->guest;

	return g->run == RUN_STUB && g->regs_valid ? &g->regs : NULL;
}

/* Back to guest code after nr orders and those put off until now. */
static void leave_stub(struct guest *g, const struct guest_order *o, unsigned nr)
{
	uaddr_t mc = g->uc + offsetof(struct abi_ucontext, mc);
	struct guest_piece piece[3];
	unsigned pieces = 0;
	long answer = nr ? STUB_RETURN : g->nr_later ? STUB_RETURN_KEEP : 0;

	if (g->regs_valid && memcmp(&g->regs, &g->regs_in_guest, sizeof(g->regs)))
		piece[pieces++] = (struct guest_piece){mc, &g->regs, sizeof(g->regs)};
	if (nr)
		piece[pieces++] = (struct guest_piece){g->slot, o, nr * sizeof(*o)};
	if (g->nr_later)
		piece[pieces++] = (struct guest_piece){
			g->slot + nr * sizeof(*o), g->later, g->nr_later * sizeof(*o)};
	if (pieces && guest_write_pieces(g->task, piece, pieces) < 0) {
		skas_kill_process(g->proc, "stub stack unwritable");
		return;
	}
	answer |= nr + g->nr_later;
	g->nr_later = 0;
	prefetch_drop(g);
	g->regs_valid = false;
	fast_resume(g);
	g->run = RUN_NATIVE;
	backend->answer(g, answer);
}

void guest_leave_stub(struct guest *g)
{
	leave_stub(g, NULL, 0);
}

void guest_resume(struct task *t)
{
	guest_leave_stub(t->guest);
}

int guest_write_frame(
	struct task *t, uaddr_t dst, const void *src, size_t len, const struct abi_sigcontext *regs)
{
	struct guest *g = t->guest;
	struct iovec local[2] = {{(void *)src, len}, {(void *)regs, sizeof(*regs)}};
	struct iovec remote[2] = {{(void *)dst, len},
		{(void *)(g->uc + offsetof(struct abi_ucontext, mc)), sizeof(*regs)}};

	if (dst >= USER_ADDR_MAX ||
		guest_mem_writev(g, local, 2, remote, 2) != (ssize_t)(len + sizeof(*regs)))
		return -EFAULT;
	g->regs = g->regs_in_guest = *regs;
	return 0;
}

void guest_frame_hint(struct task *t, uaddr_t addr, size_t len)
{
	t->guest->frame_hint = addr;
	t->guest->frame_hint_len = len;
}

ssize_t guest_read_frame(struct task *t, void *dst, uaddr_t src, size_t len)
{
	if (!prefetched(&frame_prefetch, t->guest, src, len))
		return guest_read_some(t, dst, src, len);
	memcpy(dst, frame_prefetch.data, len);
	return (ssize_t)len;
}

/* Sends the first nr orders of the slot (already written) and waits for STUB_DONE. */
int guest_wait_order(struct guest *g, unsigned nr)
{
	might_sleep();
	if (gone(g) || g->run != RUN_STUB)
		return -ESRCH;
	g->waiter = sched_self();
	g->order_done = false;
	prefetch_drop(g);
	g->run = RUN_NATIVE;
	backend->answer(g, nr);
	while (!g->order_done && !gone(g))
		sched_sleep(WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
	g->waiter = NULL;
	g->expect_valid = false;
	return g->order_done ? 0 : -ESRCH;
}

static bool order_is_checked(u64 nr)
{
	return nr == __NR_clone || nr == __NR_execveat || nr == __NR_exit || nr == __NR_seccomp ||
	       nr == __NR_unshare || nr == __NR_pidfd_open || nr == __NR_pidfd_getfd;
}

long guest_orders(struct task *t, const struct guest_order *o, unsigned nr)
{
	return guest_orders_after(t, NULL, 0, o, nr);
}

long guest_orders_after(struct task *t, const struct guest_piece *first, unsigned nr_first,
	const struct guest_order *o, unsigned nr)
{
	struct guest_piece piece[GUEST_PIECES_MAX];
	struct guest *g = t->guest;
	int err;

	BUG_ON(nr == 0 || nr > STUB_MAX_ORDERS || nr_first >= GUEST_PIECES_MAX);
	if (gone(g)) /* killed during an earlier order of the same call */
		return -ESRCH;
	BUG_ON(g->run != RUN_STUB);
	trace(TRACE_SKAS, "%d: %u orders, the first is call %llu", t->tid, nr,
		(unsigned long long)o[0].nr);
	static_assert(sizeof(struct guest_order) == sizeof(struct stub_order), "same layout");
	if (nr_first)
		memcpy(piece, first, nr_first * sizeof(*first));
	piece[nr_first] = (struct guest_piece){g->slot, o, nr * sizeof(*o)};
	if (guest_write_pieces(t, piece, nr_first + 1) < 0) {
		skas_kill_process(g->proc, "slot unwritable");
		return -ESRCH;
	}
	for (unsigned i = 0; i < nr; i++) {
		if (order_is_checked(o[i].nr)) {
			g->expect = o[i];
			g->expect_valid = true;
		}
	}
	err = guest_wait_order(g, nr);
	return err < 0 ? err : g->result;
}

void guest_orders_resume(struct task *t, const struct guest_order *o, unsigned nr)
{
	struct guest *g = t->guest;

	BUG_ON(nr == 0 || nr > STUB_MAX_ORDERS - GUEST_LATER_MAX || g->run != RUN_STUB ||
		order_is_checked(o[0].nr));
	leave_stub(g, o, nr);
}

void guest_order_later(struct task *t, u64 nr, u64 a0, u64 a1)
{
	struct guest *g = t->guest;

	BUG_ON(g->run != RUN_STUB || g->nr_later == GUEST_LATER_MAX || order_is_checked(nr));
	g->later[g->nr_later++] = (struct guest_order){nr, {a0, a1}};
}

long guest_order(struct task *t, u64 nr, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct guest_order o = {nr, {a0, a1, a2, a3, a4, a5}};

	return guest_orders(t, &o, 1);
}

/* sigaltstack stores the current setting: a write by the host kernel on the thread's behalf. */
void guest_touch(struct task *t, uaddr_t addr)
{
	guest_order(t, __NR_sigaltstack, 0, addr, 0, 0, 0, 0);
}

void guest_touch_later(struct task *t, uaddr_t addr)
{
	guest_order_later(t, __NR_sigaltstack, 0, addr);
}

int guest_give_fd(struct task *t, int hfd)
{
	return t->guest->proc->dead ? -ESRCH : backend->give_fd(t->guest, hfd);
}

int guest_enter_stub(struct task *t)
{
	struct guest *g = t->guest;

	might_sleep();
	if (g->run == RUN_STUB)
		return 0;
	BUG_ON(g->run != RUN_PLAIN);
	g->waiter = sched_self();
	g->order_done = false;
	g->entering = true;
	guest_kick(t);
	guest_answer(t, -EINTR);
	while (!g->order_done && !gone(g))
		sched_sleep(WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
	g->waiter = NULL;
	t->kicked = false;
	return g->order_done ? 0 : -ESRCH;
}

void guest_kick(struct task *t)
{
	struct guest *g = t->guest;

	if (!g || g->proc->dead || !g->host_tid)
		return;
	g->kick_sent = true;
	if (syscall_tgkill(g->proc->pid, g->host_tid, STUB_KICK_SIGNAL) == 0)
		cancel_kick_sent(g);
}

void guest_kill(struct task *t)
{
	struct guest *g = t->guest;

	if (g && !g->proc->dead && g->proc->pid)
		kill(g->proc->pid, SIGKILL);
}

/* ---- FP state: where the host's frame keeps it ---- */

#define FXSAVE_SIZE 512
#define FXSAVE_SW_OFFSET 464

size_t guest_fpstate_size(void)
{
	return STUB_SLOT_SIZE - STUB_SLOT_FPSTATE - 1024;
}

/* Bytes of the frame's FP area, 0 for the initial state. */
static ssize_t fpstate_len(struct task *t)
{
	struct guest *g = t->guest;
	struct _fpx_sw_bytes sw;

	if (!g->regs_valid)
		return -EFAULT;
	if (!g->regs.fpstate)
		return 0;
	if (guest_read(t, &sw, g->regs.fpstate + FXSAVE_SW_OFFSET, sizeof(sw)) < 0)
		return -EFAULT;
	if (sw.magic1 != FP_XSTATE_MAGIC1)
		return FXSAVE_SIZE;
	if (sw.extended_size < FXSAVE_SIZE || sw.extended_size > guest_fpstate_size())
		return -EFAULT;
	return sw.extended_size;
}

static int read_fp(struct task *t, void *buf, size_t len)
{
	struct guest *g = t->guest;

	if (!prefetched(&fp_prefetch, g, g->regs.fpstate, len))
		return guest_read(t, buf, g->regs.fpstate, len);
	memcpy(buf, fp_prefetch.data, len);
	return 0;
}

ssize_t guest_fpstate_get(struct task *t, void *buf, size_t size)
{
	struct guest *g = t->guest;
	struct _fpx_sw_bytes sw;
	ssize_t len;

	if (g->regs_valid && g->regs.fpstate && fp_len && fp_len <= size &&
		read_fp(t, buf, fp_len) == 0) {
		memcpy(&sw, (char *)buf + FXSAVE_SW_OFFSET, sizeof(sw));
		if (sw.magic1 == FP_XSTATE_MAGIC1 && sw.extended_size == fp_len)
			return fp_len;
	}
	len = fpstate_len(t);
	if (len <= 0)
		return len;
	if ((size_t)len > size || guest_read(t, buf, g->regs.fpstate, (size_t)len) < 0)
		return -EFAULT;
	if (g->regs.fpstate == g->regs_in_guest.fpstate && !fp_len) {
		fp_len = (u32)len; /* the host's own, not one that rt_sigreturn found */
		fp_offset = g->regs.fpstate - g->uc;
	}
	return len;
}

int guest_fpstate_set(struct task *t, const void *buf, size_t size)
{
	struct guest *g = t->guest;
	ssize_t len;

	if (!size) { /* rt_sigreturn without FP state: the host loads the initial one */
		g->regs.fpstate = 0;
		return 0;
	}
	len = fpstate_len(t);
	if (len < 0)
		return (int)len;
	if (!len) {
		g->regs.fpstate = g->slot + STUB_SLOT_FPSTATE;
		len = (ssize_t)guest_fpstate_size();
	}
	if (size > (size_t)len)
		return -EINVAL;
	return guest_write(t, g->regs.fpstate, buf, size);
}
