/* Pages of pipes per user, and the limits on them: pipe(7), /proc/sys/fs/pipe-user-pages-*. */
#ifndef SKIFF_KERNEL_PIPE_USER_H
#define SKIFF_KERNEL_PIPE_USER_H

#include "kernel/lib/types.h"

struct pipe_user;

extern u32 pipe_user_pages_soft, pipe_user_pages_hard; /* 0: no limit */

/* The caller's account, one more user of it; NULL: out of memory. */
struct pipe_user *pipe_user_get(void);
void pipe_user_put(struct pipe_user *u);
/* Moves u's pages from old to new, whatever the limits say; what there is then. */
u64 pipe_user_charge(struct pipe_user *u, u64 old, u64 new);
/* Is a user with that many pages beyond a limit that binds the caller? */
bool pipe_user_over_soft(u64 pages);
bool pipe_user_over_hard(u64 pages);

#endif
