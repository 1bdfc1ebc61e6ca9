/* run: root */
/* acct(2): a record of each process that ends while it is on, and what it refuses. */
#include "../test.h"
#include <sys/acct.h>

int main(void)
{
	struct acct_v3 r[8];
	struct stat st;
	char name[PATH_MAX];
	int fd, found = 0;
	ssize_t n;
	pid_t pid;

	CHECK(getcwd(name, sizeof name - 10));
	strcat(name, "/accounts");
	fd = SYS(open("accounts", O_CREAT | O_RDWR, 0600));
	if (acct(name) < 0 && errno == ENOSYS)
		SKIP("no accounting");
	pid = test_fork();
	if (pid == 0) {
		SYS(setresgid(54, 54, 54));
		SYS(setresuid(55, 55, 55));
		CHECK_ERR(acct(NULL), EPERM);
		_exit(7);
	}
	CHECK_EXIT(pid, 7);
	SYS(acct(NULL));
	n = SYS(read(fd, r, sizeof r));
	CHECK(n > 0 && n % (ssize_t)sizeof *r == 0);
	for (size_t i = 0; i < (size_t)n / sizeof *r; i++) { /* on the host others end, too */
		if (r[i].ac_uid != 55)
			continue;
		found++;
		CHECK_EQ(r[i].ac_version & 0xf, 3);
		CHECK_EQ(r[i].ac_gid, 54);
		CHECK_EQ(r[i].ac_exitcode, 7 << 8);
		CHECK_EQ(r[i].ac_flag & AFORK, AFORK);
		CHECK(!strncmp(r[i].ac_comm, "acct_records", 15));
		CHECK(labs((long)r[i].ac_btime - (long)time(NULL)) < 100);
	}
	CHECK_EQ(found, 1);
	pid = test_fork();
	if (pid == 0)
		_exit(0);
	CHECK_EXIT(pid, 0);
	SYS(fstat(fd, &st));
	CHECK_EQ(st.st_size, n);
	CHECK_ERR(acct("."), EISDIR);
	CHECK_ERR(acct("none"), ENOENT);
	CHECK_ERR(acct("/dev/null"), EACCES);
	CHECK_ERR(acct((char *)8), EFAULT);
	return 0;
}
