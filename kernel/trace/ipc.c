/* System V IPC and POSIX message queues in trace lines: sysvipc(7), mq_overview(7). */
#include "kernel/abi_ipc.h"
#include "kernel/guest.h"
#include "kernel/trace/arg.h"

#include <linux/mqueue.h>

#define NR_SHOWN 16u

static const struct flag names_sem[] = {FLAG(IPC_RMID), FLAG(IPC_SET), FLAG(IPC_STAT),
	FLAG(IPC_INFO), FLAG(GETPID), FLAG(GETVAL), FLAG(GETALL), FLAG(GETNCNT), FLAG(GETZCNT),
	FLAG(SETVAL), FLAG(SETALL), FLAG(SEM_STAT), FLAG(SEM_INFO), FLAG_END};
static const struct flag names_shm[] = {FLAG(IPC_RMID), FLAG(IPC_SET), FLAG(IPC_STAT),
	FLAG(IPC_INFO), FLAG(SHM_LOCK), FLAG(SHM_UNLOCK), FLAG(SHM_STAT), FLAG(SHM_INFO), FLAG_END};
static const struct flag names_msg[] = {FLAG(IPC_RMID), FLAG(IPC_SET), FLAG(IPC_STAT),
	FLAG(IPC_INFO), FLAG(MSG_STAT), FLAG(MSG_INFO), FLAG_END};
static const struct flag flags_get[] = {FLAG(IPC_CREAT), FLAG(IPC_EXCL), FLAG_END};
static const struct flag flags_shmget[] = {
	FLAG(IPC_CREAT), FLAG(IPC_EXCL), FLAG(SHM_HUGETLB), FLAG(SHM_NORESERVE), FLAG_END};
static const struct flag flags_shmat[] = {
	FLAG(SHM_RDONLY), FLAG(SHM_RND), FLAG(SHM_REMAP), FLAG(SHM_EXEC), FLAG_END};
static const struct flag flags_snd[] = {FLAG(IPC_NOWAIT), FLAG(MSG_NOERROR), {020000, "MSG_EXCEPT"},
	{040000, "MSG_COPY"}, FLAG_END};
static const struct flag flags_semop[] = {FLAG(SEM_UNDO), FLAG(IPC_NOWAIT), FLAG_END};

static void print_enum(struct arg *a)
{
	text_enum(a->text, a->kind->table, (u32)a->v, a->kind->other);
}

static void print_flags(struct arg *a)
{
	text_flags(a->text, a->kind->table, (u32)a->v, a->kind->other);
}

static void print_key(struct arg *a)
{
	text_put(a->text, (u32)a->v ? "%#x" : "IPC_PRIVATE", (u32)a->v);
}

/* Flags and the permissions below them. */
static void print_get(struct arg *a)
{
	u32 mode = a->v & 0777, flags = (u32)a->v & ~0777u;

	if (flags) {
		text_flags(a->text, a->kind->table, flags, a->kind->other);
		text_put(a->text, "|");
	}
	text_put(a->text, "%#03o", mode);
}

static void print_sembufs(struct arg *a)
{
	struct sembuf s[NR_SHOWN];
	u64 nr = a->args[a->index + 1], shown = MIN(nr, (u64)NR_SHOWN);

	if (!arg_fetch(a, s, shown * sizeof(s[0])))
		return;
	text_put(a->text, "[");
	for (u64 i = 0; i < shown; i++) {
		text_put(a->text, "%s{sem_num=%u, sem_op=%d, sem_flg=", i ? ", " : "", s[i].sem_num,
			s[i].sem_op);
		text_flags(a->text, flags_semop, (u16)s[i].sem_flg, "SEM_???");
		text_put(a->text, "}");
	}
	text_put(a->text, nr > shown ? ", ...]" : "]");
}

static void put_message(struct arg *a, u64 len)
{
	long type;

	if (!arg_fetch(a, &type, sizeof(type)))
		return;
	text_put(a->text, "{mtype=%ld, mtext=", type);
	arg_buffer(a, a->v + sizeof(type), len);
	text_put(a->text, "}");
}

static void print_sent(struct arg *a)
{
	put_message(a, a->args[a->index + 1]);
}

static void print_received(struct arg *a)
{
	put_message(a, (u64)a->ret);
}

static void print_mq_attr(struct arg *a)
{
	struct mq_attr m;

	if (arg_fetch(a, &m, sizeof(m)))
		text_put(a->text, "{mq_flags=%s, mq_maxmsg=%ld, mq_msgsize=%ld, mq_curmsgs=%ld}",
			m.mq_flags & O_NONBLOCK ? "O_NONBLOCK" : "0", (long)m.mq_maxmsg,
			(long)m.mq_msgsize, (long)m.mq_curmsgs);
}

/* Of mq_open: only if it creates. */
static void print_new_attr(struct arg *a)
{
	if (a->args[1] & O_CREAT)
		print_mq_attr(a);
	else
		a->text->len -= MIN(a->text->len, 2ul);
}

#define KIND(n, fn, table, other) \
	{ \
		n, fn, table, other, false \
	}
#define OUT(n, fn) \
	{ \
		n, fn, NULL, NULL, true \
	}
const struct arg_kind arg_kinds_ipc[] = {KIND("ipckey", print_key, NULL, NULL),
	KIND("ipcget", print_get, flags_get, "IPC_???"),
	KIND("shmget", print_get, flags_shmget, "SHM_???"),
	KIND("shmat", print_flags, flags_shmat, "SHM_???"),
	KIND("semcmd", print_enum, names_sem, "SEM_???"),
	KIND("shmcmd", print_enum, names_shm, "SHM_???"),
	KIND("msgcmd", print_enum, names_msg, "MSG_???"),
	KIND("sysvmsg", print_flags, flags_snd, "MSG_???"),
	KIND("sembufs", print_sembufs, NULL, NULL), KIND("msgbuf", print_sent, NULL, NULL),
	OUT(">msgbuf", print_received), KIND("mqattr", print_mq_attr, NULL, NULL),
	OUT(">mqattr", print_mq_attr), KIND("newmqattr", print_new_attr, NULL, NULL),
	{NULL, NULL, NULL, NULL, false}};
