/* AF_UNIX, unix(7): what its files share, and the list behind /proc/net/unix. */
#ifndef SKIFF_KERNEL_NET_UNIX_H
#define SKIFF_KERNEL_NET_UNIX_H

#include "kernel/lib/htab.h"
#include "kernel/lib/list.h"
#include "kernel/net/scm.h"
#include "kernel/net/socket.h"

/* A bound name; shared by a listener and the socks it accepts. */
struct unix_addr {
	unsigned refs;
	u32 len; /* family included; a pathname's includes its NUL */
	struct sockaddr_un un;
	char nul[2]; /* a pathname may fill sun_path */
};

/* One message, or one piece of a stream, in a receive queue. */
struct unix_msg {
	struct list_head link;
	struct unix_sock *from; /* reference; charged with truesize */
	struct scm scm;
	u32 len, off; /* bytes of data; bytes of it already received */
	u32 truesize;
	u8 data[];
};

struct unix_sock {
	struct sock sk; /* first */
	struct list_head all_link;
	struct unix_addr *addr; /* NULL: not bound */
	struct hnode name_node; /* abstract names only */
	bool name_hashed;
	struct path path;	/* of the pathname bound to (also of the listener); NULLs if none */
	struct inode *inode;	/* the pathname's, with a reference; its object is this sock */
	struct unix_sock *peer; /* reference; stays after the peer's release */
	bool dead;		/* released */
	bool embryo;		/* connected but not accepted yet */

	struct list_head queue; /* struct unix_msg */
	u32 nr_queued;
	size_t queued_len;	/* unread bytes in queue */
	size_t wmem;		/* truesize of our messages in queues anywhere */
	struct waitq peer_wait; /* senders and connectors waiting for room here */
	struct waiter relay;	/* on the peer's peer_wait, for pollers of this sock */

	struct list_head acceptq; /* struct unix_sock.accept_link, each a reference */
	struct list_head accept_link;
	u32 nr_accept, backlog; /* backlog also limits a datagram queue */
	pid_t own_pid, peer_pid;
	struct cred *own_cred;	/* set by listen */
	struct cred *peer_cred; /* NULL: no peer yet */

	/* unix_gc.c */
	struct list_head inflight_link;
	unsigned nr_inflight; /* times the file of this sock is in a queue */
	unsigned gc_refs;
	struct list_head gc_link;
	bool gc_candidate;
};

static inline struct unix_sock *unix_sk(struct sock *sk)
{
	return container_of(sk, struct unix_sock, sk);
}

#define UNIX_WAKE_ALL \
	(EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM | EPOLLWRBAND | EPOLLHUP | EPOLLRDHUP)

/* ---- unix.c ---- */
int unix_create(int type, int protocol, struct sock **out);
void unix_set_peercred(struct unix_sock *u, struct cred *c, pid_t pid); /* takes a new reference */
void unix_release(struct sock *sk);
void unix_destroy(struct sock *sk);
int unix_getname(struct sock *sk, struct sock_addr *out, bool peer);
int unix_pair(struct sock *a, struct sock *b);
int unix_shutdown(struct sock *sk, int how);
long unix_ioctl(struct sock *sk, u32 cmd, uaddr_t arg);
const struct cred *unix_peercred(struct sock *sk, pid_t *pid);
void unix_set_peer(struct unix_sock *u, struct unix_sock *peer); /* new reference; NULL: none */
static inline bool unix_writable(const struct unix_sock *u)
{
	return u->wmem * 4 <= u->sk.sndbuf;
}

/* messages */
struct unix_msg *unix_msg_alloc(struct unix_sock *from, size_t len); /* charges from */
void unix_msg_free(struct unix_msg *msg);			     /* uncharges, drops files */
/* Moves credentials and files of a send to msg; files attached to a message are in flight. */
int unix_msg_attach(struct unix_msg *msg, struct scm *scm);
void unix_msg_detach_fds(struct unix_msg *msg, struct scm *to);	   /* the reverse, for a receive */
void unix_msg_queue(struct unix_sock *to, struct unix_msg *msg);   /* takes msg, wakes readers */
void unix_msg_unqueue(struct unix_sock *to, struct unix_msg *msg); /* the caller owns msg */
/* Sleeps until u may send more: 0, or why not (-EPIPE too; the signal is the caller's). */
int unix_wait_sndbuf(struct unix_sock *u, u64 deadline_ns);
/* The first message with a byte beyond *skip of the queue; *skip becomes the offset inside it. */
struct unix_msg *unix_peek_at(struct unix_sock *u, size_t *skip);
void unix_copy_addr(struct sock_addr *out, const struct unix_sock *u);
int unix_copy_scm(const struct scm *from, struct scm *to); /* for MSG_PEEK: new file references */

/* ---- unix_bind.c ---- */
int unix_check_addr(const struct sock_addr *a);
int unix_bind(struct sock *sk, const struct sock_addr *a); /* sleeps */
int unix_autobind(struct unix_sock *u);
void unix_unbind(struct unix_sock *u);
/* The sock bound to a name, of the given type: a new reference in *out. Sleeps. */
int unix_find(const struct sock_addr *a, int type, struct unix_sock **out);
void unix_addr_put(struct unix_addr *a);

/* ---- unix_stream.c (stream; connect, listen, accept of seqpacket too), unix_dgram.c ---- */
extern const struct sock_ops unix_stream_ops, unix_dgram_ops, unix_seqpacket_ops;
int unix_stream_connect(struct sock *sk, const struct sock_addr *a, u32 msg_flags);
int unix_listen(struct sock *sk, int backlog);
int unix_accept(struct sock *sk, u32 msg_flags, struct sock **out);
u32 unix_stream_poll(struct sock *sk, struct poll_table *pt);

/* ---- unix_gc.c ---- */
int unix_inflight_check(void); /* may current put more files in flight? 0 or -ETOOMANYREFS */
int unix_inflight_add(const struct scm_fds *fds); /* 0, -ENOMEM */
void unix_inflight_del(const struct scm_fds *fds);
void unix_gc_schedule(void); /* soon: frees socks that only queues of such socks refer to */
/* Frees messages, without recursion however deep files of socks nest. */
void unix_purge(struct list_head *messages);

/* ---- /proc/net/unix, sock_diag ---- */
struct unix_info {
	const struct unix_sock *sock;
	unsigned refs;
	u32 flags; /* ABI_SO_ACCEPTCON or 0 */
	int type;
	int state; /* 1 unconnected, 2 connecting, 3 connected (SS_*) */
	u64 ino;
	const char *name; /* '@' in place of each NUL of an abstract name; NULL: none */
};
int unix_for_each(int (*fn)(const struct unix_info *info, void *arg), void *arg);
/* One line of /proc/net/unix without its newline; the header's without an info. */
int unix_info_format(const struct unix_info *info, char *buf, size_t size);

#endif
