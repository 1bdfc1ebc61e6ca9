/*
 * ptrace(2): the tracer's requests. Attaching and access are checked here; everything else acts on
 * a tracee of the caller that is in a stop, by reading or changing its struct tracee, its
 * registers in the stub and its memory.
 */
#include "kernel/exit.h"
#include "kernel/pid_ns.h"
#include "kernel/ptrace.h"
#include "kernel/seccomp.h"
#include "kernel/sigqueue.h"
#include "kernel/syscall.h"
#include "kernel/uaccess.h"

#include <elf.h>
#include <linux/audit.h>

#define OPTIONS_KNOWN (0xffu | PTRACE_O_EXITKILL)
#define ARCH_SET_GS 0x1001
#define ARCH_SET_FS 0x1002
#define ARCH_GET_FS 0x1003
#define ARCH_GET_GS 0x1004

/* ---- becoming a tracer ---- */

static int check_options(u64 options)
{
	return options & ~(u64)OPTIONS_KNOWN ? -EINVAL : 0;
}

static struct task *trace_target(pid_t pid)
{
	return pid > 0 ? task_find(pid_in(pid)) : NULL;
}

static struct tracee *own_tracee(pid_t pid)
{
	struct tracee *tr;

	list_for_each_entry (tr, &current->tracees, link)
		if (tr->tid == pid && tr->task)
			return tr;
	return NULL;
}

/* A thread asleep in a group stop comes out of it, to report it to its tracer, which finds it in
 * its trace stop when the attach returns. */
static void leave_stop(struct task *t)
{
	struct tracee *tr;
	pid_t tid = t->tid;

	t->stopped = false;
	t->stop_wanted = true;
	t->tg->nr_to_stop++;
	waitq_wake(&t->tg->stop_wait, 0);
	wait_event_killable(&current->tg->wait_child, !(tr = own_tracee(tid)) || tr->stopped);
}

static long attach(pid_t pid, bool seize, u64 addr, u64 options)
{
	struct task *t = trace_target(pid);
	siginfo_t info;
	int err;

	if (seize && (addr || check_options(options) < 0))
		return -EIO;
	if (!t)
		return -ESRCH;
	if (t->tg == current->tg || !trace_may_access(t, TRACE_ATTACH_REAL))
		return -EPERM;
	if (!t->guest) /* a thread of the kernel: the init of --init */
		return -EPERM;
	if (task_traced(t) || task_ending(t))
		return -EPERM;
	err = trace_attach(t, current, seize, seize ? (u32)options : 0);
	if (err < 0)
		return err;
	if (!seize) {
		siginfo_kernel(&info, SIGSTOP);
		signal_send_task(t, SIGSTOP, &info);
	}
	if (t->stopped)
		leave_stop(t);
	return 0;
}

static long traceme(void)
{
	struct tgroup *parent = current->tg->parent;
	struct task *tracer = parent ? task_find(current->tg->parent_tid) : NULL;

	if (task_traced(current))
		return -EPERM;
	if (!tracer || tracer->tg != parent)
		return -EPERM;
	if ((current->cred->cap_permitted & ~tracer->cred->cap_permitted) &&
		!cred_has(tracer->cred, CAP_SYS_PTRACE))
		return -EPERM;
	return trace_attach(current, tracer, false, 0);
}

/* ---- going on ---- */

static long resume(struct tracee *tr, enum trace_resume how, u64 sig)
{
	if (sig > ABI_NSIG)
		return -EIO;
	tr->resume = how;
	tr->signal = (int)sig;
	tr->stopped = tr->listening = false;
	tr->code = 0;
	waitq_wake(&tr->task->trace_wait, 0);
	return 0;
}

static long detach(struct tracee *tr, u64 sig)
{
	if (sig > ABI_NSIG)
		return -EIO;
	trace_detach(tr, (int)sig);
	return 0;
}

static long interrupt(struct tracee *tr)
{
	if (!tr->seized)
		return -EIO;
	tr->trap_wanted = true;
	if (tr->stopped && tr->listening)
		return resume(tr, RESUME_CONT, 0);
	if (!tr->stopped)
		signal_wake_up(tr->task);
	return 0;
}

static long listen(struct tracee *tr)
{
	if (!tr->seized || !tr->has_info || tr->info.si_code >> 8 != PTRACE_EVENT_STOP)
		return -EIO;
	tr->listening = true;
	if (tr->notify_wanted)
		return resume(tr, RESUME_CONT, 0);
	return 0;
}

/* ---- memory ---- */

static long peek(struct task *t, uaddr_t addr, uaddr_t data)
{
	u64 word;

	if (guest_read_some(t, &word, addr, sizeof(word)) != sizeof(word) &&
		guest_read_force(t, &word, addr, sizeof(word)) != sizeof(word))
		return -EIO;
	return put_user_u64(data, word);
}

static long poke(struct task *t, uaddr_t addr, u64 word)
{
	if (guest_write_some(t, addr, &word, sizeof(word)) != sizeof(word) &&
		guest_write_force(t, addr, &word, sizeof(word)) != sizeof(word))
		return -EIO;
	return 0;
}

/* ---- registers ---- */

static long peek_user(struct task *t, u64 offset, uaddr_t data)
{
	u64 value;
	long err = trace_peek_user(t, offset, &value);

	return err < 0 ? err : put_user_u64(data, value);
}

static long get_set(struct task *t, unsigned type, size_t size, uaddr_t data)
{
	u8 buf[sizeof(struct user_fpregs_struct)];
	ssize_t n = trace_get_regset(t, type, buf, size);

	return n < 0 ? n : copy_to_user(data, buf, (size_t)n);
}

static long set_set(struct task *t, unsigned type, size_t size, uaddr_t data)
{
	u8 buf[sizeof(struct user_fpregs_struct)];

	if (copy_from_user(buf, data, size) < 0)
		return -EFAULT;
	return MIN(trace_set_regset(t, type, buf, size), 0);
}

static long get_regset(struct task *t, unsigned type, const struct iovec *iov, size_t *len)
{
	void *buf = malloc(TRACE_REGSET_MAX);
	ssize_t n = buf ? trace_get_regset(t, type, buf, TRACE_REGSET_MAX) : -ENOMEM;

	if (n >= 0) {
		*len = MIN((size_t)n, iov->iov_len);
		n = copy_to_user((uaddr_t)(uintptr_t)iov->iov_base, buf, *len);
	}
	free(buf);
	return n;
}

static long set_regset(struct task *t, unsigned type, const struct iovec *iov, size_t *len)
{
	void *buf = malloc(TRACE_REGSET_MAX);
	ssize_t n = buf ? 0 : -ENOMEM;

	*len = MIN(iov->iov_len, (size_t)TRACE_REGSET_MAX);
	if (!n)
		n = copy_from_user(buf, (uaddr_t)(uintptr_t)iov->iov_base, *len);
	if (!n)
		n = trace_set_regset(t, type, buf, *len);
	if (n > 0)
		*len = (size_t)n;
	free(buf);
	return MIN(n, 0);
}

static long regset(struct task *t, bool set, u64 type, uaddr_t uiov)
{
	struct iovec iov;
	size_t len = 0;
	long ret;

	if (copy_from_user(&iov, uiov, sizeof(iov)) < 0)
		return -EFAULT;
	if (type > UINT32_MAX || (type == NT_PRSTATUS && iov.iov_len % 8))
		return -EINVAL;
	ret = set ? set_regset(t, (unsigned)type, &iov, &len)
		  : get_regset(t, (unsigned)type, &iov, &len);
	if (ret < 0)
		return ret;
	return put_user_u64(uiov + offsetof(struct iovec, iov_len), len);
}

static long arch_prctl_of(struct tracee *tr, u64 addr, u64 op)
{
	unsigned which = op == ARCH_SET_GS || op == ARCH_GET_GS;

	switch (op) {
	case ARCH_GET_FS:
	case ARCH_GET_GS:
		return put_user_u64(addr, tr->task->bases[which]);
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		if (addr >= USER_ADDR_MAX)
			return -EPERM;
		tr->task->bases[which] = addr;
		tr->bases_changed = true;
		return 0;
	default:
		return -EINVAL;
	}
}

/* ---- signals ---- */

static long get_siginfo(const struct tracee *tr, uaddr_t data)
{
	return tr->has_info ? copy_to_user(data, &tr->info, sizeof(tr->info)) : -EINVAL;
}

static long set_siginfo(struct tracee *tr, uaddr_t data)
{
	siginfo_t info;

	if (copy_from_user(&info, data, sizeof(info)) < 0)
		return -EFAULT;
	if (!tr->has_info)
		return -EINVAL;
	tr->info = info;
	return 0;
}

static long peek_siginfo(const struct task *t, uaddr_t uargs, uaddr_t data)
{
	struct ptrace_peeksiginfo_args a;
	const struct sigpending *p;
	const struct sigqueue *q;
	u64 pos = 0;
	s32 n = 0;

	if (copy_from_user(&a, uargs, sizeof(a)) < 0)
		return -EFAULT;
	if (a.flags & ~PTRACE_PEEKSIGINFO_SHARED || a.nr < 0)
		return -EINVAL;
	p = a.flags & PTRACE_PEEKSIGINFO_SHARED ? &t->tg->pending : &t->pending;
	list_for_each_entry (q, &p->queue, link) {
		if (pos++ < a.off)
			continue;
		if (n >= a.nr)
			break;
		if (copy_to_user(data + (u64)n * sizeof(q->info), &q->info, sizeof(q->info)) < 0)
			return n ? n : -EFAULT;
		n++;
	}
	return n;
}

static long get_sigmask(const struct task *t, u64 size, uaddr_t data)
{
	if (size != sizeof(sigmask_t))
		return -EINVAL;
	return put_user_u64(data, t->restore_blocked ? t->saved_blocked : signal_mask(t));
}

static long set_sigmask(struct task *t, u64 size, uaddr_t data)
{
	sigmask_t m;

	if (size != sizeof(m))
		return -EINVAL;
	if (copy_from_user(&m, data, sizeof(m)) < 0)
		return -EFAULT;
	t->restore_blocked = false;
	signal_set_blocked(t, m);
	return 0;
}

/* ---- calls ---- */

static long get_syscall_info(struct task *t, u64 size, uaddr_t data)
{
	const struct abi_sigcontext *r = guest_regs(t);
	struct ptrace_syscall_info si = {.op = t->trace->syscall_op, .arch = AUDIT_ARCH_X86_64};
	u64 args[6] = {0};
	size_t len = offsetof(struct ptrace_syscall_info, entry);

	if (!r)
		return -ESRCH;
	si.instruction_pointer = r->rip;
	si.stack_pointer = r->rsp;
	if (si.op == PTRACE_SYSCALL_INFO_ENTRY || si.op == PTRACE_SYSCALL_INFO_SECCOMP) {
		memcpy(args, (u64[]){r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9}, sizeof(args));
		si.seccomp.nr = (u64)t->orig_rax; /* entry begins alike */
		memcpy(si.seccomp.args, args, sizeof(args));
		si.seccomp.ret_data = (u32)t->trace->message;
		len = si.op == PTRACE_SYSCALL_INFO_ENTRY
			      ? len + sizeof(si.entry)
			      : offsetof(struct ptrace_syscall_info, seccomp.ret_data) + 4;
	} else if (si.op == PTRACE_SYSCALL_INFO_EXIT) {
		si.exit.rval = (s64)r->rax;
		si.exit.is_error = r->rax > (u64)-4096;
		len = offsetof(struct ptrace_syscall_info, exit.is_error) + 1;
	}
	if (copy_to_user(data, &si, MIN(size, len)) < 0)
		return -EFAULT;
	return (long)len;
}

static long set_options(struct tracee *tr, u64 options)
{
	if (check_options(options) < 0)
		return -EINVAL;
	tr->options = (u32)options;
	return 0;
}

/* Of most events it is a thread, by its number here. */
static u64 message(const struct tracee *tr)
{
	if (tr->event && tr->event <= PTRACE_EVENT_VFORK_DONE)
		return (u64)pid_out((pid_t)tr->message);
	return tr->message;
}

/* ---- dispatch ---- */

static long request_stopped(struct tracee *tr, u64 req, u64 addr, u64 data)
{
	struct task *t = tr->task;

	switch (req) {
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
		return peek(t, addr, data);
	case PTRACE_PEEKUSR:
		return peek_user(t, addr, data);
	case PTRACE_POKETEXT:
	case PTRACE_POKEDATA:
		return poke(t, addr, data);
	case PTRACE_POKEUSR:
		return trace_poke_user(t, addr, data);
	case PTRACE_CONT:
		return resume(tr, RESUME_CONT, data);
	case PTRACE_SYSCALL:
		return resume(tr, RESUME_SYSCALL, data);
	case PTRACE_SINGLESTEP:
		return resume(tr, RESUME_STEP, data);
	case PTRACE_SYSEMU:
		return resume(tr, RESUME_SYSEMU, data);
	case PTRACE_SYSEMU_SINGLESTEP:
		return resume(tr, RESUME_SYSEMU_STEP, data);
	case PTRACE_DETACH:
		return detach(tr, data);
	case PTRACE_GETREGS:
		return get_set(t, NT_PRSTATUS, sizeof(struct user_regs_struct), data);
	case PTRACE_SETREGS:
		return set_set(t, NT_PRSTATUS, sizeof(struct user_regs_struct), data);
	case PTRACE_GETFPREGS:
		return get_set(t, NT_PRFPREG, sizeof(struct user_fpregs_struct), data);
	case PTRACE_SETFPREGS:
		return set_set(t, NT_PRFPREG, sizeof(struct user_fpregs_struct), data);
	case PTRACE_GETREGSET:
	case PTRACE_SETREGSET:
		return regset(t, req == PTRACE_SETREGSET, addr, data);
	case PTRACE_ARCH_PRCTL:
		return arch_prctl_of(tr, addr, data);
	case PTRACE_SETOPTIONS:
	case PTRACE_OLDSETOPTIONS:
		return set_options(tr, data);
	case PTRACE_GETEVENTMSG:
		return put_user_u64(data, message(tr));
	case PTRACE_GETSIGINFO:
		return get_siginfo(tr, data);
	case PTRACE_SETSIGINFO:
		return set_siginfo(tr, data);
	case PTRACE_PEEKSIGINFO:
		return peek_siginfo(t, addr, data);
	case PTRACE_GETSIGMASK:
		return get_sigmask(t, addr, data);
	case PTRACE_SETSIGMASK:
		return set_sigmask(t, addr, data);
	case PTRACE_LISTEN:
		return listen(tr);
	case PTRACE_GET_SYSCALL_INFO:
		return get_syscall_info(t, addr, data);
	case PTRACE_SECCOMP_GET_FILTER:
		return seccomp_get_filter(t, addr, data);
	case PTRACE_SECCOMP_GET_METADATA:
		return seccomp_get_metadata(t, addr, data);
	default:
		return -EIO;
	}
}

static long request(u64 req, pid_t pid, u64 addr, u64 data)
{
	struct tracee *tr = own_tracee(pid_in(pid));

	if (!tr)
		return -ESRCH;
	if (req == PTRACE_KILL) {
		if (!task_ending(tr->task))
			signal_send_task(tr->task, SIGKILL, NULL);
		return 0;
	}
	if (req == PTRACE_INTERRUPT)
		return interrupt(tr);
	if (!tr->stopped || tr->listening || task_ending(tr->task))
		return -ESRCH;
	return request_stopped(tr, req, addr, data);
}

SYSCALL_DEFINE4(ptrace, u64, req, u64, pid, u64, addr, u64, data)
{
	switch (req) {
	case PTRACE_TRACEME:
		return traceme();
	case PTRACE_ATTACH:
	case PTRACE_SEIZE:
		return attach((pid_t)pid, req == PTRACE_SEIZE, addr, data);
	default:
		return request(req, (pid_t)pid, addr, data);
	}
}
