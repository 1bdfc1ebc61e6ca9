/*
 * Host streams: what skiff was started with as stdin, stdout, stderr, when it is not the console,
 * and what processes that are started from outside bring along (kernel/outside.c). The guest sees
 * their kind (FIFO, file, character device), never a terminal. A call that would block on the host
 * puts its task to sleep and watches the descriptor; a watch stands for one event only, so an idle
 * machine watches nothing. When the last file of a stream goes, its host descriptor is closed, as a
 * reader on the other side expects.
 */
#include "kernel/tty/hoststream.h"

#include "kernel/lib/log.h"
#include "kernel/os.h"
#include "kernel/signal.h"
#include "kernel/task.h"

#include <stdio.h>

#define CHUNK 65536ul
#define CONSOLE_RDEV (5u << 8 | 1)

struct stream {
	unsigned files;
	int hfd; /* -1: closed */
	bool regular;
	bool watched;
	u64 events_seen; /* grows with each event of the watch */
	struct os_watch watch;
	struct waitq wait;
};

/* The machine's own; NULL once closed. */
static struct stream *standard[3];

/* ---- readiness ---- */

static void stream_ready(struct os_watch *w, short revents)
{
	struct stream *s = container_of(w, struct stream, watch);

	os_watch_del(&s->watch);
	s->watched = false;
	s->events_seen++;
	waitq_wake(&s->wait, (u16)revents);
}

/* Makes the loop tell us once when one of events holds. */
static void stream_arm(struct stream *s, short events)
{
	if (s->watched && (s->watch.events & events) == events)
		return;
	if (s->watched) {
		s->watch.events |= events;
		os_watch_update(&s->watch);
		return;
	}
	s->watch = (struct os_watch){.hfd = s->hfd, .events = events, .ready = stream_ready};
	s->watched = os_watch_add(&s->watch) >= 0;
}

static short stream_now(struct stream *s, short events)
{
	int ev = s->regular || s->hfd < 0 ? events : os_stream_poll(s->hfd, events, 0);

	return ev < 0 ? events : ev;
}

/* After -EAGAIN. Always passes through the loop, so that a host that claims to be ready and then is
 * not cannot keep us from everything else. */
static int stream_wait(struct stream *s, short events)
{
	u64 seen = s->events_seen;

	stream_arm(s, events);
	if (!s->watched)
		return -EIO;
	return wait_event(&s->wait, s->events_seen != seen || s->hfd < 0) ? -ERESTARTSYS : 0;
}

/* ---- transfer ---- */

static ssize_t host_read(struct stream *s, void *buf, size_t len, const u64 *at)
{
	if (s->hfd < 0)
		return 0;
	return at ? os_pread(s->hfd, buf, len, *at) : os_stream_read(s->hfd, buf, len);
}

static ssize_t host_write(struct stream *s, const void *buf, size_t len, const u64 *at)
{
	if (s->hfd < 0)
		return len;
	return at ? os_pwrite(s->hfd, buf, len, *at) : os_stream_write(s->hfd, buf, len);
}

static ssize_t stream_read(struct file *f, struct uio *to, u64 *pos)
{
	struct stream *s = f->priv;
	const u64 *at = s->regular && pos != &f->pos ? pos : NULL;
	size_t len = MIN(to->left, CHUNK);
	u8 *buf = malloc(len ? len : 1);
	ssize_t n;
	int ret;

	if (!buf)
		return -ENOMEM;
	while ((n = host_read(s, buf, len, at)) == -EAGAIN || n == -EINTR) {
		if (n == -EAGAIN && f->flags & O_NONBLOCK)
			break;
		ret = n == -EAGAIN ? stream_wait(s, POLLIN) : 0;
		if (ret) {
			free(buf);
			return ret;
		}
	}
	if (n > 0) {
		n = uio_put(to, buf, n);
		if (n > 0 && s->regular)
			*pos += n;
	}
	free(buf);
	return n;
}

static ssize_t broken(void)
{
	siginfo_t info;

	if (!current) /* a worker of the kernel */
		return -EPIPE;
	siginfo_user(&info, SIGPIPE);
	signal_send_task(current, SIGPIPE, &info);
	return -EPIPE;
}

/* Writes all of buf, sleeping where the host would block: bytes done, or an error if none. */
static ssize_t write_all(struct file *f, const u8 *buf, size_t len, u64 *at)
{
	struct stream *s = f->priv;
	size_t done = 0;

	while (done < len) {
		ssize_t n = host_write(s, buf + done, len - done, at);

		if (n == -EAGAIN && f->flags & O_NONBLOCK)
			return done ? (ssize_t)done : n;
		if (n == -EAGAIN) {
			int ret = stream_wait(s, POLLOUT);

			if (ret)
				return done ? (ssize_t)done : ret;
			continue;
		}
		if (n == -EINTR)
			continue;
		if (n == -EPIPE)
			broken();
		if (n <= 0)
			return done ? (ssize_t)done : n;
		done += n;
		if (at)
			*at += n;
	}
	return done;
}

static ssize_t stream_write(struct file *f, struct uio *from, u64 *pos)
{
	struct stream *s = f->priv;
	u64 at = *pos;
	bool positioned = s->regular && pos != &f->pos;
	u8 *buf = malloc(MIN(from->left, CHUNK) + 1);
	ssize_t total = 0, n = 0;

	if (!buf)
		return -ENOMEM;
	while (from->left) {
		ssize_t got = uio_get(from, buf, MIN(from->left, CHUNK));

		n = got > 0 ? write_all(f, buf, got, positioned ? &at : NULL) : got;
		if (n <= 0)
			break;
		total += n;
		if (n < got)
			break;
	}
	if (total > 0 && s->regular)
		*pos += total;
	free(buf);
	return total ? total : n;
}

static s64 stream_llseek(struct file *f, s64 off, int whence)
{
	struct stream *s = f->priv;
	s64 pos;

	if (!s->regular)
		return -ESPIPE;
	pos = os_lseek(s->hfd, off, whence);
	if (pos >= 0)
		f->pos = pos;
	return pos;
}

static u32 stream_poll(struct file *f, struct poll_table *pt)
{
	struct stream *s = f->priv;
	short want = (FMODE_CAN_READ(f) ? POLLIN : 0) | (FMODE_CAN_WRITE(f) ? POLLOUT : 0);
	short now = stream_now(s, want);

	poll_wait(pt, &s->wait);
	if (!(now & (POLLERR | POLLHUP)) && want & ~now && !list_empty(&s->wait.waiters))
		stream_arm(s, want & ~now);
	return (u32)(u16)now | (now & POLLIN ? EPOLLRDNORM : 0) | (now & POLLOUT ? EPOLLWRNORM : 0);
}

/* ---- life ---- */

static void stream_release(struct file *f)
{
	struct stream *s = f->priv;

	if (!s || --s->files)
		return;
	if (s->watched)
		os_watch_del(&s->watch);
	s->watched = false;
	if (s->hfd >= 0)
		os_stream_close(s->hfd);
	for (unsigned i = 0; i < ARRAY_SIZE(standard); i++)
		if (standard[i] == s)
			standard[i] = NULL;
	f->inode->priv = NULL;
	free(s);
}

static int stream_mmap_hfd(struct file *f, bool shared_write, u64 *off)
{
	struct stream *s = f->priv;

	if (!s->regular)
		return -ENODEV;
	return os_reopen(s->hfd, shared_write ? O_RDWR : O_RDONLY);
}

static int stream_fsync(struct file *f, bool data_only)
{
	struct stream *s = f->priv;

	return s->regular ? os_fsync(s->hfd, data_only) : -EINVAL;
}

static int stream_inode_getattr(struct inode *i)
{
	struct stream *s = i->priv;
	struct os_stat st;
	int ret = s && s->hfd >= 0 ? os_statat(s->hfd, "", &st) : 0;

	if (ret || !s || s->hfd < 0)
		return 0;
	i->size = st.size;
	i->blocks = st.blocks;
	i->mtime = st.mtime;
	i->ctime = st.ctime;
	i->atime = st.atime;
	return 0;
}

static int stream_inode_setattr(struct inode *i, const struct setattr *a)
{
	struct stream *s = i->priv;
	int ret;

	if (a->valid & ATTR_SIZE && s && s->hfd >= 0) {
		if (!s->regular)
			return -EINVAL;
		ret = os_ftruncate(s->hfd, a->size);
		if (ret)
			return ret;
	}
	return inode_setattr(i, a);
}

static const struct inode_ops stream_inode_ops = {
	.getattr = stream_inode_getattr,
	.setattr = stream_inode_setattr,
};

static int stream_reopen(struct inode *inode, struct file *f)
{
	return hoststream_attach(inode, f);
}

const struct file_ops hoststream_ops = {
	.open = stream_reopen,
	.release = stream_release,
	.read = stream_read,
	.write = stream_write,
	.llseek = stream_llseek,
	.poll = stream_poll,
	.fsync = stream_fsync,
	.mmap_hfd = stream_mmap_hfd,
	.poll_notify = true,
};

/* For what has no position: lseek and pread give -ESPIPE. */
static const struct file_ops hoststream_pipe_ops = {
	.open = stream_reopen,
	.release = stream_release,
	.read = stream_read,
	.write = stream_write,
	.poll = stream_poll,
	.stream = true,
	.poll_notify = true,
};

static void attach(struct stream *s, struct file *f)
{
	f->ops = s->regular ? &hoststream_ops : &hoststream_pipe_ops;
	f->priv = s;
	s->files++;
}

int hoststream_attach(struct inode *inode, struct file *f)
{
	struct stream *s =
		inode->fops == &hoststream_ops ? inode->priv : standard[FMODE_CAN_WRITE(f) ? 1 : 0];

	if (!s)
		return -ENXIO;
	attach(s, f);
	return 0;
}

static void stream_name(const struct os_stat *st, char *name, size_t size)
{
	if (S_ISFIFO(st->mode))
		snprintf(name, size, "pipe:[%llu]", (unsigned long long)st->ino);
	else if (S_ISSOCK(st->mode))
		snprintf(name, size, "socket:[%llu]", (unsigned long long)st->ino);
	else if (S_ISREG(st->mode))
		snprintf(name, size, "hostfile:[%llu]", (unsigned long long)st->ino);
	else
		snprintf(name, size, "/dev/console");
}

int hoststream_open(int fd, u32 flags, struct file **out)
{
	struct stream *s = calloc(1, sizeof(*s));
	struct os_stat st = {.mode = S_IFCHR | 0600};
	struct file *f;
	char name[48];
	int ret;

	if (!s)
		return -ENOMEM;
	waitq_init(&s->wait);
	s->hfd = os_stream_open(fd);
	if (s->hfd >= 0)
		os_statat(s->hfd, "", &st);
	if (s->hfd >= 0 && os_stream_is_log(s->hfd)) /* for the guest, a pipe that leads there */
		st.mode = (st.mode & ~(u32)S_IFMT) | S_IFIFO;
	s->regular = S_ISREG(st.mode);
	stream_name(&st, name, sizeof(name));
	ret = file_anon(name, &hoststream_ops, NULL, flags, (st.mode & S_IFMT) | 0600, &f);
	if (ret) {
		if (s->hfd >= 0)
			os_stream_close(s->hfd);
		free(s);
		return ret;
	}
	f->inode->fops = &hoststream_ops;
	f->inode->ops = &stream_inode_ops;
	f->inode->priv = s;
	f->inode->rdev = S_ISCHR(st.mode) ? CONSOLE_RDEV : 0;
	f->inode->ino = st.ino ? st.ino : f->inode->ino;
	attach(s, f);
	if (s->regular)
		f->pos = os_lseek(s->hfd, 0, SEEK_CUR);
	if (fd < 3)
		standard[fd] = s;
	*out = f;
	return 0;
}
