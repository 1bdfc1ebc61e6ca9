/* Handlers that use x87, SSE and (where present) AVX leave the interrupted registers unharmed,
 * for signals to self and from a timer in a computing loop; MXCSR too. */
#include "../test.h"

static volatile sig_atomic_t ticks;

static void clobber(int sig)
{
	float f = 0;

	(void)sig;
	__asm__ volatile(
		"pcmpeqd %%xmm0, %%xmm0\n\tpcmpeqd %%xmm7, %%xmm7\n\tpcmpeqd %%xmm15, %%xmm15\n\t"
		"fninit\n\tfldpi\n\tfldpi\n\tfstp %%st(0)\n\tfninit"
		:
		: "m"(f)
		: "xmm0", "xmm7", "xmm15");
	if (__builtin_cpu_supports("avx"))
		__asm__ volatile(
			"vxorps %%ymm0, %%ymm0, %%ymm0\n\tvxorps %%ymm7, %%ymm7, %%ymm7\n\t"
			"vxorps %%ymm15, %%ymm15, %%ymm15"
			:
			:
			: "xmm0", "xmm7", "xmm15");
	ticks++;
}

static void sse(void)
{
	uint64_t in[2] = {0x1122334455667788, 0x99aabbccddeeff00}, out[2][2];
	uint32_t csr = 0x5f80, csr_out, csr_default;
	long double x = 1.25L, y;
	long ret;

	__asm__ volatile("stmxcsr %0" : "=m"(csr_default));
	__asm__ volatile(
		"fldt %[x]\n\tldmxcsr %[csr]\n\t"
		"movdqu %[in], %%xmm0\n\tmovdqu %[in], %%xmm15\n\t"
		"sub $128, %%rsp\n\tsyscall\n\tadd $128, %%rsp\n\t"
		"movdqu %%xmm0, %[o0]\n\tmovdqu %%xmm15, %[o1]\n\t"
		"stmxcsr %[cout]\n\tfstpt %[y]\n\t"
		: [o0] "=m"(out[0]), [o1] "=m"(out[1]), [cout] "=m"(csr_out), [y] "=m"(y), "=a"(ret)
		: [in] "m"(in), [csr] "m"(csr), [x] "m"(x), "a"(SYS_kill), "D"(getpid()),
		"S"(SIGUSR1)
		: "rcx", "r11", "xmm0", "xmm15", "memory");
	__asm__ volatile("ldmxcsr %0" : : "m"(csr_default));
	CHECK_EQ(ret, 0);
	for (int i = 0; i < 2; i++)
		CHECK(memcmp(out[i], in, 16) == 0);
	CHECK_EQ(csr_out, csr);
	CHECK(y == 1.25L);
}

static void avx(void)
{
	uint64_t in[4] = {1, 2, 3, 0xdeadbeef12345678}, out[4];
	long ret;

	if (!__builtin_cpu_supports("avx"))
		return;
	__asm__ volatile(
		"vmovdqu %[in], %%ymm7\n\tsub $128, %%rsp\n\tsyscall\n\tadd $128, %%rsp\n\t"
		"vmovdqu %%ymm7, %[out]\n\tvzeroupper\n\t"
		: [out] "=m"(out), "=a"(ret)
		: [in] "m"(in), "a"(SYS_kill), "D"(getpid()), "S"(SIGUSR1)
		: "rcx", "r11", "xmm7", "memory");
	CHECK(memcmp(in, out, sizeof in) == 0);
}

static void compute(void)
{
	struct itimerval it = {{0, 1000}, {0, 1000}};
	volatile double sum = 0, again = 0;

	for (int i = 1; i < 200000; i++)
		sum += 1.0 / i;
	on_signal(SIGALRM, clobber, 0);
	SYS(setitimer(ITIMER_REAL, &it, NULL));
	ticks = 0;
	while (ticks < 50) {
		again = 0;
		for (int i = 1; i < 200000; i++)
			again += 1.0 / i;
		CHECK(again == sum);
	}
}

int main(void)
{
	on_signal(SIGUSR1, clobber, 0);
	for (int i = 0; i < 100; i++) {
		sse();
		avx();
	}
	CHECK_EQ(ticks, __builtin_cpu_supports("avx") ? 200 : 100);
	compute();
	return 0;
}
