/* The two functions behind libcheck's assertions: the fake host uses them outside of any test. */
#include <stdio.h>
#include <stdlib.h>

void _mark_point(const char *file, int line);
_Noreturn void _ck_assert_failed(const char *file, int line, const char *expr, ...);

void _mark_point(const char *file, int line)
{
}

_Noreturn void _ck_assert_failed(const char *file, int line, const char *expr, ...)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, expr);
	abort();
}
