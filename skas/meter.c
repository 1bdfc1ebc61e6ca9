/*
 * CPU time of guest processes: the host's clock of each, and a one-shot timer on that clock that
 * tells when a process that has been idle uses CPU time again. Such timers cost nothing while it
 * does not. clock_getcpuclockid(3), timer_create(2).
 */
#include "skas/skas.h"

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static clockid_t clock_of(pid_t pid)
{
	return (clockid_t)((~(unsigned)pid << 3) | 2);
}

u64 guest_cpu_ns(struct task *t)
{
	struct timespec ts;

	if (t->guest->proc->dead || t->guest->proc->pid <= 0 ||
		clock_gettime(clock_of(t->guest->proc->pid), &ts) < 0)
		return 0;
	return (u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec;
}

int guest_watch_cpu(struct task *t)
{
	struct host_process *p = t->guest->proc;
	struct sigevent ev = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGVTALRM};
	struct itimerspec soon = {.it_value.tv_nsec = 1};

	if (p->dead || p->pid <= 0)
		return 0;
	if (!p->has_cpu_timer) {
		ev._sigev_un._tid = (pid_t)syscall(SYS_gettid);
		if (timer_create(clock_of(p->pid), &ev, &p->cpu_timer) < 0)
			return -errno;
		p->has_cpu_timer = true;
	}
	return timer_settime(p->cpu_timer, 0, &soon, NULL) < 0 ? -errno : 0;
}

void process_unwatch_cpu(struct host_process *p)
{
	if (p->has_cpu_timer)
		timer_delete(p->cpu_timer);
	p->has_cpu_timer = false;
}
