/*
 * Names for addresses of skiff's own code, for dumps: from the symbol table of the executable, read
 * at the first use. elf(5).
 */
#include "kernel/os.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const Elf64_Sym *symbols;
static const char *names;
static size_t nr_symbols;

static const void *map_self(size_t *len)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p = MAP_FAILED;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && st.st_size > (off_t)sizeof(Elf64_Ehdr))
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	*len = (size_t)st.st_size;
	return p == MAP_FAILED ? NULL : p;
}

static void load(void)
{
	static bool tried;
	const Elf64_Shdr *sh;
	const Elf64_Ehdr *eh;
	size_t len;

	if (tried)
		return;
	tried = true;
	eh = map_self(&len);
	if (!eh || eh->e_shoff > len || (len - eh->e_shoff) / sizeof(*sh) < eh->e_shnum)
		return;
	sh = (const Elf64_Shdr *)((const char *)eh + eh->e_shoff);
	for (unsigned i = 0; i < eh->e_shnum; i++) {
		if (sh[i].sh_type != SHT_SYMTAB || sh[i].sh_link >= eh->e_shnum)
			continue;
		symbols = (const Elf64_Sym *)((const char *)eh + sh[i].sh_offset);
		nr_symbols = sh[i].sh_size / sizeof(*symbols);
		names = (const char *)eh + sh[sh[i].sh_link].sh_offset;
	}
}

void os_symbol(uintptr_t pc, char *buf, size_t size)
{
	load();
	for (size_t i = 0; i < nr_symbols; i++) {
		const Elf64_Sym *s = &symbols[i];

		if (ELF64_ST_TYPE(s->st_info) != STT_FUNC || pc < s->st_value ||
			pc - s->st_value >= s->st_size)
			continue;
		snprintf(buf, size, "%s+%#lx", names + s->st_name, pc - s->st_value);
		return;
	}
	snprintf(buf, size, "%#lx", pc);
}
