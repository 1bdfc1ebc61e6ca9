/* run: root */
/* capget/capset: root has capabilities, dropping binds, setuid loses them, KEEPCAPS keeps
 * permitted. */
#include "../test.h"
#include <linux/capability.h>
#include <sys/prctl.h>

static struct __user_cap_header_struct hdr = {_LINUX_CAPABILITY_VERSION_3, 0};
static struct __user_cap_data_struct data[2];

static void get(void)
{
	hdr.version = _LINUX_CAPABILITY_VERSION_3;
	hdr.pid = 0;
	SYS(syscall(SYS_capget, &hdr, data));
}

static bool has(int cap, bool effective)
{
	uint32_t bit = 1u << (cap & 31);

	get();
	return (effective ? data[cap >> 5].effective : data[cap >> 5].permitted) & bit;
}

static void drop_one(void)
{
	get();
	data[0].effective &= ~(1u << CAP_SETUID);
	SYS(syscall(SYS_capset, &hdr, data));
	CHECK(!has(CAP_SETUID, true) && has(CAP_SETUID, false));
	CHECK_ERR(setresuid(1, 2, 3), EPERM);
	get();
	data[0].effective |= 1u << CAP_SETUID;
	SYS(syscall(SYS_capset, &hdr, data));
	get();
	data[0].effective &= ~(1u << CAP_SETUID);
	data[0].permitted &= ~(1u << CAP_SETUID);
	SYS(syscall(SYS_capset, &hdr, data));
	data[0].permitted |= 1u << CAP_SETUID;
	CHECK_ERR(syscall(SYS_capset, &hdr, data), EPERM);
}

static void setuid_loses(void)
{
	SYS(setresuid(1000, 1000, 1000));
	get();
	CHECK_EQ(data[0].effective | data[1].effective | data[0].permitted | data[1].permitted, 0);
}

static void euid_toggles(void)
{
	SYS(seteuid(1000));
	CHECK(!has(CAP_CHOWN, true) && has(CAP_CHOWN, false));
	SYS(seteuid(0));
	CHECK(has(CAP_CHOWN, true));
}

static void keepcaps(void)
{
	SYS(prctl(PR_SET_KEEPCAPS, 1));
	SYS(setresuid(1000, 1000, 1000));
	CHECK(!has(CAP_CHOWN, true) && has(CAP_CHOWN, false));
	get();
	data[0].effective = 1u << CAP_SETUID;
	SYS(syscall(SYS_capset, &hdr, data));
	SYS(setresuid(0, 0, 0));
}

static void bounding(void)
{
	CHECK_EQ(prctl(PR_CAPBSET_READ, CAP_SETPCAP), 1);
	SYS(prctl(PR_CAPBSET_DROP, CAP_NET_RAW));
	CHECK_EQ(prctl(PR_CAPBSET_READ, CAP_NET_RAW), 0);
	CHECK_ERR(prctl(PR_CAPBSET_READ, 64), EINVAL);
}

int main(void)
{
	CHECK(has(CAP_CHOWN, true) && has(CAP_SETUID, true));
	CHECK_CHILD(drop_one);
	CHECK_CHILD(setuid_loses);
	CHECK_CHILD(euid_toggles);
	CHECK_CHILD(keepcaps);
	CHECK_CHILD(bounding);
	hdr.version = 0x12345;
	CHECK_ERR(syscall(SYS_capget, &hdr, data), EINVAL);
	CHECK_EQ(hdr.version, _LINUX_CAPABILITY_VERSION_3);
	hdr.pid = 0x3ffffff0;
	CHECK_ERR(syscall(SYS_capget, &hdr, data), ESRCH);
	CHECK_ERR(syscall(SYS_capget, 8, data), EFAULT);
	return 0;
}
