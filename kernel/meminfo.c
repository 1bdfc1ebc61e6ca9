/*
 * How much memory the machine has and uses. Without a limit of its own it shares the host's, and
 * the host's figures are the truth. With a limit, used is what the processes have for themselves
 * plus what files in memory take; the host's caches are nobody's.
 */
#include "kernel/meminfo.h"

#include "kernel/cgroup.h"
#include "kernel/charge.h"
#include "kernel/oom.h"
#include "kernel/os.h"

int meminfo_get(struct meminfo *m)
{
	struct os_sysinfo si = {0};
	int ret = os_sysinfo(&si);
	u64 used;

	if (ret < 0)
		return ret;
	os_sysinfo_memory(&si);
	*m = (struct meminfo){si.mem_total, si.mem_free, si.mem_available, si.mem_buffers,
		si.mem_cached, 0, si.swap_total, si.swap_free};
	mem_files_update();
	m->shmem = mem_charges.files + mem_charges.pages;
	if (!machine_mem_limit || machine_mem_limit >= si.mem_total)
		return 0;
	used = oom_memory_of(&root_cgroup);
	m->total = machine_mem_limit;
	m->free = machine_mem_limit - MIN(used, machine_mem_limit);
	m->free = m->available = MIN(m->free, si.mem_available);
	m->buffers = m->swap_total = m->swap_free = 0;
	m->cached = m->shmem;
	return 0;
}
