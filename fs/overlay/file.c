/*
 * Overlay open files: each carries an open file of the layer that holds the data (file->priv) and
 * passes everything on. Opening for writing copies up first, with no data if it truncates. A file
 * opened for reading before the copy-up moves to the upper layer at its next use.
 */
#include "fs/file.h"
#include "fs/overlay/ovl.h"

static int ovl_open(struct inode *i, struct file *file)
{
	struct file *real;
	int ret = 0;

	if (FMODE_CAN_WRITE(file))
		ret = ovl_copy_up(i, file->flags & O_TRUNC ? 0 : OVL_ALL);
	if (ret == 0)
		ret = ovl_open_real(ovl_real(i), file->flags, &real);
	if (ret == 0)
		file->priv = real;
	return ret;
}

static void ovl_release(struct file *file)
{
	ovl_close_real(file->priv);
}

static int real_file(struct file *file, struct file **out)
{
	struct dentry *real = ovl_real(file->inode);
	struct file *f = file->priv;
	int ret;

	if (f->path.dentry != real && f->inode != real->inode) {
		ret = ovl_open_real(real, f->flags, &f);
		if (ret < 0)
			return ret;
		ovl_close_real(file->priv);
		file->priv = f;
	}
	*out = f;
	f->flags = file->flags; /* fcntl may have changed O_NONBLOCK, O_APPEND ... */
	return 0;
}

static ssize_t ovl_read(struct file *file, struct uio *to, u64 *pos)
{
	struct file *f;
	int ret = real_file(file, &f);

	if (ret < 0)
		return ret;
	return f->ops->read ? f->ops->read(f, to, pos) : -EINVAL;
}

static ssize_t ovl_write(struct file *file, struct uio *from, u64 *pos)
{
	struct file *f;
	ssize_t ret = real_file(file, &f);

	if (ret < 0)
		return ret;
	ret = f->ops->write ? f->ops->write(f, from, pos) : -EINVAL;
	file->inode->size = f->inode->size;
	return ret;
}

static s64 ovl_llseek(struct file *file, s64 off, int whence)
{
	struct file *f;
	s64 ret = real_file(file, &f);

	if (ret < 0)
		return ret;
	f->pos = file->pos;
	ret = file_llseek(f, off, whence);
	file->pos = f->pos;
	return ret;
}

static int ovl_fsync(struct file *file, bool data_only)
{
	struct file *f;
	int ret = real_file(file, &f);

	if (ret < 0 || f->inode->sb != ovl_of(file->inode)->upper->sb)
		return ret; /* the lower layer has nothing of ours to write */
	return f->ops->fsync ? f->ops->fsync(f, data_only) : -EINVAL;
}

static int ovl_fallocate(struct file *file, int mode, u64 off, u64 len)
{
	struct file *f;
	int ret = real_file(file, &f);

	if (ret < 0)
		return ret;
	ret = f->ops->fallocate ? f->ops->fallocate(f, mode, off, len) : -EOPNOTSUPP;
	ovl_copyattr(file->inode);
	return ret;
}

static int ovl_mmap_hfd(struct file *file, bool shared_write, u64 *off)
{
	struct file *f;
	int ret = real_file(file, &f);

	if (ret < 0)
		return ret;
	return f->ops->mmap_hfd ? f->ops->mmap_hfd(f, shared_write, off) : -ENODEV;
}

static long ovl_ioctl(struct file *file, u32 cmd, uaddr_t arg)
{
	struct file *f;
	int ret = real_file(file, &f);

	if (ret < 0)
		return ret;
	return f->ops->ioctl ? f->ops->ioctl(f, cmd, arg) : -ENOTTY;
}

const struct file_ops ovl_fops = {
	.open = ovl_open,
	.release = ovl_release,
	.read = ovl_read,
	.write = ovl_write,
	.llseek = ovl_llseek,
	.fsync = ovl_fsync,
	.fallocate = ovl_fallocate,
	.mmap_hfd = ovl_mmap_hfd,
	.ioctl = ovl_ioctl,
};
