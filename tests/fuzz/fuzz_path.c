/*
 * libFuzzer target: path walks in a tmpfs, with symlinks, renames and descriptors of directories,
 * by a process whose root is a directory of it. Whatever it does, the file beside its root is never
 * what a path leads to.
 */
#include "fs/namei.h"
#include "tests/fuzz/file_ops.h"

#define OPS_MAX 200

static u64 secret_ino;

static void check_path(u64 path)
{
	struct stat st;

	if (CALL(stat, path, FAKE_BUF(4)) < 0)
		return;
	memcpy(&st, FAKE_PTR(4), sizeof(st));
	if (st.st_ino == secret_ino)
		abort();
}

static void setup(void)
{
	struct stat st;

	CALL(mkdir, fake_str("/jail"), 0755);
	CALL(mkdir, fake_str("/jail/a"), 0755);
	CALL(symlink, fake_str("../../f"), fake_str("/jail/link"));
	CALL(close, (u64)CALL(creat, fake_str("/f"), 0600));
	if (CALL(stat, fake_str("/f"), FAKE_BUF(4)) < 0)
		abort();
	memcpy(&st, FAKE_PTR(4), sizeof(st));
	secret_ino = st.st_ino;
	if (CALL(chroot, fake_str("/jail")) < 0 || CALL(chdir, fake_str("/")) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = {data, size};
	struct task *task = fake_task_create();

	setup();
	for (unsigned i = 0; i < OPS_MAX && in.left; i++) {
		if (input_u8(&in) % 4)
			file_op(&in);
		else
			check_path(input_user_path(&in));
	}
	fake_task_destroy(task);
	fake_fini();
	return 0;
}
