/* One file system call out of the fuzzer's bytes, by path or on one of few descriptors. */
#ifndef SKIFF_TESTS_FUZZ_FILE_OPS_H
#define SKIFF_TESTS_FUZZ_FILE_OPS_H

#include "tests/fuzz/paths.h"

#include <linux/openat2.h>
#include <sys/syscall.h>

static inline void file_op(struct input *in)
{
	static const u32 flags[] = {O_RDONLY, O_RDWR | O_CREAT, O_WRONLY | O_TRUNC, O_DIRECTORY,
		O_PATH, O_RDWR | O_CREAT | O_EXCL, O_NOFOLLOW | O_PATH, O_TMPFILE | O_RDWR};
	u8 op = input_u8(in), arg = input_u8(in);
	u64 dir = arg & 1 ? (u64)AT_FDCWD : arg >> 1 & 7, path = input_user_path(in);
	struct open_how *how = FAKE_PTR(3);

	switch (op % 24) {
	case 0:
	case 1:
		CALL(openat, dir, path, flags[arg >> 4 & 7] | O_NONBLOCK, 0644);
		break;
	case 2:
		*how = (struct open_how){
			.flags = (flags[arg >> 4 & 7] & ~(u32)O_CREAT) | O_NONBLOCK,
			.resolve = input_u8(in) & 0x3f};
		CALL(openat2, dir, path, FAKE_BUF(3), sizeof(*how));
		break;
	case 3:
	case 4:
		CALL(mkdirat, dir, path, arg & 2 ? 0755 : 0);
		break;
	case 5:
	case 6:
		CALL(symlinkat, input_user_path(in), dir, path);
		break;
	case 7:
		CALL(linkat, AT_FDCWD, input_user_path(in), dir, path,
			arg & 2 ? AT_SYMLINK_FOLLOW : 0);
		break;
	case 8:
	case 9:
		CALL(renameat2, AT_FDCWD, input_user_path(in), dir, path, arg >> 5 & 3);
		break;
	case 10:
		CALL(unlinkat, dir, path, arg & 2 ? AT_REMOVEDIR : 0);
		break;
	case 11:
		CALL(mknodat, dir, path, (arg & 2 ? S_IFIFO : S_IFCHR) | 0600, arg >> 2);
		break;
	case 12:
		CALL(setxattr, path, fake_str(arg & 2 ? "user.x" : "trusted.overlay.opaque"),
			FAKE_BUF(2), arg >> 3, 0);
		break;
	case 13:
		CALL(getxattr, path, fake_str("user.x"), FAKE_BUF(2), arg);
		CALL(listxattr, path, FAKE_BUF(2), arg);
		break;
	case 14:
		CALL(removexattr, path, fake_str("user.x"));
		break;
	case 15:
		CALL(fchownat, dir, path, arg & 2 ? 1000 : 0, arg >> 2, AT_SYMLINK_NOFOLLOW);
		break;
	case 16:
		CALL(fchmodat, dir, path, (u64)arg << 4 & 07777);
		break;
	case 17:
		CALL(chdir, path);
		break;
	case 18:
		CALL(readlinkat, dir, path, FAKE_BUF(2), arg);
		break;
	case 19:
		CALL(getdents64, arg & 7, FAKE_BUF(2), 4 * arg);
		break;
	case 20:
		CALL(close, arg & 7);
		break;
	case 21:
		CALL(write, arg & 7, path, arg);
		CALL(pread64, arg & 7, FAKE_BUF(2), arg, 0);
		break;
	case 22:
		CALL(truncate, path, arg);
		CALL(utimensat, dir, path, 0, 0);
		break;
	case 23:
		CALL(newfstatat, dir, path, FAKE_BUF(2), 0);
		CALL(statfs, path, FAKE_BUF(2));
		CALL(getcwd, FAKE_BUF(2), arg);
	}
}

#endif
