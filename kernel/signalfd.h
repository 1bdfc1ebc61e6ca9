/* signalfd(2): what the signal code calls. */
#ifndef SKIFF_KERNEL_SIGNALFD_H
#define SKIFF_KERNEL_SIGNALFD_H

struct sighand;

/* Before a sighand is freed: takes the pollers of other processes' epoll instances off its queue.
 */
void signalfd_sighand_gone(struct sighand *sh);

#endif
