/*
 * System V shared memory. A segment is a host memfd, made at its first attach and mapped natively.
 * Who has it mapped is the host's knowledge (munmap and mprotect are native), so the kernel keeps
 * per address space and segment one record, struct shm_use, that says "may have mappings of it",
 * and counts them in the host's maps when the number is asked for. A segment with IPC_RMID lives,
 * without a key, until no address space uses it. shmget(2), shmop(2), shmctl(2).
 */
#include "kernel/ipc/shm.h"

#include "fs/seq.h"
#include "kernel/charge.h"
#include "kernel/ipc/ipc.h"
#include "kernel/ipc/ipc_show.h"
#include "kernel/mapped.h"
#include "kernel/meminfo.h"
#include "kernel/os.h"
#include "kernel/pid_ns.h"
#include "kernel/sys_mm.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/uaccess.h"
#include "kernel/user_ns.h"

#include <asm/unistd.h>
#include <stdio.h>
#include <sys/mman.h>

struct shm_seg {
	struct ipc_obj obj;
	u64 size;
	int hfd; /* -1 until the first attach */
	struct mem_file memory;
	u64 host_dev, host_ino;
	time_t atime, dtime, ctime;
	pid_t cpid, lpid;
	u32 locker;	       /* uid charged for SHM_LOCK */
	struct list_head uses; /* struct shm_use.seg_link */
};

struct shm_use {
	struct list_head seg_link, mm_link;
	struct shm_seg *seg;
	struct mm *mm;
	unsigned nr; /* mappings, as counted last */
};

static struct shm_seg *seg_of(struct ipc_obj *o)
{
	return container_of(o, struct shm_seg, obj);
}

static u64 seg_pages(const struct shm_seg *s)
{
	return ALIGN_UP(s->size, PAGE_SIZE) / PAGE_SIZE;
}

/* ---- life ---- */

static void seg_free(struct ipc_obj *o)
{
	struct shm_seg *s = seg_of(o);

	mem_file_del(&s->memory);
	if (s->hfd >= 0)
		os_close(s->hfd);
	free(s);
}

static void seg_put(struct shm_seg *s)
{
	if (!--s->obj.refs)
		seg_free(&s->obj);
}

static void seg_remove(struct shm_seg *s)
{
	s->obj.ns->shm_pages -= seg_pages(s);
	ipc_unlink(&s->obj);
	seg_put(s);
}

static int seg_check(const struct ipc_obj *o, u64 size)
{
	return size > container_of(o, struct shm_seg, obj)->size ? -EINVAL : 0;
}

static int seg_create(struct ipc_ns *ns, u64 size, int flags, struct ipc_obj **out)
{
	struct meminfo mem;
	struct shm_seg *s;
	u64 pages;

	if (!size || size > ns->shmmax)
		return -EINVAL;
	if (flags & SHM_HUGETLB) /* as a kernel without huge pages */
		return -EINVAL;
	pages = ALIGN_UP(size, PAGE_SIZE) / PAGE_SIZE;
	if (size > INT64_MAX - PAGE_SIZE || ns->shm_pages + pages > ns->shmall)
		return -ENOSPC;
	if (!(flags & SHM_NORESERVE) && size > 1 << 20 && meminfo_get(&mem) == 0 &&
		size > mem.total + mem.swap_total)
		return -ENOMEM;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->size = size;
	s->hfd = -1;
	list_init(&s->memory.link);
	s->ctime = ipc_now();
	s->cpid = current->tg->pid;
	list_init(&s->uses);
	ns->shm_pages += pages;
	*out = &s->obj;
	return 0;
}

static void seg_abandon(struct ipc_obj *o)
{
	ipc_current_ns()->shm_pages -= seg_pages(seg_of(o));
	seg_free(o);
}

SYSCALL_DEFINE3(shmget, int, key, u64, size, int, flags)
{
	static const struct ipc_get_ops ops = {seg_check, seg_create, seg_abandon};

	return ipc_get(IPC_KIND_SHM, key, flags, size, &ops);
}

static int seg_back(struct shm_seg *s)
{
	struct os_stat st;
	int hfd, ret;

	if (s->hfd >= 0)
		return 0;
	hfd = os_memfd("skiff-sysv");
	if (hfd < 0)
		return hfd == -EMFILE || hfd == -ENFILE ? -ENOMEM : hfd;
	ret = os_ftruncate(hfd, ALIGN_UP(s->size, PAGE_SIZE));
	if (ret >= 0)
		ret = os_statat(hfd, "", &st);
	if (ret < 0) {
		os_close(hfd);
		return ret;
	}
	s->hfd = hfd;
	mem_file_add(&s->memory, hfd);
	s->host_dev = st.dev;
	s->host_ino = st.ino;
	return 0;
}

/* ---- who uses it ---- */

static struct shm_use *use_find(const struct shm_seg *s, const struct mm *mm)
{
	struct shm_use *u;

	list_for_each_entry (u, &s->uses, seg_link)
		if (u->mm == mm)
			return u;
	return NULL;
}

static struct shm_use *use_add(struct shm_seg *s, struct mm *mm, unsigned nr)
{
	struct shm_use *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->seg = s;
	u->mm = mm;
	u->nr = nr;
	list_add_tail(&u->seg_link, &s->uses);
	list_add_tail(&u->mm_link, &mm->shm_uses);
	return u;
}

/* Nothing of the segment is mapped there any more. May free the segment. */
static void use_drop(struct shm_use *u)
{
	struct shm_seg *s = u->seg;

	list_del(&u->seg_link);
	list_del(&u->mm_link);
	free(u);
	if ((s->obj.mode & SHM_DEST) && list_empty(&s->uses))
		seg_remove(s);
}

int shm_mm_copy(struct mm *to, const struct mm *from)
{
	struct shm_use *u;

	list_for_each_entry (u, &from->shm_uses, mm_link) {
		if (!use_add(u->seg, to, u->nr)) {
			shm_mm_release(to);
			return -ENOMEM;
		}
	}
	return 0;
}

static void note_detach(struct shm_seg *s)
{
	s->dtime = ipc_now();
	if (current)
		s->lpid = current->tg->pid;
}

void shm_mm_release(struct mm *mm)
{
	while (!list_empty(&mm->shm_uses)) {
		struct shm_use *u = list_first(&mm->shm_uses, struct shm_use, mm_link);

		note_detach(u->seg);
		use_drop(u);
	}
}

static struct task *mm_task(const struct mm *mm)
{
	struct tgroup *tg;
	struct task *t;

	if (current && current->mm == mm)
		return current;
	list_for_each_entry (tg, &all_tgroups, all_link)
		list_for_each_entry (t, &tg->tasks, tg_link)
			if (t->mm == mm && t->guest && t->started)
				return t;
	return NULL;
}

struct vma_count {
	const struct shm_seg *seg;
	unsigned nr;
};

static int count_vma(const struct guest_vma *v, void *arg)
{
	struct vma_count *c = arg;

	c->nr += v->shared && v->ino == c->seg->host_ino && v->dev == c->seg->host_dev;
	return 0;
}

/* Brings u->nr up to date; at 0 the use is gone, and maybe the segment. */
static unsigned use_refresh(struct shm_use *u)
{
	struct task *t = mm_task(u->mm);
	struct vma_count c = {.seg = u->seg};

	if (!t || guest_for_each_vma(t, count_vma, &c) < 0)
		return u->nr;
	u->nr = c.nr;
	if (!c.nr)
		use_drop(u);
	return c.nr;
}

/* How many mappings there are, like Linux's nattch; -EIDRM: the segment waited for its last to go,
 * and is gone. */
static int seg_count(struct shm_seg *s)
{
	struct shm_use *u, *tmp;
	unsigned nr = 0;
	bool removed;

	s->obj.refs++;
	list_for_each_entry_safe (u, tmp, &s->uses, seg_link)
		nr += use_refresh(u);
	removed = s->obj.removed;
	seg_put(s);
	return removed ? -EIDRM : (int)nr;
}

/* ---- shmat, shmdt ---- */

struct attach {
	uaddr_t addr;
	int prot, map_flags;
	u32 mode; /* what is needed of the segment */
};

static int attach_args(struct attach *a, uaddr_t addr, int flags)
{
	if (addr & (PAGE_SIZE - 1)) {
		if (!(flags & SHM_RND))
			return -EINVAL;
		addr &= ~(PAGE_SIZE - 1);
		if (!addr && (flags & SHM_REMAP))
			return -EINVAL;
	} else if (!addr && (flags & SHM_REMAP)) {
		return -EINVAL;
	}
	a->addr = addr;
	a->map_flags = MAP_SHARED;
	if (addr)
		a->map_flags |= flags & SHM_REMAP ? MAP_FIXED : MAP_FIXED_NOREPLACE;
	a->prot = PROT_READ;
	a->mode = 0444;
	if (!(flags & SHM_RDONLY)) {
		a->prot |= PROT_WRITE;
		a->mode |= 0222;
	}
	if (flags & SHM_EXEC) {
		a->prot |= PROT_EXEC;
		a->mode |= 0111;
	}
	return 0;
}

static long attach_map(struct shm_seg *s, const struct attach *a)
{
	bool write = a->prot & PROT_WRITE;
	u64 args[4] = {a->addr, ALIGN_UP(s->size, PAGE_SIZE), (u64)a->prot, (u64)a->map_flags};
	int hfd = os_reopen(s->hfd, write ? O_RDWR : O_RDONLY);
	long ret;

	if (hfd < 0)
		return hfd == -EMFILE || hfd == -ENFILE ? -ENOMEM : hfd;
	ret = mm_map_hfd(current, hfd, args, 0);
	os_close(hfd);
	return ret == -EEXIST || ret == -EPERM ? -EINVAL : ret;
}

static void name_mapping(const struct shm_seg *s)
{
	char name[40];

	snprintf(name, sizeof(name), "/SYSV%08x (deleted)", (unsigned)s->obj.key);
	mapped_note_name(s->host_dev, s->host_ino, name, 1, (u64)s->obj.id);
}

SYSCALL_DEFINE3(shmat, int, id, uaddr_t, addr, int, flags)
{
	struct ipc_obj *o = ipc_find(IPC_KIND_SHM, id);
	struct shm_use *u;
	struct shm_seg *s;
	struct attach a;
	long ret = attach_args(&a, addr, flags);

	if (id < 0 || !o)
		return -EINVAL;
	if (ret == 0)
		ret = ipc_permission(o, a.mode);
	if (ret < 0)
		return ret;
	s = seg_of(o);
	ret = seg_back(s);
	if (ret < 0)
		return ret;
	u = use_find(s, current->mm); /* holds the segment while we sleep */
	if (!u && !(u = use_add(s, current->mm, 0)))
		return -ENOMEM;
	u->nr++;
	if (!(o->mode & SHM_DEST))
		name_mapping(s);
	ret = attach_map(s, &a);
	if (ret < 0) {
		u = current->mm ? use_find(s, current->mm) : NULL;
		if (u && !--u->nr)
			use_drop(u);
		return ret;
	}
	s->atime = ipc_now();
	s->lpid = current->tg->pid;
	return ret;
}

struct detach {
	uaddr_t addr;
	struct shm_seg *seg;
	uaddr_t start[GUEST_ORDERS_MAX], end[GUEST_ORDERS_MAX];
	unsigned nr;
};

/* The mapping that starts a segment at addr, then every other piece of it from there on. */
static int detach_vma(const struct guest_vma *v, void *arg)
{
	struct detach *d = arg;
	struct shm_use *u;

	if (!v->shared || v->start < d->addr || v->start - d->addr != v->offset)
		return 0;
	if (!d->seg) {
		list_for_each_entry (u, &current->mm->shm_uses, mm_link)
			if (u->seg->host_ino == v->ino && u->seg->host_dev == v->dev)
				d->seg = u->seg;
	}
	if (!d->seg || d->seg->host_ino != v->ino || d->seg->host_dev != v->dev)
		return 0;
	if (d->nr == ARRAY_SIZE(d->start))
		return 1;
	d->start[d->nr] = v->start;
	d->end[d->nr++] = v->end;
	return 0;
}

SYSCALL_DEFINE1(shmdt, uaddr_t, addr)
{
	struct detach d;
	bool any = false;
	long ret;

	if (addr & (PAGE_SIZE - 1))
		return -EINVAL;
	do {
		d = (struct detach){.addr = addr};
		ret = guest_for_each_vma(current, detach_vma, &d);
		if (ret < 0)
			return ret;
		for (unsigned i = 0; i < d.nr; i++) {
			long err = guest_order(current, __NR_munmap, d.start[i],
				d.end[i] - d.start[i], 0, 0, 0, 0);

			if (err < 0)
				return err;
		}
		any |= d.nr > 0;
	} while (d.nr == ARRAY_SIZE(d.start));
	if (any && current->mm) {
		struct shm_use *u, *tmp;

		list_for_each_entry_safe (u, tmp, &current->mm->shm_uses, mm_link) {
			if (u->seg == d.seg || !d.seg) {
				note_detach(u->seg);
				use_refresh(u);
			}
		}
	}
	return any ? 0 : -EINVAL;
}

/* ---- shmctl ---- */

static long put_stat(struct shm_seg *s, uaddr_t buf, bool index)
{
	struct shmid_ds ds = {
		.shm_segsz = s->size,
		.shm_atime = s->atime,
		.shm_dtime = s->dtime,
		.shm_ctime = s->ctime,
		.shm_cpid = pid_out(s->cpid),
		.shm_lpid = pid_out(s->lpid),
	};
	int id = s->obj.id, nr;
	long ret;

	ipc_to_perm(&s->obj, &ds.shm_perm);
	nr = seg_count(s);
	if (nr < 0)
		return nr;
	ds.shm_nattch = (u64)nr;
	ret = copy_to_user(buf, &ds, sizeof(ds));
	return ret < 0 ? ret : index ? id : 0;
}

static long shm_stat(int id, int cmd, uaddr_t buf)
{
	bool index = cmd != IPC_STAT;
	struct ipc_obj *o = index ? ipc_find_slot(IPC_KIND_SHM, id) : ipc_find(IPC_KIND_SHM, id);
	int ret;

	if (!o)
		return -EINVAL;
	ret = cmd == SHM_STAT_ANY ? 0 : ipc_permission(o, 0444);
	return ret < 0 ? ret : put_stat(seg_of(o), buf, index);
}

static long put_limits(uaddr_t buf)
{
	const struct ipc_ns *ns = ipc_current_ns();
	struct shminfo si = {
		.shmmax = ns->shmmax,
		.shmmin = 1,
		.shmmni = (u64)ns->shmmni,
		.shmseg = (u64)ns->shmmni,
		.shmall = ns->shmall,
	};
	int ret = copy_to_user(buf, &si, sizeof(si));

	return ret < 0 ? ret : ipc_max_slot(IPC_KIND_SHM);
}

static u64 resident_pages(const struct shm_seg *s)
{
	struct os_stat st;

	return s->hfd >= 0 && os_statat(s->hfd, "", &st) == 0 ? st.blocks * 512 / PAGE_SIZE : 0;
}

static long put_usage(uaddr_t buf)
{
	const struct ipc_ns *ns = ipc_current_ns();
	struct shm_info si = {
		.used_ids = (int)ns->tables[IPC_KIND_SHM].nr, .shm_tot = ns->shm_pages};
	struct ipc_obj *o;
	unsigned slot = 0;
	int ret;

	while ((o = ipc_next(ns, IPC_KIND_SHM, &slot)))
		si.shm_rss += resident_pages(seg_of(o));
	ret = copy_to_user(buf, &si, sizeof(si));
	return ret < 0 ? ret : ipc_max_slot(IPC_KIND_SHM);
}

static void shm_remove(struct shm_seg *s)
{
	s->obj.mode |= SHM_DEST;
	s->obj.key = IPC_PRIVATE;
	if (list_empty(&s->uses))
		seg_remove(s);
	else
		seg_count(s); /* maybe those who used it have unmapped it by themselves */
}

static long shm_set(struct shm_seg *s, uaddr_t buf)
{
	struct shmid_ds ds;
	int ret = copy_from_user(&ds, buf, sizeof(ds));

	if (ret == 0)
		ret = ipc_set(&s->obj, &ds.shm_perm);
	if (ret == 0)
		s->ctime = ipc_now();
	return ret;
}

/* What of RLIMIT_MEMLOCK uid has used by locking segments. */
static u64 locked_bytes(u32 uid)
{
	struct ipc_obj *o;
	unsigned slot = 0;
	u64 sum = 0;

	while ((o = ipc_next(ipc_current_ns(), IPC_KIND_SHM, &slot)))
		if ((o->mode & SHM_LOCKED) && seg_of(o)->locker == uid)
			sum += seg_pages(seg_of(o)) * PAGE_SIZE;
	return sum;
}

/* The mark and its price; whether the pages stay in memory is the host's decision. */
static long shm_lock(struct shm_seg *s, bool lock)
{
	u32 euid = current->cred->euid;
	rlim_t limit = task_rlimit(current, RLIMIT_MEMLOCK);
	u64 bytes = seg_pages(s) * PAGE_SIZE;

	if (!capable(CAP_IPC_LOCK)) {
		if (euid != s->obj.uid && euid != s->obj.cuid)
			return -EPERM;
		if (lock && !limit)
			return -EPERM;
		if (lock && limit != RLIM_INFINITY && !(s->obj.mode & SHM_LOCKED) &&
			locked_bytes(euid) + bytes > limit)
			return -ENOMEM;
	}
	if (!lock)
		s->obj.mode &= (u16)~SHM_LOCKED;
	else if (!(s->obj.mode & SHM_LOCKED))
		s->locker = euid;
	if (lock)
		s->obj.mode |= SHM_LOCKED;
	return 0;
}

static long shm_change(struct shm_seg *s, int cmd, uaddr_t buf)
{
	int ret;

	if (cmd == SHM_LOCK || cmd == SHM_UNLOCK)
		return shm_lock(s, cmd == SHM_LOCK);
	ret = ipc_owner(&s->obj);
	if (ret < 0)
		return ret;
	if (cmd == IPC_SET)
		return shm_set(s, buf);
	shm_remove(s);
	return 0;
}

SYSCALL_DEFINE3(shmctl, int, id, int, cmd, uaddr_t, buf)
{
	struct ipc_obj *o;

	if (id < 0 || cmd < 0)
		return -EINVAL;
	switch (cmd) {
	case IPC_INFO:
		return put_limits(buf);
	case SHM_INFO:
		return put_usage(buf);
	case IPC_STAT:
	case SHM_STAT:
	case SHM_STAT_ANY:
		return shm_stat(id, cmd, buf);
	case IPC_SET:
	case IPC_RMID:
	case SHM_LOCK:
	case SHM_UNLOCK:
		o = ipc_find(IPC_KIND_SHM, id);
		return o ? shm_change(seg_of(o), cmd, buf) : -EINVAL;
	default:
		return -EINVAL;
	}
}

int shm_show(struct seq *s)
{
	struct ipc_obj *o;
	unsigned slot = 0;

	seq_puts(s,
		"       key      shmid perms                  size  cpid  lpid nattch   uid   gid"
		"  cuid  cgid      atime      dtime      ctime                   rss"
		"                  swap\n");
	while ((o = ipc_next(ipc_current_ns(), IPC_KIND_SHM, &slot))) {
		struct shm_seg *g = seg_of(o);
		int nr = seg_count(g);

		if (nr < 0)
			continue;
		seq_printf(s,
			"%10d %10d  %4o %21llu %5d %5d  %5u %5u %5u %5u %5u %10lld %10lld %10lld "
			"%21llu %21llu\n",
			o->key, o->id, o->mode, (unsigned long long)g->size, pid_out(g->cpid),
			pid_out(g->lpid), nr, uid_out(o->uid), gid_out(o->gid), uid_out(o->cuid),
			gid_out(o->cgid), (long long)g->atime, (long long)g->dtime,
			(long long)g->ctime, (unsigned long long)(resident_pages(g) * PAGE_SIZE),
			0ull);
	}
	return 0;
}

/* Who still has it mapped keeps the memory: the host sees to that. */
void shm_destroy(struct ipc_obj *o)
{
	struct shm_seg *s = seg_of(o);

	while (!list_empty(&s->uses)) {
		struct shm_use *u = list_first(&s->uses, struct shm_use, seg_link);

		list_del(&u->seg_link);
		list_del(&u->mm_link);
		free(u);
	}
	seg_remove(s);
}
