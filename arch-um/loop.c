/*
 * The event loop: one epoll set that holds every os_watch, a signalfd for the host signals skiff
 * handles, and the next kernel timer as the wait's timeout. It alone calls into the kernel from
 * outside; the kernel runs until no coroutine is runnable, then the loop waits again. epoll(7).
 *
 * The seccomp listener is polled directly, beside the epoll set: epoll's wake-up loses the wish of
 * its caller to have us woken on his CPU, and a wake-up across CPUs costs ten times a local one.
 */
#include "arch-um/loop.h"

#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define BATCH 16

static int epfd = -1;
static struct os_watch *direct; /* the one polled outside the epoll set */
static struct os_watch signal_watch;
static void (*signal_fn)(int sig);
static struct epoll_event batch[BATCH];
static int batch_nr;

static void signals_ready(struct os_watch *w, short revents)
{
	struct signalfd_siginfo si[4];
	ssize_t n = read(w->hfd, si, sizeof(si));

	for (ssize_t i = 0; i < n / (ssize_t)sizeof(si[0]) && signal_fn; i++)
		signal_fn((int)si[i].ssi_signo);
}

int loop_init(void)
{
	static const int handled[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGUSR1};
	sigset_t set;
	int fd;

	epfd = epoll_create1(EPOLL_CLOEXEC);
	if (epfd < 0)
		return -errno;
	sigemptyset(&set);
	for (unsigned i = 0; i < ARRAY_SIZE(handled); i++)
		sigaddset(&set, handled[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	signal_watch = (struct os_watch){.hfd = fd, .events = POLLIN, .ready = signals_ready};
	return os_watch_add(&signal_watch);
}

void loop_on_signal(void (*fn)(int sig))
{
	signal_fn = fn;
}

/* poll and epoll share the values of the basic event bits. */
static int watch_ctl(struct os_watch *w, int op)
{
	struct epoll_event ev = {.events = (u32)(u16)w->events, .data.ptr = w};

	return epoll_ctl(epfd, op, w->hfd, &ev) < 0 ? -errno : 0;
}

int os_watch_add(struct os_watch *w)
{
	return watch_ctl(w, EPOLL_CTL_ADD);
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

void os_watch_direct(struct os_watch *w)
{
	direct = w;
}

/* The time until the next kernel timer; NULL: none. */
static struct timespec *timer_timeout(struct timespec *ts)
{
	u64 deadline = kernel_next_timer_ns(), now, left;

	if (deadline == UINT64_MAX)
		return NULL;
	now = os_clock_ns(OS_CLOCK_MONOTONIC);
	left = deadline > now ? deadline - now : 0;
	ts->tv_sec = (time_t)(left / NSEC_PER_SEC);
	ts->tv_nsec = (long)(left % NSEC_PER_SEC);
	return ts;
}

static void dispatch_epoll(void)
{
	batch_nr = epoll_wait(epfd, batch, BATCH, 0);
	for (int i = 0; i < batch_nr; i++) {
		struct os_watch *w = batch[i].data.ptr;

		if (w)
			w->ready(w, (short)batch[i].events);
	}
	batch_nr = 0;
}

static void loop_step(void)
{
	struct pollfd p[2] = {{epfd, POLLIN, 0}, {direct ? direct->hfd : -1, POLLIN, 0}};
	struct timespec ts;
	u64 deadline;

	if (ppoll(p, direct ? 2 : 1, timer_timeout(&ts), NULL) < 0 && errno != EINTR) {
		perror("skiff: ppoll");
		os_panic();
	}
	if (p[1].revents)
		direct->ready(direct, p[1].revents);
	if (p[0].revents)
		dispatch_epoll();
	deadline = kernel_next_timer_ns();
	if (deadline != UINT64_MAX && deadline <= os_clock_ns(OS_CLOCK_MONOTONIC))
		kernel_run_timers();
}

void loop_run(void)
{
	for (;;) {
		kernel_run();
		loop_step();
	}
}
