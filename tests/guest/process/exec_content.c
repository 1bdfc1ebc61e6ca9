/* execve hands over argv, envp and a complete auxiliary vector; the program re-executes itself. */
#include "../test.h"
#include <elf.h>
#include <sys/auxv.h>

extern char **environ;

static void check_auxv(void)
{
	const unsigned char *random = (void *)getauxval(AT_RANDOM);
	const Elf64_Ehdr *vdso = (void *)getauxval(AT_SYSINFO_EHDR);
	int sum = 0;

	CHECK_EQ(getauxval(AT_PAGESZ), 4096);
	CHECK_EQ(getauxval(AT_UID), getuid());
	CHECK_EQ(getauxval(AT_EUID), geteuid());
	CHECK_EQ(getauxval(AT_GID), getgid());
	CHECK_EQ(getauxval(AT_EGID), getegid());
	CHECK_EQ(getauxval(AT_SECURE), 0);
	CHECK_EQ(getauxval(AT_CLKTCK), sysconf(_SC_CLK_TCK));
	CHECK_EQ(getauxval(AT_PHENT), sizeof(Elf64_Phdr));
	CHECK(getauxval(AT_PHNUM) > 0 && getauxval(AT_PHDR) != 0);
	CHECK(getauxval(AT_ENTRY) != 0);
	CHECK_STR((char *)getauxval(AT_PLATFORM), "x86_64");
	CHECK_STR((char *)getauxval(AT_EXECFN), "/proc/self/exe");
	CHECK(random != NULL);
	for (int i = 0; i < 16; i++)
		sum |= random[i];
	CHECK(sum != 0);
	if (vdso)
		CHECK_EQ(memcmp(vdso->e_ident, ELFMAG, SELFMAG), 0);
	const Elf64_Phdr *ph = (void *)getauxval(AT_PHDR);
	CHECK(ph[0].p_type == PT_PHDR || ph[0].p_type == PT_LOAD || ph[0].p_type == PT_NOTE);
}

int main(int argc, char **argv)
{
	char *args[] = {"odd name", "execed", "", "two words", "\xff\x01\n", NULL};
	char *env[] = {"A=1", "EMPTY=", "NOEQUALS", "PATH=/x", NULL};

	if (argc > 1 && strcmp(argv[1], "execed") == 0) {
		CHECK_EQ(argc, 5);
		for (int i = 0; i <= 5; i++)
			CHECK(args[i] ? strcmp(argv[i], args[i]) == 0 : argv[i] == NULL);
		for (int i = 0; i <= 4; i++)
			CHECK(env[i] ? strcmp(environ[i], env[i]) == 0 : environ[i] == NULL);
		check_auxv();
		return 0;
	}
	pid_t pid = test_fork();
	if (pid == 0) {
		execve("/proc/self/exe", args, env);
		FAIL("execve (errno %d)", errno);
	}
	CHECK_EXIT(pid, 0);
	return 0;
}
