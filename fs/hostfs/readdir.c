/*
 * hostfs directory streams. An open directory has a host descriptor of its own and a buffer of
 * entries; file->pos is the host's own cookie (d_off), so seekdir works as far as the host's does:
 * a position other than the buffer's makes the host seek there. getdents64(2).
 */
#include "fs/hostfs/node.h"

#define DIR_BUF 32768

struct hostfs_dir { /* file->priv */
	int fd;
	u64 pos; /* of the entry at buf[at] */
	size_t at, len;
	char *buf; /* made at the first read */
};

int hostfs_dir_open(struct inode *i, struct file *file)
{
	struct hostfs_dir *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->fd = hostfs_open_as(i, O_RDONLY | O_DIRECTORY);
	if (d->fd < 0) {
		int ret = d->fd;

		free(d);
		return ret;
	}
	file->priv = d;
	return 0;
}

void hostfs_dir_release(struct file *file)
{
	struct hostfs_dir *d = file->priv;

	os_close(d->fd);
	free(d->buf);
	free(d);
}

/* 1: an entry is in the buffer; 0: the end. */
static int fill(struct hostfs_dir *d)
{
	ssize_t n;

	if (d->at < d->len)
		return 1;
	if (!d->buf) {
		d->buf = malloc(DIR_BUF);
		if (!d->buf)
			return -ENOMEM;
	}
	d->at = d->len = 0;
	n = os_getdents(d->fd, d->buf, DIR_BUF);
	if (n <= 0)
		return (int)n;
	d->len = (size_t)n;
	return 1;
}

static int seek(struct hostfs_dir *d, u64 pos)
{
	s64 ret;

	if (d->pos == pos)
		return 0;
	ret = os_lseek(d->fd, (s64)pos, SEEK_SET);
	if (ret < 0)
		return (int)ret;
	d->pos = pos;
	d->at = d->len = 0;
	return 0;
}

/* A regular file of the host may stand for something else (map). */
static u8 entry_type(struct hostfs *h, const struct hostfs_dir *d, const struct abi_dirent64 *e)
{
	struct hostfs_at at = {.dir = d->fd, .name = e->name};
	struct hostfs_owner o = {.mode = S_IFREG};

	if (!h->map || e->type != DTYPE(S_IFREG) || hostfs_map_get(&at, &o) <= 0)
		return e->type;
	return DTYPE(o.mode);
}

static u64 entry_ino(struct inode *dir, const struct abi_dirent64 *e)
{
	if (!strcmp(e->name, "..") && dir == dir->sb->root->inode)
		return dir->ino; /* what is above is none of the guest's business */
	return hostfs_ino(hostfs_of(dir), hostfs_node(dir)->dev, e->ino);
}

int hostfs_iterate(struct file *file, struct dir_sink *sink)
{
	struct hostfs_dir *d = file->priv;
	struct inode *dir = file->inode;
	int ret = seek(d, file->pos);
	bool some = false;

	/* one buffer a call: the host is not asked for the end before the guest asks */
	while (ret == 0 && (d->at < d->len || !some) && (ret = fill(d)) > 0) {
		const struct abi_dirent64 *e = (const void *)(d->buf + d->at);

		if (!sink->emit(sink, e->name, strlen(e->name), entry_ino(dir, e),
			    entry_type(hostfs_of(dir), d, e), (u64)e->off))
			return 0;
		file->pos = d->pos = (u64)e->off;
		d->at += e->reclen;
		some = true;
		ret = 0;
	}
	return ret;
}
