/*
 * Counters of what the kernel holds for the guest (charge.h). They are kept with or without a
 * limit, as meminfo.c shows them. Only the limit makes a charge fail.
 */
#include "kernel/charge.h"

#include "kernel/oom.h"
#include "kernel/os.h"

u64 machine_mem_limit;
struct mem_charges mem_charges;
static struct list_head files = LIST_HEAD_INIT(files);

static bool room_for(u64 bytes)
{
	u64 most = machine_mem_limit - machine_mem_limit / 8;
	u64 used =
		mem_charges.pages + mem_charges.buffers + mem_charges.files + oom_process_memory();

	return bytes <= most && used <= most - bytes;
}

bool mem_has_room(u64 bytes)
{
	return !machine_mem_limit || room_for(bytes) || (oom_look_again() && room_for(bytes));
}

int mem_charge(u64 *what, u64 bytes)
{
	if (!mem_has_room(bytes))
		return -ENOMEM;
	*what += bytes;
	return 0;
}

void mem_file_add(struct mem_file *f, int hfd)
{
	f->hfd = hfd;
	list_add_tail(&f->link, &files);
	mem_file_update(f);
}

void mem_file_update(struct mem_file *f)
{
	u64 before = f->bytes;
	struct os_stat st;

	if (os_statat(f->hfd, "", &st) < 0)
		return;
	f->bytes = st.blocks * 512;
	mem_charges.files += f->bytes - before;
	if (f->changed && f->bytes != before)
		f->changed(f, before);
}

void mem_file_del(struct mem_file *f)
{
	list_del(&f->link);
	mem_charges.files -= f->bytes;
	f->bytes = 0;
}

void mem_files_update(void)
{
	struct mem_file *f;

	list_for_each_entry (f, &files, link)
		mem_file_update(f);
}
