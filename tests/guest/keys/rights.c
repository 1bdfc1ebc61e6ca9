/* run: root */
/* Rights over keys: of who possesses one, of its owner, of others; quotas of users. */
#include "tests/guest/keys/keys.h"

static void possession(void)
{
	long ring = SYS(keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL));
	long k = SYS(add_key("user", "k", "x", 1, KEY_SPEC_SESSION_KEYRING));

	SYS(keyctl(KEYCTL_SETPERM, k, POS_ALL & ~0x04000000));
	CHECK_ERR(keyctl(KEYCTL_UPDATE, k, "y", 1), EACCES);
	CHECK_ERR(keyctl(KEYCTL_SETPERM, k, 0xff000000), EINVAL);
	SYS(keyctl(KEYCTL_SETPERM, k, POS_ALL));
	SYS(keyctl(KEYCTL_UPDATE, k, "y", 1));
	SYS(keyctl(KEYCTL_SETPERM, ring, 0x0b000000)); /* view, read, search */
	CHECK_ERR(add_key("user", "other", "x", 1, KEY_SPEC_SESSION_KEYRING), EACCES);
	CHECK_ERR(request_key("user", "none", "info", KEY_SPEC_SESSION_KEYRING), EACCES);
	SYS(keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL)); /* not possessed any more */
	CHECK_EQ(keyctl(KEYCTL_UPDATE, k, "z", 1), -1);
	CHECK(errno == EACCES || errno == ENOKEY); /* it may be gone already */
}

static void others(void)
{
	long mine = SYS(add_key("user", "mine", "x", 1, KEY_SPEC_PROCESS_KEYRING));
	pid_t pid;

	SYS(keyctl(KEYCTL_SETPERM, mine, POS_ALL | USR_VIEW | 0x02));
	pid = test_fork();
	if (pid == 0) {
		char c;

		SYS(setresuid(54321, 54321, 54321));
		CHECK_EQ(keyctl(KEYCTL_READ, mine, &c, 1), 1);
		CHECK_ERR(keyctl(KEYCTL_UPDATE, mine, "z", 1), EACCES);
		CHECK_ERR(keyctl(KEYCTL_SETPERM, mine, POS_ALL), EACCES);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
}

static void quota(void)
{
	static char big[32767];
	pid_t pid = test_fork();

	if (pid == 0) {
		char line[256];
		unsigned uid, n, keys, max;
		bool found = false;
		FILE *f;

		SYS(setresuid(54322, 54322, 54322));
		SYS(add_key("user", "small", "x", 1, KEY_SPEC_PROCESS_KEYRING));
		CHECK_ERR(
			add_key("user", "big", big, sizeof(big), KEY_SPEC_PROCESS_KEYRING), EDQUOT);
		f = fopen("/proc/key-users", "r");
		CHECK(f);
		while (fgets(line, sizeof(line), f))
			if (sscanf(line, "%u: %u %*u/%*u %u/%u", &uid, &n, &keys, &max) == 4 &&
				uid == 54322)
				found = keys == 2 && max >= 200;
		CHECK(found);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
}

static void negative(void)
{
	int k = 0;

	SYS(keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL));
	CHECK_EQ(request_key("user", "absent", "info", KEY_SPEC_SESSION_KEYRING), -1);
	CHECK(errno == ENOKEY || errno == ENOENT);
	CHECK_EQ(keyctl(KEYCTL_READ, KEY_SPEC_SESSION_KEYRING, &k, sizeof(k)), sizeof(k));
	CHECK_ERR(keyctl(KEYCTL_READ, k, NULL, 0), ENOKEY);
	CHECK_ERR(request_key("user", "absent", NULL, 0), ENOKEY);
	SYS(add_key("user", "absent", "now there", 9, KEY_SPEC_SESSION_KEYRING));
	SYS(request_key("user", "absent", NULL, 0));
}

int main(void)
{
	if (add_key("user", "probe", "x", 1, KEY_SPEC_PROCESS_KEYRING) < 0 && errno != EINVAL)
		SKIP("add_key: %s", strerror(errno));
	possession();
	others();
	quota();
	negative();
	return 0;
}
