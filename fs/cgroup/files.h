/* The files of a control group's directory. */
#ifndef SKIFF_FS_CGROUP_FILES_H
#define SKIFF_FS_CGROUP_FILES_H

#include "fs/pseudo.h"
#include "kernel/cgroup.h"

/* The rows of every group; those that cg does not have are skipped. Their context's object is the
 * group. */
extern const struct pseudo_row cgroup_rows[];
extern const unsigned nr_cgroup_rows;
bool cgroup_has_row(const struct cgroup *cg, const struct pseudo_row *row);

#endif
