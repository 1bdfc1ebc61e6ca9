/* run: fast-path */
/* link: pthread */
/* Calls made again and again from one place behave like the first: registers, flags and the red
 * zone survive, signals find the thread at its own code, and children and threads begin the same.
 */
#include "../test.h"
#include <pthread.h>
#include <sys/time.h>
#include <ucontext.h>

struct regs {
	unsigned long rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15,
		flags;
};

/* getppid with every register loaded from r and stored back, and 128 bytes below rsp in use. */
unsigned long red_zone_sum(struct regs *r);
__asm__(".text\n"
	".type red_zone_sum, @function\n"
	"red_zone_sum:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	mov %rdi, saved(%rip)\n"
	"	lea -128(%rsp), %rcx\n"
	"	mov $16, %eax\n"
	"1:	mov %rax, -8(%rcx,%rax,8)\n"
	"	dec %eax\n"
	"	jnz 1b\n"
	"	movq 120(%rdi), %rax\n" /* flags: through another stack, not the red zone */
	"	mov %rsp, saved_rsp(%rip)\n"
	"	lea flag_stack(%rip), %rsp\n"
	"	push %rax\n"
	"	mov 8(%rdi), %rbx; mov 24(%rdi), %rdx; mov 32(%rdi), %rsi; mov 48(%rdi), %rbp\n"
	"	mov 56(%rdi), %r8; mov 64(%rdi), %r9; mov 72(%rdi), %r10; mov 88(%rdi), %r12\n"
	"	mov 96(%rdi), %r13; mov 104(%rdi), %r14; mov 112(%rdi), %r15; mov 40(%rdi), %rdi\n"
	"	popf\n"
	"	mov saved_rsp(%rip), %rsp\n"
	"	mov $110, %eax\n"
	"	syscall\n"
	".globl red_zone_site\n"
	"red_zone_site:\n"
	"	mov %rsp, saved_rsp(%rip)\n"
	"	lea flag_stack(%rip), %rsp\n"
	"	pushf\n"
	"	push %rdi\n"
	"	mov saved(%rip), %rdi\n"
	"	mov %rax, 0(%rdi); mov %rbx, 8(%rdi); mov %rcx, 16(%rdi); mov %rdx, 24(%rdi)\n"
	"	mov %rsi, 32(%rdi); mov %rbp, 48(%rdi); mov %r8, 56(%rdi); mov %r9, 64(%rdi)\n"
	"	mov %r10, 72(%rdi); mov %r11, 80(%rdi); mov %r12, 88(%rdi); mov %r13, 96(%rdi)\n"
	"	mov %r14, 104(%rdi); mov %r15, 112(%rdi)\n"
	"	pop %rax\n"
	"	mov %rax, 40(%rdi)\n"
	"	pop %rax\n"
	"	mov %rax, 120(%rdi)\n"
	"	mov saved_rsp(%rip), %rsp\n"
	"	lea -128(%rsp), %rcx\n"
	"	xor %eax, %eax\n"
	"	mov $16, %edx\n"
	"2:	add -8(%rcx,%rdx,8), %rax\n"
	"	dec %edx\n"
	"	jnz 2b\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n"
	".data\n"
	".balign 16\n"
	"saved:	.quad 0\n"
	"saved_rsp: .quad 0\n"
	".space 64\n"
	"flag_stack: .quad 0\n"
	".text\n");
extern const char red_zone_site[];

#define CARRY_ZERO_SIGN_OVERFLOW 0x8c1ul

static void registers_survive(int turns)
{
	pid_t parent = getppid();

	for (int i = 0; i < turns; i++) {
		struct regs r, was;
		unsigned long flags = 0x202 | (i & 1 ? CARRY_ZERO_SIGN_OVERFLOW : 0);

		for (size_t k = 0; k < sizeof(r) / 8; k++)
			((unsigned long *)&r)[k] = k * 0x0101010101010101 + (unsigned long)i;
		r.flags = flags;
		was = r;
		CHECK_EQ(red_zone_sum(&r), 136);
		CHECK_EQ(r.rax, parent);
		CHECK_EQ(r.rcx, (unsigned long)red_zone_site);
		CHECK_EQ(r.r11 & CARRY_ZERO_SIGN_OVERFLOW, flags & CARRY_ZERO_SIGN_OVERFLOW);
		CHECK_EQ(r.flags & CARRY_ZERO_SIGN_OVERFLOW, flags & CARRY_ZERO_SIGN_OVERFLOW);
		CHECK(r.rbx == was.rbx && r.rdx == was.rdx && r.rsi == was.rsi && r.rdi == was.rdi);
		CHECK(r.rbp == was.rbp && r.r8 == was.r8 && r.r9 == was.r9 && r.r10 == was.r10);
		CHECK(r.r12 == was.r12 && r.r13 == was.r13 && r.r14 == was.r14 && r.r15 == was.r15);
	}
}

static volatile int nr_signals, strange_ip;

static void on_alarm(int sig, siginfo_t *info, void *context)
{
	greg_t ip = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

	nr_signals++;
	if (ip >= 0x05000000 && ip < 0x05100000)
		strange_ip++;
	syscall(SYS_getppid);
}

static void signals_in_between(void)
{
	struct sigaction sa = {
		.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
	static char stack[65536];
	stack_t ss = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct itimerval every = {{0, 300}, {0, 300}}, none = {0};
	pid_t parent = getppid();
	int pipes[2];
	char c = 0;

	SYS(pipe(pipes));
	SYS(sigaltstack(&ss, NULL));
	SYS(sigaction(SIGALRM, &sa, NULL));
	SYS(setitimer(ITIMER_REAL, &every, NULL));
	for (int i = 0; i < 4000; i++) {
		CHECK_EQ(syscall(SYS_getppid), parent);
		if (i % 8)
			continue;
		CHECK_EQ(write(pipes[1], &c, 1), 1);
		CHECK_EQ(read(pipes[0], &c, 1), 1);
	}
	registers_survive(1500);
	while (nr_signals < 10)
		registers_survive(100);
	SYS(setitimer(ITIMER_REAL, &none, NULL));
	alarm(TEST_WATCHDOG_S);
	CHECK_EQ(strange_ip, 0);
}

/* Without SA_RESTART a blocking read from a hot site ends with EINTR, with it it goes on. */
static void interrupted_reads(void)
{
	struct itimerval once = {{0, 0}, {0, 2000}};
	int pipes[2];
	char c = 0;

	SYS(pipe(pipes));
	for (int i = 0; i < 400; i++) {
		CHECK_EQ(write(pipes[1], &c, 1), 1);
		CHECK_EQ(read(pipes[0], &c, 1), 1);
	}
	for (int i = 0; i < 20; i++) {
		struct sigaction sa = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO};

		SYS(sigaction(SIGALRM, &sa, NULL));
		SYS(setitimer(ITIMER_REAL, &once, NULL));
		CHECK_ERR(read(pipes[0], &c, 1), EINTR);
	}
	for (int i = 0; i < 5; i++) {
		struct sigaction sa = {
			.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO | SA_RESTART};
		int before = nr_signals;
		pid_t pid = getpid(), child;

		SYS(sigaction(SIGALRM, &sa, NULL));
		child = test_fork();
		if (child == 0) {
			SYS(kill(pid, SIGALRM));
			_exit(write(pipes[1], "x", 1) == 1 ? 0 : 1);
		}
		CHECK_EQ(read(pipes[0], &c, 1), 1);
		CHECK_EXIT(child, 0);
		CHECK_EQ(nr_signals, before + 1);
	}
	CHECK_EQ(strange_ip, 0);
}

static void *thread_main(void *arg)
{
	pid_t tid = (pid_t)syscall(SYS_gettid), pid = getpid();

	for (int i = 0; i < 600; i++) {
		CHECK_EQ(syscall(SYS_gettid), tid);
		CHECK_EQ(syscall(SYS_getpid), pid);
	}
	return arg;
}

static void threads(void)
{
	pthread_t t[4];

	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < 4; i++)
			CHECK_EQ(pthread_create(&t[i], NULL, thread_main, NULL), 0);
		for (int i = 0; i < 4; i++)
			CHECK_EQ(pthread_join(t[i], NULL), 0);
	}
}

static void children(void)
{
	for (volatile int i = 0; i < 15; i++) {
		pid_t pid = i & 1 ? vfork() : test_fork();

		CHECK(pid >= 0);
		if (pid == 0) {
			pid_t me = getpid();

			for (int k = 0; k < (i % 3) * 300; k++)
				if (syscall(SYS_getpid) != me)
					_exit(1);
			_exit(me == getppid());
		}
		for (int k = 0; k < 50; k++)
			CHECK(syscall(SYS_getpid) != pid);
		CHECK_EXIT(pid, 0);
	}
}

int main(void)
{
	registers_survive(1500);
	signals_in_between();
	interrupted_reads();
	threads();
	children();
	registers_survive(500);
	return 0;
}
