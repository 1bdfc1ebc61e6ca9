/*
 * /proc/PID/net: tables of the network, one file per protocol the kernel has. proc(5).
 */
#include "fs/proc/proc.h"
#include "kernel/net/unix.h"

static int unix_row(const struct unix_info *info, void *arg)
{
	struct seq *s = arg;
	char line[512];
	int n = unix_info_format(info, line, sizeof(line));

	if (n > 0) {
		seq_write(s, line, MIN((size_t)n, sizeof(line) - 1));
		seq_putc(s, '\n');
	}
	return s->failed ? -ENOMEM : 0;
}

static int show_unix(struct seq *s, const struct pseudo_ctx *c)
{
	int ret = unix_row(NULL, s);

	return ret < 0 ? ret : unix_for_each(unix_row, s);
}

static const struct pseudo_row net_rows[] = {
	{.name = "unix", .mode = PROC_RO, .show = show_unix},
};

const struct pseudo_dir proc_net_dir = {PSEUDO_DIR(net_rows)};
