/* Shared by the seccomp tests: small filters. */
#ifndef TESTS_GUEST_SECCOMP_FILTER_H
#define TESTS_GUEST_SECCOMP_FILTER_H

#include "../test.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RET(v) BPF_STMT(BPF_RET | BPF_K, (v))
#define IF_EQ(v) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (v), 0, 1)

TEST_UNUSED static long install(struct sock_filter *code, unsigned short len, unsigned flags)
{
	struct sock_fprog prog = {len, code};

	SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

/* One call gets an action, all others pass. */
TEST_UNUSED static void install_for(int nr, unsigned action)
{
	struct sock_filter code[] = {
		LOAD(nr), IF_EQ((unsigned)nr), RET(action), RET(SECCOMP_RET_ALLOW)};

	SYS(install(code, 4, 0));
}

#endif
