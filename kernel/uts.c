/*
 * Host and domain name of the machine. Set by the command line, sethostname(2) and
 * setdomainname(2), and the files of /proc/sys/kernel. uname(2).
 */
#include "kernel/uts.h"

char uts_nodename[UTS_LEN + 1] = "skiff";
char uts_domainname[UTS_LEN + 1] = "(none)";

int uts_set(char name[UTS_LEN + 1], const char *text, size_t len)
{
	if (len > UTS_LEN)
		return -EINVAL;
	memmove(name, text, len);
	memset(name + len, 0, UTS_LEN + 1 - len);
	return 0;
}
