/*
 * The bases of FS and GS of a thread in the stub, which the host's frame does not hold: fetched
 * and set by arch_prctl(2) in the thread itself.
 */
#include "skas/skas.h"

#include <asm/prctl.h>
#include <asm/unistd.h>

int guest_bases_get(struct task *t, u64 base[2])
{
	struct guest *g = t->guest;
	uaddr_t scratch = g->slot + offsetof(struct stub_slot, orders[STUB_MAX_ORDERS - 1]);
	struct guest_order o[2] = {{__NR_arch_prctl, {ARCH_GET_FS, scratch}},
		{__NR_arch_prctl, {ARCH_GET_GS, scratch + sizeof(u64)}}};
	long err = guest_orders(t, o, 2);

	if (err < 0)
		return (int)err;
	if (guest_read(t, base, scratch, 2 * sizeof(u64)) < 0)
		return -EFAULT;
	if (g->slots->fast && !g->own_gs) /* there is the door */
		base[1] = g->gs;
	return 0;
}

int guest_bases_set(struct task *t, const u64 base[2])
{
	long err = guest_order(t, __NR_arch_prctl, ARCH_SET_FS, base[0], 0, 0, 0, 0);

	if (err < 0)
		return (int)err;
	return base[1] == guest_get_gs(t) ? 0 : guest_set_gs(t, base[1]);
}
