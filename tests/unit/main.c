/*
 * The unit test program: runs every suite of tests/unit/test_<module>.c. The Makefile generates
 * the list of modules (unit_suites.h) from the file names, so that adding a file is all it takes.
 *
 * T=module or T=module/tcase in the environment selects; a filter that matches nothing fails.
 * Each test runs in a process of its own unless CK_FORK=no.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUITE(module) Suite *suite_##module(void);
#include "unit_suites.h"
#undef SUITE

struct entry {
	const char *module;
	Suite *(*create)(void);
};

static const struct entry entries[] = {
#define SUITE(module) {#module, suite_##module},
#include "unit_suites.h"
#undef SUITE
	{NULL, NULL},
};

int main(void)
{
	const char *filter = getenv("T");
	const char *tcase = NULL;
	size_t module_len = 0;
	SRunner *runner;
	int failed, ran;

	setenv("CK_DEFAULT_TIMEOUT", "30", 0); /* libcheck's 4 s are too few on a busy machine */
	runner = srunner_create(NULL);
	if (filter && *filter) {
		tcase = strchr(filter, '/');
		module_len = tcase ? (size_t)(tcase++ - filter) : strlen(filter);
	}
	for (const struct entry *e = entries; e->module; e++) {
		if (module_len && (strncmp(e->module, filter, module_len) || e->module[module_len]))
			continue;
		srunner_add_suite(runner, e->create());
	}
	srunner_run(runner, NULL, tcase, CK_ENV);
	failed = srunner_ntests_failed(runner);
	ran = srunner_ntests_run(runner);
	srunner_free(runner);
	if (ran == 0) {
		fprintf(stderr, "check-unit: no test matches T=%s\n", filter ? filter : "");
		return 4;
	}
	return failed ? 1 : 0;
}
