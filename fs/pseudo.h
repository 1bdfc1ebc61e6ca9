/*
 * Table-driven trees of generated files: proc and sysfs. A directory is a table of rows, plus
 * children that exist by number (processes, threads, descriptors, cpus). What a file is about is
 * its struct pseudo_ctx, inherited from the directory and refined by numbered children.
 */
#ifndef SKIFF_FS_PSEUDO_H
#define SKIFF_FS_PSEUDO_H

#include "fs/seq.h"
#include "fs/vfs.h"

struct pseudo_row;
struct pseudo_dir;
struct tgroup;
struct mm;
struct ns;

struct pseudo_ctx {
	const struct pseudo_row *row;
	struct ns *ns;	   /* proc: the PID namespace it shows; a reference of the super's */
	struct tgroup *tg; /* the process it is about, with a reference; NULL if none */
	pid_t tid;	   /* the thread of it; 0: the process as a whole */
	u64 tid_start_ns;  /* tells a reused tid from the thread meant */
	u64 key;	   /* number of the nearest numbered directory or file */
	u64 outer_key;	   /* of the numbered directory that one is in */
	void *object;	   /* for other filesystems that use the text files */
};

/* Hooks return 0 or -errno. */
struct pseudo_row {
	const char *name;
	u32 mode; /* with S_IFMT */
	/* A file's text or a link's target. */
	int (*show)(struct seq *s, const struct pseudo_ctx *c);
	/* One write(2): text is NUL-terminated at text[len], and may be changed. NULL: -EIO */
	int (*store)(const struct pseudo_ctx *c, char *text, size_t len);
	int (*open)(const struct pseudo_ctx *c); /* may it be opened? NULL: yes */
	long (*ioctl)(const struct pseudo_ctx *c, u32 cmd, uaddr_t arg); /* NULL: -ENOTTY */
	/* The address space the text is about, borrowed: after an exec an open file reads empty. */
	struct mm *(*mm)(const struct pseudo_ctx *c);
	/* A link that leads to an object, not along its text: *out gets references. */
	int (*get_link)(const struct pseudo_ctx *c, struct path *out);
	const struct pseudo_dir *dir; /* of a directory */
	const struct file_ops *fops;  /* of a file that is not (only) text */
	/* For files with pseudo_poll_fops: *seen is the reader's, 0 at open. */
	u32 (*poll)(const struct pseudo_ctx *c, u64 *seen, struct poll_table *pt);
	/* Brings mode, size and so on up to date before a stat. */
	void (*refresh)(const struct pseudo_ctx *c, struct inode *inode);
	bool (*present)(const struct pseudo_ctx *c); /* NULL: always */
	u64 ino;				     /* fixed inode number; 0: derived */
	bool strict;				     /* its mode binds the superuser, too */
	const void *arg;			     /* the hooks' */
};

struct pseudo_dir {
	const struct pseudo_row *rows; /* sorted by name */
	unsigned nr_rows;
	const struct pseudo_row
		*child; /* of numbered children; its name is a prefix ("cpu") or NULL */
	/* Children that go by another name than their number: the number of a name, and the name of
	 * a number (buf holds 64 bytes). False: there is none. NULL: prefix and number. */
	bool (*key_of)(const struct pseudo_ctx *dir, const char *name, size_t len, u64 *key);
	bool (*name_of)(const struct pseudo_ctx *dir, u64 key, char *buf);
	/* Tells users of a number that is used again from each other. NULL: it never is. */
	u64 (*birth)(const struct pseudo_ctx *dir, u64 key);
	/* The numbers of the children from `from` on, ascending, as a malloc'ed array: how many. */
	ssize_t (*keys)(const struct pseudo_ctx *dir, u64 from, u64 **out);
	/* Refines *child (a copy of dir's, key set, tg referenced already) or gives -ENOENT. A hook
	 * that replaces tg moves the reference. */
	int (*enter)(const struct pseudo_ctx *dir, struct pseudo_ctx *child);
	int (*open)(const struct pseudo_ctx *dir); /* may it be listed and searched? NULL: yes */
};

#define PSEUDO_DIR(table) .rows = (table), .nr_rows = ARRAY_SIZE(table)

extern const struct file_ops pseudo_poll_fops; /* text whose changes can be polled for */

/* A new super whose root is the directory row. ns may be NULL. */
int pseudo_mount(const struct fs_type *type, u32 magic, const struct pseudo_row *root,
	struct ns *ns, struct super **out);
const struct pseudo_ctx *pseudo_ctx(const struct inode *inode);
bool pseudo_alive(const struct pseudo_ctx *c); /* is what it is about still there? */
/* Who owns files about c: set by proc; NULL leaves root. */
extern void (*pseudo_owner_hook)(const struct pseudo_ctx *c, struct inode *inode);

/* Show hooks for rows whose arg is: the text; a u32 or u64 variable. */
int pseudo_show_text(struct seq *s, const struct pseudo_ctx *c); /* with a newline added */
int pseudo_show_u32(struct seq *s, const struct pseudo_ctx *c);
int pseudo_show_u64(struct seq *s, const struct pseudo_ctx *c);
int pseudo_show_link(struct seq *s, const struct pseudo_ctx *c); /* text as a link's target */
/* A decimal, octal or hexadecimal number in [min, max], white space around it: 0 or -EINVAL. */
int pseudo_parse(const char *text, s64 min, s64 max, s64 *out);

#endif
