/* shmget, shmat, shmdt: addresses, flags, sharing, counts, and what maps says. */
#include "../test.h"

#include <sys/shm.h>

static int nattch(int id)
{
	struct shmid_ds ds;

	SYS(shmctl(id, IPC_STAT, &ds));
	return (int)ds.shm_nattch;
}

static bool in_maps(const char *what)
{
	char line[512];
	bool found = false;
	FILE *f = fopen("/proc/self/maps", "r");

	CHECK(f);
	while (fgets(line, sizeof line, f))
		found |= strstr(line, what) != NULL;
	fclose(f);
	return found;
}

static void addresses(int id)
{
	char *p = shmat(id, NULL, 0), *q, *hole;

	CHECK(p != (void *)-1);
	CHECK_ERR(shmat(id, p, 0), EINVAL); /* taken */
	CHECK_ERR(shmat(id, p + 1, 0), EINVAL);
	CHECK_ERR(shmat(id, NULL, SHM_REMAP), EINVAL);
	q = shmat(id, p + 100, SHM_RND | SHM_REMAP);
	CHECK(q == p);
	CHECK_EQ(nattch(id), 1);
	hole = mmap(NULL, 8 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(hole != MAP_FAILED);
	SYS(munmap(hole, 8 * 4096));
	q = shmat(id, hole + 4096 + 5, SHM_RND);
	CHECK(q == hole + 4096);
	*p = 'x';
	CHECK_EQ(*q, 'x');
	CHECK_EQ(nattch(id), 2);
	CHECK_ERR(shmdt(q + 4096), EINVAL);
	CHECK_ERR(shmdt(q + 1), EINVAL);
	SYS(shmdt(q));
	CHECK_ERR(shmdt(q), EINVAL);
	CHECK_EQ(nattch(id), 1);
	SYS(shmdt(p));
	CHECK_EQ(nattch(id), 0);
}

static void write_it(void *p)
{
	*(volatile char *)p = 1;
}

static void read_only(int id)
{
	char *p = shmat(id, NULL, SHM_RDONLY);

	CHECK(p != (void *)-1);
	CHECK_EQ(*p, 'x');
	CHECK_ERR(mprotect(p, 4096, PROT_READ | PROT_WRITE), EACCES);
	pid_t pid = test_fork();
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		write_it(p);
		_exit(0);
	}
	CHECK_KILLED(pid, SIGSEGV);
	SYS(shmdt(p));
	p = shmat(id, NULL, SHM_EXEC);
	CHECK(p != (void *)-1);
	p[0] = (char)0xc3; /* ret */
	((void (*)(void))p)();
	p[0] = 'x';
	SYS(shmdt(p));
}

/* munmap and mprotect are counted by the mapping. */
static void by_mapping(int id)
{
	char *p = shmat(id, NULL, 0);

	CHECK(p != (void *)-1);
	SYS(mprotect(p + 4096, 4096, PROT_READ));
	CHECK_EQ(nattch(id), 3);
	SYS(shmdt(p));
	CHECK_EQ(nattch(id), 0);
	p = shmat(id, NULL, 0);
	SYS(munmap(p, 4 * 4096));
	CHECK_EQ(nattch(id), 0);
	p = shmat(id, NULL, 0);
	SYS(munmap(p, 4096)); /* the rest is still the segment's */
	CHECK_EQ(nattch(id), 1);
	SYS(shmdt(p));
	CHECK_EQ(nattch(id), 0);
}

static void processes(int id)
{
	int *p = shmat(id, NULL, 0);
	struct gate ready, done;

	gate_init(&ready);
	gate_init(&done);
	pid_t pid = test_fork();
	if (pid == 0) {
		p[3] = 77;
		gate_open(&ready);
		gate_wait(&done);
		_exit(0);
	}
	gate_wait(&ready);
	CHECK_EQ(p[3], 77);
	CHECK_EQ(nattch(id), 2);
	gate_open(&done);
	CHECK_EQ(test_wait(pid, 0), 0);
	CHECK_EQ(nattch(id), 1);
	pid = test_fork();
	if (pid == 0) {
		execl("/bin/true", "true", NULL);
		_exit(9);
	}
	CHECK_EQ(test_wait(pid, 0), 0);
	CHECK_EQ(nattch(id), 1);
	SYS(shmdt(p));
}

int main(void)
{
	int id = SYS(shmget(IPC_PRIVATE, 4 * 4096 - 10, 0600));
	struct shmid_ds ds;
	char *p;

	addresses(id);
	read_only(id);
	by_mapping(id);
	processes(id);
	SYS(shmctl(id, IPC_STAT, &ds));
	CHECK_EQ(ds.shm_segsz, 4 * 4096 - 10);
	CHECK_EQ(ds.shm_cpid, getpid());
	CHECK_EQ(ds.shm_lpid, getpid());
	CHECK(ds.shm_atime && ds.shm_dtime && ds.shm_ctime);
	CHECK_EQ(ds.shm_perm.mode & 0777, 0600);
	p = shmat(id, NULL, 0);
	CHECK(in_maps("/SYSV00000000"));
	SYS(shmctl(id, IPC_RMID, NULL));
	SYS(shmctl(id, IPC_STAT, &ds));
	CHECK_EQ(ds.shm_perm.mode & 01000, 01000); /* SHM_DEST */
	CHECK_EQ(ds.shm_nattch, 1);
	char *q = shmat(id, NULL, 0); /* still possible */
	CHECK(q != (void *)-1);
	q[5] = 42;
	CHECK_EQ(p[5], 42);
	SYS(shmdt(p));
	SYS(shmdt(q));
	CHECK_ERR(shmctl(id, IPC_STAT, &ds), EINVAL);
	CHECK_ERR(shmat(id, NULL, 0), EINVAL);
	return 0;
}
