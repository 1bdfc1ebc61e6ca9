/*
 * Process accounting: while acct(2) has named a file, a record of each process that ends is added
 * to it. Records are of version 3. What cannot be written is lost. acct(2), acct(5).
 */
#include "kernel/acct.h"

#include "fs/file.h"
#include "kernel/cred.h"
#include "kernel/os.h"
#include "kernel/pid_ns.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/tty/tty.h"

#define HZ 100u	  /* of times in records */
#define FORKED 1u /* and has not called exec since */
#define PRIVILEGED 2u
#define CORE_DUMPED 8u
#define SIGNALLED 16u
#define VERSION 3u

struct record { /* struct acct_v3 */
	u8 flag, version;
	u16 tty;
	u32 exitcode, uid, gid, pid, ppid, btime;
	float etime;
	u16 utime, stime, mem, io, rw, minflt, majflt, swaps; /* comp_t */
	char comm[16];
};
static_assert(sizeof(struct record) == 64, "struct acct_v3");

static struct file *acct_file;

/* comp_t: 13 bits, and above them 3 bits of an exponent to the base of 8; rounded. */
static u16 compress(u64 v)
{
	unsigned exponent = 0;
	bool round = false;

	while (v > 0x1fff) {
		round = v & 4;
		v >>= 3;
		exponent++;
	}
	if (round && ++v > 0x1fff) {
		v >>= 3;
		exponent++;
	}
	return exponent > 7 ? 0xffff : (u16)(exponent << 13 | v);
}

static u64 ticks(u64 ns)
{
	return ns / (NSEC_PER_SEC / HZ);
}

static void fill(struct record *r, struct task *t)
{
	const struct tgroup *tg = t->tg;
	u64 age = os_clock_ns(OS_CLOCK_BOOTTIME) - tg->start_ns;
	u32 status = (u32)(tg->exiting ? tg->exit_status : t->exit_code);
	struct guest_usage u;

	guest_usage(t, true, &u);
	*r = (struct record){
		.flag = (tg->has_execed ? 0 : FORKED) | (t->cred->euid ? 0 : PRIVILEGED) |
			(status & 0x80 ? CORE_DUMPED : 0) | (status & 0x7f ? SIGNALLED : 0),
		.version = VERSION,
		.tty = tg->ctty ? (u16)tty_rdev(tg->ctty) : 0,
		.exitcode = status,
		.uid = t->cred->uid,
		.gid = t->cred->gid,
		.pid = (u32)tg->pid,
		.ppid = tg->parent ? (u32)tg->parent->pid : 0,
		.btime = (u32)((os_clock_ns(OS_CLOCK_REALTIME) - age) / NSEC_PER_SEC),
		.etime = (float)ticks(age),
		.utime = compress(ticks(u.utime_ns)),
		.stime = compress(ticks(u.stime_ns)),
		.minflt = compress(u.minflt),
		.majflt = compress(u.majflt),
	};
	memcpy(r->comm, t->comm, sizeof(r->comm));
}

void acct_process(struct task *t)
{
	struct record r;
	struct file *f;

	if (!acct_file)
		return;
	f = file_get(acct_file);
	fill(&r, t);
	if (inode_refresh(f->inode) == 0)
		file_write_kernel(f, &r, sizeof(r), f->inode->size);
	file_put(f);
}

static int open_file(uaddr_t uname, struct file **out)
{
	char name[PATH_MAX];
	ssize_t n = strncpy_from_user(name, uname, sizeof(name));
	int ret;

	if (n < 0)
		return (int)n;
	ret = file_open(&current->fs->cwd, name, O_WRONLY | O_APPEND, 0, out);
	if (ret < 0)
		return ret;
	ret = !S_ISREG((*out)->inode->mode) ? -EACCES : (*out)->ops->write ? 0 : -EIO;
	if (ret < 0)
		file_put(*out);
	return ret;
}

SYSCALL_DEFINE1(acct, uaddr_t, name)
{
	struct file *old, *new = NULL;
	int ret;

	if (!capable(CAP_SYS_PACCT))
		return -EPERM;
	ret = name ? open_file(name, &new) : 0;
	if (ret < 0)
		return ret;
	old = acct_file;
	acct_file = new;
	if (old)
		file_put(old);
	return 0;
}
