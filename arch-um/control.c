/*
 * The machine's side of its control socket (control.h). Each connection serves one request after
 * the other on the event loop; exec keeps its connection until the process ends, and ends it with
 * SIGKILL when the connection goes.
 */
#include "arch-um/control.h"

#include "arch-um/host_cgroup.h"
#include "arch-um/hub.h"
#include "arch-um/lifecycle.h"
#include "arch-um/limits.h"
#include "kernel/init.h"
#include "kernel/lib/list.h"
#include "kernel/os.h"
#include "kernel/freeze.h"
#include "kernel/outside.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define WORDS_MAX 4096u
#define CONNECTIONS_MAX 64

struct connection {
	struct os_watch watch; /* hfd -1: gone, an exec is still to end */
	bool execing;
	int fds[CONTROL_FDS];
	unsigned nr_fds;
	struct outside_exec exec;
	char *exec_text; /* what exec's strings point into */
};

static struct os_watch listener;
static unsigned nr_connections;

/* ---- answers ---- */

static void __attribute__((format(printf, 2, 3))) answer(struct connection *c, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	if (c->watch.hfd < 0)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	n = MIN(n, (int)sizeof(text) - 1);
	/* One who does not read his answers is cut off. */
	if (send(c->watch.hfd, text, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		shutdown(c->watch.hfd, SHUT_RDWR);
}

static void done(struct connection *c, int err)
{
	if (err < 0)
		answer(c, "!%s", strerror(-err));
	else
		answer(c, "=");
}

static void close_fds(struct connection *c)
{
	while (c->nr_fds)
		close(c->fds[--c->nr_fds]);
}

static void connection_free(struct connection *c)
{
	close_fds(c);
	free(c->exec.argv);
	free(c->exec.envp);
	free(c->exec_text);
	free(c);
	nr_connections--;
}

static void connection_close(struct connection *c)
{
	if (c->watch.hfd >= 0) {
		os_watch_del(&c->watch);
		close(c->watch.hfd);
		c->watch.hfd = -1;
	}
	if (c->execing)
		outside_signal(&c->exec, SIGKILL);
	else
		connection_free(c);
}

/* ---- verbs ---- */

struct request {
	unsigned nr;
	char **words;
};

static int number(const char *s, long max)
{
	char *end;
	long v = strtol(s, &end, 10);

	return end == s || *end || v < 0 || v > max ? -EINVAL : (int)v;
}

static void verb_info(struct connection *c, const struct request *r)
{
	answer(c, "+state %s", machine_frozen & FREEZE_PAUSE ? "paused" : "running");
	done(c, 0);
}

static int task_line(const struct outside_task *ot, void *arg)
{
	answer(arg, "+%d %u %c %u %llu %llu %llu %s", ot->pid, ot->uid, ot->state, ot->nr_threads,
		(unsigned long long)ot->cpu_ns, (unsigned long long)ot->rss,
		(unsigned long long)ot->nr_calls, ot->comm);
	return 0;
}

static void verb_tasks(struct connection *c, const struct request *r)
{
	outside_for_each_task(task_line, c);
	done(c, 0);
}

static void limits_line(void *arg, const char *text)
{
	answer(arg, "+%s", text);
}

static void verb_limits(struct connection *c, const struct request *r)
{
	limits_answer(limits_line, c);
	done(c, 0);
}

static void verb_update(struct connection *c, const struct request *r)
{
	struct machine_limits l = {0};
	int err = r->nr < 3 || r->nr % 2 == 0 ? -EINVAL : 0;

	for (unsigned i = 1; i + 1 < r->nr && !err; i += 2)
		err = limits_parse(&l, r->words[i], r->words[i + 1]);
	if (!err)
		err = limits_change(&l);
	if (!err) {
		host_cgroup_change(&l);
		lifecycle_limits();
	}
	if (err == -EBUSY)
		answer(c, "!it uses more memory than that");
	else if (err == -EOPNOTSUPP)
		answer(c, "!--disk cannot be changed while it runs");
	else
		done(c, err);
}

static void verb_pause(struct connection *c, const struct request *r)
{
	machine_freeze();
	done(c, 0);
}

static void verb_resume(struct connection *c, const struct request *r)
{
	machine_thaw();
	done(c, 0);
}

static void verb_signal(struct connection *c, const struct request *r)
{
	int sig = r->nr > 1 ? number(r->words[1], 64) : -EINVAL;

	if (sig < 1) {
		done(c, -EINVAL);
		return;
	}
	if (sig == SIGKILL)
		lifecycle_stopping();
	done(c, 0);
	if (outside_signal_init(sig) > 0 && (sig == SIGKILL || sig == SIGTERM || sig == SIGINT ||
						    sig == SIGQUIT || sig == SIGHUP)) {
		lifecycle_stopping();
		machine_end(128 + sig);
	}
}

static void verb_stop(struct connection *c, const struct request *r)
{
	lifecycle_stopping();
	machine_thaw();
	if (outside_signal_init(SIGTERM) > 0)
		machine_end(128 + SIGTERM);
	done(c, 0);
}

static void verb_end(struct connection *c, const struct request *r)
{
	lifecycle_stopping();
	machine_end(128 + SIGKILL);
}

static void verb_attach(struct connection *c, const struct request *r)
{
	int err = -EINVAL;

	if (c->nr_fds == 1)
		err = hub_attach(c->fds[--c->nr_fds]);
	done(c, err);
}

static void verb_resize(struct connection *c, const struct request *r)
{
	int rows = r->nr > 2 ? number(r->words[1], 65535) : -EINVAL;
	int cols = r->nr > 2 ? number(r->words[2], 65535) : -EINVAL;

	if (rows < 0 || cols < 0)
		done(c, -EINVAL);
	else if (c->execing)
		outside_resize(&c->exec, (u16)rows, (u16)cols);
	else
		hub_resize((u16)rows, (u16)cols);
}

static void verb_kill(struct connection *c, const struct request *r)
{
	int sig = r->nr > 1 ? number(r->words[1], 64) : -EINVAL;

	if (c->execing && sig > 0)
		outside_signal(&c->exec, sig);
}

/* ---- exec ---- */

static void exec_started(struct outside_exec *x, pid_t pid)
{
	struct connection *c = x->priv;

	close_fds(c);
	answer(c, "S%d", pid);
	if (c->watch.hfd < 0)
		outside_signal(x, SIGKILL);
}

static void exec_ended(struct outside_exec *x, int status, const char *why)
{
	struct connection *c = x->priv;

	close_fds(c);
	answer(c, "X%d%s%s", status, why ? " " : "", why ? why : "");
	c->execing = false;
	if (c->watch.hfd < 0)
		connection_free(c);
}

static bool exec_user(struct outside_exec *x, const char *v)
{
	return sscanf(v, "%u:%u", &x->uid, &x->gid) == 2;
}

static bool exec_word(struct outside_exec *x, char *w, unsigned *nr_args, unsigned *nr_env)
{
	char *v = strchr(w, '=');
	size_t len = v ? (size_t)(v - w) : 0;

	if (!v)
		return false;
	v++;
	if (len == 3 && !memcmp(w, "arg", 3)) {
		x->argv[(*nr_args)++] = v;
		return true;
	}
	if (len == 3 && !memcmp(w, "env", 3)) {
		x->envp[(*nr_env)++] = v;
		return strchr(v, '=') != NULL;
	}
	if (len == 4 && !memcmp(w, "user", 4))
		return exec_user(x, v);
	if (len == 3 && !memcmp(w, "cwd", 3)) {
		x->cwd = v;
		return *v == '/';
	}
	x->tty = true;
	return len == 3 && !memcmp(w, "tty", 3) && sscanf(v, "%hux%hu", &x->rows, &x->cols) == 2;
}

static int exec_parse(struct connection *c, const struct request *r)
{
	struct outside_exec *x = &c->exec;
	unsigned nr_args = 0, nr_env = 0;

	*x = (struct outside_exec){
		.cwd = "/", .priv = c, .started = exec_started, .ended = exec_ended};
	x->argv = calloc(r->nr + 1, sizeof(*x->argv));
	x->envp = calloc(r->nr + 1, sizeof(*x->envp));
	if (!x->argv || !x->envp)
		return -ENOMEM;
	for (unsigned i = 1; i < r->nr; i++)
		if (!exec_word(x, r->words[i], &nr_args, &nr_env))
			return -EINVAL;
	if (!nr_args || c->nr_fds != (x->tty ? 1u : 3u))
		return -EINVAL;
	memcpy(x->stream, c->fds, sizeof(x->stream));
	return 0;
}

static void verb_exec(struct connection *c, const struct request *r)
{
	int err = c->execing || c->exec.argv ? -EBUSY : exec_parse(c, r);

	if (!err)
		err = outside_exec(&c->exec);
	if (err < 0)
		done(c, err);
	else
		c->execing = true;
}

/* ---- requests ---- */

static const struct verb {
	const char *name;
	void (*fn)(struct connection *c, const struct request *r);
} verbs[] = {
	{"attach", verb_attach},
	{"end", verb_end},
	{"exec", verb_exec},
	{"info", verb_info},
	{"kill", verb_kill},
	{"limits", verb_limits},
	{"pause", verb_pause},
	{"resize", verb_resize},
	{"resume", verb_resume},
	{"signal", verb_signal},
	{"stop", verb_stop},
	{"tasks", verb_tasks},
	{"update", verb_update},
};

static void dispatch(struct connection *c, const struct request *r)
{
	for (unsigned i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (!strcmp(verbs[i].name, r->words[0])) {
			verbs[i].fn(c, r);
			return;
		}
	}
	answer(c, "!no such request");
}

/* text ends in a NUL. */
static void request(struct connection *c, char *text, size_t len)
{
	struct request r = {.words = calloc(WORDS_MAX, sizeof(char *))};

	for (size_t at = 0; r.words && at < len && r.nr < WORDS_MAX; at += strlen(text + at) + 1)
		r.words[r.nr++] = text + at;
	if (!r.words || !r.nr || r.nr == WORDS_MAX) {
		done(c, -EINVAL);
		free(text);
	} else {
		if (!strcmp(r.words[0], "exec") && !c->exec_text)
			c->exec_text = text;
		dispatch(c, &r);
		if (c->exec_text != text)
			free(text);
	}
	free(r.words);
}

/* Room for an odd number of descriptors holds one more: those beyond are closed. */
static void take_fds(struct connection *c, struct msghdr *m)
{
	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
		size_t n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		int fd;

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		close_fds(c);
		for (size_t i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof(fd));
			if (c->nr_fds < CONTROL_FDS)
				c->fds[c->nr_fds++] = fd;
			else
				close(fd);
		}
	}
}

static void connection_ready(struct os_watch *w, short revents)
{
	struct connection *c = container_of(w, struct connection, watch);
	char *text = malloc(CONTROL_MAX + 1), control[CMSG_SPACE(CONTROL_FDS * sizeof(int))];
	struct iovec iov = {text, CONTROL_MAX};
	struct msghdr m = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	ssize_t n = text ? recvmsg(w->hfd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) : -1;

	if (n < 0 && text && (errno == EAGAIN || errno == EINTR)) {
		free(text);
		return;
	}
	if (n > 0)
		take_fds(c, &m);
	if (n <= 0 || (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		free(text);
		connection_close(c);
		return;
	}
	text[n] = '\0';
	request(c, text, (size_t)n);
	if (!c->execing)
		close_fds(c);
}

static bool may_connect(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 &&
	       (cred.uid == geteuid() || cred.uid == 0);
}

static void listener_ready(struct os_watch *w, short revents)
{
	int fd = accept4(w->hfd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct connection *c;

	if (fd < 0)
		return;
	c = may_connect(fd) && nr_connections < CONNECTIONS_MAX ? calloc(1, sizeof(*c)) : NULL;
	if (!c) {
		close(fd);
		return;
	}
	c->watch = (struct os_watch){.hfd = fd, .events = POLLIN, .ready = connection_ready};
	nr_connections++;
	if (os_watch_add(&c->watch) < 0) {
		close(fd);
		connection_free(c);
	}
}

static void address(const struct machine_dir *d, struct sockaddr_un *sa)
{
	*sa = (struct sockaddr_un){.sun_family = AF_UNIX};
	machine_dir_path(d, "control", sa->sun_path, sizeof(sa->sun_path));
}

int control_start(const struct machine_dir *d)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask = umask(0177);
	struct sockaddr_un sa;
	int err = 0;

	address(d, &sa);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(fd, 16) < 0)
		err = -errno;
	umask(mask);
	if (!err) {
		listener = (struct os_watch){.hfd = fd, .events = POLLIN, .ready = listener_ready};
		err = os_watch_add(&listener);
	}
	if (err < 0 && fd >= 0)
		close(fd);
	return err;
}

/* ---- the other side ---- */

int control_connect(const struct machine_dir *d)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), err;
	struct sockaddr_un sa;

	address(d, &sa);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int control_send(int sock, const char *const *words, const int *fds, unsigned nr_fds)
{
	char control[CMSG_SPACE(CONTROL_FDS * sizeof(int))] = {0}, *text = malloc(CONTROL_MAX);
	struct iovec iov = {text, 0};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
	int err = text ? 0 : -ENOMEM;

	for (; *words && !err; words++) {
		size_t n = strlen(*words) + 1;

		if (iov.iov_len + n > CONTROL_MAX)
			err = -E2BIG;
		else
			memcpy(text + iov.iov_len, *words, n), iov.iov_len += n;
	}
	if (nr_fds) {
		struct cmsghdr *h = (struct cmsghdr *)control;

		*h = (struct cmsghdr){.cmsg_len = CMSG_LEN(nr_fds * sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(h), fds, nr_fds * sizeof(int));
		m.msg_control = control;
		m.msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
	}
	if (!err && sendmsg(sock, &m, MSG_NOSIGNAL) < 0)
		err = -errno;
	free(text);
	return err;
}

ssize_t control_recv(int sock, char *buf, size_t size)
{
	ssize_t n;

	do
		n = recv(sock, buf, size - 1, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	buf[n] = '\0';
	return n;
}
