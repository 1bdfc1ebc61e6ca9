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

/* What the mapping is of, as the guest knows it. */
static struct mapped_name vma_file(const struct maps_walk *w, const struct guest_vma *v)
{
	struct mapped_name file = {.path = v->name, .dev = v->dev, .ino = v->ino};

	if (v->ino)
		mapped_find(v->dev, v->ino, &file);
	else if (!v->name[0] && v->start < w->brk && v->end > w->brk_start)
		file.path = "[heap]";
	return file;
}

static bool vma_deleted(const struct guest_vma *v, const struct mapped_name *file)
{
	return v->ino && !ends_deleted(file->path) && file_moved(file);
}

static void vma_line(const struct maps_walk *w, const struct guest_vma *v)
{
	struct seq *s = w->s;
	struct mapped_name file = vma_file(w, v);
	size_t start = s->len;
	bool deleted = vma_deleted(v, &file);

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

/* ---- PROCMAP_QUERY on maps ---- */

#define PROCMAP_QUERY_CMD 0xc0686611u
#define QUERY_SHARED 8u /* the lower bits are PROT_* */
#define QUERY_NEXT 16u	/* or the next one that fits */
#define QUERY_FILE 32u
#define QUERY_KNOWN 63u

struct abi_procmap_query {
	u64 size, query_flags, query_addr;
	u64 start, end, flags, page_size, offset, ino;
	u32 dev_major, dev_minor;
	u32 name_size, build_id_size;
	u64 name_addr, build_id_addr;
};
static_assert(sizeof(struct abi_procmap_query) == 104, "struct procmap_query");

struct maps_query {
	const struct abi_procmap_query *q;
	struct guest_vma found;
};

static u32 vma_flags(const struct guest_vma *v)
{
	return v->prot | (v->shared ? QUERY_SHARED : 0);
}

/* 1: this is the one; -ENOENT: there is none. */
static int query_vma(const struct guest_vma *v, void *arg)
{
	struct maps_query *m = arg;
	u32 wanted = (u32)m->q->query_flags;
	bool fits = !(wanted & 15u & ~vma_flags(v)) && (!(wanted & QUERY_FILE) || v->ino);

	if (v->end <= m->q->query_addr)
		return 0;
	if (!(wanted & QUERY_NEXT) && (!fits || v->start > m->q->query_addr))
		return -ENOENT;
	if (!fits)
		return 0;
	m->found = *v;
	return 1;
}

static int import_query(struct abi_procmap_query *q, uaddr_t arg)
{
	u64 size;

	if (copy_from_user(&size, arg, sizeof(size)))
		return -EFAULT;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < offsetof(struct abi_procmap_query, start))
		return -EINVAL;
	memset(q, 0, sizeof(*q));
	if (copy_from_user(q, arg, MIN(size, (u64)sizeof(*q))))
		return -EFAULT;
	q->size = MIN(size, (u64)sizeof(*q));
	if ((q->query_flags & ~(u64)QUERY_KNOWN) || !q->name_addr != !q->name_size ||
		!q->build_id_addr != !q->build_id_size)
		return -EINVAL;
	return 0;
}

static int export_name(
	struct abi_procmap_query *q, const struct guest_vma *v, const struct mapped_name *file)
{
	struct seq name = {0};
	int ret = 0;

	if (!q->name_size)
		return 0;
	if (file->path[0]) {
		seq_puts(&name, file->path);
		seq_puts(&name, vma_deleted(v, file) ? " (deleted)" : "");
		seq_write(&name, "", 1);
	}
	if (name.failed)
		ret = -ENOMEM;
	else if (name.len > q->name_size)
		ret = -ENAMETOOLONG;
	else if (name.len && copy_to_user(q->name_addr, name.buf, name.len))
		ret = -EFAULT;
	q->name_size = (u32)name.len;
	seq_fini(&name);
	return ret;
}

/* Programs are not looked into for build ids: none is ever found. ioctl_procmap_query(2) */
long proc_ioctl_maps(const struct pseudo_ctx *c, u32 cmd, uaddr_t arg)
{
	struct task *t = proc_task(c);
	struct maps_walk w = start_walk(NULL, t);
	struct abi_procmap_query q;
	struct maps_query m = {.q = &q};
	struct mapped_name file;
	int ret;

	if (cmd != PROCMAP_QUERY_CMD)
		return -ENOTTY;
	if (!t || !t->guest)
		return -ESRCH;
	ret = import_query(&q, arg);
	if (ret < 0)
		return ret;
	ret = guest_for_each_vma(t, query_vma, &m);
	if (ret <= 0)
		return ret < 0 ? ret : -ENOENT;
	file = vma_file(&w, &m.found);
	q.start = m.found.start;
	q.end = m.found.end;
	q.flags = vma_flags(&m.found);
	q.page_size = PAGE_SIZE;
	q.offset = m.found.offset;
	q.ino = file.ino;
	q.dev_major = dev_major(file.dev);
	q.dev_minor = dev_minor(file.dev);
	q.build_id_size = 0;
	ret = export_name(&q, &m.found, &file);
	return ret < 0 ? ret : copy_to_user(arg, &q, q.size);
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
