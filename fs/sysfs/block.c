/*
 * /sys/block: the loop devices, with what losetup(8) and lsblk(8) read there. Linux
 * Documentation/ABI/stable/sysfs-block, Documentation/ABI/testing/sysfs-block-loop.
 */
#include "fs/seq.h"
#include "fs/sysfs/sysfs.h"
#include "kernel/block/loopdev.h"

#define FILE_RO(n, fn) \
	{ \
		.name = n, .mode = S_IFREG | 0444, .show = fn \
	}

#define FILE_TEXT(n, text) \
	{ \
		.name = n, .mode = S_IFREG | 0444, .show = pseudo_show_text, .arg = text \
	}

static struct loop_state state(const struct pseudo_ctx *c)
{
	return loopdev_state((unsigned)c->key);
}

static int show_number(struct seq *s, u64 v)
{
	seq_printf(s, "%llu\n", (unsigned long long)v);
	return 0;
}

static int show_backing_file(struct seq *s, const struct pseudo_ctx *c)
{
	const struct file *f = state(c).backing;
	char buf[PATH_MAX];
	const char *name;

	if (!f)
		return -ENOENT;
	name = d_path(&f->path, buf, sizeof(buf));
	if (!name)
		return -ENAMETOOLONG;
	seq_printf(s, "%s\n", name);
	return 0;
}

static int show_autoclear(struct seq *s, const struct pseudo_ctx *c)
{
	return show_number(s, state(c).autoclear);
}

static int show_offset(struct seq *s, const struct pseudo_ctx *c)
{
	return show_number(s, state(c).offset);
}

static int show_size_limit(struct seq *s, const struct pseudo_ctx *c)
{
	return show_number(s, state(c).size_limit);
}

static bool is_bound(const struct pseudo_ctx *c)
{
	return state(c).backing;
}

static const struct pseudo_row loop_rows[] = {
	FILE_RO("autoclear", show_autoclear),
	FILE_RO("backing_file", show_backing_file),
	FILE_TEXT("dio", "0"),
	FILE_RO("offset", show_offset),
	FILE_TEXT("partscan", "0"),
	FILE_RO("sizelimit", show_size_limit),
};
static const struct pseudo_dir loop_dir = {PSEUDO_DIR(loop_rows)};

static int show_dev(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%u:%llu\n", LOOP_MAJOR, (unsigned long long)c->key);
	return 0;
}

static int show_read_only(struct seq *s, const struct pseudo_ctx *c)
{
	return show_number(s, state(c).read_only);
}

static int show_sectors(struct seq *s, const struct pseudo_ctx *c)
{
	return show_number(s, state(c).size / 512);
}

static int show_uevent(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "MAJOR=%u\nMINOR=%llu\nDEVNAME=loop%llu\nDEVTYPE=disk\n", LOOP_MAJOR,
		(unsigned long long)c->key, (unsigned long long)c->key);
	return 0;
}

static u64 as_ms(u64 ns)
{
	return (ns + 999999) / 1000000;
}

/* Transfers, merged ones (none), sectors and milliseconds of reads, the same of writes; none is in
 * flight. */
static int show_stat(struct seq *s, const struct pseudo_ctx *c)
{
	struct loop_state l = state(c);
	u64 busy = as_ms(l.read_ns + l.write_ns);

	seq_printf(s, "%8llu %8d %8llu %8llu %8llu %8d %8llu %8llu %8d %8llu %8llu\n",
		(unsigned long long)l.nr_reads, 0, (unsigned long long)l.read_bytes / 512,
		(unsigned long long)as_ms(l.read_ns), (unsigned long long)l.nr_writes, 0,
		(unsigned long long)l.written_bytes / 512, (unsigned long long)as_ms(l.write_ns), 0,
		(unsigned long long)busy, (unsigned long long)busy);
	return 0;
}

/* ---- queue: how a device likes to be used. There is no queue: transfers go to the file. ---- */

static int show_block_size(struct seq *s, const struct pseudo_ctx *c)
{
	return show_number(s, state(c).block_size);
}

static int show_dma_alignment(struct seq *s, const struct pseudo_ctx *c)
{
	return show_number(s, state(c).block_size - 1);
}

static int show_read_ahead(struct seq *s, const struct pseudo_ctx *c)
{
	return show_number(s, state(c).read_ahead / 2);
}

static const struct pseudo_row queue_rows[] = {
	FILE_TEXT("add_random", "0"),
	FILE_RO("dma_alignment", show_dma_alignment),
	FILE_RO("hw_sector_size", show_block_size),
	FILE_TEXT("io_poll", "0"),
	FILE_RO("logical_block_size", show_block_size),
	FILE_RO("minimum_io_size", show_block_size),
	FILE_TEXT("optimal_io_size", "0"),
	FILE_RO("physical_block_size", show_block_size),
	FILE_RO("read_ahead_kb", show_read_ahead),
	FILE_TEXT("rotational", "0"),
	FILE_TEXT("scheduler", "none"),
	FILE_TEXT("write_cache", "write back"),
	FILE_TEXT("zoned", "none"),
};
static const struct pseudo_dir queue_dir = {PSEUDO_DIR(queue_rows)};

static const struct pseudo_row device_rows[] = {
	FILE_RO("dev", show_dev),
	{.name = "loop", .mode = S_IFDIR | 0755, .dir = &loop_dir, .present = is_bound},
	{.name = "queue", .mode = S_IFDIR | 0755, .dir = &queue_dir},
	FILE_TEXT("removable", "0"),
	FILE_RO("ro", show_read_only),
	FILE_RO("size", show_sectors),
	FILE_RO("stat", show_stat),
	FILE_RO("uevent", show_uevent),
};
static const struct pseudo_dir device_dir = {PSEUDO_DIR(device_rows)};
static const struct pseudo_row device_row = {
	.name = "loop", .mode = S_IFDIR | 0755, .dir = &device_dir};

static ssize_t device_keys(const struct pseudo_ctx *dir, u64 from, u64 **out)
{
	u64 nr = loopdev_count();

	if (from >= nr)
		return 0;
	*out = calloc(nr - from, sizeof(u64));
	if (!*out)
		return -ENOMEM;
	for (u64 i = from; i < nr; i++)
		(*out)[i - from] = i;
	return (ssize_t)(nr - from);
}

static int device_enter(const struct pseudo_ctx *dir, struct pseudo_ctx *child)
{
	return child->key < loopdev_count() ? 0 : -ENOENT;
}

const struct pseudo_dir sysfs_block_dir = {
	.child = &device_row,
	.keys = device_keys,
	.enter = device_enter,
};

/* /sys/dev/block: devices by number */
static int show_device_link(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "../../block/loop%llu", (unsigned long long)c->key);
	return 0;
}

static const struct pseudo_row number_row = {
	.name = "7:", .mode = S_IFLNK | 0777, .show = show_device_link};

const struct pseudo_dir sysfs_dev_block_dir = {
	.child = &number_row,
	.keys = device_keys,
	.enter = device_enter,
};
