/*
 * Sockets, whatever their family: struct sock, the family table, and what sys_net.c calls.
 * socket(2), socket(7). Functions that may sleep say so; those run on a coroutine.
 */
#ifndef SKIFF_KERNEL_NET_SOCKET_H
#define SKIFF_KERNEL_NET_SOCKET_H

#include "fs/vfs.h"
#include "kernel/abi_net.h"
#include "kernel/poll.h"
#include "kernel/sched.h"
#include "kernel/uaccess.h"

struct sock;
struct sock_prog;
struct cred;

struct sock_addr {
	u32 len; /* bytes, family included; 0: no address */
	union {
		struct sockaddr sa;
		struct sockaddr_un un;
		struct sockaddr_storage ss;
		u8 bytes[sizeof(struct sockaddr_storage)];
	};
};

/* One send or receive. A receive fills the fields marked "out". */
struct sock_msg {
	struct uio *uio;
	struct sock_addr
		*name;	      /* send: destination, NULL if none. receive: out, NULL if unwanted */
	void *control;	      /* send: kernel copy of the control messages */
	size_t control_len;   /* send: bytes of control */
	uaddr_t ucontrol;     /* receive: guest buffer for control messages, advanced */
	size_t ucontrol_left; /* receive: bytes left there */
	u32 flags;	      /* MSG_*; MSG_DONTWAIT is set for O_NONBLOCK too */
	u32 out_flags;	      /* out: MSG_TRUNC, MSG_CTRUNC ... */
};

/* NULL ops: -EOPNOTSUPP, but as noted. */
struct sock_ops {
	void (*release)(struct sock *sk); /* the file is gone; no sleep. The caller puts sk */
	void (*destroy)(struct sock *sk); /* the last reference is gone: frees sk */
	void (*option_set)(struct sock *sk, int name); /* a boolean SO_*. Default: nothing to do */
	void (*linger)(
		struct sock *sk); /* close(2) of the last descriptor; sleeps. Default: none */
	int (*pair)(struct sock *a, struct sock *b);
	int (*bind)(struct sock *sk, const struct sock_addr *a);		   /* sleeps */
	int (*connect)(struct sock *sk, const struct sock_addr *a, u32 msg_flags); /* sleeps */
	int (*listen)(struct sock *sk, int backlog);
	int (*accept)(
		struct sock *sk, u32 msg_flags, struct sock **out); /* sleeps; new reference */
	int (*getname)(struct sock *sk, struct sock_addr *out, bool peer);
	ssize_t (*sendmsg)(struct sock *sk, struct sock_msg *m); /* sleeps */
	ssize_t (*recvmsg)(struct sock *sk, struct sock_msg *m); /* sleeps */
	u32 (*poll)(struct sock *sk, struct poll_table *pt);
	int (*shutdown)(struct sock *sk, int how);	      /* SHUT_* */
	long (*ioctl)(struct sock *sk, u32 cmd, uaddr_t arg); /* default: -ENOTTY */
	/* Levels other than SOL_SOCKET. Defaults: -ENOPROTOOPT. getsockopt returns the length. */
	int (*setsockopt)(struct sock *sk, int level, int name, uaddr_t val, u32 len);
	/* buf begins with 4 bytes of what the caller has there. */
	int (*getsockopt)(struct sock *sk, int level, int name, void *buf, u32 size);
	/* wmem has fallen to half of sndbuf. Default: wakes for EPOLLOUT. */
	void (*write_space)(struct sock *sk);
	/* As file_ops. Default: -ENODEV */
	int (*mmap_hfd)(struct sock *sk, bool shared_write);
	/* The process at the other end, for SO_PEERCRED: NULL if none. */
	const struct cred *(*peercred)(struct sock *sk, pid_t *pid);
};

enum sock_state {
	SOCK_UNCONNECTED,
	SOCK_LISTENING,
	SOCK_CONNECTED,
};

#define SOCK_SHUT_RD 1u
#define SOCK_SHUT_WR 2u
#define SOCK_SHUT_BOTH 3u

struct sock {
	unsigned refs;
	int family, type, protocol;
	const struct sock_ops *ops;
	enum sock_state state;
	struct net_ns *net;	  /* a reference */
	struct file *file;	  /* not counted; NULL before accept and after release */
	u64 ino;		  /* of socket:[N] */
	struct waitq wait;	  /* readers, writers and pollers */
	u32 shutdown;		  /* SOCK_SHUT_* */
	int err;		  /* positive errno for the next call and SO_ERROR, 0 if none */
	struct sock_prog *filter; /* SO_ATTACH_FILTER, see sock_filter.h; NULL: none */
	bool filter_locked;

	u32 wmem, rmem; /* bytes of skbs charged to it, see net/skb.h; AF_UNIX has its own */

	/* SOL_SOCKET options */
	u32 options; /* bit per boolean option, see sockopt.c */
	bool passcred;
	bool sndbuf_locked, rcvbuf_locked; /* set by the program: no autotuning */
	int bound_if;			   /* SO_BINDTODEVICE: ifindex, 0: none */
	u32 sndbuf, rcvbuf;		   /* bytes, as getsockopt reports them */
	u32 rcvlowat, priority, mark;
	s32 peek_off;		      /* -1: off */
	u64 rcvtimeo_ns, sndtimeo_ns; /* WAIT_FOREVER: none */
	struct linger linger;
};

struct sock_family {
	int family;
	/* Allocates and fills a sock (sock_init); type has no flag bits. */
	int (*create)(int type, int protocol, struct sock **out);
};
extern const struct sock_family unix_family, inet_family, inet6_family, netlink_family,
	packet_family;

extern const struct file_ops sock_file_ops;
extern unsigned nr_open_socks; /* open files of sockets, of every family */

int sock_create(int family, int type, int protocol, struct sock **out);
void sock_init(struct sock *sk, const struct sock_ops *ops, int family, int type, int protocol);
void sock_enter(struct sock *sk); /* current_net becomes the sock's */
struct sock *sock_get(struct sock *sk);
void sock_put(struct sock *sk);
/* An open file for sk; takes the caller's reference, also on failure. */
int sock_open_file(struct sock *sk, u32 flags, struct file **out);
static inline struct sock *sock_of_file(const struct file *f)
{
	return f->ops == &sock_file_ops ? f->priv : NULL;
}

/* ---- for families ---- */
u64 sock_deadline(u64 timeout_ns, u32 msg_flags); /* absolute; 0 for MSG_DONTWAIT */
/*
 * Sleeps until q is woken for one of events (or an error or hang-up). deadline_ns as from
 * sock_deadline. 0; -EAGAIN past the deadline; -ERESTARTSYS, or -EINTR if there is a time limit.
 */
int sock_wait(struct waitq *q, u32 events, u64 deadline_ns);
void sock_wake(struct sock *sk, u32 events);
int sock_take_error(struct sock *sk); /* -err, and clears it */
ssize_t sock_sendmsg(struct sock *sk, struct sock_msg *m);
ssize_t sock_recvmsg(struct sock *sk, struct sock_msg *m);

/* ---- SOL_SOCKET (kernel/net/sockopt.c) ---- */
int sock_setsockopt(struct sock *sk, int name, uaddr_t val, u32 len);
/* The value into buf; its length or -errno. */
int sock_getsockopt(struct sock *sk, int name, void *buf, u32 size);
bool sock_option(const struct sock *sk, int name); /* a boolean option: SO_REUSEADDR ... */
#define SOCK_OPT_MAX 1024u /* size of the buffer getsockopt passes; SO_PEERGROUPS may need more */

/* One message into the guest's control buffer: MSG_CTRUNC in out_flags if it does not fit. */
int sock_put_cmsg(struct sock_msg *m, int level, int type, const void *data, size_t len);

#endif
