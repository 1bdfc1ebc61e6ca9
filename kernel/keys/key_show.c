/* The text of /proc/keys (those current may view) and /proc/key-users. keyrings(7). */
#include "fs/seq.h"
#include "kernel/keys/key.h"
#include "kernel/os.h"
#include "kernel/user_ns.h"

#include <stdio.h>

static void timeout_text(const struct key *k, char *buf, size_t size)
{
	static const struct {
		u64 seconds;
		char letter;
	} units[] = {{604800, 'w'}, {86400, 'd'}, {3600, 'h'}, {60, 'm'}};
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC), left;

	if (!k->expires_ns || k->expires_ns <= now) {
		snprintf(buf, size, k->expires_ns ? "expd" : "perm");
		return;
	}
	left = (k->expires_ns - now) / NSEC_PER_SEC;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (left >= units[i].seconds) {
			snprintf(buf, size, "%llu%c", (unsigned long long)(left / units[i].seconds),
				units[i].letter);
			return;
		}
	snprintf(buf, size, "%llus", (unsigned long long)left);
}

static void show_content(struct seq *s, const struct key *k)
{
	seq_escape(s, k->desc, "\n\\");
	if (k->negative)
		return;
	if (key_is_ring(k) && k->nr_links)
		seq_printf(s, ": %zu", k->nr_links);
	else if (key_is_ring(k))
		seq_puts(s, ": empty");
	else
		seq_printf(s, ": %zu%s", k->len, k->type->quota_bytes ? " [buff]" : "");
}

int key_show_all(struct seq *s, const struct pseudo_ctx *c)
{
	struct key *k;
	char timeout[24];

	list_for_each_entry (k, &key_all, all) {
		struct key_ref r;

		if (key_lookup(k->serial, KEY_LOOKUP_DEAD, KEY_VIEW, &r) < 0)
			continue;
		key_put(r.key);
		timeout_text(k, timeout, sizeof(timeout));
		seq_printf(s, "%08x I%c%c%c%c%c%c %5u %4s %08x %5d %5d %-9.9s ", (u32)k->serial,
			k->dead_ns ? 'R' : '-', '-', k->in_quota ? 'Q' : '-', '-',
			k->negative ? 'N' : '-', k->invalidated ? 'i' : '-', k->refs, timeout,
			k->perm, (int)uid_out(k->uid), (int)gid_out(k->gid), k->type->name);
		show_content(s, k);
		seq_putc(s, '\n');
	}
	return 0;
}

int key_show_users(struct seq *s, const struct pseudo_ctx *c)
{
	const struct key_user *u;

	list_for_each_entry (u, &key_users, link)
		if (id_map_out(&current_user_ns()->uids, u->uid) != ID_INVALID)
			seq_printf(s, "%5u: %5u %u/%u %u/%u %u/%u\n", uid_out(u->uid), u->refs,
				u->refs, u->refs, u->nr_keys, key_user_max(u), u->nr_bytes,
				key_user_max_bytes(u));
	return 0;
}
