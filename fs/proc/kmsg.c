/*
 * /proc/kmsg: the kernel's log as a stream of formatted lines, as syslog(2) READ gives it; each
 * open file has its own position. file->pos is (record << 16 | byte in its line). proc(5).
 */
#include "fs/proc/machine.h"
#include "kernel/cred.h"
#include "kernel/dmesg.h"

static int kmsg_open(struct inode *inode, struct file *file)
{
	if (!capable(CAP_SYSLOG))
		return -EPERM;
	file->pos = dmesg_first() << 16;
	return 0;
}

static ssize_t kmsg_read(struct file *file, struct uio *to, u64 *pos)
{
	char line[DMESG_TEXT_MAX + 64];
	ssize_t done = 0;

	if (*pos >> 16 >= dmesg_next()) {
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event(&dmesg_wait, *pos >> 16 < dmesg_next()) < 0)
			return -ERESTARTSYS;
	}
	if (*pos >> 16 < dmesg_first())
		*pos = dmesg_first() << 16;
	while (to->left && *pos >> 16 < dmesg_next()) {
		const struct dmesg_record *r = dmesg_get(*pos >> 16);
		size_t off = *pos & 0xffff, len = r ? dmesg_format(r, line, sizeof(line)) : 0;
		ssize_t n;

		if (off >= len) {
			*pos = ((*pos >> 16) + 1) << 16;
			continue;
		}
		n = uio_put(to, line + off, MIN(len - off, to->left));
		if (n <= 0)
			return done ? done : n;
		done += n;
		*pos += (u64)n;
	}
	return done;
}

static u32 kmsg_poll(struct file *file, struct poll_table *pt)
{
	poll_wait(pt, &dmesg_wait);
	return file->pos >> 16 < dmesg_next() ? EPOLLIN | EPOLLRDNORM : 0;
}

const struct file_ops proc_kmsg_fops = {
	.open = kmsg_open,
	.read = kmsg_read,
	.poll = kmsg_poll,
	.stream = true,
	.poll_notify = true,
};
