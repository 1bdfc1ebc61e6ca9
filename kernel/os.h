/*
 * The host, as kernel/ and fs/ see it. Implemented by arch-um/ and, for unit tests, by
 * tests/unit/fakehost.c. Every function returns >= 0 or -errno unless it says otherwise; none
 * blocks the event loop longer than a host file operation does. A host file descriptor (hfd) is
 * a plain int that only os_* functions interpret. Nothing here takes guest addresses.
 */
#ifndef SKIFF_KERNEL_OS_H
#define SKIFF_KERNEL_OS_H

#include "kernel/abi.h"

/* ---- time, randomness, messages ---- */
enum os_clock { OS_CLOCK_REALTIME, OS_CLOCK_MONOTONIC, OS_CLOCK_BOOTTIME, OS_CLOCK_COUNT };
u64 os_clock_ns(enum os_clock c);
void os_random(void *buf, size_t len);
void os_log(const char *line, size_t len); /* to skiff's stderr, or --trace-file */
_Noreturn void os_exit(int status);	   /* leaves the event loop: what skiff exits with */
_Noreturn void os_panic(void);		   /* ends every guest process, then skiff */

struct os_sysinfo {
	u64 mem_total, mem_free; /* bytes, what this machine may use */
	u64 load[3];		 /* fixed point, 16 fractional bits, as sysinfo(2) */
	unsigned nr_cpus;
	char cpuinfo_path[32];			    /* host file with the text of /proc/cpuinfo */
	u64 mem_available, mem_cached, mem_buffers; /* bytes; part of it may be the host's own */
	u64 swap_total, swap_free;
	char stat_path[32], vmstat_path[32]; /* host files with the texts of proc(5) */
};
u64 os_own_cpu_ns(void);      /* CPU time skiff itself has used */
u64 os_own_memory(bool trim); /* bytes of memory skiff itself has; trim: give back what is unused */
int os_sysinfo(struct os_sysinfo *si);
void os_sysinfo_memory(struct os_sysinfo *si); /* mem_available, _cached, _buffers: slower */

/* ---- coroutines (arch-um/coro.c) ---- */
struct os_coro;
struct os_coro *os_coro_create(void (*fn)(void *), void *arg); /* NULL: out of memory */
void os_coro_destroy(struct os_coro *co);		       /* must not be running */
void os_coro_switch(struct os_coro *to);		       /* from the loop into a coroutine */
void os_coro_yield(void); /* from a coroutine back to the loop */
bool os_coro_self(void);  /* are we on a coroutine? */
/* Return addresses on its stack, innermost first; its own stack for the running one. */
unsigned os_coro_backtrace(const struct os_coro *co, uintptr_t *pcs, unsigned max);
/* "function+0x12" of skiff itself; a bare address where the symbols are gone. */
void os_symbol(uintptr_t pc, char *buf, size_t size);

/* ---- event loop: other host descriptors the kernel waits for ---- */
struct os_watch {
	int hfd;
	short events; /* POLLIN | POLLOUT wanted; 0 pauses */
	void (*ready)(struct os_watch *w, short revents);
	void *priv; /* arch-um's */
};
int os_watch_add(struct os_watch *w);
void os_watch_update(struct os_watch *w); /* after changing events */
void os_watch_del(struct os_watch *w);
/* Makes receive what the loop blocks in: it is called again and again, takes one event of a guest
 * and says whether there was one. With block it may wait for it, in the functions below and nowhere
 * else; wake-ups then stay on the waker's CPU. NULL ends that. */
void os_watch_direct(bool (*receive)(bool block));
void os_watch_deadline(
	u64 ns); /* OS_CLOCK_MONOTONIC: receive returns and is called again by then */
/* ioctl(2), and wait4(2) for any child or traced thread. -EINTR when the loop has anything else to
 * do; else as the host's, or its -errno. */
long os_wait_ioctl(int hfd, unsigned long request, void *arg);
struct rusage;
long os_wait_child(int *status, struct rusage *ru);
bool os_attention(void); /* it has: cheap enough to ask in a loop */

/* ---- helper threads: fn runs on another thread and must touch no kernel state; done runs on
 * the loop afterwards ---- */
int os_work_submit(void (*fn)(void *), void (*done)(void *), void *arg);

/* ---- host files. name is one component, never followed if it is a symlink, unless a function
 * says so; dir is an hfd of a directory; an empty name means the hfd itself. ---- */
struct os_stat {
	u64 dev, ino, size, blocks; /* blocks of 512 bytes */
	u32 mode, nlink, uid, gid, blksize;
	u64 rdev; /* makedev encoding of stat(2) */
	struct timespec atime, mtime, ctime, btime;
};

int os_open_root(const char *path); /* a host path as given by the user: O_PATH hfd of it */
int os_openat(int dir, const char *name, int flags, u32 mode); /* O_*; NOFOLLOW|CLOEXEC implied */
int os_reopen(int hfd, int flags); /* a new description of the same file (O_PATH hfd or memfd) */
void os_close(int hfd);
int os_dup(int hfd);
int os_statat(int dir, const char *name, struct os_stat *st);
ssize_t os_readlinkat(int dir, const char *name, char *buf, size_t size);
ssize_t os_getdents(int hfd, void *buf, size_t size); /* struct abi_dirent64 records */
int os_mkdirat(int dir, const char *name, u32 mode);
int os_mknodat(int dir, const char *name, u32 mode, u64 rdev);
int os_symlinkat(const char *target, int dir, const char *name);
int os_linkat(int from_dir, const char *from, int to_dir, const char *to);
int os_unlinkat(int dir, const char *name, bool directory);
int os_renameat(int from_dir, const char *from, int to_dir, const char *to, u32 flags);
int os_chmodat(int dir, const char *name, u32 mode);
int os_chownat(int dir, const char *name, u32 uid, u32 gid); /* -1u leaves it */
int os_utimensat(int dir, const char *name, const struct timespec ts[2]);
int os_accessat(int dir, const char *name, int mask); /* with skiff's own credentials */
int os_fstatfs(int hfd, struct statfs *sf);
void os_ids(u32 *uid, u32 *gid); /* skiff's own effective ids on the host */
ssize_t os_getxattrat(int dir, const char *name, const char *attr, void *buf, size_t size);
int os_setxattrat(int dir, const char *name, const char *attr, const void *v, size_t n, int flags);
ssize_t os_listxattrat(int dir, const char *name, char *buf, size_t size);
int os_removexattrat(int dir, const char *name, const char *attr);

ssize_t os_pread(int hfd, void *buf, size_t len, u64 pos);
/* Bytes of a regular file at pos, mapped: *data points to at most len of them, until the next call.
 * Only for guest_write & co. 0 at the end of the file; where it is not possible read instead. */
ssize_t os_map_read(int hfd, u64 pos, size_t len, const void **data);
ssize_t os_pwrite(int hfd, const void *buf, size_t len, u64 pos);
ssize_t os_read(int hfd, void *buf, size_t len);	/* streams; -EAGAIN when it would block */
ssize_t os_write(int hfd, const void *buf, size_t len); /* streams; -EAGAIN when it would block */
int os_ftruncate(int hfd, u64 size);
int os_fallocate(int hfd, int mode, u64 pos, u64 len);
s64 os_lseek(int hfd, s64 pos, int whence); /* SEEK_DATA and SEEK_HOLE among them */
int os_fsync(int hfd, bool data_only);	    /* sleeps on a helper thread when on a coroutine */
int os_syncfs(int hfd);			    /* as os_fsync, the whole filesystem; not O_PATH */
int os_fadvise(int hfd, u64 pos, u64 len, int advice);
ssize_t os_copy_range(int in, u64 in_pos, int out, u64 out_pos, size_t len);

/* Shared-memory file: what backs tmpfs files that are mapped, MAP_SHARED memory, memfd_create. */
int os_memfd(const char *name);
int os_memfd_seal_write(int hfd); /* -EBUSY while mapped shared and writable */

/* ---- the user's terminal or streams (arch-um/console.c) ---- */
int os_isatty(int hfd);
int os_tty_raw(int hfd, bool on); /* restores the user's settings when off, and at exit */
int os_tty_winsize(int hfd, u16 *rows, u16 *cols);
/* A descriptor of what skiff has as fd (0, 1, 2 or one it was handed), for the functions below;
 * they never block (poll: longer than its timeout). Regular files share their position with it. */
int os_stream_open(int fd);
void os_stream_close(int hfd);
ssize_t os_stream_read(int hfd, void *buf, size_t len);	       /* -EAGAIN when it would block */
ssize_t os_stream_write(int hfd, const void *buf, size_t len); /* -EAGAIN when it would block */
bool os_stream_is_log(int hfd); /* the machine's own: it is only to be appended to */
int os_stream_poll(int hfd, short events, int timeout_ms); /* revents, 0 = none */

/* ---- packet links (arch-um/tap.c, passt.c): whole Ethernet frames, one per call ---- */
struct os_packet; /* an open link */
struct virtio_net_hdr;
#define OS_PACKET_VNET \
	1u /* frames carry a virtio_net_hdr: PARTIAL checksums and segments up to \
	      64 KiB, both ways */
#define OS_PACKET_ASLEEP \
	2u /* the other end begins with the first frame that is no multicast; until \
	      then multicasts are dropped */
#define OS_PACKET_BARE_RST \
	4u /* who is at the other end makes all TCP segments itself, and refuses connections by \
	      a RST without ACK, which means nothing by RFC 9293 */
struct os_packet_info {
	u32 flags;	  /* OS_PACKET_* */
	u32 mtu, max_mtu; /* of the IP packet */
	u8 mac[6];	  /* the guest's; zero: none is prescribed */
};
struct os_packet_events {	      /* called on the loop */
	void (*readable)(void *priv); /* receive until -EAGAIN */
	void (*writable)(void *priv); /* after a send said -EAGAIN */
	void (*awake)(void *priv);    /* OS_PACKET_ASLEEP: the other end begins */
	void (*lost)(void *priv);     /* the link is gone for good; close may follow */
};
/* spec as after --net: "auto", "tap:NAME", "passt", "passt:SOCKET", "fd:N" without the ,key=value
 * part. On failure one line with the remedy is on stderr. */
int os_packet_open(const char *spec, struct os_packet_info *info, struct os_packet **out);
void os_packet_close(struct os_packet *p);
int os_packet_start(struct os_packet *p, const struct os_packet_events *ev, void *priv);
/* One frame; h is zeroed where the link has none. Its length, -EAGAIN, -ENODEV. */
ssize_t os_packet_recv(struct os_packet *p, struct virtio_net_hdr *h, void *buf, size_t size);
/* 0, -EAGAIN (nothing sent; writable will be called), -ENODEV, other errors: frame refused. */
int os_packet_send(
	struct os_packet *p, const struct virtio_net_hdr *h, const void *frame, size_t len);
void os_packet_hold(struct os_packet *p, bool on); /* readable is not called meanwhile */
/* For the end of the machine, when the loop runs no more: waits for events of links and calls the
 * functions above. Whether there were any before the deadline (OS_CLOCK_MONOTONIC). */
bool os_packet_wait(u64 deadline_ns);
void os_pcap_write(const void *data, size_t len); /* --pcap FILE; nothing without it */

/* ---- what the host calls back (implemented in kernel/) ---- */
u64 kernel_next_timer_ns(void); /* OS_CLOCK_MONOTONIC deadline of the next timer, or UINT64_MAX */
void kernel_run_timers(void);	/* called when that deadline has passed */
void kernel_run(void);		/* runs every coroutine that has been made runnable */
bool kernel_yielded(void);	/* do some only let others go first? Then do not block */
void kernel_run_yielded(void);	/* these go on */

#endif
