/*
 * Core dumps: who may, the name of the file (core_pattern), and gathering the process's threads.
 * core_elf.c writes the content. A pattern that names a program to pipe into is refused when it is
 * set. core(5).
 */
#include "kernel/coredump.h"

#include "fs/namei.h"
#include "fs/seq.h"
#include "kernel/exit.h"
#include "kernel/lib/log.h"
#include "kernel/os.h"
#include "kernel/pid_ns.h"
#include "kernel/ptrace.h"
#include "kernel/uts.h"

#include <stdio.h>

#define SIG_DUMPS \
	(SIGBIT(SIGQUIT) | SIGBIT(SIGILL) | SIGBIT(SIGTRAP) | SIGBIT(SIGABRT) | SIGBIT(SIGFPE) | \
		SIGBIT(SIGSEGV) | SIGBIT(SIGBUS) | SIGBIT(SIGSYS) | SIGBIT(SIGXCPU) | \
		SIGBIT(SIGXFSZ))
#define PARK_NS NSEC_PER_SEC /* for threads that no signal reaches: they are left out */

char core_pattern[128] = "core";
u32 core_uses_pid;

bool coredump_wanted(const struct task *t, int sig)
{
	return (SIG_DUMPS & SIGBIT(sig)) && t->mm && t->mm->dumpable && core_pattern[0] &&
	       task_rlimit(t, RLIMIT_CORE) >= PAGE_SIZE;
}

/* ---- the other threads ---- */

bool coredump_parks(const struct task *t)
{
	return t->tg->dumper && t->tg->dumper != t;
}

void coredump_park(struct task *t)
{
	guest_bases_get(t, t->bases);
	t->parked = true;
	waitq_wake(&t->tg->threads_wait, 0);
	wait_event_killable(&t->tg->threads_wait, !coredump_parks(t));
	t->parked = false;
}

static bool all_parked(const struct tgroup *tg)
{
	struct task *t;

	list_for_each_entry (t, &tg->tasks, tg_link)
		if (coredump_parks(t) && !t->parked && !t->ending && !task_trace_stopped(t))
			return false;
	return true;
}

static void gather(struct task *self)
{
	struct tgroup *tg = self->tg;
	struct task *t;

	tg->dumper = self;
	list_for_each_entry (t, &tg->tasks, tg_link) {
		if (t == self || t->ending)
			continue;
		t->stopped = false;
		signal_wake_up(t);
	}
	waitq_wake(&tg->stop_wait, 0);
	wait_event_mode(&tg->threads_wait, all_parked(tg), WAIT_KILLABLE,
		os_clock_ns(OS_CLOCK_MONOTONIC) + PARK_NS);
}

/* ---- the file ---- */

static void put_escaped(struct seq *s, const char *text)
{
	for (; *text; text++)
		seq_putc(s, *text == '/' ? '!' : *text);
}

static void put_exe(struct seq *s, const struct task *t, bool base)
{
	char buf[PATH_MAX], *path = NULL;

	if (t->mm->exe)
		path = d_path(&t->mm->exe->path, buf, sizeof(buf));
	if (path && base && strrchr(path, '/'))
		path = strrchr(path, '/') + 1;
	put_escaped(s, path ? path : t->comm);
}

static void put_field(struct seq *s, const struct task *t, int sig, char field)
{
	switch (field) {
	case '%':
		seq_putc(s, '%');
		break;
	case 'p':
		seq_printf(s, "%d", pid_out(t->tg->pid));
		break;
	case 'P':
		seq_printf(s, "%d", t->tg->pid);
		break;
	case 'i':
		seq_printf(s, "%d", pid_out(t->tid));
		break;
	case 'I':
		seq_printf(s, "%d", t->tid);
		break;
	case 'u':
		seq_printf(s, "%u", t->cred->uid);
		break;
	case 'g':
		seq_printf(s, "%u", t->cred->gid);
		break;
	case 'd':
		seq_puts(s, "1");
		break;
	case 's':
		seq_printf(s, "%d", sig);
		break;
	case 't':
		seq_printf(s, "%llu",
			(unsigned long long)(os_clock_ns(OS_CLOCK_REALTIME) / NSEC_PER_SEC));
		break;
	case 'h':
		put_escaped(s, uts_current()->nodename);
		break;
	case 'e':
		put_escaped(s, t->comm);
		break;
	case 'f':
	case 'E':
		put_exe(s, t, field == 'f');
		break;
	case 'c':
		seq_printf(s, "%llu", (unsigned long long)task_rlimit(t, RLIMIT_CORE));
		break;
	}
}

static void file_name(struct seq *s, const struct task *t, int sig)
{
	bool has_pid = false;

	for (const char *p = core_pattern; *p; p++) {
		if (*p != '%') {
			seq_putc(s, *p);
			continue;
		}
		if (!*++p)
			break;
		has_pid |= *p == 'p';
		put_field(s, t, sig, *p);
	}
	if (core_uses_pid && !has_pid)
		seq_printf(s, ".%d", pid_out(t->tg->pid));
	seq_putc(s, '\0');
}

/* An older core of that name makes way. */
static void remove_old(const char *name)
{
	struct dentry *d;
	struct walk w;

	if (walk_start(&w, &current->fs->cwd, name, 0) == 0 && walk_parent(&w) == 0 &&
		!walk_last_special(&w) && d_lookup(w.cur.dentry, w.last, w.last_len, &d) == 0) {
		if (d->inode && !S_ISDIR(d->inode->mode))
			vfs_unlink(&w.cur, d);
		d_put(d);
	}
	walk_end(&w);
}

static int open_file(const struct task *t, int sig, struct file **out)
{
	struct seq name = {0};
	int err;

	file_name(&name, t, sig);
	err = name.failed ? -ENOMEM : name.len > PATH_MAX ? -ENAMETOOLONG : 0;
	if (!err) {
		remove_old(name.buf);
		err = file_open(&current->fs->cwd, name.buf,
			O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0600, out);
	}
	trace(TRACE_SIGNAL, "%d: core file %s: %s", t->tid, name.failed ? "?" : name.buf,
		err < 0 ? strerror(-err) : "opened");
	seq_fini(&name);
	return err;
}

bool coredump_write(struct task *t, const siginfo_t *info)
{
	struct file *f;
	bool done;

	if (coredump_parks(t)) {
		coredump_park(t);
		return false;
	}
	gather(t);
	if (signal_fatal_pending(t) || guest_bases_get(t, t->bases) < 0 ||
		open_file(t, info->si_signo, &f) < 0)
		return false;
	done = core_elf_write(t, info, f, task_rlimit(t, RLIMIT_CORE));
	file_put(f);
	return done;
}
