/*
 * FS_IOC_FIEMAP on ext2: runs of blocks that follow each other on the device as in the file.
 * Extents are gathered in the kernel and copied out as they end. Linux
 * Documentation/filesystems/fiemap.rst
 */
#include "fs/ext2/internal.h"

#include <linux/fiemap.h>

#define RUN_MAX 32768u	  /* blocks of one extent */
#define AT_ONCE_MAX 4096u /* blocks looked up before others may run */

struct walk {
	struct fiemap map;
	uaddr_t dst; /* of the next extent */
	bool open;   /* run is an extent to which more may come */
	struct fiemap_extent run;
};

/* 0, or 1 if there is no room for another one. */
static int put_run(struct walk *w, u32 flags)
{
	if (!w->open)
		return 0;
	w->open = false;
	if (w->map.fm_extent_count) {
		w->run.fe_flags |= flags;
		if (copy_to_user(w->dst, &w->run, sizeof(w->run)))
			return -EFAULT;
		w->dst += sizeof(w->run);
	}
	w->map.fm_mapped_extents++;
	return w->map.fm_mapped_extents == w->map.fm_extent_count;
}

static int add_block(struct walk *w, u64 pos, u64 device_pos, u32 bs)
{
	int ret = 0;

	if (w->open && w->run.fe_logical + w->run.fe_length == pos &&
		w->run.fe_physical + w->run.fe_length == device_pos &&
		w->run.fe_length < (u64)RUN_MAX * bs) {
		w->run.fe_length += bs;
		return 0;
	}
	ret = put_run(w, 0);
	if (ret)
		return ret;
	w->run = (struct fiemap_extent){
		.fe_logical = pos, .fe_physical = device_pos, .fe_length = bs};
	w->open = true;
	return 0;
}

static int walk_blocks(struct inode *i, struct walk *w)
{
	u32 bs = ext2_sb(i)->bs, block;
	u64 last = w->map.fm_length > UINT64_MAX - w->map.fm_start
			   ? UINT64_MAX
			   : w->map.fm_start + w->map.fm_length;
	u64 span, seen = 0;
	int ret = 0;

	for (u64 at = w->map.fm_start / bs; ret == 0 && at * bs < MIN(last, i->size); at += span) {
		ret = ++seen % AT_ONCE_MAX ? 0 : sched_pause();
		if (ret < 0)
			break;
		ret = ext2_map(i, at, &block, &span);
		if (ret == 0 && block)
			ret = add_block(w, at * bs, (u64)block * bs, bs);
	}
	if (ret == 0)
		ret = put_run(w, last >= i->size ? FIEMAP_EXTENT_LAST : 0);
	return MIN(ret, 0);
}

long ext2_fiemap(struct inode *i, uaddr_t arg)
{
	struct walk w = {.dst = arg + sizeof(w.map)};
	int ret = 0;
	u32 unknown;

	if (copy_from_user(&w.map, arg, sizeof(w.map)))
		return -EFAULT;
	if (w.map.fm_extent_count > UINT32_MAX / sizeof(w.run) || !w.map.fm_length)
		return -EINVAL;
	if (w.map.fm_start > ext2_max_size(ext2_sb(i)))
		return -EFBIG;
	unknown = w.map.fm_flags & ~(u32)FIEMAP_FLAG_SYNC;
	w.map.fm_mapped_extents = 0;
	if (unknown)
		w.map.fm_flags = unknown;
	else
		ret = ext2_write_back(i);
	if (ret == 0 && !unknown)
		ret = walk_blocks(i, &w);
	if (ret < 0)
		return ret;
	if (copy_to_user(arg, &w.map, sizeof(w.map)))
		return -EFAULT;
	return unknown ? -EBADR : 0;
}
