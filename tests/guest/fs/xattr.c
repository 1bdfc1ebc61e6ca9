/* Extended attributes: set, get, list, remove, and what is refused. */
#include "tests/guest/test.h"
#include <sys/xattr.h>

int main(void)
{
	char buf[256], name[300];
	int fd = SYS(open("f", O_CREAT | O_RDWR, 0644));

	if (setxattr("f", "user.a", "value", 5, 0) < 0 && errno == EOPNOTSUPP)
		SKIP("no user attributes here");
	CHECK_ERR(setxattr("f", "user.a", "v", 1, XATTR_CREATE), EEXIST);
	CHECK_ERR(setxattr("f", "user.b", "v", 1, XATTR_REPLACE), ENODATA);
	CHECK_EQ(SYS(getxattr("f", "user.a", NULL, 0)), 5);
	CHECK_ERR(getxattr("f", "user.a", buf, 3), ERANGE);
	CHECK_EQ(SYS(fgetxattr(fd, "user.a", buf, sizeof(buf))), 5);
	CHECK(!memcmp(buf, "value", 5));
	SYS(fsetxattr(fd, "user.a", "", 0, 0));
	CHECK_EQ(SYS(getxattr("f", "user.a", buf, sizeof(buf))), 0);
	ssize_t n = SYS(listxattr("f", buf, sizeof(buf)));
	CHECK(memmem(buf, (size_t)n, "user.a", 7));
	SYS(removexattr("f", "user.a"));
	CHECK_ERR(removexattr("f", "user.a"), ENODATA);
	CHECK_ERR(getxattr("f", "user.a", buf, 10), ENODATA);
	CHECK_ERR(setxattr("f", "nonsense", "v", 1, 0), EOPNOTSUPP);
	CHECK_ERR(setxattr("f", "user.", "v", 1, 0), EINVAL);
	memset(name, 'n', sizeof(name));
	memcpy(name, "user.", 5);
	name[299] = 0;
	CHECK_ERR(setxattr("f", name, "v", 1, 0), ERANGE);
	CHECK_ERR(setxattr("none", "user.a", "v", 1, 0), ENOENT);
	SYS(symlink("f", "l"));
	CHECK_ERR(lsetxattr("l", "user.a", "v", 1, 0), EPERM);
	SYS(setxattr("l", "user.l", "v", 1, 0));
	CHECK_EQ(SYS(getxattr("f", "user.l", buf, 10)), 1);
	return 0;
}
