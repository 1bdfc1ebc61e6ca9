/*
 * May the current task look into another process, or trace it? One question for ptrace, /proc,
 * process_vm_readv and their relatives. ptrace(2), "Ptrace access mode checking".
 */
#include "kernel/ptrace.h"
#include "kernel/user_ns.h"

static bool same_user(const struct cred *me, const struct cred *it, bool fs)
{
	u32 uid = fs ? me->fsuid : me->uid, gid = fs ? me->fsgid : me->gid;

	return uid == it->euid && uid == it->suid && uid == it->uid && gid == it->egid &&
	       gid == it->sgid && gid == it->gid;
}

bool trace_may_access(const struct task *t, enum trace_access mode)
{
	const struct cred *me, *it = t->cred;
	bool fs = mode == TRACE_READ_FS;
	u64 caps;

	if (!current || current->tg == t->tg)
		return true;
	me = current->cred;
	if (may_trace(it))
		return true;
	if (!same_user(me, it, fs) || (t->mm && !t->mm->dumpable))
		return false;
	caps = fs ? me->cap_effective : me->cap_permitted;
	return !(it->cap_permitted & ~caps);
}
