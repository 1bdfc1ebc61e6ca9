/*
 * Descriptor tables. A slot holds one reference to an open file; system calls take another while
 * they use it, so a close(2) from a second thread is harmless. The lowest free number is found from
 * a hint below which everything is taken. Closing runs the flush op and drops the POSIX locks of
 * the table. open(2), dup(2), fcntl(2).
 */
#include "fs/fdtable.h"

#include "fs/flock.h"
#include "kernel/dnotify.h"
#include "kernel/task.h"

#define FILES_MIN 32u
#define FILES_MAX (1u << 20)

struct files *files_create(void)
{
	struct files *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->refs = 1;
	f->nr = FILES_MIN;
	f->slots = calloc(f->nr, sizeof(*f->slots));
	if (!f->slots) {
		free(f);
		return NULL;
	}
	return f;
}

unsigned files_span(const struct files *f)
{
	unsigned nr = f->nr;

	while (nr && !f->slots[nr - 1].file)
		nr--;
	return nr;
}

struct files *files_copy(const struct files *old)
{
	struct files *f = calloc(1, sizeof(*f));
	unsigned nr = MAX(files_span(old), FILES_MIN);

	if (!f)
		return NULL;
	f->refs = 1;
	f->nr = nr;
	f->hint = old->hint;
	f->slots = malloc(nr * sizeof(*f->slots));
	if (!f->slots) {
		free(f);
		return NULL;
	}
	memcpy(f->slots, old->slots, nr * sizeof(*f->slots));
	for (unsigned i = 0; i < nr; i++)
		if (f->slots[i].file)
			file_get(f->slots[i].file);
	return f;
}

struct files *files_get(struct files *f)
{
	f->refs++;
	return f;
}

static int close_file(struct files *files, struct file *f)
{
	int ret = 0;

	if (f->ops->flush && !(f->flags & O_PATH))
		ret = f->ops->flush(f);
	if (!list_empty(&f->inode->locks))
		flock_close_posix(f, files);
	if (f->inode->dnotify)
		dnotify_close(f, files);
	file_put(f);
	return ret;
}

/* Takes the file out of its slot. */
static struct file *slot_take(struct files *f, unsigned fd)
{
	struct file *file = f->slots[fd].file;

	f->slots[fd].file = NULL;
	if (fd < f->hint)
		f->hint = fd;
	return file;
}

void files_put(struct files *f)
{
	if (!f || --f->refs)
		return;
	for (unsigned i = 0; i < f->nr; i++)
		if (f->slots[i].file)
			close_file(f, slot_take(f, i));
	free(f->slots);
	free(f);
}

void files_close_on_exec(struct files *f)
{
	for (unsigned i = 0; i < f->nr; i++)
		if (f->slots[i].file && f->slots[i].cloexec)
			close_file(f, slot_take(f, i));
}

static int grow(struct files *f, unsigned want)
{
	struct fd_slot *s;
	unsigned nr = f->nr;

	if (want >= FILES_MAX)
		return -EMFILE;
	while (nr <= want)
		nr *= 2;
	s = realloc(f->slots, nr * sizeof(*s));
	if (!s)
		return -ENOMEM;
	memset(s + f->nr, 0, (nr - f->nr) * sizeof(*s));
	f->slots = s;
	f->nr = nr;
	return 0;
}

struct file *fd_file_raw(int fd)
{
	struct files *f = current->files;

	if (fd < 0 || (unsigned)fd >= f->nr || !f->slots[fd].file)
		return NULL;
	return file_get(f->slots[fd].file);
}

struct file *fd_file(int fd)
{
	struct file *file = fd_file_raw(fd);

	if (file && (file->flags & O_PATH)) {
		file_put(file);
		return NULL;
	}
	return file;
}

static unsigned first_free(const struct files *f, unsigned from)
{
	while (from < f->nr && f->slots[from].file)
		from++;
	return from;
}

int fd_room(void)
{
	return first_free(current->files, current->files->hint) >=
			       task_rlimit(current, RLIMIT_NOFILE)
		       ? -EMFILE
		       : 0;
}

int fd_install(struct file *file, int min, bool cloexec)
{
	struct files *f = current->files;
	unsigned start = MAX((unsigned)min, f->hint), fd = first_free(f, start);
	int ret;

	if (fd >= task_rlimit(current, RLIMIT_NOFILE))
		return -EMFILE;
	if (fd >= f->nr && (ret = grow(f, fd)) < 0)
		return ret;
	if (start == f->hint)
		f->hint = fd + 1;
	f->slots[fd] = (struct fd_slot){file, cloexec};
	return (int)fd;
}

int fd_install_at(int fd, struct file *file, bool cloexec)
{
	struct files *f = current->files;
	struct file *old;
	int ret;

	if (fd < 0 || (rlim_t)fd >= task_rlimit(current, RLIMIT_NOFILE))
		return -EBADF;
	if ((unsigned)fd >= f->nr && (ret = grow(f, (unsigned)fd)) < 0)
		return ret;
	old = f->slots[fd].file;
	f->slots[fd] = (struct fd_slot){file, cloexec};
	if (old)
		close_file(f, old);
	return fd;
}

int fd_close(int fd)
{
	struct files *f = current->files;

	if (fd < 0 || (unsigned)fd >= f->nr || !f->slots[fd].file)
		return -EBADF;
	return close_file(f, slot_take(f, (unsigned)fd));
}

int fd_set_cloexec(int fd, bool on)
{
	struct files *f = current->files;

	if (fd < 0 || (unsigned)fd >= f->nr || !f->slots[fd].file)
		return -EBADF;
	f->slots[fd].cloexec = on;
	return 0;
}

int fd_get_cloexec(int fd)
{
	struct files *f = current->files;

	if (fd < 0 || (unsigned)fd >= f->nr || !f->slots[fd].file)
		return -EBADF;
	return f->slots[fd].cloexec;
}
