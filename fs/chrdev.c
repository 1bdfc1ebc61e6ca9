/*
 * The registry of drivers: device numbers to file_ops, of character and of block devices. Drivers
 * register at start-up and never leave; fs/open.c asks when a special file is opened. Ranges of one
 * kind never overlap. makedev(3).
 */
#include "fs/chrdev.h"

#include <stdlib.h>

struct dev_range {
	bool block;
	unsigned major, first, count;
	const struct file_ops *fops;
};

static struct dev_range *ranges;
static unsigned nr_ranges;

static const struct dev_range *range_find(bool block, unsigned major, unsigned first, unsigned last)
{
	for (unsigned i = 0; i < nr_ranges; i++) {
		const struct dev_range *r = &ranges[i];

		if (r->block == block && r->major == major && first <= r->first + (r->count - 1) &&
			last >= r->first)
			return r;
	}
	return NULL;
}

static int range_add(const struct dev_range *new)
{
	struct dev_range *r;

	if (!new->count || new->first + (new->count - 1) < new->first)
		return -EINVAL;
	if (range_find(new->block, new->major, new->first, new->first + (new->count - 1)))
		return -EBUSY;
	r = reallocarray(ranges, nr_ranges + 1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	ranges = r;
	r[nr_ranges++] = *new;
	return 0;
}

int chrdev_register(unsigned major, unsigned first, unsigned count, const struct file_ops *fops)
{
	return range_add(&(struct dev_range){false, major, first, count, fops});
}

int blkdev_register(unsigned major, unsigned first, unsigned count, const struct file_ops *fops)
{
	return range_add(&(struct dev_range){true, major, first, count, fops});
}

static const struct file_ops *driver_find(bool block, u64 rdev)
{
	unsigned minor = dev_minor(rdev);
	const struct dev_range *r = range_find(block, dev_major(rdev), minor, minor);

	return r ? r->fops : NULL;
}

const struct file_ops *chrdev_find(u64 rdev)
{
	return driver_find(false, rdev);
}

const struct file_ops *blkdev_find(u64 rdev)
{
	return driver_find(true, rdev);
}

bool chrdev_major_used(unsigned major)
{
	return range_find(false, major, 0, -1u) != NULL;
}

void chrdev_fini(void)
{
	free(ranges);
	ranges = NULL;
	nr_ranges = 0;
}
