/* ext2, revision 0 and 1, read and write, on block devices. */
#ifndef SKIFF_FS_EXT2_EXT2_H
#define SKIFF_FS_EXT2_EXT2_H

struct fs_type;
extern const struct fs_type ext2_fs_type;

#endif
