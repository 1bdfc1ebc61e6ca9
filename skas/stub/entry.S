/*
 * Entry points of the stub. Freestanding; runs in guest processes only.
 */
#include "skas/stub/stub_abi.h"

	.section .header, "a"
	/* struct stub_header */
	.quad	stub_empty, stub_argv, stub_envp, stub_first_exec, stub_trap_all, stub_local_call

	.text
	.globl _start
_start:				/* fresh image, on the host's initial stack */
	mov	%rsp, %rdi
	mov	$(STUB_SLOT0 + STUB_SLOT_SIZE), %rsp
	call	stub_boot
	mov	$(STUB_SLOT0 + STUB_SLOT_FRAME), %rsp
	jmp	stub_sigreturn

	.globl stub_sigreturn
stub_sigreturn:			/* %rsp = &ucontext; also the handlers' restorer */
	mov	$15, %eax
	syscall
	ud2

	/* long stub_order(const struct stub_order *o): executes it; a new thread goes to its own start */
	.globl stub_order
stub_order:
	push	%rbx
	mov	%rdi, %rbx
	mov	0(%rbx), %rax
	mov	8(%rbx), %rdi
	mov	16(%rbx), %rsi
	mov	24(%rbx), %rdx
	mov	32(%rbx), %r10
	mov	40(%rbx), %r8
	mov	48(%rbx), %r9
	cmp	$56, %rax	/* clone with a stack of its own */
	jne	1f
	test	%rsi, %rsi
	jz	1f
	syscall
	test	%rax, %rax
	jnz	2f
	xor	%ebp, %ebp
	call	stub_thread
	lea	(STUB_SLOT_FRAME - STUB_SLOT_SIZE)(%rsp), %rsp
	jmp	stub_sigreturn
1:	syscall
2:	pop	%rbx
	ret

	/* execveat(fd, "", stub_argv, stub_envp, AT_EMPTY_PATH), for skiff's own first exec: %edi = fd */
	.globl stub_first_exec
stub_first_exec:
	lea	stub_empty(%rip), %rsi
	lea	stub_argv(%rip), %rdx
	lea	stub_envp(%rip), %r10
	mov	$0x1000, %r8d
	mov	$322, %eax
	syscall
	mov	$231, %eax
	mov	$70, %edi
	syscall
	ud2

	/* Entered by rt_sigreturn with the registers of a guest's call; reports by its fault. */
	.globl stub_local_call
stub_local_call:
	syscall
	ud2

	.section .rodata
	.globl stub_empty, stub_argv, stub_envp
	.align	8
stub_argv:
	.quad	stub_name, 0
stub_envp:
	.quad	0
stub_name:
	.asciz	"skiff-guest"
stub_empty:
	.asciz	""
	.section .note.GNU-stack, "", @progbits
