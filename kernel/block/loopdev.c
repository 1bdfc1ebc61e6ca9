/*
 * Loop devices. A device is bound to an open regular file or block device (LOOP_SET_FD,
 * LOOP_CONFIGURE) and then reads and writes a window of it; it is let go by LOOP_CLR_FD, at the
 * last close if others have it open. Devices are numbered from 0, made at start-up or by
 * /dev/loop-control, and never removed. Partitions are not scanned for. loop(4).
 */
#include "kernel/block/loopdev.h"

#include "fs/chrdev.h"
#include "fs/fdtable.h"
#include "fs/file.h"
#include "kernel/cred.h"
#include "kernel/os.h"

#include <linux/loop.h>
#include <stdio.h>

#define MISC_MAJOR 10u
#define LOOP_CONTROL_MINOR 237u
#define GID_DISK 6u
#define LOOP_DEVICES_FIRST 8u
#define SECTOR 512u
#define NEST_MAX 8

#define ABI_BLKROSET 0x125du
#define ABI_BLKROGET 0x125eu
#define ABI_BLKGETSIZE 0x1260u
#define ABI_BLKFLSBUF 0x1261u
#define ABI_BLKRASET 0x1262u
#define ABI_BLKRAGET 0x1263u
#define ABI_BLKSSZGET 0x1268u
#define ABI_BLKDISCARD 0x1277u
#define ABI_BLKIOMIN 0x1278u
#define ABI_BLKIOOPT 0x1279u
#define ABI_BLKALIGNOFF 0x127au
#define ABI_BLKPBSZGET 0x127bu
#define ABI_BLKROTATIONAL 0x127eu
#define ABI_BLKZEROOUT 0x127fu
#define ABI_BLKBSZGET 0x80081270u
#define ABI_BLKBSZSET 0x40081271u
#define ABI_BLKGETSIZE64 0x80081272u
#define FALLOC_ZERO 0x11 /* ZERO_RANGE, KEEP_SIZE */
#define FALLOC_PUNCH 3	 /* PUNCH_HOLE, KEEP_SIZE */

struct loop {
	struct file *backing; /* NULL: nothing attached */
	u64 offset, size_limit, size;
	u32 flags; /* LO_FLAGS_READ_ONLY, LO_FLAGS_AUTOCLEAR */
	u32 block_size, read_ahead;
	char name[LO_NAME_SIZE];
	unsigned openers;
	u64 nr[2], bytes[2], ns[2]; /* transfers so far: reads, writes */
};

static struct loop *loops[LOOP_DEVICES_MAX];
static unsigned nr_loops;
static const struct file_ops loop_ops;

static struct loop *loop_of(const struct file *f)
{
	return f->priv;
}

static unsigned loop_number(const struct inode *inode)
{
	return (inode->rdev & 0xff) | (inode->rdev >> 12 & 0xffffff00u);
}

unsigned loopdev_count(void)
{
	return nr_loops;
}

struct loop_state loopdev_state(unsigned index)
{
	const struct loop *l = loops[index];

	return (struct loop_state){l->backing, l->size, l->offset, l->size_limit,
		l->flags & LO_FLAGS_READ_ONLY, l->flags & LO_FLAGS_AUTOCLEAR, l->nr[0], l->nr[1],
		l->bytes[0], l->bytes[1], l->ns[0], l->ns[1], l->block_size, l->read_ahead};
}

bool loopdev_file_read_only(const struct file *f)
{
	return f->ops == &loop_ops && (loop_of(f)->flags & LO_FLAGS_READ_ONLY);
}

/* ---- attaching and letting go ---- */

static int backing_size(struct file *f, u64 *size)
{
	int ret;

	if (f->ops == &loop_ops) {
		*size = loop_of(f)->size;
		return 0;
	}
	ret = inode_refresh(f->inode);
	*size = f->inode->size;
	return ret;
}

static int loop_set_size(struct loop *l)
{
	u64 size;
	int ret = backing_size(l->backing, &size);

	if (ret < 0)
		return ret;
	size = size > l->offset ? size - l->offset : 0;
	if (l->size_limit)
		size = MIN(size, l->size_limit);
	l->size = size & ~(u64)(SECTOR - 1);
	return 0;
}

/* Would a device on top of f be on top of l? */
static bool backed_by(const struct file *f, const struct loop *l)
{
	for (int depth = 0; f && f->ops == &loop_ops; depth++) {
		if (f->priv == l || depth == NEST_MAX)
			return true;
		f = loop_of(f)->backing;
	}
	return false;
}

static void loop_detach(struct loop *l)
{
	struct file *f = l->backing;

	l->backing = NULL;
	l->size = 0;
	l->flags = 0;
	file_put(f);
}

static int loop_attach(struct loop *l, const struct file *dev, int fd)
{
	struct file *f = fd_file(fd);
	int ret = 0;

	if (!f)
		return -EBADF;
	if (l->backing)
		ret = -EBUSY;
	else if (backed_by(f, l))
		ret = -EBADF;
	else if (!S_ISREG(f->inode->mode) && f->ops != &loop_ops)
		ret = -EINVAL;
	if (ret < 0) {
		file_put(f);
		return ret;
	}
	l->backing = f;
	l->offset = l->size_limit = 0;
	l->block_size = SECTOR;
	l->flags = FMODE_CAN_WRITE(f) && FMODE_CAN_WRITE(dev) ? 0 : LO_FLAGS_READ_ONLY;
	l->name[0] = 0;
	ret = loop_set_size(l);
	if (ret < 0)
		loop_detach(l);
	return ret;
}

static long loop_clear(struct loop *l)
{
	if (!l->backing)
		return -ENXIO;
	if (l->openers > 1)
		l->flags |= LO_FLAGS_AUTOCLEAR; /* the last to close it lets go */
	else
		loop_detach(l);
	return 0;
}

static long loop_change(struct loop *l, int fd)
{
	struct file *f, *old = l->backing;
	u64 size, old_size;
	int ret;

	if (!old)
		return -ENXIO;
	if (!(l->flags & LO_FLAGS_READ_ONLY))
		return -EINVAL;
	f = fd_file(fd);
	if (!f)
		return -EBADF;
	ret = backed_by(f, l) ? -EBADF : 0;
	if (ret == 0 && !S_ISREG(f->inode->mode) && f->ops != &loop_ops)
		ret = -EINVAL;
	if (ret == 0)
		ret = backing_size(f, &size);
	if (ret == 0)
		ret = backing_size(old, &old_size);
	if (ret == 0 && (size != old_size || l->backing != old))
		ret = -EINVAL;
	if (ret < 0) {
		file_put(f);
		return ret;
	}
	l->backing = f;
	file_put(old);
	return 0;
}

static int loop_check_status(const struct loop_info64 *i)
{
	if (i->lo_encrypt_type || i->lo_encrypt_key_size)
		return -EINVAL;
	if (i->lo_offset > INT64_MAX || i->lo_sizelimit > INT64_MAX)
		return -EOVERFLOW;
	return 0;
}

static long loop_apply(struct loop *l, const struct loop_info64 *i)
{
	l->offset = i->lo_offset;
	l->size_limit = i->lo_sizelimit;
	l->flags = (l->flags & ~(u32)LO_FLAGS_AUTOCLEAR) | (i->lo_flags & LO_FLAGS_AUTOCLEAR);
	memcpy(l->name, i->lo_file_name, sizeof(l->name));
	l->name[sizeof(l->name) - 1] = 0;
	return loop_set_size(l);
}

static long loop_set_status(struct loop *l, const struct loop_info64 *i)
{
	int ret;

	if (!l->backing)
		return -ENXIO;
	ret = loop_check_status(i);
	return ret < 0 ? ret : loop_apply(l, i);
}

static long loop_configure(struct loop *l, const struct file *dev, uaddr_t arg)
{
	struct loop_config c;
	int ret;

	if (copy_from_user(&c, arg, sizeof(c)))
		return -EFAULT;
	if (c.block_size && (c.block_size < SECTOR || c.block_size > PAGE_SIZE ||
				    (c.block_size & (c.block_size - 1))))
		return -EINVAL;
	if (c.info.lo_flags & ~(u32)(LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR))
		return -EINVAL; /* no partitions, no direct I/O */
	ret = loop_check_status(&c.info);
	if (ret == 0)
		ret = loop_attach(l, dev, (int)c.fd);
	if (ret < 0)
		return ret;
	if (c.block_size)
		l->block_size = c.block_size;
	l->flags |= c.info.lo_flags & LO_FLAGS_READ_ONLY;
	return loop_apply(l, &c.info);
}

static long loop_get_status(const struct file *dev, struct loop_info64 *i)
{
	const struct loop *l = loop_of(dev);
	const struct inode *inode;

	if (!l->backing)
		return -ENXIO;
	inode = l->backing->inode;
	memset(i, 0, sizeof(*i));
	i->lo_device = inode->sb->dev;
	i->lo_inode = inode->ino;
	i->lo_rdevice = inode->rdev;
	i->lo_offset = l->offset;
	i->lo_sizelimit = l->size_limit;
	i->lo_number = loop_number(dev->inode);
	i->lo_flags = l->flags;
	memcpy(i->lo_file_name, l->name, sizeof(i->lo_file_name));
	return 0;
}

/* The older struct loop_info has narrower fields. */
static long loop_get_status_old(const struct file *dev, uaddr_t arg)
{
	struct loop_info64 i;
	struct loop_info o = {0};
	long ret = loop_get_status(dev, &i);

	if (ret < 0)
		return ret;
	o.lo_number = (int)i.lo_number;
	o.lo_device = (unsigned short)i.lo_device;
	o.lo_inode = i.lo_inode;
	o.lo_rdevice = (unsigned short)i.lo_rdevice;
	o.lo_offset = (int)i.lo_offset;
	o.lo_flags = (int)i.lo_flags;
	memcpy(o.lo_name, i.lo_file_name, sizeof(o.lo_name));
	if ((u64)o.lo_offset != i.lo_offset || o.lo_inode != i.lo_inode)
		return -EOVERFLOW;
	return copy_to_user(arg, &o, sizeof(o));
}

static long loop_set_status_old(struct loop *l, uaddr_t arg)
{
	struct loop_info64 i = {0};
	struct loop_info o;

	if (copy_from_user(&o, arg, sizeof(o)))
		return -EFAULT;
	i.lo_offset = (u64)o.lo_offset;
	i.lo_encrypt_type = (u32)o.lo_encrypt_type;
	i.lo_encrypt_key_size = (u32)o.lo_encrypt_key_size;
	i.lo_flags = (u32)o.lo_flags;
	memcpy(i.lo_file_name, o.lo_name, sizeof(i.lo_file_name));
	return loop_set_status(l, &i);
}

static long loop_set_block_size(struct loop *l, u64 size)
{
	if (!l->backing)
		return -ENXIO;
	if (size < SECTOR || size > PAGE_SIZE || (size & (size - 1)))
		return -EINVAL;
	l->block_size = (u32)size;
	return 0;
}

static long loop_control_of_device(struct file *f, u32 cmd, uaddr_t arg)
{
	struct loop *l = loop_of(f);
	struct loop_info64 i;
	long ret;

	switch (cmd) {
	case LOOP_SET_FD:
		return loop_attach(l, f, (int)arg);
	case LOOP_CHANGE_FD:
		return loop_change(l, (int)arg);
	case LOOP_CONFIGURE:
		return loop_configure(l, f, arg);
	case LOOP_CLR_FD:
		return loop_clear(l);
	case LOOP_SET_STATUS:
		return loop_set_status_old(l, arg);
	case LOOP_GET_STATUS:
		return loop_get_status_old(f, arg);
	case LOOP_SET_STATUS64:
		return copy_from_user(&i, arg, sizeof(i)) ? -EFAULT : loop_set_status(l, &i);
	case LOOP_GET_STATUS64:
		ret = loop_get_status(f, &i);
		return ret < 0 ? ret : copy_to_user(arg, &i, sizeof(i));
	case LOOP_SET_CAPACITY:
		return l->backing ? loop_set_size(l) : -ENXIO;
	case LOOP_SET_DIRECT_IO:
		return !l->backing ? -ENXIO : arg ? -EINVAL : 0;
	case LOOP_SET_BLOCK_SIZE:
		return loop_set_block_size(l, arg);
	default:
		return -ENOTTY;
	}
}

/* ---- what every block device knows ---- */

static long block_discard(struct loop *l, const struct file *f, u32 cmd, uaddr_t arg)
{
	struct file *b = l->backing;
	u64 range[2];

	if (!FMODE_CAN_WRITE(f))
		return -EBADF;
	if (copy_from_user(range, arg, sizeof(range)))
		return -EFAULT;
	if ((range[0] | range[1]) & (SECTOR - 1))
		return -EINVAL;
	if (range[0] > l->size || range[1] > l->size - range[0] || !range[1])
		return -EINVAL;
	if (l->flags & LO_FLAGS_READ_ONLY)
		return -EPERM;
	if (!b || !b->ops->fallocate)
		return -EOPNOTSUPP;
	return b->ops->fallocate(b, cmd == ABI_BLKDISCARD ? FALLOC_PUNCH : FALLOC_ZERO,
		range[0] + l->offset, range[1]);
}

static long block_set_read_only(struct loop *l, uaddr_t arg)
{
	u32 on;

	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	if (copy_from_user(&on, arg, sizeof(on)))
		return -EFAULT;
	l->flags = on ? l->flags | LO_FLAGS_READ_ONLY : l->flags & ~(u32)LO_FLAGS_READ_ONLY;
	return 0;
}

static long block_set_block_size(uaddr_t arg)
{
	u32 size;

	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	if (copy_from_user(&size, arg, sizeof(size)))
		return -EFAULT;
	return size < SECTOR || size > PAGE_SIZE || (size & (size - 1)) ? -EINVAL : 0;
}

static long loop_fsync_backing(struct loop *l, bool data_only)
{
	struct file *b = l->backing;
	int ret;

	if (!b || !b->ops->fsync)
		return 0;
	file_get(b);
	ret = b->ops->fsync(b, data_only);
	file_put(b);
	return ret;
}

static long block_ioctl(struct file *f, u32 cmd, uaddr_t arg)
{
	struct loop *l = loop_of(f);

	switch (cmd) {
	case ABI_BLKGETSIZE64:
		return put_user_u64(arg, l->size);
	case ABI_BLKGETSIZE:
		return put_user_u64(arg, l->size / SECTOR);
	case ABI_BLKSSZGET:
	case ABI_BLKPBSZGET:
	case ABI_BLKIOMIN:
		return put_user_u32(arg, l->block_size);
	case ABI_BLKBSZGET:
		return put_user_u32(arg, PAGE_SIZE);
	case ABI_BLKBSZSET:
		return block_set_block_size(arg);
	case ABI_BLKIOOPT:
	case ABI_BLKALIGNOFF:
		return put_user_u32(arg, 0);
	case ABI_BLKROTATIONAL: {
		u16 no = 0;

		return copy_to_user(arg, &no, sizeof(no));
	}
	case ABI_BLKROGET:
		return put_user_u32(arg, l->flags & LO_FLAGS_READ_ONLY);
	case ABI_BLKROSET:
		return block_set_read_only(l, arg);
	case ABI_BLKRAGET:
		return put_user_u64(arg, l->read_ahead);
	case ABI_BLKRASET:
		if (!capable(CAP_SYS_ADMIN))
			return -EACCES;
		l->read_ahead = (u32)arg;
		return 0;
	case ABI_BLKFLSBUF:
		return capable(CAP_SYS_ADMIN) ? loop_fsync_backing(l, false) : -EACCES;
	case ABI_BLKDISCARD:
	case ABI_BLKZEROOUT:
		return block_discard(l, f, cmd, arg);
	default:
		return -ENOTTY;
	}
}

static long loop_ioctl(struct file *f, u32 cmd, uaddr_t arg)
{
	long ret = block_ioctl(f, cmd, arg);

	return ret == -ENOTTY ? loop_control_of_device(f, cmd, arg) : ret;
}

/* ---- data ---- */

static ssize_t loop_transfer(struct file *f, struct uio *u, u64 *pos, bool write)
{
	struct loop *l = loop_of(f);
	struct file *b = l->backing;
	size_t all = u->left, room;
	u64 at = *pos + l->offset, start;
	ssize_t ret;

	if (!b || *pos >= l->size)
		return write && all ? -ENOSPC : 0;
	room = (size_t)MIN((u64)all, l->size - *pos);
	u->left = room;
	file_get(b);
	start = os_clock_ns(OS_CLOCK_MONOTONIC);
	ret = write ? file_write(b, u, &at) : file_read(b, u, &at);
	l->ns[write] += os_clock_ns(OS_CLOCK_MONOTONIC) - start;
	file_put(b);
	u->left += all - room;
	if (ret > 0) {
		*pos += (u64)ret;
		l->nr[write]++;
		l->bytes[write] += (u64)ret;
	}
	return ret;
}

static ssize_t loop_read(struct file *f, struct uio *to, u64 *pos)
{
	return loop_transfer(f, to, pos, false);
}

static ssize_t loop_write(struct file *f, struct uio *from, u64 *pos)
{
	if (loop_of(f)->flags & LO_FLAGS_READ_ONLY)
		return -EPERM;
	return loop_transfer(f, from, pos, true);
}

static s64 loop_llseek(struct file *f, s64 off, int whence)
{
	u64 size = loop_of(f)->size;

	if (whence == SEEK_CUR && __builtin_add_overflow(off, (s64)f->pos, &off))
		return -EINVAL;
	if (whence == SEEK_END && __builtin_add_overflow(off, (s64)size, &off))
		return -EINVAL;
	if (whence > SEEK_END || whence < 0 || off < 0 || (u64)off > size)
		return -EINVAL;
	f->pos = (u64)off;
	return off;
}

static int loop_fsync(struct file *f, bool data_only)
{
	return (int)loop_fsync_backing(loop_of(f), data_only);
}

static int loop_mmap_hfd(struct file *f, bool shared_write, u64 *off)
{
	struct loop *l = loop_of(f);
	struct file *b = l->backing;
	u64 at = *off + l->offset;

	if (!b || !b->ops->mmap_hfd || (l->offset & (PAGE_SIZE - 1)))
		return -ENODEV;
	if (shared_write && (!FMODE_CAN_WRITE(b) || (l->flags & LO_FLAGS_READ_ONLY)))
		return -EACCES;
	*off = at;
	return b->ops->mmap_hfd(b, shared_write, off);
}

static int loop_open(struct inode *inode, struct file *f)
{
	unsigned i = loop_number(inode);

	if (i >= nr_loops)
		return -ENXIO;
	f->priv = loops[i];
	loops[i]->openers++;
	return 0;
}

static void loop_release(struct file *f)
{
	struct loop *l = loop_of(f);

	if (--l->openers == 0 && l->backing && (l->flags & LO_FLAGS_AUTOCLEAR))
		loop_detach(l);
}

static const struct file_ops loop_ops = {
	.open = loop_open,
	.release = loop_release,
	.read = loop_read,
	.write = loop_write,
	.llseek = loop_llseek,
	.ioctl = loop_ioctl,
	.fsync = loop_fsync,
	.mmap_hfd = loop_mmap_hfd,
};

/* ---- /dev/loop-control ---- */

/* The next device, whose number is nr_loops. */
static int loop_add(void)
{
	struct loop *l;
	char name[16];
	int ret;

	if (nr_loops == LOOP_DEVICES_MAX)
		return -ENOSPC;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->block_size = SECTOR;
	snprintf(name, sizeof(name), "loop%u", nr_loops);
	ret = devfs_add(name, S_IFBLK | 0660, GID_DISK, (u64)LOOP_MAJOR << 8 | nr_loops);
	if (ret < 0) {
		free(l);
		return ret;
	}
	loops[nr_loops++] = l;
	return 0;
}

static long loop_get_free(void)
{
	unsigned i = 0;
	int ret;

	while (i < nr_loops && loops[i]->backing)
		i++;
	ret = i < nr_loops ? 0 : loop_add();
	return ret < 0 ? ret : (long)i;
}

static long loop_control_ioctl(struct file *f, u32 cmd, uaddr_t arg)
{
	long ret;

	switch (cmd) {
	case LOOP_CTL_GET_FREE:
		return loop_get_free();
	case LOOP_CTL_ADD:
		if ((int)arg < 0)
			return loop_get_free();
		if (arg < nr_loops)
			return -EEXIST;
		if (arg >= LOOP_DEVICES_MAX)
			return -ENOSPC;
		while (nr_loops <= arg)
			if ((ret = loop_add()) < 0)
				return ret;
		return (long)arg;
	case LOOP_CTL_REMOVE:
		return arg < nr_loops ? -EBUSY : -ENODEV;
	default:
		return -ENOSYS;
	}
}

static const struct file_ops loop_control_ops = {
	.ioctl = loop_control_ioctl,
};

int loopdev_init(void)
{
	int ret = blkdev_register(LOOP_MAJOR, 0, LOOP_DEVICES_MAX, &loop_ops);

	if (ret == 0)
		ret = chrdev_register(MISC_MAJOR, LOOP_CONTROL_MINOR, 1, &loop_control_ops);
	if (ret == 0)
		ret = devfs_add(
			"loop-control", 0660, GID_DISK, (u64)MISC_MAJOR << 8 | LOOP_CONTROL_MINOR);
	while (ret == 0 && nr_loops < LOOP_DEVICES_FIRST)
		ret = loop_add();
	return ret;
}
