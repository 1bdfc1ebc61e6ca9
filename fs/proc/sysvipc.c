/*
 * /proc/sysvipc, and the files of /proc/sys/kernel that hold the limits of System V IPC.
 * sysvipc(7), proc(5).
 */
#include "fs/proc/sysvipc.h"

#include "kernel/ipc/ipc.h"
#include "kernel/ipc/ipc_show.h"
#include "kernel/task.h"

static int show_msg(struct seq *s, const struct pseudo_ctx *c)
{
	return msg_show(s);
}

static int show_sem(struct seq *s, const struct pseudo_ctx *c)
{
	return sem_show(s);
}

static int show_shm(struct seq *s, const struct pseudo_ctx *c)
{
	return shm_show(s);
}

static const struct pseudo_row sysvipc_rows[] = {
	{.name = "msg", .mode = PROC_RO, .show = show_msg},
	{.name = "sem", .mode = PROC_RO, .show = show_sem},
	{.name = "shm", .mode = PROC_RO, .show = show_shm},
};
const struct pseudo_dir proc_sysvipc_dir = {PSEUDO_DIR(sysvipc_rows)};

/* ---- limits: a field of struct ipc_ns and what it may be ---- */

const struct ipc_limit ipc_limit_msg_next_id = {
	offsetof(struct ipc_ns, tables[IPC_KIND_MSG].next_id), 0, INT32_MAX};
const struct ipc_limit ipc_limit_msgmax = {offsetof(struct ipc_ns, msgmax), 0, INT32_MAX};
const struct ipc_limit ipc_limit_msgmnb = {offsetof(struct ipc_ns, msgmnb), 0, INT32_MAX};
const struct ipc_limit ipc_limit_msgmni = {offsetof(struct ipc_ns, msgmni), 0, 32768};
const struct ipc_limit ipc_limit_sem_next_id = {
	offsetof(struct ipc_ns, tables[IPC_KIND_SEM].next_id), 0, INT32_MAX};
const struct ipc_limit ipc_limit_shm_next_id = {
	offsetof(struct ipc_ns, tables[IPC_KIND_SHM].next_id), 0, INT32_MAX};
const struct ipc_limit ipc_limit_shmmni = {offsetof(struct ipc_ns, shmmni), 0, 32768};

#define MQ_LIMIT(field, min, max) offsetof(struct ipc_ns, mq.field), min, max
static const struct ipc_limit mq_msg_default = {MQ_LIMIT(msg_default, 1, 65536)};
static const struct ipc_limit mq_msg_max = {MQ_LIMIT(msg_max, 1, 65536)};
static const struct ipc_limit mq_msgsize_default = {MQ_LIMIT(msgsize_default, 128, 16 << 20)};
static const struct ipc_limit mq_msgsize_max = {MQ_LIMIT(msgsize_max, 128, 16 << 20)};
static const struct ipc_limit mq_queues_max = {MQ_LIMIT(queues_max, 0, INT32_MAX)};

static const struct pseudo_row mqueue_rows[] = {
	PROC_IPC_LIMIT("msg_default", mq_msg_default),
	PROC_IPC_LIMIT("msg_max", mq_msg_max),
	PROC_IPC_LIMIT("msgsize_default", mq_msgsize_default),
	PROC_IPC_LIMIT("msgsize_max", mq_msgsize_max),
	PROC_IPC_LIMIT("queues_max", mq_queues_max),
};
const struct pseudo_dir proc_mqueue_dir = {PSEUDO_DIR(mqueue_rows)};

static void *field(const struct ipc_limit *l)
{
	return (char *)ipc_current_ns() + l->offset;
}

int proc_show_ipc_limit(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%d\n", *(const s32 *)field(c->row->arg));
	return 0;
}

int proc_store_ipc_limit(const struct pseudo_ctx *c, char *text, size_t len)
{
	const struct ipc_limit *l = c->row->arg;
	s64 v;

	if (!ns_capable(ipc_current_ns()->ns.owner, CAP_SYS_ADMIN))
		return -EPERM;
	if (pseudo_parse(text, l->min, l->max, &v) < 0)
		return -EINVAL;
	*(s32 *)field(l) = (s32)v;
	return 0;
}

static u64 *big_field(const struct pseudo_ctx *c)
{
	struct ipc_ns *ns = ipc_current_ns();

	return c->row->name[3] == 'a' ? &ns->shmall : &ns->shmmax;
}

int proc_show_shm_limit(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%llu\n", (unsigned long long)*big_field(c));
	return 0;
}

int proc_store_shm_limit(const struct pseudo_ctx *c, char *text, size_t len)
{
	char *end;
	u64 v = strtoull(text, &end, 10);

	if (!ns_capable(ipc_current_ns()->ns.owner, CAP_SYS_ADMIN))
		return -EPERM;
	if (end == text || *text == '-' || (*end && *end != '\n'))
		return -EINVAL;
	*big_field(c) = v;
	return 0;
}

int proc_show_sem_limits(struct seq *s, const struct pseudo_ctx *c)
{
	const s32 *sem = ipc_current_ns()->sem;

	seq_printf(s, "%d\t%d\t%d\t%d\n", sem[0], sem[1], sem[2], sem[3]);
	return 0;
}

int proc_store_sem_limits(const struct pseudo_ctx *c, char *text, size_t len)
{
	s32 *sem = ipc_current_ns()->sem, v[4];

	if (!ns_capable(ipc_current_ns()->ns.owner, CAP_SYS_ADMIN))
		return -EPERM;
	memcpy(v, sem, sizeof(v));
	for (int i = 0; i < 4; i++) {
		char *end;
		long n = strtol(text, &end, 10);

		if (end == text)
			break;
		if (n < 0 || n > INT32_MAX)
			return -EINVAL;
		v[i] = (s32)n;
		text = end;
	}
	if (v[3] > 32768 || v[0] > 65536)
		return -EINVAL;
	memcpy(sem, v, sizeof(v));
	return 0;
}
