/*
 * /sys, small: processors (numbers, topology, which are on line), kernel facts, the empty
 * directories that other filesystems are mounted on. What is not known is absent; programs have
 * fallbacks for that. sysfs(5), Linux Documentation/ABI/testing/sysfs-devices-system-cpu.
 */
#include "fs/sysfs/sysfs.h"

#include "fs/pseudo.h"
#include "kernel/os.h"

#define SYSFS_MAGIC 0x62656572

#define DIR_MODE S_IFDIR | 0755
#define FILE_MODE S_IFREG | 0444
#define TEXT(n, value) \
	{ \
		.name = n, .mode = FILE_MODE, .show = pseudo_show_text, .arg = value \
	}
#define FILE_RO(n, fn) \
	{ \
		.name = n, .mode = FILE_MODE, .show = fn \
	}
#define SUBDIR(n, d) \
	{ \
		.name = n, .mode = DIR_MODE, .dir = d \
	}

static const struct pseudo_dir empty_dir;

static unsigned nr_cpus(void)
{
	struct os_sysinfo si = {0};

	return os_sysinfo(&si) == 0 && si.nr_cpus ? si.nr_cpus : 1;
}

/* ---- devices/system/cpu ---- */
static int show_cpu_range(struct seq *s, const struct pseudo_ctx *c)
{
	unsigned nr = nr_cpus();

	seq_printf(s, nr > 1 ? "0-%u\n" : "%u\n", nr - 1);
	return 0;
}

static int show_key(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%llu\n", (unsigned long long)c->key);
	return 0;
}

/* A mask with only this processor's bit, in words of 32 bits. */
static int show_cpu_mask(struct seq *s, const struct pseudo_ctx *c)
{
	for (unsigned w = (nr_cpus() + 31) / 32; w-- > 0;)
		seq_printf(s, "%0*x%s", nr_cpus() > 16 ? 8 : 1,
			c->key / 32 == w ? 1u << (c->key % 32) : 0, w ? "," : "\n");
	return 0;
}

static const struct pseudo_row topology_rows[] = {
	FILE_RO("core_cpus", show_cpu_mask),
	FILE_RO("core_cpus_list", show_key),
	FILE_RO("core_id", show_key),
	FILE_RO("core_siblings_list", show_cpu_range),
	FILE_RO("package_cpus_list", show_cpu_range),
	TEXT("physical_package_id", "0"),
	FILE_RO("thread_siblings", show_cpu_mask),
	FILE_RO("thread_siblings_list", show_key),
};
static const struct pseudo_dir topology_dir = {PSEUDO_DIR(topology_rows)};

static const struct pseudo_row cpu_n_rows[] = {
	SUBDIR("topology", &topology_dir),
};
static const struct pseudo_dir cpu_n_dir = {PSEUDO_DIR(cpu_n_rows)};
static const struct pseudo_row cpu_n_row = SUBDIR("cpu", &cpu_n_dir);

static ssize_t cpu_keys(const struct pseudo_ctx *dir, u64 from, u64 **out)
{
	unsigned nr = nr_cpus();

	if (from >= nr)
		return 0;
	*out = calloc(nr - from, sizeof(u64));
	if (!*out)
		return -ENOMEM;
	for (u64 i = from; i < nr; i++)
		(*out)[i - from] = i;
	return (ssize_t)(nr - from);
}

static int cpu_enter(const struct pseudo_ctx *dir, struct pseudo_ctx *child)
{
	return child->key < nr_cpus() ? 0 : -ENOENT;
}

static const struct pseudo_row cpu_rows[] = {
	TEXT("isolated", ""),
	TEXT("kernel_max", "1023"),
	TEXT("offline", ""),
	FILE_RO("online", show_cpu_range),
	FILE_RO("possible", show_cpu_range),
	FILE_RO("present", show_cpu_range),
};
static const struct pseudo_dir cpu_dir = {
	PSEUDO_DIR(cpu_rows),
	.child = &cpu_n_row,
	.keys = cpu_keys,
	.enter = cpu_enter,
};

/* ---- devices/system/node: one node with every processor ---- */
static const struct pseudo_row node0_rows[] = {
	FILE_RO("cpulist", show_cpu_range),
	TEXT("distance", "10"),
};
static const struct pseudo_dir node0_dir = {PSEUDO_DIR(node0_rows)};
static const struct pseudo_row node_rows[] = {
	TEXT("has_cpu", "0"),
	TEXT("has_memory", "0"),
	SUBDIR("node0", &node0_dir),
	TEXT("online", "0"),
	TEXT("possible", "0"),
};
static const struct pseudo_dir node_dir = {PSEUDO_DIR(node_rows)};

static const struct pseudo_row system_rows[] = {
	SUBDIR("cpu", &cpu_dir),
	SUBDIR("node", &node_dir),
};
static const struct pseudo_dir system_dir = {PSEUDO_DIR(system_rows)};
static const struct pseudo_row devices_rows[] = {
	SUBDIR("system", &system_dir),
};
static const struct pseudo_dir devices_dir = {PSEUDO_DIR(devices_rows)};

/* ---- the rest ---- */
static const struct pseudo_row fs_rows[] = {
	SUBDIR("cgroup", &empty_dir),
};
static const struct pseudo_dir fs_dir = {PSEUDO_DIR(fs_rows)};

/* Huge pages are the host's to give, to all of its processes alike. */
static int show_thp(struct seq *s, const struct pseudo_ctx *c)
{
	int dir = os_open_root("/sys/kernel/mm/transparent_hugepage"), hfd;
	char text[128];
	ssize_t n;

	if (dir < 0)
		return dir;
	hfd = os_openat(dir, c->row->name, O_RDONLY, 0);
	os_close(dir);
	if (hfd < 0)
		return hfd;
	n = os_pread(hfd, text, sizeof(text), 0);
	os_close(hfd);
	if (n > 0)
		seq_write(s, text, (size_t)n);
	return n < 0 ? (int)n : 0;
}

static const struct pseudo_row thp_rows[] = {
	FILE_RO("enabled", show_thp),
	FILE_RO("hpage_pmd_size", show_thp),
};
static const struct pseudo_dir thp_dir = {PSEUDO_DIR(thp_rows)};
static const struct pseudo_row mm_rows[] = {
	SUBDIR("transparent_hugepage", &thp_dir),
};
static const struct pseudo_dir mm_dir = {PSEUDO_DIR(mm_rows)};
static const struct pseudo_row kernel_rows[] = {
	TEXT("address_bits", "64"),
	TEXT("cpu_byteorder", "little"),
	SUBDIR("debug", &empty_dir),
	SUBDIR("mm", &mm_dir),
	SUBDIR("tracing", &empty_dir),
	TEXT("uevent_seqnum", "0"),
};
static const struct pseudo_dir kernel_dir = {PSEUDO_DIR(kernel_rows)};

static const struct pseudo_row root_rows[] = {
	SUBDIR("block", &empty_dir),
	SUBDIR("bus", &empty_dir),
	SUBDIR("class", &empty_dir),
	SUBDIR("dev", &empty_dir),
	SUBDIR("devices", &devices_dir),
	SUBDIR("firmware", &empty_dir),
	SUBDIR("fs", &fs_dir),
	SUBDIR("kernel", &kernel_dir),
	SUBDIR("module", &empty_dir),
};
static const struct pseudo_dir root_dir = {PSEUDO_DIR(root_rows)};
static const struct pseudo_row root_row = {.name = "/", .mode = S_IFDIR | 0555, .dir = &root_dir};

static int sysfs_mount(
	const struct fs_type *type, const char *source, const char *data, struct super **out)
{
	return pseudo_mount(type, SYSFS_MAGIC, &root_row, out);
}

const struct fs_type sysfs_fs_type = {
	.name = "sysfs",
	.mount = sysfs_mount,
};
