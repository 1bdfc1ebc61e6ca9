/*
 * Keyrings: the keys linked to one, and searching through keyrings of keyrings. A link counts
 * LINK_BYTES against the ring's user. Cycles are refused when a link is made, nesting deeper than
 * DEPTH_MAX is not searched. keyrings(7).
 */
#include "kernel/keys/key.h"

#include "kernel/os.h"
#include "kernel/task.h"

#define LINK_BYTES 4
#define DEPTH_MAX 6

static size_t index_of(const struct key *ring, const struct key_type *type, const char *desc)
{
	size_t i = 0;

	while (i < ring->nr_links &&
		(ring->links[i]->type != type || strcmp(ring->links[i]->desc, desc)))
		i++;
	return i;
}

struct key *keyring_member(const struct key *ring, const struct key_type *type, const char *desc)
{
	size_t i = index_of(ring, type, desc);

	return i < ring->nr_links ? ring->links[i] : NULL;
}

static void remove_at(struct key *ring, size_t i)
{
	struct key *k = ring->links[i];

	memmove(&ring->links[i], &ring->links[i + 1],
		(ring->nr_links - i - 1) * sizeof(ring->links[0]));
	ring->nr_links--;
	key_recharge(ring, -LINK_BYTES);
	key_put(k);
}

/* Drops what has been revoked or expired for longer than key_gc_delay_s. */
static void sweep(struct key *ring)
{
	u64 now = os_clock_ns(OS_CLOCK_MONOTONIC), delay = key_gc_delay_s * NSEC_PER_SEC;

	for (size_t i = ring->nr_links; i-- > 0;) {
		const struct key *k = ring->links[i];

		if ((k->dead_ns && now - k->dead_ns > delay) ||
			(k->expires_ns && now > k->expires_ns && now - k->expires_ns > delay))
			remove_at(ring, i);
	}
}

/* ---- walking what lies below a ring: each ring once, the nearest first ---- */

struct walk {
	struct list_head queue; /* struct key.walk_link */
	u64 stamp;
};

static void walk_add(struct walk *w, struct key *k, unsigned depth)
{
	if (k->walk_stamp == w->stamp)
		return;
	k->walk_stamp = w->stamp;
	k->walk_depth = depth;
	list_add_tail(&k->walk_link, &w->queue);
}

static void walk_begin(struct walk *w, struct key *top)
{
	static u64 last_stamp;

	list_init(&w->queue);
	w->stamp = ++last_stamp;
	walk_add(w, top, 0);
}

static struct key *walk_next(struct walk *w)
{
	struct key *k;

	if (list_empty(&w->queue))
		return NULL;
	k = list_first(&w->queue, struct key, walk_link);
	list_del(&k->walk_link);
	return k;
}

static void walk_end(struct walk *w)
{
	while (walk_next(w))
		;
}

/* Queues the rings in ring that current may search, unless too deep. */
static void walk_down(struct walk *w, struct key *ring, bool possessed)
{
	for (size_t i = 0; ring->walk_depth < DEPTH_MAX && i < ring->nr_links; i++) {
		struct key *k = ring->links[i];

		if (key_is_ring(k) && key_state(k) == 0 &&
			key_permission(k, possessed, KEY_SEARCH) == 0)
			walk_add(w, k, ring->walk_depth + 1);
	}
}

/* Does k lie at or below top? */
static bool contains(struct key *top, const struct key *k)
{
	struct key *ring;
	struct walk w;

	walk_begin(&w, top);
	while ((ring = walk_next(&w)) && ring != k)
		for (size_t i = 0; i < ring->nr_links; i++)
			if (key_is_ring(ring->links[i]))
				walk_add(&w, ring->links[i], 0);
	walk_end(&w);
	return ring;
}

static int make_room(struct key *ring)
{
	size_t room = ring->room ? ring->room * 2 : 4;
	struct key **links;

	if (ring->nr_links < ring->room)
		return 0;
	links = realloc(ring->links, room * sizeof(links[0]));
	if (!links)
		return -ENOMEM;
	ring->links = links;
	ring->room = room;
	return 0;
}

int keyring_link(struct key *ring, struct key *k)
{
	size_t i;
	int ret;

	if (ring->restricted)
		return -EPERM;
	if (key_is_ring(k) && contains(k, ring))
		return -EDEADLK;
	sweep(ring);
	i = index_of(ring, k->type, k->desc);
	if (i < ring->nr_links) {
		struct key *old = ring->links[i];

		ring->links[i] = key_get(k);
		key_put(old);
		return 0;
	}
	ret = make_room(ring);
	if (ret == 0)
		ret = key_recharge(ring, LINK_BYTES);
	if (ret == 0)
		ring->links[ring->nr_links++] = key_get(k);
	return ret;
}

int keyring_unlink(struct key *ring, const struct key *k)
{
	for (size_t i = 0; i < ring->nr_links; i++)
		if (ring->links[i] == k) {
			remove_at(ring, i);
			return 0;
		}
	return -ENOENT;
}

void keyring_clear(struct key *ring)
{
	while (ring->nr_links)
		remove_at(ring, ring->nr_links - 1);
}

bool keyring_holds(struct key *top, const struct key *k)
{
	struct key *ring;
	bool found = top == k;
	struct walk w;

	if (found || key_permission(top, true, KEY_SEARCH) < 0)
		return found;
	walk_begin(&w, top);
	while (!found && (ring = walk_next(&w))) {
		for (size_t i = 0; !found && i < ring->nr_links; i++)
			found = ring->links[i] == k;
		walk_down(&w, ring, true);
	}
	walk_end(&w);
	return found;
}

static int usable(const struct key *k, bool possessed)
{
	int ret = key_state(k);

	if (ret == -ENOKEY)
		ret = -EKEYREVOKED; /* invalidated */
	if (ret == 0)
		ret = key_permission(k, possessed, KEY_SEARCH);
	return ret == 0 ? k->negative : ret;
}

int keyring_search(struct key *top, bool possessed, const struct key_type *type, const char *desc,
	struct key **out)
{
	struct key *ring, *k = NULL;
	struct walk w;
	int ret, err;

	if (!key_is_ring(top))
		return -ENOTDIR;
	ret = key_permission(top, possessed, KEY_SEARCH);
	if (ret < 0)
		return ret;
	sweep(top);
	if (type == top->type && !strcmp(desc, top->desc) && key_state(top) == 0) {
		*out = key_get(top);
		return 0;
	}
	ret = -EAGAIN;
	walk_begin(&w, top);
	while (ret && (ring = walk_next(&w))) {
		k = keyring_member(ring, type, desc);
		err = k ? usable(k, possessed) : -EAGAIN;
		if (err != -EAGAIN)
			ret = err;
		walk_down(&w, ring, possessed);
	}
	walk_end(&w);
	if (ret == 0)
		*out = key_get(k);
	return ret;
}
