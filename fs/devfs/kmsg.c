/*
 * /dev/kmsg: one record of the kernel's log per read ("prio,seq,usec,-;text"), lines for the log
 * by write ("<prio>text"). Each open file has its own position in the ring: file->pos is a sequence
 * number. Linux Documentation/ABI/testing/dev-kmsg.
 */
#include "fs/devfs/devfs.h"
#include "kernel/cred.h"
#include "kernel/dmesg.h"

#include <ctype.h>
#include <stdio.h>

#define KMSG_FACILITY_USER 8u

static int kmsg_open(struct inode *inode, struct file *file)
{
	if (FMODE_CAN_READ(file) && dmesg_restrict && !capable(CAP_SYSLOG))
		return -EPERM;
	file->pos = dmesg_first();
	return 0;
}

static size_t kmsg_format(const struct dmesg_record *r, char *buf, size_t size)
{
	size_t n = (size_t)snprintf(buf, size, "%u,%llu,%llu,-;", r->prio,
		(unsigned long long)r->seq, (unsigned long long)(r->ts_ns / NSEC_PER_USEC));

	for (u32 i = 0; i < r->len && n + 6 < size; i++) {
		u8 c = (u8)r->text[i];

		if (c >= 32 && c != 127 && c != '\\')
			buf[n++] = (char)c;
		else
			n += (size_t)snprintf(buf + n, size - n, "\\x%02x", c);
	}
	buf[n++] = '\n';
	return n;
}

static ssize_t kmsg_read(struct file *file, struct uio *to, u64 *pos)
{
	char line[4 * DMESG_TEXT_MAX + 64];
	const struct dmesg_record *r;
	ssize_t ret;
	size_t len;

	if (*pos >= dmesg_next()) {
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event(&dmesg_wait, *pos < dmesg_next()) < 0)
			return -ERESTARTSYS;
	}
	if (*pos < dmesg_first()) {
		*pos = dmesg_first();
		return -EPIPE;
	}
	r = dmesg_get(*pos);
	if (!r)
		return -EPIPE;
	len = kmsg_format(r, line, sizeof(line));
	if (len > to->left)
		return -EINVAL;
	ret = uio_put(to, line, len);
	if (ret > 0)
		(*pos)++;
	return ret;
}

static ssize_t kmsg_write(struct file *file, struct uio *from, u64 *pos)
{
	char line[DMESG_TEXT_MAX + 1], *text = line, *end;
	unsigned prio = KMSG_FACILITY_USER | DMESG_WARNING;
	size_t len = from->left;
	ssize_t n;

	if (len > DMESG_TEXT_MAX)
		return -EINVAL;
	n = uio_get(from, line, len);
	if (n < 0)
		return n;
	line[n] = '\0';
	if (line[0] == '<' && isdigit((u8)line[1])) {
		unsigned long v = strtoul(line + 1, &end, 10);

		if (*end == '>') {
			prio = (unsigned)(v & 7) |
			       (v >> 3 ? (unsigned)(v & 0x3f8) : KMSG_FACILITY_USER);
			text = end + 1;
		}
	}
	dmesg_add(prio, text, (size_t)(line + n - text));
	return n;
}

static s64 kmsg_llseek(struct file *file, s64 off, int whence)
{
	if (off)
		return -ESPIPE;
	switch (whence) {
	case SEEK_SET:
		file->pos = dmesg_first();
		return 0;
	case SEEK_DATA:
		file->pos = dmesg_cleared();
		return 0;
	case SEEK_END:
		file->pos = dmesg_next();
		return 0;
	default:
		return -EINVAL;
	}
}

static u32 kmsg_poll(struct file *file, struct poll_table *pt)
{
	u32 ev = EPOLLOUT | EPOLLWRNORM;

	poll_wait(pt, &dmesg_wait);
	if (file->pos < dmesg_next())
		ev |= EPOLLIN | EPOLLRDNORM;
	if (file->pos < dmesg_first())
		ev |= EPOLLERR | EPOLLPRI;
	return ev;
}

const struct file_ops kmsg_fops = {
	.open = kmsg_open,
	.read = kmsg_read,
	.write = kmsg_write,
	.llseek = kmsg_llseek,
	.poll = kmsg_poll,
	.poll_notify = true,
};
