/* Classic BPF as seccomp(2) takes it: programs over struct seccomp_data. */
#ifndef SKIFF_KERNEL_BPF_H
#define SKIFF_KERNEL_BPF_H

#include "kernel/lib/types.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

int bpf_check(const struct sock_filter *prog, unsigned len); /* 0 or -EINVAL */
/* The value a checked program returns. */
u32 bpf_run(const struct sock_filter *prog, const struct seccomp_data *data);
/* The same where only nr and arch are known: false if the result depends on anything else. */
bool bpf_run_by_number(const struct sock_filter *prog, const struct seccomp_data *data, u32 *out);

#endif
