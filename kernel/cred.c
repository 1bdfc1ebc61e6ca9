/*
 * Credentials: reference counting and questions. sys_cred.c changes them. credentials(7),
 * capabilities(7). A struct cred with more than one reference is never written.
 */
#include "kernel/cred.h"

#include "kernel/task.h"
#include "kernel/user_ns.h"

struct cred *cred_root(void)
{
	struct cred *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->refs = 1;
	c->cap_effective = c->cap_permitted = c->cap_bounding = CAP_FULL;
	return c;
}

struct cred *cred_copy(const struct cred *from)
{
	struct cred *c = malloc(sizeof(*c));

	if (!c)
		return NULL;
	*c = *from;
	c->refs = 1;
	c->groups = NULL;
	if (c->user_ns)
		ns_get(&c->user_ns->ns);
	if (!from->nr_groups)
		return c;
	c->groups = malloc(from->nr_groups * sizeof(u32));
	if (!c->groups) {
		cred_put(c);
		return NULL;
	}
	memcpy(c->groups, from->groups, from->nr_groups * sizeof(u32));
	return c;
}

struct cred *cred_get(struct cred *c)
{
	c->refs++;
	return c;
}

void cred_put(struct cred *c)
{
	if (!c || --c->refs)
		return;
	if (c->user_ns)
		ns_put(&c->user_ns->ns);
	free(c->groups);
	free(c);
}

bool cred_in_group(const struct cred *c, u32 gid)
{
	unsigned lo = 0, hi = c->nr_groups;

	if (c->fsgid == gid)
		return true;
	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (c->groups[mid] == gid)
			return true;
		if (c->groups[mid] < gid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}
