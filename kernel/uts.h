/* The names of the machine that can be set: uname(2), sethostname(2), /proc/sys/kernel/hostname. */
#ifndef SKIFF_KERNEL_UTS_H
#define SKIFF_KERNEL_UTS_H

#include "kernel/lib/types.h"

#define UTS_LEN 64

extern char uts_nodename[UTS_LEN + 1], uts_domainname[UTS_LEN + 1]; /* NUL-terminated */

int uts_set(char name[UTS_LEN + 1], const char *text, size_t len); /* -EINVAL: too long */

#endif
