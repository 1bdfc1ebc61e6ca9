/*
 * /proc/PID/fd, fdinfo, exe, cwd and root: links to the very files and directories a process has,
 * whatever has become of their names. Only those who may look into the process may follow or read
 * them. proc(5), symlink(7) "magic links".
 */
#include "fs/fdtable.h"
#include "fs/proc/proc.h"
#include "kernel/task.h"

#define FDINFO_EXTRA 4096

static int show_path(struct seq *s, const struct path *p)
{
	char *buf = malloc(PATH_MAX), *text;
	int ret = 0;

	if (!buf)
		return -ENOMEM;
	text = d_path(p, buf, PATH_MAX);
	if (text)
		seq_puts(s, text);
	else
		ret = -ENAMETOOLONG;
	free(buf);
	return ret;
}

/* The task, if current may follow its links. */
static int link_task(const struct pseudo_ctx *c, struct task **t)
{
	*t = proc_task(c);
	if (!*t)
		return -ENOENT;
	return proc_may_access(*t) ? 0 : -EACCES;
}

/* Shows the object a get_link hook leads to. */
static int show_link(struct seq *s, const struct pseudo_ctx *c,
	int (*get)(const struct pseudo_ctx *c, struct path *out))
{
	struct path p;
	int ret = get(c, &p);

	if (ret < 0)
		return ret;
	ret = show_path(s, &p);
	path_put(&p);
	return ret;
}

int proc_get_exe(const struct pseudo_ctx *c, struct path *out)
{
	struct task *t;
	int ret = link_task(c, &t);

	if (ret < 0)
		return ret;
	if (!t->mm || !t->mm->exe)
		return -ENOENT;
	*out = t->mm->exe->path;
	path_get(out);
	return 0;
}

int proc_show_exe(struct seq *s, const struct pseudo_ctx *c)
{
	return show_link(s, c, proc_get_exe);
}

int proc_get_cwd(const struct pseudo_ctx *c, struct path *out)
{
	struct task *t;
	int ret = link_task(c, &t);

	if (ret < 0)
		return ret;
	if (!t->fs)
		return -ENOENT;
	*out = t->fs->cwd;
	path_get(out);
	return 0;
}

int proc_show_cwd(struct seq *s, const struct pseudo_ctx *c)
{
	return show_link(s, c, proc_get_cwd);
}

int proc_get_root(const struct pseudo_ctx *c, struct path *out)
{
	struct task *t;
	int ret = link_task(c, &t);

	if (ret < 0)
		return ret;
	if (!t->fs)
		return -ENOENT;
	*out = t->fs->root;
	path_get(out);
	return 0;
}

int proc_show_root(struct seq *s, const struct pseudo_ctx *c)
{
	return show_link(s, c, proc_get_root);
}

/* ---- fd and fdinfo ---- */
static const struct fd_slot *find_slot(const struct pseudo_ctx *c)
{
	const struct task *t = proc_task(c);

	if (!t || !t->files || c->key >= t->files->nr || !t->files->slots[c->key].file)
		return NULL;
	return &t->files->slots[c->key];
}

static ssize_t fd_keys(const struct pseudo_ctx *dir, u64 from, u64 **out)
{
	const struct task *t = proc_task(dir);
	const struct files *f = t ? t->files : NULL;
	ssize_t nr = 0;

	if (!f || from >= f->nr)
		return 0;
	*out = calloc(f->nr - from, sizeof(u64));
	if (!*out)
		return -ENOMEM;
	for (u64 fd = from; fd < f->nr; fd++)
		if (f->slots[fd].file)
			(*out)[nr++] = fd;
	if (!nr)
		free(*out);
	return nr;
}

static int fd_enter(const struct pseudo_ctx *dir, struct pseudo_ctx *child)
{
	return find_slot(child) ? 0 : -ENOENT;
}

static int fd_get_link(const struct pseudo_ctx *c, struct path *out)
{
	const struct fd_slot *slot;
	struct task *t;
	int ret = link_task(c, &t);

	if (ret < 0)
		return ret;
	slot = find_slot(c);
	if (!slot)
		return -ENOENT;
	*out = slot->file->path;
	path_get(out);
	return 0;
}

static int fd_show_link(struct seq *s, const struct pseudo_ctx *c)
{
	return show_link(s, c, fd_get_link);
}

/* The link's mode says what the descriptor is open for. */
static void fd_refresh(const struct pseudo_ctx *c, struct inode *inode)
{
	const struct fd_slot *slot = find_slot(c);

	inode->mode = S_IFLNK | 0100;
	inode->size = 64;
	if (slot && FMODE_CAN_READ(slot->file))
		inode->mode |= 0400;
	if (slot && FMODE_CAN_WRITE(slot->file))
		inode->mode |= 0200;
}

static int fdinfo_show(struct seq *s, const struct pseudo_ctx *c)
{
	const struct fd_slot *slot = find_slot(c);
	struct file *f;
	char *extra;

	if (!slot)
		return -ENOENT;
	f = slot->file;
	seq_printf(s, "pos:\t%lld\nflags:\t0%o\nmnt_id:\t%u\nino:\t%llu\n", (long long)f->pos,
		f->flags | (slot->cloexec ? O_CLOEXEC : 0), f->path.mnt ? f->path.mnt->id : 0,
		(unsigned long long)f->inode->ino);
	if (!f->ops || !f->ops->show_fdinfo)
		return 0;
	extra = calloc(1, FDINFO_EXTRA);
	if (!extra)
		return -ENOMEM;
	if (f->ops->show_fdinfo(f, extra, FDINFO_EXTRA) >= 0)
		seq_puts(s, extra);
	free(extra);
	return 0;
}

static const struct pseudo_row fd_row = {
	.mode = S_IFLNK | 0700,
	.show = fd_show_link,
	.get_link = fd_get_link,
	.refresh = fd_refresh,
};

static const struct pseudo_row fdinfo_row = {
	.mode = PROC_RO,
	.show = fdinfo_show,
	.open = proc_open_access,
};

const struct pseudo_dir proc_fd_dir = {
	.child = &fd_row,
	.keys = fd_keys,
	.enter = fd_enter,
	.open = proc_open_access,
};

void proc_fd_dir_refresh(const struct pseudo_ctx *c, struct inode *inode)
{
	const struct task *t = proc_task(c);

	inode->size = 0;
	for (unsigned fd = 0; t && t->files && fd < t->files->nr; fd++)
		inode->size += t->files->slots[fd].file != NULL;
}

const struct pseudo_dir proc_fdinfo_dir = {
	.child = &fdinfo_row,
	.keys = fd_keys,
	.enter = fd_enter,
	.open = proc_open_access,
};
