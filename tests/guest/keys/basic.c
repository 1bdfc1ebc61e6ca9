/* Keys: adding, reading, updating, describing, revoking, invalidating, timeouts; the types' rules.
 */
#include "tests/guest/keys/keys.h"

static void payloads(void)
{
	char buf[64] = "";
	long k = SYS(add_key("user", "a key", "hello", 5, KEY_SPEC_PROCESS_KEYRING));

	CHECK_EQ(keyctl(KEYCTL_READ, k, buf, sizeof(buf)), 5);
	CHECK_STR(buf, "hello");
	memset(buf, 0, sizeof(buf));
	CHECK_EQ(keyctl(KEYCTL_READ, k, buf, 2), 5);
	CHECK_EQ(add_key("user", "a key", "world!", 6, KEY_SPEC_PROCESS_KEYRING), k);
	CHECK_EQ(keyctl(KEYCTL_READ, k, buf, sizeof(buf)), 6);
	SYS(keyctl(KEYCTL_UPDATE, k, "x", 1));
	CHECK_EQ(keyctl(KEYCTL_READ, k, NULL, 0), 1);
	CHECK_ERR(keyctl(KEYCTL_UPDATE, k, "x", 0), EINVAL);
	CHECK_ERR(keyctl(KEYCTL_UPDATE, k, (void *)8, 4), EFAULT);
	SYS(keyctl(KEYCTL_DESCRIBE, k, buf, sizeof(buf)));
	CHECK(!strncmp(buf, "user;", 5) && !strcmp(strrchr(buf, ';'), ";a key"));
	SYS(keyctl(KEYCTL_REVOKE, k));
	CHECK_ERR(keyctl(KEYCTL_READ, k, buf, sizeof(buf)), EKEYREVOKED);
	CHECK(SYS(add_key("user", "a key", "new", 3, KEY_SPEC_PROCESS_KEYRING)) != k);
}

static void types(void)
{
	char buf[8];
	long k = SYS(add_key("logon", "svc:name", "secret", 6, KEY_SPEC_PROCESS_KEYRING));

	CHECK_ERR(keyctl(KEYCTL_READ, k, buf, sizeof(buf)), EOPNOTSUPP);
	CHECK_ERR(add_key("logon", "unqualified", "x", 1, KEY_SPEC_PROCESS_KEYRING), EINVAL);
	CHECK_ERR(add_key("user", "u", NULL, 0, KEY_SPEC_PROCESS_KEYRING), EINVAL);
	CHECK_ERR(add_key("user", "u", NULL, 8, KEY_SPEC_PROCESS_KEYRING), EFAULT);
	CHECK_ERR(add_key("keyring", "r", "x", 1, KEY_SPEC_PROCESS_KEYRING), EINVAL);
	CHECK_ERR(add_key("keyring", ".r", NULL, 0, KEY_SPEC_PROCESS_KEYRING), EPERM);
	CHECK_ERR(add_key("no such type", "r", "x", 1, KEY_SPEC_PROCESS_KEYRING), ENODEV);
	CHECK_ERR(add_key(".dot", "r", "x", 1, KEY_SPEC_PROCESS_KEYRING), EPERM);
	CHECK_ERR(add_key("user", "u", "x", 1, (int)k), ENOTDIR);
	CHECK_ERR(add_key("user", "u", "x", 1, 0), EINVAL);
}

static void endings(void)
{
	long k = SYS(add_key("user", "short", "x", 1, KEY_SPEC_PROCESS_KEYRING));

	SYS(keyctl(KEYCTL_SET_TIMEOUT, k, 1));
	while (keyctl(KEYCTL_READ, k, NULL, 0) == 1)
		;
	CHECK_EQ(errno, EKEYEXPIRED);
	k = SYS(add_key("user", "gone", "x", 1, KEY_SPEC_PROCESS_KEYRING));
	CHECK_EQ(request_key("user", "gone", NULL, 0), k);
	SYS(keyctl(KEYCTL_INVALIDATE, k));
	CHECK_ERR(request_key("user", "gone", NULL, 0), ENOKEY);
}

int main(void)
{
	if (add_key("user", "probe", "x", 1, KEY_SPEC_PROCESS_KEYRING) < 0 && errno != EINVAL)
		SKIP("add_key: %s", strerror(errno));
	payloads();
	types();
	endings();
	return 0;
}
