/* Open files, for the file layer itself (fs/open.c, fs/read_write.c, the system calls). */
#ifndef SKIFF_FS_FILE_H
#define SKIFF_FS_FILE_H

#include "fs/namei.h"
#include "fs/vfs.h"

/* A file on p without operations yet; takes references of its own. NULL: out of memory. */
extern u64 nr_open_files, nr_open_files_max;			    /* of the whole machine */
int file_alloc(const struct path *p, u32 flags, struct file **out); /* 0, -ENFILE, -ENOMEM */
void file_fini(void); /* unit tests: frees the internal mount */

/* openat2(2): lookup is a set of LOOKUP_* restrictions; the umask is applied to mode. */
int file_open_lookup(const struct path *base, const char *name, int flags, u32 mode, u32 lookup,
	struct file **out);

/* As open(2) once the walk has led to p, with its checks. */
int file_open_found(const struct path *p, int flags, struct file **out);

int open_check_flags(int flags); /* -EINVAL: a combination that open refuses */

s64 file_llseek(struct file *f, s64 off, int whence);
/* Copies between files through the kernel: what sendfile and copy_file_range share. */
ssize_t file_copy(struct file *in, u64 *in_pos, struct file *out, u64 *out_pos, size_t len);

#endif
