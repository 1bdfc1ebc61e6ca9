/* The checker and interpreter of classic BPF: seccomp programs and socket filters. */
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

/* An Ethernet header's end, an IPv4 header of 24 bytes, two bytes behind it. */
static const u8 frame[] = {8, 0, 0x46, 1, 2, 3, [24] = 0xaa, 0xbb, 0xcc, 0xdd};

static u32 filter(const struct sock_filter *p, unsigned len)
{
	const struct bpf_packet packet = {.data = frame + 2,
		.len = sizeof(frame) - 2,
		.head = frame,
		.mac = frame,
		.net = frame + 2,
		.protocol = 0x800,
		.mark = 5};

	ck_assert_int_eq(bpf_check_packet(p, len), 0);
	return bpf_run_packet(p, &packet);
}

#define FILTER(...) \
	({ \
		const struct sock_filter p_[] = {__VA_ARGS__, BPF_STMT(BPF_RET | BPF_A, 0)}; \
		filter(p_, ARRAY_SIZE(p_)); \
	})

START_TEST(packets_are_loaded_in_network_order)
{
	ck_assert_uint_eq(FILTER(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 22)), 0xaabbccdd);
	ck_assert_uint_eq(FILTER(BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 23)), 0xbbcc);
	ck_assert_uint_eq(FILTER(BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 25)), 0xdd);
	ck_assert_uint_eq(FILTER(BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
				  BPF_STMT(BPF_LD | BPF_H | BPF_IND, 0)),
		0xccdd);
	ck_assert_uint_eq(FILTER(BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0)), 26);
	ck_assert_uint_eq(
		FILTER(BPF_STMT(BPF_LD | BPF_IMM, 17), BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 5)), 2);
}
END_TEST

START_TEST(loads_outside_of_the_packet_drop_it)
{
	static const u32 outside[] = {26, 25, 23, 0x7fffffff, (u32)SKF_LL_OFF + 25,
		(u32)SKF_LL_OFF - 1, (u32)SKF_NET_OFF + 23, 0x80000000};

	for (unsigned i = 0; i < ARRAY_SIZE(outside); i++) {
		const struct sock_filter p[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, outside[i]),
			BPF_STMT(BPF_RET | BPF_K, 1)};

		ck_assert_uint_eq(filter(p, 2), 0);
	}
	ck_assert_uint_eq(FILTER(BPF_STMT(BPF_LDX | BPF_IMM, 0xffffffff),
				  BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0)),
		0);
}
END_TEST

START_TEST(headers_and_facts_are_at_negative_offsets)
{
	ck_assert_uint_eq(FILTER(BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (u32)SKF_LL_OFF)), 0x800);
	ck_assert_uint_eq(FILTER(BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (u32)SKF_NET_OFF)), 0x46);
	ck_assert_uint_eq(
		FILTER(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (u32)SKF_AD_OFF + SKF_AD_PROTOCOL)),
		0x800);
	ck_assert_uint_eq(
		FILTER(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (u32)SKF_AD_OFF + SKF_AD_MARK)), 5);
	/* no device: the packet is dropped */
	ck_assert_uint_eq(
		FILTER(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (u32)SKF_AD_OFF + SKF_AD_IFINDEX),
			BPF_STMT(BPF_LD | BPF_IMM, 9)),
		0);
	ck_assert_int_eq(
		bpf_check_packet(
			(const struct sock_filter[]){
				BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (u32)SKF_AD_OFF + 2), RETURN(0)},
			2),
		-EINVAL);
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
	tcase_add_test(tc, packets_are_loaded_in_network_order);
	tcase_add_test(tc, loads_outside_of_the_packet_drop_it);
	tcase_add_test(tc, headers_and_facts_are_at_negative_offsets);
	suite_add_tcase(s, tc);
	return s;
}
