/* The mqueue filesystem: queues are files that can be listed, read and removed. */
/* run: root */
#include "../test.h"

#include <mqueue.h>
#include <sys/mount.h>
#include <sys/vfs.h>

int main(void)
{
	const char *dir = test_tmpdir();
	char name[64], path[160], text[128] = "";
	struct statfs sf;
	struct stat st;

	if (mount("none", dir, "mqueue", 0, NULL) < 0)
		SKIP("cannot mount an mqueue filesystem here: %s", strerror(errno));
	SYS(statfs(dir, &sf));
	CHECK_EQ(sf.f_type, 0x19800202);
	snprintf(name, sizeof name, "/gtest-fs-%d", getpid());
	snprintf(path, sizeof path, "%s%s", dir, name);
	mqd_t q = SYS(mq_open(name, O_RDWR | O_CREAT, 0640, NULL));
	SYS(stat(path, &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0640);
	CHECK_EQ(st.st_size, 80);
	SYS(mq_send(q, "hello", 5, 3));
	int fd = SYS(open(path, O_RDONLY));
	CHECK(read(fd, text, sizeof text - 1) > 0);
	CHECK(strstr(text, "QSIZE:5"));
	close(fd);
	SYS(unlink(path));
	CHECK_ERR(mq_open(name, O_RDWR), ENOENT);
	SYS(umount(dir));
	SYS(rmdir(dir));
	return 0;
}
