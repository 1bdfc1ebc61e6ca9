/* The machine's limits in one place (limits.h): given to those who enforce them, and read back. */
#include "kernel/limits.h"

#include "fs/file.h"
#include "kernel/cgroup.h"
#include "kernel/charge.h"
#include "kernel/net/link.h"
#include "kernel/oom.h"
#include "kernel/quota.h"
#include "kernel/rlimit.h"
#include "kernel/task.h"

static struct machine_limits limits;
static struct super *disk; /* NULL: no layer of its own */

/* What one process may ask for at all: it need not be there, so it may be more than there is. The
 * meter sees what is really used; this bounds a burst between two of its looks. */
static u64 data_limit(u64 mem)
{
	return MIN(mem, UINT64_MAX / 8) * 4 + (64ull << 20);
}

static void set_mem(u64 mem)
{
	machine_mem_limit = mem;
	rlimit_set_data_max(data_limit(mem));
	cgroup_set_memory_max(&root_cgroup, mem);
}

static void set(const struct machine_limits *l)
{
	if (l->pids)
		nr_tasks_max = (unsigned)MIN(l->pids, (u64)PID_MAX - 300);
	if (l->files)
		nr_open_files_max = l->files;
	if (l->bw)
		link_set_rate(l->bw);
	if (l->cpus)
		quota_set(l->cpus);
	if (l->mem)
		set_mem(l->mem);
}

void limits_apply(const struct machine_limits *l)
{
	limits = *l;
	set(l);
}

void limits_disk(struct super *upper)
{
	disk = upper;
}

static void take(u64 *to, u64 from)
{
	if (from)
		*to = from;
}

int limits_change(const struct machine_limits *l)
{
	if (l->disk)
		return -EOPNOTSUPP;
	if (l->mem && l->mem < oom_memory_of(&root_cgroup))
		return -EBUSY;
	set(l);
	take(&limits.mem, l->mem);
	take(&limits.pids, l->pids);
	take(&limits.files, l->files);
	take(&limits.cpus, l->cpus);
	take(&limits.bw, l->bw);
	return 0;
}

static u64 disk_use(void)
{
	struct statfs sf = {0};

	if (!disk || !disk->ops->statfs || disk->ops->statfs(disk, &sf) < 0)
		return 0;
	return (u64)(sf.f_blocks - MIN(sf.f_bfree, sf.f_blocks)) *
	       (sf.f_bsize > 0 ? (u64)sf.f_bsize : disk->block_size);
}

void limits_use(struct machine_limits *limit, struct machine_use *use)
{
	*limit = limits;
	*use = (struct machine_use){
		.now = {.mem = oom_memory_of(&root_cgroup),
			.pids = nr_tasks_total,
			.files = nr_open_files,
			.disk = disk_use()},
		.mem_peak = root_cgroup.memory_peak,
		.oom_kills = root_cgroup.oom_kills,
		.throttled = quota_stats.throttled,
		.throttled_ns = quota_stats.throttled_ns,
	};
}
