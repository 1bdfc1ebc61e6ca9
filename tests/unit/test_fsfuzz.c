/* File system calls with random arguments, good and bad mixed, from a fixed seed: nothing may
 * crash, leak or hang. Meant for SAN=address,undefined; SEED and ROUNDS in the environment vary it.
 */
#include "fs/chrdev.h"
#include "fs/tmpfs/tmpfs.h"
#include "kernel/trace/trace.h"
#include "tests/unit/fakehost.h"

#include <check.h>
#include <stdio.h>
#include <sys/syscall.h>

static const u16 calls[] = {SYS_read, SYS_write, SYS_open, SYS_close, SYS_stat, SYS_fstat,
	SYS_lstat, SYS_lseek, SYS_ioctl, SYS_pread64, SYS_pwrite64, SYS_readv, SYS_writev,
	SYS_access, SYS_dup, SYS_dup2, SYS_sendfile, SYS_fcntl, SYS_fcntl, SYS_fcntl, SYS_flock,
	SYS_fsync, SYS_truncate, SYS_ftruncate, SYS_getdents, SYS_getcwd, SYS_chdir, SYS_fchdir,
	SYS_rename, SYS_mkdir, SYS_rmdir, SYS_creat, SYS_link, SYS_unlink, SYS_symlink,
	SYS_readlink, SYS_chmod, SYS_fchmod, SYS_chown, SYS_fchown, SYS_umask, SYS_mknod,
	SYS_statfs, SYS_fstatfs, SYS_chroot, SYS_sync, SYS_mount, SYS_umount2, SYS_readahead,
	SYS_setxattr, SYS_getxattr, SYS_fsetxattr, SYS_listxattr, SYS_removexattr, SYS_getdents64,
	SYS_fadvise64, SYS_openat, SYS_mkdirat, SYS_mknodat, SYS_fchownat, SYS_futimesat,
	SYS_newfstatat, SYS_unlinkat, SYS_renameat, SYS_linkat, SYS_symlinkat, SYS_readlinkat,
	SYS_fchmodat, SYS_faccessat, SYS_utimensat, SYS_fallocate, SYS_dup3, SYS_preadv,
	SYS_pwritev, SYS_syncfs, SYS_renameat2, SYS_memfd_create, SYS_copy_file_range, SYS_preadv2,
	SYS_pwritev2, SYS_statx, SYS_openat2, SYS_close_range, SYS_faccessat2, SYS_sync_file_range,
	SYS_splice, SYS_tee, SYS_pipe, SYS_inotify_init1, SYS_inotify_add_watch,
	SYS_inotify_rm_watch, SYS_eventfd2};

static const char *const words[] = {"a", "b", "c", "d", "/a", "/b", "a/b", "a/b/c", "../a", ".",
	"..", "/", "", "a/", "b/.", "b/..", "./a/../b/c", "lnk", "lnk/a", "/a/b/c/d", "//a//b",
	"tmpfs", "user.x", "user.", "trusted.y", "size=64k", "none", "a/b/c/d/e/f/g/h"};

static u64 state;

static u32 rnd(u32 n)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(state >> 33) % n;
}

static u64 number(void)
{
	static const u64 odd[] = {0, 1, 2, 3, 5, 7, 8, 16, 31, 100, 4095, 4096, 4097, 65536,
		1 << 20, (1 << 20) + 1, 0x7fffffff, 0x80000000u, 0xffffffffu, INT64_MAX, 1ull << 63,
		~0ull, ~0ull - 99, 02000000, 0100, 0101, 0102, 0200102, 02100, 020000000 | 0200002};

	return rnd(3) ? odd[rnd(ARRAY_SIZE(odd))] : rnd(1u << rnd(31));
}

static u64 argument(void)
{
	struct iovec *v = FAKE_PTR(9);

	switch (rnd(8)) {
	case 0:
	case 1:
		return rnd(12); /* a descriptor */
	case 2:
	case 3:
		return fake_str(words[rnd(ARRAY_SIZE(words))]);
	case 4:
		return rnd(4) ? (u64)AT_FDCWD : number();
	case 5:
		return FAKE_BUF(rnd(8)) + rnd(3);
	case 6:
		for (int i = 0; i < 8; i++)
			v[i] = (struct iovec){(void *)(rnd(9) ? FAKE_BUF(rnd(8)) : number()),
				rnd(9) ? rnd(9000) : number()};
		return rnd(9) ? FAKE_BUF(9) : FAKE_MEM + FAKE_MEM_SIZE - rnd(20);
	default:
		return number();
	}
}

static u64 nr, args[6];
static unsigned nr_done; /* calls that succeeded: the test must reach something */

static void one_call(void *arg)
{
	long ret;

	/* The trace must stand any arguments, too. */
	current->event.nr = nr;
	memcpy(current->event.args, args, sizeof(args));
	calltrace_begin(current);
	ret = syscall_dispatch(nr, args);
	calltrace_end(current, ret, 0);
	nr_done += ret >= 0;
}

/* Mostly what the trace format says the argument is. */
static u64 fitting(char type)
{
	static const u64 flags[] = {0, 0, 0, 1, 2, 4, 0100, 0101, 0102, 0644, 0755, 07777, 0100644,
		0010644, 0140644, 0x100, 0x200, 0x1000, 4096, 4096 | 16384, 8192, 8192 | 32};

	if (!rnd(6))
		return argument();
	switch (type) {
	case 'f':
		return rnd(4) ? rnd(12) : (u64)AT_FDCWD;
	case 's':
		return fake_str(words[rnd(ARRAY_SIZE(words))]);
	case 'p':
		return FAKE_BUF(rnd(8));
	case 'u':
		return rnd(2) ? rnd(64) : rnd(0x8000);
	case 'x':
	case 'o':
	case 'd':
		return rnd(3) ? flags[rnd(ARRAY_SIZE(flags))] : rnd(20000);
	default:
		return argument();
	}
}

static bool too_slow(void)
{
	/* what a real host does in no time, as holes, a fake one does byte by byte */
	return nr == SYS_chroot && rnd(50);
}

START_TEST(random_calls_do_no_harm)
{
	const char *seed = getenv("SEED"), *rounds = getenv("ROUNDS");
	unsigned n = rounds ? (unsigned)atoi(rounds) : 6000;
	struct task *t = fake_task_create();

	state = (seed ? strtoull(seed, NULL, 0) : 1) * 1000 + (u64)_i;
	ck_assert_int_eq(fs_register(&tmpfs_fs_type), 0);
	t->tg->rlim[RLIMIT_NOFILE].rlim_cur = 12;
	for (int i = 0; i < 16; i++)
		for (int k = 0; k < 0x8000; k++)
			((u8 *)FAKE_PTR(i))[k] = rnd(4) ? 0 : (u8)rnd(256);
	for (unsigned i = 0; i < n; i++) {
		nr = calls[rnd(ARRAY_SIZE(calls))];
		const char *fmt = syscall_table[nr].fmt;

		for (int k = 0; k < 6; k++) {
			args[k] = fitting(*fmt ? *fmt++ : 'x');
			if (*fmt == '{')
				fmt = strchr(fmt, '}') + 1;
		}
		if (too_slow())
			continue;
		if (getenv("FUZZ_TRACE"))
			fprintf(stderr, "%u %s %llx %llx %llx %llx\n", i, syscall_table[nr].name,
				(unsigned long long)args[0], (unsigned long long)args[1],
				(unsigned long long)args[2], (unsigned long long)args[3]);
		if (!fake_run(t, one_call, NULL)) { /* it waits: nobody else will end that */
			sched_interrupt(t, true);
			fake_run_all();
			ck_assert_ptr_null(t->coro);
		}
		t->sigpending_flag = false;
	}
	if (getenv("ROUNDS"))
		fprintf(stderr, "%u of %u calls succeeded\n", nr_done, n);
	ck_assert_uint_gt(nr_done, n / 10);
	fake_task_destroy(t);
	fake_fini();
}
END_TEST

Suite *suite_fsfuzz(void);
Suite *suite_fsfuzz(void)
{
	Suite *s = suite_create("fsfuzz");
	TCase *tc = tcase_create("random");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, random_calls_do_no_harm, 0, 4);
	suite_add_tcase(s, tc);
	return s;
}
