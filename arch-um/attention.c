/*
 * Interruptible blocking without a race and without a second system call. Signals stay unblocked;
 * their handlers note the signal in a flag. The blocking call checks the flag right before its
 * syscall instruction, and a handler that finds the thread between that check and the call's
 * completion (including a call the host is about to restart) moves it to the abort label: a signal
 * can neither slip in between nor cancel a call that has completed.
 */
#include "arch-um/attention.h"

#include "kernel/os.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static u64 pending;
static pid_t loop_tid;
static timer_t timer;
static u64 armed_ns = UINT64_MAX;

volatile int attention_wanted __attribute__((visibility("hidden")));
long attention_call(long nr, long a, long b, long c, long d);
extern const char attention_begin[], attention_insn[], attention_abort[];

__asm__(".text\n"
	".globl attention_call, attention_begin, attention_insn, attention_abort\n"
	".type attention_call, @function\n"
	"attention_call:\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %rdi\n"
	"	mov %rdx, %rsi\n"
	"	mov %rcx, %rdx\n"
	"	mov %r8, %r10\n"
	"attention_begin:\n"
	"	cmpl $0, attention_wanted(%rip)\n"
	"	jne attention_abort\n"
	"attention_insn:\n"
	"	syscall\n"
	"	ret\n"
	"attention_abort:\n"
	"	mov $-4, %rax\n"
	"	ret\n"
	".size attention_call, .-attention_call\n");

static void note(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	greg_t *rip = &uc->uc_mcontext.gregs[REG_RIP];

	__atomic_fetch_or(&pending, 1ull << (sig - 1), __ATOMIC_RELAXED);
	attention_wanted = 1;
	if (*rip >= (greg_t)attention_begin && *rip <= (greg_t)attention_insn)
		*rip = (greg_t)attention_abort;
}

int attention_init(u64 set)
{
	struct sigaction sa = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESTART};
	struct sigevent ev = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};

	sigfillset(&sa.sa_mask);
	set |= ATTENTION_TIMER | ATTENTION_WATCH;
	for (int sig = 1; sig < 32; sig++)
		if ((set >> (sig - 1) & 1) && sigaction(sig, &sa, NULL) < 0)
			return -errno;
	loop_tid = (pid_t)syscall(SYS_gettid);
	ev._sigev_un._tid = loop_tid;
	return timer_create(CLOCK_MONOTONIC, &ev, &timer) < 0 ? -errno : 0;
}

u64 attention_take(void)
{
	u64 bits;

	if (!attention_wanted)
		return 0;
	attention_wanted = 0;
	bits = __atomic_exchange_n(&pending, 0, __ATOMIC_RELAXED);
	if (bits & ATTENTION_TIMER)
		armed_ns = UINT64_MAX;
	return bits;
}

void attention_timer(u64 deadline_ns)
{
	struct itimerspec its = {.it_value = {(time_t)(deadline_ns / NSEC_PER_SEC),
					 (long)(deadline_ns % NSEC_PER_SEC)}};

	if (deadline_ns >= armed_ns)
		return;
	armed_ns = deadline_ns;
	if (!deadline_ns)
		its.it_value.tv_nsec = 1; /* zero would disarm it */
	timer_settime(timer, TIMER_ABSTIME, &its, NULL);
}

void attention_raise_watch(void)
{
	syscall(SYS_tgkill, getpid(), loop_tid, SIGURG);
}

void attention_wait(void)
{
	attention_call(SYS_pause, 0, 0, 0, 0);
}

bool os_attention(void)
{
	return attention_wanted;
}

long os_wait_ioctl(int hfd, unsigned long request, void *arg)
{
	return attention_call(SYS_ioctl, hfd, (long)request, (long)arg, 0);
}

long os_wait_child(int *status, struct rusage *ru)
{
	return attention_call(SYS_wait4, -1, (long)status, __WALL, (long)ru);
}
