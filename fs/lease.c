/*
 * File leases. The holder of a read lease is told before anybody opens the file for writing or cuts
 * it, the holder of a write lease before anybody opens it at all; the other waits until the lease
 * is given up or turned into what does not conflict, or its time is over. fcntl(2), "Leases".
 */
#include "fs/lease.h"

#include "kernel/cred.h"
#include "kernel/fasync.h"
#include "kernel/os.h"
#include "kernel/task.h"

struct lease {
	struct lease *next; /* of the same inode */
	struct file *file;  /* borrowed: the lease ends with it */
	int fd;		    /* for the siginfo */
	int type, target;   /* F_RDLCK or F_WRLCK; what it is to become, type: all is quiet */
	u64 deadline_ns;    /* of a break */
};

u32 lease_break_time_s = 45, leases_enable = 1;
static struct waitq changed = WAITQ_INIT(changed);

static struct lease **lease_of(const struct file *f)
{
	struct lease **l = &f->inode->leases;

	while (*l && (*l)->file != f)
		l = &(*l)->next;
	return l;
}

static void lease_end(struct lease **at)
{
	struct lease *l = *at;

	*at = l->next;
	free(l);
	waitq_wake(&changed, EPOLLIN);
}

void lease_file_gone(struct file *f)
{
	struct lease **l = lease_of(f);

	if (*l)
		lease_end(l);
}

int lease_get(const struct file *f)
{
	const struct lease *l = *lease_of(f);

	return l ? l->target : F_UNLCK;
}

/* Does anybody use the file in a way that the lease would have to hear of? */
static int check_conflicts(const struct file *f, int type)
{
	const struct inode *i = f->inode;

	if (type == F_RDLCK && i->writers)
		return -EAGAIN;
	if (type == F_WRLCK && i->opens > 1)
		return -EAGAIN;
	for (const struct lease *l = i->leases; l; l = l->next) {
		if (l->file != f && (type == F_WRLCK || l->type == F_WRLCK))
			return -EAGAIN;
		if (l->target == F_UNLCK ||
			(l->target == F_RDLCK && type == F_WRLCK && l->target != l->type))
			return -EAGAIN;
	}
	return 0;
}

static int lease_add(struct file *f, int fd, int type)
{
	struct lease *l;
	int ret = check_conflicts(f, type);

	if (ret < 0)
		return ret;
	l = *lease_of(f);
	if (!l) {
		l = calloc(1, sizeof(*l));
		if (!l)
			return -ENOMEM;
		l->next = f->inode->leases;
		f->inode->leases = l;
		l->file = f;
	}
	l->fd = fd;
	l->type = l->target = type;
	fasync_default_owner(f);
	waitq_wake(&changed, EPOLLIN);
	return 0;
}

int lease_set(struct file *f, int fd, int type)
{
	struct lease **l = lease_of(f);

	if (type == F_UNLCK) {
		if (!*l)
			return -EAGAIN;
		lease_end(l);
		return 0;
	}
	if (type != F_RDLCK && type != F_WRLCK)
		return -EINVAL;
	if (f->inode->uid != current->cred->fsuid && !inode_capable(f->inode, CAP_LEASE))
		return -EACCES;
	if (!S_ISREG(f->inode->mode) || !leases_enable)
		return -EINVAL;
	return lease_add(f, fd, type);
}

/* ---- breaking ---- */

static bool in_the_way(const struct lease *l, bool write)
{
	return write || l->type == F_WRLCK;
}

static bool any_in_the_way(const struct inode *i, bool write)
{
	for (const struct lease *l = i->leases; l; l = l->next)
		if (in_the_way(l, write))
			return true;
	return false;
}

/* Tells those not told yet; the time when the first of them is over. */
static u64 tell(struct inode *i, bool write)
{
	u64 first = WAIT_FOREVER;

	for (struct lease *l = i->leases; l; l = l->next) {
		int target = write ? F_UNLCK : F_RDLCK;

		if (!in_the_way(l, write))
			continue;
		if (l->target == l->type || (target == F_UNLCK && l->target != F_UNLCK)) {
			if (l->target == l->type)
				l->deadline_ns =
					lease_break_time_s
						? os_clock_ns(OS_CLOCK_MONOTONIC) +
							  lease_break_time_s * 1000000000ull
						: WAIT_FOREVER;
			l->target = target;
			fasync_message(l->file, l->fd);
		}
		first = MIN(first, l->deadline_ns);
	}
	return first;
}

/* Those whose time is over become what they were to become. */
static void expire(struct inode *i)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);

	for (struct lease **at = &i->leases; *at;) {
		struct lease *l = *at;

		if (l->target != l->type && l->deadline_ns <= now) {
			l->type = l->target;
			if (l->type == F_UNLCK) {
				lease_end(at);
				continue;
			}
		}
		at = &l->next;
	}
	waitq_wake(&changed, EPOLLIN);
}

int lease_break(struct inode *i, bool write, bool nonblock)
{
	int ret = 0;

	while (any_in_the_way(i, write)) {
		u64 deadline = tell(i, write);

		if (nonblock)
			return -EWOULDBLOCK;
		ret = wait_event_until(&changed, !any_in_the_way(i, write), deadline);
		if (ret == -EINTR)
			return -ERESTARTSYS;
		if (ret == -ETIMEDOUT)
			expire(i);
	}
	return 0;
}
