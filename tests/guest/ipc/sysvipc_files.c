/* /proc/sysvipc lists the objects; /proc/sys/kernel has the limits. */
#include "../test.h"

#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

static bool listed(const char *file, int id)
{
	char line[512];
	int key, got;
	bool found = false;
	FILE *f = fopen(file, "r");

	CHECK(f);
	CHECK(fgets(line, sizeof line, f)); /* headings */
	CHECK(strstr(line, "key") && strstr(line, "perms"));
	while (fgets(line, sizeof line, f)) {
		CHECK_EQ(sscanf(line, "%d %d", &key, &got), 2);
		found |= got == id;
	}
	fclose(f);
	return found;
}

static long long number(const char *file)
{
	FILE *f = fopen(file, "r");
	long long v;

	CHECK(f);
	CHECK_EQ(fscanf(f, "%lld", &v), 1);
	fclose(f);
	return v;
}

int main(void)
{
	int shm = SYS(shmget(IPC_PRIVATE, 100, 0600));
	int sem = SYS(semget(IPC_PRIVATE, 1, 0600));
	int msg = SYS(msgget(IPC_PRIVATE, 0600));
	struct shminfo si;

	CHECK(listed("/proc/sysvipc/shm", shm));
	CHECK(listed("/proc/sysvipc/sem", sem));
	CHECK(listed("/proc/sysvipc/msg", msg));
	SYS(shmctl(shm, IPC_RMID, NULL));
	SYS(semctl(sem, 0, IPC_RMID));
	SYS(msgctl(msg, IPC_RMID, NULL));
	CHECK(!listed("/proc/sysvipc/shm", shm));
	CHECK(!listed("/proc/sysvipc/sem", sem));
	CHECK(!listed("/proc/sysvipc/msg", msg));
	SYS(shmctl(0, IPC_INFO, (void *)&si));
	CHECK_EQ(number("/proc/sys/kernel/shmmni"), si.shmmni);
	CHECK(number("/proc/sys/kernel/msgmax") > 0);
	CHECK(number("/proc/sys/kernel/msgmnb") > 0);
	CHECK(number("/proc/sys/kernel/msgmni") > 0);
	CHECK(number("/proc/sys/kernel/sem") > 0);
	return 0;
}
