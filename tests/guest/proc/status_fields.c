/* /proc/PID/status shows ids, signal sets and limits as the calls do. */
#include "proc.h"

static void handler(int sig)
{
	(void)sig;
}

int main(void)
{
	const char *t;
	unsigned ids[4];
	sigset_t set = sigset_of(SIGUSR1);

	SYS(prctl(PR_SET_NAME, "back\\slash"));
	on_signal(SIGUSR2, handler, 0);
	signal(SIGHUP, SIG_IGN);
	SYS(sigprocmask(SIG_BLOCK, &set, NULL));
	SYS(raise(SIGUSR1));
	umask(027);
	t = read_file("/proc/self/status", NULL);
	CHECK_STR(need_value(t, "Name:"), "back\\\\slash");
	CHECK_STR(need_value(t, "Umask:"), "0027");
	CHECK_STR(need_value(t, "State:"), "R (running)");
	CHECK_EQ(atoi(need_value(t, "Tgid:")), getpid());
	CHECK_EQ(atoi(need_value(t, "Pid:")), getpid());
	CHECK_EQ(atoi(need_value(t, "PPid:")), getppid());
	CHECK_EQ(atoi(need_value(t, "TracerPid:")), 0);
	CHECK_EQ(sscanf(need_value(t, "Uid:"), "%u %u %u %u", &ids[0], &ids[1], &ids[2], &ids[3]),
		4);
	CHECK_EQ(ids[0], getuid());
	CHECK_EQ(ids[1], geteuid());
	CHECK_EQ(sscanf(need_value(t, "Gid:"), "%u %u", &ids[0], &ids[1]), 2);
	CHECK_EQ(ids[0], getgid());
	CHECK_EQ(atoi(need_value(t, "Threads:")), 1);
	CHECK(atoi(need_value(t, "FDSize:")) >= 3);
	CHECK(atoi(need_value(t, "VmSize:")) > 0);
	CHECK(atoi(need_value(t, "VmRSS:")) > 0);
	CHECK(strtoull(need_value(t, "SigCgt:"), NULL, 16) & 1ull << (SIGUSR2 - 1));
	CHECK(strtoull(need_value(t, "SigIgn:"), NULL, 16) & 1ull << (SIGHUP - 1));
	CHECK(strtoull(need_value(t, "SigBlk:"), NULL, 16) & 1ull << (SIGUSR1 - 1));
	CHECK((strtoull(need_value(t, "SigPnd:"), NULL, 16) |
		      strtoull(need_value(t, "ShdPnd:"), NULL, 16)) &
		1ull << (SIGUSR1 - 1));
	need_value(t, "SigQ:");
	CHECK_STR(need_value(t, "NoNewPrivs:"), "0");
	SYS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	t = read_file("/proc/self/status", NULL);
	CHECK_STR(need_value(t, "NoNewPrivs:"), "1");
	CHECK_EQ(strlen(need_value(t, "CapEff:")), 16);
	need_value(t, "Cpus_allowed_list:");
	need_value(t, "voluntary_ctxt_switches:");
	return 0;
}
