/*
 * POSIX message queues (mq_overview(7)): the queue behind a file of the mqueue filesystem.
 * fs/mqueue names them; kernel/ipc/mqueue.c fills and empties them.
 */
#ifndef SKIFF_KERNEL_IPC_MQUEUE_H
#define SKIFF_KERNEL_IPC_MQUEUE_H

#include "fs/vfs.h"

struct ipc_ns;
struct mqueue;

struct abi_mq_attr {
	s64 flags, maxmsg, msgsize, curmsgs;
	s64 reserved[4];
};
static_assert(sizeof(struct abi_mq_attr) == 64, "struct mq_attr");

struct mq_limits { /* /proc/sys/fs/mqueue */
	s32 queues_max, msg_max, msgsize_max, msg_default, msgsize_default;
	s32 nr_queues;
};

/* attr NULL: the defaults. 0, -EINVAL, -EMFILE (RLIMIT_MSGQUEUE), -ENOMEM. */
int mqueue_create(struct ipc_ns *ns, const struct abi_mq_attr *attr, struct mqueue **out);
void mqueue_free(struct mqueue *q);

extern const struct file_ops mqueue_fops; /* of a file whose inode->priv is a struct mqueue */

/* ---- fs/mqueue ---- */
extern const struct fs_type mqueue_fs_type;
/* The directory of ns's queues, borrowed; it is made at its first use. */
int mqueue_root(struct ipc_ns *ns, struct path *out);
/* The namespace has ended; what is still mounted of it stays, and takes no new queues. */
void mqueue_ns_gone(struct super *sb);
/* Makes d (negative, in that directory) a queue; the caller has checked permissions. */
int mqueue_make(struct inode *dir, struct dentry *d, u32 mode, const struct abi_mq_attr *attr);

#endif
