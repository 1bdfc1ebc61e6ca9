/*
 * Overlay directory streams. A directory of one layer only is that layer's stream, passed through.
 * A merged one is read whole at the first read (and again after rewinddir) into a list that belongs
 * to the open file: upper entries, then lower ones that no upper entry or whiteout hides; positions
 * are list indices, so they stay valid as long as the file is open. getdents64(2).
 */
#include "fs/overlay/ovl.h"

#define DTYPE_DIR 4
#define DTYPE_CHR 2

struct ovl_dir {	   /* file->priv */
	struct file *real; /* of a directory of one layer, opened on demand */
	struct ovl_list list;
	bool listed;
};

/* ---- lists ---- */

void ovl_list_free(struct ovl_list *l)
{
	free(l->entries);
	free(l->names);
	memset(l, 0, sizeof(*l));
}

static int list_add_entry(struct ovl_list *l, const struct ovl_entry *e, const char *name)
{
	if (l->nr == l->max) {
		size_t max = l->max ? l->max * 2 : 32;
		void *p = reallocarray(l->entries, max, sizeof(*l->entries));

		if (!p)
			return -ENOMEM;
		l->entries = p;
		l->max = max;
	}
	if (l->names_max - l->names_len <= e->len) {
		size_t max = l->names_max * 2 + 1024;
		char *p = realloc(l->names, max);

		if (!p)
			return -ENOMEM;
		l->names = p;
		l->names_max = max;
	}
	l->entries[l->nr] = *e;
	l->entries[l->nr++].name = (u32)l->names_len;
	memcpy(l->names + l->names_len, name, e->len);
	l->names_len += e->len;
	l->names[l->names_len++] = 0;
	return 0;
}

struct list_sink {
	struct dir_sink sink;
	struct ovl_list *list;
	int error;
	size_t seen;
};

static bool is_dots(const char *name, size_t len)
{
	return name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'));
}

static bool list_emit(struct dir_sink *s, const char *name, size_t len, u64 ino, u8 dtype, u64 next)
{
	struct list_sink *ls = container_of(s, struct list_sink, sink);
	struct ovl_entry e = {.ino = ino, .dtype = dtype, .len = (u16)len};

	ls->seen++;
	if (!is_dots(name, len))
		ls->error = list_add_entry(ls->list, &e, name);
	return ls->error == 0;
}

/* Appends what the open directory f of a layer holds, without the dots. */
int ovl_list_layer(struct file *f, struct ovl_list *l)
{
	struct list_sink ls = {.sink.emit = list_emit, .list = l};
	int ret;

	if (!f->ops->iterate)
		return -ENOTDIR;
	do {
		ls.seen = 0;
		ret = f->ops->iterate(f, &ls.sink);
		if (ret == 0)
			ret = ls.error;
	} while (ret == 0 && ls.seen);
	return ret;
}

static int list_dentry(struct dentry *dir, struct ovl_list *l)
{
	struct file *f;
	int ret = ovl_open_real(dir, O_RDONLY | O_DIRECTORY, &f);

	if (ret < 0)
		return ret;
	ret = ovl_list_layer(f, l);
	ovl_close_real(f);
	return ret;
}

static const char *name_at(const struct ovl_list *l, size_t i)
{
	return l->names + l->entries[i].name;
}

/* Marks whiteouts, which only the inode tells from other devices. */
static int mark_whiteouts(struct dentry *upper, struct ovl_list *l)
{
	struct dentry *d;
	int ret;

	for (size_t i = 0; i < l->nr; i++) {
		l->entries[i].upper = true;
		if (l->entries[i].dtype != DTYPE_CHR && l->entries[i].dtype)
			continue;
		ret = ovl_child(upper, name_at(l, i), &d);
		if (ret < 0)
			return ret;
		l->entries[i].whiteout = ovl_is_whiteout(d);
		d_put(d);
	}
	return 0;
}

static int by_name(const void *a, const void *b, void *arg)
{
	const struct ovl_list *l = arg;

	return strcmp(name_at(l, *(const u32 *)a), name_at(l, *(const u32 *)b));
}

static bool find_name(const struct ovl_list *l, const u32 *sorted, size_t nr, const char *name)
{
	size_t lo = 0;

	while (lo < nr) {
		size_t mid = lo + (nr - lo) / 2;
		int c = strcmp(name, name_at(l, sorted[mid]));

		if (!c)
			return true;
		if (c < 0)
			nr = mid;
		else
			lo = mid + 1;
	}
	return false;
}

/* Drops the entries from index start on whose names are among the nr_upper first. */
static int drop_hidden(struct ovl_list *l, size_t nr_upper)
{
	u32 *sorted = calloc(nr_upper + 1, sizeof(*sorted));
	size_t out = nr_upper;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < nr_upper; i++)
		sorted[i] = (u32)i;
	qsort_r(sorted, nr_upper, sizeof(*sorted), by_name, l);
	for (size_t i = nr_upper; i < l->nr; i++)
		if (!find_name(l, sorted, nr_upper, name_at(l, i)))
			l->entries[out++] = l->entries[i];
	l->nr = out;
	free(sorted);
	return 0;
}

int ovl_list_read(struct inode *dir, struct ovl_list *l)
{
	struct ovl_inode *oi = ovl_i(dir);
	size_t nr_upper;
	int ret = 0;

	if (oi->upper) {
		ret = list_dentry(oi->upper, l);
		if (ret == 0)
			ret = mark_whiteouts(oi->upper, l);
	}
	nr_upper = l->nr;
	if (ret == 0 && oi->lower) {
		ret = list_dentry(oi->lower, l);
		if (ret == 0 && nr_upper)
			ret = drop_hidden(l, nr_upper);
	}
	return ret;
}

int ovl_check_empty(struct inode *dir)
{
	struct ovl_list l = {0};
	int ret = ovl_list_read(dir, &l);

	for (size_t i = 0; ret == 0 && i < l.nr; i++)
		if (!l.entries[i].whiteout)
			ret = -ENOTEMPTY;
	ovl_list_free(&l);
	return ret;
}

/* Before an upper directory that looks empty is removed. */
int ovl_clear_whiteouts(struct dentry *upper)
{
	struct ovl_list l = {0};
	int ret = list_dentry(upper, &l);

	for (size_t i = 0; ret == 0 && i < l.nr; i++) {
		struct dentry *d;

		ret = ovl_child(upper, name_at(&l, i), &d);
		if (ret < 0)
			break;
		ret = ovl_is_whiteout(d) ? ovl_do_remove(d) : -ENOTEMPTY;
		d_put(d);
	}
	ovl_list_free(&l);
	return ret;
}

/* ---- streams ---- */

static int ovl_dir_open(struct inode *i, struct file *file)
{
	struct ovl_dir *d = calloc(1, sizeof(*d));
	int ret;

	if (!d)
		return -ENOMEM;
	ret = ovl_open_real(ovl_real(i), O_RDONLY | O_DIRECTORY, &d->real);
	if (ret < 0) {
		free(d);
		return ret;
	}
	file->priv = d;
	return 0;
}

static void ovl_dir_release(struct file *file)
{
	struct ovl_dir *d = file->priv;

	ovl_close_real(d->real);
	ovl_list_free(&d->list);
	free(d);
}

struct pass_sink {
	struct dir_sink sink, *to;
	struct file *file;
	bool upper;
};

/* st_ino of an entry of a directory that is upper only. The overlay's own inode knows whether it is
 * the copy of a lower file or merged; as long as none has come here, none is looked for. */
static u64 upper_ino(struct dentry *dir, const char *name, size_t len, u64 ino)
{
	struct dentry *d;

	ino |= OVL_INO_UPPER;
	if (!ovl_of(dir->inode)->moved || d_lookup(dir, name, len, &d) < 0)
		return ino;
	if (d->inode)
		ino = d->inode->ino;
	d_put(d);
	return ino;
}

static bool pass_emit(struct dir_sink *s, const char *name, size_t len, u64 ino, u8 dtype, u64 next)
{
	struct pass_sink *ps = container_of(s, struct pass_sink, sink);

	if (is_dots(name, len))
		ino = len == 1 ? ps->file->inode->ino : ps->file->path.dentry->parent->inode->ino;
	else if (ps->upper)
		ino = upper_ino(ps->file->path.dentry, name, len, ino);
	return ps->to->emit(ps->to, name, len, ino, dtype, next);
}

static int pass_through(struct file *file, struct ovl_dir *d, struct dir_sink *sink)
{
	struct pass_sink ps = {.sink.emit = pass_emit, .to = sink, .file = file};
	int ret;

	ps.upper = ovl_i(file->inode)->upper != NULL;
	d->real->pos = file->pos;
	ret = d->real->ops->iterate ? d->real->ops->iterate(d->real, &ps.sink) : -ENOTDIR;
	file->pos = d->real->pos;
	return ret;
}

/* st_ino of an upper entry of a merged directory: the overlay's own inode knows. */
static u64 entry_ino(struct file *file, const struct ovl_list *l, size_t i)
{
	struct dentry *d;
	u64 ino = l->entries[i].ino;

	if (!l->entries[i].upper)
		return ino;
	if (ovl_child(file->path.dentry, name_at(l, i), &d) < 0)
		return ino | OVL_INO_UPPER;
	ino = d->inode ? d->inode->ino : ino | OVL_INO_UPPER;
	d_put(d);
	return ino;
}

static bool emit_dot(struct file *file, struct dir_sink *sink)
{
	struct dentry *d = file->path.dentry;

	if (file->pos == 0)
		return sink->emit(sink, ".", 1, file->inode->ino, DTYPE_DIR, 1);
	return sink->emit(sink, "..", 2, d->parent->inode->ino, DTYPE_DIR, 2);
}

static int iterate_list(struct file *file, struct ovl_dir *d, struct dir_sink *sink)
{
	for (; file->pos < 2; file->pos++)
		if (!emit_dot(file, sink))
			return 0;
	for (; file->pos - 2 < d->list.nr; file->pos++) {
		size_t i = file->pos - 2;
		const struct ovl_entry *e = &d->list.entries[i];

		if (e->whiteout)
			continue;
		if (!sink->emit(sink, name_at(&d->list, i), e->len, entry_ino(file, &d->list, i),
			    e->dtype, file->pos + 1))
			return 0;
	}
	return 0;
}

static int ovl_iterate(struct file *file, struct dir_sink *sink)
{
	struct ovl_dir *d = file->priv;
	struct ovl_inode *oi = ovl_i(file->inode);
	int ret;

	if (file->pos == 0) { /* read afresh: the directory may have been merged meanwhile */
		ovl_list_free(&d->list);
		d->listed = oi->upper && oi->lower;
		if (d->listed) {
			ret = ovl_list_read(file->inode, &d->list);
			if (ret < 0) {
				d->listed = false;
				return ret;
			}
		}
	}
	return d->listed ? iterate_list(file, d, sink) : pass_through(file, d, sink);
}

static int ovl_dir_fsync(struct file *file, bool data_only)
{
	struct ovl_dir *d = file->priv;

	if (d->real->inode->sb != ovl_of(file->inode)->upper->sb || !d->real->ops->fsync)
		return 0;
	return d->real->ops->fsync(d->real, data_only);
}

const struct file_ops ovl_dir_fops = {
	.open = ovl_dir_open,
	.release = ovl_dir_release,
	.iterate = ovl_iterate,
	.fsync = ovl_dir_fsync,
};
