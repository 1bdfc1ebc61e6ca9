/*
 * /proc/config.gz: what this kernel is built with, in the words of Linux's build configuration, for
 * programs that ask there whether a feature exists. An option that stands for a system call is "y"
 * just if the call is served. The text is packed as gzip members want it, in stored blocks: RFC
 * 1952, RFC 1951 3.2.4.
 */
#include "fs/proc/machine.h"
#include "kernel/syscall.h"
#include "kernel/version.h"

#include <asm/unistd.h>

#define STORED_MAX 65535u
#define ALWAYS (-1)

struct option {
	const char *name;
	int call; /* the system call it brings, or ALWAYS */
};

static const struct option options[] = {
	{"64BIT", ALWAYS},
	{"ADVISE_SYSCALLS", ALWAYS},
	{"AIO", __NR_io_setup},
	{"BINFMT_ELF", ALWAYS},
	{"BINFMT_SCRIPT", ALWAYS},
	{"BLK_DEV_LOOP", ALWAYS},
	{"BPF_SYSCALL", __NR_bpf},
	{"BSD_PROCESS_ACCT", __NR_acct},
	{"BSD_PROCESS_ACCT_V3", __NR_acct},
	{"CGROUPS", ALWAYS},
	{"CHECKPOINT_RESTORE", __NR_kcmp},
	{"COREDUMP", ALWAYS},
	{"CROSS_MEMORY_ATTACH", __NR_process_vm_readv},
	{"DEVTMPFS", ALWAYS},
	{"DNOTIFY", ALWAYS},
	{"ELF_CORE", ALWAYS},
	{"EPOLL", __NR_epoll_create1},
	{"EVENTFD", __NR_eventfd2},
	{"EXT2_FS", ALWAYS},
	{"FANOTIFY", __NR_fanotify_init},
	{"FHANDLE", __NR_name_to_handle_at},
	{"FILE_LOCKING", __NR_flock},
	{"FUTEX", __NR_futex},
	{"FUTEX_PI", ALWAYS},
	{"HIGH_RES_TIMERS", ALWAYS},
	{"IKCONFIG", ALWAYS},
	{"IKCONFIG_PROC", ALWAYS},
	{"INET", ALWAYS},
	{"INOTIFY_USER", __NR_inotify_init1},
	{"IO_URING", __NR_io_uring_setup},
	{"IPC_NS", ALWAYS},
	{"IPV6", ALWAYS},
	{"KCMP", __NR_kcmp},
	{"KEYS", __NR_keyctl},
	{"LEGACY_VSYSCALL_NONE", ALWAYS},
	{"MEMBARRIER", __NR_membarrier},
	{"MEMFD_CREATE", __NR_memfd_create},
	{"MMU", ALWAYS},
	{"MODULES", __NR_init_module},
	{"MULTIUSER", ALWAYS},
	{"NAMESPACES", ALWAYS},
	{"NET", ALWAYS},
	{"NET_NS", ALWAYS},
	{"NUMA", __NR_mbind},
	{"OVERLAY_FS", ALWAYS},
	{"PACKET", ALWAYS},
	{"PERF_EVENTS", __NR_perf_event_open},
	{"PID_NS", ALWAYS},
	{"POSIX_MQUEUE", __NR_mq_open},
	{"POSIX_TIMERS", __NR_timer_create},
	{"PRINTK", ALWAYS},
	{"PROC_FS", ALWAYS},
	{"PROC_SYSCTL", ALWAYS},
	{"QUOTA", __NR_quotactl},
	{"RSEQ", __NR_rseq},
	{"SECCOMP", __NR_seccomp},
	{"SECCOMP_FILTER", __NR_seccomp},
	{"SECURITY_LANDLOCK", __NR_landlock_create_ruleset},
	{"SHMEM", ALWAYS},
	{"SIGNALFD", __NR_signalfd4},
	{"SMP", ALWAYS},
	{"SWAP", __NR_swapon},
	{"SYSFS", ALWAYS},
	{"SYSFS_SYSCALL", __NR_sysfs},
	{"SYSVIPC", __NR_shmget},
	{"TIMERFD", __NR_timerfd_create},
	{"TMPFS", ALWAYS},
	{"TMPFS_XATTR", ALWAYS},
	{"TTY", ALWAYS},
	{"UNIX", ALWAYS},
	{"UNIX98_PTYS", ALWAYS},
	{"USERFAULTFD", __NR_userfaultfd},
	{"USER_NS", ALWAYS},
	{"UTS_NS", ALWAYS},
	{"X86", ALWAYS},
	{"X86_64", ALWAYS},
};

static bool served(const struct option *o)
{
	const struct syscall_row *r;

	if (o->call == ALWAYS)
		return true;
	r = &syscall_table[o->call];
	return r->support == SUPPORT_NATIVE || (r->support != SUPPORT_NONE && r->fn);
}

static void list_options(struct seq *s)
{
	seq_puts(s, "#\n# " SKIFF_UTS_SYSNAME "/" SKIFF_UTS_MACHINE " " SKIFF_UTS_RELEASE
		    " Kernel Configuration\n#\n");
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		seq_printf(s, served(&options[i]) ? "CONFIG_%s=y\n" : "# CONFIG_%s is not set\n",
			options[i].name);
}

static u32 crc32_of(const u8 *p, size_t len)
{
	u32 crc = ~0u;

	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static void put_stored(struct seq *s, const char *p, size_t len, bool last)
{
	const u8 head[5] = {last, len & 0xff, len >> 8, ~len & 0xff, (~len >> 8) & 0xff};

	seq_write(s, head, sizeof(head));
	seq_write(s, p, len);
}

int machine_show_config(struct seq *s, const struct pseudo_ctx *c)
{
	static const u8 head[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
	struct seq text = {0};
	u32 tail[2];

	list_options(&text);
	if (text.failed) {
		seq_fini(&text);
		return -ENOMEM;
	}
	seq_write(s, head, sizeof(head));
	for (size_t at = 0, n; at < text.len; at += n) {
		n = MIN(text.len - at, (size_t)STORED_MAX);
		put_stored(s, text.buf + at, n, at + n == text.len);
	}
	tail[0] = crc32_of((const u8 *)text.buf, text.len);
	tail[1] = (u32)text.len;
	seq_write(s, tail, sizeof(tail));
	seq_fini(&text);
	return 0;
}
