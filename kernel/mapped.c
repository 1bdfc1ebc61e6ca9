/*
 * The names of mapped files, by host (device, inode). Mappings come and go without the kernel's
 * knowledge (munmap is native), so entries cannot be counted; they hold text, not references, and
 * the table is a bounded cache whose oldest entry goes first.
 */
#include "kernel/mapped.h"

#include "fs/vfs.h"
#include "kernel/lib/htab.h"
#include "kernel/lib/list.h"
#include "kernel/os.h"
#include "kernel/task.h"

#define MAPPED_MAX 4096u

struct mapped {
	struct hnode hash;
	struct list_head age; /* in ages, oldest first */
	u64 host_dev, host_ino, dev, ino;
	char *path;
};

static struct htab mapped_files;
static struct list_head ages = LIST_HEAD_INIT(ages);

static u64 mapped_hash(u64 dev, u64 ino)
{
	return hash_u64(dev * 31 + hash_u64(ino));
}

static struct mapped *mapped_lookup(u64 dev, u64 ino)
{
	struct hnode *n = htab_first(&mapped_files, mapped_hash(dev, ino));

	for (; n; n = htab_next(n)) {
		struct mapped *m = container_of(n, struct mapped, hash);

		if (m->host_dev == dev && m->host_ino == ino)
			return m;
	}
	return NULL;
}

static void mapped_free(struct mapped *m)
{
	htab_remove(&mapped_files, &m->hash);
	list_del(&m->age);
	free(m->path);
	free(m);
}

static struct mapped *mapped_create(u64 dev, u64 ino)
{
	struct mapped *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->host_dev = dev;
	m->host_ino = ino;
	list_init(&m->age);
	if (htab_insert(&mapped_files, &m->hash, mapped_hash(dev, ino)) < 0) {
		free(m);
		return NULL;
	}
	if (mapped_files.nr_nodes > MAPPED_MAX)
		mapped_free(list_first(&ages, struct mapped, age));
	return m;
}

static const char *file_name(const struct file *f, char *buf, size_t size)
{
	const struct task *first = init_tg ? init_tg->leader : NULL;

	if (!f)
		return "/dev/zero (deleted)";
	if (first && first->fs)
		return d_path_from(&f->path, &first->fs->root, buf, size);
	return d_path(&f->path, buf, size);
}

void mapped_note_name(u64 host_dev, u64 host_ino, const char *name, u64 dev, u64 ino)
{
	struct mapped *m = mapped_lookup(host_dev, host_ino);
	char *copy;

	if (m && m->path && !strcmp(m->path, name))
		return;
	copy = strdup(name);
	if (!copy)
		return;
	if (!m)
		m = mapped_create(host_dev, host_ino);
	if (!m) {
		free(copy);
		return;
	}
	free(m->path);
	m->path = copy;
	m->dev = dev;
	m->ino = ino;
	list_del(&m->age);
	list_add_tail(&m->age, &ages);
}

void mapped_note(int hfd, const struct file *f)
{
	char buf[PATH_MAX];
	const char *name;
	struct os_stat st;

	if (os_statat(hfd, "", &st) < 0)
		return;
	name = file_name(f, buf, sizeof(buf));
	if (name)
		mapped_note_name(st.dev, st.ino, name, f ? f->inode->sb->dev : 0,
			f ? f->inode->ino : st.ino);
}

bool mapped_find(u64 host_dev, u64 host_ino, struct mapped_name *out)
{
	const struct mapped *m = mapped_lookup(host_dev, host_ino);

	if (!m || !m->path)
		return false;
	*out = (struct mapped_name){m->path, m->dev, m->ino};
	return true;
}

void mapped_fini(void)
{
	while (!list_empty(&ages))
		mapped_free(list_first(&ages, struct mapped, age));
	htab_fini(&mapped_files);
}
