/* rename(2): replacement, errors, NOREPLACE, EXCHANGE, and what stays open. */
#include "tests/guest/test.h"

static int rename2(const char *a, const char *b, unsigned flags)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, flags);
}

static void put(const char *name, const char *text)
{
	int fd = SYS(open(name, O_CREAT | O_TRUNC | O_WRONLY, 0644));

	SYS(write(fd, text, strlen(text)));
	SYS(close(fd));
}

static void expect(const char *name, const char *text)
{
	char buf[64] = "";
	int fd = SYS(open(name, O_RDONLY));

	SYS(read(fd, buf, sizeof(buf) - 1));
	SYS(close(fd));
	CHECK_STR(buf, text);
}

int main(void)
{
	char buf[8] = "";
	struct stat st, st2;
	int fd;

	put("f", "one");
	put("g", "two");
	fd = SYS(open("g", O_RDONLY));
	SYS(rename("f", "g"));
	expect("g", "one");
	CHECK_ERR(stat("f", &st), ENOENT);
	CHECK_EQ(SYS(read(fd, buf, 8)), 3);
	CHECK(!memcmp(buf, "two", 3));
	SYS(fstat(fd, &st));
	CHECK_EQ(st.st_nlink, 0);

	SYS(mkdir("d", 0755));
	SYS(mkdir("d/sub", 0755));
	SYS(mkdir("e", 0755));
	CHECK_ERR(rename("d", "d/sub/x"), EINVAL);
	CHECK_ERR(rename("e", "d"), ENOTEMPTY);
	CHECK_ERR(rename("d/sub", "d"), ENOTEMPTY);
	CHECK_ERR(rename("d", "g"), ENOTDIR);
	CHECK_ERR(rename("g", "d"), EISDIR);
	CHECK_ERR(rename("g", "new/"), ENOTDIR);
	CHECK_ERR(rename("none", "x"), ENOENT);
	CHECK_ERR(rename("d/.", "x"), EBUSY);
	SYS(stat("d", &st));
	SYS(rename("d", "e"));
	SYS(stat("e/sub", &st2));
	SYS(stat("e", &st2));
	CHECK_EQ(st.st_ino, st2.st_ino);

	/* two names of one file: nothing happens */
	SYS(link("g", "h"));
	SYS(rename("g", "h"));
	SYS(stat("g", &st));
	CHECK_EQ(st.st_nlink, 2);

	CHECK_ERR(rename2("g", "h", 1), EEXIST);
	CHECK_ERR(rename2("g", "h", 3), EINVAL);
	CHECK_ERR(rename2("g", "none", 2), ENOENT);
	put("a", "A");
	SYS(rename2("a", "e/sub", 2));
	expect("e/sub", "A");
	SYS(stat("a", &st));
	CHECK(S_ISDIR(st.st_mode));
	SYS(rename2("a", "b", 1));
	SYS(stat("b", &st));

	/* over and over in one directory, as editors save */
	for (int i = 0; i < 200; i++) {
		put("save.tmp", i % 2 ? "odd" : "even");
		SYS(rename("save.tmp", "save"));
	}
	expect("save", "odd");
	return 0;
}
