/* Loop devices: block devices whose content is a file's. loop(4). */
#ifndef SKIFF_KERNEL_BLOCK_LOOPDEV_H
#define SKIFF_KERNEL_BLOCK_LOOPDEV_H

#include "kernel/abi.h"

struct file;

#define LOOP_MAJOR 7u
#define LOOP_DEVICES_MAX 256u

int loopdev_init(void); /* registers /dev/loop-control and the first loop devices. 0 or -errno */

/* What /proc and /sys tell of one device. */
struct loop_state {
	const struct file *backing; /* borrowed; NULL: nothing is attached */
	u64 size;		    /* bytes */
	u64 offset, size_limit;	    /* bytes of the backing file */
	bool read_only, autoclear;
	u64 nr_reads, nr_writes, read_bytes, written_bytes; /* since the device was made */
	u64 read_ns, write_ns;				    /* that these took */
	u32 block_size, read_ahead;			    /* bytes; sectors */
};
unsigned loopdev_count(void);
struct loop_state loopdev_state(unsigned index);   /* index < loopdev_count() */
bool loopdev_file_read_only(const struct file *f); /* is f an open loop device, and read-only? */

#endif
