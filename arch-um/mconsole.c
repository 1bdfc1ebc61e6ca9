/*
 * UML's management console (mconsole.h). Its commands are those of UML where they make sense here;
 * volumes take the place of block devices. A request that has to look into the guest runs on the
 * kernel's own task and is answered when that is done; one at a time.
 */
#include "arch-um/mconsole.h"

#include "arch-um/isolation.h"
#include "arch-um/lifecycle.h"
#include "kernel/dmesg.h"
#include "kernel/init.h"
#include "kernel/lib/log.h"
#include "kernel/os.h"
#include "kernel/freeze.h"
#include "kernel/outside.h"
#include "kernel/task.h"
#include "kernel/version.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MAGIC 0xcafebabeu
#define VERSION 2
#define DATA_MAX 512u
#define ANSWER_MAX 65536u

struct request {
	u32 magic, version, len;
	char data[DATA_MAX];
};

struct reply {
	u32 err, more, len;
	char data[DATA_MAX];
};
static_assert(sizeof(struct request) == 524 && sizeof(struct reply) == 524, "wire format");

static struct os_watch watch = {.hfd = -1};
static char dir_path[100];
static int dir_fd = -1;
/* the request that is being answered */
static struct sockaddr_un peer;
static socklen_t peer_len;
static struct outside_job job;
static char argument[DATA_MAX];
static char answer_text[ANSWER_MAX];

/* ---- replies ---- */

static void reply(int err, const char *text)
{
	size_t left = strlen(text);

	do {
		struct reply r = {.err = (u32)err};
		size_t n = MIN(left, (size_t)DATA_MAX - 1);

		memcpy(r.data, text, n);
		text += n;
		left -= n;
		r.more = left > 0;
		r.len = (u32)n + 1;
		sendto(watch.hfd, &r, sizeof(r), MSG_DONTWAIT | MSG_NOSIGNAL,
			(struct sockaddr *)&peer, peer_len);
	} while (left);
}

/* ---- commands that need the kernel's own task ---- */

/* Meanwhile the next request waits in the socket. */
static void set_busy(bool busy)
{
	watch.events = busy ? 0 : POLLIN;
	os_watch_update(&watch);
}

static void job_done(struct outside_job *j)
{
	set_busy(false);
	reply(j->result < 0, j->result < 0 ? strerror((int)-j->result) : answer_text);
}

static void start_job(int (*fn)(struct outside_job *j), const char *arg)
{
	int err;

	snprintf(argument, sizeof(argument), "%s", arg);
	answer_text[0] = '\0';
	job = (struct outside_job){.fn = fn, .done = job_done};
	set_busy(true);
	err = outside_run(&job);
	if (err < 0) {
		set_busy(false);
		reply(1, strerror(-err));
	}
}

static int read_proc(struct outside_job *j)
{
	char path[DATA_MAX + 8];

	snprintf(path, sizeof(path), "/proc/%s", argument);
	return outside_read_file(path, answer_text, sizeof(answer_text));
}

static void cmd_proc(const char *arg)
{
	start_job(read_proc, arg);
}

/* The spec is vol=HOST:GUEST[:ro]. */
static int add_volume(struct outside_job *j)
{
	char *guest = strchr(argument, ':'), *mode;
	struct volume v = {.host = argument};

	if (!guest || guest[1] != '/')
		return -EINVAL;
	*guest++ = '\0';
	v.guest = guest;
	mode = strchr(guest, ':');
	if (mode) {
		*mode++ = '\0';
		v.readonly = !strcmp(mode, "ro");
		if (!v.readonly && strcmp(mode, "rw"))
			return -EINVAL;
	}
	return machine_mount_volume(&v);
}

static void cmd_config(const char *arg)
{
	if (isolation_confines_files())
		reply(1, "a confined machine reaches no further directories (--isolation none)");
	else if (!strncmp(arg, "vol=", 4))
		start_job(add_volume, arg + 4);
	else
		reply(1, "config: only vol=HOST:GUEST[:ro]");
}

static int remove_volume(struct outside_job *j)
{
	return machine_umount_volume(argument);
}

static void cmd_remove(const char *arg)
{
	if (!strncmp(arg, "vol=/", 5))
		start_job(remove_volume, arg + 4);
	else
		reply(1, "remove: only vol=GUEST");
}

/* ---- the others ---- */

static void cmd_version(const char *arg)
{
	snprintf(answer_text, sizeof(answer_text), "%s %s %s (skiff %s)", SKIFF_UTS_SYSNAME,
		SKIFF_UTS_RELEASE, SKIFF_UTS_VERSION, SKIFF_VERSION);
	reply(0, answer_text);
}

static void cmd_halt(const char *arg)
{
	reply(0, "");
	lifecycle_stopping();
	machine_end(0);
}

static void cmd_reboot(const char *arg)
{
	if (lifecycle_reboot() < 0) {
		reply(1, "only a machine in the background (skiff run -d) can reboot");
		return;
	}
	reply(0, "");
	machine_end(0);
}

/* Ctrl-Alt-Del goes to pid 1 if it wants it. */
static void cmd_cad(const char *arg)
{
	if (outside_signal_init(SIGINT) > 0)
		cmd_reboot(arg);
	else
		reply(0, "");
}

static void cmd_stop(const char *arg)
{
	machine_freeze();
	reply(0, "stopped");
}

static void cmd_go(const char *arg)
{
	machine_thaw();
	reply(0, "");
}

static void cmd_log(const char *arg)
{
	dmesg_printf(DMESG_NOTICE, "%s", arg);
	reply(0, "");
}

static void cmd_stack(const char *arg)
{
	pid_t pid = atoi(arg);
	struct task *t = pid > 0 ? task_find(pid) : NULL;

	if (!t) {
		reply(1, "no such task");
		return;
	}
	task_describe(t, answer_text, sizeof(answer_text));
	reply(0, answer_text);
}

static void signal_all(int sig)
{
	struct tgroup *tg;

	list_for_each_entry (tg, &all_tgroups, all_link) {
		siginfo_t info;

		if (tg == init_tg || list_empty(&tg->tasks))
			continue;
		siginfo_kernel(&info, sig);
		signal_send_group(tg, sig, &info);
	}
}

static void describe_all(void)
{
	size_t len = 0;
	struct tgroup *tg;
	struct task *t;

	list_for_each_entry (tg, &all_tgroups, all_link) {
		list_for_each_entry (t, &tg->tasks, tg_link) {
			if (len + 256 > sizeof(answer_text))
				return;
			len += task_describe(t, answer_text + len, sizeof(answer_text) - len);
			answer_text[len++] = '\n';
			answer_text[len] = '\0';
		}
	}
}

static void cmd_sysrq(const char *arg)
{
	answer_text[0] = '\0';
	switch (*arg) {
	case 't':
		describe_all();
		break;
	case 'e':
	case 'i':
		signal_all(*arg == 'e' ? SIGTERM : SIGKILL);
		break;
	case 'b':
		cmd_reboot(arg);
		return;
	case 'o':
		cmd_halt(arg);
		return;
	default:
		snprintf(answer_text, sizeof(answer_text),
			"keys: b (reboot) e (SIGTERM to all) i (SIGKILL to all) o (off) t (tasks)");
	}
	reply(0, answer_text);
}

static void cmd_help(const char *arg);

static const struct command {
	const char *name;
	void (*fn)(const char *arg);
	const char *help;
} commands[] = {
	{"version", cmd_version, "the kernel's version"},
	{"help", cmd_help, "this text"},
	{"halt", cmd_halt, "end the machine"},
	{"reboot", cmd_reboot, "start the machine anew"},
	{"config", cmd_config, "vol=HOST:GUEST[:ro]: show a host directory in the machine"},
	{"remove", cmd_remove, "vol=GUEST: take it away"},
	{"sysrq", cmd_sysrq, "KEY: h lists the keys"},
	{"cad", cmd_cad, "Ctrl-Alt-Del: SIGINT to pid 1 if it handles that, else reboot"},
	{"stop", cmd_stop, "freeze the machine"},
	{"go", cmd_go, "let it go on"},
	{"log", cmd_log, "TEXT: a line in the kernel's log"},
	{"proc", cmd_proc, "FILE: the content of /proc/FILE"},
	{"stack", cmd_stack, "TID: what a task is doing"},
};

static void cmd_help(const char *arg)
{
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		len += (size_t)snprintf(answer_text + len, sizeof(answer_text) - len,
			"    %-8s %s\n", commands[i].name, commands[i].help);
	reply(0, answer_text);
}

/* ---- requests ---- */

static void dispatch(char *text)
{
	char *arg = text + strcspn(text, " ");

	if (*arg)
		*arg++ = '\0';
	while (*arg == ' ')
		arg++;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(commands[i].name, text)) {
			commands[i].fn(arg);
			return;
		}
	}
	reply(1, "unknown command (try help)");
}

static void request_ready(struct os_watch *w, short revents)
{
	struct request r;
	ssize_t n;

	peer_len = sizeof(peer);
	n = recvfrom(w->hfd, &r, sizeof(r), MSG_DONTWAIT, (struct sockaddr *)&peer, &peer_len);
	if (n < (ssize_t)offsetof(struct request, data) || r.magic != MAGIC || r.version != VERSION)
		return;
	if (r.len >= DATA_MAX || r.len > (size_t)n - offsetof(struct request, data)) {
		reply(1, "bad length");
		return;
	}
	r.data[r.len] = '\0';
	dispatch(r.data);
}

/* ---- start and end ---- */

static void write_pid_file(void)
{
	char path[120];
	int fd;

	snprintf(path, sizeof(path), "%s/pid", dir_path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	dprintf(fd, "%d\n", getpid());
	close(fd);
}

/* Does a kernel answer at that address? Then its name is taken. */
static bool taken(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool yes = fd >= 0 && connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0;

	if (fd >= 0)
		close(fd);
	return yes;
}

static int listen_at(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask = umask(0177);
	int err = fd < 0 || bind(fd, (const struct sockaddr *)sa, sizeof(*sa)) < 0;

	umask(mask);
	if (err && fd >= 0)
		close(fd);
	return err ? -1 : fd;
}

/* Where uml_mconsole looks for NAME: dir_path, and the length of it without the name; 0: nowhere.
 */
static size_t find_place(const char *name, struct sockaddr_un *sa)
{
	const char *home = getenv("HOME");
	size_t n;

	n = (size_t)snprintf(dir_path, sizeof(dir_path), "%s/.uml", home ? home : "");
	if (!home || *home != '/' || n + strlen(name) + 12 > sizeof(dir_path))
		return 0;
	snprintf(dir_path + n, sizeof(dir_path) - n, "/%s", name);
	*sa = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(sa->sun_path, sizeof(sa->sun_path), "%.98s/mconsole", dir_path);
	return n;
}

static void remove_place(void)
{
	char path[120];

	snprintf(path, sizeof(path), "%s/mconsole", dir_path);
	unlink(path);
	snprintf(path, sizeof(path), "%s/pid", dir_path);
	unlink(path);
	rmdir(dir_path);
}

void mconsole_sweep(const char *name)
{
	struct sockaddr_un sa;

	if (find_place(name, &sa) && access(sa.sun_path, F_OK) == 0 && !taken(&sa))
		remove_place();
}

void mconsole_start(const char *name)
{
	struct sockaddr_un sa;
	size_t n = find_place(name, &sa);

	if (!n)
		return;
	dir_path[n] = '\0';
	mkdir(dir_path, 0700);
	dir_path[n] = '/';
	mkdir(dir_path, 0700);
	if (!taken(&sa)) {
		unlink(sa.sun_path);
		watch = (struct os_watch){
			.hfd = listen_at(&sa), .events = POLLIN, .ready = request_ready};
	}
	if (watch.hfd < 0)
		return;
	write_pid_file();
	dir_fd = open(dir_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	isolation_allow_abstract(); /* where uml_mconsole waits for answers */
	isolation_allow(dir_fd, true);
	dir_path[n] = '\0';
	isolation_allow(open(dir_path, O_PATH | O_DIRECTORY | O_CLOEXEC), false);
	dir_path[n] = '/';
}

void mconsole_watch(void)
{
	if (watch.hfd >= 0)
		os_watch_add(&watch);
}

void mconsole_end(void)
{
	if (watch.hfd >= 0)
		remove_place();
}
