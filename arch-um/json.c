/* JSON output, indented by two spaces. Bytes that are not UTF-8 are written as U+FFFD. */
#include "arch-um/json.h"

static void line(struct json *j)
{
	fprintf(j->out, "%s%*s", j->depth ? "\n" : "", (int)(2 * j->depth), "");
}

/* Length of the UTF-8 sequence at s, 0 if there is none. */
static unsigned utf8_len(const u8 *s)
{
	unsigned n = s[0] < 0x80   ? 1
		     : s[0] < 0xc2 ? 0
		     : s[0] < 0xe0 ? 2
		     : s[0] < 0xf0 ? 3
		     : s[0] < 0xf5 ? 4
				   : 0;

	for (unsigned i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
		(s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static void quoted(struct json *j, const char *text)
{
	const u8 *s = (const u8 *)text;

	putc('"', j->out);
	while (*s) {
		unsigned n = utf8_len(s);

		if (*s == '"' || *s == '\\')
			fprintf(j->out, "\\%c", *s);
		else if (*s < 0x20 || *s == 0x7f)
			fprintf(j->out, "\\u%04x", *s);
		else if (n)
			fwrite(s, 1, n, j->out);
		else
			fputs("\xef\xbf\xbd", j->out);
		s += n ? n : 1;
	}
	putc('"', j->out);
}

static void begin(struct json *j, const char *key)
{
	if (j->depth && !j->first)
		putc(',', j->out);
	line(j);
	j->first = false;
	if (!key)
		return;
	quoted(j, key);
	fputs(": ", j->out);
}

void json_open(struct json *j, const char *key, char bracket)
{
	begin(j, key);
	putc(bracket, j->out);
	j->depth++;
	j->first = true;
}

void json_close(struct json *j, char bracket)
{
	j->depth--;
	if (!j->first)
		fprintf(j->out, "\n%*s", (int)(2 * j->depth), "");
	putc(bracket, j->out);
	j->first = false;
	if (!j->depth)
		putc('\n', j->out);
}

void json_string(struct json *j, const char *key, const char *v)
{
	begin(j, key);
	quoted(j, v);
}

void json_number(struct json *j, const char *key, s64 v)
{
	begin(j, key);
	fprintf(j->out, "%lld", (long long)v);
}

void json_bool(struct json *j, const char *key, bool v)
{
	begin(j, key);
	fputs(v ? "true" : "false", j->out);
}
