/*
 * Host and domain name of the machine. Set by the command line, sethostname(2) and
 * setdomainname(2), and the files of /proc/sys/kernel. uname(2).
 */
#include "kernel/uts.h"

#include "kernel/user_ns.h"

struct uts_ns init_uts_ns = {
	.ns = {.kind = NS_UTS, .refs = 1, .number = 4026531838, .owner = &init_user_ns},
	.nodename = "skiff",
	.domainname = "(none)",
};

struct uts_ns *uts_current(void)
{
	return nsset_current()->uts;
}

struct uts_ns *uts_ns_create(const struct uts_ns *from, struct user_ns *owner)
{
	struct uts_ns *ns = malloc(sizeof(*ns));

	if (!ns)
		return NULL;
	*ns = *from;
	ns->ns.inode = NULL;
	ns_init(&ns->ns, NS_UTS, owner);
	return ns;
}

int uts_set(char name[UTS_LEN + 1], const char *text, size_t len)
{
	if (len > UTS_LEN)
		return -EINVAL;
	memmove(name, text, len);
	memset(name + len, 0, UTS_LEN + 1 - len);
	return 0;
}
