/*
 * Which block of the device holds which block of a file: twelve numbers in the inode, then trees of
 * one, two and three levels of blocks full of numbers. A number of 0 is a hole, of as many blocks
 * as it would lead to. Each number is read and written where it lies on the device.
 */
#include "fs/ext2/internal.h"

#define LEVELS_MAX 3

/* The way to a block: an index into the inode's numbers, then one for each level. */
struct route {
	unsigned levels;
	u32 index[LEVELS_MAX + 1];
	u64 below[LEVELS_MAX + 1]; /* blocks that a number there leads to */
	u64 first;		   /* block of the file that the tree begins with */
};

static int find_route(const struct ext2_super *es, u64 lblk, struct route *r)
{
	u64 n = es->ptrs, reach = 1;

	memset(r, 0, sizeof(*r));
	if (lblk < EXT2_NR_DIRECT) {
		r->index[0] = (u32)lblk;
		r->below[0] = 1;
		return 0;
	}
	lblk -= EXT2_NR_DIRECT;
	r->first = EXT2_NR_DIRECT;
	for (unsigned level = 1; level <= LEVELS_MAX; level++) {
		reach *= n;
		if (lblk >= reach) {
			lblk -= reach;
			r->first += reach;
			continue;
		}
		r->levels = level;
		r->index[0] = EXT2_NR_DIRECT + level - 1;
		r->below[0] = reach;
		for (unsigned k = 1; k <= level; k++) {
			r->below[k] = r->below[k - 1] / n;
			r->index[k] = (u32)(lblk / r->below[k] % n);
		}
		return 0;
	}
	return -EFBIG;
}

u64 ext2_max_size(const struct ext2_super *es)
{
	u64 n = es->ptrs;
	u64 tree = (EXT2_NR_DIRECT + n + n * n + n * n * n) * es->bs;
	u64 sectors = 0xffffffffull * 512; /* the count in an inode is of 32 bits */

	return MIN(tree, sectors);
}

static int get_number(struct ext2_super *es, u32 block, u32 index, u32 *out)
{
	int ret = ext2_get(es, (u64)block * es->bs + index * 4ull, out, 4);

	return ret < 0 ? ret : *out && !ext2_block_ok(es, *out) ? -EIO : 0;
}

int ext2_map(struct inode *i, u64 lblk, u32 *block, u64 *span)
{
	struct ext2_super *es = ext2_sb(i);
	struct route r;
	int ret = find_route(es, lblk, &r);

	*block = 0;
	*span = 1;
	if (ret < 0)
		return ret;
	*block = ext2_node(i)->block[r.index[0]];
	if (*block && !ext2_block_ok(es, *block))
		return -EIO;
	for (unsigned level = 0; ret == 0; level++) {
		if (!*block) {
			*span = r.below[level] - (lblk - r.first) % r.below[level];
			return 0;
		}
		if (level == r.levels)
			return 0;
		ret = get_number(es, *block, r.index[level + 1], block);
	}
	return ret;
}

static int new_zeroed(struct inode *i, u32 *out)
{
	static const u8 zeros[4096];
	struct ext2_super *es = ext2_sb(i);
	int ret = ext2_new_block(i, out);

	if (ret < 0)
		return ret;
	ret = ext2_put(es, (u64)*out * es->bs, zeros, es->bs);
	if (ret < 0)
		ext2_free_block(i, *out);
	return ret;
}

int ext2_map_create(struct inode *i, u64 lblk, u32 *block, bool *fresh)
{
	struct ext2_super *es = ext2_sb(i);
	struct ext2_node *n = ext2_node(i);
	struct route r;
	u32 at = 0; /* the block with the number; 0: it is in the inode */
	int ret = find_route(es, lblk, &r);

	*fresh = false;
	if (ret < 0)
		return ret;
	for (unsigned level = 0;; level++) {
		u32 number = n->block[r.index[0]];

		if (at)
			ret = get_number(es, at, r.index[level], &number);
		else if (number && !ext2_block_ok(es, number))
			ret = -EIO;
		if (ret < 0)
			return ret;
		if (!number) {
			ret = level < r.levels ? new_zeroed(i, &number)
					       : ext2_new_block(i, &number);
			if (ret == 0 && at)
				ret = ext2_put(
					es, (u64)at * es->bs + r.index[level] * 4ull, &number, 4);
			else if (ret == 0)
				n->block[r.index[0]] = number;
			if (ret < 0)
				return ret;
			*fresh = level == r.levels;
		}
		if (level == r.levels) {
			*block = number;
			return 0;
		}
		at = number;
	}
}

/* ---- freeing ---- */

/* Frees what is at or behind block `from` (counted below this number) under *number, a tree of so
 * many levels. A block that was not in use is not looked into: no tree can be walked twice. */
static int free_tree(struct inode *i, u32 *number, unsigned levels, u64 from)
{
	struct ext2_super *es = ext2_sb(i);
	u64 below = 1;
	u32 *numbers, block = *number;
	int ret;

	if (!block)
		return 0;
	if (!from) {
		*number = 0;
		if (!ext2_free_block(i, block))
			return 0;
	}
	if (!levels || !ext2_block_ok(es, block))
		return 0;
	for (unsigned k = 1; k < levels; k++)
		below *= es->ptrs;
	numbers = malloc(es->bs);
	if (!numbers)
		return -ENOMEM;
	ret = ext2_get(es, (u64)block * es->bs, numbers, es->bs);
	for (u32 k = (u32)(from / below); ret == 0 && k < es->ptrs; k++) {
		ret = free_tree(
			i, &numbers[k], levels - 1, from > k * below ? from - k * below : 0);
	}
	if (ret == 0 && from)
		ret = ext2_put(es, (u64)block * es->bs, numbers, es->bs);
	free(numbers);
	return ret;
}

int ext2_truncate_blocks(struct inode *i, u64 from)
{
	struct ext2_super *es = ext2_sb(i);
	struct ext2_node *n = ext2_node(i);
	u64 first = EXT2_NR_DIRECT, reach = 1;
	int ret = 0;

	for (u32 k = 0; k < EXT2_NR_DIRECT; k++)
		if (k >= from)
			free_tree(i, &n->block[k], 0, 0);
	for (unsigned level = 1; ret == 0 && level <= LEVELS_MAX; level++) {
		reach *= es->ptrs;
		if (from < first + reach)
			ret = free_tree(i, &n->block[EXT2_NR_DIRECT + level - 1], level,
				from > first ? from - first : 0);
		first += reach;
	}
	n->goal = 0;
	return ret;
}
