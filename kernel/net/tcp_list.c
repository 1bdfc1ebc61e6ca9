/*
 * Every connection in any form (sockets, embryonic connections, TIME_WAITs) in one shape, for
 * /proc/net/tcp and for socket diagnosis. proc(5).
 */
#include "kernel/net/tcp.h"

#include "kernel/os.h"

struct walk {
	int (*fn)(const struct tcp_entry *e, void *arg);
	void *arg;
};

static u64 time_left(const struct timer *t)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);

	return timer_armed(t) && t->deadline_ns > now ? t->deadline_ns - now : 0;
}

/* Column "tr": 1 retransmission, 2 keepalive, 3 TIME_WAIT, 4 zero window probe. */
static void set_timer(const struct tcp_sock *tp, struct tcp_entry *e)
{
	const struct timer *t = &tp->timer;

	if (tp->timer_kind == TCP_TIMER_PROBE) {
		e->timer = 4;
	} else if (tp->timer_kind != TCP_TIMER_NONE) {
		e->timer = 1;
	} else if (timer_armed(&tp->keep_timer)) {
		e->timer = 2;
		t = &tp->keep_timer;
	}
	e->when_ns = e->timer ? time_left(t) : 0;
}

static int walk_reqs(const struct tcp_sock *l, struct walk *w)
{
	const struct tcp_req *r;
	int ret = 0;

	list_for_each_entry (r, &l->listen->reqs, link) {
		struct tcp_entry e = {
			.tuple = &r->tuple,
			.state = TCP_SYN_RECV,
			.timer = 1,
			.when_ns = time_left(&r->timer),
			.retrans = r->nr_sent,
			.uid = l->inet.uid,
			.mark = l->inet.sk.mark,
		};

		ret = w->fn(&e, w->arg);
		if (ret)
			break;
	}
	return ret;
}

static int walk_sock(struct inet_sock *is, void *arg)
{
	struct tcp_sock *tp = (struct tcp_sock *)is;
	struct walk *w = arg;
	struct tcp_entry e = {
		.tp = tp,
		.tuple = &is->tuple,
		.state = tp->state,
		.retrans = tp->nr_retrans,
		.uid = is->uid,
		.ino = is->sk.file ? is->sk.ino : 0,
		.mark = is->sk.mark,
	};
	int ret;

	if (tp->state == TCP_CLOSE && is->tuple.state != INET_BOUND)
		return 0;
	set_timer(tp, &e);
	if (tp->state == TCP_LISTEN) {
		e.rx_queue = tp->listen->nr_accept;
		ret = w->fn(&e, w->arg);
		return ret ? ret : walk_reqs(tp, w);
	}
	if (tp->state != TCP_CLOSE) {
		e.tx_queue = tp->write_seq - tp->snd_una;
		e.rx_queue = tp->rcv_nxt - tp->copied_seq;
	}
	return w->fn(&e, w->arg);
}

static int walk_tw(const struct tcp_tw *tw, void *arg)
{
	struct walk *w = arg;
	struct tcp_entry e = {
		.tuple = &tw->tuple,
		.state = (enum tcp_state)tw->substate,
		.timer = 3,
		.when_ns = time_left(&tw->timer),
		.uid = 0,
	};

	return w->fn(&e, w->arg);
}

int tcp_for_each(int (*fn)(const struct tcp_entry *e, void *arg), void *arg)
{
	struct walk w = {fn, arg};
	int ret = inet_for_each(&tcp_proto, walk_sock, &w);

	return ret ? ret : tcp_tw_for_each(walk_tw, &w);
}
