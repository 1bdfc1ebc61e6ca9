/* process_vm_readv/writev between parent and child: copies, partial results, errors. */
#include "../test.h"
#include <sys/uio.h>

int main(void)
{
	static char data[64] = "original", buf[64];
	struct gate go;
	char *hole = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	SYS(munmap(hole + 4096, 4096));
	gate_init(&go);
	pid_t pid = test_fork();
	if (pid == 0) {
		gate_wait(&go);
		_exit(strcmp(data, "changed") == 0 ? 0 : 1);
	}
	struct iovec local = {buf, 9}, remote = {data, 9};
	long n = process_vm_readv(pid, &local, 1, &remote, 1, 0);
	if (n < 0 && errno == EPERM)
		SKIP("the host restricts ptrace access");
	CHECK_EQ(n, 9);
	CHECK_STR(buf, "original");
	strcpy(buf, "changed");
	local.iov_len = remote.iov_len = 8;
	CHECK_EQ(process_vm_writev(pid, &local, 1, &remote, 1, 0), 8);
	CHECK_STR(data, "original");
	remote = (struct iovec){hole + 4096, 8};
	CHECK_ERR(process_vm_readv(pid, &local, 1, &remote, 1, 0), EFAULT);
	struct iovec two[] = {{data, 8}, {hole + 4096, 8}};
	local.iov_len = 16;
	CHECK_EQ(process_vm_readv(pid, &local, 1, two, 2, 0), 8);
	CHECK_ERR(process_vm_readv(pid, &local, 1, two, 2, 1), EINVAL);
	CHECK_ERR(process_vm_readv(0x3ffffff0, &local, 1, two, 2, 0), ESRCH);
	gate_open(&go);
	CHECK_EXIT(pid, 0);
	return 0;
}
