/* Core files: who gets one, WCOREDUMP and CLD_DUMPED; every thread, the siginfo and the memory are
 * in it, but for MADV_DONTDUMP; RLIMIT_CORE and PR_SET_DUMPABLE. */
/* link: pthread */
#include "../test.h"
#include <elf.h>
#include <pthread.h>
#include <sys/prctl.h>

#define THREADS 3
#define PAGE 4096

static pthread_barrier_t barrier;
static volatile long marker = 0x5ee7c0de5ee7c0de;
static char *hidden;

static void *thread(void *arg)
{
	pthread_barrier_wait(&barrier);
	pause();
	return arg;
}

static void crash(rlim_t limit, bool dumpable, int sig)
{
	struct rlimit r = {limit, limit};
	pthread_t t;

	SYS(setrlimit(RLIMIT_CORE, &r));
	SYS(prctl(PR_SET_DUMPABLE, dumpable));
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&t, NULL, thread, NULL), 0);
	pthread_barrier_wait(&barrier);
	if (sig)
		raise(sig);
	*(volatile char *)16 = 1;
}

static bool dumps(rlim_t limit, bool dumpable, int sig)
{
	pid_t pid = test_fork();
	siginfo_t info;
	int status;

	if (pid == 0) {
		crash(limit, dumpable, sig);
		_exit(1);
	}
	SYS(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	status = test_wait(pid, 0);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == (sig ? sig : SIGSEGV));
	CHECK_EQ(info.si_code, WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED);
	CHECK_EQ(access("core", F_OK), WCOREDUMP(status) ? 0 : -1);
	return WCOREDUMP(status);
}

static const char *load_core(size_t *size)
{
	int fd = SYS(open("core", O_RDONLY));
	struct stat st;
	const char *p;

	SYS(fstat(fd, &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0600);
	*size = st.st_size;
	p = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	close(fd);
	return p;
}

static void check_notes(const char *p, size_t size)
{
	int threads = 0, infos = 0, files = 0, fps = 0;

	for (const char *end = p + size; p < end;) {
		const Elf64_Nhdr *n = (const void *)p;
		const char *data = p + sizeof(*n) + ((n->n_namesz + 3) & ~3u);

		threads += n->n_type == NT_PRSTATUS;
		fps += n->n_type == NT_PRFPREG;
		files += n->n_type == 0x46494c45;
		if (n->n_type == 0x53494749) {
			const siginfo_t *si = (const void *)data;

			CHECK(si->si_signo == SIGSEGV && si->si_addr == (void *)16);
			infos++;
		}
		p = data + ((n->n_descsz + 3) & ~3u);
	}
	CHECK_EQ(threads, THREADS + 1);
	CHECK_EQ(fps, THREADS + 1);
	CHECK(infos == 1 && files == 1);
}

static void check_content(void)
{
	size_t size;
	const char *core = load_core(&size);
	const Elf64_Ehdr *eh = (const void *)core;
	const Elf64_Phdr *ph = (const void *)(core + eh->e_phoff);
	bool found = false, spared = false;

	CHECK(!memcmp(eh->e_ident, ELFMAG, SELFMAG) && eh->e_type == ET_CORE);
	CHECK_EQ(ph[0].p_type, PT_NOTE);
	check_notes(core + ph[0].p_offset, ph[0].p_filesz);
	for (int i = 1; i < eh->e_phnum; i++) {
		uintptr_t off = (uintptr_t)&marker - ph[i].p_vaddr;

		if ((uintptr_t)&marker >= ph[i].p_vaddr && off < ph[i].p_filesz)
			found = *(const long *)(core + ph[i].p_offset + off) == marker;
		if ((uintptr_t)hidden == ph[i].p_vaddr)
			spared = ph[i].p_filesz == 0 && ph[i].p_memsz == PAGE;
	}
	CHECK(found);
	CHECK(spared);
	SYS(unlink("core"));
}

int main(void)
{
	char pattern[32] = "";
	FILE *f = fopen("/proc/sys/kernel/core_pattern", "r");

	if (!f || !fgets(pattern, sizeof(pattern), f) || strcmp(pattern, "core\n") != 0)
		SKIP("core_pattern is not plain");
	SYS(chdir(test_tmpdir()));
	hidden = mmap(NULL, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(hidden != MAP_FAILED);
	hidden += PAGE;
	SYS(mprotect(hidden, PAGE, PROT_READ | PROT_WRITE));
	strcpy(hidden, "not for the core");
	SYS(madvise(hidden, PAGE, MADV_DONTDUMP));
	CHECK(dumps(RLIM_INFINITY, true, 0));
	check_content();
	CHECK(dumps(RLIM_INFINITY, true, SIGQUIT));
	SYS(unlink("core"));
	CHECK(!dumps(RLIM_INFINITY, true, SIGTERM));
	CHECK(!dumps(RLIM_INFINITY, false, 0));
	CHECK(!dumps(0, true, 0));
	CHECK(dumps(20 * PAGE, true, 0));
	SYS(unlink("core"));
	return 0;
}
