/* mounts and mountinfo name the mounts a process sees. */
#include "proc.h"

#include <mntent.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

int main(void)
{
	unsigned id, parent, major, minor, proc_seen = 0, root_seen = 0;
	char root[256], at[256], *line, *t, *save;
	struct mntent *m;
	struct statfs sf;
	struct stat st;
	FILE *f = setmntent("/proc/mounts", "r");

	CHECK(f);
	while ((m = getmntent(f))) {
		root_seen |= !strcmp(m->mnt_dir, "/");
		proc_seen |= !strcmp(m->mnt_dir, "/proc") && !strcmp(m->mnt_type, "proc");
		CHECK(hasmntopt(m, "rw") || hasmntopt(m, "ro"));
	}
	endmntent(f);
	CHECK(root_seen && proc_seen);

	SYS(stat("/proc", &st));
	proc_seen = 0;
	t = read_file("/proc/self/mountinfo", NULL);
	for (line = strtok_r(t, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		CHECK_EQ(sscanf(line, "%u %u %u:%u %255s %255s", &id, &parent, &major, &minor, root,
				 at),
			6);
		CHECK(strstr(line, " - "));
		if (strcmp(at, "/proc"))
			continue;
		proc_seen = 1;
		CHECK_EQ(makedev(major, minor), st.st_dev);
		CHECK_STR(root, "/");
		CHECK(strstr(line, " - proc "));
	}
	CHECK(proc_seen);
	SYS(statfs("/proc", &sf));
	CHECK_EQ(sf.f_type, 0x9fa0);
	return 0;
}
