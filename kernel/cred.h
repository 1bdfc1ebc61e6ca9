/* Credentials (credentials(7), capabilities(7)). Immutable once shared: copy, change, replace. */
#ifndef SKIFF_KERNEL_CRED_H
#define SKIFF_KERNEL_CRED_H

#include "kernel/abi.h"

enum cap {
	CAP_CHOWN = 0,
	CAP_DAC_OVERRIDE = 1,
	CAP_DAC_READ_SEARCH = 2,
	CAP_FOWNER = 3,
	CAP_FSETID = 4,
	CAP_KILL = 5,
	CAP_SETGID = 6,
	CAP_SETUID = 7,
	CAP_SETPCAP = 8,
	CAP_LINUX_IMMUTABLE = 9,
	CAP_NET_BIND_SERVICE = 10,
	CAP_NET_ADMIN = 12,
	CAP_NET_RAW = 13,
	CAP_IPC_LOCK = 14,
	CAP_IPC_OWNER = 15,
	CAP_SYS_CHROOT = 18,
	CAP_SYS_PTRACE = 19,
	CAP_SYS_PACCT = 20,
	CAP_SYS_ADMIN = 21,
	CAP_SYS_BOOT = 22,
	CAP_SYS_NICE = 23,
	CAP_SYS_RESOURCE = 24,
	CAP_SYS_TIME = 25,
	CAP_SYS_TTY_CONFIG = 26,
	CAP_MKNOD = 27,
	CAP_LEASE = 28,
	CAP_AUDIT_CONTROL = 30,
	CAP_SETFCAP = 31,
	CAP_SYSLOG = 34,
	CAP_LAST = 40,
};
#define CAP_FULL ((1ull << (CAP_LAST + 1)) - 1)

struct user_ns;

struct cred {
	unsigned refs;
	struct user_ns *user_ns; /* what the capabilities are good for; NULL: the initial one */
	u32 uid, euid, suid, fsuid;
	u32 gid, egid, sgid, fsgid;
	u64 cap_effective, cap_permitted, cap_inheritable, cap_bounding, cap_ambient;
	u32 securebits;
	unsigned nr_groups;
	u32 *groups; /* sorted, owned */
};

struct cred *cred_root(void);		      /* a fresh guest root */
struct cred *cred_copy(const struct cred *c); /* NULL: out of memory; refs = 1 */
struct cred *cred_get(struct cred *c);
void cred_put(struct cred *c);
bool cred_in_group(const struct cred *c, u32 gid); /* fsgid and supplementary groups */
/* May current do what needs cap: to the machine; to what belongs to ns; to itself? user_ns.c */
bool capable(enum cap cap);
bool ns_capable(const struct user_ns *ns, enum cap cap);
bool capable_own(enum cap cap);
static inline bool cred_has(const struct cred *c, enum cap cap)
{
	return c->cap_effective >> cap & 1;
}

#endif
