/* proc: the rooms inside fs/proc, and its file system type. */
#ifndef SKIFF_FS_PROC_PROC_H
#define SKIFF_FS_PROC_PROC_H

#include "fs/pseudo.h"
#include "kernel/guest.h"

struct task;
struct tgroup;

extern const struct fs_type proc_fs_type;

/* Directories of other files, by their tables. */
extern const struct pseudo_dir proc_sys_dir, proc_fd_dir, proc_fdinfo_dir, proc_ns_dir,
	proc_net_dir, proc_task_dir;
/* The size of /proc/PID/fd is the number of open descriptors. */
void proc_fd_dir_refresh(const struct pseudo_ctx *c, struct inode *inode);
extern const struct pseudo_row proc_pid_row; /* template of /proc/PID */
/* The process whose /proc/PID directory f is, with a reference; NULL if it is something else. */
struct tgroup *proc_dir_process(const struct file *f);
extern const struct pseudo_row proc_tid_row; /* template of /proc/PID/task/TID */

#define PROC_DIR S_IFDIR | 0555
#define PROC_RO S_IFREG | 0444
#define PROC_RW S_IFREG | 0644
#define PROC_PRIVATE S_IFREG | 0400
#define PROC_LINK S_IFLNK | 0777

/* ---- about a process (pid.c) ---- */
/* The thread a file speaks for: the one named, else the leader, else any; NULL for a zombie. */
struct task *proc_task(const struct pseudo_ctx *c);
/* May current look into the process (ptrace(2), PTRACE_MODE_READ)? */
void proc_owner(const struct pseudo_ctx *c, struct inode *inode); /* pseudo_owner_hook */
bool proc_may_access(const struct task *t);
int proc_open_access(const struct pseudo_ctx *c); /* an open hook: 0, -EACCES, -ESRCH */

/* ---- machine.c ---- */
/* The text of a small file of the host, NUL-terminated; -errno. To be freed. */
ssize_t proc_host_text(const char *path, char **out);
u64 proc_ticks(u64 ns); /* USER_HZ */
/* An id as the mount of proc that c belongs to shows it; 0: not visible there. */
pid_t proc_pid(const struct pseudo_ctx *c, pid_t id);

/* Shows; grouped by the file they live in. */
int proc_show_stat(struct seq *s, const struct pseudo_ctx *c); /* pid_stat.c */
int proc_show_statm(struct seq *s, const struct pseudo_ctx *c);
int proc_show_schedstat(struct seq *s, const struct pseudo_ctx *c);
int proc_show_sched(struct seq *s, const struct pseudo_ctx *c);
int proc_show_wchan(struct seq *s, const struct pseudo_ctx *c);
int proc_show_syscall(struct seq *s, const struct pseudo_ctx *c);
int proc_show_status(struct seq *s, const struct pseudo_ctx *c); /* pid_status.c */
int proc_show_limits(struct seq *s, const struct pseudo_ctx *c);
int proc_show_cmdline(struct seq *s, const struct pseudo_ctx *c); /* pid_mem.c */
int proc_show_environ(struct seq *s, const struct pseudo_ctx *c);
int proc_show_auxv(struct seq *s, const struct pseudo_ctx *c);
extern const struct file_ops proc_mem_fops, proc_pagemap_fops;
int proc_show_maps(struct seq *s, const struct pseudo_ctx *c); /* pid_maps.c */
long proc_ioctl_maps(const struct pseudo_ctx *c, u32 cmd, uaddr_t arg);
int proc_show_smaps(struct seq *s, const struct pseudo_ctx *c);
int proc_show_smaps_rollup(struct seq *s, const struct pseudo_ctx *c);
int proc_show_mounts(struct seq *s, const struct pseudo_ctx *c); /* pid_mounts.c */
u32 proc_poll_mounts(const struct pseudo_ctx *c, u64 *seen, struct poll_table *pt);
int proc_show_mountinfo(struct seq *s, const struct pseudo_ctx *c);
int proc_show_mountstats(struct seq *s, const struct pseudo_ctx *c);
int proc_show_exe(struct seq *s, const struct pseudo_ctx *c); /* pid_fd.c */
int proc_show_cwd(struct seq *s, const struct pseudo_ctx *c);
int proc_show_root(struct seq *s, const struct pseudo_ctx *c);
int proc_get_exe(const struct pseudo_ctx *c, struct path *out);
int proc_get_cwd(const struct pseudo_ctx *c, struct path *out);
int proc_get_root(const struct pseudo_ctx *c, struct path *out);

/* Small helpers of the status files (pid_stat.c). */
int proc_usage(const struct pseudo_ctx *c, struct guest_usage *u);
char proc_state(const struct pseudo_ctx *c);
void proc_tty(const struct tgroup *tg, int *tty_nr, int *tpgid); /* of the controlling terminal */
const char *proc_comm(const struct pseudo_ctx *c);
sigmask_t proc_sig_ignored(const struct task *t);
sigmask_t proc_sig_caught(const struct task *t);

#endif
