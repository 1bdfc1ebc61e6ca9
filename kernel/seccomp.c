/*
 * Strict mode and filters. entry.c asks here before it serves a call of a task that has a mode set.
 * Calls the host runs natively never come to the kernel by themselves: unless the new filter allows
 * them all by their number alone, the process is made to trap every call. seccomp(2).
 */
#include "kernel/seccomp.h"

#include "kernel/exit.h"
#include "kernel/lib/log.h"
#include "kernel/pid_ns.h"
#include "kernel/ptrace.h"
#include "kernel/syscall.h"
#include "kernel/uaccess.h"

#include <asm/unistd.h>
#include <linux/audit.h>

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif

#define INSNS_PER_TASK_MAX 32768u
#define INSNS_PER_FILTER 4u /* what one more filter costs besides its instructions */
#define FLAGS_ALL \
	(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW | \
		SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_TSYNC_ESRCH)

/* ---- life ---- */

void seccomp_filter_put(struct seccomp_filter *f)
{
	while (f && !--f->refs) {
		struct seccomp_filter *prev = f->prev;

		if (f->notify)
			seccomp_notify_orphan(f->notify);
		free(f);
		f = prev;
	}
}

static struct seccomp_filter *filter_get(struct seccomp_filter *f)
{
	if (f)
		f->refs++;
	return f;
}

void seccomp_inherit(struct task *c, const struct task *p)
{
	c->seccomp_mode = p->seccomp_mode;
	c->seccomp = filter_get(p->seccomp);
}

void seccomp_exit(struct task *t)
{
	seccomp_filter_put(t->seccomp);
	t->seccomp = NULL;
}

unsigned seccomp_nr_filters(const struct task *t)
{
	unsigned nr = 0;

	for (const struct seccomp_filter *f = t->seccomp; f; f = f->prev)
		nr++;
	return nr;
}

/* ---- verdicts ---- */

/* The strictest action of all filters; of equal ones that of the latest. *by: whose it is. */
static u32 ask_filters(
	struct seccomp_filter *f, const struct seccomp_data *d, struct seccomp_filter **by)
{
	u32 result = SECCOMP_RET_ALLOW;

	*by = NULL;
	for (; f; f = f->prev) {
		u32 v = bpf_run(f->prog, d);

		if ((s32)(v & SECCOMP_RET_ACTION_FULL) < (s32)(result & SECCOMP_RET_ACTION_FULL)) {
			result = v;
			*by = f;
		}
	}
	return result;
}

static long raise_sigsys(struct task *t, const struct seccomp_data *d, u32 data)
{
	siginfo_t info;

	if (!guest_in_stub(t) && guest_enter_stub(t) < 0)
		return -EINTR;
	memset(&info, 0, sizeof(info));
	info.si_signo = SIGSYS;
	info.si_code = SYS_SECCOMP;
	info.si_errno = (int)data;
	info.si_call_addr = (void *)(uintptr_t)d->instruction_pointer;
	info.si_syscall = d->nr;
	info.si_arch = d->arch;
	signal_force(t, SIGSYS, &info);
	return d->nr; /* the registers as before the call */
}

static bool strict_allows(struct task *t)
{
	switch (t->event.nr) {
	case __NR_read:
	case __NR_write:
	case __NR_exit:
	case __NR_rt_sigreturn:
		return true;
	default:
		thread_exit(t, SIGKILL);
		return false;
	}
}

static void describe(const struct task *t, struct seccomp_data *d)
{
	*d = (struct seccomp_data){
		.nr = (int)t->event.nr,
		.arch = AUDIT_ARCH_X86_64,
		.instruction_pointer = t->event.ip,
	};
	memcpy(d->args, t->event.args, sizeof(d->args));
}

static bool filters_allow(struct task *t, long *ret, bool tracer_asked)
{
	struct seccomp_filter *by;
	struct seccomp_data d;
	u32 v, data;

	describe(t, &d);
	v = ask_filters(t->seccomp, &d, &by);
	data = v & SECCOMP_RET_DATA;
	switch (v & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_LOG:
		trace(TRACE_SYSCALL, "%d: seccomp logs call %d", t->tid, d.nr);
		return true;
	case SECCOMP_RET_ALLOW:
		return true;
	case SECCOMP_RET_ERRNO:
		*ret = -(long)MIN(data, 4095u);
		return false;
	case SECCOMP_RET_TRAP:
		*ret = raise_sigsys(t, &d, data);
		return false;
	case SECCOMP_RET_USER_NOTIF:
		*ret = -ENOSYS;
		return by->notify && seccomp_notify_ask(by, &d, ret);
	case SECCOMP_RET_TRACE: /* it may have made another call of it */
		return tracer_asked || (trace_seccomp(t, data, ret) && filters_allow(t, ret, true));
	case SECCOMP_RET_KILL_THREAD:
		thread_exit(t, SIGSYS);
		return false;
	default:
		group_end(t->tg, t, SIGSYS);
		return false;
	}
}

bool seccomp_allows(struct task *t, long *ret)
{
	*ret = 0;
	if (t->seccomp_mode == SECCOMP_MODE_STRICT)
		return strict_allows(t);
	return filters_allow(t, ret, false);
}

/* ---- what a tracer sees ---- */

/* The nth filter of t, the oldest is 0; -errno. */
static int nth_filter(const struct task *t, u64 n, const struct seccomp_filter **out)
{
	unsigned nr = seccomp_nr_filters(t);
	const struct seccomp_filter *f = t->seccomp;

	if (!capable(CAP_SYS_ADMIN) || current->seccomp_mode)
		return -EACCES;
	if (t->seccomp_mode != SECCOMP_MODE_FILTER)
		return -EINVAL;
	if (n >= nr)
		return -ENOENT;
	while (--nr > n)
		f = f->prev;
	*out = f;
	return 0;
}

long seccomp_get_filter(const struct task *t, u64 n, uaddr_t dst)
{
	const struct seccomp_filter *f;
	int err = nth_filter(t, n, &f);

	if (err < 0)
		return err;
	if (dst && copy_to_user(dst, f->prog, f->len * sizeof(f->prog[0])) < 0)
		return -EFAULT;
	return f->len;
}

long seccomp_get_metadata(const struct task *t, u64 size, uaddr_t dst)
{
	const struct seccomp_filter *f;
	struct seccomp_metadata md = {0};
	int err;

	size = MIN(size, sizeof(md));
	if (size < sizeof(md.filter_off))
		return -EINVAL;
	if (copy_from_user(&md.filter_off, dst, sizeof(md.filter_off)) < 0)
		return -EFAULT;
	err = nth_filter(t, md.filter_off, &f);
	if (err < 0)
		return err;
	md.flags = f->log ? SECCOMP_FILTER_FLAG_LOG : 0;
	return copy_to_user(dst, &md, size) < 0 ? -EFAULT : (long)size;
}

/* ---- installing ---- */

/* Does the filter let through, whatever their arguments, the calls that run natively? */
static bool allows_local_calls(const struct seccomp_filter *f)
{
	for (unsigned nr = 0; nr < NR_SYSCALLS; nr++) {
		struct seccomp_data d = {.nr = (int)nr, .arch = AUDIT_ARCH_X86_64};
		u32 v;

		if (nr != __NR_mmap && syscall_table[nr].support != SUPPORT_NATIVE)
			continue;
		if (!bpf_run_by_number(f->prog, &d, &v))
			return false;
		v &= SECCOMP_RET_ACTION_FULL;
		if (v != SECCOMP_RET_ALLOW && v != SECCOMP_RET_LOG)
			return false;
	}
	return true;
}

static int trap_everything(struct task *t)
{
	int ret = guest_traps_all(t) ? 0 : guest_enter_stub(t);

	return ret < 0 ? ret : guest_trap_all(t);
}

static int read_prog(uaddr_t uprog, struct seccomp_filter **out)
{
	struct {
		u16 len;
		u16 pad[3];
		uaddr_t filter;
	} head;
	struct seccomp_filter *f;
	int ret;

	if (copy_from_user(&head, uprog, sizeof(head)) < 0)
		return -EFAULT;
	if (!head.len || head.len > BPF_MAXINSNS)
		return -EINVAL;
	f = calloc(1, sizeof(*f) + head.len * sizeof(f->prog[0]));
	if (!f)
		return -ENOMEM;
	f->refs = 1;
	f->len = head.len;
	ret = copy_from_user(f->prog, head.filter, head.len * sizeof(f->prog[0]));
	if (ret == 0)
		ret = bpf_check(f->prog, head.len);
	if (ret < 0) {
		free(f);
		return ret;
	}
	*out = f;
	return 0;
}

static bool is_ancestor(const struct seccomp_filter *old, const struct seccomp_filter *f)
{
	while (f && f != old)
		f = f->prev;
	return f == old;
}

/* The first thread that cannot take over current's filters, NULL: none. */
static struct task *sync_obstacle(void)
{
	struct task *t;

	list_for_each_entry (t, &current->tg->tasks, tg_link) {
		if (t == current || t->ending)
			continue;
		if (t->seccomp_mode == SECCOMP_MODE_STRICT ||
			!is_ancestor(t->seccomp, current->seccomp))
			return t;
	}
	return NULL;
}

static void sync_threads(void)
{
	struct task *t;

	list_for_each_entry (t, &current->tg->tasks, tg_link) {
		if (t == current)
			continue;
		filter_get(current->seccomp);
		seccomp_filter_put(t->seccomp);
		t->seccomp = current->seccomp;
		t->seccomp_mode = SECCOMP_MODE_FILTER;
		t->no_new_privs |= current->no_new_privs;
	}
}

static int total_insns(const struct task *t, const struct seccomp_filter *new)
{
	u64 sum = new->len;

	for (const struct seccomp_filter *f = t->seccomp; f; f = f->prev)
		sum += f->len + INSNS_PER_FILTER;
	return sum > INSNS_PER_TASK_MAX ? -ENOMEM : 0;
}

static bool has_listener(const struct task *t)
{
	for (const struct seccomp_filter *f = t->seccomp; f; f = f->prev)
		if (f->notify)
			return true;
	return false;
}

/* f is checked and owned; it goes to the task, or with an error it is dropped. */
static long install(struct seccomp_filter *f, u32 flags)
{
	struct task *t = current, *obstacle;
	long ret = total_insns(t, f);

	if (!ret && !allows_local_calls(f))
		ret = trap_everything(t);
	if (!ret && (flags & SECCOMP_FILTER_FLAG_TSYNC) && (obstacle = sync_obstacle())) {
		seccomp_filter_put(f);
		return flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH ? -ESRCH : pid_out(obstacle->tid);
	}
	if (!ret && (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER))
		ret = has_listener(t) ? -EBUSY : seccomp_notify_install(f);
	if (ret < 0) {
		seccomp_filter_put(f);
		return ret;
	}
	f->log = flags & SECCOMP_FILTER_FLAG_LOG;
	f->prev = t->seccomp;
	t->seccomp = f;
	t->seccomp_mode = SECCOMP_MODE_FILTER;
	if (flags & SECCOMP_FILTER_FLAG_TSYNC)
		sync_threads();
	return ret;
}

long seccomp_set_filter(u32 flags, uaddr_t uprog)
{
	struct seccomp_filter *f;
	int ret;

	if (flags & ~FLAGS_ALL)
		return -EINVAL;
	if ((flags & SECCOMP_FILTER_FLAG_TSYNC) && (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) &&
		!(flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH))
		return -EINVAL;
	ret = read_prog(uprog, &f);
	if (ret < 0)
		return ret;
	if (!current->no_new_privs && !capable_own(CAP_SYS_ADMIN))
		ret = -EACCES;
	else if (current->seccomp_mode == SECCOMP_MODE_STRICT)
		ret = -EINVAL;
	if (ret == 0)
		return install(f, flags);
	seccomp_filter_put(f);
	return ret;
}

long seccomp_set_strict(void)
{
	int ret;

	if (current->seccomp_mode == SECCOMP_MODE_FILTER)
		return -EINVAL;
	ret = trap_everything(current);
	if (ret < 0)
		return ret;
	current->seccomp_mode = SECCOMP_MODE_STRICT;
	return 0;
}

static long action_available(uaddr_t uaction)
{
	u32 action;

	if (copy_from_user(&action, uaction, sizeof(action)) < 0)
		return -EFAULT;
	switch (action) {
	case SECCOMP_RET_KILL_PROCESS:
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_ERRNO:
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_ALLOW:
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static long notify_sizes(uaddr_t dst)
{
	const struct seccomp_notif_sizes s = {sizeof(struct seccomp_notif),
		sizeof(struct seccomp_notif_resp), sizeof(struct seccomp_data)};

	return copy_to_user(dst, &s, sizeof(s));
}

SYSCALL_DEFINE3(seccomp, u32, op, u32, flags, uaddr_t, arg)
{
	switch (op) {
	case SECCOMP_SET_MODE_STRICT:
		return flags || arg ? -EINVAL : seccomp_set_strict();
	case SECCOMP_SET_MODE_FILTER:
		return seccomp_set_filter(flags, arg);
	case SECCOMP_GET_ACTION_AVAIL:
		return flags ? -EINVAL : action_available(arg);
	case SECCOMP_GET_NOTIF_SIZES:
		return flags ? -EINVAL : notify_sizes(arg);
	default:
		return -EINVAL;
	}
}
