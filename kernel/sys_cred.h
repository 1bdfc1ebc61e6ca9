/* Changing current's credentials: copy, change, commit. */
#ifndef SKIFF_KERNEL_SYS_CRED_H
#define SKIFF_KERNEL_SYS_CRED_H

#include "kernel/cred.h"

struct cred *cred_prepare(void);    /* a copy of current's; NULL: out of memory */
long cred_commit(struct cred *new); /* takes the reference; 0 */

#endif
