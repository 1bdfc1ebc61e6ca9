/* Privilege, seccomp, prctl and ptrace in trace lines. */
#include "kernel/abi_ptrace.h"
#include "kernel/guest.h"
#include "kernel/trace/arg.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#define NR_SHOWN 32u

/* ---- groups, capabilities ---- */

static void print_groups(struct arg *a)
{
	u64 nr = a->kind->out ? (u64)a->ret : a->args[0], shown = MIN(nr, (u64)NR_SHOWN);
	u32 gid[NR_SHOWN];

	if (arg_failed(a) || (a->kind->out && !a->args[0]) || !arg_fetch(a, gid, shown * 4)) {
		if (arg_failed(a))
			arg_pointer(a->text, a->v);
		return;
	}
	text_put(a->text, "[");
	for (u64 i = 0; i < shown; i++)
		text_put(a->text, i ? ", %u" : "%u", gid[i]);
	text_put(a->text, nr > shown ? ", ...]" : "]");
}

static const char *const cap_names[] = {"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER",
	"FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE",
	"NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO",
	"SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
	"SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE",
	"AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM",
	"BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE"};

static void put_cap(struct text *t, u64 cap)
{
	if (cap < ARRAY_SIZE(cap_names))
		text_put(t, "CAP_%s", cap_names[cap]);
	else
		text_put(t, "%#llx /* CAP_??? */", (unsigned long long)cap);
}

static void put_caps(struct text *t, u64 set)
{
	const char *sep = "";

	if (!set)
		text_put(t, "0");
	for (unsigned cap = 0; cap < 64; cap++) {
		if (!(set >> cap & 1))
			continue;
		text_put(t, "%s1<<", sep);
		put_cap(t, cap);
		sep = "|";
	}
}

static void print_cap_header(struct arg *a)
{
	static const struct flag versions[] = {FLAG(_LINUX_CAPABILITY_VERSION_1),
		FLAG(_LINUX_CAPABILITY_VERSION_2), FLAG(_LINUX_CAPABILITY_VERSION_3), FLAG_END};
	struct __user_cap_header_struct h;

	if (!arg_fetch(a, &h, sizeof(h)))
		return;
	text_put(a->text, "{version=");
	text_enum(a->text, versions, h.version, "_LINUX_CAPABILITY_VERSION_???");
	text_put(a->text, ", pid=%d}", h.pid);
}

static void print_cap_data(struct arg *a)
{
	struct __user_cap_data_struct d[2];

	if (!arg_fetch(a, d, sizeof(d)))
		return;
	text_put(a->text, "{effective=");
	put_caps(a->text, d[0].effective | (u64)d[1].effective << 32);
	text_put(a->text, ", permitted=");
	put_caps(a->text, d[0].permitted | (u64)d[1].permitted << 32);
	text_put(a->text, ", inheritable=");
	put_caps(a->text, d[0].inheritable | (u64)d[1].inheritable << 32);
	text_put(a->text, "}");
}

/* ---- filters ---- */

void arg_filter(struct arg *a)
{
	struct sock_fprog p;

	if (arg_fetch(a, &p, sizeof(p)))
		text_put(a->text, "{len=%u, filter=%p}", p.len, (void *)p.filter);
}

static void print_seccomp_op(struct arg *a)
{
	static const struct flag ops[] = {FLAG(SECCOMP_SET_MODE_STRICT),
		FLAG(SECCOMP_SET_MODE_FILTER), FLAG(SECCOMP_GET_ACTION_AVAIL),
		FLAG(SECCOMP_GET_NOTIF_SIZES), FLAG_END};

	text_enum(a->text, ops, (u32)a->v, "SECCOMP_SET_MODE_???");
}

static void print_seccomp_flags(struct arg *a)
{
	static const struct flag flags[] = {FLAG(SECCOMP_FILTER_FLAG_TSYNC),
		FLAG(SECCOMP_FILTER_FLAG_LOG), FLAG(SECCOMP_FILTER_FLAG_SPEC_ALLOW),
		FLAG(SECCOMP_FILTER_FLAG_NEW_LISTENER), FLAG(SECCOMP_FILTER_FLAG_TSYNC_ESRCH),
		FLAG_END};

	if (a->args[0] == SECCOMP_SET_MODE_FILTER)
		text_flags(a->text, flags, (u32)a->v, "SECCOMP_FILTER_FLAG_???");
	else
		text_put(a->text, (u32)a->v ? "%#x" : "0", (u32)a->v);
}

static void print_seccomp_arg(struct arg *a)
{
	static const struct flag actions[] = {FLAG(SECCOMP_RET_KILL_PROCESS),
		FLAG(SECCOMP_RET_KILL_THREAD), FLAG(SECCOMP_RET_TRAP), FLAG(SECCOMP_RET_ERRNO),
		FLAG(SECCOMP_RET_USER_NOTIF), FLAG(SECCOMP_RET_TRACE), FLAG(SECCOMP_RET_LOG),
		FLAG(SECCOMP_RET_ALLOW), FLAG_END};
	u32 action;

	if (a->args[0] == SECCOMP_SET_MODE_FILTER) {
		arg_filter(a);
	} else if (a->args[0] != SECCOMP_GET_ACTION_AVAIL) {
		arg_pointer(a->text, a->v);
	} else if (arg_fetch(a, &action, sizeof(action))) {
		text_put(a->text, "[");
		text_enum(a->text, actions, action, "SECCOMP_RET_???");
		text_put(a->text, "]");
	}
}

/* ---- prctl ---- */

static const struct flag names_prctl[] = {FLAG(PR_SET_PDEATHSIG), FLAG(PR_GET_PDEATHSIG),
	FLAG(PR_GET_DUMPABLE), FLAG(PR_SET_DUMPABLE), FLAG(PR_GET_KEEPCAPS), FLAG(PR_SET_KEEPCAPS),
	FLAG(PR_SET_NAME), FLAG(PR_GET_NAME), FLAG(PR_GET_SECCOMP), FLAG(PR_SET_SECCOMP),
	FLAG(PR_CAPBSET_READ), FLAG(PR_CAPBSET_DROP), FLAG(PR_GET_SECUREBITS),
	FLAG(PR_SET_SECUREBITS), FLAG(PR_SET_TIMERSLACK), FLAG(PR_GET_TIMERSLACK), FLAG(PR_SET_MM),
	FLAG(PR_SET_CHILD_SUBREAPER), FLAG(PR_GET_CHILD_SUBREAPER), FLAG(PR_SET_NO_NEW_PRIVS),
	FLAG(PR_GET_NO_NEW_PRIVS), FLAG(PR_GET_TID_ADDRESS), FLAG(PR_CAP_AMBIENT),
	{0x59616d61, "PR_SET_PTRACER"}, {0x53564d41, "PR_SET_VMA"}, FLAG_END};

static void print_prctl(struct arg *a)
{
	text_enum(a->text, names_prctl, (u32)a->v, "PR_???");
}

/* How many arguments follow, as far as it is known: what libc passes beyond is garbage. */
static unsigned prctl_nr_args(u64 op)
{
	switch (op) {
	case PR_GET_DUMPABLE:
	case PR_GET_KEEPCAPS:
	case PR_GET_SECCOMP:
	case PR_GET_SECUREBITS:
	case PR_GET_TIMERSLACK:
		return 0;
	case PR_SET_SECCOMP:
		return 2;
	case PR_SET_NO_NEW_PRIVS:
	case PR_GET_NO_NEW_PRIVS:
	case PR_CAP_AMBIENT:
	case PR_SET_MM:
	case 0x53564d41: /* PR_SET_VMA */
		return 4;
	default:
		return 1;
	}
}

static void put_first_prctl_arg(struct arg *a)
{
	static const struct flag dumpable[] = {
		{0, "SUID_DUMP_DISABLE"}, {1, "SUID_DUMP_USER"}, {2, "SUID_DUMP_ROOT"}, FLAG_END};
	static const struct flag modes[] = {
		{1, "SECCOMP_MODE_STRICT"}, {2, "SECCOMP_MODE_FILTER"}, FLAG_END};

	switch (a->args[0]) {
	case PR_SET_NAME:
		arg_path(a);
		break;
	case PR_SET_PDEATHSIG:
		arg_signal_name(a->text, a->v);
		break;
	case PR_SET_DUMPABLE:
		text_enum(a->text, dumpable, a->v, "SUID_DUMP_???");
		break;
	case PR_SET_SECCOMP:
		text_enum(a->text, modes, a->v, "SECCOMP_MODE_???");
		break;
	case PR_CAPBSET_READ:
	case PR_CAPBSET_DROP:
		put_cap(a->text, a->v);
		break;
	default:
		text_put(a->text, a->v < 4096 ? "%lld" : "%#llx", (long long)a->v);
	}
}

static void print_prctl_arg(struct arg *a)
{
	if (a->index > prctl_nr_args(a->args[0]))
		a->text->len -= MIN(a->text->len, 2ul); /* the comma before it */
	else if (a->index == 1)
		put_first_prctl_arg(a);
	else if (a->args[0] == PR_SET_SECCOMP && a->args[1] == SECCOMP_MODE_FILTER)
		arg_filter(a);
	else
		text_put(a->text, a->v < 4096 ? "%lld" : "%#llx", (long long)a->v);
}

/* The first is known after the call, if it is a place for a result. */
static void print_prctl_first(struct arg *a)
{
	if (a->args[0] == PR_GET_NAME && !arg_failed(a))
		arg_path(a);
	else
		print_prctl_arg(a);
}

/* ---- ptrace ---- */

static void print_ptrace_request(struct arg *a)
{
	static const struct flag names[] = {{0, "PTRACE_TRACEME"}, {1, "PTRACE_PEEKTEXT"},
		{2, "PTRACE_PEEKDATA"}, {3, "PTRACE_PEEKUSER"}, {4, "PTRACE_POKETEXT"},
		{5, "PTRACE_POKEDATA"}, {6, "PTRACE_POKEUSER"}, {7, "PTRACE_CONT"},
		{8, "PTRACE_KILL"}, {9, "PTRACE_SINGLESTEP"}, FLAG(PTRACE_GETREGS),
		FLAG(PTRACE_SETREGS), FLAG(PTRACE_GETFPREGS), FLAG(PTRACE_SETFPREGS),
		{16, "PTRACE_ATTACH"}, {17, "PTRACE_DETACH"}, {24, "PTRACE_SYSCALL"},
		FLAG(PTRACE_ARCH_PRCTL), FLAG(PTRACE_SYSEMU), FLAG(PTRACE_SYSEMU_SINGLESTEP),
		FLAG(PTRACE_SETOPTIONS), FLAG(PTRACE_GETEVENTMSG), FLAG(PTRACE_GETSIGINFO),
		FLAG(PTRACE_SETSIGINFO), FLAG(PTRACE_GETREGSET), FLAG(PTRACE_SETREGSET),
		FLAG(PTRACE_SEIZE), FLAG(PTRACE_INTERRUPT), FLAG(PTRACE_LISTEN),
		FLAG(PTRACE_PEEKSIGINFO), FLAG(PTRACE_GETSIGMASK), FLAG(PTRACE_SETSIGMASK),
		FLAG(PTRACE_SECCOMP_GET_FILTER), FLAG(PTRACE_SECCOMP_GET_METADATA),
		FLAG(PTRACE_GET_SYSCALL_INFO), FLAG_END};

	text_enum(a->text, names, a->v, "PTRACE_???");
}

#define IN(n, fn) \
	{ \
		n, fn, NULL, NULL, false \
	}
#define OUT(n, fn) \
	{ \
		n, fn, NULL, NULL, true \
	}
const struct arg_kind arg_kinds_cred[] = {IN("groups", print_groups), OUT(">groups", print_groups),
	IN("caphdr", print_cap_header), IN("capdata", print_cap_data),
	OUT(">capdata", print_cap_data), IN("fprog", arg_filter), IN("seccompop", print_seccomp_op),
	IN("seccompflags", print_seccomp_flags), IN("seccomparg", print_seccomp_arg),
	IN("prctl", print_prctl), IN("prctlarg", print_prctl_arg),
	OUT(">prctlarg", print_prctl_first), IN("ptracereq", print_ptrace_request),
	{NULL, NULL, NULL, NULL, false}};
