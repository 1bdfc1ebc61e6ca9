/* /proc/net/unix lists sockets with their names, types, states and inode numbers. */
#include "sock.h"

static bool find(const char *name, unsigned type, unsigned state, unsigned flags, unsigned long ino)
{
	char line[512], path[256];
	bool found = false;
	FILE *f = fopen("/proc/net/unix", "r");

	CHECK(f);
	CHECK(fgets(line, sizeof line, f));
	CHECK(!strncmp(line, "Num       RefCount Protocol Flags    Type St Inode Path", 55));
	while (fgets(line, sizeof line, f)) {
		unsigned refs, proto, fl, ty, st;
		unsigned long in;
		int n;

		path[0] = '\0';
		n = sscanf(line, "%*[0-9a-f]: %x %x %x %x %x %lu %255s", &refs, &proto, &fl, &ty,
			&st, &in, path);
		if (n < 6 || strcmp(path, name) || in != ino)
			continue;
		CHECK_EQ(ty, type);
		CHECK_EQ(st, state);
		CHECK_EQ(fl, flags);
		found = true;
	}
	fclose(f);
	return found;
}

static unsigned long ino_of(int fd)
{
	struct stat st;

	SYS(fstat(fd, &st));
	return st.st_ino;
}

int main(void)
{
	struct sockaddr_un un;
	socklen_t len;
	char name[128];
	int l = make_listener(SOCK_STREAM, "proc", 1, &un, &len), sv[2];
	unsigned long ino = ino_of(l);

	snprintf(name, sizeof name, "@%s", un.sun_path + 1);
	CHECK(find(name, SOCK_STREAM, 1, 0x10000, ino));
	make_pair(SOCK_SEQPACKET, sv);
	CHECK(find("", SOCK_SEQPACKET, 3, 0, ino_of(sv[0])));
	SYS(close(l));
	CHECK(!find(name, SOCK_STREAM, 1, 0x10000, ino));
	return 0;
}
