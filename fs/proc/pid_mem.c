/*
 * /proc/PID/{cmdline,environ,auxv,mem,pagemap}: what is in a process's memory. Reads go straight to
 * the guest process and stop where its memory does; programs may overwrite their arguments to
 * rename themselves, which cmdline follows as Linux does. proc(5).
 */
#include "fs/proc/proc.h"
#include "kernel/task.h"

#define AREA_MAX (8u << 20) /* of arguments or environment shown */
#define MEM_CHUNK (64u << 10)

/* Appends [start, end) of t's memory, or as much of it as there is. */
static void copy_area(struct seq *s, struct task *t, uaddr_t start, uaddr_t end)
{
	size_t len = end > start ? MIN(end - start, (u64)AREA_MAX) : 0;
	char *to = len ? seq_reserve(s, len) : NULL;
	ssize_t n;

	if (!to)
		return;
	n = guest_read_some(t, to, start, len);
	if (n > 0)
		s->len += (size_t)n;
}

int proc_show_cmdline(struct seq *s, const struct pseudo_ctx *c)
{
	struct task *t = proc_task(c);
	const struct mm *mm = t ? t->mm : NULL;
	char *nul;

	if (!mm || !t->guest || mm->arg_end <= mm->arg_start)
		return 0;
	copy_area(s, t, mm->arg_start, mm->arg_end);
	if (!s->len || s->buf[s->len - 1] == '\0')
		return 0;
	/* setproctitle: the text runs on, perhaps into the environment, up to the first NUL. */
	nul = memchr(s->buf, '\0', s->len);
	if (!nul && mm->env_start == mm->arg_end) {
		copy_area(s, t, mm->env_start, mm->env_end);
		nul = memchr(s->buf, '\0', s->len);
	}
	if (nul)
		s->len = (size_t)(nul - s->buf) + 1;
	return 0;
}

int proc_show_environ(struct seq *s, const struct pseudo_ctx *c)
{
	struct task *t = proc_task(c);

	if (t && t->mm && t->guest)
		copy_area(s, t, t->mm->env_start, t->mm->env_end);
	return 0;
}

int proc_show_auxv(struct seq *s, const struct pseudo_ctx *c)
{
	struct task *t = proc_task(c);

	if (t && t->mm)
		seq_write(s, t->mm->auxv, t->mm->nr_auxv * sizeof(u64));
	return 0;
}

/* ---- mem ---- */
static int mem_open(struct inode *inode, struct file *file)
{
	const struct pseudo_ctx *c = pseudo_ctx(inode);
	struct task *t = pseudo_alive(c) ? proc_task(c) : NULL;

	if (!t || !t->mm)
		return -ESRCH;
	if (!proc_may_access(t))
		return -EACCES;
	file->priv = mm_get(t->mm);
	return 0;
}

static void mem_release(struct file *file)
{
	if (file->priv)
		mm_put(file->priv);
}

/* The process behind an open mem file; NULL once it has ended or has executed another program,
 * which reads as end of file. */
static struct task *mem_task(struct file *file)
{
	const struct pseudo_ctx *c = pseudo_ctx(file->inode);
	struct task *t = pseudo_alive(c) ? proc_task(c) : NULL;

	return t && t->guest && t->mm == file->priv ? t : NULL;
}

static ssize_t mem_read(struct file *file, struct uio *to, u64 *pos)
{
	struct task *t = mem_task(file);
	size_t done = 0;
	char *buf;

	if (!t || !to->left)
		return 0;
	buf = malloc(MIN(to->left, (size_t)MEM_CHUNK));
	if (!buf)
		return -ENOMEM;
	while (to->left) {
		size_t want = MIN(to->left, (size_t)MEM_CHUNK);
		ssize_t n = *pos < USER_ADDR_MAX ? guest_read_some(t, buf, *pos, want) : -EFAULT;
		ssize_t put;

		if (n == -EFAULT)
			n = guest_read_force(t, buf, *pos, want);
		if (n <= 0)
			break;
		put = uio_put(to, buf, (size_t)n);
		if (put < 0) {
			free(buf);
			return done ? (ssize_t)done : put;
		}
		done += (size_t)put;
		*pos += (u64)put;
		if ((size_t)put < want)
			break;
	}
	free(buf);
	return done ? (ssize_t)done : -EIO;
}

static ssize_t mem_write(struct file *file, struct uio *from, u64 *pos)
{
	struct task *t = mem_task(file);
	size_t done = 0;
	char *buf;

	if (!t || !from->left)
		return 0;
	buf = malloc(MIN(from->left, (size_t)MEM_CHUNK));
	if (!buf)
		return -ENOMEM;
	while (from->left) {
		size_t want = MIN(from->left, (size_t)MEM_CHUNK);
		ssize_t got = uio_get(from, buf, want), n;

		if (got < 0) {
			free(buf);
			return done ? (ssize_t)done : got;
		}
		n = *pos < USER_ADDR_MAX ? guest_write_some(t, *pos, buf, (size_t)got) : -EFAULT;
		if (n == -EFAULT)
			n = guest_write_force(t, *pos, buf, (size_t)got);
		if (n <= 0)
			break;
		done += (size_t)n;
		*pos += (u64)n;
		if ((size_t)n < want)
			break;
	}
	free(buf);
	return done ? (ssize_t)done : -EIO;
}

/* Positions are addresses: any 64-bit value is one. */
static s64 mem_llseek(struct file *file, s64 off, int whence)
{
	switch (whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		off = (s64)(file->pos + (u64)off);
		break;
	default:
		return -EINVAL;
	}
	file->pos = (u64)off;
	return off;
}

/* ---- pagemap: a word a page, Linux Documentation/admin-guide/mm/pagemap.rst ---- */

static ssize_t pagemap_read(struct file *file, struct uio *to, u64 *pos)
{
	struct task *t = mem_task(file);
	u64 words[512];
	size_t done = 0;

	if (*pos % 8 || to->left % 8)
		return -EINVAL;
	while (t && to->left && *pos / 8 < USER_ADDR_MAX / PAGE_SIZE) {
		size_t nr = MIN(to->left / 8, ARRAY_SIZE(words));
		ssize_t n;

		nr = MIN(nr, (size_t)(USER_ADDR_MAX / PAGE_SIZE - *pos / 8));
		n = guest_pagemap(t, words, *pos / 8 * PAGE_SIZE, nr);
		if (n > 0)
			n = uio_put(to, words, (size_t)n * 8);
		if (n <= 0)
			return done ? (ssize_t)done : n;
		done += (size_t)n;
		*pos += (u64)n;
		t = mem_task(file);
	}
	return (ssize_t)done;
}

const struct file_ops proc_pagemap_fops = {
	.open = mem_open,
	.release = mem_release,
	.read = pagemap_read,
	.llseek = mem_llseek,
};

const struct file_ops proc_mem_fops = {
	.open = mem_open,
	.release = mem_release,
	.read = mem_read,
	.write = mem_write,
	.llseek = mem_llseek,
};
