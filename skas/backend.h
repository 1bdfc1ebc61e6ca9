/*
 * The transport of an interception backend: how the kernel learns of a guest thread's system call
 * and how it answers. Everything above is the same for all backends (skas/guest.c & co).
 */
#ifndef SKIFF_SKAS_BACKEND_H
#define SKIFF_SKAS_BACKEND_H

#include "kernel/guest.h"

struct guest;

/* What a guest thread stopped at: as struct seccomp_data. */
struct skas_call {
	pid_t host_tid;
	u64 cookie; /* the transport's, for its answer */
	u64 nr, ip, args[6];
};

struct guest_ops {
	const char *name;
	/* Can this host do it? 0, or -errno with one plain line in why. */
	int (*probe)(char *why, size_t size);
	bool reaps;	 /* calls skas_reaped by itself; nobody else may wait for children */
	u64 clone_flags; /* what the transport adds to every native clone */
	/* Spawns the machine's first host process, which will exec the stub. Its pid, or -errno. */
	pid_t (*spawn)(int stub_fd, uaddr_t first_exec);
	/* Ends the call g is stopped at with a result. 0, or -errno: g is not there any more. */
	int (*answer)(struct guest *g, long ret);
	/* Lets the call g is stopped at run natively. */
	void (*go_on)(struct guest *g);
	/* Installs a copy of hfd in g's process, g being in the stub; the number there, or -errno.
	 * May sleep. */
	int (*give_fd)(struct guest *g, int hfd);
	void (*end)(void); /* kills what the backend has made beside guests; NULL: nothing */
};

extern const struct guest_ops notify_ops, ptrace_ops;
extern const struct guest_ops *backend;

/* The transport hands every stop to this. */
void skas_event(const struct skas_call *c);

#endif
