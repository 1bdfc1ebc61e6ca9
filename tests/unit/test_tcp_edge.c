/* TCP's edges on a scripted wire: blind attacks (RFC 5961), PAWS, SYN floods and cookies, deferred
 * accept, keepalive, urgent data, path MTU, malformed segments. */
#include "tests/unit/tcpwire.h"

#include <check.h>

static struct sock *sk;

static void setup(void)
{
	wire_setup();
	sk = wire_established();
}

static void teardown(void)
{
	struct tcp_sock *tp = tcp_sk(sock_get(sk));

	wire_close(sk);
	wire_flush();
	wire_ts = false;
	wire_in("R. %u ack %u", tp->rcv_nxt - wire_irs, tp->snd_nxt - wire_iss);
	sock_put(sk);
	wire_teardown();
}

/* Challenges are rate limited. */
static void pause_challenges(void)
{
	fake_advance(NSEC_PER_SEC);
	wire_flush();
}

/* ---- RFC 5961 ---- */

START_TEST(rst_resets_only_with_the_exact_sequence_number)
{
	wire_in("R 1000");
	wire_out(". 1 ack 1"); /* in the window: a challenge */
	wire_in("R 1001");
	wire_quiet();
	pause_challenges();
	wire_in("R 900000000");
	wire_quiet();
	ck_assert_int_eq(tcp_sk(sk)->state, TCP_ESTABLISHED);
	wire_in("R 1");
	ck_assert_int_eq(tcp_sk(sk)->state, TCP_CLOSE);
	ck_assert_int_eq(wire_recv(sk, 10, 0), -ECONNRESET);
	ck_assert_int_eq(wire_recv(sk, 10, 0), 0);
	ck_assert_int_eq(wire_send(sk, 10, 0), -EPIPE);
}
END_TEST

START_TEST(syn_on_a_connection_is_challenged)
{
	wire_in("S 1");
	wire_out(". 1 ack 1");
	pause_challenges();
	wire_in("S 3000000000");
	wire_out(". 1 ack 1");
	ck_assert_int_eq(tcp_sk(sk)->state, TCP_ESTABLISHED);
}
END_TEST

START_TEST(an_acknowledgement_out_of_range_is_challenged_and_its_data_dropped)
{
	wire_in("P. 1:10 ack 500000");
	wire_out(". 1 ack 1");
	ck_assert_int_eq(wire_recv(sk, 10, 0), -EAGAIN);
	pause_challenges();
	wire_in("P. 1:10 ack 2147483000");
	wire_out(". 1 ack 1");
	ck_assert_int_eq(wire_recv(sk, 10, 0), -EAGAIN);
}
END_TEST

START_TEST(data_outside_the_window_are_dropped_and_acknowledged)
{
	wire_in("P. 2000000:10 ack 1");
	wire_out(". 1 ack 1");
	wire_in("P 1:10"); /* no ACK: nothing */
	wire_quiet();
	ck_assert_int_eq(wire_recv(sk, 10, 0), -EAGAIN);
}
END_TEST

START_TEST(two_ends_that_disagree_do_not_answer_each_other_for_ever)
{
	for (int i = 0; i < 10; i++)
		wire_in(". 2000000 ack 1");
	wire_out(". 1 ack 1");
	wire_quiet();
	pause_challenges();
	wire_in(". 2000000 ack 1");
	wire_out(". 1 ack 1");
}
END_TEST

/* ---- malformed ---- */

START_TEST(malformed_segments_do_nothing)
{
	for (unsigned flags = 0; flags < 64; flags++) {
		if (flags & TH_RST)
			continue;
		wire_in("%s%s%s%s%s 70000000:3 ack 0", flags & TH_FIN ? "F" : "P",
			flags & TH_SYN ? "S" : "", flags & TH_PSH ? "P" : "",
			flags & TH_ACK ? "." : "", flags & TH_URG ? "U" : "");
	}
	wire_flush();
	ck_assert_int_eq(tcp_sk(sk)->state, TCP_ESTABLISHED);
	wire_in("P. 1:3 ack 1");
	ck_assert_int_eq(wire_recv(sk, 10, 0), 3);
}
END_TEST

/* ---- urgent data ---- */

START_TEST(urgent_byte_is_read_out_of_band)
{
	u8 c;
	struct uio uio;
	struct sock_msg m = {.uio = &uio, .flags = MSG_OOB | MSG_DONTWAIT};

	ck_assert_int_eq(sk->ops->recvmsg(sk, &m), -EINVAL);
	wire_in("PU. 1:10 ack 1 urg 5"); /* the fifth byte */
	ck_assert_uint_ne(wire_poll(sk) & EPOLLPRI, 0);
	uio_kernel(&uio, &c, 1);
	ck_assert_int_eq(wire_recv(sk, 100, 0), 4); /* up to the mark */
	ck_assert(tcp_at_mark(tcp_sk(sk)));
	ck_assert_int_eq(sk->ops->recvmsg(sk, &m), 1);
	ck_assert_uint_eq(c, (u8)(5 * 7));
	ck_assert_uint_eq(wire_poll(sk) & EPOLLPRI, 0);
	ck_assert_int_eq(sk->ops->recvmsg(sk, &m), -EINVAL); /* once only */
	{
		u8 rest[10];

		m.flags = MSG_DONTWAIT;
		uio_kernel(&uio, rest, 10);
		ck_assert_int_eq(sk->ops->recvmsg(sk, &m), 5);
		ck_assert_uint_eq(rest[0], (u8)(6 * 7));
	}
	wire_flush();
}
END_TEST

START_TEST(urgent_byte_inline)
{
	wire_setopt(sk, SOL_SOCKET, SO_OOBINLINE, 1);
	wire_in("PU. 1:10 ack 1 urg 5");
	ck_assert_int_eq(wire_recv(sk, 100, 0), 4);
	ck_assert(tcp_at_mark(tcp_sk(sk)));
	ck_assert_int_eq(wire_recv(sk, 100, 0), 6);
	ck_assert(!tcp_at_mark(tcp_sk(sk)));
	wire_flush();
}
END_TEST

START_TEST(msg_oob_sets_the_urgent_pointer)
{
	wire_send(sk, 5, MSG_OOB);
	wire_out("PU. 1:5 urg 5");
	wire_send(sk, 5, 0);
	wire_in(". 1 ack 6");
	wire_out("P. 6:5");
}
END_TEST

/* ---- keepalive ---- */

START_TEST(keepalive_probes_an_idle_peer_and_gives_up)
{
	wire_setopt(sk, IPPROTO_TCP, TCP_KEEPIDLE, 10);
	wire_setopt(sk, IPPROTO_TCP, TCP_KEEPINTVL, 2);
	wire_setopt(sk, IPPROTO_TCP, TCP_KEEPCNT, 3);
	wire_setopt(sk, SOL_SOCKET, SO_KEEPALIVE, 1);
	fake_advance(9 * NSEC_PER_SEC);
	wire_quiet();
	fake_advance(NSEC_PER_SEC + NSEC_PER_MSEC);
	wire_out(". 0 ack 1");
	wire_in(". 1 ack 1");
	fake_advance(2 * NSEC_PER_SEC);
	fake_advance(8 * NSEC_PER_SEC);
	wire_out(". 0 ack 1");
	fake_advance(2 * NSEC_PER_SEC);
	wire_out(". 0 ack 1");
	fake_advance(2 * NSEC_PER_SEC);
	wire_out(". 0 ack 1");
	fake_advance(2 * NSEC_PER_SEC);
	wire_out("R. 1 ack 1");
	ck_assert_int_eq(sk->err, ETIMEDOUT);
}
END_TEST

START_TEST(a_keepalive_of_the_peer_is_answered)
{
	wire_in(". 0 ack 1");
	wire_out(". 1 ack 1");
}
END_TEST

/* ---- timestamps ---- */

START_TEST(paws_drops_old_duplicates)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tp->ts_ok = true;
	tp->ts_recent = 5000;
	tp->ts_recent_ns = fake_clock_ns;
	wire_in("P. 1:10 ack 1 ts 4000 1");
	wire_out(". 1 ack 1");
	ck_assert_int_eq(wire_recv(sk, 10, 0), -EAGAIN);
	wire_in("P. 1:10 ack 1 ts 5001 1");
	ck_assert_int_eq(wire_recv(sk, 10, 0), 10);
	ck_assert_uint_eq(tp->ts_recent, 5001);
	wire_flush();
	tp->ts_ok = false;
}
END_TEST

/* ---- path MTU ---- */

START_TEST(a_smaller_path_mtu_resends_in_smaller_segments)
{
	struct ip_error e = {.err = EMSGSIZE, .mtu = 640, .trans_len = 8};
	struct tcp_hdr h = {0};

	wire_send(sk, 3000, 0);
	wire_out("P. 1:3000");
	e.saddr = tcp_sk(sk)->inet.tuple.laddr;
	e.daddr = tcp_sk(sk)->inet.tuple.raddr;
	h.source = be16_of(wire_lport);
	h.dest = be16_of(wire_rport);
	h.seq = be32_of(wire_iss + 900000); /* not in flight: a forgery */
	e.trans = (const u8 *)&h;
	tcp_err(&e);
	wire_quiet();
	h.seq = be32_of(wire_iss + 1);
	tcp_err(&e);
	ck_assert_uint_eq(tcp_sk(sk)->snd_mss, 600);
	wire_out(". 1:3000");
	wire_in(". 1 ack 3001");
}
END_TEST

/* ---- listeners ---- */

static void listen_setup(void)
{
	wire_setup();
	sk = wire_listen(2);
}

static void listen_teardown(void)
{
	wire_close(sk);
	wire_teardown();
}

START_TEST(a_flood_of_syns_is_answered_with_cookies_that_work)
{
	struct sock *c = NULL;

	for (u16 p = 3000; p < 3100; p++) {
		wire_rport = p;
		wire_in("S 0 mss 1400 sackok wscale 5 ts 7 0");
	}
	ck_assert_uint_eq(wire_count(), 100);
	ck_assert_uint_le(tcp_nr_reqs, 8);
	wire_flush();
	wire_rport = 4000;
	wire_iss = 0;
	wire_in("S 0 mss 1400 sackok wscale 5 ts 7 0");
	wire_out("S. 0 ack 1 sackok wscale 7");
	wire_ts = true;
	wire_in(". 1 ack 12345 ts 8 0"); /* not our cookie */
	wire_out("R 12345");
	wire_in("P. 1:9 ack 1");
	c = wire_accept(sk);
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(wire_recv(c, 100, 0), 9);
	ck_assert(tcp_sk(c)->sack_ok && tcp_sk(c)->ts_ok);
	ck_assert_uint_eq(tcp_sk(c)->snd_wscale, 5);
	ck_assert_uint_eq(tcp_sk(c)->mss_opt, 1360);
	wire_flush();
	wire_close(c);
	wire_flush();
	wire_in("R. 10 ack 2");
	wire_ts = false;
}
END_TEST

START_TEST(a_full_accept_queue_drops_syns)
{
	for (u16 p = 3000; p < 3006; p++) {
		wire_rport = p;
		wire_iss = 0;
		wire_in("S 0 mss 1000");
		if (wire_count() == 0)
			break;
		wire_out("S. 0 ack 1");
		wire_in(". 1 ack 1");
	}
	ck_assert_uint_eq(tcp_sk(sk)->listen->nr_accept, 3); /* backlog 2, as Linux */
	wire_quiet();
}
END_TEST

START_TEST(deferred_accept_waits_for_data)
{
	struct sock *c;

	wire_setopt(sk, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5);
	wire_in("S 0 mss 1000");
	wire_out("S. 0 ack 1");
	wire_in(". 1 ack 1");
	ck_assert_ptr_null(wire_accept(sk));
	wire_in("P. 1:4 ack 1");
	c = wire_accept(sk);
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(wire_recv(c, 100, 0), 4);
	wire_flush();
	wire_close(c);
	wire_flush();
	wire_in("R. 5 ack 2");
}
END_TEST

START_TEST(an_embryo_is_reset_only_by_the_exact_rst)
{
	wire_in("S 0 mss 1000");
	wire_out("S. 0 ack 1");
	wire_in("R 100");
	wire_out(". 1 ack 1");
	ck_assert_uint_eq(tcp_nr_reqs, 1);
	wire_in(". 1 ack 99");
	wire_out("R 99");
	wire_in("R 1");
	ck_assert_uint_eq(tcp_nr_reqs, 0);
	wire_quiet();
}
END_TEST

START_TEST(an_unanswered_syn_ack_is_given_up)
{
	wire_in("S 0 mss 1000");
	for (int i = 0; i < 8; i++)
		fake_advance(40 * NSEC_PER_SEC);
	ck_assert_uint_eq(tcp_nr_reqs, 0);
	ck_assert_uint_eq(wire_count(), 6);
	wire_flush();
}
END_TEST

START_TEST(a_listener_answers_a_stray_ack_with_rst_and_ignores_rst_and_syn_fin)
{
	wire_in(". 5 ack 7");
	wire_out("R 7");
	wire_in("R 5");
	wire_in("SF 5");
	wire_quiet();
}
END_TEST

Suite *suite_tcp_edge(void)
{
	Suite *s = suite_create("tcp_edge");
	TCase *c = tcase_create("connection");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, rst_resets_only_with_the_exact_sequence_number);
	tcase_add_test(c, syn_on_a_connection_is_challenged);
	tcase_add_test(c, an_acknowledgement_out_of_range_is_challenged_and_its_data_dropped);
	tcase_add_test(c, data_outside_the_window_are_dropped_and_acknowledged);
	tcase_add_test(c, two_ends_that_disagree_do_not_answer_each_other_for_ever);
	tcase_add_test(c, malformed_segments_do_nothing);
	tcase_add_test(c, urgent_byte_is_read_out_of_band);
	tcase_add_test(c, urgent_byte_inline);
	tcase_add_test(c, msg_oob_sets_the_urgent_pointer);
	tcase_add_test(c, keepalive_probes_an_idle_peer_and_gives_up);
	tcase_add_test(c, a_keepalive_of_the_peer_is_answered);
	tcase_add_test(c, paws_drops_old_duplicates);
	tcase_add_test(c, a_smaller_path_mtu_resends_in_smaller_segments);
	suite_add_tcase(s, c);
	c = tcase_create("listener");
	tcase_add_checked_fixture(c, listen_setup, listen_teardown);
	tcase_add_test(c, a_flood_of_syns_is_answered_with_cookies_that_work);
	tcase_add_test(c, a_full_accept_queue_drops_syns);
	tcase_add_test(c, deferred_accept_waits_for_data);
	tcase_add_test(c, an_embryo_is_reset_only_by_the_exact_rst);
	tcase_add_test(c, an_unanswered_syn_ack_is_given_up);
	tcase_add_test(c, a_listener_answers_a_stray_ack_with_rst_and_ignores_rst_and_syn_fin);
	suite_add_tcase(s, c);
	return s;
}
