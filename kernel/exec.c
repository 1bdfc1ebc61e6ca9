/*
 * execve(2), execveat(2): collects the arguments from the old image, finds and checks the file,
 * resolves scripts, and only then gives the old address space up (guest_exec). What fails after
 * that point kills the process.
 */
#include "kernel/exec.h"

#include "fs/file.h"

#include "fs/fdtable.h"
#include "fs/fsnotify.h"
#include "kernel/exit.h"
#include "kernel/keys/key.h"
#include "kernel/lib/log.h"
#include "kernel/ptrace.h"
#include "kernel/syscall.h"
#include "kernel/uaccess.h"
#include "kernel/user_ns.h"

#include <asm/unistd.h>
#include <stdio.h>

#define MAX_SCRIPT_DEPTH 5
#define ADDR_NO_RANDOMIZE 0x0040000u /* personality(2) */

/* ---- argument strings ---- */

static int strings_reserve(struct exec_strings *s, size_t more)
{
	size_t cap = s->cap ? s->cap : 4096;
	char *data;

	while (cap < s->len + more)
		cap *= 2;
	if (cap == s->cap)
		return 0;
	data = realloc(s->data, cap);
	if (!data)
		return -ENOMEM;
	s->data = data;
	s->cap = cap;
	return 0;
}

int exec_strings_add(struct exec_strings *s, const char *str, size_t len)
{
	int err = strings_reserve(s, len + 1);

	if (err < 0)
		return err;
	memcpy(s->data + s->len, str, len);
	s->data[s->len + len] = '\0';
	s->len += len + 1;
	s->nr++;
	return 0;
}

int exec_strings_prepend(struct exec_strings *s, const char *str)
{
	size_t len = strlen(str) + 1;
	int err = strings_reserve(s, len);

	if (err < 0)
		return err;
	memmove(s->data + len, s->data, s->len);
	memcpy(s->data, str, len);
	s->len += len;
	s->nr++;
	return 0;
}

void exec_strings_drop_first(struct exec_strings *s)
{
	size_t len;

	if (!s->nr)
		return;
	len = strlen(s->data) + 1;
	memmove(s->data, s->data + len, s->len - len);
	s->len -= len;
	s->nr--;
}

/* A quarter of the stack limit, at least 128 KiB, at most 6 MiB, for all strings and pointers. */
static size_t args_limit(void)
{
	rlim_t stack = task_rlimit(current, RLIMIT_STACK);
	u64 max = 6ull << 20;

	if (stack != RLIM_INFINITY && stack / 4 < max)
		max = stack / 4;
	return MAX(max, 128ull << 10);
}

static int copy_string(struct exec_strings *s, uaddr_t str, size_t limit)
{
	size_t chunk = 256;

	for (;;) {
		ssize_t n;
		int err = strings_reserve(s, chunk);

		if (err < 0)
			return err;
		n = strncpy_from_user(s->data + s->len, str, chunk);
		if (n >= 0) {
			s->len += (size_t)n + 1;
			s->nr++;
			return s->len + s->nr * 8 > limit ? -E2BIG : 0;
		}
		if (n != -ENAMETOOLONG)
			return (int)n;
		if (chunk >= EXEC_MAX_ARG_STRLEN)
			return -E2BIG;
		chunk *= 8;
		chunk = MIN(chunk, EXEC_MAX_ARG_STRLEN);
	}
}

static int copy_strings(struct exec_strings *s, uaddr_t array)
{
	size_t limit = args_limit();
	u64 ptrs[32];

	if (!array)
		return 0;
	for (;;) {
		size_t want = sizeof(ptrs) - (array & (sizeof(ptrs) - 1) & ~7ull);
		ssize_t n = guest_read_some(current, ptrs, array, want);

		if (n < 8)
			return -EFAULT;
		for (size_t i = 0; i < (size_t)n / 8; i++) {
			int err;

			if (!ptrs[i])
				return 0;
			err = copy_string(s, ptrs[i], limit);
			if (err < 0)
				return err;
		}
		array += (size_t)n / 8 * 8;
	}
}

static int add_kernel_strings(struct exec_strings *s, char *const v[])
{
	int err = 0;

	for (; *v && !err; v++)
		err = exec_strings_add(s, *v, strlen(*v));
	return err;
}

static void exec_free(struct exec *e)
{
	if (e->file)
		file_put(e->file);
	if (e->cred)
		cred_put(e->cred);
	free(e->name);
	free(e->interp);
	free(e->argv.data);
	free(e->envp.data);
	memset(e, 0, sizeof(*e));
}

/* ---- the file ---- */

static int check_file(struct exec *e)
{
	struct inode *inode = e->file->inode;
	ssize_t n;
	int err;

	if (!S_ISREG(inode->mode) || (e->file->path.mnt && e->file->path.mnt->flags & MNT_NOEXEC))
		return -EACCES;
	err = inode_permission(inode, MAY_EXEC);
	if (err < 0)
		return err;
	if (inode->writers > 0)
		return -ETXTBSY;
	n = file_read_kernel(e->file, e->head, sizeof(e->head), 0);
	if (n < 0)
		return (int)n;
	e->head_len = (size_t)n;
	return 0;
}

static int resolve_scripts(struct exec *e)
{
	int err;

	for (int depth = 0;; depth++) {
		err = check_file(e);
		if (err < 0)
			return err;
		err = exec_script(e);
		if (err <= 0)
			return err;
		if (depth >= MAX_SCRIPT_DEPTH)
			return -ELOOP;
	}
}

/* ---- credentials: set-user-ID, set-group-ID, and what exec does to capabilities ---- */

static void exec_caps(struct cred *c)
{
	u32 root_uid = cred_root_uid(c);
	bool root = root_uid != ID_INVALID && (c->uid == root_uid || c->euid == root_uid);

	if (root && !(c->securebits & 1)) { /* SECBIT_NOROOT */
		c->cap_permitted = c->cap_bounding | c->cap_inheritable;
		c->cap_effective = c->euid == root_uid ? c->cap_permitted : 0;
		c->cap_ambient = 0;
	} else {
		c->cap_permitted = c->cap_ambient;
		c->cap_effective = c->cap_ambient;
	}
}

static int exec_creds(struct exec *e)
{
	const struct inode *i = e->file->inode;
	bool suid_ok = !current->no_new_privs &&
		       (capable(CAP_SETUID) || trace_privileged(current)) &&
		       !(e->file->path.mnt && e->file->path.mnt->flags & MNT_NOSUID);
	struct cred *c = cred_copy(current->cred);

	if (!c)
		return -ENOMEM;
	if (c->user_ns && (id_map_out(&c->user_ns->uids, i->uid) == ID_INVALID ||
				  id_map_out(&c->user_ns->gids, i->gid) == ID_INVALID))
		suid_ok = false;
	if (suid_ok && (i->mode & S_ISUID))
		c->euid = i->uid;
	if (suid_ok && (i->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		c->egid = i->gid;
	if (c->euid != current->cred->euid || c->egid != current->cred->egid)
		c->cap_ambient = 0;
	c->suid = c->fsuid = c->euid;
	c->sgid = c->fsgid = c->egid;
	exec_caps(c);
	e->secure = c->euid != c->uid || c->egid != c->gid;
	e->cred = c;
	return 0;
}

/* ---- the point of no return and beyond ---- */

static void set_comm(struct task *t, const char *name)
{
	const char *base = strrchr(name, '/');

	snprintf(t->comm, sizeof(t->comm), "%s", base ? base + 1 : name);
}

static int replace_mm(struct task *t, struct exec *e)
{
	struct mm *mm = mm_create();

	if (!mm)
		return -ENOMEM;
	mm->exe = file_get(e->file);
	mm->exe->inode->exec_users++;
	mm->dump_filter = t->mm->dump_filter;
	mm->dumpable = !e->secure && inode_permission(e->file->inode, MAY_READ) == 0;
	mm_put(t->mm);
	t->mm = mm;
	return 0;
}

static int commit(struct task *t, struct exec *e)
{
	struct files *files = files_copy(t->files);
	struct fs_ctx *fs = t->fs;
	int err = files ? signal_exec(t) : -ENOMEM;

	if (err < 0)
		return err;
	files_put(t->files);
	t->files = files;
	files_close_on_exec(files);
	if (fs->refs > 1) {
		t->fs = fs_ctx_copy(fs);
		if (!t->fs) {
			t->fs = fs;
			return -ENOMEM;
		}
		fs_ctx_put(fs);
	}
	err = replace_mm(t, e);
	if (err < 0)
		return err;
	if (e->cred->euid != t->cred->euid || e->cred->egid != t->cred->egid)
		t->pdeath_signal = 0;
	cred_put(t->cred);
	t->cred = e->cred;
	e->cred = NULL;
	key_task_exec(t);
	set_comm(t, e->name);
	t->clear_child_tid = 0;
	t->robust_walked = false;
	t->tg->has_execed = true;
	vfork_release(t);
	return 0;
}

/* The host randomises stack and mappings, unless told not to. */
static void set_layout(struct task *t)
{
	bool fixed = t->personality & ADDR_NO_RANDOMIZE;

	if (fixed == t->fixed_layout)
		return;
	guest_order(t, __NR_personality, fixed ? ADDR_NO_RANDOMIZE : 0, 0, 0, 0, 0, 0);
	t->fixed_layout = fixed;
}

/* Everything that can fail for a reason the caller should hear is done before guest_exec. */
static long exec_run(struct exec *e)
{
	struct task *t = current;
	struct elf_image *img = NULL;
	struct guest_image gi;
	pid_t old_tid = t->tid;
	bool alone;
	int err = resolve_scripts(e);

	if (!err)
		err = exec_creds(e);
	if (!err)
		err = elf_prepare(e, &img);
	if (err < 0)
		return err;
	if (task_ending(t)) { /* another thread's exec came first */
		elf_free(img);
		return -EINTR;
	}
	if (e->secure)
		t->personality &= ~ADDR_NO_RANDOMIZE;
	set_layout(t);
	alone = t->tg->nr_tasks == 1;
	err = exit_others_seen(t);
	if (err < 0) {
		elf_free(img);
		return err;
	}
	t->tg->execing = t;
	err = guest_exec(t, &gi, e->secure);
	if (err < 0) {
		t->tg->execing = NULL;
		elf_free(img);
		if (!alone) /* the others may have been cut off in the middle of something */
			group_exit(t->tg, SIGKILL);
		return err;
	}
	exit_other_threads(t);
	t->tg->execing = NULL;
	err = commit(t, e);
	if (!err)
		err = elf_load(e, img, &gi);
	elf_free(img);
	if (err < 0) {
		trace(TRACE_MM, "exec of %s failed late: %s", e->name, strerror(-err));
		group_exit(t->tg, SIGKILL);
		return -EINTR;
	}
	trace_exec(t, old_tid);
	return SYSCALL_NO_RESULT;
}

int exec_opened(struct file **f)
{
	int err = fsnotify_permission(*f, FSN_OPEN_EXEC_PERM);

	if (err == 0) {
		fsnotify_file(*f, FSN_OPEN_EXEC);
		return 0;
	}
	file_put(*f);
	*f = NULL;
	return err;
}

static int exec_base(int dfd, const char *name, u32 flags, struct file **out)
{
	struct path base;
	int err;

	if (flags & ~(u32)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	if (!*name) {
		struct file *f;

		if (!(flags & AT_EMPTY_PATH))
			return -ENOENT;
		f = fd_file_raw(dfd);
		if (!f)
			return -EBADF;
		err = file_open_path(&f->path, O_RDONLY, out);
		file_put(f);
		return err < 0 ? err : exec_opened(out);
	}
	err = path_base(dfd, name, &base);
	if (err < 0)
		return err;
	err = file_open_lookup(
		&base, name, (flags & AT_SYMLINK_NOFOLLOW) ? O_NOFOLLOW : 0, 0, LOOKUP_EXEC, out);
	path_put(&base);
	return err < 0 ? err : exec_opened(out);
}

/* A script named by a descriptor is found again as /dev/fd/N[/name]. */
static char *exec_name(int dfd, const char *name)
{
	char buf[32];
	size_t len;
	char *full;

	if (dfd == AT_FDCWD || *name == '/')
		return strdup(name);
	snprintf(buf, sizeof(buf), "/dev/fd/%d%s", dfd, *name ? "/" : "");
	len = strlen(buf) + strlen(name) + 1;
	full = malloc(len);
	if (full)
		snprintf(full, len, "%s%s", buf, name);
	return full;
}

static long do_execveat(int dfd, uaddr_t uname, uaddr_t argv, uaddr_t envp, u32 flags)
{
	struct exec e = {.base_fd = dfd};
	char *name;
	long ret = getname(uname, &name);

	if (ret < 0)
		return ret;
	ret = exec_base(dfd, name, flags, &e.file);
	if (!ret) {
		e.name = exec_name(dfd, name);
		e.name_gone = dfd != AT_FDCWD && *name != '/' && fd_get_cloexec(dfd) == 1;
		ret = e.name ? 0 : -ENOMEM;
	}
	free(name);
	if (!ret)
		ret = copy_strings(&e.argv, argv);
	if (!ret)
		ret = copy_strings(&e.envp, envp);
	if (!ret && !e.argv.nr) /* since Linux 5.18: never an empty argv */
		ret = exec_strings_add(&e.argv, "", 0);
	if (!ret)
		ret = exec_run(&e);
	exec_free(&e);
	return ret;
}

SYSCALL_DEFINE3(execve, uaddr_t, name, uaddr_t, argv, uaddr_t, envp)
{
	return do_execveat(AT_FDCWD, name, argv, envp, 0);
}

SYSCALL_DEFINE5(execveat, int, dfd, uaddr_t, name, uaddr_t, argv, uaddr_t, envp, int, flags)
{
	return do_execveat(dfd, name, argv, envp, (u32)flags);
}

/* ---- programs the kernel itself starts ---- */

static long exec_one(const char *path, char *const argv[], char *const envp[])
{
	struct exec e = {.base_fd = AT_FDCWD};
	long ret = file_open_lookup(&current->fs->cwd, path, O_RDONLY, 0, LOOKUP_EXEC, &e.file);

	if (ret < 0)
		return ret;
	e.name = strdup(path);
	ret = e.name ? add_kernel_strings(&e.argv, argv) : -ENOMEM;
	if (!ret)
		ret = add_kernel_strings(&e.envp, envp);
	if (!ret)
		ret = exec_run(&e);
	exec_free(&e);
	return ret;
}

static const char *env_path(char *const envp[])
{
	for (; *envp; envp++)
		if (!strncmp(*envp, "PATH=", 5))
			return *envp + 5;
	return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

long exec_kernel(const char *name, char *const argv[], char *const envp[])
{
	const char *dir = env_path(envp);
	long ret = -ENOENT, err;
	char path[PATH_MAX];

	if (strchr(name, '/'))
		return exec_one(name, argv, envp);
	for (;;) {
		size_t len = strcspn(dir, ":");

		if ((size_t)snprintf(path, sizeof(path), "%.*s%s%s", (int)len, dir,
			    len ? "/" : "./", name) < sizeof(path)) {
			err = exec_one(path, argv, envp);
			if (err == SYSCALL_NO_RESULT ||
				(err != -ENOENT && err != -ENOTDIR && err != -EACCES))
				return err;
			if (err == -EACCES)
				ret = err;
		}
		if (!dir[len])
			return ret;
		dir += len + 1;
	}
}
