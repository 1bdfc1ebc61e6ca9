/* name_to_handle_at(2), open_by_handle_at(2). */
#include "fs/fdtable.h"
#include "fs/file.h"
#include "fs/handle.h"
#include "kernel/cred.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

#define HANDLE_MAX 128u
#define AT_HANDLE_MNT_ID_UNIQUE_ 1
#define AT_HANDLE_CONNECTABLE_ 2
#define AT_HANDLE_FID_ 0x200
#define AT_HANDLE_FLAGS \
	(AT_HANDLE_MNT_ID_UNIQUE_ | AT_HANDLE_CONNECTABLE_ | AT_HANDLE_FID_ | AT_SYMLINK_FOLLOW | \
		AT_EMPTY_PATH)

struct abi_file_handle {
	u32 bytes;
	s32 type;
};

/* The number of the mount is told even if the handle does not fit. */
static int put_mount_id(const struct path *p, uaddr_t dst, int flags)
{
	return flags & AT_HANDLE_MNT_ID_UNIQUE_ ? put_user_u64(dst, mount_unique_id(p->mnt))
						: put_user_u32(dst, p->mnt->id);
}

static int put_handle(const struct path *p, uaddr_t uhandle, uaddr_t umnt, int flags)
{
	struct abi_file_handle head;
	struct handle h;
	bool fits;

	if (!(flags & AT_HANDLE_FID_) && !handle_possible(p->dentry->sb))
		return -EOPNOTSUPP;
	if (copy_from_user(&head, uhandle, sizeof(head)))
		return -EFAULT;
	if (head.bytes > HANDLE_MAX)
		return -EINVAL;
	fits = head.bytes >= sizeof(h);
	head.bytes = sizeof(h);
	head.type = fits ? HANDLE_TYPE : 0;
	handle_of(p->dentry->inode, &h);
	if (put_mount_id(p, umnt, flags) || copy_to_user(uhandle, &head, sizeof(head)))
		return -EFAULT;
	if (!fits)
		return -EOVERFLOW;
	return copy_to_user(uhandle + sizeof(head), &h, sizeof(h));
}

SYSCALL_DEFINE5(
	name_to_handle_at, int, dfd, uaddr_t, name, uaddr_t, handle, uaddr_t, mnt_id, int, flags)
{
	u32 lookup = (flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0) |
		     (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
	struct path p;
	int ret;

	if (flags & ~AT_HANDLE_FLAGS)
		return -EINVAL;
	if ((flags & AT_HANDLE_CONNECTABLE_) && (flags & (AT_HANDLE_FID_ | AT_EMPTY_PATH)))
		return -EINVAL;
	ret = path_lookup_user(dfd, name, lookup, &p);
	if (ret < 0)
		return ret;
	ret = inode_refresh(p.dentry->inode);
	if (ret == 0)
		ret = put_handle(&p, handle, mnt_id, flags);
	path_put(&p);
	return ret;
}

static int get_handle(uaddr_t src, struct handle *h)
{
	struct abi_file_handle head;

	if (copy_from_user(&head, src, sizeof(head)))
		return -EFAULT;
	if (!head.bytes || head.bytes > HANDLE_MAX)
		return -EINVAL;
	if (head.bytes < sizeof(*h) || head.type != HANDLE_TYPE)
		return -ESTALE;
	return copy_from_user(h, src + sizeof(head), sizeof(*h));
}

/* Of the filesystem that fd, AT_FDCWD too, is on. */
static int find(int fd, const struct handle *h, struct path *out)
{
	struct path base;
	int ret = path_base(fd, "", &base);

	if (ret < 0)
		return ret;
	if (!ns_capable(&init_user_ns, CAP_DAC_READ_SEARCH)) {
		path_put(&base);
		return -EPERM;
	}
	out->mnt = base.mnt;
	out->dentry = handle_find(base.mnt->sb, h);
	if (!out->dentry) {
		path_put(&base);
		return -ESTALE;
	}
	d_put(base.dentry); /* the mount's reference goes on */
	return 0;
}

SYSCALL_DEFINE3(open_by_handle_at, int, mount_fd, uaddr_t, uhandle, int, flags)
{
	struct handle h;
	struct path p;
	struct file *f;
	int ret = get_handle(uhandle, &h);

	if (ret == 0)
		ret = find(mount_fd, &h, &p);
	if (ret < 0)
		return ret;
	ret = file_open_found(&p, flags & ~(O_CREAT | O_EXCL), &f);
	path_put(&p);
	if (ret < 0)
		return ret;
	ret = fd_install(f, 0, flags & O_CLOEXEC);
	if (ret < 0)
		file_put(f);
	return ret;
}
