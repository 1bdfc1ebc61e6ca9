/*
 * What a program does with a connection: sending, receiving, polling. RFC 9293 3.10.2, 3.10.3;
 * send(2), recv(2), tcp(7). Data are copied once into the skbs of the send queue, and once out of
 * those of the receive queue.
 */
#include "kernel/net/tcp.h"

#include "kernel/os.h"
#include "kernel/task.h"

#define PUSH_BYTES 131072u /* of one large write that go out before more is copied */
#define LOCAL_SNDBUF_MAX 1048576u

/* ---- sending ---- */

static u32 send_space(const struct tcp_sock *tp)
{
	const struct sock *sk = &tp->inet.sk;

	return sk->sndbuf > tp->sendq.mem ? sk->sndbuf - tp->sendq.mem : 0;
}

static bool writable(const struct tcp_sock *tp)
{
	const struct sock *sk = &tp->inet.sk;

	if (tp->notsent_lowat && tp->write_seq - tp->snd_nxt >= tp->notsent_lowat)
		return false;
	return tp->sendq.mem <= sk->sndbuf / 3 * 2;
}

/* Room was made by an acknowledgement: a larger buffer for a larger window, and who waits. */
void tcp_write_space(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock(tp);
	u64 want = 2 * (u64)MAX(tp->cong.cwnd, 10u * tp->snd_mss);
	u32 max = tp->inet.dst.type == DST_LOCAL ? LOCAL_SNDBUF_MAX : net_ctl.tcp_wmem[2];

	if (!sk->sndbuf_locked && want > sk->sndbuf && tp->sendq.mem > sk->sndbuf / 3)
		sk->sndbuf = MAX(sk->sndbuf, (u32)MIN(want, (u64)max));
	if (writable(tp) && tcp_can_send(tp))
		sock_wake(sk, EPOLLOUT | EPOLLWRNORM);
}

static void raise_sigpipe(const struct sock_msg *m)
{
	siginfo_t info;

	if (m->flags & MSG_NOSIGNAL)
		return;
	siginfo_user(&info, SIGPIPE);
	signal_send_task(current, SIGPIPE, &info);
}

/* Why nothing can be sent, 0: it can. Waits for a handshake under way. */
static int check_sendable(struct tcp_sock *tp, u64 deadline)
{
	struct sock *sk = tcp_sock(tp);
	int err;

	for (;;) {
		if (sk->err)
			return sock_take_error(sk);
		if (sk->shutdown & SOCK_SHUT_WR)
			return -EPIPE;
		if (tcp_can_send(tp))
			return 0;
		if (tp->state != TCP_SYN_SENT && tp->state != TCP_SYN_RECV)
			return -EPIPE;
		err = sock_wait(&sk->wait, EPOLLOUT, deadline);
		if (err < 0)
			return err;
	}
}

static int wait_space(struct tcp_sock *tp, u64 deadline)
{
	struct sock *sk = tcp_sock(tp);

	tcp_output(tp);
	if (send_space(tp) || sk->err || !tcp_can_send(tp))
		return 0;
	return sock_wait(&sk->wait, EPOLLOUT, deadline);
}

/* Copies what fits from the user: bytes, or -errno. */
static ssize_t fill(struct tcp_sock *tp, struct uio *uio)
{
	u32 space = send_space(tp), room;
	struct tcp_seg *s;
	ssize_t n;

	if (!space)
		return 0;
	s = tcp_sendq_room(
		&tp->sendq, tp->write_seq, MIN(uio->left, (size_t)MAX(space, 1024u)), &room);
	if (!s)
		return -ENOMEM;
	n = uio_get(uio, tcp_seg_tail(s), MIN(uio->left, (size_t)room));
	tcp_sendq_commit(&tp->sendq, s, n > 0 ? (u32)n : 0);
	if (n > 0)
		tp->write_seq += (u32)n;
	return n;
}

static ssize_t send_bytes(struct tcp_sock *tp, struct sock_msg *m, u64 deadline)
{
	ssize_t sent = 0, n;
	u32 unpushed = 0;
	int err;

	while (m->uio->left) {
		err = check_sendable(tp, deadline);
		n = err ? err : fill(tp, m->uio);
		if (n == 0)
			n = err = wait_space(tp, deadline);
		else if (n > 0)
			err = sched_pause_after((size_t)(sent + n), (size_t)n);
		if (n < 0)
			return sent ? sent : n;
		sent += n;
		unpushed += (u32)n;
		if (unpushed >= PUSH_BYTES) {
			unpushed = 0;
			tcp_output(tp);
		}
		if (err < 0)
			break;
	}
	return sent;
}

ssize_t tcp_sendmsg(struct sock *sk, struct sock_msg *m)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u64 deadline = sock_deadline(sk->sndtimeo_ns, m->flags);
	ssize_t sent;

	if (m->flags & MSG_ZEROCOPY && sock_option(sk, SO_ZEROCOPY))
		return -EOPNOTSUPP;
	if (m->flags & MSG_FASTOPEN)
		return -EOPNOTSUPP;
	if (tp->state == TCP_LISTEN || (tp->state == TCP_CLOSE && !sk->err && !sk->shutdown)) {
		sent = -EPIPE;
		goto out;
	}
	tp->more = false;
	sent = send_bytes(tp, m, deadline);
	if (sent > 0 && (m->flags & MSG_OOB))
		tp->snd_up = tp->write_seq;
	tp->more = sent > 0 && (m->flags & MSG_MORE) && !(m->flags & MSG_OOB);
	if (sent > 0)
		tcp_output(tp);
	if (tp->more && !timer_armed(&tp->timer))
		tcp_timer_rearm(tp, 0);
out:
	if (sent == -EPIPE)
		raise_sigpipe(m);
	return sent;
}

/* ---- receiving ---- */

struct tcp_read {
	struct tcp_sock *tp;
	struct sock_msg *m;
	u32 seq; /* next byte wanted: copied_seq but for MSG_PEEK */
	size_t copied, target;
	bool peek, stop;
	u64 deadline;
};

bool tcp_at_mark(const struct tcp_sock *tp)
{
	return tp->urg_state != TCP_URG_NONE && tp->copied_seq == tp->urg_seq;
}

static ssize_t recv_urg(struct tcp_sock *tp, struct sock_msg *m)
{
	struct sock *sk = tcp_sock(tp);
	ssize_t n = 0;

	if (sock_option(sk, SO_OOBINLINE) || tp->urg_state == TCP_URG_NONE ||
		tp->urg_state == TCP_URG_READ)
		return -EINVAL;
	if (tp->state == TCP_CLOSE && !list_empty(&tp->rcvq))
		return -ENOTCONN;
	if (tp->urg_state == TCP_URG_VALID) {
		m->out_flags |= MSG_OOB;
		if (m->uio->left && !(m->flags & MSG_TRUNC))
			n = uio_put(m->uio, &tp->urg_byte, 1);
		else
			m->out_flags |= MSG_TRUNC;
		if (n >= 0 && !(m->flags & MSG_PEEK))
			tp->urg_state = TCP_URG_READ;
		return n;
	}
	if (tp->state == TCP_CLOSE || (sk->shutdown & SOCK_SHUT_RD))
		return 0;
	return -EAGAIN; /* it is announced but not here */
}

/* The queued skb with seq. Those before it are done with, unless we peek. */
static struct skb *find_skb(struct tcp_sock *tp, u32 seq)
{
	struct skb *skb;

	list_for_each_entry (skb, &tp->rcvq, link)
		if (seq_lt(seq, tcp_cb(skb)->seq + skb_len(skb)))
			return skb;
	return NULL;
}

static void drop_read(struct tcp_sock *tp)
{
	while (!list_empty(&tp->rcvq)) {
		struct skb *skb = list_first(&tp->rcvq, struct skb, link);

		if (seq_gt(tcp_cb(skb)->seq + skb_len(skb), tp->copied_seq))
			return;
		list_del(&skb->link);
		skb_free(skb);
	}
}

/* The urgent byte is next: skipped, or read past once (inline). 0 to go on, 1 to stop here. */
static int at_urgent(struct tcp_read *r)
{
	struct tcp_sock *tp = r->tp;

	if (tp->urg_state == TCP_URG_NONE || tp->urg_seq != r->seq)
		return 0;
	if (r->copied)
		return 1; /* reads do not cross the mark */
	if (!sock_option(tcp_sock(tp), SO_OOBINLINE) && tp->urg_state != TCP_URG_NOTYET) {
		r->seq++;
		if (!r->peek) {
			tp->copied_seq++;
			tp->urg_state = TCP_URG_NONE;
		}
	}
	return 0;
}

static ssize_t take(struct tcp_read *r, struct skb *skb)
{
	struct tcp_sock *tp = r->tp;
	u32 off = r->seq - tcp_cb(skb)->seq, len = skb_len(skb) - off;
	ssize_t n;

	if (tp->urg_state != TCP_URG_NONE && seq_gt(tp->urg_seq, r->seq))
		len = MIN(len, tp->urg_seq - r->seq);
	len = (u32)MIN((size_t)len, r->m->uio->left);
	if (r->m->flags & MSG_TRUNC) {
		uio_advance(r->m->uio, len);
		n = len;
	} else {
		n = uio_put(r->m->uio, skb->data + off, len);
	}
	if (n <= 0)
		return n ? n : -EFAULT;
	r->copied += (size_t)n;
	r->seq += (u32)n;
	if (!r->peek) {
		if (tp->urg_state == TCP_URG_READ && seq_gt(r->seq, tp->urg_seq))
			tp->urg_state = TCP_URG_NONE;
		else if (tp->urg_state == TCP_URG_VALID && seq_gt(r->seq, tp->urg_seq))
			tp->urg_state = TCP_URG_NONE;
		tp->copied_seq = r->seq;
		drop_read(tp);
	}
	return n;
}

/* Nothing to take: 1 to look again, 0 for the end, or -errno. */
static int wait_data(struct tcp_read *r)
{
	struct tcp_sock *tp = r->tp;
	struct sock *sk = tcp_sock(tp);
	int err;

	if (r->copied >= r->target)
		return 0;
	if (r->copied && (sk->err || tp->state == TCP_CLOSE || (sk->shutdown & SOCK_SHUT_RD)))
		return 0;
	if (tp->fin_received)
		return 0;
	if (sk->err)
		return sock_take_error(sk);
	if (sk->shutdown & SOCK_SHUT_RD)
		return 0;
	if (tp->state == TCP_CLOSE)
		return sk->state == SOCK_CONNECTED ? 0 : -ENOTCONN;
	if (!r->peek)
		tcp_read_done(tp);
	err = sock_wait(&sk->wait, EPOLLIN | EPOLLRDHUP, r->deadline);
	return err < 0 ? err : 1;
}

static ssize_t read_bytes(struct tcp_read *r)
{
	struct skb *skb;
	ssize_t n = 0;
	int err;

	while (r->m->uio->left) {
		if (!r->peek && seq_lt(r->seq, r->tp->copied_seq))
			r->seq = r->tp->copied_seq; /* another reader was here while we slept */
		if (at_urgent(r))
			break;
		skb = find_skb(r->tp, r->seq);
		if (skb) {
			n = take(r, skb);
			if (n < 0)
				break;
			if (sched_pause_after(r->copied, (size_t)n) < 0)
				break;
			continue;
		}
		err = wait_data(r);
		if (err <= 0) {
			n = err;
			break;
		}
	}
	return r->copied ? (ssize_t)r->copied : n < 0 ? n : 0;
}

ssize_t tcp_recvmsg(struct sock *sk, struct sock_msg *m)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct tcp_read r = {
		.tp = tp,
		.m = m,
		.peek = m->flags & MSG_PEEK,
		.seq = tp->copied_seq,
		.deadline = sock_deadline(sk->rcvtimeo_ns, m->flags),
	};
	ssize_t n;

	if (m->flags & MSG_ERRQUEUE)
		return inet_recv_errqueue(&tp->inet, m);
	if (tp->state == TCP_LISTEN)
		return -ENOTCONN;
	if (m->flags & MSG_OOB)
		return recv_urg(tp, m);
	r.target = m->flags & MSG_WAITALL ? m->uio->left : MIN((size_t)sk->rcvlowat, m->uio->left);
	r.target = MAX(r.target, (size_t)1);
	n = read_bytes(&r);
	if (n > 0 && !r.peek)
		tcp_read_done(tp);
	return n;
}

/* ---- readiness ---- */

u32 tcp_poll(struct sock *sk, struct poll_table *pt)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 mask = 0, unread;

	poll_wait(pt, &sk->wait);
	if (tp->state == TCP_LISTEN)
		return list_empty(&tp->listen->acceptq) ? 0 : EPOLLIN | EPOLLRDNORM;
	if (sk->shutdown == SOCK_SHUT_BOTH || tp->state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (sk->shutdown & SOCK_SHUT_RD)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (sk->err || !list_empty(&tp->inet.errq))
		mask |= EPOLLERR;
	if (tp->state == TCP_SYN_SENT || tp->state == TCP_SYN_RECV)
		return mask;
	unread = tp->state == TCP_CLOSE && list_empty(&tp->rcvq) ? 0 : tp->rcv_nxt - tp->copied_seq;
	if (tp->fin_received && unread)
		unread--;
	if (tp->urg_state == TCP_URG_VALID)
		mask |= EPOLLPRI;
	if (tp->urg_state != TCP_URG_NONE && tp->urg_seq == tp->copied_seq && unread &&
		!sock_option(sk, SO_OOBINLINE))
		unread--;
	if (unread && (unread >= sk->rcvlowat || sk->shutdown & SOCK_SHUT_RD))
		mask |= EPOLLIN | EPOLLRDNORM;
	if ((sk->shutdown & SOCK_SHUT_WR) || tp->state == TCP_CLOSE || writable(tp))
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

/* ---- ioctl ---- */

static int unread_bytes(const struct tcp_sock *tp)
{
	u32 n = tp->rcv_nxt - tp->copied_seq;

	if (tp->state == TCP_SYN_SENT || tp->state == TCP_SYN_RECV)
		return 0;
	if (tp->state == TCP_CLOSE && list_empty(&tp->rcvq))
		return 0;
	if (tp->urg_state != TCP_URG_NONE && !sock_option(&tp->inet.sk, SO_OOBINLINE) &&
		seq_lt(tp->urg_seq, tp->rcv_nxt)) {
		if (tp->urg_seq == tp->copied_seq)
			return n ? (int)n - 1 : 0;
		if (seq_gt(tp->urg_seq, tp->copied_seq))
			return (int)(tp->urg_seq - tp->copied_seq);
	}
	return n && tp->fin_received ? (int)n - 1 : (int)n;
}

long tcp_ioctl(struct sock *sk, u32 cmd, uaddr_t arg)
{
	struct tcp_sock *tp = tcp_sk(sk);

	switch (cmd) {
	case SIOCINQ:
		if (tp->state == TCP_LISTEN)
			return -EINVAL;
		return put_user_u32(arg, (u32)unread_bytes(tp));
	case SIOCATMARK:
		return put_user_u32(arg, tcp_at_mark(tp));
	case SIOCOUTQ:
		if (tp->state == TCP_LISTEN)
			return -EINVAL;
		return put_user_u32(arg, tp->state == TCP_SYN_SENT || tp->state == TCP_CLOSE
						 ? 0
						 : tp->write_seq - tp->snd_una);
	case SIOCOUTQNSD:
		if (tp->state == TCP_LISTEN)
			return -EINVAL;
		return put_user_u32(arg, tp->state == TCP_CLOSE ? 0 : tp->write_seq - tp->snd_nxt);
	default:
		return inet_ioctl(sk, cmd, arg);
	}
}
