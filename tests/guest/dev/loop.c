/* run: root */
/* Loop devices: attach, transfer, limits, detach, and what sysfs and stat say meanwhile. */
#include "../test.h"

#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>

#define BLOCK 4096

static char dev[32];
static int number;

static int open_free(int flags)
{
	int ctl = open("/dev/loop-control", O_RDWR | O_CLOEXEC), fd;

	if (ctl < 0)
		SKIP("no loop devices");
	number = (int)SYS(ioctl(ctl, LOOP_CTL_GET_FREE));
	SYS(close(ctl));
	snprintf(dev, sizeof dev, "/dev/loop%d", number);
	fd = open(dev, flags | O_CLOEXEC);
	if (fd < 0)
		SKIP("%s does not open", dev);
	return fd;
}

static void check_transfer(int fd, int file)
{
	char buf[BLOCK], back[BLOCK];
	uint64_t size = 0;

	SYS(ioctl(fd, BLKGETSIZE64, &size));
	CHECK_EQ(size, 4 * BLOCK);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 4 * BLOCK);
	memset(buf, 'x', sizeof buf);
	CHECK_EQ(pwrite(fd, buf, BLOCK, BLOCK), BLOCK);
	SYS(fsync(fd));
	CHECK_EQ(pread(file, back, BLOCK, BLOCK), BLOCK);
	CHECK(!memcmp(buf, back, BLOCK));
	CHECK_EQ(pread(fd, back, BLOCK, 4 * BLOCK), 0);
	CHECK_EQ(pread(fd, back, BLOCK, 4 * BLOCK - 512), 512);
	CHECK_ERR(pwrite(fd, buf, BLOCK, 4 * BLOCK), ENOSPC);
}

/* Where O_DIRECT may begin: statx and sysfs agree. */
static void check_queue(int fd)
{
	static const char *const names[] = {"logical_block_size", "hw_sector_size"};
	struct {
		uint32_t mask, rest[63];
	} x;
	char name[64], text[32] = "";
	int block;

	SYS(ioctl(fd, BLKSSZGET, &block));
	for (int i = 0; i < 2; i++) {
		snprintf(name, sizeof name, "/sys/block/loop%d/queue/%s", number, names[i]);
		int sys = SYS(open(name, O_RDONLY));

		CHECK(read(sys, text, sizeof text - 1) > 0);
		CHECK_EQ(atoi(text), block);
		SYS(close(sys));
	}
	SYS(syscall(SYS_statx, fd, "", AT_EMPTY_PATH, 0x2000, &x)); /* STATX_DIOALIGN */
	if (x.mask & 0x2000)
		CHECK_EQ(x.rest[38], block); /* stx_dio_offset_align */
}

static void check_status(int fd, const char *path)
{
	struct loop_info64 info = {0};
	char name[64], text[256] = "";
	uint64_t size;
	int sys;

	info.lo_offset = BLOCK;
	info.lo_sizelimit = BLOCK;
	strcpy((char *)info.lo_file_name, "some name");
	SYS(ioctl(fd, LOOP_SET_STATUS64, &info));
	memset(&info, 0, sizeof info);
	SYS(ioctl(fd, LOOP_GET_STATUS64, &info));
	CHECK_EQ(info.lo_offset, BLOCK);
	CHECK_EQ(info.lo_number, number);
	CHECK_STR((char *)info.lo_file_name, "some name");
	SYS(ioctl(fd, BLKGETSIZE64, &size));
	CHECK_EQ(size, BLOCK);
	CHECK_EQ(pread(fd, text, 1, 0), 1);
	CHECK_EQ(text[0], 'x');
	snprintf(name, sizeof name, "/sys/block/loop%d/loop/backing_file", number);
	sys = SYS(open(name, O_RDONLY));
	CHECK(read(sys, text, sizeof text) > 0);
	text[strcspn(text, "\n")] = 0;
	CHECK_STR(text, path);
	SYS(close(sys));
	info.lo_offset = UINT64_MAX;
	CHECK_ERR(ioctl(fd, LOOP_SET_STATUS64, &info), EOVERFLOW);
}

int main(void)
{
	struct loop_info64 info;
	struct stat st;
	char path[512];
	int fd, file, ro, second;
	uint64_t size;

	fd = open_free(O_RDWR);
	SYS(fstat(fd, &st));
	CHECK(S_ISBLK(st.st_mode));
	CHECK_EQ(major(st.st_rdev), 7); /* by the list of assigned numbers */
	CHECK_EQ(minor(st.st_rdev), number);
	CHECK_ERR(ioctl(fd, LOOP_GET_STATUS64, &info), ENXIO);
	check_queue(fd);
	CHECK_ERR(ioctl(fd, LOOP_CLR_FD, 0), ENXIO);
	SYS(ioctl(fd, BLKGETSIZE64, &size));
	CHECK_EQ(size, 0);
	snprintf(path, sizeof path, "%s/image", test_tmpdir());
	file = SYS(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	SYS(ftruncate(file, 4 * BLOCK + 100));
	CHECK_ERR(ioctl(fd, LOOP_SET_FD, -1), EBADF);
	SYS(ioctl(fd, LOOP_SET_FD, file));
	CHECK_ERR(ioctl(fd, LOOP_SET_FD, file), EBUSY);
	check_transfer(fd, file);
	check_status(fd, path);
	/* While another has it open, letting go waits for the last close. */
	second = SYS(open(dev, O_RDONLY | O_CLOEXEC));
	SYS(ioctl(fd, LOOP_CLR_FD, 0));
	SYS(close(second));
	SYS(close(fd));
	fd = SYS(open(dev, O_RDWR | O_CLOEXEC));
	CHECK_ERR(ioctl(fd, LOOP_GET_STATUS64, &info), ENXIO);
	/* A file open for reading makes a device that cannot be written. */
	ro = SYS(open(path, O_RDONLY | O_CLOEXEC));
	SYS(ioctl(fd, LOOP_SET_FD, ro));
	CHECK_ERR(pwrite(fd, path, 512, 0), EPERM);
	SYS(ioctl(fd, LOOP_CLR_FD, 0));
	SYS(unlink(path));
	return 0;
}
