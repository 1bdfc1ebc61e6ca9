/* What uname(2), /proc/version and friends say this kernel is. */
#ifndef SKIFF_KERNEL_VERSION_H
#define SKIFF_KERNEL_VERSION_H

#define SKIFF_VERSION "0.1"
#define SKIFF_UTS_SYSNAME "Linux"
#define SKIFF_UTS_RELEASE "6.12.0-skiff"
#define SKIFF_UTS_VERSION "#1 SMP PREEMPT_DYNAMIC skiff"
#define SKIFF_UTS_MACHINE "x86_64"

#endif
