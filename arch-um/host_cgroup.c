/*
 * Entering a control group of the host (host_cgroup.h). A group with processes of its own cannot
 * hand controllers on, so skiff moves itself into the new group first and asks for the controllers
 * afterwards; where others are left behind (a shell beside it), the same is tried one level up.
 * Groups of machines that were killed are removed by the next one.
 */
#include "arch-um/host_cgroup.h"

#include "arch-um/isolation.h"
#include "skas/skas.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PREFIX "skiff-"
#define OVERHEAD_MEM (8ull << 20) /* so that the kernel's own limit comes first */
#define OVERHEAD_PIDS 64u	  /* threads of skiff, passt */
#define CPU_PERIOD_US 100000ull
#define LEAVE_TRIES 100
#define GUEST_OOM_SCORE "500"

enum { MEM, SWAP, PIDS, CPU, NR_FILES };
static const char *const files[NR_FILES] = {"memory.max", "memory.swap.max", "pids.max", "cpu.max"};

static char path[PATH_MAX]; /* of our group, below mount_point */
static char mount_point[PATH_MAX];
static int place = -1, origin = -1; /* the directory it is in; cgroup.procs we came from */
static int oom_fd = -1;
static char oom_before[16]; /* not empty: to be restored */
static int file[NR_FILES] = {-1, -1, -1, -1};

bool host_cgroup_has_cpu(void)
{
	return file[CPU] >= 0;
}

const char *host_cgroup_path(void)
{
	return path;
}

/* ---- files ---- */

static int write_text(int fd, const char *text)
{
	ssize_t n = write(fd, text, strlen(text));

	return n < 0 ? -errno : 0;
}

static int write_file(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = write_text(fd, text);
	close(fd);
	return err;
}

static bool read_line(int dir, const char *name, char *buf, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, buf, size - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* ---- where we are ---- */

/* The first cgroup2 mount, if it shows the tree from our namespace's root on. */
static bool find_mount(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[2 * PATH_MAX], root[PATH_MAX];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		const char *type = strstr(line, " - cgroup2 ");

		found = type && sscanf(line, "%*d %*d %*s %4095s %4095s", root, mount_point) == 2 &&
			!strcmp(root, "/");
	}
	if (f)
		fclose(f);
	return found;
}

static bool find_group(char *group, size_t size)
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	char line[PATH_MAX];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		found = !strncmp(line, "0::/", 4) && !strstr(line, "/..");
		if (found)
			snprintf(group, size, "%s", strcmp(line + 3, "/") ? line + 3 : "");
	}
	if (f)
		fclose(f);
	return found;
}

/* Is the group ours to divide? */
static bool delegated(int dir, const char *group)
{
	struct stat st;
	char v[2] = "";

	if (fstat(dir, &st) < 0 || faccessat(dir, "cgroup.procs", W_OK, AT_EACCESS) < 0 ||
		faccessat(dir, "cgroup.subtree_control", W_OK, AT_EACCESS) < 0)
		return false;
	if (geteuid())
		return st.st_uid == geteuid();
	return !*group || (fgetxattr(dir, "trusted.delegate", v, 1) == 1 && *v == '1') ||
	       (fgetxattr(dir, "user.delegate", v, 1) == 1 && *v == '1');
}

/* ---- a group of our own ---- */

static void remove_stale(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (!strncmp(e->d_name, PREFIX, strlen(PREFIX)))
			unlinkat(dir, e->d_name, AT_REMOVEDIR); /* fails for those in use */
	if (d)
		closedir(d);
}

static void set_number(int i, u64 v)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
	if (file[i] >= 0)
		write_text(file[i], text);
}

void host_cgroup_change(const struct machine_limits *l)
{
	char text[64];

	if (l->mem) {
		set_number(MEM, l->mem + l->mem / 16 + OVERHEAD_MEM);
		set_number(SWAP, 0);
	}
	if (l->pids)
		set_number(PIDS, l->pids + OVERHEAD_PIDS);
	snprintf(text, sizeof(text), "%llu %llu",
		(unsigned long long)(l->cpus * CPU_PERIOD_US / 1000), CPU_PERIOD_US);
	if (l->cpus && file[CPU] >= 0)
		write_text(file[CPU], text);
}

static int open_files(int group)
{
	int nr = 0;

	for (int i = 0; i < NR_FILES; i++) {
		file[i] = openat(group, files[i], O_WRONLY | O_CLOEXEC);
		nr += file[i] >= 0;
	}
	return nr;
}

/* In dir, with at least one controller; else everything is as before. */
static bool enter(int dir, const char *name)
{
	static const char *const controllers[] = {"+memory", "+pids", "+cpu"};
	int group;

	remove_stale(dir);
	if (mkdirat(dir, name, 0755) < 0)
		return false;
	group = openat(dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (group >= 0 && write_file(group, "cgroup.procs", "0") == 0) {
		for (size_t i = 0; i < ARRAY_SIZE(controllers); i++)
			write_file(dir, "cgroup.subtree_control", controllers[i]);
		if (open_files(group)) {
			close(group);
			return true;
		}
		write_text(origin, "0");
	}
	if (group >= 0)
		close(group);
	unlinkat(dir, name, AT_REMOVEDIR);
	return false;
}

static int open_group(const char *group)
{
	char full[2 * PATH_MAX];

	snprintf(full, sizeof(full), "%s%s", mount_point, group);
	return open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void host_cgroup_enter(const char *machine, const struct machine_limits *l)
{
	char group[PATH_MAX], name[128], has[256];
	int dir;

	if ((!l->mem && !l->cpus && !l->pids) || !find_mount() ||
		!find_group(group, sizeof(group)) || (dir = open_group(group)) < 0)
		return;
	snprintf(name, sizeof(name), PREFIX "%s-%d", machine, (int)getpid());
	origin = openat(dir, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	while (origin >= 0 && delegated(dir, group)) {
		char *slash = strrchr(group, '/');

		if (read_line(dir, "cgroup.controllers", has, sizeof(has)) && *has != '\n' &&
			enter(dir, name)) {
			place = dir;
			isolation_allow(place, false);
			snprintf(path, sizeof(path), "%.3900s/%s", group, name);
			host_cgroup_change(l);
			return;
		}
		close(dir);
		if (!slash)
			return;
		*slash = '\0';
		dir = open_group(group);
		if (dir < 0)
			return;
	}
	close(dir);
}

void host_cgroup_prefer_guests(void)
{
	if (place < 0)
		return;
	oom_fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
	if (oom_fd < 0 || pread(oom_fd, oom_before, sizeof(oom_before) - 1, 0) <= 0 ||
		pwrite(oom_fd, GUEST_OOM_SCORE, strlen(GUEST_OOM_SCORE), 0) < 0)
		oom_before[0] = '\0';
}

void host_cgroup_guests_preferred(void)
{
	if (oom_before[0] && pwrite(oom_fd, oom_before, strlen(oom_before), 0) > 0)
		oom_before[0] = '\0';
}

void host_cgroup_leave(void)
{
	struct timespec ms = {.tv_nsec = NSEC_PER_MSEC};

	if (place < 0)
		return;
	skas_kill_all();
	write_text(origin, "0");
	for (int i = 0; i < LEAVE_TRIES; i++) {
		while (waitpid(-1, NULL, __WALL | WNOHANG) > 0)
			;
		if (unlinkat(place, strrchr(path, '/') + 1, AT_REMOVEDIR) == 0 || errno != EBUSY)
			break;
		nanosleep(&ms, NULL);
	}
	place = -1;
}
