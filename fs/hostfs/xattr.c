/*
 * hostfs extended attributes. They pass through to the host; with map, only user attributes do, and
 * trusted.* and security.*, which the host keeps from unprivileged users, are stored as
 * user.skiff.NAME. The guest sees neither that prefix nor the stat attribute. POSIX ACLs are not
 * offered there, since nobody would enforce them. xattr(7).
 */
#include "fs/hostfs/node.h"

#define PREFIX_LEN (sizeof(HOSTFS_XATTR_PREFIX) - 1)

struct host_name {
	char s[XATTR_NAME_MAX + 1];
};

static bool starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* The host's name for a guest attribute, or -ENODATA for what the guest may not see, or
 * -EOPNOTSUPP. */
static int to_host(const struct hostfs *h, const char *name, struct host_name *out)
{
	const char *prefix = "";

	if (h->map) {
		if (starts(name, HOSTFS_XATTR_PREFIX))
			return -ENODATA;
		if (starts(name, "trusted.") || starts(name, "security."))
			prefix = HOSTFS_XATTR_PREFIX;
		else if (!starts(name, "user."))
			return -EOPNOTSUPP;
	}
	if (strlen(prefix) + strlen(name) > XATTR_NAME_MAX)
		return -ERANGE;
	stpcpy(stpcpy(out->s, prefix), name);
	return 0;
}

ssize_t hostfs_getxattr(struct inode *i, const char *name, void *buf, size_t size)
{
	struct host_name host;
	struct hostfs_at at;
	int ret = to_host(hostfs_of(i), name, &host);

	if (ret == 0)
		ret = hostfs_locate(i, &at);
	return ret < 0 ? ret : os_getxattrat(at.dir, at.name, host.s, buf, size);
}

int hostfs_setxattr(struct inode *i, const char *name, const void *v, size_t n, int flags)
{
	struct host_name host;
	struct hostfs_at at;
	int ret = to_host(hostfs_of(i), name, &host);

	if (ret == -ENODATA)
		return -EPERM;
	if (ret == 0)
		ret = hostfs_locate(i, &at);
	if (ret == 0)
		ret = os_setxattrat(at.dir, at.name, host.s, v, n, flags);
	hostfs_stale(i);
	return ret;
}

int hostfs_removexattr(struct inode *i, const char *name)
{
	struct host_name host;
	struct hostfs_at at;
	int ret = to_host(hostfs_of(i), name, &host);

	if (ret == 0)
		ret = hostfs_locate(i, &at);
	if (ret == 0)
		ret = os_removexattrat(at.dir, at.name, host.s);
	hostfs_stale(i);
	return ret;
}

/* Turns the host's list into the guest's in place; its length. */
static size_t to_guest(char *list, size_t len)
{
	char *out = list, *p = list, *end = list + len;

	while (p < end) {
		size_t n = strnlen(p, (size_t)(end - p));
		char *name = p;

		p += n + 1;
		if (starts(name, HOSTFS_XATTR_PREFIX)) {
			if (!strcmp(name, HOSTFS_STAT_XATTR))
				continue;
			name += PREFIX_LEN;
			n -= PREFIX_LEN;
		} else if (!starts(name, "user.")) {
			continue;
		}
		memmove(out, name, n);
		out[n] = 0;
		out += n + 1;
	}
	return (size_t)(out - list);
}

ssize_t hostfs_listxattr(struct inode *i, char *buf, size_t size)
{
	struct hostfs_at at;
	char *list;
	ssize_t n = hostfs_locate(i, &at);

	if (n < 0)
		return n;
	if (!hostfs_of(i)->map)
		return os_listxattrat(at.dir, at.name, buf, size);
	list = malloc(XATTR_LIST_MAX + 1);
	if (!list)
		return -ENOMEM;
	n = os_listxattrat(at.dir, at.name, list, XATTR_LIST_MAX);
	if (n > 0) {
		list[n] = 0;
		n = (ssize_t)to_guest(list, (size_t)n);
	}
	if (n > 0 && size) {
		if ((size_t)n > size)
			n = -ERANGE;
		else
			memcpy(buf, list, (size_t)n);
	}
	free(list);
	return n;
}
