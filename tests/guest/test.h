/*
 * Shared by the guest test programs: checks, child helpers, gates.
 *
 * A program passes with exit 0, fails with 1 and one line on stderr, and is skipped with 77. It
 * must pass on the host before its result in the guest means anything. Nothing here sleeps to
 * synchronise. Markers read by the runner, each alone in a comment: "link: pthread", "link:
 * static", "run: root" (the host pass needs root), "run: guest-only" (no host pass), "run:
 * trap-all" (a second guest pass, no call native), "run: fast-path" (one with it for every call).
 */
#ifndef TESTS_GUEST_TEST_H
#define TESTS_GUEST_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TEST_WATCHDOG_S 20
#define TEST_UNUSED __attribute__((unused))

__attribute__((noreturn, format(printf, 3, 4))) TEST_UNUSED static void test_fail(
	const char *file, int line, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	dprintf(2, "FAIL %s:%d: %s\n", file, line, text);
	_exit(1);
}

#define FAIL(...) test_fail(__FILE__, __LINE__, __VA_ARGS__)

#define SKIP(...) \
	do { \
		dprintf(2, "SKIP: "); \
		dprintf(2, __VA_ARGS__); \
		dprintf(2, "\n"); \
		_exit(77); \
	} while (0)

#define CHECK(expr) \
	do { \
		if (!(expr)) \
			FAIL("%s (errno %d: %s)", #expr, errno, strerror(errno)); \
	} while (0)

#define CHECK_EQ(a, b) \
	do { \
		long long a_ = (long long)(a), b_ = (long long)(b); \
		if (a_ != b_) \
			FAIL("%s == %s: %lld != %lld (errno %d: %s)", #a, #b, a_, b_, errno, \
				strerror(errno)); \
	} while (0)

#define CHECK_STR(a, b) \
	do { \
		const char *a_ = (a), *b_ = (b); \
		if (strcmp(a_, b_) != 0) \
			FAIL("%s: \"%s\" is not \"%s\"", #a, a_, b_); \
	} while (0)

/* The call succeeds (is not -1); the value is the call's. */
#define SYS(call) \
	({ \
		long r_ = (long)(call); \
		if (r_ == -1) \
			FAIL("%s (errno %d: %s)", #call, errno, strerror(errno)); \
		r_; \
	})

/* The call returns -1 with errno `want`. */
#define CHECK_ERR(call, want) \
	do { \
		errno = 0; \
		long r_ = (long)(call); \
		if (r_ != -1 || errno != (want)) \
			FAIL("%s: returned %ld errno %d (%s), want -1 errno %d (%s)", #call, r_, \
				errno, strerror(errno), (want), strerror(want)); \
	} while (0)

/* A watchdog for every program and, through test_fork(), for every child. */
__attribute__((constructor)) TEST_UNUSED static void test_watchdog(void)
{
	alarm(TEST_WATCHDOG_S);
}

TEST_UNUSED static pid_t test_fork(void)
{
	pid_t pid = fork();

	if (pid < 0)
		FAIL("fork (errno %d: %s)", errno, strerror(errno));
	if (pid == 0)
		alarm(TEST_WATCHDOG_S);
	return pid;
}

TEST_UNUSED static int test_wait(pid_t pid, int options)
{
	int status = -1;
	pid_t got;

	do
		got = waitpid(pid, &status, options);
	while (got < 0 && errno == EINTR);
	if (got != pid)
		FAIL("waitpid(%d) gave %d (errno %d: %s)", pid, got, errno, strerror(errno));
	return status;
}

#define CHECK_EXIT(pid, code) \
	do { \
		int st_ = test_wait((pid), 0); \
		if (!WIFEXITED(st_) || WEXITSTATUS(st_) != (code)) \
			FAIL("child status %#x, want exit %d", (unsigned)st_, (code)); \
	} while (0)

#define CHECK_KILLED(pid, sig) \
	do { \
		int st_ = test_wait((pid), 0); \
		if (!WIFSIGNALED(st_) || WTERMSIG(st_) != (sig)) \
			FAIL("child status %#x, want signal %d", (unsigned)st_, (sig)); \
	} while (0)

/* Run fn in a child; the child passes if fn returns. Returns the wait status. */
TEST_UNUSED static int test_in_child(void (*fn)(void))
{
	pid_t pid = test_fork();

	if (pid == 0) {
		fn();
		_exit(0);
	}
	return test_wait(pid, 0);
}

#define CHECK_CHILD(fn) \
	do { \
		int st_ = test_in_child(fn); \
		if (st_ != 0) \
			FAIL("%s in a child: status %#x", #fn, (unsigned)st_); \
	} while (0)

#define CHECK_CHILD_KILLED(fn, sig) \
	do { \
		int st_ = test_in_child(fn); \
		if (!WIFSIGNALED(st_) || WTERMSIG(st_) != (sig)) \
			FAIL("%s: status %#x, want signal %d", #fn, (unsigned)st_, (sig)); \
	} while (0)

/* A gate: one side waits until the other has opened it (one byte per passage). */
struct gate {
	int fd[2];
};

TEST_UNUSED static void gate_init(struct gate *g)
{
	SYS(pipe(g->fd));
}

TEST_UNUSED static void gate_open(struct gate *g)
{
	ssize_t n;

	do
		n = write(g->fd[1], "g", 1);
	while (n < 0 && errno == EINTR);
	CHECK_EQ(n, 1);
}

TEST_UNUSED static void gate_wait(struct gate *g)
{
	char c;
	ssize_t n;

	do
		n = read(g->fd[0], &c, 1);
	while (n < 0 && errno == EINTR);
	CHECK_EQ(n, 1);
}

TEST_UNUSED static void on_signal(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa = {.sa_handler = fn, .sa_flags = flags};

	sigemptyset(&sa.sa_mask);
	SYS(sigaction(sig, &sa, NULL));
}

TEST_UNUSED static void on_siginfo(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = {.sa_sigaction = fn, .sa_flags = flags | SA_SIGINFO};

	sigemptyset(&sa.sa_mask);
	SYS(sigaction(sig, &sa, NULL));
}

TEST_UNUSED static sigset_t sigset_of(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	if (sig)
		sigaddset(&set, sig);
	return set;
}

TEST_UNUSED static void block_signal(int sig)
{
	sigset_t set = sigset_of(sig);

	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
}

TEST_UNUSED static void unblock_signal(int sig)
{
	sigset_t set = sigset_of(sig);

	SYS(sigprocmask(SIG_UNBLOCK, &set, NULL));
}

/* A fresh private directory; the program's own business to empty. */
TEST_UNUSED static const char *test_tmpdir(void)
{
	static char dir[64];

	strcpy(dir, "/tmp/gtest-XXXXXX");
	if (!mkdtemp(dir))
		FAIL("mkdtemp (errno %d: %s)", errno, strerror(errno));
	SYS(chmod(dir, 0755));
	return dir;
}

TEST_UNUSED static void test_write_file(const char *path, const char *text, mode_t mode)
{
	int fd = SYS(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
	size_t len = strlen(text);

	CHECK_EQ(write(fd, text, len), len);
	SYS(fchmod(fd, mode));
	SYS(close(fd));
}

TEST_UNUSED static int64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	SYS(clock_gettime(clock, &ts));
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

#endif
