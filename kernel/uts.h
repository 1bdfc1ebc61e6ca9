/* The names of the machine that can be set, per UTS namespace: uname(2), sethostname(2),
 * /proc/sys/kernel/hostname, uts_namespaces(7). */
#ifndef SKIFF_KERNEL_UTS_H
#define SKIFF_KERNEL_UTS_H

#include "kernel/ns.h"

#define UTS_LEN 64

struct uts_ns {
	struct ns ns;
	char nodename[UTS_LEN + 1], domainname[UTS_LEN + 1]; /* NUL-terminated */
};
extern struct uts_ns init_uts_ns;
struct uts_ns *uts_current(void);
struct uts_ns *uts_ns_create(
	const struct uts_ns *from, struct user_ns *owner); /* NULL: no memory */

int uts_set(char name[UTS_LEN + 1], const char *text, size_t len); /* -EINVAL: too long */

#endif
