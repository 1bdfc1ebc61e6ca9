/*
 * The event loop. The guest's calls are what it must hear of fastest, so it blocks right in the
 * call that receives them (the direct watch). All else interrupts that call: host signals and the
 * kernel timer as signals, other descriptors through a thread that waits for them in an epoll set.
 * It alone calls into the kernel from outside; the kernel runs until no coroutine is runnable.
 */
#include "arch-um/loop.h"

#include "arch-um/attention.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#define BATCH 16

static int epfd = -1;
static bool (*direct)(bool block);
static u64 direct_deadline = UINT64_MAX;
static void (*signal_fn)(int sig);
static struct epoll_event batch[BATCH];
static int batch_nr;

static pthread_mutex_t watcher_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t watcher_again = PTHREAD_COND_INITIALIZER;
static bool watcher_started, watcher_told, watcher_wanted, running;

static u64 signal_bit(int sig)
{
	return 1ull << (sig - 1);
}

int loop_init(void)
{
	epfd = epoll_create1(EPOLL_CLOEXEC);
	if (epfd < 0)
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	return attention_init(signal_bit(SIGCHLD) | signal_bit(SIGINT) | signal_bit(SIGTERM) |
			      signal_bit(SIGHUP) | signal_bit(SIGQUIT) | signal_bit(SIGWINCH) |
			      signal_bit(SIGUSR1) | signal_bit(SIGVTALRM));
}

void loop_on_signal(void (*fn)(int sig))
{
	signal_fn = fn;
}

/* ---- watches: a thread waits for them, as the loop blocks elsewhere ---- */

/* Tells the loop that a watch is ready, then waits until the loop has looked at them all. */
static void *watcher(void *unused)
{
	struct pollfd p = {epfd, POLLIN, 0};

	for (;;) {
		if (poll(&p, 1, -1) <= 0)
			continue;
		pthread_mutex_lock(&watcher_lock);
		watcher_told = true;
		attention_raise_watch();
		while (watcher_told)
			pthread_cond_wait(&watcher_again, &watcher_lock);
		pthread_mutex_unlock(&watcher_lock);
	}
	return NULL;
}

static int watcher_start(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&thread, &attr, watcher, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	watcher_started = !err;
	return -err;
}

/* poll and epoll share the values of the basic event bits. */
static int watch_ctl(struct os_watch *w, int op)
{
	struct epoll_event ev = {.events = (u32)(u16)w->events, .data.ptr = w};

	return epoll_ctl(epfd, op, w->hfd, &ev) < 0 ? -errno : 0;
}

int os_watch_add(struct os_watch *w)
{
	int err = 0;

	/* No thread before the loop runs: it must be confined as skiff is by then. */
	watcher_wanted = true;
	if (running && !watcher_started)
		err = watcher_start();
	return err ? err : watch_ctl(w, EPOLL_CTL_ADD);
}

void os_watch_update(struct os_watch *w)
{
	watch_ctl(w, EPOLL_CTL_MOD);
}

void os_watch_del(struct os_watch *w)
{
	watch_ctl(w, EPOLL_CTL_DEL);
	for (int i = 0; i < batch_nr; i++)
		if (batch[i].data.ptr == w)
			batch[i].data.ptr = NULL;
}

void os_watch_direct(bool (*receive)(bool block))
{
	direct = receive;
}

void os_watch_deadline(u64 ns)
{
	direct_deadline = ns;
}

static bool watches_due; /* the watcher has told of one and waits */

/* false: none was ready; the watcher waits for the next. */
static bool dispatch_watches(void)
{
	bool any;

	batch_nr = epoll_wait(epfd, batch, BATCH, 0);
	any = batch_nr > 0;
	for (int i = 0; i < batch_nr; i++) {
		struct os_watch *w = batch[i].data.ptr;

		if (w)
			w->ready(w, (short)batch[i].events);
	}
	batch_nr = 0;
	if (any)
		return true;
	watches_due = false;
	pthread_mutex_lock(&watcher_lock);
	watcher_told = false;
	pthread_cond_signal(&watcher_again);
	pthread_mutex_unlock(&watcher_lock);
	return false;
}

/* ---- the loop ---- */

static void dispatch_attention(u64 bits)
{
	u64 deadline = kernel_next_timer_ns();

	if (bits & ATTENTION_WATCH)
		watches_due = true;
	bits &= ~(ATTENTION_WATCH | ATTENTION_TIMER);
	for (int sig = 1; bits; sig++, bits >>= 1)
		if (bits & 1)
			signal_fn(sig);
	if (deadline != UINT64_MAX && deadline <= os_clock_ns(OS_CLOCK_MONOTONIC))
		kernel_run_timers();
}

/* Coroutines with long work let others go first: whatever waits is taken without blocking. */
static void yielded_run(void)
{
	for (int i = 0; i < BATCH && direct && direct(false); i++)
		kernel_run();
	kernel_run_yielded();
}

/* While watches keep getting ready (packets on a busy link) they are looked at right here, in turn
 * with the guest's calls: the way through the watcher costs a switch to its CPU. */
static bool watches_run(void)
{
	if (!dispatch_watches())
		return false;
	kernel_run();
	yielded_run();
	return true;
}

void loop_run(void)
{
	running = true;
	if (watcher_wanted && watcher_start() < 0)
		os_panic();
	for (;;) {
		u64 bits = attention_take();

		if (bits) {
			dispatch_attention(bits);
			kernel_run();
		}
		attention_timer(MIN(kernel_next_timer_ns(), direct_deadline));
		if (watches_due && watches_run())
			continue;
		if (kernel_yielded()) {
			yielded_run();
			continue;
		}
		if (direct)
			direct(true);
		else
			attention_wait();
		kernel_run();
	}
}
