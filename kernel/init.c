/*
 * The start of the machine, in order, as plain calls: filesystems, root, standard mounts, the first
 * task, its descriptors, its host process. And its end. Mistakes in the options are told in one
 * line on stderr.
 */
#include "kernel/init.h"

#include "fs/devfs/devfs.h"
#include "fs/devpts/devpts.h"
#include "fs/ext2/ext2.h"
#include "fs/fdtable.h"
#include "fs/hostfs/hostfs.h"
#include "fs/overlay/overlay.h"
#include "fs/proc/proc.h"
#include "fs/sysfs/sysfs.h"
#include "fs/tmpfs/tmpfs.h"
#include "kernel/block/loopdev.h"
#include "kernel/dmesg.h"
#include "kernel/dump.h"
#include "kernel/exec.h"
#include "kernel/exit.h"
#include "kernel/inotify.h"
#include "kernel/ipc/mqueue.h"
#include "kernel/lib/log.h"
#include "kernel/uts.h"
#include "kernel/net/link.h"
#include "kernel/net/net.h"
#include "kernel/net/dhcp.h"
#include "kernel/net/netfiles.h"
#include "kernel/os.h"
#include "kernel/outside.h"
#include "kernel/syscall.h"
#include "kernel/rlimit.h"
#include "kernel/task.h"
#include "kernel/tty/console.h"
#include "kernel/version.h"
#include "fs/cgroup/cgroup.h"

#include <stdio.h>

static const struct machine_options *options;

static void complain_text(const char *fmt, const char *what, const char *why)
{
	char line[512];
	int n = snprintf(line, sizeof(line), fmt, what, why);

	n = MIN(n, (int)sizeof(line) - 2);
	line[n++] = '\n';
	os_log(line, (size_t)n);
}

static void complain(const char *fmt, const char *what, int err)
{
	complain_text(fmt, what, strerror(-err));
}

static int register_filesystems(void)
{
	static const struct fs_type *const types[] = {&tmpfs_fs_type, &overlay_fs_type,
		&proc_fs_type, &sysfs_fs_type, &devfs_fs_type, &devpts_fs_type, &mqueue_fs_type,
		&cgroup_fs_type, &ext2_fs_type};
	int err = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(types) && !err; i++)
		err = fs_register(types[i]);
	if (!err)
		err = chr_mem_init();
	if (!err)
		err = loopdev_init();
	if (!err)
		err = tty_init();
	if (!err)
		err = net_init();
	return err;
}

static int upper_in_memory(u64 disk, struct super **out)
{
	char options[80] = "";

	if (disk)
		snprintf(options, sizeof(options), "size=%llu,nr_inodes=%llu",
			(unsigned long long)disk, (unsigned long long)MAX(disk >> 10, 1024ull));
	return tmpfs_fs_type.mount(&tmpfs_fs_type, "overlay", options, out);
}

static int make_upper(const struct machine_options *o, struct super **out)
{
	int err;

	if (!o->overlay_dir)
		return upper_in_memory(o->limits.disk, out);
	err = hostfs_mount_dir(o->overlay_dir, true, true, out);
	if (!err && o->limits.disk) {
		err = hostfs_set_quota(*out, o->limits.disk);
		if (err < 0)
			super_put(*out);
	}
	return err;
}

static int make_root(const struct machine_options *o, struct super **out)
{
	struct super *lower, *upper;
	int err = hostfs_mount_dir(o->root, o->root_rw, false, &lower);

	if (!err && !S_ISDIR(lower->root->inode->mode)) {
		super_put(lower);
		err = -ENOTDIR;
	}
	if (err < 0) {
		complain("skiff: cannot use %s as root directory: %s", o->root, err);
		return err;
	}
	if (o->root_rw) {
		*out = lower;
		return 0;
	}
	err = make_upper(o, &upper);
	if (!err && !S_ISDIR(upper->root->inode->mode)) {
		super_put(upper);
		err = -ENOTDIR;
	}
	if (err < 0) {
		complain("skiff: cannot use %s for the overlay: %s",
			o->overlay_dir ? o->overlay_dir : "memory", err);
		return err;
	}
	if (!o->overlay_dir || o->limits.disk)
		limits_disk(upper);
	return overlay_mount(lower, upper, out);
}

static int lookup_dir(const char *name, struct path *out)
{
	return path_lookup(&current->fs->root, name, LOOKUP_FOLLOW, out);
}

static int make_dirs(const char *name)
{
	char buf[PATH_MAX];
	size_t len = strlen(name);

	if (len >= sizeof(buf))
		return -ENAMETOOLONG;
	for (size_t i = 1; i <= len; i++) {
		struct path parent, p;
		struct dentry *d;

		if (name[i] != '/' && name[i])
			continue;
		memcpy(buf, name, i);
		buf[i] = '\0';
		if (lookup_dir(buf, &p) == 0) {
			path_put(&p);
			continue;
		}
		if (path_create(&current->fs->root, buf, 0, &parent, &d, true) < 0)
			return -ENOENT;
		vfs_mkdir(&parent, d, 0755);
		d_put(d);
		path_put(&parent);
	}
	return 0;
}

static int mount_at(const char *type, const char *where, u32 flags, const char *data)
{
	struct path p;
	int err;

	make_dirs(where);
	err = lookup_dir(where, &p);
	if (err < 0)
		return err;
	err = mount_fs(type, type, &p, flags, data);
	path_put(&p);
	return err;
}

/* Best effort: a root without, say, /sys (and read-only) simply has none. */
static void standard_mounts(void)
{
	mount_at("proc", "/proc", MNT_NOSUID | MNT_NODEV | MNT_NOEXEC, NULL);
	mount_at("sysfs", "/sys", MNT_NOSUID | MNT_NODEV | MNT_NOEXEC, NULL);
	mount_at("devtmpfs", "/dev", MNT_NOSUID, "mode=755");
	mount_at("devpts", "/dev/pts", MNT_NOSUID | MNT_NOEXEC, "gid=5,mode=620,ptmxmode=666");
	mount_at("mqueue", "/dev/mqueue", MNT_NOSUID | MNT_NODEV | MNT_NOEXEC, NULL);
	mount_at("tmpfs", "/dev/shm", MNT_NOSUID | MNT_NODEV, "mode=1777");
	mount_at("tmpfs", "/tmp", MNT_NOSUID | MNT_NODEV, "mode=1777");
	mount_at("tmpfs", "/run", MNT_NOSUID | MNT_NODEV, "mode=755");
}

/* The empty file that a file is to be mounted over. */
static void make_file(const char *name)
{
	char dir[PATH_MAX], *slash;
	struct path parent;
	struct dentry *d;

	if (strlen(name) >= sizeof(dir))
		return;
	slash = strrchr(strcpy(dir, name), '/');
	if (slash && slash > dir) {
		*slash = '\0';
		make_dirs(dir);
	}
	if (path_create(&current->fs->root, name, 0, &parent, &d, false) < 0)
		return;
	vfs_create(&parent, d, 0644);
	d_put(d);
	path_put(&parent);
}

/* A directory is mounted over a directory, a file over a file. */
int machine_mount_volume(const struct volume *v)
{
	struct super *sb;
	struct path p;
	int err;

	if (v->tmpfs_options) {
		err = mount_at("tmpfs", v->guest, MNT_NOSUID | MNT_NODEV, v->tmpfs_options);
		if (err < 0)
			complain("skiff: cannot mount a tmpfs at %s: %s", v->guest, err);
		return err;
	}
	err = hostfs_mount_dir(v->host, !v->readonly, false, &sb);

	if (err < 0) {
		complain("skiff: cannot use volume %s: %s", v->host, err);
		return err;
	}
	if (S_ISDIR(sb->root->inode->mode))
		make_dirs(v->guest);
	else
		make_file(v->guest);
	err = lookup_dir(v->guest, &p);
	if (!err) {
		err = mount_super(sb, sb->root, &p, v->readonly ? MNT_READONLY : 0);
		path_put(&p);
	}
	super_put(sb);
	if (err < 0)
		complain("skiff: cannot mount a volume at %s: %s", v->guest, err);
	return err;
}

int machine_umount_volume(const char *guest)
{
	struct path p;
	int err = lookup_dir(guest, &p);

	if (err < 0)
		return err;
	err = mount_umount(&p, 0);
	path_put(&p);
	return err;
}

static void default_limits(struct tgroup *tg)
{
	for (int i = 0; i < RLIM_NLIMITS; i++)
		tg->rlim[i] = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
	tg->rlim[RLIMIT_STACK].rlim_cur = 8 << 20;
	tg->rlim[RLIMIT_CORE].rlim_cur = 0;
	tg->rlim[RLIMIT_NOFILE] = (struct rlimit){1024, 1048576};
	tg->rlim[RLIMIT_NPROC] = (struct rlimit){nr_tasks_max, nr_tasks_max};
	tg->rlim[RLIMIT_SIGPENDING] = (struct rlimit){96000, 96000};
	tg->rlim[RLIMIT_MEMLOCK] = (struct rlimit){8 << 20, 8 << 20};
	tg->rlim[RLIMIT_MSGQUEUE] = (struct rlimit){819200, 819200};
	tg->rlim[RLIMIT_NICE] = tg->rlim[RLIMIT_RTPRIO] = (struct rlimit){0, 0};
}

int task_init_first(struct task *t, struct tgroup *tg, const char *comm)
{
	t->cred = cred_root();
	t->files = files_create();
	t->mm = mm_create();
	t->sighand = sighand_create();
	if (!t->cred || !t->files || !t->mm || !t->sighand)
		return -ENOMEM;
	default_limits(tg);
	tg->exit_signal = SIGCHLD;
	snprintf(t->comm, sizeof(t->comm), "%s", comm);
	return 0;
}

struct task *task_create_first(const char *comm)
{
	struct task *t = task_alloc();
	struct tgroup *tg = tgroup_alloc();

	if (!t || !tg || task_init_first(t, tg, comm) < 0 || task_register(t, tg, pid_alloc()) < 0)
		return NULL;
	tg->pgid = tg->sid = tg->pid;
	return t;
}

/* ---- --init: pid 1 is a task of the kernel that has no host process and only reaps ---- */

static bool zombie_child(struct tgroup *tg, struct tgroup **out)
{
	struct tgroup *c;

	list_for_each_entry (c, &tg->children, sibling) {
		if (c->state != TG_ZOMBIE)
			continue;
		*out = c;
		return true;
	}
	return false;
}

static void reaper(void *arg)
{
	struct tgroup *main_tg = arg, *c = NULL;

	for (;;) {
		wait_event_mode(&init_tg->wait_child, zombie_child(init_tg, &c),
			WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
		if (c == main_tg) {
			net_end();
			machine_end(wait_status_to_exit(c->exit_status));
		}
		tgroup_reap(c);
	}
}

/* The task that will run CMD; pid 1 itself unless --init. */
static struct task *make_first_tasks(bool with_init)
{
	struct task *init = task_create_first("init"), *t;
	struct fs_ctx *fs = calloc(1, sizeof(*fs));

	if (!init || !fs)
		return NULL;
	fs->refs = 1;
	fs->umask = 022;
	init->fs = fs;
	init_tg = init->tg;
	if (!with_init)
		return init;
	t = task_create_first("init");
	if (!t || sched_start(init, reaper, t->tg) < 0)
		return NULL;
	t->tg->parent = init_tg;
	list_add_tail(&t->tg->sibling, &init_tg->children);
	t->fs = fs; /* one root for both, set once it is mounted */
	fs->refs++;
	return t;
}

static int set_root(struct task *t, struct super *sb)
{
	int err = mount_root(sb, 0, &t->fs->root);

	if (err < 0)
		return err;
	t->fs->cwd = t->fs->root;
	path_get(&t->fs->cwd);
	return 0;
}

static int install_stdio(bool tty)
{
	struct file *f[3];
	int err = console_setup(tty, f);

	for (int i = 0; i < 3 && err >= 0; i++)
		err = fd_install_at(i, f[i], false);
	return MIN(err, 0);
}

int task_set_user(struct task *t, u32 uid, u32 gid)
{
	struct cred *c;

	if (!uid && !gid)
		return 0;
	c = cred_copy(t->cred);
	if (!c)
		return -ENOMEM;
	c->uid = c->euid = c->suid = c->fsuid = uid;
	c->gid = c->egid = c->sgid = c->fsgid = gid;
	if (uid)
		c->cap_effective = c->cap_permitted = 0;
	cred_put(t->cred);
	t->cred = c;
	return 0;
}

int task_enter_cwd(struct task *t, const char *dir)
{
	struct path p;
	int err = path_lookup(&t->fs->root, dir, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	if (err < 0)
		return err;
	path_put(&t->fs->cwd);
	t->fs->cwd = p;
	return 0;
}

#define DHCP_PATIENCE_NS (8 * NSEC_PER_SEC) /* one repetition of the question included */

static void complain_dhcp(void)
{
	static const char line[] = "skiff: no answer from a DHCP server yet; the machine starts "
				   "without it, and goes on asking\n";

	os_log(line, sizeof(line) - 1);
}

static int mount_everything(struct task *t)
{
	struct super *root;
	int err = make_root(options, &root);

	if (!err)
		err = set_root(t, root);
	if (err < 0)
		return err;
	standard_mounts();
	if (!dhcp_wait(DHCP_PATIENCE_NS))
		complain_dhcp();
	if (options->nr_links && !options->root_rw)
		netfiles_write(options->links, options->nr_links, options->hostname);
	for (unsigned i = 0; i < options->nr_volumes && !err; i++)
		err = machine_mount_volume(&options->volumes[i]);
	if (options->read_only)
		t->fs->root.mnt->sb->readonly = t->fs->root.mnt->sb->readonly_for_good = true;
	return err;
}

int wait_status_to_exit(int status)
{
	return status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff;
}

int exec_exit_status(int err)
{
	return err == -ENOENT || err == -ENOTDIR ? 127 : 126;
}

const char *exec_error_text(int err)
{
	if (err == -ENOENT)
		return "command not found in the guest";
	if (err == -ENOEXEC)
		return "not an x86-64 ELF program or a script with #!";
	return strerror(-err);
}

/* Runs on the first task's coroutine once its host process is there. */
long exec_init(void)
{
	struct task *t = current;
	const char *cwd = options->cwd ? options->cwd : "/";
	int err;
	long ret;

	rlimit_host_data(t->tg);
	err = options->outside ? outside_init() : 0;
	if (!err)
		err = mount_everything(t);
	if (!err)
		err = install_stdio(options->tty);
	if (!err) {
		err = task_enter_cwd(t, cwd);
		if (err < 0)
			complain("skiff: cannot start in directory %s: %s", cwd, err);
	}
	if (!err)
		err = task_set_user(t, options->uid, options->gid);
	if (err < 0)
		os_exit(125);
	ret = exec_kernel(options->argv[0], options->argv, options->envp);
	if (ret != SYSCALL_NO_RESULT) {
		complain_text("skiff: %s: %s", options->argv[0], exec_error_text((int)ret));
		os_exit(exec_exit_status((int)ret));
	}
	if (options->trap_all && guest_trap_all(t) < 0)
		os_exit(125);
	if (options->started)
		options->started();
	return ret;
}

/* The first lines of dmesg(1): what this machine is. */
static void log_boot(const struct machine_options *o)
{
	struct os_sysinfo si = {0};

	os_sysinfo(&si);
	dmesg_printf(DMESG_NOTICE, "%s version %s %s", SKIFF_UTS_SYSNAME, SKIFF_UTS_RELEASE,
		SKIFF_UTS_VERSION);
	dmesg_printf(DMESG_INFO, "smp: %u CPUs", si.nr_cpus);
	dmesg_printf(DMESG_INFO, "Memory: %lluK available of %lluK",
		(unsigned long long)(si.mem_free >> 10),
		(unsigned long long)((o->limits.mem ? o->limits.mem : si.mem_total) >> 10));
	dmesg_printf(DMESG_INFO, "VFS: root is %s, %s", o->root,
		o->root_rw	 ? "written through"
		: o->overlay_dir ? "with a persistent overlay"
				 : "with an overlay in memory");
	if (o->net_note)
		dmesg_printf(DMESG_INFO, "Network: %s", o->net_note);
	dmesg_printf(DMESG_INFO, "Run %s as %s", o->argv[0], o->init ? "a child of init" : "init");
}

int machine_prepare(const struct machine_options *o)
{
	int err;

	options = o;
	limits_apply(&o->limits);
	uts_set(init_uts_ns.nodename, o->hostname, strlen(o->hostname));
	err = register_filesystems();
	if (err < 0) {
		complain("skiff: cannot set up the kernel (%s): %s", "filesystems", err);
		return err;
	}
	if (o->pcap)
		link_pcap_start();
	for (unsigned i = 0; i < o->nr_links && !err; i++)
		err = link_create(&o->links[i]);
	if (!err)
		log_boot(o);
	return err;
}

int machine_start(void)
{
	const struct machine_options *o = options;
	struct task *t;
	int err;

	t = make_first_tasks(o->init);
	if (!t)
		return -ENOMEM;
	t->tg->usage_due = true;
	err = guest_boot(t);
	if (err < 0)
		complain("skiff: cannot start a guest process (%s): %s", "seccomp", err);
	return err;
}

void machine_end(int status)
{
	dump_event(DUMP_EXIT, "the machine ends");
	dhcp_release_all();
	console_fini();
	os_exit(status);
}
