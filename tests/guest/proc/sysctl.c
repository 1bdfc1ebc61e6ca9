/* /proc/sys: values the calls agree with, and writable names. */
#include "proc.h"

#include <sys/utsname.h>

static void first_line(char *buf, size_t size, const char *path)
{
	snprintf(buf, size, "%.*s", (int)strcspn(read_file(path, NULL), "\n"),
		read_file(path, NULL));
}

int main(void)
{
	char a[128], b[128];
	struct utsname u;
	struct stat st;

	SYS(uname(&u));
	first_line(a, sizeof a, "/proc/sys/kernel/ostype");
	CHECK_STR(a, u.sysname);
	first_line(a, sizeof a, "/proc/sys/kernel/osrelease");
	CHECK_STR(a, u.release);
	first_line(a, sizeof a, "/proc/sys/kernel/version");
	CHECK_STR(a, u.version);
	first_line(a, sizeof a, "/proc/sys/kernel/hostname");
	CHECK_STR(a, u.nodename);
	first_line(a, sizeof a, "/proc/sys/kernel/random/uuid");
	first_line(b, sizeof b, "/proc/sys/kernel/random/uuid");
	CHECK_EQ(strlen(a), 36);
	CHECK(strcmp(a, b));
	CHECK(a[14] == '4');
	first_line(a, sizeof a, "/proc/sys/kernel/random/boot_id");
	first_line(b, sizeof b, "/proc/sys/kernel/random/boot_id");
	CHECK_STR(a, b);
	first_line(a, sizeof a, "/proc/sys/kernel/pid_max");
	CHECK(atoi(a) > getpid());
	first_line(a, sizeof a, "/proc/sys/kernel/ngroups_max");
	CHECK_EQ(atoi(a), sysconf(_SC_NGROUPS_MAX));
	first_line(a, sizeof a, "/proc/sys/kernel/cap_last_cap");
	CHECK(prctl(PR_CAPBSET_READ, atoi(a)) >= 0);
	CHECK_ERR(prctl(PR_CAPBSET_READ, atoi(a) + 1), EINVAL);
	first_line(a, sizeof a, "/proc/sys/fs/nr_open");
	CHECK(atoi(a) >= 1024);
	first_line(a, sizeof a, "/proc/sys/fs/pipe-max-size");
	CHECK(atoi(a) >= 4096);
	first_line(a, sizeof a, "/proc/sys/vm/overcommit_memory");
	CHECK(atoi(a) >= 0 && atoi(a) <= 2);
	CHECK_ERR(open("/proc/sys/kernel/osrelease", O_WRONLY), EACCES); /* nor may root */
	CHECK_ERR(access("/proc/sys/kernel/osrelease", W_OK), EACCES);
	SYS(stat("/proc/sys/kernel", &st));
	CHECK(S_ISDIR(st.st_mode));
	CHECK_ERR(open("/proc/sys/kernel/nosuchthing", O_RDONLY), ENOENT);
	CHECK_ERR(open("/proc/sys/kernel/nosuchthing", O_RDWR | O_CREAT, 0600), ENOENT);
	return 0;
}
