/* Explicit congestion notification on a scripted wire: RFC 3168. */
#include "tests/unit/tcpwire.h"

#include <check.h>

static struct sock *l, *sk;

/* A connection both ends of which take part, asked for by the peer. */
static void setup(void)
{
	wire_setup();
	l = wire_listen(2);
	wire_in("SEW 0 mss 1000 sackok");
	wire_out("S.E 0 ack 1 ecn 0");
	wire_in(". 1 ack 1");
	sk = wire_accept(l);
	ck_assert_ptr_nonnull(sk);
	ck_assert(tcp_sk(sk)->ecn.ok);
	wire_quiet();
}

static void teardown(void)
{
	struct tcp_sock *tp = tcp_sk(sk);

	wire_flush();
	wire_in("R. %u ack %u", tp->rcv_nxt - wire_irs, tp->snd_nxt - wire_iss);
	wire_close(sk);
	wire_close(l);
	wire_teardown();
}

/* ---- agreeing ---- */

START_TEST(only_a_syn_of_both_flags_is_answered)
{
	static const char *const syn[] = {"S 0", "SE 0", "SW 0", "SEW 0 ecn 2"};

	l = wire_listen(8);
	for (u16 i = 0; i < ARRAY_SIZE(syn); i++) {
		wire_rport = 3000 + i;
		wire_iss = 0;
		wire_in("%s", syn[i]);
		wire_out("S. 0 ack 1");
	}
	net_ctl.tcp_ecn = 0;
	wire_rport = 4000;
	wire_iss = 0;
	wire_in("SEW 0");
	wire_out("S. 0 ack 1");
	net_ctl.tcp_ecn = 2;
	wire_close(l);
	wire_teardown();
}
END_TEST

START_TEST(our_syn_asks_once_if_told_to)
{
	net_ctl.tcp_ecn = 1;
	sk = wire_connect();
	wire_out("SEW 0 ecn 0");
	fake_advance(NSEC_PER_SEC);
	wire_out("S 0 ecn 0");
	wire_in("S.E 0 ack 1 mss 1000");
	ck_assert(!tcp_sk(sk)->ecn.ok);
	wire_close(sk);
	wire_flush();
	wire_in("R. 1 ack 2");
	wire_rport++;
	sk = wire_connect();
	wire_out("SEW 0 ecn 0");
	if (_i) { /* a host that only reflects what it got does not take part */
		wire_in("S.EW 0 ack 1 mss 1000");
		ck_assert(!tcp_sk(sk)->ecn.ok);
	} else {
		wire_in("S.E 0 ack 1 mss 1000");
		ck_assert(tcp_sk(sk)->ecn.ok);
	}
	wire_out(". 1 ack 1 ecn 0");
	wire_send(sk, 10, 0);
	wire_out("P. 1:10 ecn %d", _i ? 0 : 2);
	net_ctl.tcp_ecn = 2;
	wire_in("R. 1 ack 11");
	wire_close(sk);
	wire_teardown();
}
END_TEST

START_TEST(simultaneous_open_agrees_too)
{
	net_ctl.tcp_ecn = 1;
	sk = wire_connect();
	wire_out("SEW 0");
	wire_in("SEW 0 mss 1000");
	wire_out("S.E 0 ack 1");
	wire_in("S.E 0 ack 1 mss 1000");
	ck_assert(tcp_sk(sk)->ecn.ok);
	net_ctl.tcp_ecn = 2;
	wire_flush();
	wire_in("R. 1 ack 1");
	wire_close(sk);
	wire_teardown();
}
END_TEST

START_TEST(a_cookie_remembers_the_agreement)
{
	net_ctl.tcp_syncookies = 2;
	wire_ts = true;
	l = wire_listen(2);
	for (int agreed = 0; agreed < 2; agreed++) {
		wire_rport = (u16)(3000 + agreed);
		wire_iss = 0;
		wire_in("%s 0 mss 1000 sackok wscale 7", agreed ? "SEW" : "S");
		wire_out("%s 0 ack 1", agreed ? "S.E" : "S.");
		wire_in(". 1 ack 1");
		sk = wire_accept(l);
		ck_assert_ptr_nonnull(sk);
		ck_assert_int_eq(tcp_sk(sk)->ecn.ok, agreed);
		wire_flush();
		wire_in("R. 1 ack 1");
		wire_close(sk);
	}
	net_ctl.tcp_syncookies = 1;
	wire_ts = false;
	wire_close(l);
	wire_teardown();
}
END_TEST

/* ---- taking part ---- */

START_TEST(new_data_are_marked_and_nothing_else)
{
	wire_in("P. 1:5 ack 1");
	fake_advance(NSEC_PER_SEC);
	wire_out(". 1 ack 6 ecn 0");
	wire_send(sk, 100, 0);
	wire_out("P. 1:100 ecn 2");
	fake_advance(3 * NSEC_PER_SEC);
	wire_out("P. 1:100 ecn 0");
}
END_TEST

START_TEST(a_mark_is_echoed_until_the_peer_has_slowed_down)
{
	struct tcp_info ti;

	wire_in("P. 1:100 ack 1 ecn 2");
	wire_out(". 1 ack 101");
	wire_in("P. 101:100 ack 1 ecn 3");
	wire_out(".E 1 ack 201");
	wire_in("P. 201:1000 ack 1 ecn 2");
	wire_out(".E 1 ack 1201");
	wire_in("P. 1201:1000 ack 1 ecn 2");
	wire_out(".E 1 ack 2201");
	wire_send(sk, 10, 0);
	wire_out("P.E 1:10 ack 2201");
	wire_in("PW. 2201:100 ack 11 ecn 2");
	wire_out(". 11 ack 2301");
	wire_in("PW. 2301:100 ack 11 ecn 3"); /* slowed down, and met the next mark */
	wire_out(".E 11 ack 2401");
	tcp_get_info(tcp_sk(sk), &ti);
	ck_assert((ti.tcpi_options & TCPI_OPT_ECN) && (ti.tcpi_options & TCPI_OPT_ECN_SEEN));
}
END_TEST

START_TEST(an_echo_slows_down_once_per_window)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 before = tp->cong.cwnd, after;

	wire_send(sk, 8000, 0);
	wire_out("P. 1:8000 ecn 2");
	wire_in(".E 1 ack 1001");
	after = tp->cong.cwnd;
	ck_assert_uint_lt(after, before);
	ck_assert_uint_ge(after, before / 2);
	wire_in(".E 1 ack 2001");
	wire_in(".E 1 ack 4001");
	ck_assert_uint_ge(tp->cong.cwnd, after);
	wire_send(sk, 1000, 0);
	wire_out("PW. 8001:1000 ecn 2");
	wire_in(". 1 ack 9001");
	ck_assert_uint_eq(tp->nr_retrans_total, 0);
	wire_send(sk, 1000, 0);
	wire_out("P. 9001:1000");
	before = tp->cong.cwnd;
	wire_in(".E 1 ack 9501");
	ck_assert_uint_lt(tp->cong.cwnd, before);
}
END_TEST

START_TEST(a_loss_tells_the_peer_too)
{
	wire_send(sk, 6000, 0);
	wire_out("P. 1:6000 ecn 2");
	wire_in(". 1 ack 1 sack 1001-5001");
	fake_advance(NSEC_PER_SEC);
	wire_flush();
	wire_in(". 1 ack 6001");
	wire_send(sk, 100, 0);
	wire_out("PW. 6001:100 ecn 2");
}
END_TEST

START_TEST(who_takes_no_part_is_not_slowed_down)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 before = tp->cong.cwnd;

	tp->ecn.ok = false;
	wire_send(sk, 3000, 0);
	wire_out("P. 1:3000 ecn 0");
	wire_in(".E 1 ack 1001 ecn 3");
	ck_assert_uint_ge(tp->cong.cwnd, before);
	wire_in("P. 1:10 ack 3001 ecn 3");
	fake_advance(NSEC_PER_SEC);
	wire_out(". 3001 ack 11");
}
END_TEST

START_TEST(the_marks_are_not_the_users)
{
	wire_setopt(sk, SOL_IP, IP_TOS, 0xff);
	ck_assert_uint_eq(tcp_sk(sk)->inet.tos, 0xfc);
	wire_send(sk, 10, 0);
	wire_out("P. 1:10 ecn 2");
}
END_TEST

Suite *suite_tcp_ecn(void)
{
	Suite *s = suite_create("tcp_ecn");
	TCase *c = tcase_create("agreeing");

	tcase_add_checked_fixture(c, wire_setup, NULL);
	tcase_add_test(c, only_a_syn_of_both_flags_is_answered);
	tcase_add_loop_test(c, our_syn_asks_once_if_told_to, 0, 2);
	tcase_add_test(c, simultaneous_open_agrees_too);
	tcase_add_test(c, a_cookie_remembers_the_agreement);
	suite_add_tcase(s, c);
	c = tcase_create("taking_part");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, new_data_are_marked_and_nothing_else);
	tcase_add_test(c, a_mark_is_echoed_until_the_peer_has_slowed_down);
	tcase_add_test(c, an_echo_slows_down_once_per_window);
	tcase_add_test(c, a_loss_tells_the_peer_too);
	tcase_add_test(c, who_takes_no_part_is_not_slowed_down);
	tcase_add_test(c, the_marks_are_not_the_users);
	suite_add_tcase(s, c);
	return s;
}
