/*
 * syslog(2): reading and clearing the kernel's log ring. Reading everything is open to all unless
 * kernel.dmesg_restrict is set; the rest needs CAP_SYSLOG, as capabilities(7) says.
 */
#include "kernel/cred.h"
#include "kernel/dmesg.h"
#include "kernel/lib/types.h"
#include "kernel/syscall.h"
#include "kernel/uaccess.h"

enum syslog_action {
	SYSLOG_CLOSE,
	SYSLOG_OPEN,
	SYSLOG_READ,
	SYSLOG_READ_ALL,
	SYSLOG_READ_CLEAR,
	SYSLOG_CLEAR,
	SYSLOG_CONSOLE_OFF,
	SYSLOG_CONSOLE_ON,
	SYSLOG_CONSOLE_LEVEL,
	SYSLOG_SIZE_UNREAD,
	SYSLOG_SIZE_BUFFER,
};

#define SYSLOG_BUFFER_SIZE (256 * 1024) /* what SIZE_BUFFER reports: enough for READ_ALL */

static u64 read_seq;	/* of the next record SYSLOG_READ gives */
static size_t read_off; /* bytes of it already given */

/* Copies formatted records from *seq on, skipping off bytes of the first. Bytes or -EFAULT. */
static long copy_records(uaddr_t buf, size_t size, u64 *seq, size_t *off)
{
	char line[DMESG_TEXT_MAX + 64];
	size_t done = 0;

	while (done < size && *seq < dmesg_next()) {
		const struct dmesg_record *r = dmesg_get(*seq);
		size_t len, part;

		if (!r) {
			(*seq)++;
			continue;
		}
		len = dmesg_format(r, line, sizeof(line));
		part = MIN(len - MIN(*off, len), size - done);
		if (copy_to_user(buf + done, line + *off, part) < 0)
			return done ? (long)done : -EFAULT;
		done += part;
		*off += part;
		if (*off < len)
			break;
		(*seq)++;
		*off = 0;
	}
	return (long)done;
}

/* The newest records that fit, whole ones, oldest first. */
static long read_all(uaddr_t buf, size_t size, bool clear)
{
	u64 seq = dmesg_cleared();
	size_t total = 0, off = 0;
	long ret;

	for (u64 s = seq; s < dmesg_next(); s++)
		if (dmesg_get(s))
			total += dmesg_format(dmesg_get(s), NULL, 0);
	for (; total > size && seq < dmesg_next(); seq++)
		if (dmesg_get(seq))
			total -= dmesg_format(dmesg_get(seq), NULL, 0);
	ret = copy_records(buf, size, &seq, &off);
	if (ret >= 0 && clear)
		dmesg_clear();
	return ret;
}

static long read_new(uaddr_t buf, size_t size)
{
	int ret;

	if (read_seq < dmesg_first()) {
		read_seq = dmesg_first();
		read_off = 0;
	}
	ret = wait_event(&dmesg_wait, read_seq < dmesg_next());
	if (ret < 0)
		return -ERESTARTSYS;
	return copy_records(buf, size, &read_seq, &read_off);
}

static long size_unread(void)
{
	size_t total = 0;

	for (u64 s = MAX(read_seq, dmesg_first()); s < dmesg_next(); s++)
		if (dmesg_get(s))
			total += dmesg_format(dmesg_get(s), NULL, 0);
	return (long)(total - MIN(total, read_off));
}

/* Kept and shown in /proc/sys/kernel/printk; the log has no console to be sent to. */
u32 console_loglevel = 4;
static u32 console_saved; /* 0: not switched off */

static long set_console_level(enum syslog_action action, int level)
{
	if (action == SYSLOG_CONSOLE_LEVEL) {
		if (level < 1 || level > 8)
			return -EINVAL;
		console_loglevel = (u32)level;
		console_saved = 0;
	} else if (action == SYSLOG_CONSOLE_OFF) {
		if (!console_saved)
			console_saved = console_loglevel;
		console_loglevel = 1;
	} else if (console_saved) {
		console_loglevel = console_saved;
		console_saved = 0;
	}
	return 0;
}

SYSCALL_DEFINE3(syslog, int, action, uaddr_t, buf, int, len)
{
	bool harmless = action == SYSLOG_READ_ALL || action == SYSLOG_SIZE_BUFFER;

	if (action < SYSLOG_CLOSE || action > SYSLOG_SIZE_BUFFER)
		return -EINVAL;
	if ((dmesg_restrict || !harmless) && !capable(CAP_SYSLOG) && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	switch ((enum syslog_action)action) {
	case SYSLOG_READ:
	case SYSLOG_READ_ALL:
	case SYSLOG_READ_CLEAR:
		if (!buf || len < 0)
			return -EINVAL;
		if (!len)
			return 0;
		if (action == SYSLOG_READ)
			return read_new(buf, (size_t)len);
		return read_all(buf, (size_t)len, action == SYSLOG_READ_CLEAR);
	case SYSLOG_CLEAR:
		dmesg_clear();
		return 0;
	case SYSLOG_SIZE_UNREAD:
		return size_unread();
	case SYSLOG_SIZE_BUFFER:
		return SYSLOG_BUFFER_SIZE;
	case SYSLOG_CONSOLE_LEVEL:
	case SYSLOG_CONSOLE_OFF:
	case SYSLOG_CONSOLE_ON:
		return set_console_level((enum syslog_action)action, len);
	default:
		return 0;
	}
}
