/*
 * The fast path's code in guest processes, copied to FAST_CODE; position-independent. Entered from
 * a site's piece with the call's registers and the address behind its syscall instruction in %r11.
 * Puts the call into the thread's door and watches for the answer; whenever that does not come at
 * once, the syscall instruction of the site makes an ordinary call of it. Changes what a system
 * call changes (%rax, %rcx, %r11) and touches no stack of the guest.
 *
 * Interrupted anywhere in here, a thread appears at its site: fast_fix_regs() in fastpath.c knows
 * the ranges between the labels.
 */
#include "skas/fast_abi.h"

#define SPINS 400
#define NR_RT_SIGPROCMASK 14

	.section .rodata
	.balign 64
	.globl	fast_code, fast_code_inside, fast_code_masked, fast_code_park
	.globl	fast_code_finish, fast_code_end
fast_code:
	mov	%gs:DOOR_MAGIC, %rcx
	lea	-FAST_MAGIC(%rcx), %rcx
	jrcxz	1f		/* no flag has changed yet */
	lea	-2(%r11), %rcx
	jmp	*%rcx
1:	mov	%rsp, %gs:DOOR_RSP
	mov	%r11, %gs:DOOR_RIP
	mov	%rax, %gs:DOOR_SAVED_NR
	mov	%gs:DOOR_SELF, %rsp

fast_code_inside:		/* %rsp, %r11 and the flags are in the door */
	pushfq
	cmp	$NR_RT_SIGPROCMASK, %rax
	je	mask
call:	mov	%gs:DOOR_CPU, %ecx
	test	%ecx, %ecx
	js	slow		/* nobody polls */
	mov	$CPU_NODE_SELECTOR, %r11d
	lsl	%r11d, %r11d
	cmp	%ecx, %r11d
	je	slow		/* on this very CPU: that cannot be while we watch */
	mov	%rax, %gs:DOOR_NR
	mov	%rdi, %gs:DOOR_ARGS
	mov	%rsi, %gs:DOOR_ARGS + 8
	mov	%rdx, %gs:DOOR_ARGS + 16
	mov	%r10, %gs:DOOR_ARGS + 24
	mov	%r8, %gs:DOOR_ARGS + 32
	mov	%r9, %gs:DOOR_ARGS + 40
	movl	$DOOR_POSTED, %gs:DOOR_STATE
watch:	mov	$SPINS, %ecx
1:	pause
	mov	%gs:DOOR_STATE, %r11d
	cmp	$DOOR_DONE, %r11d
	je	done
	ja	3f
	cmpl	$0, %gs:DOOR_CPU
	js	2f
	dec	%ecx
	jnz	1b
2:	cmp	$DOOR_TAKEN, %r11d
	je	fast_code_park
	mov	$DOOR_POSTED, %eax
	xor	%ecx, %ecx	/* DOOR_IDLE */
	lock cmpxchg %ecx, %gs:DOOR_STATE
	jne	watch		/* taken in this moment */
	jmp	slow
3:	cmp	$DOOR_PARK, %r11d
	je	fast_code_park
	movl	$DOOR_IDLE, %gs:DOOR_STATE
slow:	mov	%gs:DOOR_SAVED_NR, %rax
	mov	%gs:DOOR_RIP, %rcx
	popfq
	mov	%gs:DOOR_RSP, %rsp
	lea	-2(%rcx), %rcx
	jmp	*%rcx
done:	mov	%gs:DOOR_NR, %rax
	jmp	fast_code_finish

/*
 * rt_sigprocmask without a call, if nothing is pending. A bad pointer faults here, and the site's
 * own instruction makes the call (fast_fault).
 */
mask:	cmpl	$0, %gs:DOOR_MASK_OWN
	je	call
	cmp	$8, %r10
	jne	call
	mov	%gs:DOOR_MASK, %r11
	mov	%r11, %rcx
	test	%rsi, %rsi
	jz	3f
	mov	(%rsi), %rcx
	cmp	$1, %edi
	jb	1f		/* SIG_BLOCK */
	je	2f		/* SIG_UNBLOCK */
	cmp	$2, %edi
	je	3f		/* SIG_SETMASK */
	jmp	call
1:	or	%r11, %rcx
	jmp	3f
2:	not	%rcx
	and	%r11, %rcx
3:	btr	$8, %rcx	/* SIGKILL */
	btr	$18, %rcx	/* SIGSTOP */
	test	%rdx, %rdx
	jz	4f
	mov	%r11, (%rdx)
4:	mov	%rcx, %gs:DOOR_MASK

fast_code_masked:		/* it is done */
	xor	%eax, %eax
	lock orl $0, (%rsp)	/* the new mask is seen before we look whether it was asked for */
	cmpl	$0, %gs:DOOR_MASK_OWN
	jne	fast_code_finish
	mov	$FAST_MASKED, %eax
	syscall
	jmp	fast_code_finish

fast_code_park:
	mov	$FAST_PARK, %eax
	syscall

fast_code_finish:		/* the result is in %rax */
	movl	$DOOR_IDLE, %gs:DOOR_STATE
	mov	%gs:DOOR_FLAGS, %r11
	mov	%gs:DOOR_RIP, %rcx
	popfq
	mov	%gs:DOOR_RSP, %rsp
	jmp	*%rcx
fast_code_end:

	.section .note.GNU-stack, "", @progbits
