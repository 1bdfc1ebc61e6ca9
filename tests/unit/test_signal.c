/* Signals without a guest: queues, dispositions, masks, choice of the thread; and wait4 on children
 * in every state. Tasks are made by hand; no coroutine runs. */
#include "kernel/exit.h"
#include "kernel/pid.h"
#include "kernel/sigqueue.h"
#include "kernel/task.h"

#include <check.h>

#define RT 34

long sys_wait4(int pid, uaddr_t ustatus, int options, uaddr_t ru);

static struct tgroup *first, *proc;
static struct task *init_task, *task;

static struct task *make_task(struct tgroup *tg, struct sighand *sh)
{
	struct task *t = task_alloc();

	ck_assert_ptr_nonnull(t);
	t->cred = cred_root();
	t->sighand = sh ? sighand_get(sh) : sighand_create();
	ck_assert_int_eq(task_register(t, tg, pid_alloc()), 0);
	return t;
}

static struct tgroup *make_process(struct tgroup *parent, struct task **t)
{
	struct tgroup *tg = tgroup_alloc();

	ck_assert_ptr_nonnull(tg);
	tg->exit_signal = SIGCHLD;
	tg->rlim[RLIMIT_SIGPENDING] = (struct rlimit){100, 100};
	tg->rlim[RLIMIT_CPU] = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
	*t = make_task(tg, NULL);
	tg->pgid = tg->sid = parent ? parent->sid : tg->pid;
	tg->parent = parent;
	if (parent)
		list_add_tail(&tg->sibling, &parent->children);
	return tg;
}

static void free_task(struct task *t)
{
	sighand_put(t->sighand);
	cred_put(t->cred);
	task_free(t);
}

static void free_process(struct tgroup *tg)
{
	while (!list_empty(&tg->tasks))
		free_task(list_first(&tg->tasks, struct task, tg_link));
	tgroup_unhash(tg);
}

static void setup(void)
{
	first = make_process(NULL, &init_task);
	init_tg = first;
	proc = make_process(first, &task);
	current = init_task;
}

static void teardown(void)
{
	current = NULL;
	ck_assert_uint_eq(sigqueue_user_count(0), 0); /* every queued signal was taken */
	if (proc)
		free_process(proc);
	free_process(first);
	ck_assert(list_empty(&all_tgroups));
}

static void handler(int sig, uaddr_t h)
{
	struct abi_sigaction sa = {.handler = h};

	signal_set_action(task, sig, &sa);
}

static int take(sigmask_t set, siginfo_t *info)
{
	siginfo_t scratch;

	return signal_dequeue(task, set, info ? info : &scratch);
}

static int queue_value(int sig, int value)
{
	siginfo_t info;

	siginfo_user(&info, sig);
	info.si_code = SI_QUEUE;
	info.si_value.sival_int = value;
	return signal_send_task(task, sig, &info);
}

START_TEST(standard_signals_are_queued_once)
{
	task->blocked = ~0ull;
	ck_assert_int_eq(queue_value(SIGUSR1, 1), 0);
	ck_assert_int_eq(queue_value(SIGUSR1, 2), 0);
	ck_assert_int_eq(take(~0ull, NULL), SIGUSR1);
	ck_assert_int_eq(take(~0ull, NULL), 0);
}
END_TEST

START_TEST(realtime_signals_keep_number_and_order)
{
	siginfo_t info;

	task->blocked = ~0ull;
	for (int i = 0; i < 3; i++) {
		queue_value(RT + 1, i);
		queue_value(RT, i);
	}
	for (int i = 0; i < 6; i++) {
		ck_assert_int_eq(take(~0ull, &info), i < 3 ? RT : RT + 1);
		ck_assert_int_eq(info.si_value.sival_int, i % 3);
	}
	ck_assert_uint_eq(signal_pending_set(task), 0);
}
END_TEST

START_TEST(faults_come_before_lower_numbers)
{
	task->blocked = ~0ull;
	queue_value(SIGHUP, 0);
	queue_value(SIGSEGV, 0);
	ck_assert_int_eq(take(~0ull, NULL), SIGSEGV);
	ck_assert_int_eq(take(~0ull, NULL), SIGHUP);
}
END_TEST

START_TEST(ignored_signals_are_dropped_unless_blocked)
{
	signal_send_group(proc, SIGCHLD, NULL);
	ck_assert_uint_eq(signal_pending_set(task), 0);
	signal_set_blocked(task, SIGBIT(SIGCHLD));
	signal_send_group(proc, SIGCHLD, NULL);
	ck_assert_uint_eq(signal_pending_set(task), SIGBIT(SIGCHLD));
	ck_assert(!signal_pending(task));
	take(~0ull, NULL);
}
END_TEST

START_TEST(ignoring_a_signal_discards_it)
{
	task->blocked = ~0ull;
	queue_value(SIGUSR1, 0);
	signal_send_group(proc, SIGUSR1, NULL);
	handler(SIGUSR1, 1);
	ck_assert_uint_eq(signal_pending_set(task), 0);
}
END_TEST

START_TEST(stop_and_continue_cancel_each_other)
{
	task->blocked = ~0ull & ~SIGBIT(SIGKILL) & ~SIGBIT(SIGSTOP);
	signal_send_group(proc, SIGTSTP, NULL);
	signal_send_group(proc, SIGTTIN, NULL);
	signal_send_group(proc, SIGCONT, NULL);
	ck_assert_uint_eq(signal_pending_set(task), SIGBIT(SIGCONT));
	signal_send_group(proc, SIGTTOU, NULL);
	ck_assert_uint_eq(signal_pending_set(task), SIGBIT(SIGTTOU));
	take(~0ull, NULL);
}
END_TEST

START_TEST(realtime_signals_stop_at_the_limit)
{
	proc->rlim[RLIMIT_SIGPENDING].rlim_cur = 2;
	task->blocked = ~0ull;
	ck_assert_int_eq(queue_value(RT, 0), 0);
	ck_assert_int_eq(queue_value(RT, 1), 0);
	ck_assert_int_eq(queue_value(RT, 2), -EAGAIN);
	ck_assert_int_eq(signal_send_task(task, SIGTERM, NULL), 0);
	while (take(~0ull, NULL))
		;
	ck_assert_uint_eq(sigqueue_user_count(0), 0);
}
END_TEST

START_TEST(kill_and_stop_cannot_be_blocked)
{
	signal_set_blocked(task, ~0ull);
	ck_assert_uint_eq(task->blocked & (SIGBIT(SIGKILL) | SIGBIT(SIGSTOP)), 0);
}
END_TEST

START_TEST(process_signal_goes_to_a_thread_that_takes_it)
{
	struct task *other = make_task(proc, task->sighand);

	handler(SIGUSR1, 0x1000);
	signal_set_blocked(task, SIGBIT(SIGUSR1));
	signal_send_group(proc, SIGUSR1, NULL);
	ck_assert(!signal_pending(task));
	ck_assert(signal_pending(other));
	take(~0ull, NULL);
}
END_TEST

START_TEST(blocking_hands_a_pending_signal_to_another_thread)
{
	struct task *other = make_task(proc, task->sighand);

	handler(SIGUSR1, 0x1000);
	signal_send_group(proc, SIGUSR1, NULL);
	ck_assert(signal_pending(task));
	ck_assert(!signal_pending(other));
	signal_set_blocked(task, SIGBIT(SIGUSR1));
	ck_assert(!signal_pending(task));
	ck_assert(signal_pending(other));
	take(~0ull, NULL);
}
END_TEST

START_TEST(init_is_immune_to_default_actions_from_inside)
{
	siginfo_t info;

	siginfo_user(&info, SIGTERM);
	info.si_pid = task->tid;
	signal_send_group(first, SIGTERM, &info);
	info.si_signo = SIGKILL;
	signal_send_group(first, SIGKILL, &info);
	ck_assert(!first->exiting);
	ck_assert_uint_eq(signal_pending_set(init_task), 0);
}
END_TEST

START_TEST(forced_signal_overrides_block_and_ignore)
{
	siginfo_t info;

	handler(SIGSEGV, 1);
	signal_set_blocked(task, ~0ull);
	siginfo_kernel(&info, SIGSEGV);
	task->embryo = true; /* its end is only noted */
	signal_force(task, SIGSEGV, &info);
	ck_assert(proc->exiting);
	ck_assert_int_eq(proc->exit_status, SIGSEGV);
	take(~0ull, NULL);
}
END_TEST

/* ---- wait ---- */

static void make_zombie(int status)
{
	free_task(task);
	proc->exiting = true;
	proc->exit_status = status;
	proc->state = TG_ZOMBIE;
}

START_TEST(wait_without_children_is_echild)
{
	current = task;
	ck_assert_int_eq(sys_wait4(-1, 0, WNOHANG, 0), -ECHILD);
	current = init_task;
	ck_assert_int_eq(sys_wait4(-1, 0, WNOHANG, 0), 0);
	ck_assert_int_eq(sys_wait4(4711, 0, WNOHANG, 0), -ECHILD);
	ck_assert_int_eq(sys_wait4(-1, 0, WNOHANG | __WCLONE, 0), -ECHILD);
}
END_TEST

START_TEST(wait_reaps_a_zombie_and_adds_its_usage)
{
	pid_t pid = proc->pid;

	proc->usage.utime_ns = 5;
	proc->child_usage.utime_ns = 7;
	make_zombie(3 << 8);
	ck_assert_int_eq(sys_wait4(pid, 0, 0, 0), pid);
	proc = NULL;
	ck_assert_ptr_null(tgroup_find(pid));
	ck_assert_uint_eq(first->child_usage.utime_ns, 12);
	ck_assert_int_eq(sys_wait4(-1, 0, WNOHANG, 0), -ECHILD);
}
END_TEST

START_TEST(wait_reports_a_stop_once)
{
	proc->state = TG_STOPPED;
	proc->stop_sig = SIGTSTP;
	ck_assert_int_eq(sys_wait4(-1, 0, WNOHANG, 0), 0);
	ck_assert_int_eq(sys_wait4(-1, 0, WNOHANG | WUNTRACED, 0), proc->pid);
	ck_assert_int_eq(sys_wait4(-1, 0, WNOHANG | WUNTRACED, 0), 0);
}
END_TEST

START_TEST(continue_of_a_stopped_process_is_reported)
{
	proc->state = TG_STOPPED;
	proc->stop_sig = SIGSTOP;
	signal_send_group(proc, SIGCONT, NULL);
	ck_assert_int_eq(proc->state, TG_ALIVE);
	ck_assert_int_eq(sys_wait4(-1, 0, WNOHANG | WUNTRACED, 0), 0);
	ck_assert_int_eq(sys_wait4(-1, 0, WNOHANG | WCONTINUED, 0), proc->pid);
	ck_assert_int_eq(sys_wait4(-1, 0, WNOHANG | WCONTINUED, 0), 0);
	signal_dequeue(init_task, ~0ull, &(siginfo_t){0});
}
END_TEST

START_TEST(orphaned_means_no_parent_elsewhere_in_the_session)
{
	proc->pgid = proc->pid;
	ck_assert(!pgrp_is_orphaned(proc->pgid));
	proc->sid = proc->pid;
	ck_assert(pgrp_is_orphaned(proc->pgid));
	ck_assert(pgrp_is_orphaned(first->pgid));
}
END_TEST

Suite *suite_signal(void);
Suite *suite_signal(void)
{
	Suite *s = suite_create("signal");
	TCase *q = tcase_create("queues"), *w = tcase_create("wait");

	tcase_add_checked_fixture(q, setup, teardown);
	tcase_add_test(q, standard_signals_are_queued_once);
	tcase_add_test(q, realtime_signals_keep_number_and_order);
	tcase_add_test(q, faults_come_before_lower_numbers);
	tcase_add_test(q, ignored_signals_are_dropped_unless_blocked);
	tcase_add_test(q, ignoring_a_signal_discards_it);
	tcase_add_test(q, stop_and_continue_cancel_each_other);
	tcase_add_test(q, realtime_signals_stop_at_the_limit);
	tcase_add_test(q, kill_and_stop_cannot_be_blocked);
	tcase_add_test(q, process_signal_goes_to_a_thread_that_takes_it);
	tcase_add_test(q, blocking_hands_a_pending_signal_to_another_thread);
	tcase_add_test(q, init_is_immune_to_default_actions_from_inside);
	tcase_add_test(q, forced_signal_overrides_block_and_ignore);
	tcase_add_checked_fixture(w, setup, teardown);
	tcase_add_test(w, wait_without_children_is_echild);
	tcase_add_test(w, wait_reaps_a_zombie_and_adds_its_usage);
	tcase_add_test(w, wait_reports_a_stop_once);
	tcase_add_test(w, continue_of_a_stopped_process_is_reported);
	tcase_add_test(w, orphaned_means_no_parent_elsewhere_in_the_session);
	suite_add_tcase(s, q);
	suite_add_tcase(s, w);
	return s;
}
