/*
 * Text files of pseudo trees. The text is made when a reader is at position 0 (again), kept with
 * the open file, and served by position, so that a reader in pieces sees one consistent text and
 * one that seeks back sees news. One write is one value.
 */
#include "fs/pseudo_file.h"

#include "fs/pseudo.h"
#include "kernel/task.h"

#include <ctype.h>

#define STORE_MAX (PAGE_SIZE - 1)

struct text_open {
	struct seq text;
	bool filled;
	u64 seen;      /* the poll hook's */
	struct mm *mm; /* as the row's mm hook said at open, with a reference */
};

static int text_open(struct inode *inode, struct file *file)
{
	const struct pseudo_ctx *c = pseudo_ctx(inode);
	struct text_open *o;
	int ret;

	if (!pseudo_alive(c))
		return -ESRCH;
	if (c->row->open && (ret = c->row->open(c)) < 0)
		return ret;
	o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	o->mm = c->row->mm ? c->row->mm(c) : NULL;
	if (o->mm)
		mm_get(o->mm);
	file->priv = o;
	return 0;
}

static void text_release(struct file *file)
{
	struct text_open *o = file->priv;

	if (!o)
		return;
	seq_fini(&o->text);
	if (o->mm)
		mm_put(o->mm);
	free(o);
	file->priv = NULL;
}

/* The generator may sleep: the new text replaces the old one in one step. */
static int fill_text(struct file *file, struct text_open *o)
{
	const struct pseudo_ctx *c = pseudo_ctx(file->inode);
	struct seq s = {0};
	int ret;

	if (!pseudo_alive(c))
		return -ESRCH;
	if (!c->row->show)
		return -EINVAL;
	ret = c->row->mm && c->row->mm(c) != o->mm ? 0 : c->row->show(&s, c);
	if (ret == 0 && s.failed)
		ret = -ENOMEM;
	if (ret < 0) {
		seq_fini(&s);
		return ret;
	}
	seq_fini(&o->text);
	o->text = s;
	o->filled = true;
	return 0;
}

static ssize_t text_read(struct file *file, struct uio *to, u64 *pos)
{
	struct text_open *o = file->priv;
	ssize_t n;
	int ret;

	if (*pos == 0 || !o->filled) {
		ret = fill_text(file, o);
		if (ret < 0)
			return ret;
	}
	if (*pos >= o->text.len)
		return 0;
	n = uio_put(to, o->text.buf + *pos, MIN(o->text.len - *pos, to->left));
	if (n > 0)
		*pos += (u64)n;
	return n;
}

static ssize_t text_write(struct file *file, struct uio *from, u64 *pos)
{
	const struct pseudo_ctx *c = pseudo_ctx(file->inode);
	size_t len = from->left;
	char *text;
	ssize_t n;
	int ret;

	if (!pseudo_alive(c))
		return -ESRCH;
	if (!c->row->store)
		return -EIO;
	if (len > STORE_MAX)
		return -EINVAL;
	text = malloc(len + 1);
	if (!text)
		return -ENOMEM;
	n = uio_get(from, text, len);
	if (n >= 0) {
		text[n] = '\0';
		ret = c->row->store(c, text, (size_t)n);
		if (ret < 0)
			n = ret;
		else
			*pos += (u64)n;
	}
	free(text);
	return n;
}

int pseudo_show_text(struct seq *s, const struct pseudo_ctx *c)
{
	seq_puts(s, c->row->arg);
	seq_putc(s, '\n');
	return 0;
}

int pseudo_show_link(struct seq *s, const struct pseudo_ctx *c)
{
	seq_puts(s, c->row->arg);
	return 0;
}

int pseudo_show_u32(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%u\n", *(const u32 *)c->row->arg);
	return 0;
}

int pseudo_show_u64(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%llu\n", *(const unsigned long long *)c->row->arg);
	return 0;
}

int pseudo_parse(const char *text, s64 min, s64 max, s64 *out)
{
	char *end;
	long long v;

	while (isspace((u8)*text))
		text++;
	if (!isdigit((u8)*text) && *text != '-' && *text != '+')
		return -EINVAL;
	v = strtoll(text, &end, 0);
	while (isspace((u8)*end))
		end++;
	if (*end || end == text || v < min || v > max)
		return -EINVAL;
	*out = v;
	return 0;
}

static u32 text_poll(struct file *file, struct poll_table *pt)
{
	const struct pseudo_ctx *c = pseudo_ctx(file->inode);
	struct text_open *o = file->priv;

	return c->row->poll(c, &o->seen, pt);
}

static long text_ioctl(struct file *file, u32 cmd, uaddr_t arg)
{
	const struct pseudo_ctx *c = pseudo_ctx(file->inode);
	struct text_open *o = file->priv;

	if (!c->row->ioctl)
		return -ENOTTY;
	if (!pseudo_alive(c) || (c->row->mm && c->row->mm(c) != o->mm))
		return -ESRCH;
	return c->row->ioctl(c, cmd, arg);
}

const struct file_ops pseudo_poll_fops = {
	.open = text_open,
	.release = text_release,
	.read = text_read,
	.write = text_write,
	.poll = text_poll,
	.poll_notify = true,
};

const struct file_ops pseudo_text_fops = {
	.ioctl = text_ioctl,
	.open = text_open,
	.release = text_release,
	.read = text_read,
	.write = text_write,
};
