/*
 * Files and privilege (isolation.h). Landlock rules are made from the options alone: a path that
 * cannot be opened here will be refused when it is used.
 */
#include "arch-um/isolation.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ull << 14)
#endif
#define NET_ALL 3ull /* LANDLOCK_ACCESS_NET_BIND_TCP, _CONNECT_TCP */
#define SCOPE_ABSTRACT 1ull
#define SCOPE_SIGNAL 2ull
#define NR_LANDLOCK_CREATE 444
#define NR_LANDLOCK_ADD 445
#define NR_LANDLOCK_RESTRICT 446

/* struct landlock_ruleset_attr of ABI 6; older ones take a shorter one */
struct ruleset {
	u64 fs, net, scoped;
};

#define READ_RIGHTS \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FILE_RIGHTS \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | \
		LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)

#define ALLOWED_MAX 8

static struct {
	int fd;
	bool write;
} allowed[ALLOWED_MAX];
static unsigned nr_allowed;
static char summary[128] = "none";
static bool files_confined;

static u64 scopes = SCOPE_ABSTRACT | SCOPE_SIGNAL;

void isolation_allow_abstract(void)
{
	scopes &= ~SCOPE_ABSTRACT;
}

void isolation_allow(int fd, bool write)
{
	if (fd < 0 || nr_allowed == ALLOWED_MAX)
		return;
	allowed[nr_allowed].fd = fd;
	allowed[nr_allowed++].write = write;
}

static void isolation_note(const char *layer)
{
	size_t len = strlen(summary);

	if (!strcmp(summary, "none"))
		len = 0;
	snprintf(summary + len, sizeof(summary) - len, "%s%s", len ? ", " : "", layer);
}

bool isolation_confines_files(void)
{
	return files_confined;
}

const char *isolation_summary(void)
{
	return summary;
}

/* ---- namespaces ---- */

/*
 * Only as root: a user namespace, without which nobody else may have these, would show all files of
 * others as nobody's. That of the network takes longer to make than all the rest of this file, and
 * a machine whose calls are confined has none that could use it. Links are open by now.
 */
static void own_namespaces(void)
{
	if (unshare(CLONE_NEWIPC | CLONE_NEWUTS) == 0)
		isolation_note("namespaces (ipc, uts)");
}

/* ---- privilege ---- */

static int lower_privilege(void)
{
	static const int keep[] = {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER,
		CAP_FSETID, CAP_SETPCAP, CAP_MKNOD, CAP_SETFCAP, CAP_SYS_PTRACE, CAP_SYS_NICE,
		CAP_SYS_RESOURCE};
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2];
	u32 mask[2] = {0};

	for (size_t i = 0; i < ARRAY_SIZE(keep); i++)
		mask[keep[i] / 32] |= 1u << keep[i] % 32;
	if (syscall(SYS_capget, &h, d) < 0)
		return -errno;
	for (int i = 0; i < 2; i++) {
		d[i].effective &= mask[i];
		d[i].permitted &= mask[i];
		d[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &h, d) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return 0;
}

/* ---- files ---- */

static u64 all_rights; /* that this host's Landlock knows */

static int ruleset_create(int abi)
{
	static const u8 last_bit[] = {12, 13, 14};
	struct ruleset r = {.net = abi >= 4 ? NET_ALL : 0, .scoped = abi >= 6 ? scopes : 0};
	size_t size = abi >= 6 ? sizeof(r) : abi >= 4 ? 16 : 8;

	all_rights = (2ull << last_bit[MIN(abi, 3) - 1]) - 1;
	r.fs = all_rights;
	return (int)syscall(NR_LANDLOCK_CREATE, &r, size, 0);
}

static int allow_fd(int ruleset, int fd, u64 rights)
{
	struct landlock_path_beneath_attr a = {.parent_fd = fd};
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	a.allowed_access = rights & all_rights & (S_ISDIR(st.st_mode) ? ~0ull : FILE_RIGHTS);
	return syscall(NR_LANDLOCK_ADD, ruleset, LANDLOCK_RULE_PATH_BENEATH, &a, 0) < 0 ? -errno
											: 0;
}

static void allow_path(int ruleset, const char *path, u64 rights)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return;
	allow_fd(ruleset, fd, rights);
	close(fd);
}

/* A terminal or device that is opened again, for non-blocking transfers. */
static void allow_streams(int ruleset)
{
	for (int fd = 0; fd < 3; fd++) {
		struct stat st;

		if (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode))
			allow_fd(ruleset, fd, FILE_RIGHTS);
	}
}

static void allow_all(int ruleset, const struct machine_options *m)
{
	allow_path(ruleset, m->root, m->root_rw ? ~0ull : READ_RIGHTS);
	if (m->overlay_dir)
		allow_path(ruleset, m->overlay_dir, ~0ull);
	for (unsigned i = 0; i < m->nr_volumes; i++)
		if (!m->volumes[i].tmpfs_options)
			allow_path(ruleset, m->volumes[i].host,
				m->volumes[i].readonly ? READ_RIGHTS : ~0ull);
	for (unsigned i = 0; i < nr_allowed; i++)
		allow_fd(ruleset, allowed[i].fd,
			allowed[i].write ? ~0ull : LANDLOCK_ACCESS_FS_REMOVE_DIR);
	allow_path(ruleset, "/proc", READ_RIGHTS | LANDLOCK_ACCESS_FS_WRITE_FILE);
	allow_path(ruleset, "/sys", READ_RIGHTS);
	allow_path(ruleset, "/dev/null", FILE_RIGHTS);
	allow_streams(ruleset);
}

static int confine_files(const struct run_options *o)
{
	int abi = (int)syscall(NR_LANDLOCK_CREATE, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int ruleset, err = 0;
	char layer[32];

	if (abi < 1)
		return -ENOSYS;
	ruleset = ruleset_create(abi);
	if (ruleset < 0)
		return -errno;
	allow_all(ruleset, &o->m);
	if (syscall(NR_LANDLOCK_RESTRICT, ruleset, 0) < 0)
		err = -errno;
	close(ruleset);
	snprintf(layer, sizeof(layer), "files (Landlock %d)", abi);
	files_confined = !err;
	if (!err)
		isolation_note(layer);
	return err;
}

int isolation_start(const struct run_options *o)
{
	int err;

	if (o->no_isolation)
		return 0;
	own_namespaces();
	err = lower_privilege();
	if (!err)
		isolation_note("privilege");
	if (!err)
		err = confine_files(o);
	isolation_note("calls");
	if (err < 0 && o->require_isolation) {
		fprintf(stderr,
			"skiff: this host cannot confine skiff's files: %s (Landlock: Linux 5.13 "
			"or later)\n",
			strerror(-err));
		return -EPERM;
	}
	return 0;
}
