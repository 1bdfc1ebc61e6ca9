/* JSON output: RFC 8259. Nesting and commas are kept by the writer. */
#ifndef SKIFF_ARCH_UM_JSON_H
#define SKIFF_ARCH_UM_JSON_H

#include "kernel/lib/types.h"

#include <stdio.h>

struct json {
	FILE *out;
	unsigned depth;
	bool first; /* nothing yet at this level */
};

/* key is NULL inside an array. */
void json_open(struct json *j, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *j, char bracket);		       /* '}' or ']' */
void json_string(struct json *j, const char *key, const char *v);
void json_number(struct json *j, const char *key, s64 v);
void json_bool(struct json *j, const char *key, bool v);

#endif
