/*
 * Directories of machines on the host (machine_dir.h). Used by the machine itself for its own and
 * by the client commands for all.
 */
#include "arch-um/machine_dir.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define NR_BASES 3
#define FILE_MAX (1u << 20) /* of a keyfile; written by ourselves */

static const char *const file_names[] = {"control", "config", "status", "log", "watcher", "pid"};

/* ---- the directory of all ---- */

static int base_path(unsigned which, char *buf, size_t size)
{
	const char *dir = NULL;
	int n;

	switch (which) {
	case 0:
		dir = getenv("XDG_RUNTIME_DIR");
		n = dir && *dir == '/' ? snprintf(buf, size, "%s/skiff", dir) : -1;
		break;
	case 1:
		dir = getenv("HOME");
		n = dir && *dir == '/' ? snprintf(buf, size, "%s/.skiff", dir) : -1;
		break;
	default:
		n = snprintf(buf, size, "/tmp/skiff-%u", geteuid());
	}
	return n > 0 && (size_t)n < size ? 0 : -ENOENT;
}

/* Ours and nobody else's, or it is not used. */
static int base_open(unsigned which, bool create)
{
	char path[4096];
	struct stat st;
	int fd, err = base_path(which, path, sizeof(path));

	if (err < 0)
		return err;
	if (create && mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && !(st.st_mode & 022) &&
		faccessat(fd, ".", W_OK, AT_EACCESS) == 0)
		return fd;
	close(fd);
	return -EACCES;
}

static int base_create(void)
{
	int fd = -ENOENT;

	for (unsigned i = 0; i < NR_BASES && fd < 0; i++)
		fd = base_open(i, true);
	return fd;
}

/* ---- one machine ---- */

bool machine_name_ok(const char *name)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				"0123456789_.-");

	return n && !name[n] && n <= MACHINE_NAME_MAX && *name != '.' && *name != '-';
}

static void make_up_name(char *name)
{
	u32 r = 0;

	if (getrandom(&r, sizeof(r), 0) < 0)
		r = (u32)getpid();
	snprintf(name, MACHINE_NAME_MAX + 1, "m%08x", r);
}

static const struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

static int lock_file(int dir)
{
	struct flock fl = whole;
	int fd = openat(dir, "pid", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), err;

	if (fd < 0)
		return -errno;
	if (fcntl(fd, F_OFD_SETLK, &fl) == 0)
		return fd;
	err = errno == EAGAIN || errno == EACCES ? -EEXIST : -errno;
	close(fd);
	return err;
}

/* Still the directory of that name? Somebody may have removed it before we had the lock. */
static bool still_there(const struct machine_dir *d)
{
	struct stat a, b;

	return fstat(d->fd, &a) == 0 && fstatat(d->base, d->name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int write_pid(int fd, pid_t pid)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d\n", pid);

	return ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) != n ? -EIO : 0;
}

int machine_dir_set_pids(const struct machine_dir *d, pid_t pid, pid_t watcher)
{
	int fd = openat(d->fd, "watcher", O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), err;

	if (fd < 0)
		return -errno;
	err = write_pid(fd, watcher);
	close(fd);
	return err < 0 ? err : write_pid(d->lock, pid);
}

static int dir_create(struct machine_dir *d, bool made_up)
{
	if (mkdirat(d->base, d->name, 0700) < 0 && (errno != EEXIST || made_up))
		return errno == EEXIST ? -EAGAIN : -errno;
	d->fd = openat(d->base, d->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (d->fd < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	d->lock = lock_file(d->fd);
	if (d->lock >= 0 && still_there(d))
		return write_pid(d->lock, getpid());
	if (d->lock >= 0)
		close(d->lock);
	close(d->fd);
	return d->lock < 0 && d->lock != -ENOENT ? d->lock : -EAGAIN;
}

int machine_dir_create(const char *name, struct machine_dir *d)
{
	int err;

	*d = (struct machine_dir){.base = base_create(), .fd = -1, .lock = -1};
	if (d->base < 0)
		return d->base;
	for (int i = 0; i < 100; i++) {
		if (name)
			snprintf(d->name, sizeof(d->name), "%s", name);
		else
			make_up_name(d->name);
		err = dir_create(d, !name);
		if (err != -EAGAIN)
			break;
	}
	if (err < 0) {
		close(d->base);
		return err;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(file_names) - 1; i++)
		unlinkat(d->fd, file_names[i], 0);
	return 0;
}

static int dir_open_in(int base, const char *name, struct machine_dir *d)
{
	*d = (struct machine_dir){.base = base, .lock = -1};
	snprintf(d->name, sizeof(d->name), "%s", name);
	d->fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (d->fd < 0)
		return -errno;
	d->lock = openat(d->fd, "pid", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return 0;
}

int machine_dir_open(const char *name, struct machine_dir *d)
{
	int err = -ENOENT;

	if (!machine_name_ok(name))
		return -ENOENT;
	for (unsigned i = 0; i < NR_BASES && err < 0; i++) {
		int base = base_open(i, false);

		if (base < 0)
			continue;
		err = dir_open_in(base, name, d);
		if (err < 0)
			close(base);
	}
	return err < 0 ? -ENOENT : 0;
}

void machine_dir_close(struct machine_dir *d)
{
	if (d->lock >= 0)
		close(d->lock);
	close(d->fd);
	close(d->base);
}

bool machine_dir_running(const struct machine_dir *d)
{
	struct flock fl = whole;

	return d->lock >= 0 && fcntl(d->lock, F_OFD_GETLK, &fl) == 0 && fl.l_type != F_UNLCK;
}

static pid_t read_pid(int fd)
{
	char text[16] = "";
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);

	return n > 0 ? (pid_t)strtol(text, NULL, 10) : -1;
}

pid_t machine_dir_pid(const struct machine_dir *d)
{
	return read_pid(d->lock);
}

pid_t machine_dir_watcher(const struct machine_dir *d)
{
	int fd = openat(d->fd, "watcher", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	pid_t pid = read_pid(fd);

	if (fd >= 0)
		close(fd);
	return pid > 0 ? pid : machine_dir_pid(d);
}

static void remove_files(const struct machine_dir *d)
{
	for (unsigned i = 0; i < ARRAY_SIZE(file_names); i++)
		unlinkat(d->fd, file_names[i], 0);
	unlinkat(d->base, d->name, AT_REMOVEDIR);
}

void machine_dir_remove(struct machine_dir *d)
{
	remove_files(d);
	machine_dir_close(d);
}

void machine_dir_sweep(const struct machine_dir *d)
{
	int lock = lock_file(d->fd);

	if (lock < 0)
		return;
	if (still_there(d))
		remove_files(d);
	close(lock);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_machine(const struct dirent *e)
{
	return machine_name_ok(e->d_name);
}

int machine_dirs_each(int (*fn)(struct machine_dir *d, void *arg), void *arg)
{
	int ret = 0;

	for (unsigned i = 0; i < NR_BASES && !ret; i++) {
		int base = base_open(i, false), n;
		struct dirent **names;
		struct machine_dir d;

		if (base < 0)
			continue;
		n = scandirat(base, ".", &names, is_machine, by_name);
		for (int k = 0; k < n; k++) {
			if (!ret && dir_open_in(base, names[k]->d_name, &d) == 0) {
				ret = fn(&d, arg);
				if (d.lock >= 0)
					close(d.lock);
				close(d.fd);
			}
			free(names[k]);
		}
		if (n >= 0)
			free(names);
		close(base);
	}
	return ret;
}

void machine_dir_path(const struct machine_dir *d, const char *file, char *buf, size_t size)
{
	snprintf(buf, size, "/proc/self/fd/%d/%s", d->fd, file);
}

/* ---- key files ---- */

static char *read_file(int dir, const char *file)
{
	int fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	char *text = NULL;
	ssize_t n = -1;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= FILE_MAX)
		text = malloc((size_t)st.st_size + 1);
	if (text)
		n = read(fd, text, (size_t)st.st_size);
	close(fd);
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

/* In place; *next is behind the line. */
static char *unescape_line(char *s, char **next)
{
	char *out = s, *in = s;

	for (; *in && *in != '\n'; in++) {
		if (*in == '\\' && in[1]) {
			in++;
			*out++ = *in == 'n' ? '\n' : *in;
		} else {
			*out++ = *in;
		}
	}
	*next = *in ? in + 1 : in;
	*out = '\0';
	return s;
}

int keyfile_read(int dir, const char *file, struct keyfile *k)
{
	char *next;

	*k = (struct keyfile){.text = read_file(dir, file)};
	if (!k->text)
		return -ENOENT;
	for (char *p = k->text; *p; p = next) {
		struct keyfile_line *all = realloc(k->lines, (k->nr + 1) * sizeof(*all));
		char *value = strchr(unescape_line(p, &next), ' ');

		if (!all) {
			keyfile_free(k);
			return -ENOMEM;
		}
		k->lines = all;
		if (!value)
			continue;
		*value++ = '\0';
		all[k->nr++] = (struct keyfile_line){p, value};
	}
	return 0;
}

const char *keyfile_get(const struct keyfile *k, const char *key)
{
	for (unsigned i = 0; i < k->nr; i++)
		if (!strcmp(k->lines[i].key, key))
			return k->lines[i].value;
	return NULL;
}

void keyfile_free(struct keyfile *k)
{
	free(k->text);
	free(k->lines);
	*k = (struct keyfile){0};
}

void keyfile_put(struct keyfile_writer *w, const char *key, const char *value)
{
	size_t room = strlen(key) + 2 * strlen(value) + 3;
	char *text = realloc(w->text, w->len + room), *p;

	if (!text) {
		w->failed = true;
		return;
	}
	w->text = text;
	p = stpcpy(text + w->len, key);
	*p++ = ' ';
	for (; *value; value++) {
		if (*value == '\n' || *value == '\\')
			*p++ = '\\';
		*p++ = *value == '\n' ? 'n' : *value;
	}
	*p++ = '\n';
	w->len = (size_t)(p - text);
}

int keyfile_write(struct keyfile_writer *w, int dir, const char *file)
{
	char tmp[64];
	int fd, err = w->failed ? -ENOMEM : 0;

	snprintf(tmp, sizeof(tmp), "%s.new", file);
	fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		err = -errno;
	if (!err && write(fd, w->text, w->len) != (ssize_t)w->len)
		err = -EIO;
	if (fd >= 0)
		close(fd);
	if (!err && renameat(dir, tmp, dir, file) < 0)
		err = -errno;
	free(w->text);
	*w = (struct keyfile_writer){0};
	return err;
}
