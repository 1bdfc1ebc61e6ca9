/*
 * The host's control groups (version 2), where skiff finds itself in a part of the tree that is its
 * own: a group that belongs to its user, or for root one marked as delegated, or the root of the
 * tree. The machine then lives in a group of its own there, which bounds what the kernel's own
 * accounting cannot see or only sees too late. cgroups(7).
 */
#ifndef SKIFF_ARCH_UM_HOST_CGROUP_H
#define SKIFF_ARCH_UM_HOST_CGROUP_H

#include "kernel/limits.h"

/* Makes a group with these limits and moves the process into it, if there is a place for it. Before
 * threads, other processes and isolation. */
void host_cgroup_enter(const char *name, const struct machine_limits *l);
bool host_cgroup_has_cpu(void);				 /* the host keeps --cpus */
const char *host_cgroup_path(void);			 /* below the root of the tree; "": none */
void host_cgroup_change(const struct machine_limits *l); /* those that are not 0 */
/* Guest processes are the first the host kills, not skiff: they inherit that from skiff, which has
 * it between these two. The first guest process shares skiff's memory, and so this, until it has an
 * image of its own. */
void host_cgroup_prefer_guests(void);
void host_cgroup_guests_preferred(void);
void host_cgroup_leave(void); /* at the end: ends and reaps what is in it, and removes it */

#endif
