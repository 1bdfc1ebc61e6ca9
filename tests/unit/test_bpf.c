/* The checker and interpreter of seccomp programs. */
#include "kernel/bpf.h"

#include <check.h>

#define LOAD(off) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, off)
#define RETURN(v) BPF_STMT(BPF_RET | BPF_K, v)

static const struct seccomp_data data = {
	.nr = 7, .arch = 0xc000003e, .args = {1, 2, 0x500000003ull}};

static u32 run(const struct sock_filter *p, unsigned len)
{
	ck_assert_int_eq(bpf_check(p, len), 0);
	return bpf_run(p, &data);
}

START_TEST(arithmetic_and_memory_work)
{
	const struct sock_filter p[] = {
		LOAD(0),
		BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 6), /* 42 */
		BPF_STMT(BPF_ST, 3),
		BPF_STMT(BPF_LDX | BPF_MEM, 3),
		BPF_STMT(BPF_LD | BPF_IMM, 100),
		BPF_STMT(BPF_ALU | BPF_SUB | BPF_X, 0), /* 58 */
		BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 1), /* 116 */
		BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 4), /* 112 */
		BPF_STMT(BPF_ALU | BPF_NEG, 0),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};

	ck_assert_uint_eq(run(p, 10), (u32)-112);
}
END_TEST

START_TEST(jumps_choose_their_branch)
{
	const struct sock_filter p[] = {
		LOAD(32), /* low half of args[2] */
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 3, 0, 1),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 3, 0, 1),
		RETURN(1),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 2, 1, 0),
		RETURN(2),
		RETURN(3),
	};

	ck_assert_uint_eq(run(p, 7), 3);
}
END_TEST

START_TEST(division_by_a_zero_register_returns_zero)
{
	const struct sock_filter p[] = {
		BPF_STMT(BPF_LD | BPF_IMM, 5),
		BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
		RETURN(9),
	};

	ck_assert_uint_eq(run(p, 3), 0);
}
END_TEST

START_TEST(what_depends_on_arguments_is_noticed)
{
	const struct sock_filter by_nr[] = {LOAD(0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 1),
		RETURN(1), LOAD(16), RETURN(2)};
	struct seccomp_data d = data;
	u32 v;

	ck_assert(bpf_run_by_number(by_nr, &d, &v));
	ck_assert_uint_eq(v, 1);
	d.nr = 8;
	ck_assert(!bpf_run_by_number(by_nr, &d, &v));
}
END_TEST

START_TEST(bad_programs_are_refused)
{
	const struct sock_filter bad[][2] = {
		{LOAD(64), RETURN(0)},
		{LOAD(1), RETURN(0)},
		{RETURN(0), LOAD(0)},
		{BPF_STMT(BPF_ST, 16), RETURN(0)},
		{BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RETURN(0)},
		{BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), RETURN(0)},
		{BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), RETURN(0)},
		{BPF_JUMP(BPF_JMP | BPF_JA, 0xffffffff, 0, 0), RETURN(0)},
		{BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), RETURN(0)},
		{BPF_STMT(0xffff, 0), RETURN(0)},
	};

	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(bpf_check(bad[i], 2), -EINVAL);
	ck_assert_int_eq(bpf_check(bad[0], 0), -EINVAL);
}
END_TEST

Suite *suite_bpf(void);
Suite *suite_bpf(void)
{
	Suite *s = suite_create("bpf");
	TCase *tc = tcase_create("bpf");

	tcase_add_test(tc, arithmetic_and_memory_work);
	tcase_add_test(tc, jumps_choose_their_branch);
	tcase_add_test(tc, division_by_a_zero_register_returns_zero);
	tcase_add_test(tc, what_depends_on_arguments_is_noticed);
	tcase_add_test(tc, bad_programs_are_refused);
	suite_add_tcase(s, tc);
	return s;
}
