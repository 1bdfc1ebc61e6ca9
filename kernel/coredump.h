/*
 * Core dumps (core(5)): when a signal's default action writes one, where it goes, and what is in
 * it. The thread that dies writes; all others of its process wait in the stub meanwhile, so that
 * their registers can be read.
 */
#ifndef SKIFF_KERNEL_COREDUMP_H
#define SKIFF_KERNEL_COREDUMP_H

#include "kernel/abi.h"

struct file;
struct task;

extern char core_pattern[128]; /* /proc/sys/kernel */
extern u32 core_uses_pid;

#define CORE_FILTER_DEFAULT 0x33u
enum { /* bits of /proc/PID/coredump_filter */
	CORE_ANON_PRIVATE = 1,
	CORE_ANON_SHARED = 2,
	CORE_FILE_PRIVATE = 4,
	CORE_FILE_SHARED = 8,
	CORE_ELF_HEADERS = 16,
};

/* Would the death of t's process by sig leave a core file? */
bool coredump_wanted(const struct task *t, int sig);
/* Writes it, on t's coroutine, t being in the stub; the caller then ends the group. Was one
 * written? Sleeps. */
bool coredump_write(struct task *t, const siginfo_t *info);
/* Has t, on its way to guest code, to wait for its process's dump? Sleeps until the end. */
bool coredump_parks(const struct task *t);
void coredump_park(struct task *t);

/* core_elf.c: writes the file's content, at most limit bytes. Sleeps. Was anything written? */
bool core_elf_write(struct task *t, const siginfo_t *info, struct file *f, u64 limit);

#endif
