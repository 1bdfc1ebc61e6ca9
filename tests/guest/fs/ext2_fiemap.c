/* run: root */
/* FS_IOC_FIEMAP on ext2: where there is data and where there are holes. */
#include "tests/guest/test.h"

#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include <linux/fiemap.h>
#include <linux/fs.h>

#define BLOCK 1024

static struct {
	struct fiemap map;
	struct fiemap_extent extents[8];
} m;

static long ask(int fd, uint64_t start, uint64_t len, uint32_t flags, uint32_t count)
{
	memset(&m, 0, sizeof m);
	m.map.fm_start = start;
	m.map.fm_length = len;
	m.map.fm_flags = flags;
	m.map.fm_extent_count = count;
	return ioctl(fd, FS_IOC_FIEMAP, &m);
}

static void check(void)
{
	char data[3 * BLOCK];
	int fd = SYS(open("m/file", O_RDWR | O_CREAT, 0600));

	memset(data, 'x', sizeof data);
	SYS(ask(fd, 0, UINT64_MAX, FIEMAP_FLAG_SYNC, 8));
	CHECK_EQ(m.map.fm_mapped_extents, 0);
	CHECK_EQ(pwrite(fd, data, sizeof data, 0), sizeof data);
	CHECK_EQ(pwrite(fd, data, BLOCK, 5 * BLOCK), BLOCK);
	CHECK_EQ(pwrite(fd, data, 10, 7 * BLOCK), 10);
	SYS(ask(fd, 0, UINT64_MAX, FIEMAP_FLAG_SYNC, 8));
	CHECK_EQ(m.map.fm_mapped_extents, 3);
	CHECK_EQ(m.extents[0].fe_logical, 0);
	CHECK_EQ(m.extents[0].fe_length, 3 * BLOCK);
	CHECK(!(m.extents[0].fe_flags & FIEMAP_EXTENT_LAST));
	CHECK_EQ(m.extents[1].fe_logical, 5 * BLOCK);
	CHECK_EQ(m.extents[1].fe_length, BLOCK);
	CHECK_EQ(m.extents[2].fe_logical, 7 * BLOCK);
	CHECK_EQ(m.extents[2].fe_length, BLOCK);
	CHECK(m.extents[2].fe_flags & FIEMAP_EXTENT_LAST);
	CHECK(m.extents[0].fe_physical && m.extents[0].fe_physical % BLOCK == 0);
	CHECK(m.extents[2].fe_physical != m.extents[1].fe_physical);
	SYS(ask(fd, 0, UINT64_MAX, 0, 0));
	CHECK_EQ(m.map.fm_mapped_extents, 3);
	SYS(ask(fd, 0, UINT64_MAX, 0, 2));
	CHECK_EQ(m.map.fm_mapped_extents, 2);
	CHECK_EQ(m.extents[1].fe_logical, 5 * BLOCK);
	CHECK(!m.extents[2].fe_length);
	SYS(ask(fd, 4 * BLOCK, 2 * BLOCK, 0, 8));
	CHECK_EQ(m.map.fm_mapped_extents, 1);
	CHECK_EQ(m.extents[0].fe_logical, 5 * BLOCK);
	CHECK_ERR(ask(fd, 0, UINT64_MAX, 1u << 30, 8), EBADR);
	CHECK_EQ(m.map.fm_flags, 1u << 30);
	CHECK_ERR(ask(fd, 0, 0, 0, 8), EINVAL);
	CHECK_ERR(ioctl(fd, FS_IOC_FIEMAP, 8), EFAULT);
	close(fd);
}

int main(void)
{
	int image = SYS(open("img", O_RDWR | O_CREAT, 0600)), control, dev;
	char loop[32];

	SYS(ftruncate(image, 4 << 20));
	if (system("PATH=$PATH:/sbin:/usr/sbin mkfs.ext2 -q -F -b 1024 img 2>/dev/null"))
		SKIP("no mkfs.ext2");
	control = open("/dev/loop-control", O_RDWR);
	if (control < 0)
		SKIP("no loop devices");
	snprintf(loop, sizeof loop, "/dev/loop%ld", SYS(ioctl(control, LOOP_CTL_GET_FREE)));
	dev = open(loop, O_RDWR);
	if (dev < 0 || ioctl(dev, LOOP_SET_FD, image) < 0)
		SKIP("no loop device");
	SYS(mkdir("m", 0755));
	if (mount(loop, "m", "ext2", 0, NULL) == 0) {
		check();
		SYS(umount("m"));
	} else {
		SYS(ioctl(dev, LOOP_CLR_FD, 0));
		SKIP("ext2 cannot be mounted");
	}
	SYS(ioctl(dev, LOOP_CLR_FD, 0));
	return 0;
}
