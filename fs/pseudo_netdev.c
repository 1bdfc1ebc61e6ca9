/*
 * Directories with a child for each network device of the caller's namespace, by its name: parts of
 * sysfs and of /proc/sys. A child's number is the device's index, which is never used again.
 */
#include "fs/pseudo_netdev.h"

#include "kernel/net/netdev.h"

bool pseudo_netdev_key_of(const struct pseudo_ctx *dir, const char *name, size_t len, u64 *key)
{
	const struct netdev *dev;

	net_set_own();
	netdev_for_each(dev)
	{
		if (strlen(dev->name) != len || memcmp(dev->name, name, len) != 0)
			continue;
		*key = (u64)dev->ifindex;
		return true;
	}
	return false;
}

bool pseudo_netdev_name_of(const struct pseudo_ctx *dir, u64 key, char *buf)
{
	const struct netdev *dev;

	net_set_own();
	dev = netdev_by_index((int)key);
	if (dev)
		strcpy(buf, dev->name);
	return dev != NULL;
}

ssize_t pseudo_netdev_keys(const struct pseudo_ctx *dir, u64 from, u64 **out)
{
	const struct netdev *dev;
	size_t nr = 0;

	net_set_own();
	netdev_for_each(dev) nr++;
	*out = calloc(nr + 1, sizeof(u64));
	if (!*out)
		return -ENOMEM;
	nr = 0;
	netdev_for_each(dev) if ((u64)dev->ifindex >= from)(*out)[nr++] = (u64)dev->ifindex;
	if (!nr)
		free(*out);
	return (ssize_t)nr;
}

int pseudo_netdev_enter(const struct pseudo_ctx *dir, struct pseudo_ctx *child)
{
	net_set_own();
	return netdev_by_index((int)child->key) ? 0 : -ENOENT;
}
