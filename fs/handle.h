/* File handles (name_to_handle_at(2)): an inode named by its number and its birth. */
#ifndef SKIFF_FS_HANDLE_H
#define SKIFF_FS_HANDLE_H

#include "fs/vfs.h"

struct handle { /* what is behind struct file_handle's header, of type HANDLE_TYPE */
	u64 ino;
	u64 generation;
};
#define HANDLE_TYPE 0x81

bool handle_possible(const struct super *sb); /* can its files be found again? */
void handle_of(const struct inode *i, struct handle *h);
/* A dentry of the inode, with a reference, or NULL: only what is still cached is found. */
struct dentry *handle_find(struct super *sb, const struct handle *h);

#endif
