/*
 * The registry of character drivers: device numbers to file_ops. Drivers register at start-up and
 * never leave; fs/open.c asks chrdev_find when a character special file is opened. Ranges never
 * overlap. makedev(3).
 */
#include "fs/chrdev.h"

#include <stdlib.h>

struct chrdev_range {
	unsigned major, first, count;
	const struct file_ops *fops;
};

static struct chrdev_range *ranges;
static unsigned nr_ranges;

static unsigned dev_major(u64 rdev)
{
	return (rdev >> 8 & 0xfff) | (rdev >> 32 & 0xfffff000u);
}

static unsigned dev_minor(u64 rdev)
{
	return (rdev & 0xff) | (rdev >> 12 & 0xffffff00u);
}

static const struct chrdev_range *chrdev_range_find(unsigned major, unsigned first, unsigned last)
{
	for (unsigned i = 0; i < nr_ranges; i++) {
		const struct chrdev_range *r = &ranges[i];

		if (r->major == major && first <= r->first + (r->count - 1) && last >= r->first)
			return r;
	}
	return NULL;
}

int chrdev_register(unsigned major, unsigned first, unsigned count, const struct file_ops *fops)
{
	struct chrdev_range *r;

	if (!count || first + (count - 1) < first)
		return -EINVAL;
	if (chrdev_range_find(major, first, first + (count - 1)))
		return -EBUSY;
	r = reallocarray(ranges, nr_ranges + 1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	ranges = r;
	r[nr_ranges++] = (struct chrdev_range){major, first, count, fops};
	return 0;
}

const struct file_ops *chrdev_find(u64 rdev)
{
	unsigned minor = dev_minor(rdev);
	const struct chrdev_range *r = chrdev_range_find(dev_major(rdev), minor, minor);

	return r ? r->fops : NULL;
}

bool chrdev_major_used(unsigned major)
{
	return chrdev_range_find(major, 0, -1u) != NULL;
}

void chrdev_fini(void)
{
	free(ranges);
	ranges = NULL;
	nr_ranges = 0;
}
