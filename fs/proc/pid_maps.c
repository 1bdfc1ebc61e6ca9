/*
 * /proc/PID/{maps,smaps,smaps_rollup}: rendered from the host's view of the guest process (the stub
 * is hidden below this layer), with host files named as the guest knows them and the heap found by
 * the kernel's own brk. proc(5).
 */
#include "fs/proc/proc.h"
#include "kernel/mapped.h"
#include "kernel/task.h"

#define NAME_COLUMN 73

struct maps_walk {
	struct seq *s;
	uaddr_t brk_start, brk; /* of the process's heap */
	struct guest_vma_usage total;
	uaddr_t first, last;
};

/* Is the file no longer where it was when it was mapped? */
static bool file_moved(const struct mapped_name *file)
{
	const struct task *first = init_tg ? init_tg->leader : NULL;
	struct path p;
	bool moved;
	int ret;

	if (file->path[0] != '/' || !first || !first->fs)
		return false;
	ret = path_lookup(&first->fs->root, file->path + 1, 0, &p);
	if (ret < 0)
		return ret == -ENOENT || ret == -ENOTDIR;
	moved = p.dentry->inode->ino != file->ino || p.dentry->sb->dev != file->dev;
	path_put(&p);
	return moved;
}

static bool ends_deleted(const char *path)
{
	size_t len = strlen(path);

	return len >= 10 && !strcmp(path + len - 10, " (deleted)");
}

static void vma_line(const struct maps_walk *w, const struct guest_vma *v)
{
	struct seq *s = w->s;
	struct mapped_name file = {.path = v->name, .dev = v->dev, .ino = v->ino};
	size_t start = s->len;
	bool deleted = false;

	if (v->ino && mapped_find(v->dev, v->ino, &file))
		deleted = !ends_deleted(file.path) && file_moved(&file);
	else if (!v->name[0] && v->start < w->brk && v->end > w->brk_start)
		file.path = "[heap]";
	seq_printf(s, "%08llx-%08llx %c%c%c%c %08llx %02x:%02x %llu ", (unsigned long long)v->start,
		(unsigned long long)v->end, v->prot & 1 ? 'r' : '-', v->prot & 2 ? 'w' : '-',
		v->prot & 4 ? 'x' : '-', v->shared ? 's' : 'p', (unsigned long long)v->offset,
		dev_major(file.dev), dev_minor(file.dev), (unsigned long long)file.ino);
	if (file.path[0]) {
		while (!s->failed && s->len - start < NAME_COLUMN)
			seq_putc(s, ' ');
		seq_escape(s, file.path, "\n");
		if (deleted)
			seq_puts(s, " (deleted)");
	}
	seq_putc(s, '\n');
}

/* Naming files may sleep: nothing of the task is looked at afterwards. */
static struct maps_walk start_walk(struct seq *s, const struct task *t)
{
	struct maps_walk w = {.s = s};

	if (t && t->mm) {
		w.brk_start = t->mm->brk_start;
		w.brk = t->mm->brk;
	}
	return w;
}

static int maps_vma(const struct guest_vma *v, void *arg)
{
	struct maps_walk *w = arg;

	vma_line(w, v);
	return w->s->failed ? -ENOMEM : 0;
}

int proc_show_maps(struct seq *s, const struct pseudo_ctx *c)
{
	struct task *t = proc_task(c);
	struct maps_walk w = start_walk(s, t);

	if (!t || !t->guest)
		return 0;
	return guest_for_each_vma(t, maps_vma, &w);
}

/* ---- smaps ---- */
static void usage_row(struct seq *s, const char *name, u64 kib)
{
	seq_printf(s, "%-16s%8llu kB\n", name, (unsigned long long)kib);
}

static void usage_rows(struct seq *s, const struct guest_vma_usage *u)
{
	usage_row(s, "Rss:", u->rss_kib);
	usage_row(s, "Pss:", u->pss_kib);
	usage_row(s, "Shared_Clean:", u->shared_clean_kib);
	usage_row(s, "Shared_Dirty:", u->shared_dirty_kib);
	usage_row(s, "Private_Clean:", u->private_clean_kib);
	usage_row(s, "Private_Dirty:", u->private_dirty_kib);
	usage_row(s, "Referenced:", u->referenced_kib);
	usage_row(s, "Anonymous:", u->anonymous_kib);
	usage_row(s, "AnonHugePages:", u->anon_huge_kib);
	usage_row(s, "Swap:", u->swap_kib);
	usage_row(s, "Locked:", u->locked_kib);
}

static int smaps_vma(const struct guest_vma *v, const struct guest_vma_usage *u, void *arg)
{
	struct maps_walk *w = arg;
	struct seq *s = w->s;

	vma_line(w, v);
	usage_row(s, "Size:", (v->end - v->start) >> 10);
	usage_row(s, "KernelPageSize:", PAGE_SIZE >> 10);
	usage_row(s, "MMUPageSize:", PAGE_SIZE >> 10);
	usage_rows(s, u);
	seq_printf(s, "VmFlags:%s%s%s%s \n", v->prot & 1 ? " rd" : "", v->prot & 2 ? " wr" : "",
		v->prot & 4 ? " ex" : "", v->shared ? " sh" : "");
	return s->failed ? -ENOMEM : 0;
}

int proc_show_smaps(struct seq *s, const struct pseudo_ctx *c)
{
	struct task *t = proc_task(c);
	struct maps_walk w = start_walk(s, t);

	if (!t || !t->guest)
		return 0;
	return guest_for_each_vma_usage(t, smaps_vma, &w);
}

static int rollup_vma(const struct guest_vma *v, const struct guest_vma_usage *u, void *arg)
{
	struct maps_walk *w = arg;
	struct guest_vma_usage *sum = &w->total;

	if (v->start >= USER_ADDR_MAX)
		return 0;
	if (!w->last)
		w->first = v->start;
	w->last = v->end;
	sum->rss_kib += u->rss_kib;
	sum->pss_kib += u->pss_kib;
	sum->shared_clean_kib += u->shared_clean_kib;
	sum->shared_dirty_kib += u->shared_dirty_kib;
	sum->private_clean_kib += u->private_clean_kib;
	sum->private_dirty_kib += u->private_dirty_kib;
	sum->referenced_kib += u->referenced_kib;
	sum->anonymous_kib += u->anonymous_kib;
	sum->anon_huge_kib += u->anon_huge_kib;
	sum->swap_kib += u->swap_kib;
	sum->locked_kib += u->locked_kib;
	return 0;
}

int proc_show_smaps_rollup(struct seq *s, const struct pseudo_ctx *c)
{
	struct task *t = proc_task(c);
	struct maps_walk w = start_walk(s, t);
	int ret;

	if (!t || !t->guest)
		return 0;
	ret = guest_for_each_vma_usage(t, rollup_vma, &w);
	if (ret < 0)
		return ret;
	seq_printf(s, "%08llx-%08llx ---p 00000000 00:00 0                          [rollup]\n",
		(unsigned long long)w.first, (unsigned long long)w.last);
	usage_rows(s, &w.total);
	return 0;
}
