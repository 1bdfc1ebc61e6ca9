/* Path names from the fuzzer's bytes, out of few components, so that they meet. */
#ifndef SKIFF_TESTS_FUZZ_PATHS_H
#define SKIFF_TESTS_FUZZ_PATHS_H

#include "tests/fuzz/input.h"
#include "tests/unit/fakehost.h"

static inline void input_path(struct input *in, char path[256])
{
	static const char *const parts[] = {"/", "a", "b", "c", "d", "..", ".", "//", "f", "link",
		"a/b", "../..", "work", "#0"};
	unsigned n = 1 + input_u8(in) % 6;

	*path = '\0';
	while (n--) {
		strcat(path, parts[input_u8(in) % ARRAY_SIZE(parts)]);
		if (n)
			strcat(path, "/");
	}
}

/* The same in guest memory. */
static inline u64 input_user_path(struct input *in)
{
	char path[256];

	input_path(in, path);
	return fake_str(path);
}

#endif
