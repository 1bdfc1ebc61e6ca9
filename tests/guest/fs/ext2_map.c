/* run: root */
/* A mapped file on ext2: what is stored through the mapping is read(2), and is there after the file
 * system has been unmounted and mounted again; writes show in the mapping. */
#include "tests/guest/test.h"

#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

static char loop[32];

static void attach_image(void)
{
	int image = SYS(open("img", O_RDWR | O_CREAT, 0600)), control, dev;

	SYS(ftruncate(image, 4 << 20));
	if (system("PATH=$PATH:/sbin:/usr/sbin mkfs.ext2 -q -F -b 1024 img 2>/dev/null"))
		SKIP("no mkfs.ext2");
	control = open("/dev/loop-control", O_RDWR);
	if (control < 0)
		SKIP("no loop devices");
	snprintf(loop, sizeof(loop), "/dev/loop%ld", SYS(ioctl(control, LOOP_CTL_GET_FREE)));
	dev = open(loop, O_RDWR);
	if (dev < 0 || ioctl(dev, LOOP_SET_FD, image) < 0)
		SKIP("no loop device");
	close(dev);
	close(image);
	close(control);
}

static void detach_image(void)
{
	int dev = SYS(open(loop, O_RDWR));

	SYS(ioctl(dev, LOOP_CLR_FD, 0));
	close(dev);
}

static void store(void)
{
	char buf[16] = "";
	int fd = SYS(open("m/file", O_RDWR | O_CREAT, 0600));
	char *p;

	SYS(ftruncate(fd, 10000));
	p = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	strcpy(p + 5000, "stored");
	CHECK_EQ(pread(fd, buf, 7, 5000), 7);
	CHECK_STR(buf, "stored");
	CHECK_EQ(pwrite(fd, "written", 8, 100), 8);
	CHECK_STR(p + 100, "written");
	SYS(msync(p, 10000, MS_SYNC));
	strcpy(p + 9000, "later");
	SYS(munmap(p, 10000));
	close(fd);
}

static void check(void)
{
	char buf[10000];
	int fd = SYS(open("m/file", O_RDONLY));

	CHECK_EQ(read(fd, buf, sizeof(buf)), sizeof(buf));
	CHECK_STR(buf + 100, "written");
	CHECK_STR(buf + 5000, "stored");
	CHECK_STR(buf + 9000, "later");
	CHECK_EQ(buf[2000], 0);
	close(fd);
}

int main(void)
{
	SYS(chdir(test_tmpdir()));
	SYS(mkdir("m", 0755));
	attach_image();
	if (mount(loop, "m", "ext2", 0, NULL) < 0)
		SKIP("mount: %s", strerror(errno));
	store();
	SYS(umount("m"));
	SYS(mount(loop, "m", "ext2", 0, NULL));
	check();
	CHECK_ERR(mount(loop, "m", "ext2", 0, NULL), EBUSY);
	CHECK_ERR(umount2("m", MNT_EXPIRE), EAGAIN);
	SYS(umount2("m", MNT_EXPIRE));
	detach_image();
	SYS(rmdir("m"));
	SYS(unlink("img"));
	return 0;
}
