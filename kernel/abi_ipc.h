/* The guest's ABI of System V IPC: libc's structs are the kernel's on x86-64. sysvipc(7). */
#ifndef SKIFF_KERNEL_ABI_IPC_H
#define SKIFF_KERNEL_ABI_IPC_H

#include "kernel/abi.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

static_assert(sizeof(struct ipc_perm) == 48, "struct ipc64_perm");
static_assert(sizeof(struct shmid_ds) == 112, "struct shmid64_ds");
static_assert(sizeof(struct semid_ds) == 104, "struct semid64_ds");
static_assert(sizeof(struct msqid_ds) == 120, "struct msqid64_ds");

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif
#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20
#endif
#ifndef MSG_STAT_ANY
#define MSG_STAT_ANY 13
#endif

#endif
