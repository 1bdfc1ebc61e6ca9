/* Directories of generated files with a child for each network device; its key is the index. */
#ifndef SKIFF_FS_PSEUDO_NETDEV_H
#define SKIFF_FS_PSEUDO_NETDEV_H

#include "fs/pseudo.h"

/* Hooks of struct pseudo_dir. */
bool pseudo_netdev_key_of(const struct pseudo_ctx *dir, const char *name, size_t len, u64 *key);
bool pseudo_netdev_name_of(const struct pseudo_ctx *dir, u64 key, char *buf);
ssize_t pseudo_netdev_keys(const struct pseudo_ctx *dir, u64 from, u64 **out);
int pseudo_netdev_enter(const struct pseudo_ctx *dir, struct pseudo_ctx *child);

#define PSEUDO_NETDEVS \
	.key_of = pseudo_netdev_key_of, .name_of = pseudo_netdev_name_of, \
	.keys = pseudo_netdev_keys, .enter = pseudo_netdev_enter

#endif
