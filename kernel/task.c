/*
 * Tasks and thread groups: allocation, the pid tables, and the dump of everything. A task is in the
 * tid table from registration until task_free(); a group until tgroup_unhash(). pids come from one
 * counter and are unique among tasks, zombies, process groups and sessions.
 */
#include "kernel/task.h"

#include "fs/fdtable.h"
#include "kernel/aio.h"
#include "kernel/cgroup.h"
#include "kernel/coredump.h"
#include "kernel/ipc/shm.h"
#include "kernel/keys/key.h"
#include "kernel/lib/log.h"
#include "kernel/meter.h"
#include "kernel/os.h"
#include "kernel/pid_ns.h"
#include "kernel/ptrace.h"
#include "kernel/syscall.h"
#include "kernel/trace/trace.h"

#include <stdio.h>

struct tgroup *init_tg;
struct list_head all_tgroups = LIST_HEAD_INIT(all_tgroups);
unsigned nr_tasks_total, nr_tasks_max = PID_MAX - 300;
u64 nr_forks;

static struct htab tasks_by_tid, tgroups_by_pid;
static struct waitq started_wait = WAITQ_INIT(started_wait);
u32 last_pid;

struct task *task_find(pid_t tid)
{
	struct hnode *n = htab_first(&tasks_by_tid, hash_u64((u64)tid));

	for (; n; n = htab_next(n)) {
		struct task *t = container_of(n, struct task, hash);

		if (t->tid == tid)
			return t;
	}
	return NULL;
}

struct tgroup *tgroup_find(pid_t pid)
{
	struct hnode *n = htab_first(&tgroups_by_pid, hash_u64((u64)pid));

	for (; n; n = htab_next(n)) {
		struct tgroup *tg = container_of(n, struct tgroup, hash);

		if (tg->pid == pid)
			return tg;
	}
	return NULL;
}

bool pgrp_exists(pid_t pgid)
{
	struct tgroup *tg;

	list_for_each_entry (tg, &all_tgroups, all_link)
		if (tg->pgid == pgid)
			return true;
	return false;
}

bool pid_in_use(pid_t pid)
{
	struct tgroup *tg;

	if (task_find(pid) || tgroup_find(pid))
		return true;
	list_for_each_entry (tg, &all_tgroups, all_link)
		if (tg->pgid == pid || tg->sid == pid)
			return true;
	return false;
}

pid_t pid_alloc(void)
{
	for (int tries = 0; tries < PID_MAX; tries++) {
		if (++last_pid >= PID_MAX) {
			last_pid = 300; /* low numbers stay with early daemons, as on Linux */
		}
		if (!pid_in_use((pid_t)last_pid))
			return (pid_t)last_pid;
	}
	return -EAGAIN;
}

struct task *task_alloc(void)
{
	struct task *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	list_init(&t->tg_link);
	sigpending_init(&t->pending);
	waitq_init(&t->vfork_wait);
	waitq_init(&t->trace_wait);
	list_init(&t->tracees);
	t->altstack.flags = SS_DISABLE;
	t->timerslack_ns = t->timerslack_default_ns = 50000;
	t->start_ns = os_clock_ns(OS_CLOCK_BOOTTIME);
	return t;
}

struct tgroup *tgroup_alloc(void)
{
	struct tgroup *tg = calloc(1, sizeof(*tg));

	if (!tg)
		return NULL;
	tg->refs = 1;
	list_init(&tg->all_link);
	list_init(&tg->tasks);
	list_init(&tg->children);
	list_init(&tg->sibling);
	list_init(&tg->posix_timers);
	waitq_init(&tg->wait_child);
	waitq_init(&tg->exit_wait);
	waitq_init(&tg->stop_wait);
	waitq_init(&tg->threads_wait);
	sigpending_init(&tg->pending);
	tg->start_ns = os_clock_ns(OS_CLOCK_BOOTTIME);
	return tg;
}

struct tgroup *tgroup_get(struct tgroup *tg)
{
	tg->refs++;
	return tg;
}

void tgroup_put(struct tgroup *tg)
{
	if (--tg->refs)
		return;
	sigpending_flush(&tg->pending);
	cgroup_release(tg);
	key_put(tg->keyring);
	if (tg->pid_ns)
		ns_put(&tg->pid_ns->ns);
	free(tg);
}

void task_started(struct task *t)
{
	t->started = true;
	waitq_wake(&started_wait, 0);
}

int task_wait_started(pid_t tid)
{
	struct task *t;

	return wait_event(&started_wait, !(t = task_find(tid)) || t->started) < 0 ? -EINTR : 0;
}

int task_register(struct task *t, struct tgroup *tg, pid_t tid)
{
	t->tid = tid;
	if (htab_insert(&tasks_by_tid, &t->hash, hash_u64((u64)tid)) < 0)
		return -ENOMEM;
	if (!tg->pid) {
		tg->pid = tid;
		if (htab_insert(&tgroups_by_pid, &tg->hash, hash_u64((u64)tid)) < 0) {
			htab_remove(&tasks_by_tid, &t->hash);
			tg->pid = 0;
			return -ENOMEM;
		}
		tg->leader = t;
		list_add_tail(&tg->all_link, &all_tgroups);
		meter_process_new(tg);
	}
	t->tg = tg;
	list_add_tail(&t->tg_link, &tg->tasks);
	tg->nr_tasks++;
	nr_tasks_total++;
	nr_forks++;
	return 0;
}

void task_free(struct task *t)
{
	struct tgroup *tg = t->tg;

	htab_remove(&tasks_by_tid, &t->hash);
	cgroup_thread_gone(t);
	list_del(&t->tg_link);
	tg->nr_tasks--;
	nr_tasks_total--;
	if (!t->started)
		waitq_wake(&started_wait, 0);
	if (tg->leader == t) {
		memcpy(tg->exit_comm, t->comm, sizeof(tg->exit_comm));
		tg->leader = NULL;
	}
	calltrace_forget(t);
	sigpending_flush(&t->pending);
	trace_free(t);
	guest_release(t);
	if (t == current)
		sched_detach();
	free(t);
}

void tgroup_unhash(struct tgroup *tg)
{
	htab_remove(&tgroups_by_pid, &tg->hash);
	list_del(&tg->all_link);
	list_del(&tg->sibling);
	tgroup_put(tg);
}

void task_set_tid(struct task *t, pid_t tid)
{
	htab_remove(&tasks_by_tid, &t->hash);
	t->tid = tid;
	BUG_ON(htab_insert(&tasks_by_tid, &t->hash, hash_u64((u64)tid)) < 0);
	if (tid == t->tg->pid)
		t->tg->leader = t;
	trace_new_tid(t, tid);
}

pid_t task_ppid(const struct task *t)
{
	return t->tg->parent ? t->tg->parent->pid : 0;
}

struct mm *mm_create(void)
{
	struct mm *mm = calloc(1, sizeof(*mm));

	if (mm) {
		mm->refs = 1;
		mm->dumpable = true;
		mm->dump_filter = CORE_FILTER_DEFAULT;
		list_init(&mm->aio);
		list_init(&mm->shm_uses);
	}
	return mm;
}

struct mm *mm_copy(const struct mm *mm)
{
	struct mm *n = malloc(sizeof(*n));

	if (!n)
		return NULL;
	*n = *mm;
	n->refs = 1;
	list_init(&n->aio);
	list_init(&n->shm_uses);
	if (shm_mm_copy(n, mm) < 0) {
		free(n);
		return NULL;
	}
	if (n->exe) {
		file_get(n->exe);
		n->exe->inode->exec_users++;
	}
	return n;
}

struct mm *mm_get(struct mm *mm)
{
	mm->refs++;
	return mm;
}

void mm_put(struct mm *mm)
{
	if (!mm || --mm->refs)
		return;
	aio_mm_release(mm);
	shm_mm_release(mm);
	if (mm->exe) {
		mm->exe->inode->exec_users--;
		file_put(mm->exe);
	}
	free(mm);
}

size_t task_describe(struct task *t, char *buf, size_t size)
{
	static const char *const states[] = {
		[TASK_RUNNING] = "running",
		[TASK_INTERRUPTIBLE] = "sleeping",
		[TASK_UNINTERRUPTIBLE] = "uninterruptible",
		[TASK_STOPPED] = "stopped",
		[TASK_DEAD] = "dead",
	};
	u64 nr = t->event.nr;
	const char *name = nr < NR_SYSCALLS ? syscall_table[nr].name : NULL;
	int n;

	n = snprintf(buf, size, "%5d %5d %-15s %-9s %s %s%s%s, pending %#llx, blocked %#llx%s%s",
		t->tid, t->tg->pid, t->comm, states[t->state], t->coro ? "in" : "last",
		name ? name : "-", t->wchan ? ", sleeps in " : "", t->wchan ? t->wchan : "",
		(unsigned long long)signal_pending_set(t), (unsigned long long)signal_mask(t),
		t->sigpending_flag ? ", wanted" : "", t->kicked ? ", kicked" : "");
	return MIN((size_t)n, size - 1);
}

char task_state_char(struct task *t)
{
	if (task_trace_stopped(t))
		return 't';
	if (t->stopped)
		return 'T';
	switch (t->state) {
	case TASK_RUNNING:
		return t->coro && t == current ? 'R' : t->guest ? guest_state(t) : 'R';
	case TASK_INTERRUPTIBLE:
		return 'S';
	case TASK_UNINTERRUPTIBLE:
		return 'D';
	case TASK_STOPPED:
		return 'T';
	case TASK_DEAD:
		return 'X';
	}
	return 'R';
}
