/*
 * Hardware breakpoints of guest threads, by perf events of the host that raise SIGTRAP in the
 * thread itself. They need no privilege where perf_event_paranoid is below 3. An exec removes them.
 *
 * A confined skiff may open events with one struct only, which says breakpoint: it lies in a memfd
 * sealed against writes and a mapping sealed against everything, so that its address is all a
 * filter has to check. What such an event watches is set afterwards. perf_event_open(2), mseal(2).
 */
#include "skas/host.h"
#include "skas/skas.h"

#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MSEAL 462
#define NOEXEC_SEAL 8u /* MFD_NOEXEC_SEAL */

static const struct perf_event_attr idle = {
	.type = PERF_TYPE_BREAKPOINT,
	.size = sizeof(idle),
	.sample_period = 1,
	.disabled = 1,
	.sigtrap = 1,
	.remove_on_exec = 1,
	.exclude_kernel = 1,
	.exclude_hv = 1,
	.bp_addr = PAGE_SIZE,
	.bp_type = HW_BREAKPOINT_W,
	.bp_len = 1,
};

static const void *sealed;

static const void *map_sealed(int fd)
{
	void *p = MAP_FAILED;

	if (write(fd, &idle, sizeof(idle)) == sizeof(idle) && ftruncate(fd, PAGE_SIZE) == 0 &&
		fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) ==
			0)
		p = mmap(NULL, PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return NULL;
	if (syscall(MSEAL, p, PAGE_SIZE, 0) == 0)
		return p;
	munmap(p, PAGE_SIZE);
	return NULL;
}

void hw_break_init(void)
{
	int fd = host_has(HOST_MSEAL) ? memfd_create("skiff-breakpoint",
						MFD_CLOEXEC | MFD_ALLOW_SEALING | NOEXEC_SEAL)
				      : -1;

	if (fd < 0)
		return;
	sealed = map_sealed(fd);
	close(fd);
}

const void *hw_break_attr(void)
{
	return sealed;
}

static void close_slot(struct guest *g, unsigned slot)
{
	if (g->hw_break[slot])
		close(g->hw_break[slot] - 1);
	g->hw_break[slot] = 0;
}

void guest_hw_release(struct guest *g)
{
	for (unsigned i = 0; i < GUEST_HW_BREAKS; i++)
		close_slot(g, i);
}

int hw_break_open(pid_t tid)
{
	int fd = (int)syscall(
		SYS_perf_event_open, sealed ? sealed : &idle, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int set_event(int fd, unsigned slot, const struct guest_hw_break *b)
{
	struct perf_event_attr a = idle;

	a.disabled = 0;
	a.sig_data = slot;
	a.bp_addr = b->addr;
	a.bp_type = b->kind == GUEST_HW_EXECUTE ? HW_BREAKPOINT_X
		    : b->kind == GUEST_HW_WRITE ? HW_BREAKPOINT_W
						: HW_BREAKPOINT_RW;
	a.bp_len = b->kind == GUEST_HW_EXECUTE ? sizeof(long) : b->len;
	return ioctl(fd, PERF_EVENT_IOC_MODIFY_ATTRIBUTES, &a) < 0 ? -errno : 0;
}

int guest_hw_break(struct task *t, unsigned slot, const struct guest_hw_break *b)
{
	struct guest *g = t->guest;
	int fd, err;

	if (!g || g->proc->dead || slot >= GUEST_HW_BREAKS)
		return -ESRCH;
	close_slot(g, slot);
	if (!b)
		return 0;
	fd = host_lacks(HOST_BREAKPOINTS) ? -ENODEV : hw_break_open(g->host_tid);
	if (fd < 0)
		return fd;
	err = set_event(fd, slot, b);
	if (err < 0)
		close(fd);
	else
		g->hw_break[slot] = fd + 1;
	return err;
}
