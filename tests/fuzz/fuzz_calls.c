/*
 * libFuzzer target: system calls with any arguments and any memory behind them: vectors, message
 * headers, addresses, events, clone arguments, filters. Each is traced as --trace=syscall would.
 * The input is a list of calls, and of pieces of memory to be written before.
 */
#include "kernel/exit.h"
#include "kernel/net/net.h"
#include "kernel/signal.h"
#include "kernel/trace/trace.h"
#include "tests/fuzz/input.h"
#include "tests/unit/fakehost.h"

#include <stdio.h>
#include <sys/syscall.h>

#define CALLS_MAX 64
#define POKE 0xffe0u /* from here on: not a call */
#define AREA 0x4000u /* pointers lead to the first bytes of the memory */

/* What ends the task or waits for what is not there, and what the fake host has not got. */
static const u16 left_out[] = {SYS_exit, SYS_exit_group, SYS_fork, SYS_vfork, SYS_execve,
	SYS_execveat, SYS_rt_sigreturn, SYS_reboot, SYS_kill, SYS_tkill, SYS_tgkill,
	SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_pidfd_send_signal, SYS_brk, SYS_mmap,
	SYS_set_tid_address};

static u64 nr, args[6];

static bool is_left_out(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(left_out); i++)
		if (left_out[i] == nr)
			return true;
	return false;
}

static u64 argument(struct input *in)
{
	u8 kind = input_u8(in);

	switch (kind & 7) {
	case 0:
	case 1:
		return input_u8(in);
	case 2:
	case 3:
	case 4:
		return FAKE_MEM + input_u16(in) % AREA;
	case 5:
		return (u64)(s64)(signed char)input_u8(in);
	case 6:
		return 1ull << (kind >> 3) | input_u8(in);
	default:
		return input_u64(in);
	}
}

/* Bytes, or the address of another place. */
static void poke(struct input *in, unsigned kind)
{
	unsigned at = input_u16(in) % AREA;
	u64 pointer;

	if (kind & 1) {
		pointer = FAKE_MEM + input_u16(in) % AREA;
		memcpy(fake_mem + at, &pointer, sizeof(pointer));
		return;
	}
	input_bytes(in, fake_mem + at, input_u8(in) % 128);
}

static void call(void *arg)
{
	long ret;

	current->event.nr = nr;
	memcpy(current->event.args, args, sizeof(args));
	calltrace_begin(current);
	ret = syscall_dispatch(nr, args);
	calltrace_end(current, ret, 0);
}

static void make_call(struct task *t)
{
	if (nr >= NR_SYSCALLS || !syscall_table[nr].fn || is_left_out())
		return;
	if (!fake_run(t, call, NULL)) { /* it waits: nobody else will end that */
		t->sigpending_flag = true;
		sched_interrupt(t, true);
		fake_run_all();
		if (t->coro)
			fake_advance(3600 * NSEC_PER_SEC);
		if (t->coro) {
			fprintf(stderr, "%s does not end\n", syscall_table[nr].name);
			abort();
		}
	}
	t->sigpending_flag = false;
	current = t;
}

/* The process ends as any, and its parent, pid 1, wants no notice. */
static void end_task(void *arg)
{
	group_exit(current->tg, 0);
	task_exit(current);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = {data, size};
	struct task *init = fake_task_create(), *t = fake_task_create_peer(init);

	if (net_init() < 0)
		abort();
	init_tg = init->tg;
	init->sighand->action[SIGCHLD - 1].handler = (uaddr_t)(uintptr_t)SIG_IGN;
	t->mm = mm_create();
	current = t;
	memset(fake_mem, 0, AREA + 256);
	t->tg->rlim[RLIMIT_NOFILE].rlim_cur = 24;
	for (int i = 0; i < CALLS_MAX && in.left; i++) {
		unsigned op = input_u16(&in);

		if (op >= POKE) {
			poke(&in, op);
			continue;
		}
		nr = op % NR_SYSCALLS;
		for (int k = 0; k < 6; k++)
			args[k] = argument(&in);
		make_call(t);
	}
	fake_run(t, end_task, NULL);
	fake_task_destroy(init);
	net_fini();
	fake_fini();
	return 0;
}
