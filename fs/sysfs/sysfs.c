/*
 * /sys, small: processors (numbers, topology, which are on line), kernel facts, the empty
 * directories that other filesystems are mounted on. What is not known is absent; programs have
 * fallbacks for that. sysfs(5), Linux Documentation/ABI/testing/sysfs-devices-system-cpu.
 */
#include "fs/sysfs/sysfs.h"

#include "fs/pseudo.h"
#include "kernel/meminfo.h"
#include "kernel/os.h"

#include <stdio.h>

#define SYSFS_MAGIC 0x62656572
#define CACHES_MAX 8

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

/* A short file of the host, as it is. */
static int show_host_file(struct seq *s, const char *path)
{
	int dir = os_open_root(path), hfd;
	char text[4096];
	ssize_t n;

	if (dir < 0)
		return dir;
	hfd = os_reopen(dir, O_RDONLY);
	os_close(dir);
	if (hfd < 0)
		return hfd;
	n = os_pread(hfd, text, sizeof(text), 0);
	os_close(hfd);
	if (n > 0)
		seq_write(s, text, (size_t)n);
	return n < 0 ? (int)n : 0;
}

/* ---- devices/system/cpu ---- */
static int show_cpu_range(struct seq *s, const struct pseudo_ctx *c)
{
	unsigned nr = nr_cpus();

	seq_printf(s, nr > 1 ? "0-%u\n" : "%u\n", nr - 1);
	return 0;
}

/* A mask of all processors, in words of 32 bits. */
static int show_cpu_map(struct seq *s, const struct pseudo_ctx *c)
{
	unsigned nr = nr_cpus();

	for (unsigned w = (nr + 31) / 32; w-- > 0;) {
		u32 mask = nr - w * 32 >= 32 ? ~0u : (1u << (nr - w * 32)) - 1;

		seq_printf(s, nr > 16 ? "%08x%s" : "%x%s", mask, w ? "," : "\n");
	}
	return 0;
}

/* How processors share cores and caches is the host's to say; c's number is the processor's. */
static int show_host_cpu(struct seq *s, const struct pseudo_ctx *c)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%llu/%s/%s",
		(unsigned long long)c->key, (const char *)c->row->arg, c->row->name);
	return show_host_file(s, path);
}

#define TOPOLOGY(n) \
	{ \
		.name = n, .mode = FILE_MODE, .show = show_host_cpu, .arg = "topology" \
	}

static const struct pseudo_row topology_rows[] = {
	TOPOLOGY("core_cpus"),
	TOPOLOGY("core_cpus_list"),
	TOPOLOGY("core_id"),
	TOPOLOGY("core_siblings"),
	TOPOLOGY("core_siblings_list"),
	TOPOLOGY("die_cpus"),
	TOPOLOGY("die_cpus_list"),
	TOPOLOGY("die_id"),
	TOPOLOGY("package_cpus"),
	TOPOLOGY("package_cpus_list"),
	TOPOLOGY("physical_package_id"),
	TOPOLOGY("thread_siblings"),
	TOPOLOGY("thread_siblings_list"),
};
static const struct pseudo_dir topology_dir = {PSEUDO_DIR(topology_rows)};

static int show_host_cache(struct seq *s, const struct pseudo_ctx *c)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%llu/cache/index%llu/%s",
		(unsigned long long)c->outer_key, (unsigned long long)c->key, c->row->name);
	return show_host_file(s, path);
}

static bool host_cache_exists(u64 cpu, u64 index)
{
	char path[128];
	int hfd;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%llu/cache/index%llu",
		(unsigned long long)cpu, (unsigned long long)index);
	hfd = os_open_root(path);
	if (hfd < 0)
		return false;
	os_close(hfd);
	return true;
}

static ssize_t cache_keys(const struct pseudo_ctx *dir, u64 from, u64 **out)
{
	ssize_t nr = 0;

	*out = calloc(CACHES_MAX, sizeof(u64));
	if (!*out)
		return -ENOMEM;
	for (u64 i = from; i < CACHES_MAX && host_cache_exists(dir->key, i); i++)
		(*out)[nr++] = i;
	if (!nr)
		free(*out);
	return nr;
}

static int cache_enter(const struct pseudo_ctx *dir, struct pseudo_ctx *child)
{
	if (child->key >= CACHES_MAX || !host_cache_exists(dir->key, child->key))
		return -ENOENT;
	return 0;
}

static const struct pseudo_row cache_n_rows[] = {
	FILE_RO("coherency_line_size", show_host_cache),
	FILE_RO("id", show_host_cache),
	FILE_RO("level", show_host_cache),
	FILE_RO("number_of_sets", show_host_cache),
	FILE_RO("shared_cpu_list", show_host_cache),
	FILE_RO("shared_cpu_map", show_host_cache),
	FILE_RO("size", show_host_cache),
	FILE_RO("type", show_host_cache),
	FILE_RO("ways_of_associativity", show_host_cache),
};
static const struct pseudo_dir cache_n_dir = {PSEUDO_DIR(cache_n_rows)};
static const struct pseudo_row cache_n_row = SUBDIR("index", &cache_n_dir);
static const struct pseudo_dir cache_dir = {
	.child = &cache_n_row,
	.keys = cache_keys,
	.enter = cache_enter,
};

static const struct pseudo_row cpu_n_rows[] = {
	SUBDIR("cache", &cache_dir),
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
static int show_node_meminfo(struct seq *s, const struct pseudo_ctx *c)
{
	struct meminfo m;
	int ret = meminfo_get(&m);

	if (ret < 0)
		return ret;
	seq_printf(s, "Node 0 MemTotal:       %8llu kB\n", (unsigned long long)(m.total >> 10));
	seq_printf(s, "Node 0 MemFree:        %8llu kB\n", (unsigned long long)(m.free >> 10));
	seq_printf(s, "Node 0 MemUsed:        %8llu kB\n",
		(unsigned long long)((m.total - m.free) >> 10));
	return 0;
}

static const struct pseudo_row node0_rows[] = {
	FILE_RO("cpulist", show_cpu_range),
	FILE_RO("cpumap", show_cpu_map),
	TEXT("distance", "10"),
	FILE_RO("meminfo", show_node_meminfo),
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
static const struct pseudo_row virtual_rows[] = {
	SUBDIR("net", &sysfs_net_dir),
};
static const struct pseudo_dir virtual_dir = {PSEUDO_DIR(virtual_rows)};
static const struct pseudo_row devices_rows[] = {
	SUBDIR("system", &system_dir),
	SUBDIR("virtual", &virtual_dir),
};
static const struct pseudo_dir devices_dir = {PSEUDO_DIR(devices_rows)};

/* ---- the rest ---- */
static const struct pseudo_row class_rows[] = {
	SUBDIR("block", &empty_dir),
	SUBDIR("net", &sysfs_class_net_dir),
};
static const struct pseudo_dir class_dir = {PSEUDO_DIR(class_rows)};
static const struct pseudo_row dev_rows[] = {
	SUBDIR("block", &sysfs_dev_block_dir),
	SUBDIR("char", &empty_dir),
};
static const struct pseudo_dir dev_dir = {PSEUDO_DIR(dev_rows)};

static const struct pseudo_row fs_rows[] = {
	SUBDIR("cgroup", &empty_dir),
};
static const struct pseudo_dir fs_dir = {PSEUDO_DIR(fs_rows)};

/* Huge pages are the host's to give, to all of its processes alike. */
static int show_thp(struct seq *s, const struct pseudo_ctx *c)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/mm/transparent_hugepage/%s", c->row->name);
	return show_host_file(s, path);
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
	SUBDIR("block", &sysfs_block_dir),
	SUBDIR("bus", &empty_dir),
	SUBDIR("class", &class_dir),
	SUBDIR("dev", &dev_dir),
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
	return pseudo_mount(type, SYSFS_MAGIC, &root_row, NULL, out);
}

const struct fs_type sysfs_fs_type = {
	.name = "sysfs",
	.user_mount = true,
	.mount = sysfs_mount,
};
