/* Signals, masks, actions, and the polling calls' sets in trace lines. */
#include "kernel/guest.h"
#include "kernel/task.h"
#include "kernel/trace/arg.h"
#include "kernel/trace/trace.h"

#define NR_SHOWN 32 /* array elements shown */

static const char *const signal_names[32] = {[SIGHUP] = "HUP",
	[SIGINT] = "INT",
	[SIGQUIT] = "QUIT",
	[SIGILL] = "ILL",
	[SIGTRAP] = "TRAP",
	[SIGABRT] = "ABRT",
	[SIGBUS] = "BUS",
	[SIGFPE] = "FPE",
	[SIGKILL] = "KILL",
	[SIGUSR1] = "USR1",
	[SIGSEGV] = "SEGV",
	[SIGUSR2] = "USR2",
	[SIGPIPE] = "PIPE",
	[SIGALRM] = "ALRM",
	[SIGTERM] = "TERM",
	[SIGSTKFLT] = "STKFLT",
	[SIGCHLD] = "CHLD",
	[SIGCONT] = "CONT",
	[SIGSTOP] = "STOP",
	[SIGTSTP] = "TSTP",
	[SIGTTIN] = "TTIN",
	[SIGTTOU] = "TTOU",
	[SIGURG] = "URG",
	[SIGXCPU] = "XCPU",
	[SIGXFSZ] = "XFSZ",
	[SIGVTALRM] = "VTALRM",
	[SIGPROF] = "PROF",
	[SIGWINCH] = "WINCH",
	[SIGIO] = "IO",
	[SIGPWR] = "PWR",
	[SIGSYS] = "SYS"};

static void put_bare_name(struct text *t, u64 sig)
{
	if (sig && sig < 32)
		text_put(t, "%s", signal_names[sig]);
	else if (sig == 32)
		text_put(t, "RTMIN");
	else
		text_put(t, "RT_%d", (int)sig - 32);
}

void arg_signal_name(struct text *t, u64 sig)
{
	if (!sig || sig > ABI_NSIG) {
		text_put(t, "%d", (int)sig);
		return;
	}
	text_put(t, "SIG");
	put_bare_name(t, sig);
}

static unsigned nr_members(sigmask_t m)
{
	unsigned n = 0;

	for (; m; m &= m - 1)
		n++;
	return n;
}

/* Whichever is shorter: the members, or ~ and the others. */
void arg_sigset(struct text *t, sigmask_t m)
{
	bool invert = nr_members(m) >= ABI_NSIG * 2 / 3;
	const char *sep = "";

	text_put(t, invert ? "~[" : "[");
	for (unsigned sig = 1; sig <= ABI_NSIG; sig++) {
		if (((m >> (sig - 1)) & 1) == invert)
			continue;
		text_put(t, "%s", sep);
		put_bare_name(t, sig);
		sep = " ";
	}
	text_put(t, "]");
}

static void print_sigset(struct arg *a)
{
	sigmask_t m;

	if (arg_fetch(a, &m, sizeof(m)))
		arg_sigset(a->text, m);
}

static void print_sigaction(struct arg *a)
{
	static const struct flag flags[] = {{ABI_SA_RESTORER, "SA_RESTORER"}, FLAG(SA_ONSTACK),
		FLAG(SA_RESTART), FLAG(SA_NODEFER), {0x80000000u, "SA_RESETHAND"}, FLAG(SA_SIGINFO),
		FLAG(SA_NOCLDSTOP), FLAG(SA_NOCLDWAIT), FLAG_END};
	struct abi_sigaction sa;

	if (!arg_fetch(a, &sa, sizeof(sa)))
		return;
	text_put(a->text, sa.flags & SA_SIGINFO ? "{sa_sigaction=" : "{sa_handler=");
	if (sa.handler <= 1)
		text_put(a->text, sa.handler ? "SIG_IGN" : "SIG_DFL");
	else
		arg_pointer(a->text, sa.handler);
	text_put(a->text, ", sa_mask=");
	arg_sigset(a->text, sa.mask);
	text_put(a->text, ", sa_flags=");
	text_flags(a->text, flags, sa.flags, "SA_???");
	if (sa.flags & ABI_SA_RESTORER)
		text_put(a->text, ", sa_restorer=%#llx", (unsigned long long)sa.restorer);
	text_put(a->text, "}");
}

static void print_sigaltstack(struct arg *a)
{
	static const struct flag flags[] = {
		FLAG(SS_ONSTACK), FLAG(SS_DISABLE), {1u << 31, "SS_AUTODISARM"}, FLAG_END};
	struct abi_sigaltstack ss;

	if (!arg_fetch(a, &ss, sizeof(ss)))
		return;
	text_put(a->text, "{ss_sp=");
	arg_pointer(a->text, ss.sp);
	text_put(a->text, ", ss_flags=");
	text_flags(a->text, flags, (u32)ss.flags, "SS_???");
	text_put(a->text, ", ss_size=%llu}", (unsigned long long)ss.size);
}

static void put_code(struct text *t, const siginfo_t *info)
{
	static const struct flag general[] = {{0, "SI_USER"}, {0x80, "SI_KERNEL"},
		{(u32)-1, "SI_QUEUE"}, {(u32)-2, "SI_TIMER"}, {(u32)-3, "SI_MESGQ"},
		{(u32)-4, "SI_ASYNCIO"}, {(u32)-5, "SI_SIGIO"}, {(u32)-6, "SI_TKILL"}, FLAG_END};
	static const struct flag chld[] = {{1, "CLD_EXITED"}, {2, "CLD_KILLED"}, {3, "CLD_DUMPED"},
		{4, "CLD_TRAPPED"}, {5, "CLD_STOPPED"}, {6, "CLD_CONTINUED"}, FLAG_END};
	static const struct flag segv[] = {{1, "SEGV_MAPERR"}, {2, "SEGV_ACCERR"}, FLAG_END};
	static const struct flag bus[] = {{1, "BUS_ADRALN"}, {2, "BUS_ADRERR"}, FLAG_END};
	static const struct flag fpe[] = {{1, "FPE_INTDIV"}, {2, "FPE_INTOVF"}, FLAG_END};
	const struct flag *own = info->si_signo == SIGCHLD   ? chld
				 : info->si_signo == SIGSEGV ? segv
				 : info->si_signo == SIGBUS  ? bus
				 : info->si_signo == SIGFPE  ? fpe
							     : general;
	u64 code = (u32)info->si_code;

	text_put(t, ", si_code=");
	text_enum(t, text_flag_name(general, code) ? general : own, code, "???");
}

static bool is_fault(int sig)
{
	return sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL || sig == SIGTRAP;
}

static void put_value(struct text *t, const char *prefix, union sigval v)
{
	text_put(t, "%sint=%d%sptr=", prefix, v.sival_int, prefix);
	arg_pointer(t, (u64)v.sival_ptr);
}

void arg_siginfo(struct text *t, const siginfo_t *info)
{
	text_put(t, "{si_signo=");
	arg_signal_name(t, (u32)info->si_signo);
	put_code(t, info);
	if (is_fault(info->si_signo) && info->si_code > 0 && info->si_code != SI_KERNEL) {
		text_put(t, ", si_addr=");
		arg_pointer(t, (u64)info->si_addr);
	} else if (info->si_code == -2) {
		text_put(t, ", si_timerid=%#x, si_overrun=%d", (unsigned)info->si_timerid,
			info->si_overrun);
		put_value(t, ", si_", info->si_value);
	} else if (info->si_code != SI_KERNEL) {
		text_put(t, ", si_pid=%d, si_uid=%u", info->si_pid, info->si_uid);
		if (info->si_code == SI_QUEUE || info->si_code == SI_MESGQ)
			put_value(t, ", si_", info->si_value);
	}
	if (info->si_signo == SIGCHLD && info->si_code > 0 && info->si_code != SI_KERNEL) {
		text_put(t, ", si_status=");
		if (info->si_code == CLD_EXITED)
			text_put(t, "%d", info->si_status);
		else
			arg_signal_name(t, (u32)info->si_status);
		text_put(t, ", si_utime=%ld, si_stime=%ld", (long)info->si_utime,
			(long)info->si_stime);
	}
	text_put(t, "}");
}

static void print_siginfo(struct arg *a)
{
	siginfo_t info;

	if (arg_fetch(a, &info, sizeof(info)))
		arg_siginfo(a->text, &info);
}

/* waitid says nothing when nobody had changed. */
static void print_wait_info(struct arg *a)
{
	siginfo_t info;

	if (!arg_fetch(a, &info, sizeof(info)))
		return;
	if (info.si_signo)
		arg_siginfo(a->text, &info);
	else
		text_put(a->text, "{}");
}

/* sigevent(7) */
static void print_sigevent(struct arg *a)
{
	static const struct flag kinds[] = {FLAG(SIGEV_SIGNAL), FLAG(SIGEV_NONE),
		FLAG(SIGEV_THREAD), FLAG(SIGEV_THREAD_ID), FLAG_END};
	struct {
		union sigval value;
		int signo, notify, tid, pad[11];
	} e;

	static_assert(sizeof(e) == 64, "struct sigevent");
	if (!arg_fetch(a, &e, sizeof(e)))
		return;
	text_put(a->text, "{sigev_value={");
	text_put(a->text, "sival_int=%d, sival_ptr=", e.value.sival_int);
	arg_pointer(a->text, (u64)e.value.sival_ptr);
	text_put(a->text, "}, sigev_signo=");
	if (e.notify == SIGEV_SIGNAL || e.notify == SIGEV_THREAD_ID)
		arg_signal_name(a->text, (u32)e.signo);
	else
		text_put(a->text, "%d", e.signo);
	text_put(a->text, ", sigev_notify=");
	text_enum(a->text, kinds, (u32)e.notify, "SIGEV_???");
	if (e.notify == SIGEV_THREAD_ID)
		text_put(a->text, ", sigev_notify_thread_id=%d", e.tid);
	text_put(a->text, "}");
}

/* The sixth of pselect6: a mask and its size. */
static void print_mask_and_size(struct arg *a)
{
	struct arg m = *a;
	struct {
		uaddr_t mask;
		u64 size;
	} s;

	if (!arg_fetch(a, &s, sizeof(s)))
		return;
	m.v = s.mask;
	text_put(a->text, "{sigmask=");
	print_sigset(&m);
	text_put(a->text, ", sigsetsize=%llu}", (unsigned long long)s.size);
}

/* ---- poll, select, epoll ---- */

const struct flag flags_poll[] = {FLAG(POLLIN), FLAG(POLLPRI), FLAG(POLLOUT), FLAG(POLLRDNORM),
	FLAG(POLLWRNORM), FLAG(POLLRDBAND), FLAG(POLLWRBAND), FLAG(POLLERR), FLAG(POLLHUP),
	FLAG(POLLNVAL), {0x2000, "POLLRDHUP"}, FLAG_END};

static void print_pollfds(struct arg *a)
{
	struct pollfd p[NR_SHOWN];
	u64 nr = a->args[a->index + 1], shown = MIN(nr, (u64)NR_SHOWN);

	if (!arg_fetch(a, p, shown * sizeof(*p)))
		return;
	text_put(a->text, "[");
	for (u64 i = 0; i < shown; i++) {
		text_put(a->text, i ? ", {fd=%d" : "{fd=%d", p[i].fd);
		if (p[i].fd >= 0) {
			text_put(a->text, ", events=");
			text_flags(a->text, flags_poll, (u16)p[i].events, "POLL???");
		}
		text_put(a->text, "}");
	}
	text_put(a->text, nr > shown ? ", ...]" : "]");
}

static void print_fd_set(struct arg *a)
{
	u64 nr = MIN(a->args[0], 1024ul), bits[16] = {0};
	const char *sep = "";

	if (!arg_fetch(a, bits, (nr + 63) / 64 * 8))
		return;
	text_put(a->text, "[");
	for (unsigned i = 0; i < nr; i++) {
		if (!(bits[i / 64] >> i % 64 & 1))
			continue;
		text_put(a->text, "%s%u", sep, i);
		sep = " ";
	}
	text_put(a->text, "]");
}

static const struct flag flags_epoll[] = {FLAG(EPOLLIN), FLAG(EPOLLPRI), FLAG(EPOLLOUT),
	FLAG(EPOLLRDNORM), FLAG(EPOLLRDBAND), FLAG(EPOLLWRNORM), FLAG(EPOLLWRBAND), FLAG(EPOLLMSG),
	FLAG(EPOLLERR), FLAG(EPOLLHUP), FLAG(EPOLLRDHUP), FLAG(EPOLLEXCLUSIVE), FLAG(EPOLLWAKEUP),
	FLAG(EPOLLONESHOT), {EPOLLET, "EPOLLET"}, FLAG_END};

static void put_epoll_event(struct text *t, const struct epoll_event *e)
{
	u64 data = e->data.u64;

	text_put(t, "{events=");
	text_flags(t, flags_epoll, e->events, "EPOLL???");
	text_put(t, ", data={u32=%u, u64=%llu}}", (u32)data, (unsigned long long)data);
}

static void print_epoll_event(struct arg *a)
{
	struct epoll_event e;

	if (a->args[1] == EPOLL_CTL_DEL)
		arg_pointer(a->text, a->v);
	else if (arg_fetch(a, &e, sizeof(e)))
		put_epoll_event(a->text, &e);
}

static void print_epoll_events(struct arg *a)
{
	struct epoll_event e[NR_SHOWN];
	u64 nr = a->ret > 0 ? (u64)a->ret : 0, shown = MIN(nr, (u64)NR_SHOWN);

	if (!arg_fetch(a, e, shown * sizeof(*e)))
		return;
	text_put(a->text, "[");
	for (u64 i = 0; i < shown; i++) {
		text_put(a->text, i ? ", " : "");
		put_epoll_event(a->text, &e[i]);
	}
	text_put(a->text, nr > shown ? ", ...]" : "]");
}

#define IN(n, fn) \
	{ \
		n, fn, NULL, NULL, false \
	}
#define OUT(n, fn) \
	{ \
		n, fn, NULL, NULL, true \
	}
const struct arg_kind arg_kinds_signal[] = {IN("sigset", print_sigset),
	OUT(">sigset", print_sigset), IN("sigaction", print_sigaction),
	OUT(">sigaction", print_sigaction), IN("stack", print_sigaltstack),
	OUT(">stack", print_sigaltstack), IN("siginfo", print_siginfo),
	OUT(">siginfo", print_siginfo), OUT(">waitinfo", print_wait_info),
	IN("sigevent", print_sigevent), IN("maskandsize", print_mask_and_size),
	IN("pollfds", print_pollfds), IN("fdset", print_fd_set),
	IN("epollevent", print_epoll_event), OUT(">epollevents", print_epoll_events),
	{NULL, NULL, NULL, NULL, false}};
