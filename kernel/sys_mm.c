/*
 * Memory calls that are not native: brk, file mappings, the locking calls, and whatever names an
 * address as low as the stub's; carried out by orders to the caller's stub. The mappings themselves
 * belong to the host; the kernel hands over a descriptor of the file behind them and remembers only
 * the heap. brk(2), mmap(2).
 */
#include "kernel/sys_mm.h"

#include "fs/fdtable.h"
#include "kernel/lib/log.h"
#include "kernel/mapped.h"
#include "kernel/os.h"
#include "kernel/ptrace.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#include <asm/unistd.h>
#include <sys/mman.h>

static int brk_resize(struct task *t, uaddr_t from, uaddr_t to)
{
	long ret;

	if (to > from)
		ret = guest_order(t, __NR_mmap, from, to - from, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, (u64)-1, 0);
	else
		ret = guest_order(t, __NR_munmap, to, from - to, 0, 0, 0, 0);
	return ret < 0 ? (int)ret : 0;
}

/* ---- below GUEST_RESERVED_END: the guest has nothing there, and gets nothing there ---- */

static bool is_low(uaddr_t addr)
{
	return addr < GUEST_RESERVED_END;
}

/* Where a mapping may go: as by vm.mmap_min_addr, a fixed place must not be low, a hint is moved.
 */
static int check_place(u64 *addr, bool fixed)
{
	if (!is_low(*addr))
		return 0;
	if (fixed)
		return -EPERM;
	*addr = 0;
	return 0;
}

/* Of the len > 0 bytes from a low address: where those end that are not low. */
static uaddr_t high_end(uaddr_t addr, u64 len)
{
	uaddr_t end = ALIGN_UP(addr + len, PAGE_SIZE);

	return MAX(end, (uaddr_t)GUEST_RESERVED_END);
}

static bool range_valid(uaddr_t addr, u64 len)
{
	return !(addr & (PAGE_SIZE - 1)) && len <= USER_ADDR_MAX - GUEST_RESERVED_END;
}

SYSCALL_DEFINE2(munmap, uaddr_t, addr, u64, len)
{
	uaddr_t end = high_end(addr, len);

	if (!is_low(addr) || !range_valid(addr, len) || !len)
		return -EINVAL;
	if (end == GUEST_RESERVED_END)
		return 0;
	return guest_order(
		current, __NR_munmap, GUEST_RESERVED_END, end - GUEST_RESERVED_END, 0, 0, 0, 0);
}

static long protect_low(uaddr_t addr, u64 len)
{
	if (!is_low(addr) || addr & (PAGE_SIZE - 1))
		return -EINVAL;
	return len ? -ENOMEM : 0;
}

SYSCALL_DEFINE2(mprotect, uaddr_t, addr, u64, len)
{
	return protect_low(addr, len);
}

SYSCALL_DEFINE2(pkey_mprotect, uaddr_t, addr, u64, len)
{
	return protect_low(addr, len);
}

SYSCALL_DEFINE3(madvise, uaddr_t, addr, u64, len, int, advice)
{
	uaddr_t end = high_end(addr, len);
	long ret = 0;

	if (!is_low(addr) || !range_valid(addr, len))
		return -EINVAL;
	if (end > GUEST_RESERVED_END)
		ret = guest_order(current, __NR_madvise, GUEST_RESERVED_END,
			end - GUEST_RESERVED_END, (u64)advice, 0, 0, 0);
	return ret < 0 || !len ? ret : -ENOMEM;
}

SYSCALL_DEFINE3(mseal, uaddr_t, addr, u64, len, u64, flags)
{
	return flags ? -EINVAL : protect_low(addr, len);
}

SYSCALL_DEFINE5(mremap, uaddr_t, addr, u64, len, u64, new_len, u64, flags, u64, new_addr)
{
	int err;

	if ((addr | new_addr) & (PAGE_SIZE - 1))
		return -EINVAL;
	err = check_place(&new_addr, flags & MREMAP_FIXED);
	if (err < 0 || is_low(addr))
		return err < 0 ? err : -EFAULT;
	return guest_order(current, __NR_mremap, addr, len, new_len, flags, new_addr, 0);
}

/* ---- the heap ---- */

/* Never fails: the result is the break in force. */
SYSCALL_DEFINE1(brk, uaddr_t, addr)
{
	struct mm *mm = current->mm;
	rlim_t limit = task_rlimit(current, RLIMIT_DATA);
	uaddr_t from = ALIGN_UP(mm->brk, PAGE_SIZE), to = ALIGN_UP(addr, PAGE_SIZE);

	if (addr < mm->brk_start || addr >= USER_ADDR_MAX)
		return (long)mm->brk;
	if (limit != RLIM_INFINITY &&
		addr - mm->brk_start + (mm->end_data - mm->start_data) > limit)
		return (long)mm->brk;
	if (to == from || brk_resize(current, from, to) == 0)
		mm->brk = addr;
	return (long)mm->brk;
}

/* ---- mappings ---- */

static int check_file_map(const struct file *f, u64 prot, u64 flags)
{
	if (f->flags & O_PATH)
		return -EBADF;
	if ((flags & MAP_TYPE) != MAP_PRIVATE && (flags & MAP_TYPE) != MAP_SHARED &&
		(flags & MAP_TYPE) != MAP_SHARED_VALIDATE)
		return -EINVAL;
	if (!FMODE_CAN_READ(f))
		return -EACCES;
	if ((flags & MAP_TYPE) == MAP_PRIVATE)
		return 0;
	if ((prot & PROT_WRITE) && (!FMODE_CAN_WRITE(f) || (f->flags & O_APPEND)))
		return -EACCES;
	return 0;
}

/* The mapping and the closing of the descriptor are one batch, so it is open only in between. */
static int map_orders(struct guest_order o[2], struct task *t, int hfd, const u64 args[4], u64 off)
{
	int gfd = guest_give_fd(t, hfd);

	if (gfd < 0)
		return gfd;
	o[0] = (struct guest_order){__NR_mmap, {args[0], args[1], args[2], args[3], (u64)gfd, off}};
	o[1] = (struct guest_order){__NR_close, {(u64)gfd}};
	trace(TRACE_MM, "map a file: address %#llx, %llu bytes, prot %#llx, flags %#llx",
		(unsigned long long)args[0], (unsigned long long)args[1],
		(unsigned long long)args[2], (unsigned long long)args[3]);
	return 0;
}

static long map_and_wait(struct task *t, const struct guest_order o[2])
{
	long ret = guest_orders(t, o, 2);

	if (ret < 0 && ret != -ESRCH)
		guest_order(t, __NR_close, o[1].args[0], 0, 0, 0, 0, 0);
	return ret;
}

long mm_map_hfd(struct task *t, int hfd, const u64 args[4], u64 off)
{
	struct guest_order o[2];
	int err = map_orders(o, t, hfd, args, off);

	return err < 0 ? err : map_and_wait(t, o);
}

/* The same as the end of the call: t goes on with the result. */
static long map_hfd(struct task *t, int hfd, const u64 args[4], u64 off)
{
	struct guest_order o[2];
	int err = map_orders(o, t, hfd, args, off);

	if (err < 0)
		return err;
	if (signal_pending(t) || task_traced(t) || t->calltrace) /* the trace wants the result */
		return map_and_wait(t, o);
	guest_orders_resume(t, o, 2);
	return SYSCALL_RESUMED;
}

static long map_file(struct file *f, u64 addr, u64 len, u64 prot, u64 flags, u64 off)
{
	bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;
	u64 args[4] = {addr, len, prot, flags};
	int err = check_file_map(f, prot, flags);
	bool may_write;
	long ret;
	int hfd;

	if (err == 0)
		err = check_place(&args[0], flags & (MAP_FIXED | MAP_FIXED_NOREPLACE));
	if (err < 0)
		return err;
	if (!f->ops->mmap_hfd)
		return -ENODEV;
	may_write = shared && FMODE_CAN_WRITE(f) && !(f->flags & O_APPEND);
	if (f->inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) {
		if (may_write && (prot & PROT_WRITE))
			return -EPERM;
		may_write = false;
	}
	if ((prot & PROT_EXEC) && f->path.mnt && (f->path.mnt->flags & MNT_NOEXEC))
		return -EPERM;
	hfd = f->ops->mmap_hfd(f, may_write, &off);
	if (hfd < 0)
		return hfd;
	mapped_note(hfd, f);
	ret = map_hfd(current, hfd, args, off);
	os_close(hfd);
	return ret;
}

/* Only huge pages come here, and low addresses. */
static long map_anonymous(u64 addr, u64 len, u64 prot, u64 flags)
{
	int err = check_place(&addr, flags & (MAP_FIXED | MAP_FIXED_NOREPLACE));

	if (err < 0)
		return err;
	if (flags & MAP_HUGETLB)
		return -ENOMEM; /* the pool is empty */
	return guest_order(current, __NR_mmap, addr, len, prot, flags, (u64)-1, 0);
}

SYSCALL_DEFINE6(mmap, u64, addr, u64, len, u64, prot, u64, flags, int, fd, u64, off)
{
	struct file *f;
	long ret;

	if (off & (PAGE_SIZE - 1))
		return -EINVAL;
	if (flags & MAP_ANONYMOUS)
		return map_anonymous(addr, len, prot, flags);
	f = fd_file_raw(fd);
	if (!f)
		return -EBADF;
	if (!len || off > (1ull << 62) || len > (1ull << 62))
		ret = len ? -EOVERFLOW : -EINVAL;
	else
		ret = map_file(f, addr, len, prot, flags, off);
	file_put(f);
	return ret;
}

/* Calls on the caller's own address space that need no help but an order. */
#define NATIVE_CALL3(name) \
	SYSCALL_DEFINE3(name, u64, a, u64, b, u64, c) \
	{ \
		return guest_order(current, __NR_##name, a, b, c, 0, 0, 0); \
	}
NATIVE_CALL3(msync)
NATIVE_CALL3(munlock)
NATIVE_CALL3(munlockall)

/* RLIMIT_MEMLOCK binds who lacks CAP_IPC_LOCK in the guest; the host's own limit comes on top. */
static int may_lock(u64 len)
{
	u64 limit = task_rlimit(current, RLIMIT_MEMLOCK);
	struct guest_mem_detail d;

	if (capable(CAP_IPC_LOCK) || limit == RLIM_INFINITY)
		return 0;
	if (!limit)
		return -EPERM;
	if (len > limit)
		return -ENOMEM;
	if (guest_mem_detail(current, &d) == 0 && d.locked * 1024 + len > limit)
		return -ENOMEM;
	return 0;
}

SYSCALL_DEFINE2(mlock, u64, addr, u64, len)
{
	int err = may_lock(len);

	return err < 0 ? err : guest_order(current, __NR_mlock, addr, len, 0, 0, 0, 0);
}

SYSCALL_DEFINE3(mlock2, u64, addr, u64, len, u32, flags)
{
	int err = flags & ~1u ? -EINVAL : may_lock(len);

	return err < 0 ? err : guest_order(current, __NR_mlock2, addr, len, flags, 0, 0, 0);
}

SYSCALL_DEFINE1(mlockall, u32, flags)
{
	struct guest_mem_detail d = {.size = 0};
	int err;

	if (!flags || flags & ~7u || flags == 4)
		return -EINVAL;
	guest_mem_detail(current, &d);
	err = may_lock((flags & 1) ? d.size * 1024 : 0);
	return err < 0 ? err : guest_order(current, __NR_mlockall, flags, 0, 0, 0, 0, 0);
}
