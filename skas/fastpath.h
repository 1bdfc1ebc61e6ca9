/*
 * The fast path: system calls through a page that a guest thread shares with skiff (its door),
 * while skiff polls it. An optimisation over the transport: whatever it cannot do is done by an
 * ordinary call. A process gets it once it has made many calls; its call sites are patched one by
 * one (patch.c); skiff polls while that pays (spin.c).
 */
#ifndef SKIFF_SKAS_FASTPATH_H
#define SKIFF_SKAS_FASTPATH_H

#include "kernel/abi.h"
#include "skas/fast_abi.h"

struct guest;
struct slot_space;
struct skas_call;
struct task;

enum fast_call {
	FAST_NONE,
	FAST_BUSY,  /* the kernel works on a call that came through the door */
	FAST_READY, /* its result is to be fetched by FAST_PARK */
};

#define FAST_MAX_WANTED 8

/* What an address space has of it; NULL in a struct slot_space: nothing yet. */
struct fast_space {
	struct door *doors; /* our mapping of all; NULL after fork */
	u64 used;	    /* bit per door */
	bool code;	    /* FAST_CODE is mapped */
	bool refused;	    /* cannot have it */
	unsigned nr_sites, max_sites, nr_wanted;
	struct wanted_site {
		uaddr_t end;
		u32 nr;
	} wanted[FAST_MAX_WANTED]; /* hot, to be patched when a thread is alone */
	struct fast_site *sites;
	uaddr_t text_start, text_end; /* the last mapping found fit for patching */
};

enum site_form { FORM_NONE, FORM_MOV, FORM_LEA, FORM_FUNCTION, FORM_XOR }; /* see patch.c */

#define LEA_ABSOLUTE 16

struct fast_site {
	uaddr_t start, end; /* end: behind the syscall instruction */
	enum site_form form;
	u32 nr;	  /* FORM_MOV: what is moved */
	u8 base;  /* FORM_LEA: register number, or LEA_ABSOLUTE */
	u64 disp; /* and what is added to it */
};

enum fast_mode {
	FAST_OFF, /* also where the host cannot do it */
	FAST_AUTO,
	FAST_ALWAYS, /* almost at once, and whatever else runs: for tests */
};
extern enum fast_mode fast_mode;
int fast_set_mode(const char *name); /* before skas_init; -EINVAL: no such mode */

/* ---- fastpath.c ---- */
void fast_init(void);
/* An ordinary call of g. true: guest_speed_up would pay. */
bool fast_note_call(struct guest *g, const struct skas_call *c);
/* An event of g while g->fast != FAST_NONE; true if that has seen to it. */
bool fast_event(struct guest *g, const struct skas_call *c);
/* g is in the kernel; what it did to its signal mask meanwhile counts. */
void fast_entered(struct guest *g);
/* g is about to run guest code: it may change its signal mask by itself if nothing is pending. */
void fast_resume(struct guest *g);
/* FAST_PARK with no call in flight. */
long fast_late_park(const struct guest *g);
/* No thread of t's process uses the fast path any more; its process traps all. Sleeps. */
void fast_stop(struct task *t);
/* Serves g's door if a call is there; true if so. May end g's task. */
bool fast_serve(struct guest *g);
/* The answer of a call that came through the door: true if it went back there. */
bool fast_answer(struct guest *g, long ret);
/* A thread found inside the fast path appears at its site. */
void fast_fix_regs(struct guest *g);
/* Such a thread has faulted; true if it just has to go on. */
bool fast_fault(struct guest *g, int sig, uaddr_t rip);
/* GS base a new thread or forked process of parent starts with; false: the parent's. */
bool fast_child_gs(const struct guest *parent, struct guest *child, u64 *gs);
void fast_door_alloc(struct guest *g);
void fast_door_free(struct guest *g);
struct fast_space *fast_space_fork(const struct fast_space *f); /* NULL: nothing, or no memory */
void fast_space_free(struct fast_space *f);

/* ---- patch.c ---- */
/* Patches the call site ending at end, which made call nr, if it has a known form. g is stopped
 * and alone in its address space. */
void patch_site(struct guest *g, uaddr_t end, u64 nr);

/* ---- spin.c ---- */
void spin_init(void);
void spin_call(struct guest *g); /* g, which has a door, made an ordinary call */
void spin_forget(struct guest *g);
void spin_sleeps(struct guest *g); /* the call that came through its door does */
bool spinning(void);
/* Threads that run or wait for a CPU, on the whole host, this one among them. */
unsigned host_running(void);
/* Before the transport blocks on hfd: true if it should not, because something was served or the
 * loop has other work. */
bool spin_poll(int hfd);
/* notify.c: may a wake-up put the guest on our own CPU? */
void notify_sync_wakeups(bool on);

#endif
