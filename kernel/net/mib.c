/* The counters behind /proc/net/snmp and its relatives. */
#include "kernel/net/ip.h"

u64 mib_count[MIB_COUNT];

const char *const mib_name[MIB_COUNT] = {
#define MIB(name) #name,
#include "kernel/net/mib_table.h"
#undef MIB
};
