/*
 * How much memory the machine has and uses. Without a limit of its own it shares the host's, and
 * the host's figures are the truth. With a limit, used is what the processes have for themselves
 * plus what files in memory take; the host's caches are nobody's.
 */
#include "kernel/meminfo.h"

#include "fs/vfs.h"
#include "kernel/os.h"
#include "kernel/task.h"

#define TMPFS_MAGIC 0x01021994u

u64 machine_mem_limit;

static u64 files_in_memory(void)
{
	struct super *sb;
	u64 sum = 0;

	list_for_each_entry (sb, &all_supers, link) {
		struct statfs sf = {0};

		if (sb->magic == TMPFS_MAGIC && sb->ops && sb->ops->statfs &&
			sb->ops->statfs(sb, &sf) == 0 && sf.f_blocks >= sf.f_bfree)
			sum += (u64)(sf.f_blocks - sf.f_bfree) * (u64)sf.f_bsize;
	}
	return sum;
}

static u64 private_memory(void)
{
	const struct tgroup *tg;
	struct guest_mem m;
	u64 sum = 0;

	list_for_each_entry (tg, &all_tgroups, all_link) {
		if (list_empty(&tg->tasks))
			continue;
		if (guest_mem(list_first(&tg->tasks, struct task, tg_link), &m) == 0)
			sum += m.resident - MIN(m.shared, m.resident);
	}
	return sum;
}

int meminfo_get(struct meminfo *m)
{
	struct os_sysinfo si = {0};
	int ret = os_sysinfo(&si);
	u64 used;

	if (ret < 0)
		return ret;
	os_sysinfo_memory(&si);
	*m = (struct meminfo){si.mem_total, si.mem_free, si.mem_available, si.mem_buffers,
		si.mem_cached, files_in_memory(), si.swap_total, si.swap_free};
	if (!machine_mem_limit || machine_mem_limit >= si.mem_total)
		return 0;
	used = m->shmem + private_memory();
	m->total = machine_mem_limit;
	m->free = machine_mem_limit - MIN(used, machine_mem_limit);
	m->free = m->available = MIN(m->free, si.mem_available);
	m->buffers = m->swap_total = m->swap_free = 0;
	m->cached = m->shmem;
	return 0;
}
