/* A tree of host files for the fake host: directories, links and attributes in memory, contents in
 * memfds. What it lacks: permissions (mode 0 cannot be opened, that is all) and link counts of
 * directories. */
#ifndef SKIFF_TESTS_FAKEFILES_H
#define SKIFF_TESTS_FAKEFILES_H

#include "kernel/os.h"

void fake_files_init(u32 uid, u32 gid); /* an empty root, owned by the user skiff runs as */
void fake_files_fini(void);

/* What somebody on the host does behind our back. Paths are "a/b/c". */
void fake_host_mkdir(const char *path);
void fake_host_write(const char *path, const char *text); /* creates or replaces the contents */
void fake_host_symlink(const char *target, const char *path);
void fake_host_link(const char *from, const char *to);
void fake_host_rename(const char *from, const char *to);
void fake_host_remove(const char *path);
const char *fake_host_read(const char *path);
int fake_host_stat(const char *path, struct os_stat *st);
void fake_host_chown(const char *path, u32 uid, u32 gid, u32 mode);

extern unsigned fake_stats, fake_opens; /* host calls so far */
extern unsigned fake_open_fds;		/* now */
extern unsigned fake_fd_limit;		/* opens beyond it give -ENFILE */
extern void (*fake_before_open)(void);	/* called once, before the next os_openat */

#endif
