/*
 * Calls about the machine as a whole: uname(2), sethostname(2), sysinfo(2), getrandom(2),
 * arch_prctl(2), personality(2), reboot(2), kcmp(2).
 */
#include "fs/fdtable.h"
#include "kernel/epoll.h"
#include "kernel/init.h"
#include "kernel/meminfo.h"
#include "kernel/os.h"
#include "kernel/pid.h"
#include "kernel/pid_ns.h"
#include "kernel/ptrace.h"
#include "kernel/syscall.h"
#include "kernel/uaccess.h"
#include "kernel/user_ns.h"
#include "kernel/uts.h"
#include "kernel/version.h"

#define REBOOT_MAGIC1 0xfee1deadu
#define REBOOT_RESTART 0x01234567u
#define REBOOT_HALT 0xcdef0123u
#define REBOOT_POWER_OFF 0x4321fedcu
#define REBOOT_CAD_ON 0x89abcdefu
#define REBOOT_CAD_OFF 0u
#define GRND_ALL 7u
#define GRND_RANDOM_OR_INSECURE 6u

SYSCALL_DEFINE1(uname, uaddr_t, ubuf)
{
	struct utsname u;

	memset(&u, 0, sizeof(u));
	strcpy(u.sysname, SKIFF_UTS_SYSNAME);
	strcpy(u.nodename, uts_current()->nodename);
	strcpy(u.release, SKIFF_UTS_RELEASE);
	strcpy(u.version, SKIFF_UTS_VERSION);
	strcpy(u.machine, SKIFF_UTS_MACHINE);
	strcpy(u.domainname, uts_current()->domainname);
	return copy_to_user(ubuf, &u, sizeof(u));
}

static long set_uts(char name[UTS_LEN + 1], uaddr_t utext, int len)
{
	char text[UTS_LEN];

	if (!ns_capable(uts_current()->ns.owner, CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len > UTS_LEN)
		return -EINVAL;
	if (copy_from_user(text, utext, len) < 0)
		return -EFAULT;
	return uts_set(name, text, len);
}

SYSCALL_DEFINE2(sethostname, uaddr_t, text, int, len)
{
	return set_uts(uts_current()->nodename, text, len);
}

SYSCALL_DEFINE2(setdomainname, uaddr_t, text, int, len)
{
	return set_uts(uts_current()->domainname, text, len);
}

SYSCALL_DEFINE1(sysinfo, uaddr_t, ubuf)
{
	struct os_sysinfo os;
	struct sysinfo s;
	struct meminfo m;
	int err = os_sysinfo(&os);

	if (err == 0)
		err = meminfo_get(&m);
	if (err < 0)
		return err;
	memset(&s, 0, sizeof(s));
	s.uptime = os_clock_ns(OS_CLOCK_BOOTTIME) / NSEC_PER_SEC;
	for (int i = 0; i < 3; i++)
		s.loads[i] = os.load[i];
	s.totalram = m.total;
	s.freeram = m.free;
	s.sharedram = m.shmem;
	s.bufferram = m.buffers;
	s.totalswap = m.swap_total;
	s.freeswap = m.swap_free;
	s.procs = nr_tasks_total;
	s.mem_unit = 1;
	return copy_to_user(ubuf, &s, sizeof(s));
}

SYSCALL_DEFINE3(getrandom, uaddr_t, ubuf, u64, len, u32, flags)
{
	u64 done = 0;
	u8 *buf;
	int err = 0;

	if ((flags & ~GRND_ALL) || (flags & GRND_RANDOM_OR_INSECURE) == GRND_RANDOM_OR_INSECURE)
		return -EINVAL;
	len = MIN(len, (u64)INT_MAX);
	buf = io_buffer_get();
	if (!buf)
		return -ENOMEM;
	while (done < len) {
		size_t n = MIN(len - done, (u64)IO_BUFFER_SIZE);

		os_random(buf, n);
		err = copy_to_user(ubuf + done, buf, n);
		if (err < 0)
			break;
		done += n;
		if (sched_pause_after(done, n) < 0 || signal_pending(current))
			break;
	}
	io_buffer_put(buf);
	return done || !len ? (long)done : err;
}

SYSCALL_DEFINE1(personality, u32, persona)
{
	u32 old = current->personality;

	if (persona != 0xffffffffu)
		current->personality = persona;
	return old;
}

#define ARCH_SET_GS 0x1001
#define ARCH_GET_GS 0x1004
#define ARCH_GET_CPUID 0x1011
#define ARCH_SET_CPUID 0x1012

/* What the host does not run natively: the GS base, which the fast path may occupy; there is no
 * CPUID faulting, no shadow stack, no tagging. */
SYSCALL_DEFINE2(arch_prctl, int, op, uaddr_t, arg)
{
	u64 base;

	switch (op) {
	case ARCH_SET_GS:
		return arg >= USER_ADDR_MAX ? -EPERM : guest_set_gs(current, arg);
	case ARCH_GET_GS:
		base = guest_get_gs(current);
		return copy_to_user(arg, &base, sizeof(base));
	case ARCH_GET_CPUID:
		return 1;
	case ARCH_SET_CPUID:
		return -ENODEV;
	default:
		return -EINVAL;
	}
}

static bool reboot_magic2_valid(u32 m)
{
	return m == 672274793 || m == 85072278 || m == 369367448 || m == 537993216;
}

SYSCALL_DEFINE4(reboot, u32, magic1, u32, magic2, u32, cmd, uaddr_t, arg)
{
	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	if (magic1 != REBOOT_MAGIC1 || !reboot_magic2_valid(magic2))
		return -EINVAL;
	switch (cmd) {
	case REBOOT_RESTART:
	case REBOOT_HALT:
	case REBOOT_POWER_OFF:
		machine_end(0);
		return 0;
	case REBOOT_CAD_ON:
	case REBOOT_CAD_OFF:
		return 0; /* there is no such key to act on */
	default:
		return -EINVAL;
	}
}

/* ---- security modules: capabilities are the only one ---- */

#define LSM_ID_CAPABILITY 100ull

SYSCALL_DEFINE3(lsm_list_modules, uaddr_t, ids, uaddr_t, usize, u32, flags)
{
	const u64 all[] = {LSM_ID_CAPABILITY};
	u32 size;

	if (flags)
		return -EINVAL;
	if (copy_from_user(&size, usize, sizeof(size)) || put_user_u32(usize, sizeof(all)))
		return -EFAULT;
	if (size < sizeof(all))
		return -E2BIG;
	return copy_to_user(ids, all, sizeof(all)) < 0 ? -EFAULT : (long)ARRAY_SIZE(all);
}

/* ---- kcmp ---- */

enum { CMP_FILE, CMP_VM, CMP_FILES, CMP_FS, CMP_SIGHAND, CMP_IO, CMP_SYSVSEM, CMP_EPOLL_TFD };

static const struct file *task_file(const struct task *t, u64 fd)
{
	return t->files && fd < t->files->nr ? t->files->slots[fd].file : NULL;
}

static const void *kcmp_object(struct task *t, int type, u64 idx)
{
	switch (type) {
	case CMP_FILE:
		return task_file(t, idx);
	case CMP_VM:
		return t->mm;
	case CMP_FILES:
		return t->files;
	case CMP_FS:
		return t->fs;
	case CMP_SIGHAND:
		return t->sighand;
	case CMP_SYSVSEM:
		return t->sem_undo;
	default: /* there are no I/O contexts, as where nobody has set a priority */
		return NULL;
	}
}

/* 0 equal, 1 less, 2 greater: an order that tells nothing of where objects are. */
static int kcmp_order(const void *x, const void *y)
{
	static u64 secret;
	u64 a, b;

	while (!(secret & 1))
		os_random(&secret, sizeof(secret));
	a = (u64)(uintptr_t)x * secret;
	b = (u64)(uintptr_t)y * secret;
	return a == b ? 0 : a < b ? 1 : 2;
}

struct abi_kcmp_epoll_slot {
	u32 efd, tfd, toff;
};

/* Is a's file fd the one that b's epoll instance watches there? */
static long kcmp_epoll(struct task *a, struct task *b, u64 fd, uaddr_t uslot)
{
	const struct file *watched, *file, *ep;
	struct abi_kcmp_epoll_slot slot;
	int err;

	if (copy_from_user(&slot, uslot, sizeof(slot)) < 0)
		return -EFAULT;
	file = task_file(a, fd);
	ep = task_file(b, slot.efd);
	if (!file || !ep)
		return -EBADF;
	err = epoll_target(ep, (int)slot.tfd, slot.toff, &watched);
	return err < 0 ? err : kcmp_order(file, watched);
}

static bool kcmp_allowed(const struct task *t)
{
	return trace_may_access(t, TRACE_READ_REAL);
}

SYSCALL_DEFINE5(kcmp, int, pid1, int, pid2, int, type, u64, idx1, u64, idx2)
{
	struct task *a = task_find(pid_in(pid1)), *b = task_find(pid_in(pid2));
	const void *x, *y;

	if (!a || !b)
		return -ESRCH;
	if (!kcmp_allowed(a) || !kcmp_allowed(b))
		return -EPERM;
	if (type < CMP_FILE || type > CMP_EPOLL_TFD)
		return -EINVAL;
	if (type == CMP_EPOLL_TFD)
		return kcmp_epoll(a, b, idx1, idx2);
	x = kcmp_object(a, type, idx1);
	y = kcmp_object(b, type, idx2);
	if (type == CMP_FILE && (!x || !y))
		return -EBADF;
	return kcmp_order(x, y);
}
