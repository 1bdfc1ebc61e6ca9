/*
 * The stub: the only code of ours that runs inside guest processes. It reports events by a
 * hypercall (an otherwise unused system call number, seen by the kernel through the filter) and
 * executes the native system calls the kernel orders. It holds no secret and decides nothing: guest
 * code may jump anywhere into it, and all that gains is what the filter allows to this page.
 */
#include "skas/stub/stub_abi.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#define NR_rt_sigaction 13
#define NR_clone 56
#define NR_sigaltstack 131
#define NR_prctl 157
#define NR_exit_group 231
#define PR_SET_PDEATHSIG 1
#define SIGKILL 9
#define SA_SIGINFO 4ul
#define SA_RESTORER 0x04000000ul
#define SA_ONSTACK 0x08000000ul
#define SA_RESTART 0x10000000ul

struct stub_sigaction {
	void (*handler)(int, void *, void *);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

struct stub_stack {
	unsigned long sp;
	int flags;
	unsigned long size;
};

/* On top of the machine's filter: guest code traps whatever it calls, this page goes on as before.
 * Offsets of struct seccomp_data: 8 and 12 are the instruction pointer. */
static const struct sock_filter trap_all[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 12),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 4),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 8),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, STUB_BASE + STUB_SYSCALL_LEN, 0, 2),
	BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, STUB_END, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
};
const struct sock_fprog stub_trap_all = {
	sizeof(trap_all) / sizeof(trap_all[0]), (struct sock_filter *)trap_all};

void stub_sigreturn(void);
long stub_order(const struct stub_order *o);
void stub_boot(unsigned long sp);
void stub_thread(void);

static inline long call6(long nr, unsigned long a, unsigned long b, unsigned long c,
	unsigned long d, unsigned long e, unsigned long f)
{
	register unsigned long r10 __asm__("r10") = d;
	register unsigned long r8 __asm__("r8") = e;
	register unsigned long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/* If skiff is gone the hypercall fails, and so must we: PDEATHSIG also covers code that never
 * calls. */
static void die_with_kernel(void)
{
	call6(NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
}

/* The fast path is entered through the GS base, which a child would share with its parent. */
static void own_gs(const struct stub_slot *slot)
{
	if (slot->set_gs)
		__asm__ volatile("wrgsbase %0" : : "r"(slot->gs));
}

/* The slot whose stack we are on. */
static inline struct stub_slot *this_slot(void)
{
	unsigned long sp = (unsigned long)__builtin_frame_address(0);

	return (struct stub_slot *)(sp & ~(STUB_SLOT_SIZE - 1ul));
}

static void serve(unsigned long event, unsigned long uc, unsigned long info)
{
	struct stub_slot *slot = this_slot();
	long res = 0, first = 0, done = 0;

	for (;;) {
		long n = call6(STUB_HYPERCALL, event, uc, info, (unsigned long)res,
			(unsigned long)first, slot->token);

		int final = n > 0 ? (int)n & (STUB_RETURN | STUB_RETURN_KEEP) : 0;

		if (n == 0)
			return;
		if (n < 0)
			call6(NR_exit_group, 70, 0, 0, 0, 0, 0);
		n &= STUB_RETURN - 1;
		for (done = 0; done < n && done < STUB_MAX_ORDERS; done++) {
			const struct stub_order *o = &slot->orders[done];

			res = stub_order(o);
			if (done == 0)
				first = res;
			if (o->nr == NR_clone && res == 0) {
				die_with_kernel();
				own_gs(slot);
			}
			if ((unsigned long)res > -4096ul && !final)
				break;
		}
		if (final) {
			if (final == STUB_RETURN)
				*(long *)(uc + STUB_UC_RAX) = first;
			return;
		}
		event = STUB_DONE;
	}
}

static void handler(int sig, void *info, void *uc)
{
	unsigned long event = sig == 31			? STUB_TRAP
			      : sig == STUB_KICK_SIGNAL ? STUB_KICK
							: STUB_FAULT;

	serve(event, (unsigned long)uc, (unsigned long)info);
}

static void set_altstack(unsigned long slot)
{
	struct stub_stack ss = {.sp = slot, .size = STUB_SLOT_SIZE};

	call6(NR_sigaltstack, (unsigned long)&ss, 0, 0, 0, 0, 0);
}

void stub_boot(unsigned long sp)
{
	static const unsigned char sigs[] = {4, 5, 7, 8, 11, 31, STUB_KICK_SIGNAL};
	struct stub_sigaction sa = {.handler = handler, .restorer = stub_sigreturn, .mask = ~0ul};

	for (unsigned i = 0; i < sizeof(sigs); i++) {
		sa.flags = SA_SIGINFO | SA_RESTORER | SA_ONSTACK;
		if (sigs[i] == STUB_KICK_SIGNAL)
			sa.flags |= SA_RESTART;
		call6(NR_rt_sigaction, sigs[i], (unsigned long)&sa, 0, 8, 0, 0);
	}
	set_altstack(STUB_SLOT0);
	serve(STUB_BOOT, STUB_SLOT0 + STUB_SLOT_FRAME, sp);
}

/* A new thread, on the stack of its slot. Its frame's uc_stack installs the alternate stack. */
void stub_thread(void)
{
	unsigned long slot = (unsigned long)this_slot();

	die_with_kernel();
	own_gs((const struct stub_slot *)slot);
	if (!((const struct stub_slot *)slot)->quiet)
		serve(STUB_START, slot + STUB_SLOT_FRAME, 0);
}
