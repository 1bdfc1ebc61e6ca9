/*
 * /proc/sys: what sysctl(8) reads. Values are those the kernel goes by; a file can be written only
 * if that changes what the kernel does. Rows are sorted by name. proc(5).
 */
#include "fs/file.h"
#include "fs/lease.h"
#include "fs/proc/proc.h"
#include "fs/proc/sysctl.h"
#include "fs/proc/sysvipc.h"
#include "kernel/aio.h"
#include "kernel/coredump.h"
#include "kernel/cred.h"
#include "fs/namei.h"
#include "kernel/dmesg.h"
#include "kernel/fanotify.h"
#include "kernel/inotify.h"
#include "kernel/keys/key.h"
#include "kernel/os.h"
#include "kernel/pipe.h"
#include "kernel/pipe_user.h"
#include "kernel/rlimit.h"
#include "kernel/task.h"
#include "kernel/uts.h"
#include "kernel/version.h"

#include <stdio.h>

/* ---- numbers that the kernel goes by ---- */
int sysctl_show(struct seq *s, const struct pseudo_ctx *c)
{
	const struct sysctl *ctl = c->row->arg;

	for (unsigned i = 0; i < ctl->nr; i++)
		seq_printf(s, "%s%u", i ? "\t" : "", ctl->value[i]);
	seq_putc(s, '\n');
	return 0;
}

int sysctl_store(const struct pseudo_ctx *c, char *text, size_t len)
{
	const struct sysctl *ctl = c->row->arg;
	u32 new[SYSCTL_VALUES_MAX];
	char *at = text, *save = NULL, *word;
	unsigned nr = 0;
	s64 v;

	if (ctl->nr == 1) {
		if (pseudo_parse(text, ctl->min, ctl->max, &v) < 0)
			return -EINVAL;
		*ctl->value = (u32)v;
		return 0;
	}
	for (; (word = strtok_r(at, " \t\n", &save)); at = NULL) {
		if (nr >= ctl->nr || pseudo_parse(word, ctl->min, ctl->max, &v) < 0)
			return -EINVAL;
		new[nr++] = (u32)v;
	}
	if (nr != ctl->nr || (ctl->check && !ctl->check(new)))
		return -EINVAL;
	memcpy(ctl->value, new, nr * sizeof(*new));
	return 0;
}

/* ---- names of the machine ---- */
static char *name_of(const struct pseudo_ctx *c)
{
	struct uts_ns *ns = uts_current();

	return c->row->name[0] == 'h' ? ns->nodename : ns->domainname;
}

static int show_name(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%s\n", name_of(c));
	return 0;
}

static int store_name(const struct pseudo_ctx *c, char *text, size_t len)
{
	if (!ns_capable(uts_current()->ns.owner, CAP_SYS_ADMIN))
		return -EPERM;
	return uts_set(name_of(c), text, MIN(strcspn(text, "\n"), (size_t)UTS_LEN));
}

/* ---- random ---- */
static void show_uuid_of(struct seq *s, u8 u[16])
{
	u[6] = (u[6] & 0x0f) | 0x40; /* version 4, RFC 9562 */
	u[8] = (u[8] & 0x3f) | 0x80;
	for (int i = 0; i < 16; i++)
		seq_printf(s, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", u[i]);
	seq_putc(s, '\n');
}

static int show_uuid(struct seq *s, const struct pseudo_ctx *c)
{
	u8 u[16];

	os_random(u, sizeof(u));
	show_uuid_of(s, u);
	return 0;
}

static int show_boot_id(struct seq *s, const struct pseudo_ctx *c)
{
	static u8 id[16];
	static bool made;

	if (!made)
		os_random(id, sizeof(id));
	made = true;
	show_uuid_of(s, id);
	return 0;
}

static const struct pseudo_row random_rows[] = {
	FILE_RO("boot_id", show_boot_id),
	TEXT("entropy_avail", "256"),
	TEXT("poolsize", "256"),
	FILE_RO("uuid", show_uuid),
};
static const struct pseudo_dir random_dir = {PSEUDO_DIR(random_rows)};

/* ---- kernel ---- */
static int show_dmesg_restrict(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%d\n", dmesg_restrict);
	return 0;
}

static int store_dmesg_restrict(const struct pseudo_ctx *c, char *text, size_t len)
{
	s64 v;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (pseudo_parse(text, 0, 1, &v) < 0)
		return -EINVAL;
	dmesg_restrict = v;
	return 0;
}

static int show_threads_max(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%u\n", nr_tasks_max);
	return 0;
}

static int show_pid_max(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%u\n", (unsigned)PID_MAX);
	return 0;
}

static int show_printk(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%u\t4\t1\t7\n", console_loglevel);
	return 0;
}

/* The first is what syslog(2) sets, too; the others are fixed, and may be left out. */
static int store_printk(const struct pseudo_ctx *c, char *text, size_t len)
{
	static const s64 fixed[] = {4, 1, 7};
	char *save = NULL, *word = strtok_r(text, " \t\n", &save);
	s64 level, v;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (!word || pseudo_parse(word, 0, 15, &level) < 0)
		return -EINVAL;
	for (size_t i = 0; (word = strtok_r(NULL, " \t\n", &save)); i++)
		if (i >= ARRAY_SIZE(fixed) || pseudo_parse(word, fixed[i], fixed[i], &v) < 0)
			return -EINVAL;
	console_loglevel = (u32)level;
	return 0;
}

static int show_core_pattern(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%s\n", core_pattern);
	return 0;
}

/* A program to pipe cores into ("|...") is refused: there is none to run it. */
static int store_core_pattern(const struct pseudo_ctx *c, char *text, size_t len)
{
	size_t n = strcspn(text, "\n");

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (n >= sizeof(core_pattern) || text[0] == '|')
		return -EINVAL;
	text[n] = '\0';
	memcpy(core_pattern, text, n + 1);
	return 0;
}

static int store_core_uses_pid(const struct pseudo_ctx *c, char *text, size_t len)
{
	s64 v;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (pseudo_parse(text, 0, 1, &v) < 0)
		return -EINVAL;
	core_uses_pid = (u32)v;
	return 0;
}

static const struct pseudo_row keys_rows[] = {
	SYSCTL("gc_delay", key_gc_delay_s, 0, INT32_MAX),
	SYSCTL("maxbytes", key_max_bytes, 0, INT32_MAX),
	SYSCTL("maxkeys", key_max, 0, INT32_MAX),
	SYSCTL("root_maxbytes", key_root_max_bytes, 0, INT32_MAX),
	SYSCTL("root_maxkeys", key_root_max, 0, INT32_MAX),
};
static const struct pseudo_dir keys_dir = {PSEUDO_DIR(keys_rows)};

static const struct pseudo_row kernel_rows[] = {
	TEXT("arch", SKIFF_UTS_MACHINE),
	TEXT("cap_last_cap", "40"),
	{.name = "core_pattern",
		.mode = PROC_RW,
		.show = show_core_pattern,
		.store = store_core_pattern},
	TEXT("core_pipe_limit", "0"),
	{.name = "core_uses_pid",
		.mode = PROC_RW,
		.show = pseudo_show_u32,
		.store = store_core_uses_pid,
		.arg = &core_uses_pid},
	{.name = "dmesg_restrict",
		.mode = PROC_RW,
		.show = show_dmesg_restrict,
		.store = store_dmesg_restrict},
	{.name = "domainname", .mode = PROC_RW, .show = show_name, .store = store_name},
	{.name = "hostname", .mode = PROC_RW, .show = show_name, .store = store_name},
	SUBDIR("keys", &keys_dir),
	PROC_IPC_LIMIT("msg_next_id", ipc_limit_msg_next_id),
	PROC_IPC_LIMIT("msgmax", ipc_limit_msgmax),
	PROC_IPC_LIMIT("msgmnb", ipc_limit_msgmnb),
	PROC_IPC_LIMIT("msgmni", ipc_limit_msgmni),
	TEXT("ngroups_max", "65536"),
	SYSCTL("ns_last_pid", last_pid, 0, PID_MAX - 1),
	TEXT("osrelease", SKIFF_UTS_RELEASE),
	TEXT("ostype", SKIFF_UTS_SYSNAME),
	TEXT("overflowgid", "65534"),
	TEXT("overflowuid", "65534"),
	FILE_RO("pid_max", show_pid_max),
	{.name = "printk", .mode = PROC_RW, .show = show_printk, .store = store_printk},
	SUBDIR("random", &random_dir),
	TEXT("randomize_va_space", "2"),
	TEXT("sched_rr_timeslice_ms", "100"),
	PROC_IPC("sem", sem_limits),
	PROC_IPC_LIMIT("sem_next_id", ipc_limit_sem_next_id),
	PROC_IPC_LIMIT("shm_next_id", ipc_limit_shm_next_id),
	TEXT("shm_rmid_forced", "0"),
	PROC_IPC("shmall", shm_limit),
	PROC_IPC("shmmax", shm_limit),
	PROC_IPC_LIMIT("shmmni", ipc_limit_shmmni),
	TEXT("tainted", "0"),
	FILE_RO("threads-max", show_threads_max),
	TEXT("version", SKIFF_UTS_VERSION),
};
static const struct pseudo_dir kernel_dir = {PSEUDO_DIR(kernel_rows)};

/* ---- fs ---- */
static int show_file_nr(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%llu\t0\t%llu\n", (unsigned long long)nr_open_files,
		(unsigned long long)nr_open_files_max);
	return 0;
}

static int show_aio_nr(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%u\n", aio_nr);
	return 0;
}

static int show_file_max(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%llu\n", (unsigned long long)nr_open_files_max);
	return 0;
}

static const struct pseudo_row inotify_rows[] = {
	SYSCTL("max_queued_events", inotify_max_queued, 0, INT32_MAX),
	SYSCTL("max_user_instances", inotify_max_instances, 0, INT32_MAX),
	SYSCTL("max_user_watches", inotify_max_watches, 0, INT32_MAX),
};
static const struct pseudo_dir inotify_dir = {PSEUDO_DIR(inotify_rows)};

static const struct pseudo_row fanotify_rows[] = {
	SYSCTL("max_queued_events", fanotify_max_queued, 0, INT32_MAX),
	SYSCTL("max_user_groups", fanotify_max_groups, 0, INT32_MAX),
	SYSCTL("max_user_marks", fanotify_max_marks, 0, INT32_MAX),
};
static const struct pseudo_dir fanotify_dir = {PSEUDO_DIR(fanotify_rows)};

/* Rounded up as a pipe's size is. */
static int store_pipe_max_size(const struct pseudo_ctx *c, char *text, size_t len)
{
	int ret = sysctl_store(c, text, len);
	u32 size = PAGE_SIZE;

	while (ret == 0 && size < pipe_max_size)
		size *= 2;
	if (ret == 0)
		pipe_max_size = size;
	return ret;
}

static const struct pseudo_row fs_rows[] = {
	SYSCTL("aio-max-nr", aio_max_nr, 0, INT32_MAX),
	FILE_RO("aio-nr", show_aio_nr),
	SUBDIR("fanotify", &fanotify_dir),
	FILE_RO("file-max", show_file_max),
	FILE_RO("file-nr", show_file_nr),
	SUBDIR("inotify", &inotify_dir),
	SYSCTL("lease-break-time", lease_break_time_s, 0, INT32_MAX),
	SYSCTL("leases-enable", leases_enable, 0, 1),
	SUBDIR("mqueue", &proc_mqueue_dir),
	SYSCTL("nr_open", rlimit_nr_open, 64, 1u << 20),
	TEXT("overflowgid", "65534"),
	TEXT("overflowuid", "65534"),
	{.name = "pipe-max-size",
		.mode = PROC_RW,
		.show = sysctl_show,
		.store = store_pipe_max_size,
		.arg = &(const struct sysctl){&pipe_max_size, PAGE_SIZE, 1u << 31, 1, NULL}},
	SYSCTL("pipe-user-pages-hard", pipe_user_pages_hard, 0, INT32_MAX),
	SYSCTL("pipe-user-pages-soft", pipe_user_pages_soft, 0, INT32_MAX),
	SYSCTL("protected_hardlinks", protected_hardlinks, 0, 1),
	SYSCTL("protected_symlinks", protected_symlinks, 0, 1),
};
static const struct pseudo_dir fs_dir = {PSEUDO_DIR(fs_rows)};

/* ---- vm: the host's, where it says so to everybody ---- */
static int show_host(struct seq *s, const struct pseudo_ctx *c)
{
	char *text;
	ssize_t n = proc_host_text(c->row->arg, &text);

	if (n < 0)
		return (int)n;
	seq_write(s, text, (size_t)n);
	free(text);
	return 0;
}

#define VM_HOST(n) \
	{ \
		.name = n, .mode = PROC_RO, .show = show_host, .arg = "/proc/sys/vm/" n, \
		.strict = true \
	}

/* 1: file data, which is the host's to keep or drop; 2: names; 3: both. */
static int store_drop_caches(const struct pseudo_ctx *c, char *text, size_t len)
{
	struct super *sb;
	s64 what;

	if (pseudo_parse(text, 1, 4, &what) < 0)
		return -EINVAL;
	if (what & 2)
		list_for_each_entry (sb, &all_supers, link)
			d_prune(sb);
	return 0;
}

static const struct pseudo_row vm_rows[] = {
	{.name = "drop_caches", .mode = S_IFREG | 0200, .store = store_drop_caches},
	VM_HOST("max_map_count"),
	TEXT("mmap_min_addr", "1048576"), /* GUEST_RESERVED_END */
	VM_HOST("overcommit_kbytes"),
	VM_HOST("overcommit_memory"),
	VM_HOST("overcommit_ratio"),
	VM_HOST("swappiness"),
};
static const struct pseudo_dir vm_dir = {PSEUDO_DIR(vm_rows)};

static const struct pseudo_row sys_rows[] = {
	SUBDIR("fs", &fs_dir),
	SUBDIR("kernel", &kernel_dir),
	SUBDIR("net", &proc_sys_net_dir),
	SUBDIR("vm", &vm_dir),
};

const struct pseudo_dir proc_sys_dir = {PSEUDO_DIR(sys_rows)};
