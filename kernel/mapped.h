/*
 * Names for the host files that guest processes map: the host says which (device, inode) is behind
 * a mapping, this says what the guest calls it. Filled at mmap and exec, read by /proc/PID/maps.
 */
#ifndef SKIFF_KERNEL_MAPPED_H
#define SKIFF_KERNEL_MAPPED_H

#include "kernel/lib/types.h"

struct file;

struct mapped_name {
	const char *path; /* as the machine's root sees it; valid until the next mapped_note */
	u64 dev, ino;	  /* the guest's own numbers for it */
};

/* f is about to be mapped by way of hfd. f may be NULL: shared anonymous memory. Failures are not
 * worth reporting: maps then shows the host's name. */
void mapped_note(int hfd, const struct file *f);
/* A file of no filesystem, by the host's numbers: name, dev and ino are the guest's. */
void mapped_note_name(u64 host_dev, u64 host_ino, const char *name, u64 dev, u64 ino);
bool mapped_find(u64 host_dev, u64 host_ino, struct mapped_name *out);
void mapped_fini(void);

#endif
