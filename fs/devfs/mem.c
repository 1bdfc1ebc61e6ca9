/*
 * The devices without hardware: null, zero, full, random and urandom, and the registration of kmsg.
 * null(4), full(4), random(4). Mappings of zero are a private memory file of the host, as large as
 * any mapping can be.
 */
#include "fs/chrdev.h"
#include "fs/devfs/devfs.h"
#include "kernel/cred.h"
#include "kernel/os.h"
#include "kernel/signal.h"

#define MEM_MAJOR 1
#define ZERO_MAP_SIZE (1ull << 46)
#define MEM_CHUNK (64u << 10)

#define RNDGETENTCNT 0x80045200u
#define RNDADDTOENTCNT 0x40045201u
#define RNDADDENTROPY 0x40085203u
#define RNDZAPENTCNT 0x5204u
#define RNDCLEARPOOL 0x5206u
#define RNDRESEEDCRNG 0x5207u
#define ENTROPY_BITS 256

enum mem_minor {
	MEM_NULL = 3,
	MEM_ZERO = 5,
	MEM_FULL = 7,
	MEM_RANDOM = 8,
	MEM_URANDOM = 9,
	MEM_KMSG = 11,
};

static ssize_t null_read(struct file *file, struct uio *to, u64 *pos)
{
	return 0;
}

static ssize_t null_write(struct file *file, struct uio *from, u64 *pos)
{
	size_t n = from->left;

	uio_advance(from, n);
	return (ssize_t)n;
}

static s64 null_llseek(struct file *file, s64 off, int whence)
{
	file->pos = 0;
	return 0;
}

/* Fills the reader's buffers piecewise, giving way to other tasks and to signals. buf has
 * MEM_CHUNK bytes; make is called before each use of it, if there is one. */
static ssize_t fill(struct uio *to, char *buf, void (*make)(void *buf, size_t len))
{
	size_t done = 0;

	while (to->left) {
		size_t want = MIN(to->left, (size_t)MEM_CHUNK);
		ssize_t n;

		if (make)
			make(buf, want);
		n = uio_put(to, buf, want);
		if (n < 0)
			return done ? (ssize_t)done : n;
		done += (size_t)n;
		if ((size_t)n < want)
			break;
		if (done % (16 * MEM_CHUNK) == 0 && to->left) {
			sched_yield_now();
			if (current && signal_pending(current))
				break;
		}
	}
	return (ssize_t)done;
}

static ssize_t zero_read(struct file *file, struct uio *to, u64 *pos)
{
	static char zeros[MEM_CHUNK];

	return fill(to, zeros, NULL);
}

static int zero_mmap_hfd(struct file *file, bool shared_write, u64 *off)
{
	int hfd = os_memfd("zero"), ret, ro;

	if (hfd < 0)
		return hfd;
	ret = os_ftruncate(hfd, ZERO_MAP_SIZE);
	if (ret < 0) {
		os_close(hfd);
		return ret;
	}
	if (shared_write)
		return hfd;
	ro = os_reopen(hfd, O_RDONLY); /* mprotect must not make it writable */
	os_close(hfd);
	return ro;
}

static ssize_t full_write(struct file *file, struct uio *from, u64 *pos)
{
	return -ENOSPC;
}

static ssize_t random_read(struct file *file, struct uio *to, u64 *pos)
{
	static char buf[MEM_CHUNK]; /* used between two points of sleeping */

	return fill(to, buf, os_random);
}

static long random_ioctl(struct file *file, u32 cmd, uaddr_t arg)
{
	switch (cmd) {
	case RNDGETENTCNT:
		return put_user_u32(arg, ENTROPY_BITS);
	case RNDADDTOENTCNT:
	case RNDADDENTROPY:
	case RNDZAPENTCNT:
	case RNDCLEARPOOL:
	case RNDRESEEDCRNG:
		/* The generator is the host's: there is nothing to feed, empty or reseed. */
		return capable(CAP_SYS_ADMIN) ? -EOPNOTSUPP : -EPERM;
	default:
		return -ENOTTY;
	}
}

static const struct file_ops null_fops = {
	.read = null_read,
	.write = null_write,
	.llseek = null_llseek,
};

static const struct file_ops zero_fops = {
	.read = zero_read,
	.write = null_write,
	.llseek = null_llseek,
	.mmap_hfd = zero_mmap_hfd,
};

static const struct file_ops full_fops = {
	.read = zero_read,
	.write = full_write,
	.llseek = null_llseek,
};

/* Writers mean to stir the pool: the host's generator needs no stirring. */
static const struct file_ops random_fops = {
	.read = random_read,
	.write = null_write,
	.llseek = null_llseek,
	.ioctl = random_ioctl,
};

static const struct {
	const char *name;
	unsigned minor;
	u32 mode;
	const struct file_ops *fops;
} mem_devices[] = {
	{"null", MEM_NULL, 0666, &null_fops},
	{"zero", MEM_ZERO, 0666, &zero_fops},
	{"full", MEM_FULL, 0666, &full_fops},
	{"random", MEM_RANDOM, 0666, &random_fops},
	{"urandom", MEM_URANDOM, 0666, &random_fops},
	{"kmsg", MEM_KMSG, 0644, &kmsg_fops},
};

int chr_mem_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(mem_devices); i++) {
		unsigned minor = mem_devices[i].minor;
		int ret = chrdev_register(MEM_MAJOR, minor, 1, mem_devices[i].fops);

		if (ret == 0)
			ret = devfs_add(mem_devices[i].name, mem_devices[i].mode, 0,
				(u64)MEM_MAJOR << 8 | minor);
		if (ret < 0)
			return ret;
	}
	return 0;
}
