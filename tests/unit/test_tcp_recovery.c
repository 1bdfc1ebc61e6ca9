/* Loss on a scripted wire: timeouts, fast retransmission with and without SACK, RACK, tail loss
 * probes, undo; zero windows and shrinking ones. */
#include "tests/unit/tcpwire.h"

#include <check.h>

static struct sock *sk;

static void setup(void)
{
	wire_setup();
	wire_irs = 0xfffffe00; /* sequence numbers wrap around in every test */
	sk = wire_established();
	wire_in(". 1 ack 1"); /* window scaled: 8 MiB */
	wire_flush();
}

static void teardown(void)
{
	struct tcp_sock *tp = tcp_sk(sock_get(sk));

	wire_close(sk);
	wire_flush();
	wire_in("R. 1 ack %u", tp->snd_nxt - wire_iss);
	sock_put(sk);
	wire_teardown();
}

/* The same without SACK. */
static void setup_reno(void)
{
	wire_setup();
	sk = wire_connect();
	wire_out("S 0");
	wire_in("S. 0 ack 1 mss 1000");
	wire_out(". 1 ack 1");
	wire_start_connect(sk);
}

static void ms(unsigned n)
{
	fake_advance(n * NSEC_PER_MSEC);
}

/* A sample of the round trip, so that timers have something to go by. */
static void warm_up(unsigned rtt_ms)
{
	wire_send(sk, 1000, 0);
	wire_out("P. 1:1000");
	ms(rtt_ms);
	wire_in(". 1 ack 1001");
	ms(1);
}

START_TEST(timeout_resends_the_first_segment_and_backs_off)
{
	tcp_sk(sk)->sack_ok = false; /* no probes */
	wire_send(sk, 3000, 0);
	wire_out("P. 1:3000");
	ms(1000);
	wire_out(". 1:1000");
	wire_quiet();
	ms(1999);
	wire_quiet();
	ms(2);
	wire_out(". 1:1000");
	wire_in(". 1 ack 1001");
	wire_out("P. 1001:2000"); /* slow start: two, both lost */
	wire_in(". 1 ack 3001");
	wire_quiet();
	ck_assert_int_eq(tcp_sk(sk)->ca_state, TCP_CA_OPEN);
}
END_TEST

START_TEST(the_connection_ends_when_nothing_is_ever_acknowledged)
{
	wire_send(sk, 100, 0);
	for (int i = 0; i < 40 && !sk->err; i++)
		fake_advance(130 * NSEC_PER_SEC);
	ck_assert_int_eq(sk->err, ETIMEDOUT);
	ck_assert_uint_ge(wire_count(), 15);
}
END_TEST

START_TEST(user_timeout_ends_it_earlier)
{
	wire_setopt(sk, IPPROTO_TCP, TCP_USER_TIMEOUT, 3000);
	wire_send(sk, 100, 0);
	for (int i = 0; i < 35; i++)
		ms(100);
	ck_assert_int_eq(sk->err, ETIMEDOUT);
}
END_TEST

START_TEST(sack_shows_a_hole_and_only_that_is_sent_again)
{
	warm_up(100);
	wire_send(sk, 10000, 0);
	wire_out("P. 1001:10000");
	ms(100);
	wire_in(". 1 ack 1001 sack 2001-3001");
	wire_in(". 1 ack 1001 sack 2001-4001");
	wire_quiet();
	wire_in(". 1 ack 1001 sack 2001-5001");
	wire_out(". 1001:1000");
	ck_assert_int_eq(tcp_sk(sk)->ca_state, TCP_CA_RECOVERY);
	wire_in(". 1 ack 1001 sack 2001-11001");
	ms(100);
	wire_in(". 1 ack 11001");
	wire_quiet();
	ck_assert_int_eq(tcp_sk(sk)->ca_state, TCP_CA_OPEN);
	ck_assert_uint_lt(tcp_sk(sk)->cong.cwnd, 10000);
	ck_assert_uint_eq(tcp_sk(sk)->sendq.sacked, 0);
	ck_assert_uint_eq(tcp_sk(sk)->sendq.retrans, 0);
}
END_TEST

START_TEST(two_holes)
{
	warm_up(100);
	wire_send(sk, 10000, 0);
	wire_out("P. 1001:10000");
	ms(100);
	wire_in(". 1 ack 1001 sack 2001-4001");
	wire_in(". 1 ack 1001 sack 5001-11001 2001-4001");
	wire_out(". 1001:1000");
	wire_out(". 4001:1000");
	ms(100);
	wire_in(". 1 ack 4001 sack 5001-11001");
	wire_quiet();
	wire_in(". 1 ack 11001");
	wire_quiet();
}
END_TEST

START_TEST(reordering_within_the_window_is_no_loss)
{
	struct tcp_sock *tp = tcp_sk(sk);

	warm_up(100);
	tp->rack.reordering_seen = true;
	wire_send(sk, 10000, 0);
	wire_out("P. 1001:10000");
	ms(100);
	wire_in(". 1 ack 1001 sack 2001-9001");
	wire_quiet(); /* a quarter of the round trip of patience */
	ck_assert_int_eq(tp->timer_kind, TCP_TIMER_REO);
	wire_in(". 1 ack 9001");
	wire_quiet();
	ck_assert_int_eq(tp->ca_state, TCP_CA_OPEN);
	wire_in(". 1 ack 9001 sack 10001-11001");
	ms(26);
	wire_out(". 9001:1000");
	wire_in(". 1 ack 11001");
}
END_TEST

START_TEST(a_lost_retransmission_is_sent_again)
{
	warm_up(100);
	wire_send(sk, 10000, 0);
	wire_out("P. 1001:10000");
	ms(100);
	wire_in(". 1 ack 1001 sack 2001-6001");
	wire_out(". 1001:1000");
	ms(1);
	wire_send(sk, 3000, 0);
	wire_in(". 1 ack 1001 sack 2001-11001");
	wire_flush();
	ms(101);
	wire_in(". 1 ack 1001 sack 2001-14001"); /* sent after the retransmission, and there */
	wire_out(". 1001:1000");
	wire_in(". 1 ack 14001");
	wire_quiet();
}
END_TEST

START_TEST(a_lost_tail_is_probed)
{
	warm_up(100);
	wire_send(sk, 3000, 0);
	wire_out("P. 1001:3000");
	ms(199);
	wire_quiet();
	ms(5);
	wire_out("P. 3001:1000"); /* the last segment, after two round trips */
	ms(100);
	wire_in(". 1 ack 1001 sack 3001-4001");
	wire_out(". 1001:2000");
	wire_in(". 1 ack 4001");
	wire_quiet();
}
END_TEST

START_TEST(the_probe_is_new_data_if_there_are_any)
{
	struct tcp_sock *tp = tcp_sk(sk);

	warm_up(100);
	wire_send(sk, 15000, 0);
	wire_out(". 1001:10000");
	ms(204);
	wire_out(". 11001:1000");
	ck_assert(tp->rack.tlp_out);
	wire_in(". 1 ack 12001");
	wire_out("P. 12001:4000");
	wire_in(". 1 ack 16001");
	ck_assert(!tp->rack.tlp_out);
}
END_TEST

START_TEST(a_spurious_timeout_is_undone)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 cwnd;

	tp->ts_ok = true;
	wire_ts = true;
	wire_send(sk, 1000, 0);
	wire_flush();
	ms(100);
	wire_in(". 1 ack 1001 ts 1001 %u", tcp_ts_at(tp, fake_clock_ns) - 100);
	wire_send(sk, 3952, 0);
	wire_flush();
	cwnd = tp->cong.cwnd;
	tp->rack.tlp_out = true; /* no probe this time */
	tcp_timer_rearm(tp, 0);
	ms(500);
	ck_assert_int_eq(tp->ca_state, TCP_CA_LOSS);
	ck_assert_uint_lt(tp->cong.cwnd, cwnd);
	wire_flush();
	wire_in(". 1 ack 2001 ts 1002 %u", tcp_ts_at(tp, fake_clock_ns) - 500);
	ck_assert_int_eq(tp->ca_state, TCP_CA_OPEN);
	ck_assert_uint_ge(tp->cong.cwnd, cwnd);
	wire_flush();
	wire_in(". 1 ack 4953 ts 1002 %u", tcp_ts_at(tp, fake_clock_ns));
	wire_ts = false;
	tp->ts_ok = false;
}
END_TEST

START_TEST(sack_reneging_is_survived)
{
	struct tcp_sock *tp = tcp_sk(sk);

	warm_up(100);
	wire_send(sk, 3000, 0);
	wire_out("P. 1001:3000");
	wire_in(". 1 ack 1001 sack 2001-4001");
	ms(30);
	wire_flush();
	wire_in(". 1 ack 2001"); /* and the SACKed ones are gone */
	for (int i = 0; i < 30; i++)
		ms(100);
	ck_assert_uint_eq(tp->sendq.sacked, 0);
	wire_out(". 2001:1000");
	wire_flush();
	wire_in(". 1 ack 4001");
	ck_assert_uint_eq(tp->sendq.mem, 0);
}
END_TEST

START_TEST(hostile_sack_blocks_change_nothing_and_do_not_multiply_pieces)
{
	struct tcp_sock *tp = tcp_sk(sk);

	warm_up(100);
	wire_send(sk, 10000, 0);
	wire_out("P. 1001:10000");
	wire_in(". 1 ack 1001 sack 999000-999500"); /* never sent */
	wire_in(". 1 ack 1001 sack 5000-4000");
	wire_in(". 1 ack 1001 sack 500-3000000000");
	ck_assert_uint_eq(tp->sendq.sacked, 0);
	for (u32 i = 1100; i < 10900; i += 10)
		wire_in(". 1 ack 1001 sack %u-%u", i, i + 1);
	ck_assert_uint_le(tp->sendq.nr_segs, 20);
	wire_in(". 1 ack 11001");
	wire_flush();
}
END_TEST

/* ---- windows ---- */

START_TEST(a_closed_window_is_probed_ever_more_rarely)
{
	u64 rto;

	warm_up(100);
	rto = tcp_rtt_rto(&tcp_sk(sk)->rtt);
	wire_in(". 1 ack 1001 win 0");
	wire_send(sk, 500, 0);
	wire_quiet();
	fake_advance(rto);
	wire_out(". 1000 ack 1");
	wire_in(". 1 ack 1001 win 0");
	fake_advance(2 * rto - NSEC_PER_MSEC);
	wire_quiet();
	ms(1);
	wire_out(". 1000 ack 1");
	wire_in(". 1 ack 1001 win 1000");
	wire_out("P. 1001:500");
	wire_in(". 1 ack 1501");
}
END_TEST

START_TEST(an_open_but_small_window_is_used_in_the_end)
{
	warm_up(100);
	tcp_sk(sk)->snd_wscale = 0;
	wire_in(". 1 ack 1001 win 100");
	wire_send(sk, 500, 0);
	wire_quiet(); /* silly window avoidance */
	ms(501);
	wire_out(". 1001:100");
	wire_in(". 1 ack 1101 win 1000");
	wire_out("P. 1101:400");
	wire_in(". 1 ack 1501");
}
END_TEST

START_TEST(a_shrunk_window_is_survived)
{
	warm_up(100);
	tcp_sk(sk)->snd_wscale = 0;
	wire_in(". 1 ack 1001 win 5000");
	wire_send(sk, 8000, 0);
	wire_out(". 1001:5000");
	wire_in(". 1 ack 2001 win 1000"); /* right edge moved back by 3000 */
	wire_quiet();
	wire_in(". 1 ack 6001 win 0");
	wire_quiet();
	wire_in(". 1 ack 6001 win 60000");
	wire_out("P. 6001:3000");
	wire_in(". 1 ack 9001");
}
END_TEST

START_TEST(the_announced_window_closes_and_opens_with_the_reader)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 at = 1;

	sk->rcvbuf_locked = true;
	for (int i = 0; i < 100; i++, at += 1000)
		wire_in(". %u:1000 ack 1", at);
	ck_assert_uint_eq(tp->rcv_wnd >> tp->rcv_wscale, 0);
	ck_assert_uint_le(tp->rcv_nxt - wire_irs, 1 + sk->rcvbuf / 2 + 5000);
	ck_assert_uint_ge(tp->rcv_nxt - wire_irs, 60000);
	wire_flush();
	ck_assert_int_gt(wire_recv(sk, 60000, 0), 50000);
	wire_out(". 1"); /* a window update */
	wire_flush();
	while (wire_recv(sk, 10000, 0) > 0)
		;
	wire_flush();
	wire_in("R. %u ack 1", tp->rcv_nxt - wire_irs);
	ck_assert_int_eq(wire_recv(sk, 1, 0), -ECONNRESET);
}
END_TEST

/* ---- without SACK ---- */

START_TEST(three_duplicates_retransmit_and_partial_acks_go_on)
{
	struct tcp_sock *tp = tcp_sk(sk);

	wire_send(sk, 10000, 0);
	wire_out("P. 1:10000");
	ms(10);
	wire_in(". 1 ack 1");
	wire_in(". 1 ack 1");
	wire_quiet();
	wire_in(". 1 ack 1");
	wire_out(". 1:1000");
	ck_assert_int_eq(tp->ca_state, TCP_CA_RECOVERY);
	for (int i = 0; i < 6; i++)
		wire_in(". 1 ack 1");
	wire_quiet();
	wire_in(". 1 ack 4001"); /* partial: the next hole */
	wire_out(". 4001:1000");
	wire_in(". 1 ack 10001");
	ck_assert_int_eq(tp->ca_state, TCP_CA_OPEN);
	ck_assert_uint_lt(tp->cong.cwnd, 10000);
	ck_assert_uint_gt(tp->cong.cwnd, 3000);
	wire_quiet();
}
END_TEST

Suite *suite_tcp_recovery(void)
{
	Suite *s = suite_create("tcp_recovery");
	TCase *c = tcase_create("sack");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, timeout_resends_the_first_segment_and_backs_off);
	tcase_add_test(c, the_connection_ends_when_nothing_is_ever_acknowledged);
	tcase_add_test(c, user_timeout_ends_it_earlier);
	tcase_add_test(c, sack_shows_a_hole_and_only_that_is_sent_again);
	tcase_add_test(c, two_holes);
	tcase_add_test(c, reordering_within_the_window_is_no_loss);
	tcase_add_test(c, a_lost_retransmission_is_sent_again);
	tcase_add_test(c, a_lost_tail_is_probed);
	tcase_add_test(c, the_probe_is_new_data_if_there_are_any);
	tcase_add_test(c, a_spurious_timeout_is_undone);
	tcase_add_test(c, sack_reneging_is_survived);
	tcase_add_test(c, hostile_sack_blocks_change_nothing_and_do_not_multiply_pieces);
	suite_add_tcase(s, c);
	c = tcase_create("window");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_closed_window_is_probed_ever_more_rarely);
	tcase_add_test(c, an_open_but_small_window_is_used_in_the_end);
	tcase_add_test(c, a_shrunk_window_is_survived);
	tcase_add_test(c, the_announced_window_closes_and_opens_with_the_reader);
	suite_add_tcase(s, c);
	c = tcase_create("reno");
	tcase_add_checked_fixture(c, setup_reno, teardown);
	tcase_add_test(c, three_duplicates_retransmit_and_partial_acks_go_on);
	suite_add_tcase(s, c);
	return s;
}
