/* Descriptor tables (struct files, shared by CLONE_FILES). open(2), dup(2), fcntl(2). */
#ifndef SKIFF_FS_FDTABLE_H
#define SKIFF_FS_FDTABLE_H

#include "fs/vfs.h"

struct fd_slot {
	struct file *file; /* NULL: free */
	bool cloexec;
};

struct files {
	unsigned refs;
	unsigned nr; /* slots allocated */
	unsigned hint;
	struct fd_slot *slots;
};

struct files *files_create(void);
unsigned files_span(const struct files *f);	 /* one more than the highest descriptor open */
struct files *files_copy(const struct files *f); /* fork: a new reference to every file */
struct files *files_get(struct files *f);
void files_put(struct files *f); /* the last closes everything */
void files_close_on_exec(struct files *f);

/* All below work on current->files. */
struct file *fd_file(int fd);	  /* new reference, or NULL (-EBADF); not O_PATH */
struct file *fd_file_raw(int fd); /* the same, O_PATH files too */
int fd_room(void); /* 0, or -EMFILE: an fd_install now would fail (open says so before it looks) */
int fd_install(struct file *f, int min, bool cloexec); /* takes the reference on success; -EMFILE */
int fd_install_at(int fd, struct file *f, bool cloexec); /* dup2: closes what was there */
int fd_close(int fd);
int fd_set_cloexec(int fd, bool on);
int fd_get_cloexec(int fd);

#endif
