/* What an ext2 file system looks like on its device; little-endian. Linux
 * Documentation/filesystems/ext4/ */
#ifndef SKIFF_FS_EXT2_DISK_H
#define SKIFF_FS_EXT2_DISK_H

#include "kernel/lib/types.h"

#define EXT2_SUPER_POS 1024u
#define EXT2_MAGIC 0xef53u
#define EXT2_ROOT_INO 2u
#define EXT2_STATE_CLEAN 1u
#define EXT2_INCOMPAT_FILETYPE 0x2u
#define EXT2_RO_COMPAT_SPARSE_SUPER 0x1u
#define EXT2_RO_COMPAT_LARGE_FILE 0x2u
#define EXT2_NR_DIRECT 12u
#define EXT2_NR_BLOCKS 15u     /* direct, then single, double and triple indirect */
#define EXT2_ATTR_USERS_POS 4u /* in a block of extended attributes: how many inodes use it */
#define EXT2_LINK_MAX 32000u
#define EXT2_KEPT_FLAGS 0x100ffu /* inode flags that users may set: FS_*_FL */
#define EXT2_INDEXED 0x1000u	 /* inode flag: a directory with an index, which we do not keep */

struct ext2_disk_super {
	u32 inodes_count, blocks_count, r_blocks_count, free_blocks_count, free_inodes_count;
	u32 first_data_block, log_block_size, log_frag_size;
	u32 blocks_per_group, frags_per_group, inodes_per_group;
	u32 mtime, wtime;
	u16 mnt_count, max_mnt_count, magic, state, errors, minor_rev;
	u32 lastcheck, checkinterval, creator_os, rev_level;
	u16 def_resuid, def_resgid;
	u32 first_ino; /* from here on only if rev_level is 1 */
	u16 inode_size, block_group_nr;
	u32 feature_compat, feature_incompat, feature_ro_compat;
	u8 uuid[16];
	u8 volume_name[16], last_mounted[64];
	u8 rest[1024 - 200];
};
static_assert(sizeof(struct ext2_disk_super) == 1024, "super block");

struct ext2_disk_group {
	u32 block_bitmap, inode_bitmap, inode_table;
	u16 free_blocks, free_inodes, used_dirs, pad;
	u8 reserved[12];
};
static_assert(sizeof(struct ext2_disk_group) == 32, "group descriptor");

struct ext2_disk_inode {
	u16 mode, uid;
	u32 size, atime, ctime, mtime, dtime;
	u16 gid, links;
	u32 sectors, flags, osd1;
	u32 block[EXT2_NR_BLOCKS]; /* of a short symlink: its target */
	u32 generation, file_acl, size_high, faddr;
	u8 frag, fsize;
	u16 pad1, uid_high, gid_high;
	u32 reserved2;
	/* inodes of 256 bytes and more: extra_isize bytes of it are used */
	u16 extra_isize, checksum_high;
	u32 ctime_extra, mtime_extra, atime_extra, crtime, crtime_extra, version_high, projid;
};
static_assert(sizeof(struct ext2_disk_inode) == 160, "inode");
#define EXT2_OLD_INODE_SIZE 128u
#define EXT2_EXTRA_SIZE (sizeof(struct ext2_disk_inode) - EXT2_OLD_INODE_SIZE)

struct ext2_disk_entry { /* in directories; a multiple of 4 bytes, none crosses a block */
	u32 ino;	 /* 0: unused */
	u16 rec_len;
	u8 name_len, type; /* type: EXT2_INCOMPAT_FILETYPE, else high byte of the length */
	char name[];
};
static_assert(sizeof(struct ext2_disk_entry) == 8, "directory entry");

#endif
