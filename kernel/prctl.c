/*
 * prctl(2): the operations on tasks and capabilities. What would need another part of the kernel
 * that does not exist (MPX, speculation control) is -EINVAL, as on kernels without it.
 */
#include "kernel/pid.h"
#include "kernel/sys_cred.h"
#include "kernel/syscall.h"
#include "kernel/uaccess.h"
#include "kernel/seccomp.h"

#include <sys/prctl.h>

#define SECURE_ALL_BITS 0x55u
#define SECURE_ALL_LOCKS (SECURE_ALL_BITS << 1)
#define SECBIT_NO_CAP_AMBIENT_RAISE 0x40u
#define SECBIT_KEEP_CAPS_BIT 0x10u
#define SECBIT_KEEP_CAPS_LOCK 0x20u

static bool cap_valid(u64 cap)
{
	return cap <= CAP_LAST;
}

static long set_name(uaddr_t uname)
{
	char name[16];
	ssize_t n;

	memset(name, 0, sizeof(name));
	n = strncpy_from_user(name, uname, sizeof(name));
	if (n < 0 && n != -ENAMETOOLONG)
		return n;
	if (n < 0 && copy_from_user(name, uname, sizeof(name)) < 0)
		return -EFAULT;
	name[15] = 0;
	memcpy(current->comm, name, sizeof(name));
	return 0;
}

static long set_securebits(u64 bits)
{
	struct cred *new;
	u32 old = current->cred->securebits;

	if (bits & ~(u64)(SECURE_ALL_BITS | SECURE_ALL_LOCKS))
		return -EPERM;
	/* locked bits stay, locks are never lifted */
	if (((old & SECURE_ALL_LOCKS) >> 1 & (old ^ bits)) || (old & SECURE_ALL_LOCKS & ~bits) ||
		!capable_own(CAP_SETPCAP))
		return -EPERM;
	new = cred_prepare();
	if (!new)
		return -ENOMEM;
	new->securebits = bits;
	return cred_commit(new);
}

static long set_keepcaps(u64 on)
{
	struct cred *new;

	if (on > 1)
		return -EINVAL;
	if (current->cred->securebits & SECBIT_KEEP_CAPS_LOCK)
		return -EPERM;
	new = cred_prepare();
	if (!new)
		return -ENOMEM;
	new->securebits &= ~SECBIT_KEEP_CAPS_BIT;
	if (on)
		new->securebits |= SECBIT_KEEP_CAPS_BIT;
	return cred_commit(new);
}

static long capbset_drop(u64 cap)
{
	struct cred *new;

	if (!capable_own(CAP_SETPCAP))
		return -EPERM;
	if (!cap_valid(cap))
		return -EINVAL;
	new = cred_prepare();
	if (!new)
		return -ENOMEM;
	new->cap_bounding &= ~(1ull << cap);
	return cred_commit(new);
}

static long ambient(u64 op, u64 cap)
{
	const struct cred *c = current->cred;
	struct cred *new;

	if (op == PR_CAP_AMBIENT_CLEAR_ALL ? cap != 0 : !cap_valid(cap))
		return -EINVAL;
	if (op == PR_CAP_AMBIENT_IS_SET)
		return c->cap_ambient >> cap & 1;
	if (op == PR_CAP_AMBIENT_RAISE && (!(c->cap_permitted & c->cap_inheritable & 1ull << cap) ||
						  (c->securebits & SECBIT_NO_CAP_AMBIENT_RAISE)))
		return -EPERM;
	if (op != PR_CAP_AMBIENT_RAISE && op != PR_CAP_AMBIENT_LOWER &&
		op != PR_CAP_AMBIENT_CLEAR_ALL)
		return -EINVAL;
	new = cred_prepare();
	if (!new)
		return -ENOMEM;
	if (op == PR_CAP_AMBIENT_RAISE)
		new->cap_ambient |= 1ull << cap;
	else
		new->cap_ambient &= op == PR_CAP_AMBIENT_LOWER ? ~(1ull << cap) : 0;
	return cred_commit(new);
}

static long set_timerslack(u64 ns)
{
	/* Remembered only: the kernel's timers are exact. */
	current->timerslack_ns =
		(s64)ns <= 0 ? current->timerslack_default_ns : MIN(ns, (u64)UINT32_MAX);
	return 0;
}

static long set_dumpable(u64 v)
{
	if (v > 1)
		return -EINVAL;
	current->mm->dumpable = v;
	return 0;
}

static long set_pdeathsig(u64 sig)
{
	if (sig > ABI_NSIG)
		return -EINVAL;
	current->pdeath_signal = sig;
	return 0;
}

static long set_no_new_privs(const u64 *a)
{
	if (a[0] != 1 || a[1] || a[2] || a[3])
		return -EINVAL;
	current->no_new_privs = true;
	return 0;
}

SYSCALL_DEFINE5(prctl, int, op, u64, a2, u64, a3, u64, a4, u64, a5)
{
	const u64 rest[4] = {a2, a3, a4, a5};
	struct tgroup *tg = current->tg;

	switch (op) {
	case PR_SET_PDEATHSIG:
		return set_pdeathsig(a2);
	case PR_GET_PDEATHSIG:
		return put_user_u32(a2, current->pdeath_signal);
	case PR_GET_DUMPABLE:
		return current->mm->dumpable;
	case PR_SET_DUMPABLE:
		return set_dumpable(a2);
	case PR_SET_NAME:
		return set_name(a2);
	case PR_GET_NAME:
		return copy_to_user(a2, current->comm, sizeof(current->comm));
	case PR_GET_KEEPCAPS:
		return !!(current->cred->securebits & SECBIT_KEEP_CAPS_BIT);
	case PR_SET_KEEPCAPS:
		return set_keepcaps(a2);
	case PR_GET_SECUREBITS:
		return current->cred->securebits;
	case PR_SET_SECUREBITS:
		return set_securebits(a2);
	case PR_CAPBSET_READ:
		return cap_valid(a2) ? (long)(current->cred->cap_bounding >> a2 & 1) : -EINVAL;
	case PR_CAPBSET_DROP:
		return capbset_drop(a2);
	case PR_CAP_AMBIENT:
		return a4 || a5 ? -EINVAL : ambient(a2, a3);
	case PR_SET_CHILD_SUBREAPER:
		tg->is_subreaper = a2;
		return 0;
	case PR_GET_CHILD_SUBREAPER:
		return put_user_u32(a2, tg->is_subreaper);
	case PR_SET_NO_NEW_PRIVS:
		return set_no_new_privs(rest);
	case PR_GET_NO_NEW_PRIVS:
		return a2 || a3 || a4 || a5 ? -EINVAL : current->no_new_privs;
	case PR_SET_TIMERSLACK:
		return set_timerslack(a2);
	case PR_GET_TIMERSLACK:
		return current->timerslack_ns;
	case PR_GET_TIMING:
		return 0; /* statistical timing */
	case PR_GET_SECCOMP:
		return current->seccomp_mode;
	case PR_SET_SECCOMP:
		return a2 == SECCOMP_MODE_STRICT   ? seccomp_set_strict()
		       : a2 == SECCOMP_MODE_FILTER ? seccomp_set_filter(0, a3)
						   : -EINVAL;
	case PR_SET_TIMING:
		return a2 ? -EINVAL : 0;
	case PR_GET_TID_ADDRESS:
		return put_user_u64(a2, current->clear_child_tid);
	default:
		return -EINVAL;
	}
}
