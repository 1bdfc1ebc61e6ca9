/*
 * What the host knows about guest processes: times and faults, mappings, memory, run states,
 * affinity and nice values. Read from the host's /proc through one descriptor kept open; nothing
 * here stops or changes the guest but the last three functions. proc(5).
 */
#include "skas/home.h"
#include "skas/skas.h"

#include <ctype.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define HOST_TICK_NS (NSEC_PER_SEC / 100)
#define MAX_HIDDEN 64

struct range {
	uaddr_t start, end;
};

/* Is there a host thread behind t? Not before it is born, nor once its process was reaped. */
static bool has_thread(const struct task *t)
{
	return t->guest && !t->guest->proc->dead && t->guest->host_tid > 0;
}

static int proc_open(const struct guest *g, bool thread, const char *file)
{
	static int proc_fd = -1;
	char path[64];

	if (!g || g->proc->dead || g->proc->pid <= 0)
		return -ESRCH;
	if (proc_fd < 0)
		proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (thread)
		snprintf(path, sizeof(path), "%d/task/%d/%s", g->proc->pid, g->host_tid, file);
	else
		snprintf(path, sizeof(path), "%d/%s", g->proc->pid, file);
	return openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
}

/* A small file whole, NUL-terminated; bytes or -ESRCH. */
static ssize_t proc_read(
	const struct guest *g, bool thread, const char *file, char *buf, size_t size)
{
	int fd = proc_open(g, thread, file);
	ssize_t n;

	if (fd < 0)
		return -ESRCH;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n <= 0)
		return -ESRCH;
	buf[n] = '\0';
	return n;
}

/* A file of any size, NUL-terminated, malloc'ed; NULL on failure. */
static char *proc_read_all(const struct guest *g, bool thread, const char *file)
{
	size_t cap = 32768, len = 0;
	int fd = proc_open(g, thread, file);
	char *buf, *more;
	ssize_t n;

	if (fd < 0)
		return NULL;
	buf = malloc(cap);
	while (buf && (n = read(fd, buf + len, cap - len - 1)) > 0) {
		len += (size_t)n;
		if (cap - len > 4096)
			continue;
		more = realloc(buf, cap *= 2);
		if (!more)
			free(buf);
		buf = more;
	}
	close(fd);
	if (buf)
		buf[len] = '\0';
	return buf;
}

/* Is the host's thread group leader gone? Then its memory files are empty: use a living thread's.
 */
static bool by_thread(const struct guest *g)
{
	return g && g->proc->leader_gone;
}

/* ---- times and faults ---- */

static u64 thread_ns(const struct guest *g)
{
	char buf[128];

	return proc_read(g, true, "schedstat", buf, sizeof(buf)) > 0 ? strtoull(buf, NULL, 10) : 0;
}

static u64 status_value(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	return p ? strtoull(p + strlen(name), NULL, 10) : 0;
}

/* The exact total is split in the ratio of the sampled ticks, as the host does for getrusage. */
static void split_time(struct guest_usage *u, u64 total, u64 uticks, u64 sticks)
{
	if (!total)
		total = (uticks + sticks) * HOST_TICK_NS;
	u->stime_ns = uticks + sticks ? total / (uticks + sticks) * sticks : 0;
	u->utime_ns = total - u->stime_ns;
}

int guest_usage(struct task *t, bool whole_process, struct guest_usage *u)
{
	struct guest *g = t->guest;
	unsigned long long minflt, majflt, uticks, sticks;
	char buf[4096], *p;

	memset(u, 0, sizeof(*u));
	if (proc_read(g, !whole_process, "stat", buf, sizeof(buf)) < 0)
		return -ESRCH;
	p = strrchr(buf, ')');
	/* fields 3 to 15, then 39 */
	if (!p || sscanf(p + 2,
			  "%*c %*d %*d %*d %*d %*d %*u %llu %*u %llu %*u %llu %llu %*s %*s %*s %*s "
			  "%*s "
			  "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			  "%u",
			  &minflt, &majflt, &uticks, &sticks, &u->cpu) < 4)
		return -ESRCH;
	u->minflt = minflt;
	u->majflt = majflt;
	split_time(u, whole_process ? guest_cpu_ns(t) : thread_ns(g), uticks, sticks);
	if (proc_read(g, !whole_process || by_thread(g), "status", buf, sizeof(buf)) > 0) {
		u->maxrss_kib = status_value(buf, "\nVmHWM:");
		u->nvcsw = status_value(buf, "\nvoluntary_ctxt_switches:");
		u->nivcsw = status_value(buf, "\nnonvoluntary_ctxt_switches:");
	}
	return 0;
}

/* Does the thread, asleep on the host, wait in a call of its own? Else for the kernel, which is to
 * answer it: then it runs, as the guest sees it. */
static bool in_local_call(struct guest *g)
{
	unsigned long long nr, a[6];
	char buf[256];

	if (proc_read(g, true, "syscall", buf, sizeof(buf)) < 0 ||
		sscanf(buf, "%llu %llx %llx %llx %llx %llx %llx", &nr, &a[0], &a[1], &a[2], &a[3],
			&a[4], &a[5]) != 7)
		return false;
	return guest_call_is_local(nr, (u64[]){a[0], a[1], a[2], a[3], a[4], a[5]}) > 0;
}

char guest_state(struct task *t)
{
	char buf[512], *p;

	if (proc_read(t->guest, true, "stat", buf, sizeof(buf)) < 0)
		return 'R'; /* it comes or goes */
	p = strrchr(buf, ')');
	if (!p || !p[1])
		return 'R';
	return p[2] == 'D' || (p[2] == 'S' && in_local_call(t->guest)) ? p[2] : 'R';
}

int guest_mem(struct task *t, struct guest_mem *m)
{
	unsigned long long size, resident, shared, data;
	char buf[256];

	memset(m, 0, sizeof(*m));
	if (proc_read(t->guest, by_thread(t->guest), "statm", buf, sizeof(buf)) < 0)
		return -ESRCH;
	if (sscanf(buf, "%llu %llu %llu %*u %*u %llu", &size, &resident, &shared, &data) != 4)
		return -ESRCH;
	m->size = size * PAGE_SIZE;
	m->resident = resident * PAGE_SIZE;
	m->shared = shared * PAGE_SIZE;
	m->data = data * PAGE_SIZE;
	m->text = t->mm ? t->mm->end_code - t->mm->start_code : 0;
	return 0;
}

static const struct {
	const char *name;
	size_t offset;
} detail_rows[] = {
	{"\nVmPeak:", offsetof(struct guest_mem_detail, peak)},
	{"\nVmSize:", offsetof(struct guest_mem_detail, size)},
	{"\nVmLck:", offsetof(struct guest_mem_detail, locked)},
	{"\nVmPin:", offsetof(struct guest_mem_detail, pinned)},
	{"\nVmHWM:", offsetof(struct guest_mem_detail, hwm)},
	{"\nVmRSS:", offsetof(struct guest_mem_detail, rss)},
	{"\nRssAnon:", offsetof(struct guest_mem_detail, anon)},
	{"\nRssFile:", offsetof(struct guest_mem_detail, file)},
	{"\nRssShmem:", offsetof(struct guest_mem_detail, shmem)},
	{"\nVmData:", offsetof(struct guest_mem_detail, data)},
	{"\nVmStk:", offsetof(struct guest_mem_detail, stack)},
	{"\nVmLib:", offsetof(struct guest_mem_detail, lib)},
	{"\nVmPTE:", offsetof(struct guest_mem_detail, pte)},
	{"\nVmSwap:", offsetof(struct guest_mem_detail, swap)},
};

/* The host takes the stub for the program, so what it calls libraries is program and libraries. */
int guest_mem_detail(struct task *t, struct guest_mem_detail *d)
{
	u64 exe = t->mm ? (t->mm->end_code - t->mm->start_code) >> 10 : 0;
	char buf[4096];

	memset(d, 0, sizeof(*d));
	if (proc_read(t->guest, by_thread(t->guest), "status", buf, sizeof(buf)) < 0)
		return -ESRCH;
	for (size_t i = 0; i < ARRAY_SIZE(detail_rows); i++)
		*(u64 *)((char *)d + detail_rows[i].offset) =
			status_value(buf, detail_rows[i].name);
	d->lib -= MIN(d->lib, exe);
	return 0;
}

u64 guest_shmem_share(struct task *t)
{
	char buf[4096];

	if (proc_read(t->guest, by_thread(t->guest), "smaps_rollup", buf, sizeof(buf)) < 0)
		return 0;
	return status_value(buf, "\nPss_Shmem:") * 1024;
}

/* ---- mappings ---- */

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* What belongs to the stub: its image and every chunk of slots. */
static unsigned hidden_ranges(const struct guest *g, struct range *r)
{
	unsigned nr = 0;

	r[nr++] = (struct range){STUB_BASE, STUB_SLOT0 + STUB_SLOT_SIZE};
	if (g->slots && g->slots->fast && g->slots->fast->doors)
		r[nr++] = (struct range){FAST_DOORS, FAST_DOORS + FAST_NR_DOORS * DOOR_SIZE};
	if (g->slots && g->slots->fast && g->slots->fast->code)
		r[nr++] = (struct range){FAST_CODE, FAST_END};
	for (const struct slot_chunk *c = g->slots ? g->slots->chunks : NULL; c; c = c->next)
		if (c->map_len && nr < MAX_HIDDEN)
			r[nr++] = (struct range){c->map, c->map + c->map_len};
	qsort(r, nr, sizeof(*r), compare_ranges);
	return nr;
}

/* One line of maps or smaps; false for a line of another kind. */
static bool parse_vma(const char *line, size_t len, struct guest_vma *v)
{
	unsigned long long start, end, offset, ino;
	unsigned major, minor;
	char perm[5] = "";
	int at = 0;

	if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu %n", &start, &end, perm, &offset, &major,
		    &minor, &ino, &at) != 7)
		return false;
	*v = (struct guest_vma){
		.start = start,
		.end = end,
		.prot = (perm[0] == 'r' ? 1u : 0) | (perm[1] == 'w' ? 2u : 0) |
			(perm[2] == 'x' ? 4u : 0),
		.shared = perm[3] == 's',
		.offset = offset,
		.dev = makedev(major, minor),
		.ino = ino,
	};
	if ((size_t)at < len)
		snprintf(v->name, sizeof(v->name), "%.*s", (int)(len - (size_t)at), line + at);
	return true;
}

typedef int (*vma_fn)(const struct guest_vma *v, void *arg);

/* Calls fn for the parts of v outside the hidden ranges: the host merges neighbours. */
static int visible_parts(
	struct guest_vma v, const struct range *r, unsigned nr, vma_fn fn, void *arg)
{
	uaddr_t end = v.end, first = v.start;
	u64 offset = v.offset;
	int ret = 0;

	for (unsigned i = 0; i <= nr && v.start < end && ret == 0; i++) {
		if (i < nr && (r[i].end <= v.start || r[i].start >= end))
			continue;
		v.end = i < nr ? r[i].start : end;
		v.offset = v.ino ? offset + (v.start - first) : offset;
		if (v.start < v.end)
			ret = fn(&v, arg);
		v.start = i < nr ? r[i].end : end;
	}
	return ret;
}

int guest_for_each_vma(struct task *t, vma_fn fn, void *arg)
{
	struct range hidden[MAX_HIDDEN];
	struct guest_vma v;
	char *text, *line;
	unsigned nr;
	int ret = 0;

	if (!t->guest)
		return -ESRCH;
	text = proc_read_all(t->guest, by_thread(t->guest), "maps");
	if (!text)
		return -ESRCH;
	nr = hidden_ranges(t->guest, hidden);
	for (line = text; *line && ret == 0;) {
		size_t len = strcspn(line, "\n");

		if (line[len])
			line[len++] = '\0';
		if (parse_vma(line, strlen(line), &v))
			ret = visible_parts(v, hidden, nr, fn, arg);
		line += len;
	}
	free(text);
	return ret;
}

#define PAGEMAP_SHOWN (0x1ffull << 55) /* flags; below is the frame's number */

ssize_t guest_pagemap(struct task *t, u64 *words, uaddr_t page, size_t nr)
{
	struct range hidden[MAX_HIDDEN];
	unsigned nr_hidden;
	ssize_t n;
	int fd;

	if (!has_thread(t))
		return -ESRCH;
	fd = proc_open(t->guest, by_thread(t->guest), "pagemap");
	if (fd < 0)
		return -ESRCH;
	n = pread(fd, words, nr * sizeof(*words), (off_t)(page / PAGE_SIZE * sizeof(*words)));
	close(fd);
	if (n < 0)
		return -errno;
	n /= (ssize_t)sizeof(*words);
	nr_hidden = hidden_ranges(t->guest, hidden);
	for (ssize_t i = 0; i < n; i++, page += PAGE_SIZE) {
		words[i] &= PAGEMAP_SHOWN;
		for (unsigned h = 0; h < nr_hidden; h++)
			if (page >= hidden[h].start && page < hidden[h].end)
				words[i] = 0;
	}
	return n;
}

static const struct {
	const char *name;
	size_t offset;
} usage_rows[] = {
	{"Rss:", offsetof(struct guest_vma_usage, rss_kib)},
	{"Pss:", offsetof(struct guest_vma_usage, pss_kib)},
	{"Shared_Clean:", offsetof(struct guest_vma_usage, shared_clean_kib)},
	{"Shared_Dirty:", offsetof(struct guest_vma_usage, shared_dirty_kib)},
	{"Private_Clean:", offsetof(struct guest_vma_usage, private_clean_kib)},
	{"Private_Dirty:", offsetof(struct guest_vma_usage, private_dirty_kib)},
	{"Referenced:", offsetof(struct guest_vma_usage, referenced_kib)},
	{"Anonymous:", offsetof(struct guest_vma_usage, anonymous_kib)},
	{"AnonHugePages:", offsetof(struct guest_vma_usage, anon_huge_kib)},
	{"Swap:", offsetof(struct guest_vma_usage, swap_kib)},
	{"Locked:", offsetof(struct guest_vma_usage, locked_kib)},
};

static void usage_line(const char *line, struct guest_vma_usage *u)
{
	if (!strncmp(line, "VmFlags:", 8))
		u->dont_dump = strstr(line, " dd") || strstr(line, " io");
	for (size_t i = 0; i < ARRAY_SIZE(usage_rows); i++) {
		size_t len = strlen(usage_rows[i].name);

		if (!strncmp(line, usage_rows[i].name, len)) {
			*(u64 *)((char *)u + usage_rows[i].offset) = strtoull(line + len, NULL, 10);
			return;
		}
	}
}

struct usage_walk {
	int (*fn)(const struct guest_vma *v, const struct guest_vma_usage *u, void *arg);
	void *arg;
	const struct guest_vma_usage *usage;
};

static int usage_part(const struct guest_vma *v, void *arg)
{
	struct usage_walk *w = arg;

	return w->fn(v, w->usage, w->arg);
}

int guest_for_each_vma_usage(struct task *t,
	int (*fn)(const struct guest_vma *v, const struct guest_vma_usage *u, void *arg), void *arg)
{
	struct range hidden[MAX_HIDDEN];
	struct guest_vma_usage usage = {0};
	struct usage_walk w = {fn, arg, &usage};
	struct guest_vma v, next;
	bool have = false;
	char *text, *line;
	unsigned nr;
	int ret = 0;

	if (!t->guest)
		return -ESRCH;
	text = proc_read_all(t->guest, by_thread(t->guest), "smaps");
	if (!text)
		return -ESRCH;
	nr = hidden_ranges(t->guest, hidden);
	for (line = text; *line && ret == 0;) {
		size_t len = strcspn(line, "\n");

		if (line[len])
			line[len++] = '\0';
		if (isupper((u8)*line)) {
			usage_line(line, &usage);
		} else if (parse_vma(line, strlen(line), &next)) {
			if (have)
				ret = visible_parts(v, hidden, nr, usage_part, &w);
			memset(&usage, 0, sizeof(usage));
			v = next;
			have = true;
		}
		line += len;
	}
	if (have && ret == 0)
		ret = visible_parts(v, hidden, nr, usage_part, &w);
	free(text);
	return ret;
}

int guest_poke(const struct guest *g, uaddr_t dst, const void *src, size_t len)
{
	char path[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", guest_mem_pid(g));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -EFAULT;
	n = pwrite(fd, src, len, (off_t)dst);
	close(fd);
	return n == (ssize_t)len ? 0 : -EFAULT;
}

/* The memory file of t's process, for an access to [addr, addr + len) outside the stub; -EFAULT. */
static int open_memory(struct task *t, uaddr_t addr, size_t len, int flags)
{
	struct range hidden[MAX_HIDDEN];
	char path[32];
	unsigned nr;
	int fd;

	if (!has_thread(t) || addr >= USER_ADDR_MAX || len > USER_ADDR_MAX)
		return -EFAULT;
	nr = hidden_ranges(t->guest, hidden);
	for (unsigned i = 0; i < nr; i++)
		if (addr < hidden[i].end && addr + len > hidden[i].start)
			return -EFAULT;
	snprintf(path, sizeof(path), "/proc/%d/mem", guest_mem_pid(t->guest));
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -EFAULT : fd;
}

ssize_t guest_write_force(struct task *t, uaddr_t dst, const void *src, size_t len)
{
	int fd = open_memory(t, dst, len, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = pwrite(fd, src, len, (off_t)dst);
	close(fd);
	return n > 0 ? n : -EFAULT;
}

ssize_t guest_read_force(struct task *t, void *dst, uaddr_t src, size_t len)
{
	int fd = open_memory(t, src, len, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = pread(fd, dst, len, (off_t)src);
	close(fd);
	return n > 0 ? n : -EFAULT;
}

u64 guest_lone_stack(const struct guest *g, bool alone)
{
	u64 threads, stack;
	char buf[1024], *p;

	if (proc_read(g, false, "stat", buf, sizeof(buf)) < 0)
		return 0;
	p = strrchr(buf, ')');
	if (!p ||
		sscanf(p,
			") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %lu"
			" %*d %*u %*u %*d %*u %*u %*u %lu",
			&threads, &stack) != 2)
		return 0;
	return alone && threads != 1 ? 0 : stack;
}

/* ---- scheduling on the host ---- */

int guest_set_affinity(struct task *t, const void *mask, size_t len)
{
	struct guest *g = t->guest;

	if (!has_thread(t))
		return -ESRCH;
	if (sched_setaffinity(g->host_tid, len, mask) < 0)
		return -errno;
	g->home = HOME_NONE;
	g->cpus_len = MIN(len, sizeof(g->cpus));
	memcpy(g->cpus, mask, g->cpus_len);
	return 0;
}

ssize_t guest_get_affinity(struct task *t, void *mask, size_t len)
{
	if (!has_thread(t))
		return -ESRCH;
	if (home_bound(t->guest)) {
		home_mask(t->guest, mask, len);
		return (ssize_t)len;
	}
	memset(mask, 0, len);
	return sched_getaffinity(t->guest->host_tid, len, mask) < 0 ? -errno : (ssize_t)len;
}

void guest_set_limit(struct task *t, int which, u64 soft)
{
	struct rlimit r;

	if (!has_thread(t) || prlimit(t->guest->proc->pid, which, NULL, &r) < 0)
		return;
	r.rlim_cur = MIN(soft, r.rlim_max);
	prlimit(t->guest->proc->pid, which, &r, NULL);
}

int guest_set_nice(struct task *t, int nice)
{
	if (!has_thread(t))
		return -ESRCH;
	return setpriority(PRIO_PROCESS, (id_t)t->guest->host_tid, nice) < 0 ? -errno : 0;
}

uaddr_t guest_robust_list(struct task *t)
{
	struct guest *g = t->guest;
	uaddr_t head;
	size_t len;

	if (!has_thread(t) || syscall(SYS_get_robust_list, g->host_tid, &head, &len) < 0)
		return 0;
	return head;
}
