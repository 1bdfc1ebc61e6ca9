/*
 * Argument kinds of trace lines. The format of a row in syscall_table.h is a letter an argument,
 * each perhaps followed by a kind in braces: "fs{path}x{oflags}o". ">" before the kind: the call
 * fills it in, so it is printed after the call.
 */
#ifndef SKIFF_KERNEL_TRACE_ARG_H
#define SKIFF_KERNEL_TRACE_ARG_H

#include "kernel/abi.h"
#include "kernel/trace/text.h"

struct task;
struct arg;

struct arg_kind {
	const char *name;
	void (*print)(struct arg *a);
	const struct flag *table; /* for print */
	const char *other;	  /* name of what is not in table */
	bool out;		  /* known after the call only */
};

struct arg {
	struct text *text;
	struct task *task;
	const u64 *args; /* all six */
	u64 v;		 /* this one */
	unsigned index;
	long ret;  /* of the call, when known */
	bool done; /* the call has ended */
	u64 entry; /* value-result arguments: the u32 behind v before the call */
	const struct arg_kind *kind;
};

const struct arg_kind *arg_kind_find(const char *name, size_t len); /* NULL: none */
void arg_pointer(struct text *t, u64 v);
/* Copies a struct of the guest's, or prints v as a pointer and says false: NULL, a fault, or a
 * failed call that should have filled it in. */
bool arg_fetch(struct arg *a, void *buf, size_t len);
bool arg_failed(const struct arg *a); /* the call has ended with an error */

/* value.c: numbers, names, flags; the others: what pointers lead to */
extern const struct arg_kind arg_kinds_value[], arg_kinds_struct[], arg_kinds_signal[],
	arg_kinds_net[], arg_kinds_message[], arg_kinds_ipc[], arg_kinds_cred[], arg_kinds_tty[];

/* shared printers */
void arg_sigset(struct text *t, sigmask_t m);
void arg_siginfo(struct text *t, const siginfo_t *info);
void arg_signal_name(struct text *t, u64 sig);
void arg_buffer(struct arg *a, uaddr_t addr, u64 len); /* quoted bytes */
void arg_iovec(struct arg *a, uaddr_t iov, u64 nr, u64 bytes);
void arg_path(struct arg *a);
void arg_wait_status(struct text *t, int status);
void arg_sockaddr(struct arg *a, uaddr_t addr, u64 len);
void arg_filter(struct arg *a); /* struct sock_fprog */
extern const struct flag flags_open[], flags_poll[], flags_msg[], names_sock_level[];

#define ARG_STRING_MAX 32 /* bytes shown of a buffer */

#endif
