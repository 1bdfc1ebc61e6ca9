/*
 * Socket-level control messages (unix(7), cmsg(3)): SCM_RIGHTS and SCM_CREDENTIALS as they travel
 * with a message of AF_UNIX.
 */
#ifndef SKIFF_KERNEL_NET_SCM_H
#define SKIFF_KERNEL_NET_SCM_H

#include "kernel/net/socket.h"

/* Files on their way; each holds a reference. */
struct scm_fds {
	unsigned nr;
	u32 uid; /* charged for them while they are in a queue */
	struct file *file[];
};

struct scm {
	struct ucred cred;
	bool has_cred;	     /* the sender's socket layer recorded cred */
	struct scm_fds *fds; /* owned, NULL if none */
};

/* Parses the control messages of a send and takes references to the files. On error scm is empty.
 */
int scm_send(const struct sock_msg *m, struct scm *scm);
/* Writes scm to the receiver's control buffer as sk asks for it; gives it the files (or, with peek,
 * leaves them to the message). Frees scm->fds unless peek. */
int scm_recv(struct sock *sk, struct sock_msg *m, struct scm *scm, bool peek);
void scm_fini(struct scm *scm); /* drops the files */

#endif
