/*
 * tmpfs: super blocks, mount options, inodes, and memfd_create's files. A directory entry holds a
 * reference on its inode, so a file lives while it has a name or a user; put_super takes the tree
 * apart without recursion. tmpfs(5), memfd_create(2).
 */
#include "fs/file.h"
#include "fs/tmpfs/internal.h"
#include "kernel/os.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

#include <stdio.h>

#define INODE_COST 1024ul /* an inode and its name take about that much */

static struct mount *memfd_mount;

/* ---- inodes ---- */

static void set_ops(struct inode *i)
{
	switch (i->mode & S_IFMT) {
	case S_IFREG:
		i->ops = &tmpfs_file_ops;
		i->fops = &tmpfs_file_fops;
		break;
	case S_IFDIR:
		i->ops = &tmpfs_dir_ops;
		i->fops = &tmpfs_dir_fops;
		i->nlink = 2;
		break;
	case S_IFLNK:
		i->ops = &tmpfs_link_ops;
		break;
	default:
		i->ops = &tmpfs_special_ops;
		break;
	}
}

int tmpfs_new_inode(
	struct super *sb, const struct inode *dir, u32 mode, u64 rdev, struct inode **out)
{
	struct tmpfs_super *ts = sb->priv;
	struct tmpfs_node *n;
	struct inode *i;

	if (ts->max_inodes && ts->used_inodes >= ts->max_inodes)
		return -ENOSPC;
	if (mem_charge(&mem_charges.pages, INODE_COST) < 0)
		return -ENOMEM;
	n = calloc(1, sizeof(*n));
	i = n ? inode_alloc(sb) : NULL;
	if (!i) {
		mem_charges.pages -= INODE_COST;
		free(n);
		return -ENOMEM;
	}
	list_init(&n->memfd.link);
	n->hfd = -1;
	n->next_off = 2; /* after . and .. */
	list_init(&n->teardown);
	n->inode = i;
	i->priv = n;
	i->rdev = rdev;
	i->seals = F_SEAL_SEAL;
	inode_init_owner(i, dir, mode);
	set_ops(i);
	ts->used_inodes++;
	*out = i;
	return 0;
}

int tmpfs_charge_meta(struct inode *i, u64 bytes)
{
	struct tmpfs_super *ts = tmpfs_sb(i);

	if (bytes > ts->max_bytes || ts->used_bytes > ts->max_bytes - bytes)
		return -ENOSPC;
	if (mem_charge(&mem_charges.pages, bytes) < 0)
		return -ENOMEM;
	ts->used_bytes += bytes;
	tmpfs_node(i)->charged_meta += bytes;
	return 0;
}

void tmpfs_uncharge_meta(struct inode *i, u64 bytes)
{
	mem_charges.pages -= bytes;
	tmpfs_sb(i)->used_bytes -= bytes;
	tmpfs_node(i)->charged_meta -= bytes;
}

static void tmpfs_evict(struct inode *i)
{
	struct tmpfs_node *n = i->priv;

	tmpfs_data_free(i);
	tmpfs_xattr_free(i);
	tmpfs_uncharge_meta(i, n->charged_meta);
	free(n->slots);
	free(n->target);
	free(n);
	tmpfs_sb(i)->used_inodes--;
	mem_charges.pages -= INODE_COST;
}

/* ---- super ---- */

static void tmpfs_put_super(struct super *sb)
{
	struct tmpfs_super *ts = sb->priv;
	struct list_head todo;

	list_init(&todo);
	if (ts->root)
		list_add(&tmpfs_node(ts->root)->teardown, &todo);
	while (!list_empty(&todo)) {
		struct tmpfs_node *n = list_first(&todo, struct tmpfs_node, teardown);

		list_del(&n->teardown);
		tmpfs_dir_clear(n->inode, &todo);
		inode_put(n->inode);
	}
	free(ts);
}

static int tmpfs_statfs(struct super *sb, struct statfs *sf)
{
	struct tmpfs_super *ts = sb->priv;

	sf->f_blocks = ts->max_bytes / PAGE_SIZE;
	sf->f_bfree = sf->f_bavail =
		ts->max_bytes > ts->used_bytes ? (ts->max_bytes - ts->used_bytes) / PAGE_SIZE : 0;
	sf->f_files = ts->max_inodes;
	sf->f_ffree = ts->max_inodes > ts->used_inodes ? ts->max_inodes - ts->used_inodes : 0;
	return 0;
}

static int tmpfs_show_options(struct super *sb, char *buf, size_t size)
{
	struct tmpfs_super *ts = sb->priv;
	int n = snprintf(buf, size, ",size=%lluk,nr_inodes=%llu",
		(unsigned long long)(ts->max_bytes / 1024), (unsigned long long)ts->max_inodes);

	if (ts->mode != 01777 && n >= 0 && (size_t)n < size)
		n += snprintf(buf + n, size - (size_t)n, ",mode=%o", ts->mode);
	return n;
}

static const struct super_ops tmpfs_super_ops = {
	.put_super = tmpfs_put_super,
	.evict_inode = tmpfs_evict,
	.statfs = tmpfs_statfs,
	.show_options = tmpfs_show_options,
};

/* ---- options ---- */

/* "64m", "10%" (of total). 0 or -EINVAL. */
static int parse_size(const char *s, u64 total, u64 *out)
{
	char *end;
	u64 v = strtoull(s, &end, 10);
	unsigned shift = 0;

	if (end == s)
		return -EINVAL;
	switch (*end) {
	case 'k':
	case 'K':
		shift = 10;
		break;
	case 'm':
	case 'M':
		shift = 20;
		break;
	case 'g':
	case 'G':
		shift = 30;
		break;
	case '%':
		v = total / 100 * MIN(v, (u64)100);
		break;
	case 0:
		*out = v;
		return 0;
	default:
		return -EINVAL;
	}
	if (end[1] || v > UINT64_MAX >> (shift + 1))
		return -EINVAL;
	*out = v << shift;
	return 0;
}

static int parse_number(const char *s, int base, u32 *out)
{
	char *end;
	unsigned long v = strtoul(s, &end, base);

	if (end == s || *end || v > UINT32_MAX)
		return -EINVAL;
	*out = (u32)v;
	return 0;
}

static int parse_id(const char *value, u32 (*map)(u32), u32 *out)
{
	int ret = parse_number(value, 10, out);

	if (ret == 0)
		*out = map(*out);
	return ret == 0 && *out == ID_INVALID ? -EINVAL : ret;
}

static int parse_option(struct tmpfs_super *ts, const char *key, const char *value, u64 total)
{
	static const char *const ignored[] = {"inode32", "inode64", "noswap", "huge", "mpol"};
	int ret;

	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		if (!strcmp(key, ignored[i]))
			return 0;
	if (!value)
		return -EINVAL;
	if (!strcmp(key, "size"))
		return parse_size(value, total, &ts->max_bytes);
	if (!strcmp(key, "nr_blocks")) {
		ret = parse_size(value, total, &ts->max_bytes);
		if (ret == 0 && ts->max_bytes > UINT64_MAX / PAGE_SIZE)
			ret = -EINVAL;
		ts->max_bytes *= PAGE_SIZE;
		return ret;
	}
	if (!strcmp(key, "nr_inodes"))
		return parse_size(value, total, &ts->max_inodes);
	if (!strcmp(key, "mode"))
		return parse_number(value, 8, &ts->mode);
	if (!strcmp(key, "uid"))
		return parse_id(value, uid_in, &ts->uid);
	if (!strcmp(key, "gid"))
		return parse_id(value, gid_in, &ts->gid);
	return -EINVAL;
}

static int parse_options(struct tmpfs_super *ts, const char *data, u64 total)
{
	char *copy, *rest, *opt;
	int ret = 0;

	if (!data || !*data)
		return 0;
	copy = rest = strdup(data);
	if (!copy)
		return -ENOMEM;
	while (ret == 0 && (opt = strsep(&rest, ","))) {
		char *value = strchr(opt, '=');

		if (!*opt)
			continue;
		if (value)
			*value++ = 0;
		ret = parse_option(ts, opt, value, total);
	}
	free(copy);
	return ret;
}

static int make_root(struct super *sb)
{
	struct tmpfs_super *ts = sb->priv;
	struct inode *root;
	int ret = tmpfs_new_inode(sb, NULL, S_IFDIR | (ts->mode & 07777), 0, &root);

	if (ret < 0)
		return ret;
	root->uid = ts->uid;
	root->gid = ts->gid;
	ts->root = root;
	sb->root = d_make_root(sb, inode_get(root));
	return sb->root ? 0 : -ENOMEM;
}

static int tmpfs_mount(
	const struct fs_type *type, const char *source, const char *data, struct super **out)
{
	struct tmpfs_super *ts = calloc(1, sizeof(*ts));
	struct os_sysinfo si;
	struct super *sb;
	int ret;

	if (!ts)
		return -ENOMEM;
	if (os_sysinfo(&si) < 0)
		si.mem_total = 1ull << 30;
	ts->mode = 01777;
	if (current) {
		ts->uid = current->cred->fsuid;
		ts->gid = current->cred->fsgid;
	}
	if (machine_mem_limit)
		si.mem_total = MIN(si.mem_total, machine_mem_limit);
	ts->max_bytes = si.mem_total / 2;
	ts->max_inodes = MAX(si.mem_total / PAGE_SIZE / 2, (u64)1024);
	ret = parse_options(ts, data, si.mem_total);
	if (ret == 0 && !ts->max_bytes)
		ts->max_bytes = INT64_MAX;
	sb = ret == 0 ? super_alloc(type, &tmpfs_super_ops, ts) : NULL;
	if (!sb) {
		free(ts);
		return ret < 0 ? ret : -ENOMEM;
	}
	sb->magic = 0x01021994;
	sb->attr_flags = FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL | FS_NOATIME_FL;
	strcpy(sb->source, "none");
	if (source && *source)
		snprintf(sb->source, sizeof(sb->source), "%s", source);
	ret = make_root(sb);
	if (ret < 0) {
		super_put(sb);
		return ret;
	}
	*out = sb;
	return 0;
}

const struct fs_type tmpfs_fs_type = {
	.name = "tmpfs",
	.handles = true,
	.user_mount = true,
	.mount = tmpfs_mount,
};

/* ---- memfd_create ---- */

static int memfd_init(void)
{
	struct super *sb;
	int ret = tmpfs_mount(&tmpfs_fs_type, NULL, NULL, &sb);

	if (ret < 0)
		return ret;
	ret = mount_internal(sb, &memfd_mount);
	super_put(sb);
	return ret;
}

int tmpfs_memfd(const char *name, bool sealable, bool executable, struct file **out)
{
	char text[NAME_MAX + 8];
	struct inode *i;
	struct path p;
	int ret;

	if (!memfd_mount && (ret = memfd_init()) < 0)
		return ret;
	ret = tmpfs_new_inode(memfd_mount->sb, NULL, S_IFREG | (executable ? 0777 : 0666), 0, &i);
	if (ret < 0)
		return ret;
	i->nlink = 0;
	i->seals = sealable ? 0 : F_SEAL_SEAL;
	snprintf(text, sizeof(text), "memfd:%s", name);
	p.mnt = memfd_mount;
	p.dentry = d_alloc(i->sb, memfd_mount->root, text, strlen(text));
	if (!p.dentry) {
		inode_put(i);
		return -ENOMEM;
	}
	d_instantiate(p.dentry, i);
	ret = file_open_path(&p, O_RDWR, out);
	d_put(p.dentry);
	if (ret == 0 && (*out)->counted_writer) { /* it may be executed all the same */
		(*out)->counted_writer = false;
		i->writers--;
	}
	return ret;
}
