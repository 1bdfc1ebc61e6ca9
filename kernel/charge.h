/*
 * The guest's memory that the kernel itself holds, counted as it comes and goes: tmpfs, pipe and
 * socket buffers, messages, shared memory segments. What guest processes have for themselves is
 * measured (oom.h). With --mem the kernel's part may take 7/8 of the limit, so that a guest which
 * fills it up gets ENOMEM and its other processes still have room to run.
 */
#ifndef SKIFF_KERNEL_CHARGE_H
#define SKIFF_KERNEL_CHARGE_H

#include "kernel/lib/list.h"

extern u64 machine_mem_limit; /* bytes; 0: what the host has */

struct mem_charges { /* bytes */
	u64 pages;   /* of files in memory, in skiff's own */
	u64 buffers; /* of pipes, sockets, queues, in skiff's own */
	u64 files;   /* in host files without a name (memfd) */
};
extern struct mem_charges mem_charges;

int mem_charge(u64 *what, u64 bytes); /* &mem_charges.pages or .buffers: 0, -ENOMEM */
bool mem_has_room(u64 bytes);	      /* would that many more be granted? */

/* A memfd whose pages come when the guest touches them: brought up to date by mem_file_update,
 * which asks the host, and mem_files_update for all there are. */
struct mem_file {
	struct list_head link;				 /* list_init before the first use */
	int hfd;					 /* borrowed */
	u64 bytes;					 /* charged for it */
	void (*changed)(struct mem_file *f, u64 before); /* may be NULL */
};
void mem_file_add(struct mem_file *f, int hfd);
void mem_file_update(struct mem_file *f);
void mem_file_del(struct mem_file *f); /* harmless if it was never added */
void mem_files_update(void);

#endif
