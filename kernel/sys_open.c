/*
 * System calls that make, duplicate and close descriptors: open and its variants, close,
 * close_range, dup, memfd_create. open(2), openat2(2), close_range(2), dup(2), memfd_create(2).
 */
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/tmpfs/tmpfs.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#define OPEN_FLAGS \
	(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | \
		O_DSYNC | FASYNC | O_DIRECT | 0100000 | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | \
		O_CLOEXEC | O_PATH | O_TMPFILE)

struct abi_open_how {
	u64 flags, mode, resolve;
};

#define RESOLVE_NO_XDEV 1u
#define RESOLVE_NO_MAGICLINKS 2u
#define RESOLVE_NO_SYMLINKS 4u
#define RESOLVE_BENEATH 8u
#define RESOLVE_IN_ROOT 16u
#define RESOLVE_CACHED 32u

static long do_open(int dfd, uaddr_t name, int flags, u32 mode, u32 lookup)
{
	bool scoped = lookup & (LOOKUP_BENEATH | LOOKUP_IN_ROOT);
	struct pathname n;
	struct path base;
	struct file *f;
	int ret = open_check_flags(flags);

	if (ret == 0)
		ret = pathname_get(&n, name, false);
	if (ret < 0)
		return ret;
	ret = fd_room();
	if (ret == 0)
		ret = path_base(dfd, scoped ? "." : n.s, &base);
	if (ret == 0) {
		ret = file_open_lookup(&base, n.s, flags, mode & 07777, lookup, &f);
		path_put(&base);
	}
	pathname_put(&n);
	if (ret < 0)
		return ret;
	ret = fd_install(f, 0, flags & O_CLOEXEC);
	if (ret < 0)
		file_put(f);
	return ret;
}

SYSCALL_DEFINE4(openat, int, dfd, uaddr_t, name, int, flags, u32, mode)
{
	return do_open(dfd, name, flags & OPEN_FLAGS, mode, 0);
}

SYSCALL_DEFINE3(open, uaddr_t, name, int, flags, u32, mode)
{
	return do_open(AT_FDCWD, name, flags & OPEN_FLAGS, mode, 0);
}

SYSCALL_DEFINE2(creat, uaddr_t, name, u32, mode)
{
	return do_open(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode, 0);
}

static int check_how(const struct abi_open_how *how)
{
	u64 flags = how->flags;

	if (flags & ~(u64)OPEN_FLAGS)
		return -EINVAL;
	if (how->resolve & ~(u64)(2 * RESOLVE_CACHED - 1))
		return -EINVAL;
	if ((how->resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) ==
		(RESOLVE_BENEATH | RESOLVE_IN_ROOT))
		return -EINVAL;
	if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE)
		return how->mode & ~07777ull ? -EINVAL : 0;
	if ((flags & O_PATH) && (flags & ~(u64)(O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)))
		return -EINVAL;
	return how->mode ? -EINVAL : 0;
}

static u32 resolve_to_lookup(u64 resolve)
{
	u32 lookup = 0;

	if (resolve & RESOLVE_NO_XDEV)
		lookup |= LOOKUP_NO_XDEV;
	if (resolve & RESOLVE_NO_MAGICLINKS)
		lookup |= LOOKUP_NO_MAGICLINKS;
	if (resolve & RESOLVE_NO_SYMLINKS)
		lookup |= LOOKUP_NO_SYMLINKS | LOOKUP_NO_MAGICLINKS;
	if (resolve & RESOLVE_BENEATH)
		lookup |= LOOKUP_BENEATH;
	if (resolve & RESOLVE_IN_ROOT)
		lookup |= LOOKUP_IN_ROOT;
	return lookup;
}

SYSCALL_DEFINE4(openat2, int, dfd, uaddr_t, name, uaddr_t, uhow, size_t, size)
{
	struct abi_open_how how;
	int ret =
		size < sizeof(how) ? -EINVAL : copy_struct_from_user(&how, sizeof(how), uhow, size);

	if (ret == 0)
		ret = check_how(&how);
	if (ret < 0)
		return ret;
	if (how.resolve & RESOLVE_CACHED) /* we cannot promise not to ask the filesystem */
		return -EAGAIN;
	return do_open(dfd, name, (int)how.flags, (u32)how.mode, resolve_to_lookup(how.resolve));
}

SYSCALL_DEFINE1(close, int, fd)
{
	int ret = fd_close(fd);

	/* the descriptor is gone: a restarted close would hit someone else's */
	if (ret == -ERESTARTSYS || ret == -ERESTARTNOINTR || ret == -ERESTARTNOHAND)
		ret = -EINTR;
	return ret;
}

#define CLOSE_RANGE_UNSHARE_FLAG 2u
#define CLOSE_RANGE_CLOEXEC_FLAG 4u

SYSCALL_DEFINE3(close_range, unsigned, first, unsigned, last, unsigned, flags)
{
	struct files *copy;

	if ((flags & ~(CLOSE_RANGE_UNSHARE_FLAG | CLOSE_RANGE_CLOEXEC_FLAG)) || first > last)
		return -EINVAL;
	if ((flags & CLOSE_RANGE_UNSHARE_FLAG) && current->files->refs > 1) {
		copy = files_copy(current->files);
		if (!copy)
			return -ENOMEM;
		files_put(current->files);
		current->files = copy;
	}
	for (unsigned fd = first; fd <= last && fd < current->files->nr; fd++) {
		if (!current->files->slots[fd].file)
			continue;
		if (flags & CLOSE_RANGE_CLOEXEC_FLAG)
			current->files->slots[fd].cloexec = true;
		else
			fd_close((int)fd);
	}
	return 0;
}

SYSCALL_DEFINE1(dup, int, fd)
{
	struct file *f = fd_file_raw(fd);
	int ret;

	if (!f)
		return -EBADF;
	ret = fd_install(f, 0, false);
	if (ret < 0)
		file_put(f);
	return ret;
}

static long do_dup3(int oldfd, int newfd, bool cloexec)
{
	struct file *f = fd_file_raw(oldfd);
	int ret;

	if (!f)
		return -EBADF;
	ret = fd_install_at(newfd, f, cloexec);
	if (ret < 0)
		file_put(f);
	return ret;
}

SYSCALL_DEFINE2(dup2, int, oldfd, int, newfd)
{
	if (oldfd == newfd) {
		int ret = fd_get_cloexec(oldfd);

		return ret < 0 ? ret : oldfd;
	}
	return do_dup3(oldfd, newfd, false);
}

SYSCALL_DEFINE3(dup3, int, oldfd, int, newfd, int, flags)
{
	if ((flags & ~O_CLOEXEC) || oldfd == newfd)
		return -EINVAL;
	return do_dup3(oldfd, newfd, flags & O_CLOEXEC);
}

#define MFD_CLOEXEC_FLAG 1u
#define MFD_ALLOW_SEALING_FLAG 2u
#define MFD_NOEXEC_SEAL_FLAG 8u
#define MFD_EXEC_FLAG 16u

SYSCALL_DEFINE2(memfd_create, uaddr_t, uname, unsigned, flags)
{
	char name[NAME_MAX - 6 + 1]; /* with "memfd:" in front a name still fits */
	struct file *f;
	ssize_t len;
	int ret;

	if (flags &
		~(MFD_CLOEXEC_FLAG | MFD_ALLOW_SEALING_FLAG | MFD_NOEXEC_SEAL_FLAG | MFD_EXEC_FLAG))
		return -EINVAL;
	if ((flags & MFD_EXEC_FLAG) && (flags & MFD_NOEXEC_SEAL_FLAG))
		return -EINVAL;
	len = strncpy_from_user(name, uname, sizeof(name));
	if (len < 0)
		return len == -ENAMETOOLONG ? -EINVAL : len;
	ret = tmpfs_memfd(name, flags & (MFD_ALLOW_SEALING_FLAG | MFD_NOEXEC_SEAL_FLAG),
		!(flags & MFD_NOEXEC_SEAL_FLAG), &f);
	if (ret < 0)
		return ret;
	ret = fd_install(f, 0, flags & MFD_CLOEXEC_FLAG);
	if (ret < 0)
		file_put(f);
	return ret;
}
