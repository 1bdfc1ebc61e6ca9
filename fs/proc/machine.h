/* Files of proc about the whole machine: show hooks for the root's table. */
#ifndef SKIFF_FS_PROC_MACHINE_H
#define SKIFF_FS_PROC_MACHINE_H

#include "fs/pseudo.h"

int machine_show_config(struct seq *s, const struct pseudo_ctx *c);
int machine_show_cpuinfo(struct seq *s, const struct pseudo_ctx *c);
int machine_show_devices(struct seq *s, const struct pseudo_ctx *c);
int machine_show_filesystems(struct seq *s, const struct pseudo_ctx *c);
int machine_show_loadavg(struct seq *s, const struct pseudo_ctx *c);
int machine_show_locks(struct seq *s, const struct pseudo_ctx *c);
int machine_show_meminfo(struct seq *s, const struct pseudo_ctx *c);
int machine_show_nothing(struct seq *s, const struct pseudo_ctx *c);
int machine_show_partitions(struct seq *s, const struct pseudo_ctx *c);
int machine_show_stat(struct seq *s, const struct pseudo_ctx *c);
int machine_show_tty_drivers(struct seq *s, const struct pseudo_ctx *c);
int machine_show_uptime(struct seq *s, const struct pseudo_ctx *c);
int machine_show_version(struct seq *s, const struct pseudo_ctx *c);
int machine_show_vmstat(struct seq *s, const struct pseudo_ctx *c);

extern const struct file_ops proc_kmsg_fops; /* kmsg.c */

#endif
