/*
 * The lines of --trace=syscall: cut along the row's format, begun when the call begins, ended when
 * it ends. A line of a call that sleeps is left open; whatever is logged meanwhile ends it with
 * "<unfinished ...>", and then the rest comes as "<... name resumed>", as strace(1) does it.
 */
#include "kernel/trace/trace.h"

#include "kernel/dmesg.h"
#include "kernel/guest.h"
#include "kernel/lib/log.h"
#include "kernel/os.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/trace/arg.h"

#define RESULT_COLUMN 40 /* where "= result" begins, as far as there is room */

/* A call under way. */
struct calltrace {
	struct text text; /* not shown yet */
	u64 nr, args[6];
	unsigned nr_args; /* printed */
	const char *at;	  /* the format from there on */
	u64 entry[6];	  /* of value-result arguments */
	size_t prefix_len;
	bool shown; /* the beginning is out */
};

static bool show_clock, show_spent;

int trace_select_times(const char *csv)
{
	while (*csv) {
		size_t len = strcspn(csv, ",");

		if (len == 5 && !memcmp(csv, "clock", 5))
			show_clock = true;
		else if (len == 5 && !memcmp(csv, "spent", 5))
			show_spent = true;
		else
			return -EINVAL;
		csv += len + (csv[len] == ',');
	}
	return 0;
}

const struct arg_kind *arg_kind_find(const char *name, size_t len)
{
	static const struct arg_kind *const all[] = {arg_kinds_value, arg_kinds_struct,
		arg_kinds_signal, arg_kinds_net, arg_kinds_message, arg_kinds_ipc, arg_kinds_cred,
		arg_kinds_tty};

	for (unsigned i = 0; i < ARRAY_SIZE(all); i++)
		for (const struct arg_kind *k = all[i]; k->name; k++)
			if (strlen(k->name) == len && !memcmp(k->name, name, len))
				return k;
	return NULL;
}

/* The next argument of a format: its letter and kind (NULL: by the letter). */
static const char *next_arg(const char *fmt, char *letter, const struct arg_kind **kind)
{
	const char *end;

	*letter = *fmt++;
	*kind = NULL;
	if (*fmt != '{')
		return fmt;
	end = strchrnul(fmt, '}');
	*kind = arg_kind_find(fmt + 1, (size_t)(end - fmt - 1));
	return *end ? end + 1 : end;
}

static void print_by_letter(struct arg *a, char letter)
{
	switch (letter) {
	case 'd':
	case 'f':
		text_put(a->text, "%d", (int)a->v);
		break;
	case 'g':
		arg_signal_name(a->text, (u32)a->v);
		break;
	case 'u':
		text_put(a->text, "%llu", (unsigned long long)a->v);
		break;
	case 'o':
		text_put(a->text, "%#03o", (unsigned)a->v);
		break;
	case 's':
		arg_path(a);
		break;
	case 'p':
		arg_pointer(a->text, a->v);
		break;
	default:
		text_put(a->text, a->v ? "%#llx" : "0", (unsigned long long)a->v);
	}
}

/* Arguments up to the first that the call has yet to fill in; all of them when it is done. */
static void print_args(struct calltrace *c, struct task *t, long ret, bool done)
{
	while (*c->at && c->nr_args < 6) {
		const struct arg_kind *kind;
		char letter;
		const char *next = next_arg(c->at, &letter, &kind);
		struct arg a = {.text = &c->text,
			.task = t,
			.args = c->args,
			.index = c->nr_args,
			.v = c->args[c->nr_args],
			.ret = ret,
			.done = done,
			.kind = kind,
			.entry = c->entry[c->nr_args]};

		if (kind && kind->out && !done)
			return;
		text_put(&c->text, c->nr_args ? ", " : "");
		if (kind)
			kind->print(&a);
		else
			print_by_letter(&a, letter);
		c->at = next;
		c->nr_args++;
	}
}

/* What value-result arguments hold before the call. */
static void note_entries(struct calltrace *c, struct task *t)
{
	const char *fmt = c->at;

	for (unsigned i = 0; *fmt && i < 6; i++) {
		const struct arg_kind *kind;
		char letter;
		bool msg;
		u32 v;

		fmt = next_arg(fmt, &letter, &kind);
		msg = kind && !strcmp(kind->name, ">msghdr");
		if (!msg && (!kind || strcmp(kind->name, ">addrlen")))
			continue;
		if (guest_read(t, &v, c->args[i] + (msg ? 8 : 0), sizeof(v)) == 0) /* msg_namelen */
			c->entry[i] = v;
	}
}

static void put_prefix(struct text *t, const struct task *task)
{
	u64 us = os_clock_ns(OS_CLOCK_REALTIME) / NSEC_PER_USEC;

	text_put(t, "[syscall %d] ", task->tid);
	if (show_clock)
		text_put(t, "%02llu:%02llu:%02llu.%06llu ", us / 3600000000ull % 24,
			us / 60000000ull % 60, us / 1000000ull % 60, us % 1000000ull);
}

static const char *call_name(const struct calltrace *c)
{
	return c->nr < NR_SYSCALLS && syscall_table[c->nr].name ? syscall_table[c->nr].name : NULL;
}

static void put_call_name(struct text *t, const struct calltrace *c)
{
	if (call_name(c))
		text_put(t, "%s", call_name(c));
	else
		text_put(t, "syscall_%#llx", (unsigned long long)c->nr);
}

void calltrace_begin(struct task *t)
{
	struct calltrace *c;

	calltrace_forget(t);
	if (!trace_wants(t))
		return;
	c = malloc(sizeof(*c));
	if (!c)
		return;
	c->text.len = 0;
	c->nr = t->event.nr;
	memcpy(c->args, t->event.args, sizeof(c->args));
	memset(c->entry, 0, sizeof(c->entry));
	c->nr_args = 0;
	c->shown = false;
	c->at = call_name(c) ? syscall_table[c->nr].fmt : "xxxxxx";
	t->calltrace = c;
	note_entries(c, t);
	put_prefix(&c->text, t);
	c->prefix_len = c->text.len;
	put_call_name(&c->text, c);
	text_put(&c->text, "(");
	print_args(c, t, 0, false);
}

void calltrace_sleeps(struct task *t)
{
	struct calltrace *c = t->calltrace;

	if (!c || c->shown)
		return;
	c->shown = true;
	log_open_line(c, c->text.buf, c->text.len);
	c->text.len = 0;
	c->text.buf[0] = '\0';
}

static void put_poll_result(struct calltrace *c, struct task *t, long ret)
{
	u64 nr = MIN(c->args[1], 32ul);
	struct pollfd p[32];
	const char *sep = "";

	if (guest_read(t, p, c->args[0], nr * sizeof(*p)) < 0)
		return;
	text_put(&c->text, " ([");
	for (u64 i = 0; i < nr; i++) {
		if (!p[i].revents)
			continue;
		text_put(&c->text, "%s{fd=%d, revents=", sep, p[i].fd);
		text_flags(&c->text, flags_poll, (u16)p[i].revents, "POLL???");
		text_put(&c->text, "}");
		sep = ", ";
	}
	text_put(&c->text, "]");
	if (!strcmp(call_name(c), "ppoll") && c->args[2]) { /* the call has made it what was left */
		const struct arg_kind *k = arg_kind_find("timespec", 8);
		struct arg a = {.text = &c->text, .task = t, .v = c->args[2], .kind = k};

		text_put(&c->text, ", left ");
		k->print(&a);
	}
	text_put(&c->text, ")");
}

static void put_select_result(struct calltrace *c, struct task *t)
{
	static const char *const names[] = {"in", "out", "except"};
	const struct arg_kind *set = arg_kind_find("fdset", 5);
	const char *sep = " (";

	for (unsigned i = 0; i < 3; i++) {
		size_t before = c->text.len;
		struct arg a = {.text = &c->text,
			.task = t,
			.args = c->args,
			.index = i + 1,
			.v = c->args[i + 1],
			.kind = set};

		if (!a.v)
			continue;
		text_put(&c->text, "%s%s ", sep, names[i]);
		set->print(&a);
		if (c->text.len >= 2 && c->text.buf[c->text.len - 2] == '[') {
			c->text.len = before; /* nobody */
			continue;
		}
		sep = ", ";
	}
	if (c->args[4]) { /* the call has made it what was left */
		bool nsec = !strcmp(call_name(c), "pselect6");
		const struct arg_kind *k =
			nsec ? arg_kind_find("timespec", 8) : arg_kind_find("timeval", 7);
		struct arg a = {.text = &c->text, .task = t, .v = c->args[4], .kind = k};

		text_put(&c->text, "%sleft ", sep);
		k->print(&a);
		sep = ", ";
	}
	if (*sep == ',')
		text_put(&c->text, ")");
}

/* What strace adds to some results. */
static void put_result_note(struct calltrace *c, struct task *t, long ret)
{
	static const struct flag fd_flags[] = {FLAG(FD_CLOEXEC), FLAG_END};
	const char *name = call_name(c);
	bool poll = name && (!strcmp(name, "poll") || !strcmp(name, "ppoll"));
	bool select = name && (!strcmp(name, "select") || !strcmp(name, "pselect6"));

	if ((poll || select) && ret == 0)
		text_put(&c->text, " (Timeout)");
	else if (poll)
		put_poll_result(c, t, ret);
	else if (select)
		put_select_result(c, t);
	else if (name && !strcmp(name, "rt_sigtimedwait")) {
		text_put(&c->text, " (");
		arg_signal_name(&c->text, (u64)ret);
		text_put(&c->text, ")");
	} else if (name && !strcmp(name, "fcntl") && c->args[1] == F_GETFD && ret) {
		text_put(&c->text, " (flags ");
		text_flags(&c->text, fd_flags, (u64)ret, "FD_???");
		text_put(&c->text, ")");
	} else if (name && !strcmp(name, "fcntl") && c->args[1] == F_GETFL) {
		struct arg a = {.text = &c->text, .v = (u64)ret};

		text_put(&c->text, " (flags ");
		arg_kind_find("oflags", 6)->print(&a);
		text_put(&c->text, ")");
	}
}

static bool gives_address(const char *name)
{
	return name && (!strcmp(name, "mmap") || !strcmp(name, "brk") || !strcmp(name, "mremap") ||
			       !strcmp(name, "shmat"));
}

static bool gives_flags(const struct calltrace *c, const char *name)
{
	return name && !strcmp(name, "fcntl") && (c->args[1] == F_GETFD || c->args[1] == F_GETFL);
}

static void put_restart(struct text *t, long ret)
{
	switch (-ret) {
	case ERESTARTSYS:
		text_put(t, "? ERESTARTSYS (To be restarted if SA_RESTART is set)");
		break;
	case ERESTARTNOINTR:
		text_put(t, "? ERESTARTNOINTR (To be restarted)");
		break;
	case ERESTARTNOHAND:
		text_put(t, "? ERESTARTNOHAND (To be restarted if no handler)");
		break;
	default:
		text_put(t, "? ERESTART_RESTARTBLOCK (Interrupted by signal)");
	}
}

/* execve and rt_sigreturn have set the registers: what they do not return is what counts. */
static void put_result(struct calltrace *c, struct task *t, long ret)
{
	const char *name = call_name(c);

	if (ret == SYSCALL_NO_RESULT && name && !strncmp(name, "exec", 4))
		text_put(&c->text, "0");
	else if (name && (!strcmp(name, "exit") || !strcmp(name, "exit_group")))
		text_put(&c->text, "?");
	else if (ret == SYSCALL_NO_RESULT || ret == SYSCALL_RESUMED)
		text_put(&c->text, name && !strcmp(name, "rt_sigreturn") ? "0" : "?");
	else if (ret < 0 && ret >= -4095 && ret <= -512)
		put_restart(&c->text, ret);
	else if (ret < 0 && ret >= -4095)
		text_put(&c->text, "-1 %s (%s)", strerrorname_np((int)-ret), strerror((int)-ret));
	else if (gives_address(name) || (gives_flags(c, name) && ret))
		text_put(&c->text, "%#lx", ret);
	else if (name && !strcmp(name, "umask"))
		text_put(&c->text, "%#03lo", ret);
	else
		text_put(&c->text, "%ld", ret);
	if (ret >= 0)
		put_result_note(c, t, ret);
}

void calltrace_end(struct task *t, long ret, u64 took_ns)
{
	struct calltrace *c = t->calltrace;
	size_t column;

	if (!c)
		return;
	if (c->shown && !log_continue_line(c)) {
		put_prefix(&c->text, t);
		text_put(&c->text, "<... ");
		put_call_name(&c->text, c);
		text_put(&c->text, " resumed>");
	}
	print_args(c, t, ret, true);
	if (call_name(c) && !strcmp(call_name(c), "rt_sigreturn")) {
		text_put(&c->text, "{mask=");
		arg_sigset(&c->text, signal_mask(t));
		text_put(&c->text, "}");
	}
	text_put(&c->text, ")");
	column = c->text.len - c->prefix_len;
	column = column < RESULT_COLUMN && !c->shown ? RESULT_COLUMN - column : 1;
	text_put(&c->text, "%*s= ", (int)column, "");
	put_result(c, t, ret);
	if (show_spent)
		text_put(&c->text, " <%llu.%06llu>", (unsigned long long)(took_ns / NSEC_PER_SEC),
			(unsigned long long)(took_ns % NSEC_PER_SEC / NSEC_PER_USEC));
	text_put(&c->text, "\n");
	c->text.buf[c->text.len - 1] = '\n'; /* also of a line that was cut */
	log_text(c->text.buf, c->text.len);
	calltrace_forget(t);
}

void calltrace_forget(struct task *t)
{
	if (t->calltrace)
		log_forget_line(t->calltrace);
	free(t->calltrace);
	t->calltrace = NULL;
}

/* ---- what happens between calls ---- */

static bool watched(const struct task *t)
{
	return trace_mask & (1u << TRACE_SYSCALL) && trace_wants(t);
}

void calltrace_signal(struct task *t, const siginfo_t *info)
{
	struct text text = {.len = 0};

	if (!watched(t))
		return;
	put_prefix(&text, t);
	text_put(&text, "--- ");
	arg_signal_name(&text, (u32)info->si_signo);
	text_put(&text, " ");
	arg_siginfo(&text, info);
	text_put(&text, " ---\n");
	log_text(text.buf, text.len);
}

void calltrace_exited(struct task *t, int status)
{
	struct text text = {.len = 0};

	if (!watched(t))
		return;
	put_prefix(&text, t);
	if (WIFSIGNALED(status)) {
		text_put(&text, "+++ killed by ");
		arg_signal_name(&text, (u32)WTERMSIG(status));
		text_put(&text, " +++\n");
	} else {
		text_put(&text, "+++ exited with %d +++\n", WEXITSTATUS(status));
	}
	log_text(text.buf, text.len);
}
