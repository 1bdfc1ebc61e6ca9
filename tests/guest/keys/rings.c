/* Keyrings: links, searches through nested rings, cycles, moves; what children inherit. */
#include "tests/guest/keys/keys.h"

static long ring(const char *name, long in)
{
	return SYS(add_key("keyring", name, NULL, 0, (int)in));
}

static void nesting(void)
{
	long a = ring("a", KEY_SPEC_PROCESS_KEYRING), b = ring("b", a), c = ring("c", b);
	long k = SYS(add_key("user", "deep", "x", 1, (int)c));
	int serials[4] = {0};

	CHECK_EQ(keyctl(KEYCTL_SEARCH, a, "user", "deep", 0), k);
	CHECK_EQ(request_key("user", "deep", NULL, 0), k);
	CHECK_ERR(keyctl(KEYCTL_SEARCH, a, "user", "nothing", 0), ENOKEY);
	CHECK_ERR(keyctl(KEYCTL_LINK, a, c), EDEADLK);
	SYS(keyctl(KEYCTL_LINK, k, a));
	CHECK_EQ(keyctl(KEYCTL_READ, a, serials, sizeof(serials)), 8);
	CHECK(serials[0] + serials[1] == b + k || serials[0] == k || serials[1] == k);
	SYS(keyctl(KEYCTL_UNLINK, k, a));
	CHECK_ERR(keyctl(KEYCTL_UNLINK, k, a), ENOENT);
	SYS(keyctl(KEYCTL_MOVE, k, c, a, 0));
	CHECK_EQ(keyctl(KEYCTL_READ, c, NULL, 0), 0);
	SYS(keyctl(KEYCTL_CLEAR, a));
	CHECK_EQ(keyctl(KEYCTL_READ, a, NULL, 0), 0);
	CHECK_ERR(keyctl(KEYCTL_CLEAR, KEY_SPEC_REQKEY_AUTH_KEY), ENOKEY);
}

static void inheritance(void)
{
	long session = SYS(keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL));
	long process = SYS(keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1));
	pid_t pid;

	CHECK_EQ(keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0), session);
	pid = test_fork();
	if (pid == 0) {
		CHECK_EQ(keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0), session);
		CHECK_ERR(keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 0), ENOKEY);
		CHECK(keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1) != process);
		CHECK(SYS(keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL)) != session);
		_exit(0);
	}
	CHECK_EXIT(pid, 0);
	CHECK_EQ(keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0), session);
	CHECK_ERR(keyctl(KEYCTL_JOIN_SESSION_KEYRING, ".builtin"), EPERM);
	CHECK_ERR(keyctl(KEYCTL_GET_KEYRING_ID, -99, 0), EINVAL);
	CHECK_ERR(keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_THREAD_KEYRING, 0), ENOKEY);
	SYS(keyctl(KEYCTL_SET_REQKEY_KEYRING, KEY_REQKEY_DEFL_THREAD_KEYRING));
	SYS(keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_THREAD_KEYRING, 0));
}

static void user_rings(void)
{
	long user = SYS(keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 0));
	long session = SYS(keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_SESSION_KEYRING, 0));
	char text[64], want[64];

	CHECK(user != session);
	SYS(keyctl(KEYCTL_DESCRIBE, user, text, sizeof(text)));
	snprintf(want, sizeof(want), ";_uid.%u", getuid());
	CHECK_STR(strrchr(text, ';'), want);
}

int main(void)
{
	if (add_key("user", "probe", "x", 1, KEY_SPEC_PROCESS_KEYRING) < 0 && errno != EINVAL)
		SKIP("add_key: %s", strerror(errno));
	nesting();
	inheritance();
	user_rings();
	return 0;
}
