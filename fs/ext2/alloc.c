/*
 * Free blocks and inodes: a bitmap each for every group, read when first needed and written back by
 * ext2_sync_meta. Blocks of a file are looked for behind its last one, inodes in the group of their
 * directory. A share of the blocks is kept for root.
 */
#include "fs/ext2/internal.h"
#include "kernel/cred.h"
#include "kernel/lib/log.h"
#include "kernel/task.h"

static bool bit_test(const u8 *map, u32 n)
{
	return map[n / 8] >> (n % 8) & 1;
}

/* The first clear bit in [from, to), or to. */
static u32 bit_find(const u8 *map, u32 from, u32 to)
{
	while (from < to) {
		if (from % 8 == 0 && map[from / 8] == 0xff)
			from += 8;
		else if (bit_test(map, from))
			from++;
		else
			return from;
	}
	return to;
}

static int load(struct ext2_super *es, u8 **map, u32 block)
{
	int ret;

	if (*map)
		return 0;
	*map = malloc(es->bs);
	if (!*map)
		return -ENOMEM;
	ret = ext2_get(es, (u64)block * es->bs, *map, es->bs);
	if (ret < 0) {
		free(*map);
		*map = NULL;
	}
	return ret;
}

static u32 blocks_in(const struct ext2_super *es, u32 group)
{
	u64 first = (u64)group * es->d.blocks_per_group + es->d.first_data_block;

	return (u32)MIN((u64)es->d.blocks_per_group, es->d.blocks_count - first);
}

/* ---- blocks ---- */

static bool may_use_reserve(const struct ext2_super *es)
{
	return !current || capable(CAP_SYS_RESOURCE) || current->cred->fsuid == es->d.def_resuid;
}

static int take_block(struct ext2_super *es, u32 group, u32 from, u32 *out)
{
	struct ext2_group *g = &es->groups[group];
	u32 to = blocks_in(es, group), n;
	int ret;

	if (!g->d.free_blocks)
		return -ENOSPC;
	ret = load(es, &g->blocks, g->d.block_bitmap);
	if (ret < 0)
		return ret;
	n = bit_find(g->blocks, from, to);
	if (n == to && from)
		n = bit_find(g->blocks, 0, to);
	if (n >= to)
		return -ENOSPC;
	g->blocks[n / 8] |= (u8)(1u << n % 8);
	g->d.free_blocks--;
	es->d.free_blocks_count -= es->d.free_blocks_count > 0;
	g->blocks_dirty = g->dirty = es->dirty = true;
	*out = group * es->d.blocks_per_group + es->d.first_data_block + n;
	return 0;
}

static u32 first_goal(const struct ext2_super *es, const struct inode *i)
{
	return (u32)((i->ino - 1) / es->d.inodes_per_group) * es->d.blocks_per_group +
	       es->d.first_data_block;
}

int ext2_new_block(struct inode *i, u32 *out)
{
	struct ext2_super *es = ext2_sb(i);
	struct ext2_node *n = ext2_node(i);
	u32 goal = n->goal ? n->goal : first_goal(es, i), group, from;
	int ret = -ENOSPC;

	if (es->d.free_blocks_count <= es->d.r_blocks_count && !may_use_reserve(es))
		return -ENOSPC;
	if (!ext2_block_ok(es, goal))
		goal = es->d.first_data_block;
	group = (goal - es->d.first_data_block) / es->d.blocks_per_group;
	from = (goal - es->d.first_data_block) % es->d.blocks_per_group;
	for (u32 k = 0; k < es->nr_groups && ret == -ENOSPC; k++) {
		ret = take_block(es, (group + k) % es->nr_groups, from, out);
		from = 0;
	}
	if (ret < 0)
		return ret;
	n->goal = *out + 1;
	i->blocks += es->bs / 512;
	return 0;
}

bool ext2_free_block(struct inode *i, u32 block)
{
	struct ext2_super *es = ext2_sb(i);
	struct ext2_group *g;
	u32 n;

	if (!ext2_block_ok(es, block))
		return false;
	g = &es->groups[(block - es->d.first_data_block) / es->d.blocks_per_group];
	n = (block - es->d.first_data_block) % es->d.blocks_per_group;
	if (load(es, &g->blocks, g->d.block_bitmap) < 0 || !bit_test(g->blocks, n))
		return false;
	g->blocks[n / 8] &= (u8) ~(1u << n % 8);
	g->d.free_blocks++;
	es->d.free_blocks_count++;
	g->blocks_dirty = g->dirty = es->dirty = true;
	i->blocks -= MIN((u64)es->bs / 512, i->blocks);
	return true;
}

/* ---- inodes ---- */

static int take_ino(struct ext2_super *es, u32 group, bool dir, u32 *out)
{
	struct ext2_group *g = &es->groups[group];
	u32 from = 0, n;
	int ret;

	if (!g->d.free_inodes)
		return -ENOSPC;
	ret = load(es, &g->inodes, g->d.inode_bitmap);
	if (ret < 0)
		return ret;
	if (group == 0)
		from = MIN(es->first_ino - 1, es->d.inodes_per_group);
	n = bit_find(g->inodes, from, es->d.inodes_per_group);
	if (n >= es->d.inodes_per_group)
		return -ENOSPC;
	g->inodes[n / 8] |= (u8)(1u << n % 8);
	g->d.free_inodes--;
	g->d.used_dirs += dir;
	es->d.free_inodes_count -= es->d.free_inodes_count > 0;
	g->inodes_dirty = g->dirty = es->dirty = true;
	*out = group * es->d.inodes_per_group + n + 1;
	return 0;
}

int ext2_new_ino(struct ext2_super *es, u32 parent, bool dir, u32 *out)
{
	u32 group = (parent - 1) / es->d.inodes_per_group;
	int ret = -ENOSPC;

	if (dir) /* directories spread: to where most is free */
		for (u32 k = 0; k < es->nr_groups; k++)
			if (es->groups[k].d.free_inodes &&
				es->groups[k].d.free_blocks > es->groups[group].d.free_blocks)
				group = k;
	for (u32 k = 0; k < es->nr_groups && ret == -ENOSPC; k++)
		ret = take_ino(es, (group + k) % es->nr_groups, dir, out);
	return ret;
}

void ext2_free_ino(struct ext2_super *es, u32 ino, bool dir)
{
	struct ext2_group *g = &es->groups[(ino - 1) / es->d.inodes_per_group];
	u32 n = (ino - 1) % es->d.inodes_per_group;

	if (load(es, &g->inodes, g->d.inode_bitmap) < 0 || !bit_test(g->inodes, n))
		return;
	g->inodes[n / 8] &= (u8) ~(1u << n % 8);
	g->d.free_inodes++;
	g->d.used_dirs -= dir && g->d.used_dirs;
	es->d.free_inodes_count++;
	g->inodes_dirty = g->dirty = es->dirty = true;
}
