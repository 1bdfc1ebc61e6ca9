/*
 * What the fast path's code in guest processes (fast_code.S) and skas/ agree on. A door is a page
 * shared between one guest thread and skiff, found through the thread's GS base. All of it lies in
 * memory that the guest can write at any time.
 */
#ifndef SKIFF_SKAS_FAST_ABI_H
#define SKIFF_SKAS_FAST_ABI_H

/* Fixed places in a guest process. The table's addresses end in the bytes of a syscall
 * instruction, 0f 05, so that a jump through it can keep those two at its end. */
#define FAST_DOORS 0x050b0000
#define FAST_NR_DOORS 64
#define FAST_CODE 0x050f0000  /* one page: fast_code.S */
#define FAST_SITES 0x050f1000 /* FAST_NR_SITES pieces of FAST_SITE_SIZE */
#define FAST_SITE_SIZE 32
#define FAST_TABLE 0x050f5000 /* a pointer to each piece */
#define FAST_NR_SITES 512
#define FAST_END 0x050f6000

#define DOOR_SIZE 4096
#define DOOR_STATE 0 /* one of the states below */
#define DOOR_CPU 4   /* where skiff polls, as LSL of CPU_NODE_SELECTOR says; < 0: nowhere */
#define DOOR_NR 8    /* of the call; then its result */
#define DOOR_ARGS 16 /* six */
#define DOOR_RSP 64  /* the thread's own */
#define DOOR_RIP 72  /* behind the syscall instruction */
#define DOOR_SAVED_NR 80
#define DOOR_SELF 88	  /* address of the stack's end below, in the guest */
#define DOOR_MASK 96	  /* signals the thread blocks */
#define DOOR_MASK_OWN 104 /* not 0: it may change them by itself */
#define DOOR_FLAGS 1000	  /* what is pushed first */
#define DOOR_STACK 1008
#define DOOR_MAGIC 1016 /* FAST_MAGIC if this is a door */
#define FAST_MAGIC 0x5c1f00d5

/* The guest moves 0 to 1, and 1 back to 0; skiff moves 1 to 2, and 2 to what follows it. */
#define DOOR_IDLE 0
#define DOOR_POSTED 1
#define DOOR_TAKEN 2
#define DOOR_DONE 3    /* the result is there */
#define DOOR_PARK 4    /* make FAST_PARK, which gives the result when there is one */
#define DOOR_REFUSED 5 /* make it an ordinary call */

#define FAST_PARK 0x5c20   /* a system call number */
#define FAST_MASKED 0x5c21 /* the same: it has done so, while skiff wanted to know */
#define CPU_NODE_SELECTOR 0x7b

#ifndef __ASSEMBLER__
struct door {
	unsigned state;
	int cpu;
	unsigned long nr, args[6];
	unsigned long rsp, rip, saved_nr, self, mask;
	unsigned mask_own, unused[223];
	unsigned long flags, stack, magic;
	unsigned long rest[384];
};
_Static_assert(sizeof(struct door) == DOOR_SIZE &&
		       __builtin_offsetof(struct door, rsp) == DOOR_RSP &&
		       __builtin_offsetof(struct door, mask_own) == DOOR_MASK_OWN &&
		       __builtin_offsetof(struct door, flags) == DOOR_FLAGS &&
		       __builtin_offsetof(struct door, magic) == DOOR_MAGIC,
	"layout");
#endif

#endif
