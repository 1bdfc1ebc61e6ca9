/*
 * The seccomp-BPF program of a guest machine (design: one filter, three classes). Built as a
 * balanced search tree over system call numbers, once for guest code and once for the stub's page.
 * Whatever is not listed is intercepted (guest code) or deadly (stub). seccomp(2).
 */
#include "kernel/lib/log.h"
#include "skas/skas.h"

#include <asm/unistd.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>

enum action {
	ACT_ALLOW,
	ACT_TRAP,
	ACT_INTERCEPT,
	ACT_KILL,
	ACT_ENOSYS,
	ACT_MMAP,	/* anonymous memory natively, files trapped */
	ACT_MMAP_ORDER, /* anything but over the stub */
	ACT_RANGE,	/* not where the stub lives, as all of the following */
	ACT_MREMAP,
	ACT_FUTEX,	/* all but priority inheritance */
	ACT_CLOCK,	/* static clocks only: dynamic ones name host processes */
	ACT_MADVISE,	/* not the advices that need privilege */
	ACT_ARCH_PRCTL, /* FS and GS base */
	ACT_ARCH_FS,	/* FS base; GS base is trapped, as the fast path may occupy it */
	ACT_PDEATHSIG,	/* prctl(PR_SET_PDEATHSIG, SIGKILL) */
	ACT_COUNT
};

struct rule {
	u16 nr;
	u8 action;
};

/* Guest code. Why an entry may run natively: it can only touch the caller's own address space or
 * thread. */
static const struct rule guest_rules[] = {
	{__NR_mmap, ACT_MMAP},
	{__NR_mprotect,
		ACT_RANGE}, /* own mappings; a file's are limited by its descriptor's mode */
	{__NR_munmap, ACT_RANGE}, {__NR_brk, ACT_TRAP}, {__NR_rt_sigreturn, ACT_TRAP},
	/* Calls that often end in a handler of the caller: from the stub its frame can be built at
	 * once, where a plain call would have to be kicked into the stub first. */
	{__NR_pause, ACT_TRAP}, {__NR_kill, ACT_TRAP}, {__NR_tkill, ACT_TRAP},
	{__NR_tgkill, ACT_TRAP}, {__NR_rt_sigqueueinfo, ACT_TRAP},
	{__NR_rt_tgsigqueueinfo, ACT_TRAP}, {__NR_rt_sigsuspend, ACT_TRAP}, {__NR_shmat, ACT_TRAP},
	{__NR_shmdt, ACT_TRAP}, {__NR_io_setup, ACT_TRAP},
	{__NR_io_destroy, ACT_TRAP}, /* the stub maps and unmaps */
	{__NR_sched_yield, ACT_ALLOW}, {__NR_mremap, ACT_MREMAP}, {__NR_mincore, ACT_ALLOW},
	{__NR_madvise, ACT_MADVISE}, {__NR_clone, ACT_TRAP}, {__NR_fork, ACT_TRAP},
	{__NR_vfork, ACT_TRAP}, {__NR_execve, ACT_TRAP},
	{__NR_gettimeofday, ACT_ALLOW}, /* reads a clock */
	{__NR_sigaltstack, ACT_TRAP},	/* depends on the stack pointer */
	{__NR_arch_prctl, ACT_ARCH_FS}, {__NR_time, ACT_ALLOW},
	{__NR_futex, ACT_FUTEX}, /* waits and wakes on words the caller has mapped */
	{__NR_set_tid_address, ACT_TRAP},
	{__NR_restart_syscall, ACT_ALLOW}, /* continues the caller's own interrupted futex wait */
	{__NR_remap_file_pages, ACT_ENOSYS}, {__NR_clock_gettime, ACT_CLOCK},
	{__NR_clock_getres, ACT_CLOCK}, {__NR_getcpu, ACT_ALLOW}, {__NR_execveat, ACT_TRAP},
	{__NR_membarrier, ACT_ALLOW}, /* orders memory accesses; reveals nothing */
	{__NR_mlock2, ACT_TRAP}, {__NR_mlock, ACT_TRAP}, {__NR_munlock, ACT_TRAP},
	{__NR_mlockall, ACT_TRAP}, {__NR_munlockall, ACT_TRAP}, {__NR_msync, ACT_TRAP},
	{__NR_pkey_mprotect, ACT_RANGE}, /* as mprotect */
	{__NR_pkey_alloc, ACT_ALLOW},	 /* a register of the caller */
	{__NR_pkey_free, ACT_ALLOW},
	{__NR_rseq, ACT_ALLOW}, /* a word of the caller's memory that the host keeps current */
	{__NR_set_robust_list, ACT_ALLOW},	   /* an address the host keeps for the caller */
	{__NR_clone3, ACT_TRAP}, {449, ACT_ALLOW}, /* futex_waitv: as futex */
	{454, ACT_ALLOW},			   /* futex_wake */
	{455, ACT_ALLOW},			   /* futex_wait */
	{456, ACT_ALLOW},			   /* futex_requeue */
	{462, ACT_RANGE}, /* mseal: own mappings stay as they are, for good */
};

/* The stub's page. Harmless orders run; those with reach are shown to the kernel, which compares
 * them with what it has just ordered; guest code that jumps here gains neither. */
static const struct rule stub_rules[] = {
	/* orders */
	{__NR_close, ACT_ALLOW},
	{__NR_mmap, ACT_MMAP_ORDER},
	{__NR_mprotect, ACT_RANGE},
	{__NR_munmap, ACT_RANGE},
	{__NR_rt_sigaction, ACT_ALLOW},
	{__NR_rt_sigreturn, ACT_ALLOW},
	{__NR_mremap, ACT_MREMAP},
	{__NR_msync, ACT_ALLOW},
	{__NR_madvise, ACT_MADVISE},
	{__NR_clone, ACT_INTERCEPT},
	{__NR_exit, ACT_INTERCEPT},
	{__NR_sigaltstack, ACT_ALLOW},
	{__NR_personality, ACT_ALLOW}, /* of this process: how its next exec lays memory out */
	{__NR_mlock, ACT_ALLOW},
	{__NR_munlock, ACT_ALLOW},
	{__NR_mlockall, ACT_ALLOW},
	{__NR_munlockall, ACT_ALLOW},
	{__NR_prctl, ACT_PDEATHSIG},
	{__NR_futex, ACT_FUTEX},
	{__NR_set_tid_address, ACT_ALLOW},
	{__NR_unshare, ACT_INTERCEPT}, /* CLONE_FILES, before an exec */
	{__NR_exit_group, ACT_ALLOW},
	{__NR_execveat, ACT_INTERCEPT},
	{__NR_mlock2, ACT_ALLOW},
	{__NR_close_range, ACT_ALLOW},
	{462, ACT_ALLOW}, /* mseal, also of the stub */
	{__NR_seccomp, ACT_INTERCEPT},
	{__NR_pidfd_open, ACT_INTERCEPT},
	{__NR_pidfd_getfd, ACT_INTERCEPT},
	{STUB_HYPERCALL, ACT_INTERCEPT},
	/* local calls of a process that traps all (local.c), where they are not orders too */
	{__NR_sched_yield, ACT_ALLOW},
	{__NR_mincore, ACT_ALLOW},
	{__NR_gettimeofday, ACT_ALLOW},
	{__NR_arch_prctl, ACT_ARCH_PRCTL},
	{__NR_time, ACT_ALLOW},
	{__NR_restart_syscall, ACT_ALLOW},
	{__NR_clock_gettime, ACT_CLOCK},
	{__NR_clock_getres, ACT_CLOCK},
	{__NR_getcpu, ACT_ALLOW},
	{__NR_membarrier, ACT_ALLOW},
	{__NR_pkey_mprotect, ACT_RANGE},
	{__NR_pkey_alloc, ACT_ALLOW},
	{__NR_pkey_free, ACT_ALLOW},
	{__NR_rseq, ACT_ALLOW},
	{__NR_set_robust_list, ACT_ALLOW},
	{449, ACT_ALLOW},
	{454, ACT_ALLOW},
	{455, ACT_ALLOW},
	{456, ACT_ALLOW},
};

bool filter_is_plain(u64 nr)
{
	if (nr >= 0x1000 || nr == __NR_exit || nr == __NR_exit_group)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(guest_rules); i++)
		if (guest_rules[i].nr == nr)
			return false;
	return true;
}

#define PROG_MAX 1024

struct builder {
	struct sock_filter insn[PROG_MAX];
	unsigned nr;
	u32 intercept; /* SECCOMP_RET_* of ACT_INTERCEPT */
	u32 low;       /* and of what would touch addresses below GUEST_RESERVED_END */
};

#define OFF_NR 0
#define OFF_ARCH 4
#define OFF_IP_LO 8
#define OFF_IP_HI 12
#define OFF_ARG_LO(n) (16 + 8 * (n))
#define OFF_ARG_HI(n) (20 + 8 * (n))

static void emit(struct builder *b, u16 code, u32 k, u8 jt, u8 jf)
{
	BUG_ON(b->nr >= PROG_MAX);
	b->insn[b->nr++] = (struct sock_filter){.code = code, .jt = jt, .jf = jf, .k = k};
}

static void load(struct builder *b, u32 off)
{
	emit(b, BPF_LD | BPF_W | BPF_ABS, off, 0, 0);
}

static void ret(struct builder *b, u32 value)
{
	emit(b, BPF_RET | BPF_K, value, 0, 0);
}

/* if (A == k) return value */
static void ret_if(struct builder *b, u32 k, u32 value)
{
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, k, 0, 1);
	ret(b, value);
}

static void emit_futex(struct builder *b, u32 other)
{
	static const u8 pi_ops[] = {6, 7, 8, 11, 12, 13};

	load(b, OFF_ARG_LO(1));
	emit(b, BPF_ALU | BPF_AND | BPF_K, 0x7f, 0, 0);
	for (unsigned i = 0; i < ARRAY_SIZE(pi_ops); i++)
		ret_if(b, pi_ops[i], other);
	ret(b, SECCOMP_RET_ALLOW);
}

/*
 * Goes on if argument n is an address beyond the stub's: a range that begins there ends there.
 * What the kernel lets the stub do by registers alone (execveat) relies on the stub's constants,
 * and on hosts without mseal nothing else keeps the guest from changing them.
 */
static void emit_beyond_stub(struct builder *b, unsigned n)
{
	load(b, OFF_ARG_HI(n));
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3);
	load(b, OFF_ARG_LO(n));
	emit(b, BPF_JMP | BPF_JGE | BPF_K, (u32)GUEST_RESERVED_END, 1, 0);
	ret(b, b->low);
}

/* The same for a place to map something at: 0 is no such place unless a flag in `fixed` is set. */
static void emit_place_beyond_stub(struct builder *b, unsigned n, unsigned flags, u32 fixed)
{
	load(b, OFF_ARG_HI(n));
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 7);
	load(b, OFF_ARG_LO(n));
	emit(b, BPF_JMP | BPF_JGE | BPF_K, (u32)GUEST_RESERVED_END, 5, 0);
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3);
	load(b, OFF_ARG_LO(flags));
	emit(b, BPF_ALU | BPF_AND | BPF_K, fixed, 0, 0);
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
	ret(b, b->low);
}

static void emit_mmap_order(struct builder *b)
{
	emit_place_beyond_stub(b, 0, 3, MAP_FIXED);
	ret(b, SECCOMP_RET_ALLOW);
}

static void emit_mmap(struct builder *b)
{
	load(b, OFF_ARG_LO(3));
	emit(b, BPF_ALU | BPF_AND | BPF_K, MAP_ANONYMOUS | MAP_HUGETLB, 0, 0);
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, MAP_ANONYMOUS, 1, 0);
	ret(b, SECCOMP_RET_TRAP);
	emit_mmap_order(b);
}

static void emit_mremap(struct builder *b)
{
	emit_beyond_stub(b, 0);
	load(b, OFF_ARG_LO(3));
	emit(b, BPF_ALU | BPF_AND | BPF_K, MREMAP_FIXED | MREMAP_DONTUNMAP, 0, 0);
	ret_if(b, 0, SECCOMP_RET_ALLOW); /* the new address does not count */
	emit_place_beyond_stub(b, 4, 3, MREMAP_FIXED);
	ret(b, SECCOMP_RET_ALLOW);
}

static void emit_range(struct builder *b)
{
	emit_beyond_stub(b, 0);
	ret(b, SECCOMP_RET_ALLOW);
}

static void emit_madvise(struct builder *b)
{
	emit_beyond_stub(b, 0);
	load(b, OFF_ARG_LO(2));
	emit(b, BPF_JMP | BPF_JGE | BPF_K, 100, 0, 1); /* MADV_HWPOISON, MADV_SOFT_OFFLINE */
	ret(b, SECCOMP_RET_ERRNO | EINVAL);
	/* Merging pages with those of others would tell what they hold: there is no KSM. */
	ret_if(b, MADV_MERGEABLE, SECCOMP_RET_ERRNO | EINVAL);
	ret_if(b, MADV_UNMERGEABLE, SECCOMP_RET_ERRNO | EINVAL);
	ret(b, SECCOMP_RET_ALLOW);
}

static void emit_clock(struct builder *b)
{
	load(b, OFF_ARG_LO(0));
	emit(b, BPF_JMP | BPF_JGE | BPF_K, 12, 0, 1);
	ret(b, b->intercept);
	ret(b, SECCOMP_RET_ALLOW);
}

static void emit_arch_prctl(struct builder *b, u32 gs)
{
	load(b, OFF_ARG_LO(0));
	ret_if(b, 0x1002, SECCOMP_RET_ALLOW);
	ret_if(b, 0x1003, SECCOMP_RET_ALLOW);
	ret_if(b, 0x1001, gs);
	ret_if(b, 0x1004, gs);
	ret(b, b->intercept);
}

static void emit_pdeathsig(struct builder *b)
{
	load(b, OFF_ARG_LO(0));
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0);
	ret(b, SECCOMP_RET_KILL_PROCESS);
	load(b, OFF_ARG_LO(1));
	ret_if(b, 9, SECCOMP_RET_ALLOW);
	ret(b, SECCOMP_RET_KILL_PROCESS);
}

static void emit_action(struct builder *b, enum action a, u32 other)
{
	switch (a) {
	case ACT_ALLOW:
		ret(b, SECCOMP_RET_ALLOW);
		break;
	case ACT_TRAP:
		ret(b, SECCOMP_RET_TRAP);
		break;
	case ACT_INTERCEPT:
		ret(b, b->intercept);
		break;
	case ACT_KILL:
		ret(b, SECCOMP_RET_KILL_PROCESS);
		break;
	case ACT_ENOSYS:
		ret(b, SECCOMP_RET_ERRNO | ENOSYS);
		break;
	case ACT_MMAP:
		emit_mmap(b);
		break;
	case ACT_MMAP_ORDER:
		emit_mmap_order(b);
		break;
	case ACT_RANGE:
		emit_range(b);
		break;
	case ACT_MREMAP:
		emit_mremap(b);
		break;
	case ACT_FUTEX:
		emit_futex(b, other);
		break;
	case ACT_CLOCK:
		emit_clock(b);
		break;
	case ACT_MADVISE:
		emit_madvise(b);
		break;
	case ACT_ARCH_PRCTL:
		emit_arch_prctl(b, SECCOMP_RET_ALLOW);
		break;
	case ACT_ARCH_FS:
		emit_arch_prctl(b, SECCOMP_RET_TRAP);
		break;
	case ACT_PDEATHSIG:
		emit_pdeathsig(b);
		break;
	default:
		BUG_ON(true);
	}
}

/*
 * Search tree over rules[lo, hi), sorted by number; A holds the number. The jump over the lower
 * half is patched once its length is known; it is a BPF_JA where it exceeds 8 bits.
 */
static void emit_tree(struct builder *b, const struct rule *rules, int lo, int hi, u32 other)
{
	unsigned patch;
	int mid;

	if (hi - lo == 1) {
		emit(b, BPF_JMP | BPF_JEQ | BPF_K, rules[lo].nr, 1, 0);
		ret(b, other);
		emit_action(b, rules[lo].action, other);
		return;
	}
	mid = (lo + hi) / 2;
	emit(b, BPF_JMP | BPF_JGE | BPF_K, rules[mid].nr, 0, 1);
	patch = b->nr;
	emit(b, BPF_JMP | BPF_JA, 0, 0, 0);
	emit_tree(b, rules, lo, mid, other);
	b->insn[patch].k = b->nr - patch - 1;
	emit_tree(b, rules, mid, hi, other);
}

static int rule_cmp(const void *a, const void *b)
{
	return (int)((const struct rule *)a)->nr - (int)((const struct rule *)b)->nr;
}

static void emit_rules(struct builder *b, const struct rule *src, size_t nr, u32 other)
{
	struct rule sorted[64];

	BUG_ON(nr > ARRAY_SIZE(sorted));
	memcpy(sorted, src, nr * sizeof(*src));
	qsort(sorted, nr, sizeof(*sorted), rule_cmp);
	load(b, OFF_NR);
	emit_tree(b, sorted, 0, (int)nr, other);
}

static struct builder machine; /* as it was built */

int filter_build(struct sock_fprog *prog, u32 intercept)
{
	struct builder *b = &machine;
	unsigned patch_hi, patch_lo, patch_up;

	b->nr = 0;
	b->intercept = intercept;
	load(b, OFF_ARCH);
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	ret(b, SECCOMP_RET_KILL_PROCESS);
	load(b, OFF_NR);
	emit(b, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1); /* x32 */
	ret(b, SECCOMP_RET_ERRNO | ENOSYS);
	load(b, OFF_IP_HI);
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
	patch_hi = b->nr;
	emit(b, BPF_JMP | BPF_JA, 0, 0, 0);
	load(b, OFF_IP_LO);
	emit(b, BPF_JMP | BPF_JGE | BPF_K, STUB_BASE + 2, 1, 0);
	patch_lo = b->nr;
	emit(b, BPF_JMP | BPF_JA, 0, 0, 0);
	emit(b, BPF_JMP | BPF_JGT | BPF_K, STUB_END, 0, 1);
	patch_up = b->nr;
	emit(b, BPF_JMP | BPF_JA, 0, 0, 0);
	b->low = SECCOMP_RET_ERRNO | EPERM;
	emit_rules(b, stub_rules, ARRAY_SIZE(stub_rules), SECCOMP_RET_KILL_PROCESS);
	b->insn[patch_hi].k = b->nr - patch_hi - 1;
	b->insn[patch_lo].k = b->nr - patch_lo - 1;
	b->insn[patch_up].k = b->nr - patch_up - 1;
	b->low = SECCOMP_RET_TRAP; /* the kernel has the right errors */
	emit_rules(b, guest_rules, ARRAY_SIZE(guest_rules), intercept);
	prog->len = (unsigned short)b->nr;
	prog->filter = b->insn;
	return 0;
}

static bool jump_taken(u16 op, u32 a, u32 k)
{
	return op == BPF_JEQ ? a == k : op == BPF_JGE ? a >= k : a > k;
}

u32 filter_verdict(const struct seccomp_data *d)
{
	u32 a = 0;

	for (unsigned pc = 0; pc < machine.nr; pc++) {
		const struct sock_filter *i = &machine.insn[pc];

		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
			BUG_ON(i->k > sizeof(*d) - sizeof(a));
			memcpy(&a, (const u8 *)d + i->k, sizeof(a));
			break;
		case BPF_ALU:
			a &= i->k;
			break;
		case BPF_JMP:
			if (BPF_OP(i->code) == BPF_JA)
				pc += i->k;
			else
				pc += jump_taken(BPF_OP(i->code), a, i->k) ? i->jt : i->jf;
			break;
		default:
			return i->k;
		}
	}
	BUG_ON(true);
	return 0;
}
