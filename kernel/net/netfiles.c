/*
 * The files by which programs find names: /etc/resolv.conf, if a link knows a name server, and
 * /etc/hosts, if a link has an address. They replace what the root directory has, also where that
 * is a symbolic link to something the guest does not run. resolv.conf(5), hosts(5).
 */
#include "kernel/net/netfiles.h"

#include "fs/namei.h"
#include "kernel/task.h"

#include <stdio.h>

static void remove_file(const char *name)
{
	struct dentry *d;
	struct walk w;

	if (walk_start(&w, &current->fs->root, name, 0) == 0 && walk_parent(&w) == 0 &&
		d_lookup(w.cur.dentry, w.last, w.last_len, &d) == 0) {
		if (d->inode)
			vfs_unlink(&w.cur, d);
		d_put(d);
	}
	walk_end(&w);
}

static void write_file(const char *name, const char *text)
{
	struct file *f;

	remove_file(name);
	if (file_open(&current->fs->root, name, O_WRONLY | O_CREAT | O_TRUNC, 0644, &f) < 0)
		return;
	file_write_kernel(f, text, strlen(text), 0);
	file_put(f);
}

static void append(
	char *text, size_t size, const char *key, const struct ip_addr *a, const char *end)
{
	char addr[IP_ADDR_STR];
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%s%s%s\n", key, ip_addr_format(a, addr), end);
}

void netfiles_write(const struct link_options *links, unsigned nr_links, const char *hostname)
{
	char resolv[512] = "", hosts[2048], name[80];
	bool any = false;

	snprintf(hosts, sizeof(hosts),
		"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
		"ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n");
	snprintf(name, sizeof(name), "\t%s", hostname);
	for (unsigned i = 0; i < nr_links; i++) {
		const struct link_options *o = &links[i];

		for (unsigned j = 0; j < o->nr_dns; j++)
			append(resolv, sizeof(resolv), "nameserver ", &o->dns[j], "");
		for (unsigned j = 0; j < o->nr_addrs; j++) {
			append(hosts, sizeof(hosts), "", &o->addrs[j].addr, name);
			any = true;
		}
	}
	if (resolv[0])
		write_file("/etc/resolv.conf", resolv);
	if (any)
		write_file("/etc/hosts", hosts);
}
