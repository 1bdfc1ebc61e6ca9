/* Start and end of the machine. arch-um fills machine_options from the command line. */
#ifndef SKIFF_KERNEL_INIT_H
#define SKIFF_KERNEL_INIT_H

#include "kernel/abi.h"
#include "kernel/limits.h"

struct volume {
	const char *host, *guest;
	bool readonly;
	const char *tmpfs_options; /* not NULL: a tmpfs, host is not used */
};

struct link_options;

struct machine_options {
	const char *hostname;
	const char *root;	 /* host directory */
	bool root_rw;		 /* write through, no overlay */
	bool read_only;		 /* the root cannot be written to by the guest */
	const char *overlay_dir; /* persistent upper directory; NULL: in memory */
	struct volume *volumes;
	unsigned nr_volumes;
	struct link_options *links; /* --net, in order: eth0, eth1 ... */
	unsigned nr_links;
	bool net_chosen;      /* by --net */
	const char *net_note; /* why there are these links, for the log; may be NULL */
	bool pcap;	      /* capture what passes the links (os_pcap_write) */
	char **argv, **envp;
	const char *cwd; /* NULL: "/" or $HOME as the caller sees fit */
	u32 uid, gid;
	struct machine_limits limits;
	bool init;	       /* CMD runs below a small reaper instead of as pid 1 */
	bool tty;	       /* stdio is the console terminal */
	bool trap_all;	       /* see every call, local ones too: slower, for traces and tests */
	bool outside;	       /* processes may be started from outside (kernel/outside.h) */
	void (*started)(void); /* CMD's image is in place; may be NULL. Must not sleep */
};

/* Sets up the kernel and what it has of the host that takes privilege (links). 0, or -errno after
 * one line on stderr; the options must stay valid. */
int machine_prepare(const struct machine_options *o);
/* Starts the first process. The same; the event loop runs afterwards. */
int machine_start(void);
/* On a task that sees the machine's root. 0, or -errno (mounting: after one line on stderr). Sleep.
 */
int machine_mount_volume(const struct volume *v);
int machine_umount_volume(const char *guest);
/* SIGTERM and friends from outside: ends every guest process, then the machine. */
void machine_end(int status);

/* ---- first processes: of the machine, or from outside ---- */
struct task;
struct tgroup;
int task_init_first(struct task *t, struct tgroup *tg, const char *comm); /* 0 or -ENOMEM */
/* A task without a parent process to copy from; in no family and without t->fs yet. NULL: no memory
 */
struct task *task_create_first(const char *comm);
int task_set_user(struct task *t, u32 uid, u32 gid); /* 0 or -ENOMEM */
int task_enter_cwd(struct task *t, const char *dir); /* 0 or -errno. Sleeps */
int exec_exit_status(int err); /* as a shell: 127 if err means not found, else 126 */
const char *exec_error_text(int err);
int wait_status_to_exit(int status); /* as a shell reports it: the code, or 128 + signal */

#endif
