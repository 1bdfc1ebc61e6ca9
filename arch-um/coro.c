/*
 * Coroutine switch for x86-64. Each coroutine has a stack of its own with an inaccessible guard
 * page below; a switch saves the callee-saved registers of the psABI. Control always alternates
 * between the event loop and one coroutine, so there is one saved loop context.
 */
#include "kernel/os.h"

#include <sys/mman.h>
#include <unistd.h>

#define STACK_SIZE (128 * 1024ul)
#define GUARD_SIZE 4096ul

struct os_coro {
	void *sp;
	char *map;
	void (*fn)(void *);
	void *arg;
	void *asan_frames;
};

static void *loop_sp;
static struct os_coro *running;

/* AddressSanitizer wants to know which stack is in use. */
#ifdef __SANITIZE_ADDRESS__
void __sanitizer_start_switch_fiber(void **save, const void *bottom, size_t size);
void __sanitizer_finish_switch_fiber(void *save, const void **bottom_old, size_t *size_old);

static const void *loop_bottom;
static size_t loop_size;
static void *loop_frames;

static void entered_coro(struct os_coro *co)
{
	__sanitizer_finish_switch_fiber(co->asan_frames, &loop_bottom, &loop_size);
}
#else
#define __sanitizer_start_switch_fiber(save, bottom, size)
#define __sanitizer_finish_switch_fiber(save, bottom_old, size_old)
#define entered_coro(co)
#endif

void coro_switch_stacks(void **save_sp, void *load_sp);
void coro_entry(void);

__asm__(".text\n"
	".globl coro_switch_stacks\n"
	".type coro_switch_stacks, @function\n"
	"coro_switch_stacks:\n"
	"	push %rbp\n"
	"	push %rbx\n"
	"	push %r12\n"
	"	push %r13\n"
	"	push %r14\n"
	"	push %r15\n"
	"	mov %rsp, (%rdi)\n"
	"	mov %rsi, %rsp\n"
	"	pop %r15\n"
	"	pop %r14\n"
	"	pop %r13\n"
	"	pop %r12\n"
	"	pop %rbx\n"
	"	pop %rbp\n"
	"	ret\n"
	".size coro_switch_stacks, .-coro_switch_stacks\n"
	".globl coro_entry\n"
	".type coro_entry, @function\n"
	"coro_entry:\n"
	"	.cfi_startproc\n"
	"	.cfi_undefined rip\n" /* debuggers: the outermost frame */
	"	xor %ebp, %ebp\n"
	"	mov %r12, %rdi\n"
	"	call *%rbx\n"
	"	ud2\n"
	"	.cfi_endproc\n"
	".size coro_entry, .-coro_entry\n");

static void coro_first(void *arg)
{
	struct os_coro *co = arg;

	entered_coro(co);
	co->fn(co->arg);
}

struct os_coro *os_coro_create(void (*fn)(void *), void *arg)
{
	struct os_coro *co = malloc(sizeof(*co));
	void **sp;

	if (!co)
		return NULL;
	co->map = mmap(NULL, STACK_SIZE + GUARD_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (co->map == MAP_FAILED || mprotect(co->map, GUARD_SIZE, PROT_NONE) < 0) {
		if (co->map != MAP_FAILED)
			munmap(co->map, STACK_SIZE + GUARD_SIZE);
		free(co);
		return NULL;
	}
	co->fn = fn;
	co->arg = arg;
	co->asan_frames = NULL;
	sp = (void **)(co->map + GUARD_SIZE + STACK_SIZE);
	sp -= 2; /* keeps the stack 16-byte aligned at coro_entry's call */
	*--sp = (void *)coro_entry;
	*--sp = NULL;		    /* rbp */
	*--sp = (void *)coro_first; /* rbx */
	*--sp = co;		    /* r12 */
	*--sp = NULL;
	*--sp = NULL;
	*--sp = NULL;
	co->sp = sp;
	return co;
}

void os_coro_destroy(struct os_coro *co)
{
	munmap(co->map, STACK_SIZE + GUARD_SIZE);
	free(co);
}

void os_coro_switch(struct os_coro *to)
{
	running = to;
	__sanitizer_start_switch_fiber(&loop_frames, to->map + GUARD_SIZE, STACK_SIZE);
	coro_switch_stacks(&loop_sp, to->sp);
	__sanitizer_finish_switch_fiber(loop_frames, NULL, NULL);
	running = NULL;
}

void os_coro_yield(void)
{
	struct os_coro *co = running;

	__sanitizer_start_switch_fiber(&co->asan_frames, loop_bottom, loop_size);
	coro_switch_stacks(&co->sp, loop_sp);
	entered_coro(co);
}

/* Every function keeps a frame pointer; coro_entry's is zero. */
unsigned os_coro_backtrace(const struct os_coro *co, uintptr_t *pcs, unsigned max)
{
	uintptr_t low = (uintptr_t)co->map + GUARD_SIZE, high = low + STACK_SIZE;
	const uintptr_t *frame = __builtin_frame_address(0);
	unsigned nr = 0;

	if (co != running) { /* the saved registers: rbp, then the return address */
		frame = (const uintptr_t *)co->sp + 5;
	}
	while (nr < max && (uintptr_t)frame >= low && (uintptr_t)frame <= high - 16 &&
		(uintptr_t)frame % 8 == 0) {
		const uintptr_t *next = (const uintptr_t *)frame[0];

		if (!frame[1])
			break;
		pcs[nr++] = frame[1];
		if (next <= frame)
			break;
		frame = next;
	}
	return nr;
}

bool os_coro_self(void)
{
	return running != NULL;
}
