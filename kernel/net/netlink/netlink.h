/*
 * AF_NETLINK, netlink(7): sockets, their names and queues, requests and dumps. A protocol is one
 * struct nl_proto in the table in netlink.c; what it answers goes through the functions here. No
 * protocol sleeps while it works on a request.
 */
#ifndef SKIFF_KERNEL_NET_NETLINK_NETLINK_H
#define SKIFF_KERNEL_NET_NETLINK_NETLINK_H

#include "kernel/net/netlink/nlmsg.h"
#include "kernel/net/scm.h"
#include "kernel/net/socket.h"

#define NL_GROUPS_MAX 64u

struct nl_sock;
struct nl_dump;

/* One request of a program, complete: h->nlmsg_len bytes are there. */
struct nl_req {
	struct nl_sock *nls;
	const struct nlmsghdr *h;
	struct nl_ext ext;
};
/* Bytes behind the header, and the same behind a family's header of len bytes (aligned). */
static inline size_t nl_req_len(const struct nl_req *r)
{
	return r->h->nlmsg_len - NLMSG_HDRLEN;
}
static inline const void *nl_req_data(const struct nl_req *r)
{
	return (const u8 *)r->h + NLMSG_HDRLEN;
}
/* The attributes behind a family's header of header_len bytes: as nl_parse; -EINVAL if even the
 * header is not all there. */
int nl_req_parse(struct nl_req *r, size_t header_len, const struct nlattr **tb, unsigned max,
	const u8 *min_len);
int nl_refuse(struct nl_req *r, int err, const char *msg); /* msg for NETLINK_EXT_ACK; is err */
int nl_refuse_attr(struct nl_req *r, int err, const struct nlattr *a, const char *msg);

#define NL_NO_ACK 1 /* what rcv returns when a dump has been started: its end is the answer */

struct nl_proto {
	int protocol;
	unsigned nr_groups;
	bool anyone_receives; /* groups may be joined without CAP_NET_ADMIN */
	bool anyone_sends;    /* programs may talk to each other */
	/* A request (NLM_F_REQUEST, not a control message). 0 or -errno for the ack, or NL_NO_ACK.
	 * NULL: there is nobody at port 0. */
	int (*rcv)(struct nl_req *r);
};
extern const struct nl_proto nl_route_proto, nl_sock_diag_proto, nl_uevent_proto;

/* A message in a queue. */
struct nl_msg {
	struct list_head link;
	u32 portid; /* the sender's, 0: the kernel */
	u32 group;  /* 0: sent to this socket alone */
	struct scm scm;
	u32 len;
	u8 data[];
};

struct nl_sock {
	struct sock sk; /* first */
	const struct nl_proto *proto;
	struct list_head all_link;
	u32 portid; /* 0: not bound */
	u32 dst_portid, dst_group;
	u64 groups;  /* bit n - 1: group n */
	u32 options; /* bit per NETLINK_* option */
	bool admin;  /* who made it had CAP_NET_ADMIN */
	bool congested;
	u32 max_recv_len; /* the largest buffer a receive came with: what dumps fill */
	struct list_head queue;
	struct nl_dump *dump; /* owned, NULL: none in progress */
};
static inline struct nl_sock *nl_sk(struct sock *sk)
{
	return (struct nl_sock *)sk;
}
bool nl_option(const struct nl_sock *nls, int name); /* NETLINK_EXT_ACK ... */
int nl_for_each(int (*fn)(const struct nl_sock *nls, void *arg), void *arg);

/* May current, through this socket, change the network's configuration? */
bool nl_may_admin(const struct nl_sock *nls);

/* Sends what b holds to the requester. Takes b's contents, also on failure: 0 or -ENOBUFS. */
int nl_reply(struct nl_sock *nls, struct nl_buf *b);
/* The netlink socket behind an open file: a reference; -ENOTSOCK, or -EINVAL for another family. */
int nl_sock_of_file(const struct file *f, struct nl_sock **out);
/* Copies data, which need not be netlink messages, into the queue; lost if that is full. */
void nl_tell(struct nl_sock *nls, const void *data, u32 len);
/* Does anybody listen to this group? */
bool nl_has_listeners(int protocol, unsigned group);
/* To all members of a group, except one (may be NULL). Takes b's contents. */
void nl_multicast(int protocol, unsigned group, struct nl_buf *b, const struct nl_sock *except);

/*
 * An answer of many messages, made piece by piece as the program receives. fn appends messages from
 * position pos on, until all is done (0), nl_dump_full says the buffer is full (1), or -errno. It
 * is called again with what pos it left. req is the dump's own copy of the request.
 */
struct nl_dump {
	struct nl_req req;
	int (*fn)(struct nl_dump *d, struct nl_buf *b);
	u64 pos;
	u32 limit;	   /* bytes of one buffer */
	u32 generation;	   /* of what is dumped when it began, see nl_dump_generation */
	struct nlmsghdr h; /* for the messages: portid, seq, NLM_F_MULTI; type is fn's to set */
	u64 request[];	   /* the copy */
};
int nl_dump_start(struct nl_req *r, int (*fn)(struct nl_dump *d, struct nl_buf *b)); /* NL_NO_ACK */
/* A message has been appended behind offset at. True: it does not fit and is taken away again. */
bool nl_dump_full(struct nl_dump *d, struct nl_buf *b, u32 at);
/* Moved by what changes the objects of dumps, which are then marked NLM_F_DUMP_INTR. */
extern u32 nl_dump_generation;

/* ---- NETLINK_ROUTE, uevents: listen to the network's configuration ---- */
void nl_route_init(void);
void nl_route_fini(void); /* unit tests */
void nl_uevent_init(void);
void nl_uevent_fini(void);

#endif
