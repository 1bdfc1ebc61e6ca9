/* run: guest-only */
/* No memory call changes what lies below 0x100000 (the host has no such limit), from guest code or
 * from the stub's page; to the guest nothing is mapped there, and nothing can be. */
#include "stub.h"
#include <sys/shm.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

static unsigned char before[STUB_TEXT_END - STUB_TEXT];

static void check_untouched(void)
{
	CHECK(!memcmp(before, (void *)STUB_TEXT, sizeof before));
}

/* From just below, over the whole, from inside. */
static const struct {
	unsigned long addr, len;
} ranges[] = {
	{0, LOW_END},
	{0, 0x7e0000000000},
	{0x10000, STUB_TEXT},
	{STUB_TEXT, 4096},
	{STUB_TEXT, 0x100000},
	{LOW_END - 0x1000, 4096},
	{LOW_END - 0x1000, 8192},
};

static void guest_code(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = SYS(open("/proc/self/exe", O_RDONLY));
	const int kinds[] = {MAP_FIXED, MAP_FIXED_NOREPLACE};

	CHECK(page != MAP_FAILED);
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		void *a = (void *)ranges[i].addr;
		size_t len = ranges[i].len;

		if (len < 0x1000000) {
			CHECK_EQ(munmap(a, len), 0);
			CHECK_ERR(madvise(a, len, MADV_DONTNEED), ENOMEM);
			CHECK_ERR(madvise(a, len, MADV_DONTFORK), ENOMEM);
			for (int k = 0; k < 2; k++) {
				CHECK_ERR((long)mmap(a, len, PROT_READ | PROT_WRITE,
						  MAP_PRIVATE | MAP_ANONYMOUS | kinds[k], -1, 0),
					EPERM);
				CHECK_ERR((long)mmap(
						  a, len, PROT_READ, MAP_PRIVATE | kinds[k], fd, 0),
					EPERM);
			}
			CHECK_ERR((long)mremap(page, 4096, len, MREMAP_MAYMOVE | MREMAP_FIXED, a),
				EPERM);
		}
		CHECK_ERR(mprotect(a, len, PROT_READ | PROT_WRITE | PROT_EXEC), ENOMEM);
		CHECK_ERR(syscall(SYS_pkey_mprotect, a, len, PROT_READ | PROT_WRITE, -1), ENOMEM);
		CHECK_ERR((long)mremap(a, len, len, MREMAP_MAYMOVE), EFAULT);
		CHECK_ERR((long)mremap(a, len, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, page), EFAULT);
		CHECK_ERR(syscall(SYS_remap_file_pages, a, len, 0, 0, 0), ENOSYS);
		check_untouched();
	}
	CHECK_ERR(munmap((void *)1, 4096), EINVAL);
	CHECK_ERR(munmap((void *)4096, 0), EINVAL);
	CHECK_ERR(munmap((void *)4096, -4096), EINVAL);
	CHECK_EQ(mprotect((void *)4096, 0, PROT_NONE), 0);
	CHECK_EQ(madvise((void *)4096, 0, MADV_DONTNEED), 0);
	/* A hint is only a hint. */
	char *p = mmap(
		(void *)0x50000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK((unsigned long)p >= LOW_END && p != MAP_FAILED);
	*p = 1;
	char *q = mmap((void *)0x50000, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK((unsigned long)q >= LOW_END && q != MAP_FAILED);
	char *r = (char *)syscall(
		SYS_mremap, p, 4096, 4096, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0x50000);
	CHECK((unsigned long)r >= LOW_END && r != MAP_FAILED && *r == 1);
	/* An address that does not count is not looked at. */
	r = (char *)syscall(SYS_mremap, r, 4096, 8192, MREMAP_MAYMOVE, 0x50001);
	CHECK(r != MAP_FAILED && *r == 1);
	check_untouched();
}

/* munmap across the border takes what is above it. */
static void across(void)
{
	char *p = mmap((void *)LOW_END, 8192, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	CHECK_EQ((unsigned long)p, LOW_END);
	p[4096] = 1;
	SYS(munmap((void *)0x1000, LOW_END));
	CHECK_EQ(p[4096], 1);
	CHECK_ERR(msync(p, 4096, MS_ASYNC), ENOMEM);
	CHECK_ERR(madvise((void *)0x1000, LOW_END + 4096, MADV_DONTNEED), ENOMEM);
	CHECK_EQ(p[4096], 0);
}

static void stub_code(void)
{
	long page = (long)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		unsigned long a = ranges[i].addr, len = ranges[i].len;

		CHECK_EQ(STUB(SYS_munmap, a, len, 0, 0, 0, 0), -EPERM);
		CHECK_EQ(STUB(SYS_mprotect, a, len, PROT_READ | PROT_WRITE, 0, 0, 0), -EPERM);
		CHECK_EQ(STUB(SYS_pkey_mprotect, a, len, PROT_WRITE, -1, 0, 0), -EPERM);
		CHECK_EQ(STUB(SYS_madvise, a, len, MADV_DONTNEED, 0, 0, 0), -EPERM);
		CHECK_EQ(STUB(SYS_mmap, a, len, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
				 -1, 0),
			-EPERM);
		CHECK_EQ(STUB(SYS_mremap, a, len, len, MREMAP_MAYMOVE, 0, 0), -EPERM);
		CHECK_EQ(STUB(SYS_mremap, page, 4096, len, MREMAP_MAYMOVE | MREMAP_FIXED, a, 0),
			-EPERM);
		check_untouched();
	}
}

/* The signal stack of the stub lies there too. */
static void segments(void)
{
	int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);

	SYS(id);
	CHECK((long)shmat(id, (void *)STUB_TEXT, SHM_REMAP) == -1);
	CHECK((long)shmat(id, (void *)STUB_SLOT, SHM_REMAP) == -1);
	SYS(shmctl(id, IPC_RMID, NULL));
	check_untouched();
}

int main(void)
{
	memcpy(before, (void *)STUB_TEXT, sizeof before);
	CHECK_CHILD(guest_code);
	CHECK_CHILD(across);
	CHECK_CHILD(stub_code);
	CHECK_CHILD(segments);
	guest_code();
	check_served();
	return 0;
}
