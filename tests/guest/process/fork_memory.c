/* fork copies memory: data, heap, stack, mmap; neither side sees the other's later writes. */
#include "../test.h"

static int data = 1;
static int bss;

int main(void)
{
	struct gate to_child, to_parent;
	int stack = 2, *heap = malloc(sizeof *heap);
	char *map = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(heap && map != MAP_FAILED);
	*heap = 3;
	for (int i = 0; i < 256; i++)
		map[i * 4096] = (char)i;
	gate_init(&to_child);
	gate_init(&to_parent);
	pid_t pid = test_fork();
	if (pid == 0) {
		data = 10, bss = 20, stack = 30, *heap = 40;
		for (int i = 0; i < 256; i += 2)
			map[i * 4096] = 99;
		gate_open(&to_parent);
		gate_wait(&to_child);
		for (int i = 0; i < 256; i++)
			CHECK_EQ((unsigned char)map[i * 4096], i % 2 ? i : 99);
		CHECK(data == 10 && bss == 20 && stack == 30 && *heap == 40);
		_exit(0);
	}
	gate_wait(&to_parent);
	CHECK(data == 1 && bss == 0 && stack == 2 && *heap == 3);
	for (int i = 0; i < 256; i++) {
		CHECK_EQ((unsigned char)map[i * 4096], i);
		map[i * 4096] = 7;
	}
	data = bss = stack = *heap = 7;
	gate_open(&to_child);
	CHECK_EXIT(pid, 0);
	return 0;
}
