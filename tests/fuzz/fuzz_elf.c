/*
 * libFuzzer target: execve of a hostile file: an ELF program with an interpreter that is as
 * hostile, or a script. The input changes the bytes of valid ones. Whatever is ordered from the
 * guest must keep off the stub and inside of the address space.
 */
#include "kernel/exec.h"
#include "kernel/exit.h"
#include "kernel/os.h"
#include "kernel/signal.h"
#include "tests/fuzz/input.h"
#include "tests/unit/fakehost.h"

#include <asm/unistd.h>
#include <elf.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define FILE_MAX 1024

struct image {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[6];
	char interp[8];
	char rest[256];
};

/* ---- the guest process: orders succeed, memory is the fake host's ---- */

static void check_order(const struct guest_order *o)
{
	u64 addr = o->args[0], len = o->args[1];

	if (o->nr != __NR_mmap && o->nr != __NR_munmap && o->nr != __NR_mprotect)
		return;
	if (o->nr == __NR_mmap && !(o->args[3] & (MAP_FIXED | MAP_FIXED_NOREPLACE)))
		return; /* the host finds a place or says no */
	if (addr + len < addr || addr + len > USER_ADDR_MAX)
		abort();
	if (addr < GUEST_RESERVED_END)
		abort();
}

long guest_orders(struct task *t, const struct guest_order *o, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		check_order(&o[i]);
	if (o[0].nr != __NR_mmap)
		return 0;
	if (o[0].args[1] > 1ull << 39)
		return -ENOMEM; /* as the host says where there is no such place */
	return o[0].args[0] ? (long)o[0].args[0] : 0x7f0000000000;
}

long guest_order(struct task *t, u64 nr, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	struct guest_order o = {nr, {a0, a1, a2, a3, a4, a5}};

	return guest_orders(t, &o, 1);
}

int guest_give_fd(struct task *t, int hfd)
{
	return 0;
}

int guest_enter_stub(struct task *t)
{
	return 0;
}

int guest_exec(struct task *t, struct guest_image *img, bool verify)
{
	*img = (struct guest_image){
		.stack_top = FAKE_MEM + FAKE_MEM_SIZE - 0x20000, .vdso = 0x7fff00000000};
	return 0;
}

struct abi_sigcontext *guest_regs(struct task *t)
{
	static struct abi_sigcontext regs;

	return &regs;
}

/* ---- files ---- */

static void make_program(struct image *m, bool dyn)
{
	*m = (struct image){
		.eh = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
			.e_type = dyn ? ET_DYN : ET_EXEC,
			.e_machine = EM_X86_64,
			.e_version = EV_CURRENT,
			.e_entry = 0x400100,
			.e_phoff = offsetof(struct image, ph),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 6},
		.ph = {{.p_type = PT_PHDR},
			{.p_type = dyn ? PT_NULL : PT_INTERP,
				.p_offset = offsetof(struct image, interp),
				.p_filesz = 3},
			{.p_type = PT_LOAD,
				.p_flags = PF_R | PF_X,
				.p_vaddr = 0x400000,
				.p_filesz = sizeof(struct image),
				.p_memsz = sizeof(struct image),
				.p_align = 4096},
			{.p_type = PT_LOAD,
				.p_flags = PF_R | PF_W,
				.p_vaddr = 0x10000010,
				.p_offset = 16,
				.p_filesz = 64,
				.p_memsz = 8000,
				.p_align = 4096},
			{.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W}, {.p_type = PT_NOTE}},
		.interp = "/i",
	};
}

static void put_file(const char *path, const void *data, size_t len)
{
	long fd = CALL(open, fake_str(path), O_WRONLY | O_CREAT, 0755);

	memcpy(FAKE_PTR(0), data, len);
	if (fd < 0 || CALL(write, (u64)fd, FAKE_BUF(0), len) != (long)len)
		abort();
	CALL(close, (u64)fd);
}

/* Pairs of an offset and what its byte is changed by. */
static void change(u8 *bytes, size_t len, struct input *in, unsigned nr)
{
	while (nr-- && in->left) {
		unsigned at = input_u16(in);
		unsigned n = 1u << (at >> 14 & 3);

		for (at &= 0x3fff; n--; at++)
			bytes[at % len] ^= input_u8(in);
	}
}

static void put_files(struct input *in)
{
	u8 kind = input_u8(in);
	char script[FILE_MAX] = "#!";
	struct image m;
	size_t len;

	make_program(&m, true);
	change((u8 *)&m, sizeof(m), in, kind >> 4);
	put_file("/i", &m, sizeof(m));
	if (kind & 1) {
		len = 2 + input_bytes(in, script + 2, FILE_MAX - 2);
		put_file("/x", script, len);
		return;
	}
	make_program(&m, kind & 2);
	change((u8 *)&m, sizeof(m), in, 64);
	put_file("/x", &m, sizeof(m));
}

static void exec(void *arg)
{
	u64 argv[3] = {fake_str("x"), fake_str("argument"), 0};

	memcpy(FAKE_PTR(1), argv, sizeof(argv));
	CALL(execve, fake_str("/x"), FAKE_BUF(1), FAKE_BUF(1) + 8);
}

static void end_task(void *arg)
{
	group_exit(current->tg, 0);
	task_exit(current);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = {data, size};
	struct task *init = fake_task_create(), *t = fake_task_create_peer(init);

	init_tg = init->tg;
	init->sighand->action[SIGCHLD - 1].handler = (uaddr_t)(uintptr_t)SIG_IGN;
	t->mm = mm_create();
	current = t;
	put_files(&in);
	fake_run(t, exec, NULL);
	fake_run(t, end_task, NULL);
	fake_task_destroy(init);
	fake_fini();
	return 0;
}
