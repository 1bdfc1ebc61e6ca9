/*
 * Windows: pieces of host files mapped into the kernel, so that a large read by a guest is one copy
 * from the page cache into its memory instead of two. hostfs asks for them. A window belongs to one
 * state of one file: device, inode number and both change times are its key, so a file that has
 * changed gets a new one. Nothing but guest_write & co may look at the bytes: where a file has been
 * cut meanwhile those fail, while an access of our own would be SIGBUS. Windows that are not used
 * for a while are unmapped, so that an idle machine pays for none.
 */
#include "arch-um/loop.h"
#include "kernel/timer.h"

#include <sys/mman.h>

#define WINDOW_SIZE (4ul << 20)
#define NR_WINDOWS 16u
#define STEP (64ul << 10) /* what is brought in at once */
#define IDLE_NS (2 * NSEC_PER_SEC)

struct window {
	char *at; /* NULL: free */
	u64 dev, ino, start;
	struct timespec mtime, ctime;
	u64 last_use; /* of use_count */
	u64 present;  /* bit per STEP */
};

static struct window windows[NR_WINDOWS];
static u64 use_count, swept_count;
static struct timer sweep_timer;

static void window_drop(struct window *w)
{
	munmap(w->at, WINDOW_SIZE);
	w->at = NULL;
}

/* Unmaps what has not been used since the last time. */
static void sweep(struct timer *t)
{
	bool left = false;

	for (unsigned i = 0; i < NR_WINDOWS; i++) {
		struct window *w = &windows[i];

		if (w->at && w->last_use <= swept_count)
			window_drop(w);
		left |= w->at != NULL;
	}
	swept_count = use_count;
	if (left)
		timer_arm(t, os_clock_ns(OS_CLOCK_MONOTONIC) + IDLE_NS);
}

static bool time_equal(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool window_is(const struct window *w, const struct stat *st, u64 start)
{
	return w->at && w->ino == st->st_ino && w->start == start && w->dev == st->st_dev &&
	       time_equal(&w->mtime, &st->st_mtim) && time_equal(&w->ctime, &st->st_ctim);
}

static int window_map(struct window *w, int hfd, const struct stat *st, u64 start)
{
	void *at = mmap(NULL, WINDOW_SIZE, PROT_READ, MAP_SHARED, hfd, (off_t)start);

	if (at == MAP_FAILED)
		return -errno;
	if (w->at)
		window_drop(w);
	*w = (struct window){.at = at,
		.dev = st->st_dev,
		.ino = st->st_ino,
		.start = start,
		.mtime = st->st_mtim,
		.ctime = st->st_ctim};
	if (!timer_armed(&sweep_timer)) {
		sweep_timer.fn = sweep;
		timer_arm(&sweep_timer, os_clock_ns(OS_CLOCK_MONOTONIC) + IDLE_NS);
	}
	return 0;
}

static int window_find(int hfd, const struct stat *st, u64 start, struct window **out)
{
	struct window *oldest = &windows[0];

	for (unsigned i = 0; i < NR_WINDOWS; i++) {
		if (window_is(&windows[i], st, start)) {
			*out = &windows[i];
			return 0;
		}
		if (oldest->at && (!windows[i].at || windows[i].last_use < oldest->last_use))
			oldest = &windows[i];
	}
	*out = oldest;
	return window_map(oldest, hfd, st, start);
}

/* One call brings in many pages, where the copy would fault for every few of them. */
static void window_populate(struct window *w, u64 off, size_t len)
{
	u64 first = off / STEP, end = (off + len + STEP - 1) / STEP;

	while (first < end && (w->present >> first & 1))
		first++;
	if (first == end)
		return;
	madvise(w->at + first * STEP, (end - first) * STEP, MADV_POPULATE_READ);
	for (; first < end; first++)
		w->present |= 1ull << first;
}

ssize_t os_map_read(int hfd, u64 pos, size_t len, const void **data)
{
	u64 start = ALIGN_DOWN(pos, WINDOW_SIZE);
	struct window *w;
	struct stat st;
	int err;

	if (fstat(hfd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (pos >= (u64)st.st_size)
		return 0;
	err = window_find(hfd, &st, start, &w);
	if (err < 0)
		return err;
	len = MIN(len, (size_t)(start + WINDOW_SIZE - pos));
	len = MIN(len, (size_t)((u64)st.st_size - pos));
	w->last_use = ++use_count;
	window_populate(w, pos - start, len);
	*data = w->at + (pos - start);
	return (ssize_t)len;
}
