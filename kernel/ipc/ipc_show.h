/* The texts of /proc/sysvipc, for the current namespace. */
#ifndef SKIFF_KERNEL_IPC_IPC_SHOW_H
#define SKIFF_KERNEL_IPC_IPC_SHOW_H

struct seq;

int shm_show(struct seq *s);
int sem_show(struct seq *s);
int msg_show(struct seq *s);

#endif
