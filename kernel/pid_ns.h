/*
 * PID namespaces (pid_namespaces(7)). The kernel thinks in the numbers of the initial one
 * everywhere; a task has one more number in each namespace between its own and the initial one.
 * What a task says or is told passes through pid_in and pid_out.
 */
#ifndef SKIFF_KERNEL_PID_NS_H
#define SKIFF_KERNEL_PID_NS_H

#include "kernel/lib/htab.h"
#include "kernel/ns.h"

struct tgroup;

struct pid_ns {
	struct ns ns;
	struct pid_ns *parent; /* a reference; NULL: the initial one */
	unsigned level;
	pid_t last;
	struct tgroup *init; /* borrowed; NULL before the first process and after its end */
	bool dead;	     /* its init has ended: nothing can be created in it */
	struct htab by_nr, by_global;
};
extern struct pid_ns init_pid_ns;

int pid_ns_create(struct pid_ns *parent, struct user_ns *owner, struct pid_ns **out);
void pid_ns_free(struct pid_ns *ns);
struct pid_ns *task_pid_ns(const struct task *t);
struct pid_ns *pid_ns_current(void);
/* Is inner outer itself or nested in it? */
bool pid_ns_contains(const struct pid_ns *outer, const struct pid_ns *inner);
/* Gives the id a number in ns and in every namespace around it. 0 or -ENOMEM. */
int pid_ns_enroll(struct pid_ns *ns, pid_t global);
/* A namespace's init has ended: so does everything in it. */
void pid_ns_end(struct pid_ns *ns);

pid_t pid_in_ns(const struct pid_ns *ns, pid_t global);	  /* its number there; 0: not visible */
pid_t pid_from_ns(const struct pid_ns *ns, pid_t number); /* the kernel's id; -1: none */
/* For current. pid_out: 0 for what it cannot see. pid_in: -1 for what does not exist, and for
 * negative numbers; 0 stays. */
pid_t pid_out(pid_t global);
pid_t pid_in(pid_t number);
/* Does the process play init in its namespace, so that signals do not end it by default? */
bool is_ns_init(const struct tgroup *tg);
/* The init of tg's namespace, NULL if that is tg itself or gone. */
struct tgroup *ns_init_of(const struct tgroup *tg);

#endif
