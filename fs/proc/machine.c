/*
 * Files of proc about the whole machine. What the host schedules and pages is the host's to count
 * (cpu times, paging); what the kernel serves it counts itself (processes, uptime by the shared
 * clock). Memory is what the machine may use. proc(5).
 */
#include "fs/proc/machine.h"

#include "fs/chrdev.h"
#include "fs/flock.h"
#include "fs/proc/proc.h"
#include "kernel/block/loopdev.h"
#include "kernel/meminfo.h"
#include "kernel/os.h"
#include "kernel/task.h"
#include "kernel/version.h"

#include <ctype.h>
#include <stdio.h>

#define HOST_TEXT_MAX (1u << 20)
#define STATES_MAX 64 /* threads whose run state is asked of the host at a time */

ssize_t proc_host_text(const char *path, char **out)
{
	int dir = os_open_root(path), hfd;
	size_t cap = 16384, len = 0;
	char *buf = NULL, *more;
	ssize_t n;

	if (dir < 0)
		return dir;
	hfd = os_reopen(dir, O_RDONLY);
	os_close(dir);
	if (hfd < 0)
		return hfd;
	for (;;) {
		more = realloc(buf, cap);
		if (!more) {
			n = -ENOMEM;
			break;
		}
		buf = more;
		n = os_pread(hfd, buf + len, cap - len - 1, len);
		if (n <= 0)
			break;
		len += (size_t)n;
		if (cap - len < 4096 && cap < HOST_TEXT_MAX)
			cap *= 2;
		if (len == cap - 1)
			break;
	}
	os_close(hfd);
	if (n < 0) {
		free(buf);
		return n;
	}
	buf[len] = '\0';
	*out = buf;
	return (ssize_t)len;
}

int machine_show_nothing(struct seq *s, const struct pseudo_ctx *c)
{
	return 0;
}

/* The host's text, cut after the processors this machine may use. */
int machine_show_cpuinfo(struct seq *s, const struct pseudo_ctx *c)
{
	struct os_sysinfo si = {0};
	char *text, *p, *end;
	ssize_t n;

	if (os_sysinfo(&si) < 0)
		return -EIO;
	n = proc_host_text(si.cpuinfo_path, &text);
	if (n < 0)
		return (int)n;
	end = text + n;
	p = text;
	for (unsigned i = 0; i < si.nr_cpus && p < end; i++) {
		char *next = strstr(p, "\n\n");

		p = next ? next + 2 : end;
	}
	seq_write(s, text, (size_t)(p - text));
	free(text);
	return 0;
}

static const struct {
	unsigned major;
	const char *name;
} device_names[] = {
	{1, "mem"},
	{4, "tty"},
	{5, "/dev/tty"},
	{5, "/dev/console"},
	{5, "/dev/ptmx"},
	{10, "misc"},
	{136, "pts"},
};

int machine_show_devices(struct seq *s, const struct pseudo_ctx *c)
{
	seq_puts(s, "Character devices:\n");
	for (size_t i = 0; i < ARRAY_SIZE(device_names); i++)
		if (chrdev_major_used(device_names[i].major))
			seq_printf(s, "%3u %s\n", device_names[i].major, device_names[i].name);
	seq_printf(s, "\nBlock devices:\n%3u loop\n", LOOP_MAJOR);
	return 0;
}

int machine_show_partitions(struct seq *s, const struct pseudo_ctx *c)
{
	seq_puts(s, "major minor  #blocks  name\n\n");
	for (unsigned i = 0; i < loopdev_count(); i++) {
		u64 size = loopdev_state(i).size;

		if (size)
			seq_printf(s, "%4u  %7u %10llu loop%u\n", LOOP_MAJOR, i,
				(unsigned long long)(size >> 10), i);
	}
	return 0;
}

/* How ps(1) finds the names of terminals. */
int machine_show_tty_drivers(struct seq *s, const struct pseudo_ctx *c)
{
	static const struct {
		const char *name, *node, *minors, *type;
		unsigned major;
	} rows[] = {
		{"/dev/tty", "/dev/tty", "0", "system:/dev/tty", 5},
		{"/dev/console", "/dev/console", "1", "system:console", 5},
		{"/dev/ptmx", "/dev/ptmx", "2", "system", 5},
		{"pty_slave", "/dev/pts", "0-1048575", "pty:slave", 136},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		seq_printf(s, "%-20s %-11s %3u %s %s\n", rows[i].name, rows[i].node, rows[i].major,
			rows[i].minors, rows[i].type);
	return 0;
}

int machine_show_filesystems(struct seq *s, const struct pseudo_ctx *c)
{
	const struct fs_type *type;

	for (unsigned i = 0; (type = fs_type_at(i)); i++)
		seq_printf(s, "%s\t%s\n", type->needs_source ? "" : "nodev", type->name);
	return 0;
}

struct task_counts {
	unsigned threads, running, blocked;
};

static void count_tasks(struct task_counts *n)
{
	const struct tgroup *tg;
	struct task *t;
	unsigned asked = 0;

	memset(n, 0, sizeof(*n));
	list_for_each_entry (tg, &all_tgroups, all_link) {
		list_for_each_entry (t, &tg->tasks, tg_link) {
			char state = 'R';

			n->threads++;
			if (t->state == TASK_UNINTERRUPTIBLE)
				n->blocked++;
			if (t->state != TASK_RUNNING)
				continue;
			if (t != current && t->guest && asked++ < STATES_MAX)
				state = guest_state(t);
			n->running += state == 'R';
			n->blocked += state == 'D';
		}
	}
}

int machine_show_loadavg(struct seq *s, const struct pseudo_ctx *c)
{
	struct os_sysinfo si = {0};
	struct task_counts n;
	pid_t last = list_empty(&all_tgroups)
			     ? 0
			     : list_last(&all_tgroups, struct tgroup, all_link)->pid;

	os_sysinfo(&si);
	count_tasks(&n);
	for (int i = 0; i < 3; i++) {
		u64 v = si.load[i] + 65536 / 200; /* rounded to hundredths */

		seq_printf(s, "%llu.%02llu ", (unsigned long long)(v >> 16),
			(unsigned long long)((v & 0xffff) * 100 >> 16));
	}
	seq_printf(s, "%u/%u %d\n", n.running, n.threads, last);
	return 0;
}

struct lock_walk {
	struct seq *s;
	unsigned nr;
};

static void lock_row(const struct flock_info *l, void *arg)
{
	struct lock_walk *w = arg;
	u64 dev = l->inode->sb->dev;

	seq_printf(w->s, "%u: %-6s ADVISORY  %s %d %02x:%02x:%llu %llu ", ++w->nr, l->type,
		l->write ? "WRITE" : "READ ", l->pid, (unsigned)(dev >> 8 & 0xfff),
		(unsigned)((dev & 0xff) | (dev >> 12 & 0xfff00)), (unsigned long long)l->inode->ino,
		(unsigned long long)l->start);
	if (l->end >= INT64_MAX)
		seq_puts(w->s, "EOF\n");
	else
		seq_printf(w->s, "%llu\n", (unsigned long long)l->end);
}

int machine_show_locks(struct seq *s, const struct pseudo_ctx *c)
{
	struct lock_walk w = {.s = s};

	flock_for_each(lock_row, &w);
	return 0;
}

static void kib(struct seq *s, const char *name, u64 bytes)
{
	seq_printf(s, "%-16s%8llu kB\n", name, (unsigned long long)(bytes >> 10));
}

int machine_show_meminfo(struct seq *s, const struct pseudo_ctx *c)
{
	struct meminfo m;

	if (meminfo_get(&m) < 0)
		return -EIO;
	kib(s, "MemTotal:", m.total);
	kib(s, "MemFree:", m.free);
	kib(s, "MemAvailable:", m.available);
	kib(s, "Buffers:", m.buffers);
	kib(s, "Cached:", m.cached);
	kib(s, "SwapCached:", 0);
	kib(s, "SwapTotal:", m.swap_total);
	kib(s, "SwapFree:", m.swap_free);
	kib(s, "Shmem:", m.shmem);
	kib(s, "SReclaimable:", 0);
	kib(s, "CommitLimit:", m.total + m.swap_total);
	kib(s, "VmallocTotal:", 0);
	kib(s, "VmallocUsed:", 0);
	kib(s, "VmallocChunk:", 0);
	seq_puts(s, "HugePages_Total:       0\nHugePages_Free:        0\n");
	kib(s, "Hugepagesize:", 2048 << 10);
	return 0;
}

/* One line of the host's stat: cpu lines of our cpus whole, totals of the long ones. */
static void stat_line(struct seq *s, const char *line, size_t len, unsigned nr_cpus)
{
	unsigned cpu;

	if (len > 3 && isdigit((u8)line[3]) && sscanf(line, "cpu%u", &cpu) == 1) {
		if (cpu >= nr_cpus)
			return;
	} else if (!strncmp(line, "intr ", 5) || !strncmp(line, "softirq ", 8)) {
		len = strcspn(line, " ");
		len += 1 + strcspn(line + len + 1, " \n");
	} else if (strncmp(line, "cpu ", 4) && strncmp(line, "ctxt ", 5)) {
		return;
	}
	seq_write(s, line, len);
	seq_putc(s, '\n');
}

int machine_show_stat(struct seq *s, const struct pseudo_ctx *c)
{
	struct os_sysinfo si = {0};
	struct task_counts n;
	char *text, *line;
	u64 boot_ns;

	if (os_sysinfo(&si) < 0 || proc_host_text(si.stat_path, &text) < 0)
		return -EIO;
	for (line = text; *line;) {
		size_t len = strcspn(line, "\n");

		stat_line(s, line, len, si.nr_cpus);
		line += len + (line[len] == '\n');
	}
	free(text);
	count_tasks(&n);
	boot_ns = os_clock_ns(OS_CLOCK_REALTIME) - os_clock_ns(OS_CLOCK_BOOTTIME);
	seq_printf(s, "btime %llu\nprocesses %llu\nprocs_running %u\nprocs_blocked %u\n",
		(unsigned long long)(boot_ns / NSEC_PER_SEC), (unsigned long long)nr_forks,
		n.running, n.blocked);
	return 0;
}

/* Idle time of all cpus, from the host's stat, in ticks. */
static u64 idle_ticks(void)
{
	struct os_sysinfo si = {0};
	unsigned long long idle = 0;
	char *text;

	if (os_sysinfo(&si) < 0 || proc_host_text(si.stat_path, &text) < 0)
		return 0;
	if (sscanf(text, "cpu %*u %*u %*u %llu", &idle) != 1)
		idle = 0;
	free(text);
	return idle;
}

int machine_show_uptime(struct seq *s, const struct pseudo_ctx *c)
{
	u64 up = os_clock_ns(OS_CLOCK_BOOTTIME) / (NSEC_PER_SEC / 100), idle = idle_ticks();

	seq_printf(s, "%llu.%02llu %llu.%02llu\n", (unsigned long long)(up / 100),
		(unsigned long long)(up % 100), (unsigned long long)(idle / 100),
		(unsigned long long)(idle % 100));
	return 0;
}

int machine_show_version(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%s version %s (skiff) (gcc %s) %s\n", SKIFF_UTS_SYSNAME, SKIFF_UTS_RELEASE,
		__VERSION__, SKIFF_UTS_VERSION);
	return 0;
}

static const char *const vmstat_names[] = {"nr_free_pages ", "nr_dirty ", "nr_writeback ",
	"nr_slab_unreclaimable ", "nr_page_table_pages ", "nr_mapped ", "pgpgin ", "pgpgout ",
	"pswpin ", "pswpout ", "pgfault ", "pgmajfault "};

int machine_show_vmstat(struct seq *s, const struct pseudo_ctx *c)
{
	struct os_sysinfo si = {0};
	char *text, *line;

	if (os_sysinfo(&si) < 0 || proc_host_text(si.vmstat_path, &text) < 0)
		return -EIO;
	for (line = text; *line;) {
		size_t len = strcspn(line, "\n");

		for (size_t i = 0; i < ARRAY_SIZE(vmstat_names); i++) {
			if (strncmp(line, vmstat_names[i], strlen(vmstat_names[i])))
				continue;
			seq_write(s, line, len);
			seq_putc(s, '\n');
		}
		line += len + (line[len] == '\n');
	}
	free(text);
	return 0;
}
