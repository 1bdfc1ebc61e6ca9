/* Shared by the tests of keys: the system calls, which libc does not wrap. */
#include "tests/guest/test.h"

#include <linux/keyctl.h>

#define POS_ALL 0x3f000000
#define USR_VIEW 0x00010000

static inline long add_key(
	const char *type, const char *desc, const void *payload, size_t len, int ring)
{
	return syscall(SYS_add_key, type, desc, payload, len, ring);
}

static inline long request_key(const char *type, const char *desc, const char *info, int ring)
{
	return syscall(SYS_request_key, type, desc, info, ring);
}

#define keyctl(...) syscall(SYS_keyctl, __VA_ARGS__)
