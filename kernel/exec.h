/* Program execution: execve(2), the ELF and script loaders. */
#ifndef SKIFF_KERNEL_EXEC_H
#define SKIFF_KERNEL_EXEC_H

#include "fs/vfs.h"
#include "kernel/task.h"

#define EXEC_MAX_ARG_STRLEN (128 * 1024ul)
#define EXEC_HEAD_SIZE 256 /* of the file, for its format */

/* Growing list of NUL-terminated strings: argv or envp. */
struct exec_strings {
	char *data;
	size_t len, cap, nr;
};

struct exec {
	struct file *file;
	char *name;   /* AT_EXECFN, /proc/PID/comm: the path as given */
	char *interp; /* the script interpreter found last, NULL: none */
	struct exec_strings argv, envp;
	char head[EXEC_HEAD_SIZE];
	size_t head_len;
	struct cred *cred; /* after set-user-ID; NULL keeps the caller's */
	bool secure;
	bool name_gone; /* the name leads through a close-on-exec descriptor: no use to a script */
	int base_fd;	/* execveat's, for scripts through /dev/fd */
};

int exec_strings_add(struct exec_strings *s, const char *str, size_t len); /* -E2BIG, -ENOMEM */
int exec_strings_prepend(struct exec_strings *s, const char *str);
void exec_strings_drop_first(struct exec_strings *s);

/* *f has been opened to be executed: says so to who watches. 0, or *f is put, NULL, and -EPERM. */
int exec_opened(struct file **f);

/* script.c: 1 if e's file is a script: e then names its interpreter; 0 if not; or -errno. */
int exec_script(struct exec *e);

/* elf.c: the plan of an image, made and checked before the old one is given up. */
struct elf_image;
int elf_prepare(struct exec *e, struct elf_image **out); /* -ENOEXEC if not an ELF we run */
/* Maps everything into the fresh address space of current, fills its mm, sets registers. */
int elf_load(struct exec *e, struct elf_image *img, const struct guest_image *gi);
void elf_free(struct elf_image *img);

/* The machine's first program, on its task's coroutine (init.c). */
long exec_init(void);
/* Runs name (searched in PATH of envp if it has no slash) as current: SYSCALL_NO_RESULT or -errno.
 */
long exec_kernel(const char *name, char *const argv[], char *const envp[]);

#endif
