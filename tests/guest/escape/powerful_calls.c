/* run: guest-only */
/* Calls that would reach the host's kernel or devices (as the host's root they would work, so there
 * is no pass on the host): each is an error, made at an ordinary place. */
#include "../test.h"

static char buf[4096];
static const char path[] = "/etc/passwd";

#define B (long)buf
#define P (long)path

/* calls with arguments that are right as far as can be */
static const struct {
	const char *name;
	long nr, a[6];
} calls[] = {
	{"userfaultfd", SYS_userfaultfd, {0}},
	{"userfaultfd, user mode", SYS_userfaultfd, {1}},
	{"io_uring_setup", SYS_io_uring_setup, {8, B}},
	{"io_uring_enter", SYS_io_uring_enter, {0, 1, 1, 0}},
	{"io_uring_register", SYS_io_uring_register, {0, 0, B, 1}},
	{"bpf: map", SYS_bpf, {0, B, 72}},
	{"bpf: program", SYS_bpf, {5, B, 72}},
	{"init_module", SYS_init_module, {B, 64, (long)""}},
	{"finit_module", SYS_finit_module, {0, (long)"", 0}},
	{"delete_module", SYS_delete_module, {(long)"x", 0}},
	{"kexec_load", SYS_kexec_load, {0, 0, 0, 0}},
	{"kexec_file_load", SYS_kexec_file_load, {0, 0, 1, (long)"", 0}},
	{"iopl", SYS_iopl, {3}},
	{"ioperm", SYS_ioperm, {0x80, 1, 1}},
	{"swapon", SYS_swapon, {P, 0}},
	{"swapoff", SYS_swapoff, {P}},
	{"quotactl", SYS_quotactl, {0x80000700, P, 0, B}},
	{"lookup_dcookie", SYS_lookup_dcookie, {1, B, 64}},
	{"open_by_handle_at", SYS_open_by_handle_at, {AT_FDCWD, B, 0}},
	{"migrate_pages", SYS_migrate_pages, {1, 64, B, B}},
	{"process_madvise", SYS_process_madvise, {0, B, 1, 4, 0}},
	{"memfd_secret", 447, {0}},
	{"map_shadow_stack", 453, {0, 4096, 0}},
	{"landlock_create_ruleset", 444, {0, 0, 1}},
	{"lsm_get_self_attr", 459, {100, B, B, 0}},
	{"vm86", 166, {0}},
};

/* Newer hosts let these two past every seccomp filter: outside of their trampolines they are
 * SIGILL, or do not exist. */
static void uretprobe(void)
{
	CHECK_ERR(syscall(335), ENOSYS);
}

static void uprobe(void)
{
	CHECK(syscall(336) == -1);
}

int main(void)
{
	long wrong = 0;

	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		const long *a = calls[i].a;
		long r = syscall(calls[i].nr, a[0], a[1], a[2], a[3], a[4], a[5]);

		if (r != -1) {
			dprintf(2, "%s: %ld\n", calls[i].name, r);
			wrong++;
		}
	}
	CHECK_EQ(wrong, 0);
	int st = test_in_child(uretprobe);
	CHECK(st == 0 || (WIFSIGNALED(st) && WTERMSIG(st) == SIGILL));
	st = test_in_child(uprobe);
	CHECK(st == 0 || (WIFSIGNALED(st) && WTERMSIG(st) == SIGILL));
	return 0;
}
