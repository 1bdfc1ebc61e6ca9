/*
 * The control socket of a machine: `control` in its directory, SOCK_SEQPACKET, for processes of the
 * same user (or root). A request is one message of NUL-terminated words, the first one a verb, with
 * up to three descriptors; what comes back are messages whose first byte says what they are:
 *   '+' TEXT   a line of the answer
 *   '='        the end of the answer
 *   '!' TEXT   the request failed: why
 *   'S' PID    exec: the process runs
 *   'X' STATUS[ TEXT]   exec: it has ended, as a shell reports it; TEXT: why it never ran
 * Verbs:
 *   info, tasks, limits (NAME MAX NOW, of each), update NAME VALUE..., pause, resume, signal N,
 * stop, end, attach (one descriptor: a stream socket), resize ROWS COLS (of that terminal, or of
 * the exec on this connection), exec WORD... : user=UID:GID cwd=DIR tty=ROWSxCOLS env=K=V...
 * arg=A... (three descriptors; with tty one: a stream socket), kill N (the exec on this connection)
 */
#ifndef SKIFF_ARCH_UM_CONTROL_H
#define SKIFF_ARCH_UM_CONTROL_H

#include "arch-um/machine_dir.h"

#define CONTROL_MAX 65536u /* bytes of one message */
#define CONTROL_FDS 3

int control_start(const struct machine_dir *d); /* on the event loop. 0 or -errno */

/* ---- the other side ---- */
int control_connect(const struct machine_dir *d); /* a socket, or -errno */
/* Sends words (NULL at the end) and descriptors. 0 or -errno */
int control_send(int sock, const char *const *words, const int *fds, unsigned nr_fds);
/* One message into buf, NUL-terminated: its length, 0 at the end, -errno. */
ssize_t control_recv(int sock, char *buf, size_t size);

#endif
