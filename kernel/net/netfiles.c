/*
 * The files by which programs find names: /etc/resolv.conf, if a link knows a name server, and
 * /etc/hosts, if a link has an address, from options or by DHCP. They replace what the root
 * directory has, also where that is a symbolic link to something the guest does not run. They are
 * written again when a lease changes them, and only then: until that a guest may change them.
 * resolv.conf(5), hosts(5).
 */
#include "kernel/net/netfiles.h"

#include "fs/namei.h"
#include "fs/seq.h"
#include "kernel/net/dhcp.h"
#include "kernel/sched.h"
#include "kernel/task.h"

static struct {
	const struct link_options *links;
	unsigned nr_links;
	const char *hostname;
	struct path root;	  /* the machine's, with a reference */
	struct seq resolv, hosts; /* as written last */
	bool active, working, again;
} files;

static void remove_file(const char *name)
{
	struct dentry *d;
	struct walk w;

	if (walk_start(&w, &files.root, name, 0) == 0 && walk_parent(&w) == 0 &&
		d_lookup(w.cur.dentry, w.last, w.last_len, &d) == 0) {
		if (d->inode)
			vfs_unlink(&w.cur, d);
		d_put(d);
	}
	walk_end(&w);
}

static void write_file(const char *name, const struct seq *text)
{
	struct file *f;

	remove_file(name);
	if (file_open(&files.root, name, O_WRONLY | O_CREAT | O_TRUNC, 0644, &f) < 0)
		return;
	file_write_kernel(f, text->buf, text->len, 0);
	file_put(f);
}

/* Takes text; writes it if it is not empty, or what was there before was not, and differs. */
static void update_file(const char *name, struct seq *last, struct seq *text)
{
	if (!text->failed && (text->len != last->len ||
				     (text->len && memcmp(text->buf, last->buf, text->len) != 0)))
		write_file(name, text);
	seq_fini(last);
	*last = *text;
}

/* ---- what is in them ---- */

static void put_server(struct seq *s, const struct ip_addr *a)
{
	char addr[IP_ADDR_STR];

	seq_printf(s, "nameserver %s\n", ip_addr_format(a, addr));
}

static void make_resolv(struct seq *s)
{
	const struct dhcp_lease *l;
	struct netdev *dev;

	for (unsigned i = 0; i < files.nr_links; i++)
		for (unsigned j = 0; j < files.links[i].nr_dns; j++)
			put_server(s, &files.links[i].dns[j]);
	netdev_for_each(dev)
	{
		l = dhcp_lease(dev);
		if (l && l->domain[0])
			seq_printf(s, "search %s\n", l->domain);
		for (unsigned j = 0; l && j < l->nr_dns; j++) {
			struct ip_addr a = ip_addr_v4(l->dns[j]);

			put_server(s, &a);
		}
	}
}

static void put_host(struct seq *s, const struct ip_addr *a)
{
	char addr[IP_ADDR_STR];

	if (!s->len)
		seq_puts(s, "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
			    "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n");
	seq_printf(s, "%s\t%s\n", ip_addr_format(a, addr), files.hostname);
}

static void make_hosts(struct seq *s)
{
	const struct dhcp_lease *l;
	struct netdev *dev;

	for (unsigned i = 0; i < files.nr_links; i++)
		for (unsigned j = 0; j < files.links[i].nr_addrs; j++)
			put_host(s, &files.links[i].addrs[j].addr);
	netdev_for_each(dev)
	{
		l = dhcp_lease(dev);
		if (l) {
			struct ip_addr a = ip_addr_v4(l->addr);

			put_host(s, &a);
		}
	}
}

/* ---- when ---- */

static void update(void)
{
	struct seq resolv = {0}, hosts = {0};

	make_resolv(&resolv);
	make_hosts(&hosts);
	update_file("/etc/resolv.conf", &files.resolv, &resolv);
	update_file("/etc/hosts", &files.hosts, &hosts);
}

static void work(void *arg)
{
	do {
		files.again = false;
		update();
	} while (files.again);
	files.working = false;
}

void netfiles_refresh(void)
{
	files.again = true;
	if (!files.active || files.working)
		return;
	files.working = sched_start_queued(NULL, work, NULL) == 0;
}

void netfiles_write(const struct link_options *links, unsigned nr_links, const char *hostname)
{
	files.links = links;
	files.nr_links = nr_links;
	files.hostname = hostname;
	files.root = current->fs->root;
	path_get(&files.root);
	files.active = true;
	update();
}
