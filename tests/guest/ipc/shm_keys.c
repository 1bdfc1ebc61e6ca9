/* Keys, permissions, limits and the control commands of shared memory segments. */
/* run: root */
#include "../test.h"

#include <sys/shm.h>

static int id;
static key_t key;

static void stranger(void)
{
	struct shmid_ds ds;

	SYS(setgid(2345));
	SYS(setuid(2345));
	CHECK_ERR(shmget(key, 100, 0600), EACCES);
	CHECK_ERR(shmat(id, NULL, 0), EACCES);
	CHECK_ERR(shmctl(id, IPC_STAT, &ds), EACCES);
	CHECK_ERR(shmctl(id, IPC_RMID, NULL), EPERM);
	CHECK_ERR(shmctl(id, SHM_LOCK, NULL), EPERM);
}

static void one_of_group(void)
{
	void *p;

	SYS(setgid(2346));
	SYS(setuid(2345));
	p = shmat(id, NULL, SHM_RDONLY);
	CHECK(p != (void *)-1);
	CHECK_ERR(shmat(id, NULL, 0), EACCES);
}

int main(void)
{
	struct shmid_ds ds;
	struct shminfo si;
	struct shm_info usage;

	key = 0x5c1f0000 | (getpid() & 0xffff);
	CHECK_ERR(shmget(key, 100, 0600), ENOENT);
	id = SYS(shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600));
	CHECK_EQ(shmget(key, 100, 0600), id);
	CHECK_EQ(shmget(key, 0, IPC_CREAT | 0600), id);
	CHECK_ERR(shmget(key, 101, 0600), EINVAL);
	CHECK_ERR(shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	CHECK_ERR(shmget(IPC_PRIVATE, 0, IPC_CREAT | 0600), EINVAL);
	CHECK_CHILD(stranger);
	SYS(shmctl(id, IPC_STAT, &ds));
	ds.shm_perm.gid = 2346;
	ds.shm_perm.mode = 0640;
	SYS(shmctl(id, IPC_SET, &ds));
	CHECK_CHILD(one_of_group);
	SYS(shmctl(id, SHM_LOCK, NULL));
	SYS(shmctl(id, IPC_STAT, &ds));
	CHECK_EQ(ds.shm_perm.mode, 0640 | SHM_LOCKED);
	CHECK_EQ(ds.shm_perm.__key, key);
	SYS(shmctl(id, SHM_UNLOCK, NULL));
	CHECK(shmctl(0, IPC_INFO, (void *)&si) >= 0);
	CHECK_EQ(si.shmmin, 1);
	CHECK(si.shmmni >= 1 && si.shmmax >= 1 << 20);
	int max = SYS(shmctl(0, SHM_INFO, (void *)&usage));
	CHECK(usage.used_ids >= 1 && usage.shm_tot >= 1);
	bool seen = false;
	for (int i = 0; i <= max; i++)
		seen |= shmctl(i, SHM_STAT, &ds) == id;
	CHECK(seen);
	CHECK_ERR(shmctl(id, 999, &ds), EINVAL);
	CHECK_ERR(shmctl(-1, IPC_STAT, &ds), EINVAL);
	CHECK_ERR(shmctl(id, IPC_STAT, (void *)1), EFAULT);
	SYS(shmctl(id, IPC_RMID, NULL));
	CHECK_ERR(shmget(key, 100, 0600), ENOENT);
	int next = SYS(shmget(key, 100, IPC_CREAT | 0600));
	CHECK(next != id);
	SYS(shmctl(next, IPC_RMID, NULL));
	return 0;
}
