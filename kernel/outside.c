/*
 * What outside asks of the running machine (outside.h). A process from outside is cloned from the
 * nursery: a host process with nothing but the stub in it, made when the machine starts and stopped
 * there ever since. It has no parent in the guest (getppid is 0), pid 1 never sees it, and its end
 * is told to whoever started it. The terminal of one that has a tty is a guest pty whose master end
 * two workers connect with a host stream.
 */
#include "kernel/outside.h"

#include "fs/fdtable.h"
#include "kernel/exec.h"
#include "kernel/exit.h"
#include "kernel/init.h"
#include "kernel/pid.h"
#include "kernel/rlimit.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/tty/console.h"
#include "kernel/tty/hoststream.h"
#include "kernel/tty/pty.h"
#include "kernel/tty/tty.h"
#include "kernel/uaccess.h"
#include "kernel/usage.h"

#include <stdio.h>

static struct task *nursery; /* in no table: the guest cannot name it */
static struct fs_ctx *boot_fs;
static bool cloning; /* the nursery is at work for one at a time */
static struct waitq cloning_wait = WAITQ_INIT(cloning_wait);

/* ---- the nursery ---- */

int outside_init(void)
{
	struct guest_clone gc = {0};
	struct tgroup *tg = tgroup_alloc();
	struct task *t = task_alloc();
	int err;

	if (!t || !tg || task_init_first(t, tg, "nursery") < 0) {
		free(t);
		free(tg);
		return -ENOMEM;
	}
	t->tg = tg;
	t->fs = current->fs;
	t->fs->refs++;
	t->started = true;
	nursery = t;
	err = guest_clone(current, t, &gc);
	if (err < 0)
		nursery = NULL;
	boot_fs = current->fs;
	boot_fs->refs++;
	return err;
}

bool outside_is_nursery(const struct task *t)
{
	return t == nursery;
}

/* ---- jobs ---- */

static void job_main(void *arg)
{
	struct outside_job *j = arg;

	j->result = j->fn(j);
	j->done(j);
}

int outside_run(struct outside_job *j)
{
	if (!nursery)
		return -ENOSYS;
	if (nursery->coro)
		return -EBUSY;
	return sched_start_queued(nursery, job_main, j);
}

int outside_read_file(const char *path, char *buf, size_t size)
{
	struct file *f;
	size_t len = 0;
	ssize_t n = 0;
	int err = file_open(&current->fs->root, path, O_RDONLY, 0, &f);

	if (err < 0)
		return err;
	while (len + 1 < size) {
		struct uio u;

		uio_kernel(&u, buf + len, size - 1 - len);
		n = f->ops->read ? f->ops->read(f, &u, &f->pos) : -EINVAL;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	buf[len] = '\0';
	file_put(f);
	return n < 0 ? (int)n : 0;
}

/* ---- a terminal: a pty whose master end is a host stream ---- */

struct relay {
	struct file *from, *to;
};

static void relay_main(void *arg)
{
	struct relay *r = arg;
	u8 *buf = io_buffer_get();
	ssize_t n = buf ? 1 : 0;
	u64 pos = 0;

	while (n > 0) {
		struct uio u;

		uio_kernel(&u, buf, 4096);
		n = r->from->ops->read(r->from, &u, &pos);
		if (n <= 0)
			break;
		uio_kernel(&u, buf, (size_t)n);
		n = r->to->ops->write(r->to, &u, &pos);
	}
	if (buf)
		io_buffer_put(buf);
	file_put(r->from);
	file_put(r->to);
	free(r);
}

static int relay_start(struct file *from, struct file *to)
{
	struct relay *r = malloc(sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	*r = (struct relay){file_get(from), file_get(to)};
	err = sched_start_queued(NULL, relay_main, r);
	if (err < 0) {
		file_put(from);
		file_put(to);
		free(r);
	}
	return err;
}

static int terminal_open(struct outside_exec *x, struct file *out[3])
{
	struct file *host, *slave;
	int err = pty_open_pair(&x->master, &slave);

	if (err < 0)
		return err;
	outside_resize(x, x->rows, x->cols);
	err = hoststream_open(x->stream[0], O_RDWR, &host);
	if (!err) {
		err = relay_start(host, x->master);
		if (!err)
			err = relay_start(x->master, host);
		file_put(host);
	}
	if (err < 0) {
		file_put(slave);
		return err;
	}
	for (int fd = 0; fd < 3; fd++)
		out[fd] = file_get(slave);
	tty_set_controlling(tty_of(slave), current->tg);
	file_put(slave);
	return 0;
}

static int streams_open(struct outside_exec *x, struct file *out[3])
{
	int err = 0;

	for (int fd = 0; fd < 3 && !err; fd++) {
		err = hoststream_open(x->stream[fd], fd ? O_WRONLY : O_RDONLY, &out[fd]);
		for (int done = 0; err && done < fd; done++)
			file_put(out[done]);
	}
	return err;
}

void outside_resize(struct outside_exec *x, u16 rows, u16 cols)
{
	struct winsize ws = {.ws_row = rows, .ws_col = cols};

	if (x->master)
		pty_set_winsize(x->master, &ws);
}

/* ---- a process ---- */

static long fail(struct outside_exec *x, int err)
{
	x->err = err;
	group_exit(current->tg, 126 << 8);
	return 0;
}

long outside_child_start(struct task *t)
{
	struct outside_exec *x = t->tg->outside;
	struct file *f[3];
	long ret;
	int err;

	rlimit_host_data(t->tg); /* the nursery's are from its start */
	err = x->tty ? terminal_open(x, f) : streams_open(x, f);
	for (int i = 0; i < 3 && err >= 0; i++)
		err = fd_install_at(i, f[i], false);
	if (err >= 0)
		err = task_enter_cwd(t, x->cwd);
	if (!err)
		err = task_set_user(t, x->uid, x->gid);
	if (err < 0)
		return fail(x, err);
	x->started(x, t->tg->pid);
	ret = exec_kernel(x->argv[0], x->argv, x->envp);
	return ret == SYSCALL_NO_RESULT ? ret : fail(x, (int)ret);
}

void outside_ended(struct tgroup *tg)
{
	struct outside_exec *x = tg->outside;

	tg->outside = NULL;
	x->tg = NULL;
	if (x->master)
		file_put(x->master);
	x->master = NULL;
	x->ended(x, x->err ? exec_exit_status(x->err) : wait_status_to_exit(tg->exit_status),
		x->err ? exec_error_text(x->err) : NULL);
}

static int child_make(struct outside_exec *x, struct task **out)
{
	struct guest_clone gc = {0};
	struct task *t = task_create_first(x->argv[0]);

	if (!t)
		return -ENOMEM;
	t->fs = fs_ctx_copy(boot_fs);
	if (!t->fs)
		return -ENOMEM;
	t->tg->outside = x;
	t->tg->usage_due = true;
	x->tg = t->tg;
	*out = t;
	return guest_clone(nursery, t, &gc);
}

static void exec_main(void *arg)
{
	struct outside_exec *x = arg;
	struct task *t = NULL;
	int err;

	wait_event_mode(&cloning_wait, !cloning, WAIT_UNINTERRUPTIBLE, WAIT_FOREVER);
	cloning = true;
	err = child_make(x, &t);
	cloning = false;
	waitq_wake_one(&cloning_wait, 0);
	if (err < 0 && !(t && t->started)) {
		if (t)
			t->tg->outside = NULL;
		x->ended(x, 125, "the machine cannot make another process");
	}
}

int outside_exec(struct outside_exec *x)
{
	x->tg = NULL;
	x->master = NULL;
	x->err = 0;
	if (!nursery)
		return -ENOSYS;
	return sched_start_queued(NULL, exec_main, x);
}

int outside_signal(struct outside_exec *x, int sig)
{
	siginfo_t info;

	if (!x->tg || list_empty(&x->tg->tasks))
		return -ESRCH;
	siginfo_kernel(&info, sig);
	signal_send_group(x->tg, sig, &info);
	return 0;
}

int outside_signal_init(int sig)
{
	struct task *t = tgroup_task(init_tg);
	siginfo_t info;

	if (!t || (sig != SIGKILL && t->sighand->action[sig - 1].handler == 0 &&
			  !(signal_mask(t) & SIGBIT(sig))))
		return 1;
	siginfo_kernel(&info, sig);
	signal_send_group(init_tg, sig, &info);
	return 0;
}

/* ---- figures ---- */

static void describe(struct tgroup *tg, struct outside_task *ot)
{
	struct task *t = tgroup_task(tg), *each;
	struct guest_usage u;
	struct guest_mem m;

	*ot = (struct outside_task){.pid = tg->pid, .uid = tg->exit_uid, .state = 'Z'};
	usage_of_group(tg, &u);
	ot->cpu_ns = u.utime_ns + u.stime_ns;
	if (!t)
		return;
	ot->uid = t->cred->euid;
	ot->nr_threads = tg->nr_tasks;
	ot->state = task_state_char(t);
	memcpy(ot->comm, t->comm, sizeof(ot->comm));
	list_for_each_entry (each, &tg->tasks, tg_link)
		ot->nr_calls += each->nr_calls;
	if (t->guest && guest_mem(t, &m) == 0)
		ot->rss = m.resident;
}

int outside_for_each_task(int (*fn)(const struct outside_task *ot, void *arg), void *arg)
{
	struct outside_task ot;
	struct tgroup *tg;
	int ret = 0;

	list_for_each_entry (tg, &all_tgroups, all_link) {
		describe(tg, &ot);
		ret = fn(&ot, arg);
		if (ret)
			break;
	}
	return ret;
}
