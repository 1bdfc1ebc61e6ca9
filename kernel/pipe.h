/* Pipes and FIFOs (pipe(7), fifo(7)), and what splice needs from them. */
#ifndef SKIFF_KERNEL_PIPE_H
#define SKIFF_KERNEL_PIPE_H

#include "fs/vfs.h"

struct pipe;

extern u32 pipe_max_size; /* bytes, of pipes without CAP_SYS_RESOURCE: /proc/sys/fs */

/* The one ops table of anonymous pipes and FIFOs. fs/open routes every S_IFIFO inode here;
 * inode->object is the pipe while any file of it is open. */
extern const struct file_ops fifo_ops;

/* Both ends of a new pipe: [0] reads, [1] writes. flags: O_NONBLOCK, O_DIRECT. */
int pipe_create(u32 flags, struct file *out[2]);

struct pipe *pipe_of(const struct file *f); /* NULL: not a pipe */
/* fcntl F_GETPIPE_SZ and F_SETPIPE_SZ; -EBADF for other files. */
long pipe_fcntl(struct file *f, int cmd, u64 arg);

/*
 * Splice. A claim keeps other readers (writers) out while the owner's transfer sleeps; it is taken
 * when there is data (space). Sleeps unless nonblock. 0, -EAGAIN, -ERESTARTSYS; for reading also 1
 * = end of file; for writing -EPIPE (SIGPIPE sent).
 */
int pipe_claim_read(struct pipe *p, bool nonblock);
int pipe_claim_write(struct pipe *p, bool nonblock);
void pipe_unclaim_read(struct pipe *p);
void pipe_unclaim_write(struct pipe *p);
/* Copies without consuming, up to a packet's end, from skip bytes behind the head. */
size_t pipe_peek(const struct pipe *p, void *dst, size_t len);
void pipe_consume(struct pipe *p, size_t len);
size_t pipe_space(const struct pipe *p);
/* Appends what fits; bytes taken, or -ENOMEM. */
ssize_t pipe_push(struct pipe *p, const void *src, size_t len);

#endif
