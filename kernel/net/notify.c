/* Listeners to changes of the network's configuration; see notify.h. */
#include "kernel/net/notify.h"

static struct list_head listeners = LIST_HEAD_INIT(listeners);

void net_listen(struct net_listener *l)
{
	list_add_tail(&l->link, &listeners);
}

void net_unlisten(struct net_listener *l)
{
	list_del(&l->link);
}

void net_notify(enum net_event ev, const void *obj)
{
	struct net_listener *l, *tmp;

	list_for_each_entry_safe (l, tmp, &listeners, link)
		l->fn(l, ev, obj);
}
