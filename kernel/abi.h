/*
 * The guest's ABI: x86-64 Linux. Constants and the structs whose libc layout is the kernel's come
 * from libc's headers (their functions are off limits here; the link check proves it). Structs
 * where libc differs from the kernel are defined below with the prefix abi_.
 */
#ifndef SKIFF_KERNEL_ABI_H
#define SKIFF_KERNEL_ABI_H

#include "kernel/lib/types.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

typedef u64 uaddr_t;   /* an address in a guest process: never dereferenced, see kernel/uaccess.h */
typedef u64 sigmask_t; /* bit (n - 1) stands for signal n */

#define ABI_NSIG 64
#define SIGBIT(n) (1ull << ((n)-1))
#define USER_ADDR_MAX 0x00007ffffffff000ull

/* Internal results, never seen by a guest: they end in kernel/signal.c (restart rules). */
#define ERESTARTSYS 512	   /* restart if SA_RESTART or no handler runs */
#define ERESTARTNOINTR 513 /* always restart */
#define ERESTARTNOHAND 514 /* restart only if no handler runs */
#define ERESTART_RESTARTBLOCK \
	516 /* as NOHAND, continuing with task->restart (absolute deadlines) */

struct abi_sigaction {
	uaddr_t handler;
	u64 flags;
	uaddr_t restorer;
	sigmask_t mask;
};
static_assert(sizeof(struct abi_sigaction) == 32, "struct kernel_sigaction");

#define ABI_SA_RESTORER 0x04000000u

struct abi_sigaltstack {
	uaddr_t sp;
	s32 flags;
	u32 pad;
	u64 size;
};
static_assert(sizeof(struct abi_sigaltstack) == 24, "stack_t");
#define ABI_MINSIGSTKSZ 2048 /* libc's MINSIGSTKSZ asks the host */

struct abi_sigcontext {
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
	u64 rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
	u16 cs, gs, fs, ss;
	u64 err, trapno, oldmask, cr2;
	uaddr_t fpstate;
	u64 reserved[8];
};
static_assert(sizeof(struct abi_sigcontext) == 256, "struct sigcontext_64");

struct abi_ucontext {
	u64 flags;
	uaddr_t link;
	struct abi_sigaltstack stack;
	struct abi_sigcontext mc;
	sigmask_t sigmask;
};
static_assert(sizeof(struct abi_ucontext) == 304, "struct ucontext");

/* getdents64: followed by the NUL-terminated name, padded so that reclen is a multiple of 8. */
struct abi_dirent64 {
	u64 ino;
	s64 off;
	u16 reclen;
	u8 type;
	char name[];
};

struct abi_termios {
	u32 iflag, oflag, cflag, lflag;
	u8 line;
	u8 cc[19];
};
static_assert(sizeof(struct abi_termios) == 36, "struct termios");

struct abi_termios2 {
	u32 iflag, oflag, cflag, lflag;
	u8 line;
	u8 cc[19];
	u32 ispeed, ospeed;
};
static_assert(sizeof(struct abi_termios2) == 44, "struct termios2");

#endif
