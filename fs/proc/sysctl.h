/* Rows of /proc/sys: numbers the kernel goes by, and fixed text. */
#ifndef SKIFF_FS_PROC_SYSCTL_H
#define SKIFF_FS_PROC_SYSCTL_H

#include "fs/proc/proc.h"

extern const struct pseudo_dir proc_sys_net_dir; /* sys_net.c */

#define SYSCTL_VALUES_MAX 3u

struct sysctl {
	u32 *value;
	u32 min, max;
	unsigned nr;		       /* values, in one line */
	bool (*check)(const u32 *new); /* of several: do they fit together? NULL: always */
};
int sysctl_show(struct seq *s, const struct pseudo_ctx *c); /* arg: struct sysctl */
int sysctl_store(const struct pseudo_ctx *c, char *text, size_t len);

#define TEXT(n, value) \
	{ \
		.name = n, .mode = PROC_RO, .show = pseudo_show_text, .arg = value, .strict = true \
	}
#define FILE_RO(n, fn) \
	{ \
		.name = n, .mode = PROC_RO, .show = fn, .strict = true \
	}
#define SUBDIR(n, d) \
	{ \
		.name = n, .mode = PROC_DIR, .dir = d \
	}
#define SYSCTL(n, var, lo, hi) \
	{ \
		.name = n, .mode = PROC_RW, .show = sysctl_show, .store = sysctl_store, \
		.arg = &(const struct sysctl) \
		{ \
			&var, lo, hi, 1, NULL \
		} \
	}
#define SYSCTL_VECTOR(n, var, lo, hi, fits) \
	{ \
		.name = n, .mode = PROC_RW, .show = sysctl_show, .store = sysctl_store, \
		.arg = &(const struct sysctl) \
		{ \
			var, lo, hi, ARRAY_SIZE(var), fits \
		} \
	}

#endif
