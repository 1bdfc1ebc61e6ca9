/*
 * File locks. Three kinds share one list per inode: flock(2) locks belong to an open file, OFD
 * locks too, POSIX locks to a descriptor table. flock locks cover the whole file and meet only each
 * other; POSIX and OFD locks are byte ranges and meet each other. Whoever waits sleeps on one queue
 * and tries again when any lock is released; a POSIX waiter that would close a circle gets
 * -EDEADLK. fcntl(2), flock(2).
 */
#include "fs/flock.h"

#include "fs/fdtable.h"
#include "kernel/pid_ns.h"
#include "kernel/task.h"

enum lock_kind { LOCK_FLOCK, LOCK_POSIX, LOCK_OFD };

struct lock {
	struct list_head link; /* inode->locks */
	struct list_head all_link;
	enum lock_kind kind;
	bool write;
	const void *owner; /* struct file, or struct files for POSIX */
	pid_t pid;
	u64 start, end; /* end inclusive; UINT64_MAX: to the end of the file */
	struct inode *inode;
	struct file *file; /* the one it was set through; borrowed, for FLOCK and OFD */
};

struct blocked { /* a POSIX waiter, for the search for circles */
	struct list_head link;
	const void *owner, *by;
};

static struct list_head all_locks = LIST_HEAD_INIT(all_locks);
static struct list_head all_blocked = LIST_HEAD_INIT(all_blocked);
static struct waitq lock_wait = WAITQ_INIT(lock_wait);

static bool is_range(const struct lock *l)
{
	return l->kind != LOCK_FLOCK;
}

static bool same_owner(const struct lock *a, const struct lock *b)
{
	return a->owner == b->owner && a->kind == b->kind;
}

static bool overlap(const struct lock *a, const struct lock *b)
{
	return a->start <= b->end && b->start <= a->end;
}

static struct lock *find_conflict(const struct lock *want)
{
	struct lock *l;

	list_for_each_entry (l, &want->inode->locks, link)
		if (is_range(l) == is_range(want) && !same_owner(l, want) &&
			(l->write || want->write) && overlap(l, want))
			return l;
	return NULL;
}

static void lock_insert(struct lock *l)
{
	struct list_head *pos = l->inode->locks.next;

	/* an owner's ranges stay in order of their start */
	while (pos != &l->inode->locks && list_entry(pos, struct lock, link)->start <= l->start)
		pos = pos->next;
	list_insert(&l->link, pos->prev, pos);
	list_add_tail(&l->all_link, &all_locks);
}

static void lock_free(struct lock *l)
{
	list_del(&l->link);
	list_del(&l->all_link);
	free(l);
}

static struct lock *lock_dup(const struct lock *from)
{
	struct lock *l = malloc(sizeof(*l));

	if (l) {
		*l = *from;
		list_init(&l->link);
		list_init(&l->all_link);
	}
	return l;
}

static void lock_wake(void)
{
	waitq_wake(&lock_wait, 0);
}

/* ---- byte ranges ---- */

/* Cuts [req->start, req->end] out of its owner's other locks; spare is for a split in two. */
static void range_cut(const struct lock *req, struct lock **spare)
{
	struct lock *l, *tmp;

	list_for_each_entry_safe (l, tmp, &req->inode->locks, link) {
		if (!is_range(l) || !same_owner(l, req) || !overlap(l, req))
			continue;
		if (l->start < req->start && l->end > req->end) {
			struct lock *tail = *spare;

			*spare = NULL;
			tail->write = l->write;
			tail->start = req->end + 1;
			tail->end = l->end;
			l->end = req->start - 1;
			lock_insert(tail);
			return;
		}
		if (l->start < req->start) {
			l->end = req->start - 1;
		} else if (l->end > req->end) {
			l->start = req->end + 1;
			list_del(&l->link); /* its place in the order may change */
			list_del(&l->all_link);
			lock_insert(l);
		} else {
			lock_free(l);
		}
	}
}

/* Joins l with its owner's neighbours of the same type. */
static void range_merge(struct lock *l)
{
	struct lock *o, *tmp;

	list_for_each_entry_safe (o, tmp, &l->inode->locks, link) {
		if (o == l || !is_range(o) || !same_owner(o, l) || o->write != l->write)
			continue;
		if (o->end != UINT64_MAX && o->end + 1 == l->start)
			l->start = o->start;
		else if (l->end != UINT64_MAX && l->end + 1 == o->start)
			l->end = o->end;
		else
			continue;
		lock_free(o);
	}
	list_del(&l->link);
	list_del(&l->all_link);
	lock_insert(l);
}

static int range_apply(const struct lock *req, bool unlock)
{
	struct lock *spare = lock_dup(req), *l = unlock ? NULL : lock_dup(req);

	if (!spare || (!unlock && !l)) {
		free(spare);
		free(l);
		return -ENOLCK;
	}
	range_cut(req, &spare);
	if (l) {
		lock_insert(l);
		range_merge(l);
	}
	free(spare);
	lock_wake(); /* released, or a write lock became a read lock */
	return 0;
}

/* Would waiting for by close a circle of waiters back to owner? */
static bool deadlock(const void *owner, const void *by)
{
	struct blocked *b;
	unsigned steps = 0;

again:
	if (by == owner)
		return true;
	list_for_each_entry (b, &all_blocked, link) {
		if (b->owner == by && steps++ < 1000) {
			by = b->by;
			goto again;
		}
	}
	return false;
}

static int range_wait(const struct lock *req)
{
	struct lock *c;
	struct blocked b = {.owner = req->owner};
	int ret = 0;

	list_init(&b.link);
	while (ret == 0 && (c = find_conflict(req))) {
		if (req->kind == LOCK_POSIX && c->kind == LOCK_POSIX) {
			if (deadlock(req->owner, c->owner))
				return -EDEADLK;
			b.by = c->owner;
			list_add(&b.link, &all_blocked);
		}
		ret = wait_event(&lock_wait, find_conflict(req) != c);
		list_del(&b.link);
	}
	return ret < 0 ? -ERESTARTSYS : 0;
}

/* ---- fcntl ---- */

static int range_from_user(struct file *f, const struct flock *fl, struct lock *l)
{
	s64 start = fl->l_start, base = 0;

	switch (fl->l_whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		base = (s64)f->pos;
		break;
	case SEEK_END:
		if (inode_refresh(f->inode) == 0)
			base = (s64)f->inode->size;
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(base, start, &start))
		return -EOVERFLOW;
	if (start < 0)
		return -EINVAL;
	l->start = (u64)start;
	l->end = UINT64_MAX;
	if (fl->l_len > 0) {
		s64 end;

		if (__builtin_add_overflow(start, fl->l_len - 1, &end))
			return -EOVERFLOW;
		l->end = (u64)end;
	} else if (fl->l_len < 0) {
		if (start + fl->l_len < 0)
			return -EINVAL;
		l->end = (u64)start - 1;
		l->start = (u64)(start + fl->l_len);
	}
	return 0;
}

static int range_query(const struct lock *req, struct flock *fl)
{
	const struct lock *c = find_conflict(req);

	if (!c) {
		fl->l_type = F_UNLCK;
		return 0;
	}
	fl->l_type = c->write ? F_WRLCK : F_RDLCK;
	fl->l_whence = SEEK_SET;
	fl->l_start = (off_t)c->start;
	fl->l_len = c->end == UINT64_MAX ? 0 : (off_t)(c->end - c->start + 1);
	fl->l_pid = c->kind == LOCK_OFD ? -1 : pid_out(c->pid);
	return 0;
}

static int range_set(struct file *f, struct lock *req, short type, bool wait)
{
	int ret;

	if (type == F_UNLCK)
		return range_apply(req, true);
	if (type == F_RDLCK ? !FMODE_CAN_READ(f) : !FMODE_CAN_WRITE(f))
		return -EBADF;
	if (find_conflict(req)) {
		if (!wait)
			return -EAGAIN;
		ret = range_wait(req);
		if (ret < 0)
			return ret;
	}
	return range_apply(req, false);
}

int flock_fcntl(struct file *f, int fd, int cmd, uaddr_t arg)
{
	bool ofd = cmd == F_OFD_GETLK || cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW;
	struct lock req = {.kind = ofd ? LOCK_OFD : LOCK_POSIX, .inode = f->inode, .file = f};
	struct flock fl;
	int ret;

	if (copy_from_user(&fl, arg, sizeof(fl)))
		return -EFAULT;
	if (ofd && fl.l_pid)
		return -EINVAL;
	ret = range_from_user(f, &fl, &req);
	if (ret < 0)
		return ret;
	if (fl.l_type != F_RDLCK && fl.l_type != F_WRLCK && fl.l_type != F_UNLCK)
		return -EINVAL;
	req.owner = ofd ? (void *)f : current->files;
	req.pid = current->tg->pid;
	req.write = fl.l_type == F_WRLCK;
	if (cmd == F_GETLK || cmd == F_OFD_GETLK) {
		if (fl.l_type == F_UNLCK && !ofd)
			return -EINVAL;
		range_query(&req, &fl);
		return copy_to_user(arg, &fl, sizeof(fl));
	}
	ret = range_set(f, &req, fl.l_type, cmd == F_SETLKW || cmd == F_OFD_SETLKW);
	/* closed while we slept: the close has missed this lock */
	if (ret == 0 && !ofd &&
		(fd >= (int)current->files->nr || current->files->slots[fd].file != f))
		flock_close_posix(f, current->files);
	return ret;
}

/* ---- flock ---- */

static struct lock *flock_of(struct file *f)
{
	struct lock *l;

	list_for_each_entry (l, &f->inode->locks, link)
		if (l->kind == LOCK_FLOCK && l->owner == f)
			return l;
	return NULL;
}

int flock_flock(struct file *f, int op)
{
	struct lock req = {
		.kind = LOCK_FLOCK, .inode = f->inode, .owner = f, .file = f, .end = UINT64_MAX};
	struct lock *l = flock_of(f);
	bool wait = !(op & 4); /* LOCK_NB */

	op &= ~4;
	if (op != 1 && op != 2 && op != 8) /* LOCK_SH, LOCK_EX, LOCK_UN */
		return -EINVAL;
	req.write = op == 2;
	req.pid = current->tg->pid;
	if (l && op != 8 && l->write == req.write)
		return 0;
	if (l) { /* a conversion is not atomic: flock(2) */
		lock_free(l);
		lock_wake();
	}
	if (op == 8)
		return 0;
	if (find_conflict(&req)) {
		if (!wait)
			return -EAGAIN;
		if (wait_event(&lock_wait, !find_conflict(&req)) < 0)
			return -ERESTARTSYS;
	}
	l = lock_dup(&req);
	if (!l)
		return -ENOLCK;
	lock_insert(l);
	return 0;
}

/* ---- the end of owners ---- */

static void drop_owned(struct inode *inode, const void *owner)
{
	struct lock *l, *tmp;
	bool any = false;

	list_for_each_entry_safe (l, tmp, &inode->locks, link) {
		if (l->owner != owner)
			continue;
		lock_free(l);
		any = true;
	}
	if (any)
		lock_wake();
}

void flock_release_file(struct file *f)
{
	drop_owned(f->inode, f);
}

void flock_close_posix(struct file *f, const struct files *files)
{
	drop_owned(f->inode, files);
}

void flock_inode_gone(struct inode *inode)
{
	while (!list_empty(&inode->locks))
		lock_free(list_first(&inode->locks, struct lock, link));
}

void flock_for_each(void (*fn)(const struct flock_info *l, void *arg), void *arg)
{
	static const char *const types[] = {"FLOCK", "POSIX", "OFDLCK"};
	struct lock *l;

	list_for_each_entry (l, &all_locks, all_link) {
		struct flock_info info = {.type = types[l->kind],
			.write = l->write,
			.pid = l->kind == LOCK_OFD ? -1 : l->pid,
			.inode = l->inode,
			.file = l->kind == LOCK_POSIX ? NULL : l->file,
			.start = l->start,
			.end = l->end};

		fn(&info, arg);
	}
}
