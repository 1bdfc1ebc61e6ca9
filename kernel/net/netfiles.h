/* /etc/resolv.conf and /etc/hosts of the machine, as its links' options say. */
#ifndef SKIFF_KERNEL_NET_NETFILES_H
#define SKIFF_KERNEL_NET_NETFILES_H

#include "kernel/net/link.h"

/* Writes them into the root seen by current (an overlay: the host's stay as they are), and keeps
 * the arguments for netfiles_refresh. What cannot be written is left. Sleeps. */
void netfiles_write(const struct link_options *links, unsigned nr_links, const char *hostname);
/* A lease has come or gone: writes them again, soon, if they would differ. */
void netfiles_refresh(void);

#endif
