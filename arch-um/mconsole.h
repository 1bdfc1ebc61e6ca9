/*
 * UML's management console: the datagram socket ~/.uml/NAME/mconsole, for uml_mconsole(1). Requests
 * are {u32 magic 0xcafebabe, u32 version 2, u32 len, char data[512]}, replies {u32 err, u32 more,
 * u32 len, char data[512]}; len counts the NUL, more is 1 on all but the last.
 */
#ifndef SKIFF_ARCH_UM_MCONSOLE_H
#define SKIFF_ARCH_UM_MCONSOLE_H

/* Before the machine is confined. A machine without it (no home, a UML of that name) runs all the
 * same. */
void mconsole_start(const char *name);
void mconsole_watch(void); /* on the event loop */
/* What a machine of that name that was killed has left in ~/.uml. */
void mconsole_sweep(const char *name);
void mconsole_end(void); /* removes the socket and its directory */

#endif
