/*
 * What the stub and skas/ agree on. The stub is one page of text at STUB_BASE in every guest
 * process; each guest thread has a slot: its order block and start frame at the bottom, the
 * alternate signal stack of the stub's handlers above them.
 */
#ifndef SKIFF_SKAS_STUB_ABI_H
#define SKIFF_SKAS_STUB_ABI_H

#define STUB_BASE 0xc0000
#define STUB_END 0xc1000
#define STUB_SLOT0 0xd0000
#define STUB_SLOT_SIZE 0x4000
#define STUB_SLOT_FRAME 0x400	/* struct ucontext of a thread that starts */
#define STUB_SLOT_FPSTATE 0x600 /* its FP state, 64-byte aligned */
#define STUB_MAX_ORDERS 16

/* hypercall(event, uc, info, result, first, token): the answer n < 0 means exit, 0 return to guest
 * code by rt_sigreturn from uc, n > 0 execute the first n orders and report STUB_DONE; with
 * STUB_RETURN or STUB_RETURN_KEEP, execute all n whatever they give and return to guest code; the
 * first's result becomes the guest's rax, unless KEEP. */
#define STUB_RETURN 0x100
#define STUB_RETURN_KEEP 0x200
#define STUB_UC_RAX 144 /* of rax in struct ucontext */
#define STUB_HYPERCALL 0x5c1f
#define STUB_KICK_SIGNAL 64
#define STUB_SYSCALL_LEN 2 /* of a syscall instruction */

#define STUB_BOOT 1  /* fresh image: info = initial stack pointer */
#define STUB_START 2 /* new thread on a new stack */
#define STUB_DONE 3  /* orders executed: results of the last that ran and of the first */
#define STUB_TRAP 4  /* SIGSYS by the filter */
#define STUB_FAULT 5 /* synchronous signal: info = siginfo */
#define STUB_KICK 6

#ifndef __ASSEMBLER__
/* At STUB_BASE: addresses the kernel needs. */
struct stub_header {
	unsigned long empty_string, argv, envp, first_exec;
	unsigned long trap_all;	  /* struct sock_fprog of the filter that traps every call */
	unsigned long local_call; /* syscall; ud2: guest code's local call, with its registers */
};

struct stub_order {
	unsigned long nr, args[6];
};

struct stub_slot {
	struct stub_order orders[STUB_MAX_ORDERS];
	unsigned long token;	  /* identifies a new thread or process in its first hypercall */
	unsigned long set_gs, gs; /* it shall have this GS base, if set_gs */
	unsigned long quiet;	  /* a new thread goes on without a STUB_START */
};
_Static_assert(sizeof(struct stub_slot) < STUB_SLOT_FRAME, "order block fits, and a word stays 0");
#endif

#endif
