/* epoll(7): what the file layer calls. */
#ifndef SKIFF_KERNEL_EPOLL_H
#define SKIFF_KERNEL_EPOLL_H

struct file;

/* The last reference to f is about to go and f->epitems is not empty: unregisters it everywhere.
 * Called before the release op. */
void epoll_file_gone(struct file *f);
/* The file, borrowed, that ep watches as its toff-th under the number fd. -EINVAL: ep is no epoll
 * file; -ENOENT: it watches none such. */
int epoll_target(const struct file *ep, int fd, unsigned toff, const struct file **out);

#endif
