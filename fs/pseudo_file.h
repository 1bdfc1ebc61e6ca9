/* Text files of pseudo trees; private to fs/pseudo*.c and to files that wrap them. */
#ifndef SKIFF_FS_PSEUDO_FILE_H
#define SKIFF_FS_PSEUDO_FILE_H

#include "fs/vfs.h"

extern const struct file_ops pseudo_text_fops;

#endif
