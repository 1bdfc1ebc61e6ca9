/*
 * See fakehost.h. Whatever a unit test has no use for says -ENOSYS, or aborts where that cannot be
 * said.
 */
#include "tests/unit/fakehost.h"

#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/tmpfs/tmpfs.h"
#include "kernel/os.h"
#include "kernel/pid.h"
#include "kernel/sigqueue.h"

#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

char fake_mem[FAKE_MEM_SIZE];
u64 fake_clock_ns = 1;
unsigned fake_signals[65];

/* ---- time, randomness, messages ---- */

u64 os_clock_ns(enum os_clock c)
{
	return fake_clock_ns + (c == OS_CLOCK_REALTIME ? FAKE_EPOCH_NS : 0);
}

void fake_advance(u64 ns)
{
	fake_clock_ns += ns;
	if (kernel_next_timer_ns() <= fake_clock_ns)
		kernel_run_timers();
	fake_run_all();
}

void os_random(void *buf, size_t len)
{
	static u8 next = 1;
	u8 *p = buf;

	while (len--)
		*p++ = next++;
}

unsigned fake_log_lines;

void os_log(const char *line, size_t len)
{
	fake_log_lines++;
}

_Noreturn void os_panic(void)
{
	fprintf(stderr, "fakehost: the kernel panicked\n");
	abort();
}

_Noreturn void os_exit(int status)
{
	fprintf(stderr, "fakehost: the machine ended with status %d\n", status);
	abort();
}

u64 os_own_cpu_ns(void)
{
	return 0;
}

u64 os_own_memory(bool trim)
{
	return 0;
}

int os_sysinfo(struct os_sysinfo *si)
{
	memset(si, 0, sizeof(*si));
	si->mem_total = si->mem_free = si->mem_available = 64ull << 20;
	si->nr_cpus = 2;
	return 0;
}

void os_sysinfo_memory(struct os_sysinfo *si)
{
}

void __attribute__((weak)) os_ids(u32 *uid, u32 *gid)
{
	*uid = *gid = 0;
}

/* ---- coroutines ---- */

struct os_coro {
	ucontext_t ctx;
	void (*fn)(void *);
	void *arg;
	char stack[256 * 1024];
};

static ucontext_t loop_ctx;
static struct os_coro *running;

static void coro_main(void)
{
	running->fn(running->arg);
	abort(); /* the scheduler's coroutines never return */
}

struct os_coro *os_coro_create(void (*fn)(void *), void *arg)
{
	struct os_coro *co = calloc(1, sizeof(*co));

	if (!co)
		return NULL;
	co->fn = fn;
	co->arg = arg;
	getcontext(&co->ctx);
	co->ctx.uc_stack.ss_sp = co->stack;
	co->ctx.uc_stack.ss_size = sizeof(co->stack);
	makecontext(&co->ctx, coro_main, 0);
	return co;
}

void os_coro_destroy(struct os_coro *co)
{
	free(co);
}

void os_coro_switch(struct os_coro *to)
{
	running = to;
	swapcontext(&loop_ctx, &to->ctx);
	running = NULL;
}

void os_coro_yield(void)
{
	struct os_coro *self = running;

	swapcontext(&self->ctx, &loop_ctx);
}

unsigned os_coro_backtrace(const struct os_coro *co, uintptr_t *pcs, unsigned max)
{
	return 0;
}

void os_symbol(uintptr_t pc, char *buf, size_t size)
{
	snprintf(buf, size, "%#lx", (unsigned long)pc);
}

bool os_coro_self(void)
{
	return running != NULL;
}

/* ---- event loop ---- */

int os_watch_add(struct os_watch *w)
{
	return 0;
}

void os_watch_update(struct os_watch *w)
{
}

void os_watch_del(struct os_watch *w)
{
}

int os_work_submit(void (*fn)(void *), void (*done)(void *), void *arg)
{
	fn(arg);
	done(arg);
	return 0;
}

/* ---- memory files: real ones, which touch no file system. fakefiles.c replaces the weak
 * functions. ---- */

static long result(long r)
{
	return r < 0 ? -errno : r;
}

int os_memfd(const char *name)
{
	return (int)result(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
}

int os_memfd_seal_write(int hfd)
{
	return (int)result(fcntl(hfd, F_ADD_SEALS, F_SEAL_WRITE));
}

int __attribute__((weak)) os_reopen(int hfd, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", hfd);
	return (int)result(open(path, flags | O_CLOEXEC));
}

void __attribute__((weak)) os_close(int hfd)
{
	close(hfd);
}

int __attribute__((weak)) os_dup(int hfd)
{
	return (int)result(dup(hfd));
}

int __attribute__((weak)) os_statat(int dir, const char *name, struct os_stat *st)
{
	struct stat s;

	if (*name)
		return -ENOENT;
	if (fstat(dir, &s) < 0)
		return -errno;
	memset(st, 0, sizeof(*st));
	st->size = (u64)s.st_size;
	st->blocks = (u64)s.st_blocks;
	st->mode = s.st_mode;
	st->ino = s.st_ino;
	st->nlink = 1;
	return 0;
}

ssize_t os_pread(int hfd, void *buf, size_t len, u64 pos)
{
	return result(pread(hfd, buf, len, (off_t)pos));
}

ssize_t os_pwrite(int hfd, const void *buf, size_t len, u64 pos)
{
	return result(pwrite(hfd, buf, len, (off_t)pos));
}

int os_ftruncate(int hfd, u64 size)
{
	return (int)result(ftruncate(hfd, (off_t)size));
}

int os_fallocate(int hfd, int mode, u64 pos, u64 len)
{
	return (int)result(fallocate(hfd, mode, (off_t)pos, (off_t)len));
}

s64 __attribute__((weak)) os_lseek(int hfd, s64 pos, int whence)
{
	return result(lseek(hfd, pos, whence));
}

int os_fsync(int hfd, bool data_only)
{
	return 0;
}

int os_syncfs(int hfd)
{
	return 0;
}

/* ---- what is not there ---- */

#define MISSING(type, name, ...) \
	type __attribute__((weak)) name(__VA_ARGS__) \
	{ \
		return (type)-ENOSYS; \
	}

MISSING(int, os_open_root, const char *path)
MISSING(int, os_openat, int dir, const char *name, int flags, u32 mode)
MISSING(ssize_t, os_readlinkat, int dir, const char *name, char *buf, size_t size)
MISSING(ssize_t, os_getdents, int hfd, void *buf, size_t size)
MISSING(int, os_mkdirat, int dir, const char *name, u32 mode)
MISSING(int, os_mknodat, int dir, const char *name, u32 mode, u64 rdev)
MISSING(int, os_symlinkat, const char *target, int dir, const char *name)
MISSING(int, os_linkat, int from_dir, const char *from, int to_dir, const char *to)
MISSING(int, os_unlinkat, int dir, const char *name, bool directory)
MISSING(int, os_renameat, int from_dir, const char *from, int to_dir, const char *to, u32 flags)
MISSING(int, os_chmodat, int dir, const char *name, u32 mode)
MISSING(int, os_chownat, int dir, const char *name, u32 uid, u32 gid)
MISSING(int, os_utimensat, int dir, const char *name, const struct timespec ts[2])
MISSING(int, os_accessat, int dir, const char *name, int mask)
MISSING(int, os_fstatfs, int hfd, struct statfs *sf)
MISSING(ssize_t, os_getxattrat, int dir, const char *name, const char *attr, void *buf, size_t size)
MISSING(int, os_setxattrat, int dir, const char *name, const char *attr, const void *v, size_t n,
	int flags)
MISSING(ssize_t, os_listxattrat, int dir, const char *name, char *buf, size_t size)
MISSING(int, os_removexattrat, int dir, const char *name, const char *attr)
MISSING(ssize_t, os_read, int hfd, void *buf, size_t len)
MISSING(ssize_t, os_write, int hfd, const void *buf, size_t len)
MISSING(ssize_t, os_map_read, int hfd, u64 pos, size_t len, const void **data)
MISSING(int, os_fadvise, int hfd, u64 pos, u64 len, int advice)
MISSING(ssize_t, os_copy_range, int in, u64 in_pos, int out, u64 out_pos, size_t len)
MISSING(int, os_isatty, int hfd)
MISSING(int, os_tty_raw, int hfd, bool on)
MISSING(int, os_tty_winsize, int hfd, u16 *rows, u16 *cols)
MISSING(int, os_stream_open, int fd)
void __attribute__((weak)) os_stream_close(int hfd)
{
}
MISSING(ssize_t, os_stream_read, int hfd, void *buf, size_t len)
MISSING(ssize_t, os_stream_write, int hfd, const void *buf, size_t len)
MISSING(bool, os_stream_is_log, int hfd)
MISSING(int, os_stream_poll, int hfd, short events, int timeout_ms)

/* ---- guest memory ---- */

static size_t readable(u64 addr, size_t len)
{
	if (addr < FAKE_MEM || addr >= FAKE_MEM + FAKE_MEM_SIZE)
		return 0;
	return MIN(len, (size_t)(FAKE_MEM + FAKE_MEM_SIZE - addr));
}

static char *at(u64 addr) /* of nothing, any address may be asked for */
{
	return (char *)((uintptr_t)fake_mem + (addr - FAKE_MEM));
}

int guest_read(struct task *t, void *dst, uaddr_t src, size_t len)
{
	if (readable(src, len) < len)
		return -EFAULT;
	memcpy(dst, at(src), len);
	return 0;
}

int guest_write(struct task *t, uaddr_t dst, const void *src, size_t len)
{
	if (readable(dst, len) < len)
		return -EFAULT;
	memcpy(at(dst), src, len);
	return 0;
}

ssize_t guest_read_some(struct task *t, void *dst, uaddr_t src, size_t len)
{
	size_t n = readable(src, len);

	if (!n)
		return len ? -EFAULT : 0;
	memcpy(dst, at(src), n);
	return (ssize_t)n;
}

ssize_t guest_write_some(struct task *t, uaddr_t dst, const void *src, size_t len)
{
	size_t n = readable(dst, len);

	if (!n)
		return len ? -EFAULT : 0;
	memcpy(at(dst), src, n);
	return (ssize_t)n;
}

static ssize_t vector(void *buf, size_t len, const struct iovec *v, unsigned nr, bool write)
{
	size_t done = 0;

	for (unsigned i = 0; i < nr && done < len; i++) {
		size_t want = MIN(v[i].iov_len, len - done);
		u64 addr = (u64)(uintptr_t)v[i].iov_base;
		ssize_t n = write ? guest_write_some(NULL, addr, (char *)buf + done, want)
				  : guest_read_some(NULL, (char *)buf + done, addr, want);

		if (n < 0)
			return done ? (ssize_t)done : -EFAULT;
		done += (size_t)n;
		if ((size_t)n < want)
			break;
	}
	return (ssize_t)done;
}

ssize_t guest_readv(struct task *t, void *dst, size_t len, const struct iovec *v, unsigned nr)
{
	return vector(dst, len, v, nr, false);
}

ssize_t guest_writev(
	struct task *t, const void *src, size_t len, const struct iovec *v, unsigned nr)
{
	return vector((void *)src, len, v, nr, true);
}

/* ---- the rest of a guest: nothing of it runs ---- */

void guest_kick(struct task *t)
{
	fake_signals[0]++;
}

void guest_kill(struct task *t)
{
}

void guest_answer(struct task *t, long ret)
{
}

void guest_answer_exit(struct task *t)
{
}

void guest_resume(struct task *t)
{
}

void guest_release(struct task *t)
{
}

void guest_touch(struct task *t, uaddr_t addr)
{
}

void guest_touch_later(struct task *t, uaddr_t addr)
{
}

void guest_order_later(struct task *t, u64 nr, u64 a0, u64 a1)
{
	abort();
}

bool guest_in_stub(const struct task *t)
{
	return false;
}

struct abi_sigcontext *__attribute__((weak)) guest_regs(struct task *t)
{
	return NULL;
}

size_t guest_fpstate_size(void)
{
	return 512;
}

void guest_frame_hint(struct task *t, uaddr_t addr, size_t len)
{
}

char guest_state(struct task *t)
{
	return 'S';
}

int guest_usage(struct task *t, bool whole_process, struct guest_usage *u)
{
	memset(u, 0, sizeof(*u));
	return 0;
}

u64 guest_cpu_ns(struct task *t)
{
	return 0;
}

int guest_watch_cpu(struct task *t)
{
	return 0;
}

u64 guest_shmem_share(struct task *t)
{
	return 0;
}

MISSING(long, guest_orders, struct task *t, const struct guest_order *o, unsigned nr)
void guest_orders_resume(struct task *t, const struct guest_order *o, unsigned nr)
{
	abort();
}

MISSING(long, guest_order, struct task *t, u64 nr, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
MISSING(int, guest_give_fd, struct task *t, int hfd)
MISSING(int, guest_trap_all, struct task *t)

int guest_hw_break(struct task *t, unsigned slot, const struct guest_hw_break *b)
{
	return -EOPNOTSUPP;
}

MISSING(int, guest_call_is_local, u64 nr, const u64 args[6])
MISSING(long, guest_call_local, struct task *t, u64 nr, const u64 args[6])

bool guest_traps_all(const struct task *t)
{
	return false;
}

MISSING(int, guest_enter_stub, struct task *t)
MISSING(int, guest_set_gs, struct task *t, u64 base)
MISSING(u64, guest_get_gs, const struct task *t)
void guest_speed_up(struct task *t)
{
}

void guest_mask_asked(struct task *t)
{
}

bool guest_hold(struct task *t)
{
	return false;
}

MISSING(ssize_t, guest_fpstate_get, struct task *t, void *buf, size_t size)
MISSING(int, guest_fpstate_set, struct task *t, const void *buf, size_t size)
MISSING(int, guest_write_frame, struct task *t, uaddr_t dst, const void *src, size_t len,
	const struct abi_sigcontext *regs)
MISSING(ssize_t, guest_read_frame, struct task *t, void *dst, uaddr_t src, size_t len)
MISSING(ssize_t, guest_write_force, struct task *t, uaddr_t dst, const void *src, size_t len)
MISSING(ssize_t, guest_read_force, struct task *t, void *dst, uaddr_t src, size_t len)
MISSING(int, guest_bases_get, struct task *t, u64 base[2])
MISSING(int, guest_bases_set, struct task *t, const u64 base[2])
MISSING(int, guest_boot, struct task *t)
MISSING(int, guest_clone, struct task *parent, struct task *child, const struct guest_clone *c)
MISSING(int, guest_exec, struct task *t, struct guest_image *img, bool verify)
MISSING(int, guest_for_each_vma, struct task *t, int (*fn)(const struct guest_vma *v, void *arg),
	void *arg)
MISSING(int, guest_for_each_vma_usage, struct task *t,
	int (*fn)(const struct guest_vma *v, const struct guest_vma_usage *u, void *arg), void *arg)
MISSING(ssize_t, guest_pagemap, struct task *t, u64 *words, uaddr_t page, size_t nr)
MISSING(int, guest_mem, struct task *t, struct guest_mem *m)
MISSING(int, guest_mem_detail, struct task *t, struct guest_mem_detail *d)
MISSING(int, guest_set_affinity, struct task *t, const void *mask, size_t len)
MISSING(ssize_t, guest_get_affinity, struct task *t, void *mask, size_t len)
uaddr_t guest_robust_list(struct task *t)
{
	return 0;
}

MISSING(int, guest_set_nice, struct task *t, int nice)

void guest_set_limit(struct task *t, int which, u64 soft)
{
}

/* ---- tasks ---- */

static struct path root;

static void root_mount(void)
{
	struct super *sb;

	if (tmpfs_fs_type.mount(&tmpfs_fs_type, NULL, "mode=755", &sb) < 0 ||
		mount_root(sb, 0, &root) < 0)
		abort();
	super_put(sb);
}

static struct task *task_make(struct task *parent)
{
	struct tgroup *tg = tgroup_alloc();
	struct task *t = task_alloc();

	if (!tg || !t)
		abort();
	for (int i = 0; i < RLIM_NLIMITS; i++)
		tg->rlim[i] = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
	tg->rlim[RLIMIT_NOFILE] = (struct rlimit){256, 1024};
	tg->rlim[RLIMIT_SIGPENDING] = (struct rlimit){100, 100};
	t->cred = cred_root();
	t->sighand = sighand_create();
	t->files = files_create();
	t->fs = calloc(1, sizeof(*t->fs));
	t->fs->refs = 1;
	t->fs->root = t->fs->cwd = root;
	path_get(&root);
	path_get(&root);
	t->fs->umask = 022;
	if (task_register(t, tg, pid_alloc()) < 0)
		abort();
	tg->pgid = tg->sid = tg->pid;
	tg->parent = parent ? parent->tg : NULL;
	if (parent)
		list_add_tail(&tg->sibling, &parent->tg->children);
	return t;
}

struct task *fake_task_create(void)
{
	if (!root.mnt)
		root_mount();
	current = task_make(NULL);
	return current;
}

struct task *fake_task_create_peer(struct task *t)
{
	return task_make(t);
}

void fake_task_destroy(struct task *t)
{
	struct tgroup *tg = t->tg;

	current = t;
	files_put(t->files);
	fs_ctx_put(t->fs);
	t->files = NULL;
	t->fs = NULL;
	current = NULL;
	sighand_put(t->sighand);
	cred_put(t->cred);
	task_free(t);
	tgroup_unhash(tg);
}

void fake_fini(void)
{
	struct mount *m = root.mnt;

	path_put(&root);
	if (m) {
		list_del(&m->link);
		mount_put(m);
	}
	file_fini();
	current = NULL;
}

/* ---- running ---- */

struct run {
	void (*fn)(void *);
	void *arg;
	bool done, abandoned;
};

static void run_main(void *arg)
{
	struct run *r = arg;

	r->fn(r->arg);
	r->done = true;
	if (r->abandoned)
		free(r);
}

bool fake_run(struct task *t, void (*fn)(void *), void *arg)
{
	struct task *old = current;
	struct run *r = calloc(1, sizeof(*r));
	bool done;

	if (!r)
		abort();
	r->fn = fn;
	r->arg = arg;
	if (sched_start(t, run_main, r) < 0)
		abort();
	done = r->done;
	r->abandoned = !done;
	if (done)
		free(r);
	current = old;
	return done;
}

void fake_run_all(void)
{
	struct task *old = current;

	kernel_run();
	while (kernel_yielded())
		kernel_run_yielded();
	current = old;
}

u64 fake_str(const char *s)
{
	static unsigned next;
	char *slot = fake_mem + FAKE_MEM_SIZE - (1 + next++ % 16) * 4096ul;

	snprintf(slot, 4096, "%s", s);
	return FAKE_MEM + (u64)(slot - fake_mem);
}
