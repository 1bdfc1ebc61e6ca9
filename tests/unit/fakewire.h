/*
 * The host's packet links for unit tests: one Ethernet, opened as "fake", whose frames the test
 * puts in and takes out by hand.
 */
#ifndef SKIFF_TESTS_FAKEWIRE_H
#define SKIFF_TESTS_FAKEWIRE_H

#include "tests/unit/fakehost.h"

#define FAKE_MAC \
	{ \
		2, 0, 0, 0, 0, 1 \
	} /* the guest's */

extern u32 fake_wire_flags; /* OS_PACKET_*, before it is opened */
extern void (*fake_wire_wait)(
	void); /* what happens during the next os_packet_wait; NULL: nothing */
extern void (*fake_pcap)(const void *data, size_t len); /* takes what os_pcap_write is given */
void fake_wire_in(const void *frame, size_t len); /* a frame arrives, and all it leads to happens */
ssize_t fake_wire_out(void *buf, size_t size);	  /* the next frame sent, -EAGAIN: none */

#endif
