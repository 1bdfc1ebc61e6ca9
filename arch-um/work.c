/*
 * Helper threads for host calls that may block (fsync, slow disks). A job's fn runs on a helper and
 * touches no kernel state; its done runs on the loop, announced through an eventfd. Helpers are
 * started on demand, block all signals, and end after a while without work.
 */
#include "kernel/os.h"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define HELPERS_MAX 4
#define IDLE_SECONDS 5

struct job {
	struct job *next;
	void (*fn)(void *);
	void (*done)(void *);
	void *arg;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static struct job *todo, **todo_tail = &todo, *finished;
static unsigned nr_helpers, nr_idle;
static struct os_watch done_watch = {.hfd = -1};

static void work_done(struct os_watch *w, short revents)
{
	struct job *j;
	u64 n;

	if (read(w->hfd, &n, sizeof(n)) < 0)
		return;
	pthread_mutex_lock(&lock);
	j = finished;
	finished = NULL;
	pthread_mutex_unlock(&lock);
	while (j) {
		struct job *next = j->next;

		j->done(j->arg);
		free(j);
		j = next;
	}
}

/* Takes the next job, or NULL after IDLE_SECONDS without one. Called with the lock held. */
static struct job *next_job(void)
{
	struct timespec until;
	struct job *j;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += IDLE_SECONDS;
	nr_idle++;
	while (!todo)
		if (pthread_cond_timedwait(&more, &lock, &until))
			break;
	nr_idle--;
	j = todo;
	if (j) {
		todo = j->next;
		if (!todo)
			todo_tail = &todo;
	}
	return j;
}

static void *helper(void *unused)
{
	struct job *j;
	u64 one = 1;

	pthread_mutex_lock(&lock);
	while ((j = next_job())) {
		pthread_mutex_unlock(&lock);
		j->fn(j->arg);
		pthread_mutex_lock(&lock);
		j->next = finished;
		finished = j;
		if (write(done_watch.hfd, &one, sizeof(one)) < 0)
			abort();
	}
	nr_helpers--;
	pthread_mutex_unlock(&lock);
	return NULL;
}

static int helper_start(void)
{
	sigset_t all, old;
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 64 * 1024);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&thread, &attr, helper, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return -err;
}

static int watch_init(void)
{
	int fd;

	if (done_watch.hfd >= 0)
		return 0;
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	done_watch = (struct os_watch){.hfd = fd, .events = POLLIN, .ready = work_done};
	return os_watch_add(&done_watch);
}

int os_work_submit(void (*fn)(void *), void (*done)(void *), void *arg)
{
	struct job *j;
	int err = watch_init();

	if (err < 0)
		return err;
	j = malloc(sizeof(*j));
	if (!j)
		return -ENOMEM;
	*j = (struct job){.fn = fn, .done = done, .arg = arg};
	pthread_mutex_lock(&lock);
	if (!nr_idle && nr_helpers < HELPERS_MAX) {
		err = helper_start();
		if (!err)
			nr_helpers++;
	}
	if (err && !nr_helpers) {
		pthread_mutex_unlock(&lock);
		free(j);
		return err;
	}
	*todo_tail = j;
	todo_tail = &j->next;
	pthread_cond_signal(&more);
	pthread_mutex_unlock(&lock);
	return 0;
}
