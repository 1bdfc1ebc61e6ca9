/* Hooks of the rows about System V IPC in /proc and /proc/sys/kernel. */
#ifndef SKIFF_FS_PROC_SYSVIPC_H
#define SKIFF_FS_PROC_SYSVIPC_H

#include "fs/proc/proc.h"

extern const struct pseudo_dir proc_sysvipc_dir;
extern const struct pseudo_dir proc_mqueue_dir; /* /proc/sys/fs/mqueue */

struct ipc_limit {
	size_t offset; /* of an s32 in struct ipc_ns */
	s64 min, max;
};
extern const struct ipc_limit ipc_limit_msg_next_id, ipc_limit_msgmax, ipc_limit_msgmnb,
	ipc_limit_msgmni, ipc_limit_sem_next_id, ipc_limit_shm_next_id, ipc_limit_shmmni;

int proc_show_ipc_limit(struct seq *s, const struct pseudo_ctx *c); /* arg: struct ipc_limit */
int proc_store_ipc_limit(const struct pseudo_ctx *c, char *text, size_t len);
int proc_show_shm_limit(struct seq *s, const struct pseudo_ctx *c); /* shmall, shmmax */
int proc_store_shm_limit(const struct pseudo_ctx *c, char *text, size_t len);
int proc_show_sem_limits(struct seq *s, const struct pseudo_ctx *c); /* sem */
int proc_store_sem_limits(const struct pseudo_ctx *c, char *text, size_t len);

#define PROC_IPC_LIMIT(n, limit) \
	{ \
		.name = n, .mode = PROC_RW, .show = proc_show_ipc_limit, \
		.store = proc_store_ipc_limit, .arg = &(limit) \
	}
#define PROC_IPC(n, what) \
	{ \
		.name = n, .mode = PROC_RW, .show = proc_show_##what, .store = proc_store_##what \
	}

#endif
