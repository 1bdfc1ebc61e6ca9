/*
 * fsopen(2), fsconfig(2), fspick(2), fsmount(2): a filesystem configured step by step. The context
 * is an open file; its parameters are gathered as the text that mount(2) takes, and the filesystem
 * judges them when it is created. Parameters of a reconfiguration other than ro and rw are taken
 * note of by nobody, as with mount -o remount.
 */
#include "fs/fdtable.h"
#include "fs/mnt_ns.h"
#include "kernel/cred.h"
#include "kernel/sys_mount.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/user_ns.h"

#include <stdio.h>

#define FSOPEN_CLOEXEC_ 1u
#define FSMOUNT_CLOEXEC_ 1u
#define FSPICK_CLOEXEC_ 1u
#define FSPICK_NOFOLLOW 2u
#define FSPICK_NO_AUTOMOUNT_ 4u
#define FSPICK_EMPTY 8u
#define KEY_MAX 256u
#define BINARY_MAX (1024 * 1024)

enum fsconfig_cmd {
	CFG_SET_FLAG,
	CFG_SET_STRING,
	CFG_SET_BINARY,
	CFG_SET_PATH,
	CFG_SET_PATH_EMPTY,
	CFG_SET_FD,
	CFG_CREATE,
	CFG_RECONFIGURE,
	CFG_CREATE_EXCL,
};

enum phase {
	CTX_PARAMS,	 /* of fsopen: takes parameters, then creates */
	CTX_CREATED,	 /* sb is there: fsmount */
	CTX_RECONFIGURE, /* of fspick, or mounted: sb may be changed */
	CTX_FAILED,	 /* not to be used any more */
};

struct fs_context {
	enum phase phase;
	const struct fs_type *type;
	struct super *sb; /* a reference, from CTX_CREATED on */
	char *source;	  /* NULL until given */
	bool readonly;
	size_t len; /* of options */
	char options[PAGE_SIZE];
};

static void context_release(struct file *f)
{
	struct fs_context *c = f->priv;

	if (c->sb)
		super_put(c->sb);
	free(c->source);
	free(c);
}

/* No filesystem leaves messages here. */
static ssize_t context_read(struct file *f, struct uio *to, u64 *pos)
{
	return -ENODATA;
}

static const struct file_ops context_fops = {
	.release = context_release,
	.read = context_read,
	.stream = true,
};

static int context_install(struct fs_context *c, bool cloexec)
{
	struct file *f;
	int ret = file_anon("anon_inode:[fscontext]", &context_fops, c, O_RDWR, 0600, &f);

	if (ret < 0) {
		if (c->sb)
			super_put(c->sb);
		free(c);
		return ret;
	}
	ret = fd_install(f, 0, cloexec);
	if (ret < 0)
		file_put(f);
	return ret;
}

SYSCALL_DEFINE2(fsopen, uaddr_t, uname, u32, flags)
{
	const struct fs_type *type;
	struct fs_context *c;
	char *name;
	int ret;

	if (!may_mount())
		return -EPERM;
	if (flags & ~FSOPEN_CLOEXEC_)
		return -EINVAL;
	ret = getname(uname, &name);
	if (ret < 0)
		return ret;
	type = fs_find(name);
	free(name);
	if (!type)
		return -ENODEV;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->type = type;
	return context_install(c, flags & FSOPEN_CLOEXEC_);
}

SYSCALL_DEFINE3(fspick, int, dfd, uaddr_t, name, u32, flags)
{
	u32 lookup = flags & FSPICK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct fs_context *c;
	struct path p;
	int ret;

	if (!may_mount())
		return -EPERM;
	if (flags & ~(FSPICK_CLOEXEC_ | FSPICK_NOFOLLOW | FSPICK_NO_AUTOMOUNT_ | FSPICK_EMPTY))
		return -EINVAL;
	if (flags & FSPICK_EMPTY)
		lookup |= LOOKUP_EMPTY;
	ret = path_lookup_user(dfd, name, lookup, &p);
	if (ret < 0)
		return ret;
	c = p.dentry == p.mnt->root ? calloc(1, sizeof(*c)) : NULL;
	ret = p.dentry == p.mnt->root ? -ENOMEM : -EINVAL;
	if (c) {
		c->phase = CTX_RECONFIGURE;
		c->sb = p.mnt->sb;
		c->sb->refs++;
		c->type = c->sb->type;
		c->readonly = c->sb->readonly;
		ret = context_install(c, flags & FSPICK_CLOEXEC_);
	}
	path_put(&p);
	return ret;
}

/* ---- parameters ---- */

/* What every filesystem knows: true if key is such a flag. */
static bool set_common(struct fs_context *c, const char *key)
{
	static const char *const no_matter[] = {
		"async", "dirsync", "lazytime", "mand", "nolazytime", "nomand", "sync"};

	for (size_t i = 0; i < ARRAY_SIZE(no_matter); i++)
		if (!strcmp(key, no_matter[i]))
			return true;
	if (!strcmp(key, "ro"))
		c->readonly = true;
	else if (!strcmp(key, "rw"))
		c->readonly = false;
	else
		return false;
	return true;
}

static int set_source(struct fs_context *c, char **value)
{
	if (c->source || !*value)
		return -EINVAL;
	c->source = *value;
	*value = NULL;
	return 0;
}

static int set_option(struct fs_context *c, const char *key, const char *value)
{
	size_t need = strlen(key) + (value ? strlen(value) + 1 : 0) + 1;

	if (!*key || strchr(key, ',') || (value && strchr(value, ',')))
		return -EINVAL;
	if (c->len + need >= sizeof(c->options))
		return -EINVAL;
	c->len += (size_t)snprintf(c->options + c->len, sizeof(c->options) - c->len, "%s%s%s%s",
		c->len ? "," : "", key, value ? "=" : "", value ? value : "");
	return 0;
}

/* value: of a string, malloc'ed, NULL for a flag; taken over if *value becomes NULL. */
static int set_param(struct fs_context *c, u32 cmd, const char *key, char **value)
{
	if (c->phase != CTX_PARAMS && c->phase != CTX_RECONFIGURE)
		return -EBUSY;
	if (set_common(c, key))
		return 0;
	if (cmd != CFG_SET_FLAG && cmd != CFG_SET_STRING)
		return -EINVAL; /* no filesystem here has such a parameter */
	if (!strcmp(key, "source"))
		return set_source(c, value);
	return set_option(c, key, *value);
}

/* ---- commands ---- */

static int create(struct fs_context *c)
{
	u32 flags = 0;
	int ret;

	if (c->phase != CTX_PARAMS)
		return -EBUSY;
	ret = mount_type_allowed(c->type, &flags);
	if (ret < 0)
		return ret;
	c->phase = CTX_FAILED;
	ret = c->type->mount(c->type, c->source, c->len ? c->options : NULL, &c->sb);
	if (ret < 0)
		return ret;
	if (c->source && !c->sb->source[0])
		snprintf(c->sb->source, sizeof(c->sb->source), "%s", c->source);
	if (c->sb->refs == 1) {
		c->sb->readonly |= c->readonly;
		c->sb->user_mounted = mnt_ns_current()->ns.owner != &init_user_ns;
	}
	c->phase = CTX_CREATED;
	return 0;
}

/* A super block found in use is no new one. */
static int create_new(struct fs_context *c)
{
	int ret = create(c);

	if (ret < 0 || c->sb->refs == 1)
		return ret;
	super_put(c->sb);
	c->sb = NULL;
	c->phase = CTX_FAILED;
	return -EBUSY;
}

static int reconfigure(struct fs_context *c)
{
	int ret;

	if (c->phase != CTX_RECONFIGURE)
		return -EBUSY;
	if (!may_change_super(c->sb))
		return -EPERM;
	ret = super_set_readonly(c->sb, c->readonly);
	if (ret < 0)
		c->phase = CTX_FAILED;
	c->len = 0;
	return ret;
}

static int check_arguments(u32 cmd, uaddr_t key, uaddr_t value, int aux)
{
	switch (cmd) {
	case CFG_SET_FLAG:
		return key && !value && !aux ? 0 : -EINVAL;
	case CFG_SET_STRING:
		return key && value && !aux ? 0 : -EINVAL;
	case CFG_SET_BINARY:
		return key && value && aux > 0 && aux <= BINARY_MAX ? 0 : -EINVAL;
	case CFG_SET_PATH:
	case CFG_SET_PATH_EMPTY:
		return key && value && (aux == AT_FDCWD || aux >= 0) ? 0 : -EINVAL;
	case CFG_SET_FD:
		return key && !value && aux >= 0 ? 0 : -EINVAL;
	case CFG_CREATE:
	case CFG_RECONFIGURE:
	case CFG_CREATE_EXCL:
		return !key && !value && !aux ? 0 : -EINVAL;
	default:
		return -EOPNOTSUPP;
	}
}

static int copy_and_set(struct fs_context *c, u32 cmd, uaddr_t ukey, uaddr_t uvalue)
{
	char key[KEY_MAX], *value = NULL;
	ssize_t n = strncpy_from_user(key, ukey, sizeof(key));
	int ret;

	if (n < 0)
		return n == -ENAMETOOLONG ? -EINVAL : (int)n;
	if (cmd == CFG_SET_STRING || cmd == CFG_SET_PATH) {
		ret = getname(uvalue, &value);
		if (ret < 0)
			return ret == -ENAMETOOLONG ? -EINVAL : ret;
	}
	ret = set_param(c, cmd, key, &value);
	free(value);
	return ret;
}

static int configure(struct fs_context *c, u32 cmd, uaddr_t key, uaddr_t value)
{
	switch (cmd) {
	case CFG_CREATE:
		return create(c);
	case CFG_CREATE_EXCL:
		return create_new(c);
	case CFG_RECONFIGURE:
		return reconfigure(c);
	default:
		return copy_and_set(c, cmd, key, value);
	}
}

SYSCALL_DEFINE5(fsconfig, int, fd, u32, cmd, uaddr_t, key, uaddr_t, value, int, aux)
{
	struct file *f;
	int ret;

	if (fd < 0)
		return -EINVAL;
	ret = check_arguments(cmd, key, value, aux);
	if (ret < 0)
		return ret;
	f = fd_file(fd);
	if (!f)
		return -EBADF;
	ret = f->ops == &context_fops ? configure(f->priv, cmd, key, value) : -EINVAL;
	file_put(f);
	return ret;
}

/* ---- fsmount ---- */

static int context_mount(struct fs_context *c, u32 flags, bool cloexec)
{
	struct mount *m;
	int ret;

	if (c->phase != CTX_CREATED)
		return c->sb ? -EBUSY : -EINVAL;
	ret = mount_type_allowed(c->type, &flags);
	if (ret < 0)
		return ret;
	m = mount_detached(c->sb, flags);
	if (!m)
		return -ENOMEM;
	ret = mount_detached_fd(m, cloexec);
	if (ret < 0)
		mount_detach_tree(m);
	else
		c->phase = CTX_RECONFIGURE;
	return ret;
}

SYSCALL_DEFINE3(fsmount, int, fd, u32, flags, u32, attr)
{
	u32 atime = attr & ATTR_ATIME_MASK;
	struct file *f;
	int ret;

	if (!may_mount())
		return -EPERM;
	if ((flags & ~FSMOUNT_CLOEXEC_) || (attr & ~ATTR_MOUNT_KNOWN))
		return -EINVAL;
	if (atime && atime != ATTR_STRICTATIME && atime != MNT_NOATIME)
		return -EINVAL;
	f = fd_file(fd);
	if (!f)
		return -EBADF;
	ret = f->ops == &context_fops
		      ? context_mount(f->priv, mount_attr_to_flags(attr), flags & FSMOUNT_CLOEXEC_)
		      : -EINVAL;
	file_put(f);
	return ret;
}
