/* run: guest-only */
/* link: pthread */
/* A thread execs while another closes the descriptor of its new image the moment it is there, and
 * has a file of its own handed over under the same number, never to be closed: that file is a
 * program for the host to execute in the stub's place. Either the program runs that was asked for,
 * or the process dies. */
#include "stub.h"
#include <elf.h>
#include <pthread.h>
#include <stdatomic.h>

#define SLOT_SIZE 0x4000ul
#define FOREIGN 42

static int file;
static atomic_int ready;
static char area[2 * SLOT_SIZE];

/* Ends with FOREIGN by a call that the filter lets this page make. */
static void write_image(const char *path)
{
	static const unsigned char code[] = {
		0xbf, FOREIGN, 0, 0, 0, 0xb8, SYS_exit_group, 0, 0, 0, 0x0f, 0x05};
	struct {
		Elf64_Ehdr eh;
		Elf64_Phdr ph;
		unsigned char code[sizeof code];
	} image = {
		.eh = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
			.e_type = ET_EXEC,
			.e_machine = EM_X86_64,
			.e_version = EV_CURRENT,
			.e_entry = STUB_TEXT + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr),
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 1},
		.ph = {.p_type = PT_LOAD,
			.p_flags = PF_R | PF_X,
			.p_vaddr = STUB_TEXT,
			.p_filesz = sizeof image,
			.p_memsz = sizeof image,
			.p_align = 4096},
	};
	int fd = SYS(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755));

	memcpy(image.code, code, sizeof code);
	CHECK_EQ(write(fd, &image, sizeof image), sizeof image);
	SYS(close(fd));
	file = SYS(open(path, O_RDONLY));
}

/* From now on whatever is ordered from this thread is something harmless. */
static void disobey(void)
{
	stack_t ss = {.ss_sp = area + SLOT_SIZE - ((unsigned long)area & (SLOT_SIZE - 1)),
		.ss_size = SLOT_SIZE};
	long *order = ss.ss_sp;

	for (int i = 0; i < 16; i++)
		order[7 * i] = SYS_sched_yield;
	CHECK_EQ(STUB(SYS_sigaltstack, &ss, 0, 0, 0, 0, 0), 0);
}

static void *swap(void *arg)
{
	unsigned long site = stub_site();

	disobey();
	ready = 1;
	while (call_at(site, SYS_close, 0, 0, 0, 0, 0, 0) != 0)
		;
	mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0);
	for (;;)
		;
	return arg;
}

static void race(const char *self)
{
	pthread_t t;

	setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {1, 0}}, NULL);
	CHECK_EQ(pthread_create(&t, NULL, swap, NULL), 0);
	while (!ready)
		;
	execl(self, self, "image", (char *)NULL);
	_exit(8);
}

int main(int argc, char **argv)
{
	char path[96];

	if (argc == 2)
		_exit(strcmp(argv[1], "image") ? 9 : 7);
	SYS(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
	snprintf(path, sizeof path, "%s/image", test_tmpdir());
	write_image(path);
	for (int i = 0; i < 60; i++) {
		pid_t pid = test_fork();

		if (pid == 0)
			race(argv[0]);
		int st = test_wait(pid, 0);
		if (!WIFEXITED(st) || WEXITSTATUS(st) != 7)
			FAIL("round %d: status %#x%s", i, (unsigned)st,
				WIFEXITED(st) && WEXITSTATUS(st) == FOREIGN ? ", the other file"
									    : "");
	}
	SYS(unlink(path));
	check_served();
	return 0;
}
