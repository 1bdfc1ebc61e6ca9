/* kernel/net/ipaddr.c, checksum.c: text, prefixes, sums. */
#include "kernel/net/checksum.h"

#include <check.h>

static void check_text(const char *in, const char *out)
{
	char buf[IP_ADDR_STR];
	struct ip_addr a;

	ck_assert_int_eq(ip_addr_parse(in, &a), 0);
	ck_assert_str_eq(ip_addr_format(&a, buf), out);
}

START_TEST(text_is_that_of_rfc_5952)
{
	check_text("10.0.0.255", "10.0.0.255");
	check_text("0.0.0.0", "0.0.0.0");
	check_text("::", "::");
	check_text("::1", "::1");
	check_text("1::", "1::");
	check_text("FE80:0:0:0:1:0:0:1", "fe80::1:0:0:1");
	check_text("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
	check_text("2001:0:0:1:0:0:0:1", "2001:0:0:1::1");
	check_text("::ffff:1.2.3.4", "1.2.3.4");
	check_text("64:ff9b::1.2.3.4", "64:ff9b::102:304");
}
END_TEST

START_TEST(nonsense_is_no_address)
{
	static const char *const bad[] = {"", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1..2.3", ":",
		":::", "1:2", "1::2::3", "12345::", "::1.2.3", "1:2:3:4:5:6:7:8:9",
		"g::", "1:2:3:4:5:6:7:", ":1::", "1.2.3.4 "};
	struct ip_addr a;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(ip_addr_parse(bad[i], &a) == -EINVAL, "%s", bad[i]);
}
END_TEST

START_TEST(prefixes_match_bit_by_bit)
{
	struct ip_addr a, net, m;
	unsigned len;

	ck_assert_int_eq(ip_addr_parse_prefix("10.1.128.0/17", &net, &len), 0);
	ck_assert_uint_eq(len, 17);
	ip_addr_parse("10.1.200.7", &a);
	ck_assert(ip_addr_match(&a, &net, 17));
	ck_assert(!ip_addr_match(&a, &net, 18));
	m = ip_addr_mask(&a, 17);
	ck_assert(ip_addr_eq(&m, &net));
	ip_addr_parse("fd00:1:2::", &net);
	ip_addr_parse("fd00:1:3::1", &a);
	ck_assert(ip_addr_match(&a, &net, 47));
	ck_assert(!ip_addr_match(&a, &net, 48));
	ck_assert_uint_eq(ip_addr_common_prefix(&a, &net), 47);
	ck_assert_int_eq(ip_addr_parse_prefix("10.0.0.1/33", &a, &len), -EINVAL);
	ck_assert_int_eq(ip_addr_parse_prefix("10.0.0.1/", &a, &len), -EINVAL);
}
END_TEST

START_TEST(sums_agree_with_the_plain_definition)
{
	u8 buf[257];

	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (u8)(i * 37 + 11);
	for (size_t len = 0; len <= sizeof(buf); len++) {
		u64 sum = 0x1234;

		for (size_t i = 0; i < len; i++)
			sum += i & 1 ? (u64)buf[i] << 8 : buf[i];
		while (sum >> 16)
			sum = (sum & 0xffff) + (sum >> 16);
		ck_assert_uint_eq(csum_fold_raw(csum_add_bytes(0x1234, buf, len)), (u16)sum);
	}
}
END_TEST

Suite *suite_ipaddr(void)
{
	Suite *s = suite_create("ipaddr");
	TCase *tc = tcase_create("ipaddr");

	tcase_add_test(tc, text_is_that_of_rfc_5952);
	tcase_add_test(tc, nonsense_is_no_address);
	tcase_add_test(tc, prefixes_match_bit_by_bit);
	tcase_add_test(tc, sums_agree_with_the_plain_definition);
	suite_add_tcase(s, tc);
	return s;
}
