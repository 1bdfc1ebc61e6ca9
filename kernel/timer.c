/*
 * Kernel timers: a binary min-heap of deadlines, index 1 being the earliest. The event loop asks
 * for the next deadline and calls kernel_run_timers() when it has passed.
 */
#include "kernel/timer.h"

#include "kernel/ns.h"
#include "kernel/os.h"

static struct timer **heap; /* heap[1..nr] */
static size_t nr, cap;

static void heap_set(size_t i, struct timer *t)
{
	heap[i] = t;
	t->heap_index = i;
}

static void sift_up(size_t i, struct timer *t)
{
	while (i > 1 && heap[i / 2]->deadline_ns > t->deadline_ns) {
		heap_set(i, heap[i / 2]);
		i /= 2;
	}
	heap_set(i, t);
}

static void sift_down(size_t i, struct timer *t)
{
	while (2 * i <= nr) {
		size_t c = 2 * i;

		if (c < nr && heap[c + 1]->deadline_ns < heap[c]->deadline_ns)
			c++;
		if (heap[c]->deadline_ns >= t->deadline_ns)
			break;
		heap_set(i, heap[c]);
		i = c;
	}
	heap_set(i, t);
}

int timer_arm(struct timer *t, u64 deadline_ns)
{
	timer_cancel(t);
	if (nr + 1 >= cap) {
		size_t n = cap ? cap * 2 : 64;
		struct timer **h = realloc(heap, n * sizeof(*h));

		if (!h)
			return -ENOMEM;
		heap = h;
		cap = n;
	}
	t->deadline_ns = deadline_ns;
	sift_up(++nr, t);
	return 0;
}

void timer_cancel(struct timer *t)
{
	size_t i = t->heap_index;
	struct timer *last;

	if (!i)
		return;
	t->heap_index = 0;
	last = heap[nr--];
	if (last == t)
		return;
	if (i > 1 && heap[i / 2]->deadline_ns > last->deadline_ns)
		sift_up(i, last);
	else
		sift_down(i, last);
}

u64 kernel_next_timer_ns(void)
{
	return nr ? heap[1]->deadline_ns : UINT64_MAX;
}

void kernel_run_timers(void)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC);

	while (nr && heap[1]->deadline_ns <= now) {
		struct timer *t = heap[1];

		timer_cancel(t);
		t->fn(t);
		current_net = &init_net_ns; /* the timer may have set another */
	}
}
