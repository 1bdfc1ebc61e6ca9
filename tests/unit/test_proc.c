/* fs/proc over the fake host: processes in every state as their files show them, and who may look.
 */
#include "fakehost.h"

#include "fs/proc/proc.h"
#include "fs/pseudo.h"
#include "kernel/uts.h"

#include <check.h>
#include <stdio.h>
#include <sys/syscall.h>

static struct task *task;
static char text[65536];

static void setup(void)
{
	struct dentry *d;
	struct path parent, p;

	task = fake_task_create();
	init_tg = task->tg;
	snprintf(task->comm, sizeof(task->comm), "unit) test");
	ck_assert_int_eq(path_create(&task->fs->root, "proc", 0, &parent, &d, true), 0);
	ck_assert_int_eq(vfs_mkdir(&parent, d, 0755), 0);
	d_put(d);
	path_put(&parent);
	if (!fs_find("proc"))
		ck_assert_int_eq(fs_register(&proc_fs_type), 0);
	ck_assert_int_eq(path_lookup(&task->fs->root, "proc", 0, &p), 0);
	ck_assert_int_eq(mount_fs("proc", "proc", &p, MNT_NOSUID, NULL), 0);
	path_put(&p);
}

static void teardown(void)
{
	struct path p;

	current = task;
	ck_assert_int_eq(path_lookup(&task->fs->root, "proc", 0, &p), 0);
	ck_assert_int_eq(mount_umount(&p, 0), 0);
	path_put(&p);
	fake_task_destroy(task);
	fake_fini();
}

static int open_proc(const char *fmt, int pid, int flags)
{
	char name[64];

	snprintf(name, sizeof(name), fmt, pid);
	return (int)CALL(openat, (u64)AT_FDCWD, fake_str(name), (u64)flags, 0);
}

/* The file's text; "%d" in name stands for pid. */
static const char *read_proc(const char *name, int pid)
{
	int fd = open_proc(name, pid, O_RDONLY);
	size_t len = 0;
	long n;

	ck_assert_int_ge(fd, 0);
	while ((n = CALL(read, (u64)fd, FAKE_BUF(0), 0x4000)) > 0) {
		memcpy(text + len, FAKE_PTR(0), (size_t)n);
		len += (size_t)n;
	}
	ck_assert_int_eq(n, 0);
	text[len] = '\0';
	CALL(close, (u64)fd);
	return text;
}

static void check_line(const char *name, int pid, const char *line)
{
	if (!strstr(read_proc(name, pid), line))
		ck_abort_msg("%s has no line %s:\n%s", name, line, text);
}

START_TEST(stat_has_the_fields_of_proc_5)
{
	char head[64];
	int fields = 0;

	task->nice = 5;
	snprintf(head, sizeof(head), "%d (unit) test) R ", task->tid);
	read_proc("/proc/%d/stat", task->tid);
	ck_assert(!strncmp(text, head, strlen(head)));
	for (const char *p = strrchr(text, ')'); p; p = strchr(p + 1, ' '))
		fields++;
	ck_assert_int_eq(fields, 52 - 1);		   /* pid is in front of the name */
	ck_assert_ptr_nonnull(strstr(text, " 25 5 1 0 ")); /* priority, nice, threads */
}
END_TEST

START_TEST(status_shows_credentials_and_signals)
{
	char line[64];

	task->blocked = SIGBIT(SIGUSR1);
	task->sighand->action[SIGTERM - 1].handler = 0x4000;
	task->sighand->action[SIGINT - 1].handler = (u64)(uintptr_t)SIG_IGN;
	snprintf(line, sizeof(line), "\nTgid:\t%d\n", task->tg->pid);
	check_line("/proc/self/status", 0, line);
	check_line("/proc/self/status", 0, "Name:\tunit) test\n");
	check_line("/proc/self/status", 0, "\nUid:\t0\t0\t0\t0\n");
	check_line("/proc/self/status", 0, "\nSigBlk:\t0000000000000200\n");
	check_line("/proc/self/status", 0, "\nSigCgt:\t0000000000004000\n");
	check_line("/proc/self/status", 0, "\nSigIgn:\t0000000000000002\n");
	check_line("/proc/self/status", 0, "\nCapEff:\t000001ffffffffff\n");
	check_line("/proc/self/limits", 0, "Max open files");
}
END_TEST

START_TEST(a_zombie_shows_its_name_and_nothing_inside)
{
	struct task *peer = fake_task_create_peer(task);
	struct tgroup *tg = tgroup_get(peer->tg);
	char line[64];

	snprintf(peer->comm, sizeof(peer->comm), "undead");
	tg->state = TG_ZOMBIE;
	tg->exit_status = 3 << 8;
	memcpy(tg->exit_comm, peer->comm, sizeof(tg->exit_comm));
	list_del(&peer->tg_link);
	tg->leader = NULL;
	snprintf(line, sizeof(line), "%d (undead) Z ", tg->pid);
	check_line("/proc/%d/stat", tg->pid, line);
	check_line("/proc/%d/status", tg->pid, "State:\tZ (zombie)\n");
	ck_assert_str_eq(read_proc("/proc/%d/cmdline", tg->pid), "");
	ck_assert_int_eq(open_proc("/proc/%d/exe", tg->pid, O_RDONLY), -ENOENT);
	list_add(&peer->tg_link, &tg->tasks);
	tg->leader = peer;
	fake_task_destroy(peer);
	current = task;
	ck_assert_int_eq(open_proc("/proc/%d/stat", tg->pid, O_RDONLY), -ENOENT);
	tgroup_put(tg);
}
END_TEST

START_TEST(an_open_file_of_an_ended_process_reads_esrch)
{
	struct task *peer = fake_task_create_peer(task);
	int fd = open_proc("/proc/%d/stat", peer->tid, O_RDONLY);

	ck_assert_int_ge(fd, 0);
	fake_task_destroy(peer);
	current = task;
	ck_assert_int_eq(CALL(read, (u64)fd, FAKE_BUF(0), 100), -ESRCH);
	CALL(close, (u64)fd);
}
END_TEST

START_TEST(others_may_not_look_inside)
{
	struct task *peer = fake_task_create_peer(task);
	struct cred *c = task->cred;

	c->uid = c->euid = c->suid = c->fsuid = 1000;
	c->cap_effective = c->cap_permitted = 0;
	ck_assert_int_eq(open_proc("/proc/%d/environ", peer->tid, O_RDONLY), -EACCES);
	ck_assert_int_eq(open_proc("/proc/%d/maps", peer->tid, O_RDONLY), -EACCES);
	ck_assert_int_eq(open_proc("/proc/%d/fd/0", peer->tid, O_RDONLY), -EACCES);
	ck_assert_int_eq(open_proc("/proc/%d/comm", peer->tid, O_WRONLY), -EACCES);
	check_line("/proc/%d/status", peer->tid, "\nUid:\t0\t0\t0\t0\n");
	c->uid = c->euid = c->suid = c->fsuid = 0;
	c->cap_effective = c->cap_permitted = CAP_FULL;
	fake_task_destroy(peer);
	current = task;
}
END_TEST

START_TEST(descriptors_are_links_to_their_files)
{
	char want[16], name[64];
	long fd = CALL(openat, (u64)AT_FDCWD, fake_str("/file"), O_RDWR | O_CREAT, 0600), n;

	ck_assert_int_ge(fd, 0);
	snprintf(name, sizeof(name), "/proc/self/fd/%ld", fd);
	n = CALL(readlink, fake_str(name), FAKE_BUF(0), 100);
	ck_assert_int_eq(n, 5);
	ck_assert(!memcmp(FAKE_PTR(0), "/file", 5));
	ck_assert_int_eq(CALL(write, (u64)fd, fake_str("abc"), 3), 3);
	snprintf(name, sizeof(name), "/proc/self/fdinfo/%ld", fd);
	check_line(name, 0, "pos:\t3\n");
	snprintf(name, sizeof(name), "/proc/self/fd/%ld", fd);
	ck_assert_str_eq(read_proc(name, 0), "abc");
	CALL(close, (u64)fd);
	ck_assert_int_eq(open_proc(name, 0, O_RDONLY), -ENOENT);
	n = CALL(readlink, fake_str("/proc/self"), FAKE_BUF(0), 100);
	snprintf(want, sizeof(want), "%d", task->tg->pid);
	ck_assert_int_eq(n, strlen(want));
}
END_TEST

START_TEST(names_are_set_through_their_files)
{
	int fd = open_proc("/proc/self/comm", 0, O_WRONLY);

	ck_assert_int_eq(CALL(write, (u64)fd, fake_str("a name that is too long\n"), 24), 24);
	CALL(close, (u64)fd);
	ck_assert_str_eq(task->comm, "a name that is ");
	fd = open_proc("/proc/sys/kernel/hostname", 0, O_WRONLY | O_TRUNC);
	ck_assert_int_eq(CALL(write, (u64)fd, fake_str("box\n"), 4), 4);
	CALL(close, (u64)fd);
	ck_assert_str_eq(init_uts_ns.nodename, "box");
	ck_assert_str_eq(read_proc("/proc/sys/kernel/hostname", 0), "box\n");
	fd = open_proc("/proc/self/oom_score_adj", 0, O_WRONLY);
	ck_assert_int_eq(CALL(write, (u64)fd, fake_str("1001"), 4), -EINVAL);
	ck_assert_int_eq(CALL(write, (u64)fd, fake_str("-17"), 3), 3);
	CALL(close, (u64)fd);
	ck_assert_int_eq(task->tg->oom_score_adj, -17);
}
END_TEST

START_TEST(mounts_name_what_is_mounted)
{
	check_line("/proc/mounts", 0, "proc /proc proc rw,nosuid,relatime 0 0\n");
	check_line("/proc/self/mountinfo", 0, " / /proc rw,nosuid,relatime - proc proc rw\n");
	check_line("/proc/filesystems", 0, "nodev\tproc\n");
	check_line("/proc/meminfo", 0, "MemTotal:          65536 kB\n");
}
END_TEST

static void check_sorted(const struct pseudo_dir *dir)
{
	for (unsigned i = 0; i < dir->nr_rows; i++) {
		if (i)
			ck_assert_str_lt(dir->rows[i - 1].name, dir->rows[i].name);
		if (S_ISDIR(dir->rows[i].mode))
			check_sorted(dir->rows[i].dir);
	}
}

START_TEST(tables_are_sorted)
{
	struct path p;

	ck_assert_int_eq(path_lookup(&task->fs->root, "proc", 0, &p), 0);
	check_sorted(pseudo_ctx(p.dentry->inode)->row->dir);
	path_put(&p);
	check_sorted(proc_pid_row.dir);
}
END_TEST

Suite *suite_proc(void);
Suite *suite_proc(void)
{
	Suite *s = suite_create("proc");
	TCase *t = tcase_create("proc");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, stat_has_the_fields_of_proc_5);
	tcase_add_test(t, status_shows_credentials_and_signals);
	tcase_add_test(t, a_zombie_shows_its_name_and_nothing_inside);
	tcase_add_test(t, an_open_file_of_an_ended_process_reads_esrch);
	tcase_add_test(t, others_may_not_look_inside);
	tcase_add_test(t, descriptors_are_links_to_their_files);
	tcase_add_test(t, names_are_set_through_their_files);
	tcase_add_test(t, mounts_name_what_is_mounted);
	tcase_add_test(t, tables_are_sorted);
	suite_add_tcase(s, t);
	return s;
}
