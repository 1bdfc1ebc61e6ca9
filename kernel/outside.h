/*
 * Processes started from outside the machine (`skiff exec`), and what outside may ask of the
 * machine as a whole: a signal to pid 1, figures about its tasks. Called by arch-um on
 * the event loop.
 */
#ifndef SKIFF_KERNEL_OUTSIDE_H
#define SKIFF_KERNEL_OUTSIDE_H

#include "kernel/abi.h"

struct task;
struct tgroup;
struct file;

/* One process to be started. Owned by the caller until ended() has been called, strings too. */
struct outside_exec {
	char **argv, **envp;
	const char *cwd;
	u32 uid, gid;
	/* stdin, stdout, stderr: host descriptors (the caller's; duplicated), or with tty
	 * stream[0] alone: a stream socket that stands for the terminal of a pty in the guest. */
	int stream[3];
	bool tty;
	u16 rows, cols; /* of that terminal */
	void *priv;
	/* On the loop or a coroutine, must not sleep. pid: of the new process. */
	void (*started)(struct outside_exec *x, pid_t pid);
	/* status as a shell reports it; 125, 126, 127 with why if it never ran CMD. Comes once. */
	void (*ended)(struct outside_exec *x, int status, const char *why);
	/* private to outside.c */
	struct tgroup *tg;
	struct file *master;
	int err;
};

/* 0: ended() will come. -ENOSYS: the machine was started without a nursery. */
int outside_exec(struct outside_exec *x);
int outside_signal(struct outside_exec *x, int sig); /* 0, -ESRCH */
void outside_resize(struct outside_exec *x, u16 rows, u16 cols);

/* A signal to pid 1 as from a parent namespace. 1: it has no handler and sig would end it. */
int outside_signal_init(int sig);

/* ---- work of the kernel's own task, which sees the machine as its first process did ---- */
struct outside_job {
	int (*fn)(struct outside_job *j);    /* may sleep */
	void (*done)(struct outside_job *j); /* on the same coroutine; owns j from now on */
	int result;
};
int outside_run(struct outside_job *j); /* 0; -EBUSY: one at a time; -ENOSYS, -ENOMEM */
/* A file of the guest as a string, cut to size. 0 or -errno. Only in a job. */
int outside_read_file(const char *path, char *buf, size_t size);

/* ---- for the kernel ---- */
/* On the machine's first process before it becomes pid 1: keeps a host process apart from which
 * later ones are cloned. 0 or -errno. Sleeps. */
int outside_init(void);
bool outside_is_nursery(const struct task *t);
long outside_child_start(struct task *t); /* fork_child_start of a process from outside */
void outside_ended(struct tgroup *tg);	  /* it is a zombie */

/* ---- figures ---- */
struct outside_task {
	pid_t pid;
	u32 uid;
	char comm[16];
	char state; /* as in stat of proc(5) */
	unsigned nr_threads;
	u64 cpu_ns, rss, nr_calls; /* rss in bytes */
};
int outside_for_each_task(int (*fn)(const struct outside_task *ot, void *arg), void *arg);

#endif
