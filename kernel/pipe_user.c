/*
 * Pages of pipes per user. Each pipe is charged with its capacity to the user who made it. Who is
 * beyond the soft limit gets small pipes only, beyond the hard one none; CAP_SYS_RESOURCE and
 * CAP_SYS_ADMIN lift both. An account lives as long as a pipe refers to it. pipe(7).
 */
#include "kernel/pipe_user.h"

#include "kernel/cred.h"
#include "kernel/lib/list.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

struct pipe_user {
	struct list_head link;
	u32 uid;
	unsigned refs;
	u64 pages;
};

u32 pipe_user_pages_soft = 16384, pipe_user_pages_hard;
static struct list_head users = LIST_HEAD_INIT(users);

struct pipe_user *pipe_user_get(void)
{
	u32 uid = current ? current->cred->uid : 0;
	struct pipe_user *u;

	list_for_each_entry (u, &users, link) {
		if (u->uid == uid) {
			u->refs++;
			return u;
		}
	}
	u = calloc(1, sizeof(*u));
	if (!u)
		return NULL;
	u->uid = uid;
	u->refs = 1;
	list_add(&u->link, &users); /* whoever makes pipes makes more */
	return u;
}

void pipe_user_put(struct pipe_user *u)
{
	if (--u->refs)
		return;
	list_del(&u->link);
	free(u);
}

u64 pipe_user_charge(struct pipe_user *u, u64 old, u64 new)
{
	u->pages = u->pages - old + new;
	return u->pages;
}

static bool over(u64 pages, u32 limit)
{
	return limit && pages > limit && current && !capable(CAP_SYS_RESOURCE) &&
	       !capable(CAP_SYS_ADMIN);
}

bool pipe_user_over_soft(u64 pages)
{
	return over(pages, pipe_user_pages_soft);
}

bool pipe_user_over_hard(u64 pages)
{
	return over(pages, pipe_user_pages_hard);
}
