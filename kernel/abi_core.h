/* Notes of an ELF core file on x86-64 (core(5), elf(5)): struct elf_prstatus, elf_prpsinfo. */
#ifndef SKIFF_KERNEL_ABI_CORE_H
#define SKIFF_KERNEL_ABI_CORE_H

#include "kernel/abi_ptrace.h"

struct abi_core_time {
	s64 sec, usec;
};

struct abi_prstatus {
	s32 signo, code, err;
	s16 cursig;
	u16 pad;
	u64 sigpend, sighold;
	s32 pid, ppid, pgrp, sid;
	struct abi_core_time utime, stime, cutime, cstime;
	struct user_regs_struct regs;
	s32 fpvalid;
	s32 pad2;
};
static_assert(sizeof(struct abi_prstatus) == 336, "struct elf_prstatus");

struct abi_prpsinfo {
	char state, sname, zomb, nice;
	u32 pad;
	u64 flag;
	u32 uid, gid;
	s32 pid, ppid, pgrp, sid;
	char fname[16], psargs[80];
};
static_assert(sizeof(struct abi_prpsinfo) == 136, "struct elf_prpsinfo");

#endif
