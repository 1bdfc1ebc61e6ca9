/* epoll(7): what the file layer calls. */
#ifndef SKIFF_KERNEL_EPOLL_H
#define SKIFF_KERNEL_EPOLL_H

struct file;

/* The last reference to f is about to go and f->epitems is not empty: unregisters it everywhere.
 * Called before the release op. */
void epoll_file_gone(struct file *f);

#endif
