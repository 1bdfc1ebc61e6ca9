/*
 * The fake host the unit tests run kernel/ and fs/ on: a clock moved by hand, memory files, no
 * other host files, coroutines by ucontext, and one guest process whose memory is a buffer.
 */
#ifndef SKIFF_TESTS_FAKEHOST_H
#define SKIFF_TESTS_FAKEHOST_H

#include "fs/vfs.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

/* Guest memory: FAKE_MEM_SIZE bytes at FAKE_MEM; everything else faults. */
#define FAKE_MEM 0x10000000ull
#define FAKE_MEM_SIZE (1ul << 20)
extern char fake_mem[FAKE_MEM_SIZE];

extern u64 fake_clock_ns; /* OS_CLOCK_MONOTONIC; REALTIME is FAKE_EPOCH later */
#define FAKE_EPOCH_NS 1000000000000000000ull
extern unsigned fake_log_lines; /* os_log calls so far */
void fake_advance(
	u64 ns); /* moves the clock and runs the timers that are due, and what they wake */

/* A task with root's credentials, default limits, descriptors, and a tmpfs as its root. Becomes
 * current, for tests that call the kernel directly (nothing there may sleep). */
struct task *fake_task_create(void);
/* A second one sharing nothing but the root directory, e.g. to block and be woken. */
struct task *fake_task_create_peer(struct task *t);
void fake_task_destroy(struct task *t); /* closes its files */
void fake_fini(void);			/* after the last task: unmounts the root, frees all */

/* Runs fn(arg) as a system call of t on a coroutine until it ends or sleeps; true if it ended.
 * fake_run_all lets everything that is runnable go on. current is restored afterwards. */
bool fake_run(struct task *t, void (*fn)(void *), void *arg);
void fake_run_all(void);

/* A system call as current, on the caller's stack: CALL(openat, AT_FDCWD, fake_str("x"), 0).
 * Include <sys/syscall.h> for the numbers. */
#define CALL(name, ...) syscall_dispatch(SYS_##name, (const u64[6]){__VA_ARGS__})

/* A string copied into guest memory; a ring of 16 slots of 4 KiB at the end of it. */
u64 fake_str(const char *s);
/* Space for n bytes at a fixed place per slot (0..15) in guest memory, and the pointer to it. */
#define FAKE_BUF(slot) (FAKE_MEM + (slot)*0x8000ull)
#define FAKE_PTR(slot) ((void *)(fake_mem + (slot)*0x8000ul))

extern unsigned fake_signals[65]; /* guest_kick and kill are not modelled; this counts kicks */

#endif
