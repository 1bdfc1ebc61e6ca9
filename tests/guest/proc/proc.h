/* Helpers for tests of /proc: whole small files, their lines and fields. */
#ifndef TESTS_GUEST_PROC_PROC_H
#define TESTS_GUEST_PROC_PROC_H

#include "../test.h"

#include <dirent.h>
#include <sys/prctl.h>

/* The file whole, NUL-terminated, in a static buffer; *len may be NULL. */
TEST_UNUSED static char *read_file(const char *path, size_t *len)
{
	static char buf[1 << 20];
	int fd = SYS(open(path, O_RDONLY | O_CLOEXEC));
	size_t n = 0;

	for (;;) {
		ssize_t r = SYS(read(fd, buf + n, sizeof buf - 1 - n));

		if (r == 0)
			break;
		n += (size_t)r;
	}
	SYS(close(fd));
	buf[n] = '\0';
	if (len)
		*len = n;
	return buf;
}

/* The rest of the line that starts with name ("Pid:"), white space skipped; NULL if there is none.
 */
TEST_UNUSED static const char *line_value(const char *text, const char *name)
{
	static char value[4096];
	size_t n = strlen(name), len;

	while (text && strncmp(text, name, n) != 0) {
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	if (!text || !*text)
		return NULL;
	text += n;
	text += strspn(text, " \t");
	len = strcspn(text, "\n");
	if (len >= sizeof value)
		len = sizeof value - 1;
	memcpy(value, text, len);
	value[len] = '\0';
	return value;
}

TEST_UNUSED static const char *need_value(const char *text, const char *name)
{
	const char *v = line_value(text, name);

	if (!v)
		FAIL("no line %s", name);
	return v;
}

/* Field n of a stat file, counted from 1 as in proc(5); 3 is the first behind the command. */
TEST_UNUSED static const char *stat_field(const char *text, int n)
{
	static char field[64];
	const char *p = strrchr(text, ')');

	CHECK(p && n >= 3);
	p += 2;
	for (int i = 3; i < n; i++) {
		p = strchr(p, ' ');
		if (!p)
			FAIL("stat has no field %d", n);
		p++;
	}
	snprintf(field, sizeof field, "%.*s", (int)strcspn(p, " \n"), p);
	return field;
}

TEST_UNUSED static long long stat_number(const char *text, int n)
{
	return strtoll(stat_field(text, n), NULL, 10);
}

TEST_UNUSED static bool dir_has(const char *path, const char *name)
{
	DIR *d = opendir(path);
	struct dirent *e;
	bool found = false;

	if (!d)
		FAIL("%s (errno %d: %s)", path, errno, strerror(errno));
	while ((e = readdir(d)))
		found |= !strcmp(e->d_name, name);
	closedir(d);
	return found;
}

TEST_UNUSED static const char *link_text(const char *path)
{
	static char buf[PATH_MAX];
	ssize_t n = readlink(path, buf, sizeof buf - 1);

	if (n < 0)
		FAIL("readlink %s (errno %d: %s)", path, errno, strerror(errno));
	buf[n] = '\0';
	return buf;
}

#endif
