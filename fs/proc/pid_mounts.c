/*
 * /proc/PID/{mounts,mountinfo,mountstats}: the mounts below the process's root, in order of
 * mounting, named as seen from that root. proc(5), fstab(5) for the escapes.
 */
#include "fs/proc/proc.h"
#include "kernel/task.h"

#define SPECIAL " \t\n\\#"
#define OPTIONS_MAX 1024

static const struct {
	u32 flag;
	const char *text;
} flag_names[] = {
	{MNT_NOSUID, ",nosuid"},
	{MNT_NODEV, ",nodev"},
	{MNT_NOEXEC, ",noexec"},
	{MNT_NOATIME, ",noatime"},
	{MNT_NODIRATIME, ",nodiratime"},
	{MNT_NOSYMFOLLOW, ",nosymfollow"},
};

struct mount_text {
	char where[PATH_MAX]; /* buffer; at points into it */
	char root[PATH_MAX];
	char options[OPTIONS_MAX]; /* the filesystem's, from a comma on */
	const char *at, *from;	   /* mount point; root of the mount within its filesystem */
};

/* False: the mount cannot be seen from root. */
static bool mount_texts(const struct mount *m, const struct path *root, struct mount_text *t)
{
	struct path p = {(struct mount *)m, m->root};

	if (!path_is_below(p, root))
		return false;
	t->at = d_path_from(&p, root, t->where, sizeof(t->where));
	t->from = d_path_inner(m->root, t->root, sizeof(t->root));
	if (!t->at || !t->from || t->at[0] != '/')
		return false;
	t->options[0] = '\0';
	if (m->sb->ops && m->sb->ops->show_options &&
		m->sb->ops->show_options(m->sb, t->options, sizeof(t->options)) < 0)
		t->options[0] = '\0';
	t->options[sizeof(t->options) - 1] = '\0';
	return true;
}

static void show_flags(struct seq *s, u32 flags)
{
	for (size_t i = 0; i < ARRAY_SIZE(flag_names); i++)
		if (flags & flag_names[i].flag)
			seq_puts(s, flag_names[i].text);
	if (!(flags & (MNT_NOATIME | MNT_STRICTATIME)))
		seq_puts(s, ",relatime");
}

static void show_source(struct seq *s, const struct mount *m)
{
	seq_escape(s, m->sb->source[0] ? m->sb->source : "none", SPECIAL);
}

/* Filesystems give their options with or without a comma in front. */
static void show_options(struct seq *s, const struct mount_text *t)
{
	if (!t->options[0])
		return;
	if (t->options[0] != ',')
		seq_putc(s, ',');
	seq_escape(s, t->options, SPECIAL);
}

static void mounts_row(struct seq *s, const struct mount *m, const struct mount_text *t)
{
	show_source(s, m);
	seq_putc(s, ' ');
	seq_escape(s, t->at, SPECIAL);
	seq_printf(s, " %s %s", m->sb->type->name, mount_readonly(m) ? "ro" : "rw");
	show_flags(s, m->flags);
	show_options(s, t);
	seq_puts(s, " 0 0\n");
}

static void mountinfo_row(struct seq *s, const struct mount *m, const struct mount_text *t)
{
	u64 dev = m->sb->dev;

	seq_printf(s, "%u %u %u:%u ", m->id, m->parent ? m->parent->id : 0,
		(unsigned)(dev >> 8 & 0xfff), (unsigned)((dev & 0xff) | (dev >> 12 & 0xfff00)));
	seq_escape(s, t->from, SPECIAL);
	seq_putc(s, ' ');
	seq_escape(s, t->at, SPECIAL);
	seq_puts(s, m->flags & MNT_READONLY ? " ro" : " rw");
	show_flags(s, m->flags);
	if (m->peer_group)
		seq_printf(s, " shared:%u", m->peer_group);
	if (m->master_group)
		seq_printf(s, " master:%u", m->master_group);
	if (m->unbindable)
		seq_puts(s, " unbindable");
	seq_printf(s, " - %s ", m->sb->type->name);
	show_source(s, m);
	seq_puts(s, m->sb->readonly ? " ro" : " rw");
	show_options(s, t);
	seq_putc(s, '\n');
}

static void mountstats_row(struct seq *s, const struct mount *m, const struct mount_text *t)
{
	seq_puts(s, "device ");
	show_source(s, m);
	seq_puts(s, " mounted on ");
	seq_escape(s, t->at, SPECIAL);
	seq_printf(s, " with fstype %s\n", m->sb->type->name);
}

static int show_each(struct seq *s, const struct pseudo_ctx *c,
	void (*row)(struct seq *s, const struct mount *m, const struct mount_text *t))
{
	struct task *task = proc_task(c);
	struct mount_text *t;
	struct mount *m;

	if (!task || !task->fs)
		return 0;
	t = malloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	list_for_each_entry (m, &all_mounts, link)
		if (mount_texts(m, &task->fs->root, t))
			row(s, m, t);
	free(t);
	return 0;
}

/* Mounts and unmounts show as EPOLLERR and EPOLLPRI, once per reader. *seen is the count + 1. */
u32 proc_poll_mounts(const struct pseudo_ctx *c, u64 *seen, struct poll_table *pt)
{
	u32 ev = EPOLLIN | EPOLLRDNORM;

	poll_wait(pt, &mounts_wait);
	if (*seen && *seen != mounts_changed + 1)
		ev |= EPOLLERR | EPOLLPRI;
	*seen = mounts_changed + 1;
	return ev;
}

int proc_show_mounts(struct seq *s, const struct pseudo_ctx *c)
{
	return show_each(s, c, mounts_row);
}

int proc_show_mountinfo(struct seq *s, const struct pseudo_ctx *c)
{
	return show_each(s, c, mountinfo_row);
}

int proc_show_mountstats(struct seq *s, const struct pseudo_ctx *c)
{
	return show_each(s, c, mountstats_row);
}
