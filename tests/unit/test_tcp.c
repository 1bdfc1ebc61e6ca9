/* TCP states, RFC 9293, on a scripted wire: opening, data, closing, resets. */
#include "tests/unit/tcpwire.h"

#include <check.h>

/* ---- opening ---- */

START_TEST(connect_sends_syn_with_options_and_is_established_by_syn_ack)
{
	struct sock *sk = wire_connect();

	ck_assert_uint_eq(wire_poll(sk) & EPOLLOUT, 0);
	wire_out("S 0 mss 1460 wscale 7 sackok");
	wire_in("S. 0 ack 1 mss 1000 sackok wscale 7");
	wire_out(". 1 ack 1");
	ck_assert_uint_ne(wire_poll(sk) & EPOLLOUT, 0);
	ck_assert_int_eq(wire_start_connect(sk), 0);
	ck_assert_int_eq(wire_start_connect(sk), -EISCONN);
	wire_close(sk);
	wire_out("F. 1 ack 1");
	wire_in(". 1 ack 2");
	wire_in("F. 1 ack 2");
	wire_out(". 2 ack 2");
	ck_assert_uint_eq(tcp_nr_tw, 1);
}
END_TEST

START_TEST(syn_is_retransmitted_with_doubling_intervals_until_etimedout)
{
	struct sock *sk = wire_connect();
	u64 wait = NSEC_PER_SEC;

	wire_out("S 0");
	for (int i = 0; i < 6; i++) {
		fake_advance(wait - NSEC_PER_MSEC);
		wire_quiet();
		fake_advance(2 * NSEC_PER_MSEC);
		wire_out("S 0");
		wait *= 2;
	}
	fake_advance(wait);
	wire_quiet();
	ck_assert_int_eq(sk->err, ETIMEDOUT);
	ck_assert_int_eq(wire_start_connect(sk), -ETIMEDOUT);
	wire_close(sk);
}
END_TEST

START_TEST(rst_to_syn_is_econnrefused_and_the_socket_may_try_again)
{
	struct sock *sk = wire_connect();

	wire_out("S 0");
	wire_in("R. 0 ack 1");
	ck_assert_uint_ne(wire_poll(sk) & EPOLLERR, 0);
	ck_assert_int_eq(wire_start_connect(sk), -ECONNREFUSED);
	ck_assert_int_eq(wire_start_connect(sk), -EINPROGRESS);
	wire_out("S 0");
	wire_close(sk);
}
END_TEST

START_TEST(a_rst_without_ack_refuses_only_where_the_link_says_so)
{
	struct sock *sk = wire_connect();

	wire_out("S 0");
	wire_in("R 0");
	ck_assert_int_eq(tcp_sk(sk)->state, TCP_SYN_SENT);
	wire_dev->features |= NETDEV_BARE_RST;
	wire_in("R. 0 ack 7");
	ck_assert_int_eq(tcp_sk(sk)->state, TCP_SYN_SENT);
	wire_in("R 0");
	ck_assert_int_eq(wire_start_connect(sk), -ECONNREFUSED);
	wire_close(sk);
}
END_TEST

START_TEST(syn_sent_answers_a_wrong_ack_with_rst_and_stays)
{
	struct sock *sk = wire_connect();

	wire_out("S 0");
	wire_in(". 0 ack 77");
	wire_out("R 77");
	wire_in("R. 0 ack 77");
	wire_quiet();
	wire_in("S. 0 ack 1");
	wire_out(". 1 ack 1");
	wire_close(sk);
	wire_flush();
	wire_in("R. 1 ack 2");
}
END_TEST

START_TEST(simultaneous_open)
{
	struct sock *sk = wire_connect();

	wire_out("S 0");
	wire_in("S 0 mss 1000");
	wire_out("S. 0 ack 1");
	wire_in("S. 0 ack 1 mss 1000");
	ck_assert_int_eq(wire_start_connect(sk), 0);
	wire_flush();
	wire_in(". 1 ack 1");
	wire_in("P. 1:5 ack 1");
	ck_assert_int_eq(wire_recv(sk, 100, 0), 5);
	wire_close(sk);
	wire_flush();
	wire_in("R 6");
}
END_TEST

START_TEST(listener_accepts_after_the_third_segment)
{
	struct sock *l = wire_listen(5), *sk;

	wire_in("S 0 mss 1000 sackok wscale 7");
	wire_out("S. 0 ack 1 sackok wscale 7");
	ck_assert_ptr_null(wire_accept(l));
	ck_assert_uint_eq(wire_poll(l), 0);
	wire_in(". 1 ack 1");
	ck_assert_uint_ne(wire_poll(l) & EPOLLIN, 0);
	sk = wire_accept(l);
	ck_assert_ptr_nonnull(sk);
	wire_in("P. 1:10 ack 1");
	wire_out(". 1 ack 11");
	ck_assert_int_eq(wire_recv(sk, 100, 0), 10);
	wire_in("R 11");
	ck_assert_int_eq(wire_recv(sk, 100, 0), -ECONNRESET);
	wire_close(sk);
	wire_close(l);
}
END_TEST

START_TEST(syn_ack_is_retransmitted_and_data_complete_the_handshake)
{
	struct sock *l = wire_listen(5), *sk;

	wire_in("S 0 mss 1000");
	wire_out("S. 0 ack 1");
	fake_advance(NSEC_PER_SEC + 1);
	wire_out("S. 0 ack 1");
	wire_in("S 0 mss 1000");
	wire_out("S. 0 ack 1");
	wire_in("P. 1:3 ack 1");
	wire_out(". 1 ack 4");
	sk = wire_accept(l);
	ck_assert_ptr_nonnull(sk);
	ck_assert_int_eq(wire_recv(sk, 10, 0), 3);
	wire_close(sk);
	wire_flush();
	wire_in("R 4");
	wire_close(l);
}
END_TEST

START_TEST(closing_a_listener_resets_what_was_not_accepted)
{
	struct sock *l = wire_listen(5);

	wire_in("S 0 mss 1000");
	wire_out("S. 0 ack 1");
	wire_in(". 1 ack 1");
	wire_rport++;
	wire_iss = 0;
	wire_in("S 0 mss 1000");
	wire_out("S. 0 ack 1");
	ck_assert_uint_eq(tcp_nr_reqs, 1);
	wire_close(l);
	wire_out("R. 1 ack 1");
	wire_quiet();
}
END_TEST

START_TEST(a_segment_for_nobody_is_reset)
{
	wire_lport = 99;
	wire_in("S 0");
	wire_out("R. 0 ack 1");
	wire_in(". 5 ack 7");
	wire_out("R 7");
	wire_in("R 5");
	wire_quiet();
}
END_TEST

/* ---- data ---- */

START_TEST(data_are_sent_acknowledged_and_freed)
{
	struct sock *sk = wire_established();

	ck_assert_int_eq(wire_send(sk, 100, 0), 100);
	wire_out("P. 1:100 ack 1");
	ck_assert_uint_gt(tcp_sk(sk)->sendq.mem, 0);
	wire_in(". 1 ack 101");
	ck_assert_uint_eq(tcp_sk(sk)->sendq.mem, 0);
	wire_quiet();
	wire_close(sk);
	wire_flush();
	wire_in("R. 1 ack 102");
}
END_TEST

START_TEST(a_large_write_is_sent_in_multiples_of_the_mss)
{
	struct sock *sk = wire_established();

	ck_assert_int_eq(wire_send(sk, 12500, 0), 12500);
	wire_out(". 1:10000 ack 1"); /* initial window of ten */
	wire_quiet();
	wire_in(". 1 ack 2001 win 65535");
	wire_out("P. 10001:2500 ack 1");
	wire_in(". 1 ack 12501");
	wire_close(sk);
	wire_flush();
	wire_in("R. 1 ack 12502");
}
END_TEST

START_TEST(nagle_holds_a_second_small_segment_back)
{
	struct sock *sk = wire_established();

	wire_send(sk, 10, 0);
	wire_out("P. 1:10");
	wire_send(sk, 10, 0);
	wire_send(sk, 10, 0);
	wire_quiet();
	wire_in(". 1 ack 11");
	wire_out("P. 11:20");
	wire_in(". 1 ack 31");
	wire_setopt(sk, IPPROTO_TCP, TCP_NODELAY, 1);
	wire_send(sk, 10, 0);
	wire_out("P. 31:10");
	wire_send(sk, 10, 0);
	wire_out("P. 41:10");
	wire_setopt(sk, IPPROTO_TCP, TCP_CORK, 1);
	wire_in(". 1 ack 51");
	wire_send(sk, 10, 0);
	wire_quiet();
	wire_setopt(sk, IPPROTO_TCP, TCP_CORK, 0);
	wire_out("P. 51:10");
	wire_close(sk);
	wire_flush();
	wire_in("R. 1 ack 62");
}
END_TEST

START_TEST(corked_data_go_out_after_a_while_all_the_same)
{
	struct sock *sk = wire_established();

	wire_send(sk, 10, MSG_MORE);
	wire_quiet();
	fake_advance(NSEC_PER_SEC);
	wire_out("P. 1:10");
	wire_close(sk);
	wire_flush();
	wire_in("R. 1 ack 12");
}
END_TEST

START_TEST(out_of_order_segments_are_put_together_and_sacked)
{
	struct sock *sk = wire_established();

	wire_in(". 1001:1000 ack 1");
	wire_out(". 1 ack 1 sack 1001-2001");
	wire_in(". 3001:1000 ack 1");
	wire_out(". 1 ack 1 sack 3001-4001 1001-2001");
	wire_in(". 2001:1000 ack 1");
	wire_out(". 1 ack 1 sack 1001-4001");
	ck_assert_int_eq(wire_recv(sk, 10000, 0), -EAGAIN);
	wire_in(". 1:1000 ack 1");
	wire_out(". 1 ack 4001 nosack");
	ck_assert_int_eq(wire_recv(sk, 10000, 0), 4000);
	wire_in(". 3001:1000 ack 1"); /* all of it old: DSACK, RFC 2883 */
	wire_out(". 1 ack 4001 sack 3001-4001");
	wire_in(". 3501:1000 ack 1"); /* half of it */
	wire_out(". 1 ack 4501 sack 3501-4001");
	ck_assert_int_eq(wire_recv(sk, 10000, 0), 500);
	wire_close(sk);
	wire_flush();
	wire_in("R. 4501 ack 2");
}
END_TEST

START_TEST(overlapping_pieces_of_any_shape_give_one_stream)
{
	struct sock *sk = wire_established();
	u32 seed = 1;

	for (int i = 0; i < 400; i++) {
		u32 at, len;

		seed = seed * 1103515245 + 12345;
		at = 1 + (seed >> 8) % 20000;
		seed = seed * 1103515245 + 12345;
		len = 1 + (seed >> 8) % 1000;
		wire_in(". %u:%u ack 1", at, len);
		wire_recv(sk, 30000, 0);
	}
	for (u32 at = 1; at < 22000; at += 500)
		wire_in(". %u:500 ack 1", at);
	while (wire_recv(sk, 700, 0) > 0)
		;
	ck_assert_uint_eq(tcp_sk(sk)->copied_seq - wire_irs, 22001);
	ck_assert(list_empty(&tcp_sk(sk)->oooq));
	ck_assert_uint_eq(sk->rmem, 0);
	wire_close(sk);
	wire_flush();
	wire_in("R. 22001 ack 2");
}
END_TEST

START_TEST(every_second_segment_is_acknowledged_and_a_lone_one_late)
{
	struct sock *sk = wire_established();

	wire_in(". 1:1000 ack 1");
	wire_out(". 1 ack 1001"); /* the first ones at once */
	tcp_sk(sk)->quick_acks = 0;
	wire_in(". 1001:1000 ack 1");
	wire_quiet();
	wire_in(". 2001:1000 ack 1");
	wire_out(". 1 ack 3001");
	wire_in(". 3001:1000 ack 1");
	wire_quiet();
	fake_advance(41 * NSEC_PER_MSEC);
	wire_out(". 1 ack 4001");
	wire_in(". 4001:1000 ack 1");
	wire_send(sk, 10, 0);
	wire_out("P. 1:10 ack 5001");
	fake_advance(41 * NSEC_PER_MSEC);
	ck_assert_int_eq(wire_recv(sk, 10000, 0), 5000);
	wire_flush();
	wire_close(sk);
	wire_flush();
	wire_in("R. 5001 ack 12");
}
END_TEST

START_TEST(peek_waitall_and_trunc)
{
	struct sock *sk = wire_established();

	wire_in("P. 1:100 ack 1");
	ck_assert_int_eq(wire_recv(sk, 60, MSG_PEEK), 60);
	ck_assert_int_eq(wire_recv(sk, 200, MSG_PEEK), 100);
	ck_assert_int_eq(wire_recv(sk, 60, 0), 60);
	ck_assert_int_eq(wire_recv(sk, 60, MSG_WAITALL), 40);
	wire_in("P. 101:100 ack 1");
	ck_assert_int_eq(wire_recv(sk, 0, 0), 0);
	ck_assert_int_eq(wire_recv(sk, 100, 0), 100);
	wire_close(sk);
	wire_flush();
	wire_in("R. 201 ack 2");
}
END_TEST

/* ---- closing ---- */

START_TEST(half_close_still_receives)
{
	struct sock *sk = wire_established();

	ck_assert_int_eq(sk->ops->shutdown(sk, SHUT_WR), 0);
	wire_out("F. 1 ack 1");
	ck_assert_int_eq(wire_send(sk, 1, 0), -EPIPE);
	wire_in(". 1 ack 2");
	wire_in("P. 1:500 ack 2");
	wire_out(". 2 ack 501");
	ck_assert_int_eq(wire_recv(sk, 1000, 0), 500);
	wire_in("F. 501 ack 2");
	wire_out(". 2 ack 502");
	ck_assert_int_eq(wire_recv(sk, 1000, 0), 0);
	ck_assert_uint_ne(wire_poll(sk) & EPOLLHUP, 0);
	ck_assert_uint_eq(tcp_nr_tw, 1);
	wire_close(sk);
	fake_advance(61 * NSEC_PER_SEC);
	ck_assert_uint_eq(tcp_nr_tw, 0);
}
END_TEST

START_TEST(the_peer_closes_first)
{
	struct sock *sk = wire_established();

	wire_in("PF. 1:10 ack 1");
	wire_out(". 1 ack 12");
	ck_assert_uint_ne(wire_poll(sk) & EPOLLRDHUP, 0);
	ck_assert_int_eq(wire_recv(sk, 100, 0), 10);
	ck_assert_int_eq(wire_recv(sk, 100, 0), 0);
	ck_assert_int_eq(wire_send(sk, 5, 0), 5);
	wire_out("P. 1:5 ack 12");
	wire_close(sk);
	wire_out("F. 6 ack 12");
	ck_assert_uint_eq(tcp_nr_socks, 1);
	wire_in(". 12 ack 7");
	ck_assert_uint_eq(tcp_nr_socks, 0);
	ck_assert_uint_eq(tcp_nr_tw, 0);
}
END_TEST

START_TEST(both_close_at_once)
{
	struct sock *sk = wire_established();

	wire_close(sk);
	wire_out("F. 1 ack 1");
	wire_in("F. 1 ack 1");
	wire_out(". 2 ack 2");
	ck_assert_uint_eq(tcp_nr_tw, 0);
	wire_in(". 2 ack 2");
	ck_assert_uint_eq(tcp_nr_tw, 1);
	ck_assert_uint_eq(tcp_nr_socks, 0);
}
END_TEST

START_TEST(close_with_unread_data_resets)
{
	struct sock *sk = wire_established();

	wire_in("P. 1:10 ack 1");
	wire_flush();
	wire_close(sk);
	wire_out("R. 1 ack 11");
	ck_assert_uint_eq(tcp_nr_socks, 0);
}
END_TEST

START_TEST(linger_zero_resets)
{
	struct sock *sk = wire_established();

	sk->linger = (struct linger){1, 0};
	wire_close(sk);
	wire_out("R. 1 ack 1");
}
END_TEST

START_TEST(data_for_a_closed_socket_are_answered_with_rst)
{
	struct sock *sk = wire_established();

	wire_close(sk);
	wire_out("F. 1 ack 1");
	wire_in("P. 1:10 ack 1");
	wire_out("R 1");
	ck_assert_uint_eq(tcp_nr_socks, 0);

	sk = wire_connect();
	wire_iss = 0;
	wire_out("S 0");
	wire_in("S. 0 ack 1");
	wire_out(". 1 ack 1");
	wire_close(sk);
	wire_out("F. 1 ack 1");
	wire_in(". 1 ack 2");
	ck_assert_uint_eq(tcp_nr_tw, 1); /* FIN-WAIT-2 without a socket */
	wire_in("P. 1:10 ack 2");
	wire_out("R 2");
	ck_assert_uint_eq(tcp_nr_tw, 0);
}
END_TEST

START_TEST(fin_wait2_of_a_closed_socket_ends_by_itself)
{
	struct sock *sk = wire_established();

	wire_close(sk);
	wire_flush();
	wire_in(". 1 ack 2");
	ck_assert_uint_eq(tcp_nr_tw, 1);
	fake_advance(61 * NSEC_PER_SEC);
	ck_assert_uint_eq(tcp_nr_tw, 0);
}
END_TEST

START_TEST(time_wait_acknowledges_a_repeated_fin_and_yields_to_a_newer_syn)
{
	struct sock *l = wire_listen(5), *sk;

	wire_in("S 0");
	wire_out("S. 0 ack 1");
	wire_in(". 1 ack 1");
	sk = wire_accept(l);
	wire_close(sk);
	wire_out("F. 1 ack 1");
	wire_in("F. 1 ack 2");
	wire_out(". 2 ack 2");
	wire_in("F. 1 ack 2");
	wire_out(". 2 ack 2");
	wire_in("S 1"); /* old */
	wire_out(". 2 ack 2");
	wire_in(". 2 ack 2");
	wire_quiet();
	wire_iss = 0;
	wire_in("S 1000");
	wire_out("S. 0 ack 1001");
	wire_in("R 1001");
	wire_close(l);
}
END_TEST

START_TEST(the_wait_for_fin_survives_loss_of_it)
{
	struct sock *sk = wire_established();

	wire_close(sk);
	wire_out("F. 1 ack 1");
	fake_advance(NSEC_PER_SEC);
	wire_out("F. 1 ack 1");
	wire_in("F. 1 ack 2");
	wire_out(". 2 ack 2");
}
END_TEST

Suite *suite_tcp(void)
{
	Suite *s = suite_create("tcp");
	TCase *c = tcase_create("open");

	tcase_add_checked_fixture(c, wire_setup, wire_teardown);
	tcase_add_test(c, connect_sends_syn_with_options_and_is_established_by_syn_ack);
	tcase_add_test(c, syn_is_retransmitted_with_doubling_intervals_until_etimedout);
	tcase_add_test(c, rst_to_syn_is_econnrefused_and_the_socket_may_try_again);
	tcase_add_test(c, a_rst_without_ack_refuses_only_where_the_link_says_so);
	tcase_add_test(c, syn_sent_answers_a_wrong_ack_with_rst_and_stays);
	tcase_add_test(c, simultaneous_open);
	tcase_add_test(c, listener_accepts_after_the_third_segment);
	tcase_add_test(c, syn_ack_is_retransmitted_and_data_complete_the_handshake);
	tcase_add_test(c, closing_a_listener_resets_what_was_not_accepted);
	tcase_add_test(c, a_segment_for_nobody_is_reset);
	suite_add_tcase(s, c);
	c = tcase_create("data");
	tcase_add_checked_fixture(c, wire_setup, wire_teardown);
	tcase_add_test(c, data_are_sent_acknowledged_and_freed);
	tcase_add_test(c, a_large_write_is_sent_in_multiples_of_the_mss);
	tcase_add_test(c, nagle_holds_a_second_small_segment_back);
	tcase_add_test(c, corked_data_go_out_after_a_while_all_the_same);
	tcase_add_test(c, out_of_order_segments_are_put_together_and_sacked);
	tcase_add_test(c, overlapping_pieces_of_any_shape_give_one_stream);
	tcase_add_test(c, every_second_segment_is_acknowledged_and_a_lone_one_late);
	tcase_add_test(c, peek_waitall_and_trunc);
	suite_add_tcase(s, c);
	c = tcase_create("close");
	tcase_add_checked_fixture(c, wire_setup, wire_teardown);
	tcase_add_test(c, half_close_still_receives);
	tcase_add_test(c, the_peer_closes_first);
	tcase_add_test(c, both_close_at_once);
	tcase_add_test(c, close_with_unread_data_resets);
	tcase_add_test(c, linger_zero_resets);
	tcase_add_test(c, data_for_a_closed_socket_are_answered_with_rst);
	tcase_add_test(c, fin_wait2_of_a_closed_socket_ends_by_itself);
	tcase_add_test(c, time_wait_acknowledges_a_repeated_fin_and_yields_to_a_newer_syn);
	tcase_add_test(c, the_wait_for_fin_survives_loss_of_it);
	suite_add_tcase(s, c);
	return s;
}
