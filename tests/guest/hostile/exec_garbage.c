/* exec of hundreds of mutated ELF files: an error code, a dead child or even a run, never more. */
#include "../test.h"
#include <elf.h>

static unsigned seed = 7;

static unsigned next(void)
{
	seed = seed * 1103515245 + 12345;
	return seed >> 8;
}

static char dir[64], path[128];

static void try(const char *image, size_t len)
{
	int fd = SYS(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755));

	CHECK_EQ(write(fd, image, len), len);
	SYS(close(fd));
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		/* A mutant that runs wild is ended. */
		int null = open("/dev/null", O_RDWR);

		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		setrlimit(RLIMIT_AS, &(struct rlimit){1ul << 32, 1ul << 32});
		dup2(null, 0), dup2(null, 1), dup2(null, 2);
		setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 500000}}, NULL);
		execl(path, "mutant", (char *)NULL);
		_exit(200 + (errno == 0));
	}
	int st = test_wait(pid, 0);
	CHECK(WIFEXITED(st) || WIFSIGNALED(st));
}

/* A tiny program: exit(0) by hand. */
static size_t tiny(char *buf)
{
	Elf64_Ehdr *eh = (void *)buf;
	Elf64_Phdr *ph = (void *)(buf + sizeof *eh);
	static const unsigned char code[] = {
		0xb8, 0xe7, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05, 0x0f, 0x0b};
	size_t at = sizeof *eh + 2 * sizeof *ph;

	memset(buf, 0, 4096);
	memcpy(eh->e_ident, ELFMAG "\2\1\1", 7);
	eh->e_type = ET_EXEC;
	eh->e_machine = EM_X86_64;
	eh->e_version = 1;
	eh->e_entry = 0x400000 + at;
	eh->e_phoff = sizeof *eh;
	eh->e_ehsize = sizeof *eh;
	eh->e_phentsize = sizeof *ph;
	eh->e_phnum = 2;
	ph[0] = (Elf64_Phdr){PT_LOAD, PF_R | PF_X, 0, 0x400000, 0x400000, 4096, 4096, 4096};
	ph[1] = (Elf64_Phdr){PT_LOAD, PF_R | PF_W, 0, 0x401000, 0x401000, 100, 8192, 4096};
	memcpy(buf + at, code, sizeof code);
	return 4096;
}

static void targeted(void)
{
	static char buf[4096];
	Elf64_Ehdr *eh = (void *)buf;
	Elf64_Phdr *ph = (void *)(buf + sizeof *eh);
	uint64_t values[] = {0, 1, 4095, 4096, 0xc0000, 0x7fffffffffff, 0x8000000000000000, ~0ull,
		~0ull - 4095, 0x7ffffffff000, 1ull << 40};

	for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
		for (int field = 0; field < 9; field++) {
			size_t len = tiny(buf);

			switch (field) {
			case 0:
				eh->e_entry = values[v];
				break;
			case 1:
				eh->e_phoff = values[v];
				break;
			case 2:
				eh->e_phnum = (uint16_t)values[v];
				break;
			case 3:
				eh->e_phentsize = (uint16_t)values[v];
				break;
			case 4:
				ph[0].p_vaddr = values[v];
				break;
			case 5:
				ph[1].p_memsz = values[v];
				break;
			case 6:
				ph[1].p_filesz = values[v];
				break;
			case 7:
				ph[1].p_offset = values[v];
				break;
			case 8:
				ph[0].p_align = values[v];
				ph[1].p_type = PT_INTERP;
				ph[1].p_filesz = values[v];
				break;
			}
			try(buf, len);
		}
	}
}

int main(void)
{
	static char image[65536], copy[65536];
	int fd = SYS(open("/bin/true", O_RDONLY | O_CLOEXEC));
	ssize_t len = SYS(read(fd, image, sizeof image));

	SYS(close(fd));
	strcpy(dir, test_tmpdir());
	snprintf(path, sizeof path, "%s/mutant", dir);
	tiny(copy);
	try(copy, 4096);
	targeted();
	for (int i = 0; i < 120; i++) {
		memcpy(copy, image, len);
		for (int n = 1 + next() % 6; n > 0; n--)
			copy[next() % (i % 2 ? 64 : 64 + 13 * 56)] = (char)next();
		try(copy, i % 10 == 9 ? next() % len : (size_t)len);
	}
	SYS(unlink(path));
	SYS(rmdir(dir));
	return 0;
}
