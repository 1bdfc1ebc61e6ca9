/* fs/pseudo.c and fs/pseudo_file.c: trees of generated files, on a table of the test's own. */
#include "fs/pseudo.h"

#include <check.h>

static u64 nr_children = 3;
static int generation;
static char stored[64];

static int show_generation(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "generation %d\n", ++generation);
	return 0;
}

static int store_text(const struct pseudo_ctx *c, char *text, size_t len)
{
	if (len >= sizeof(stored))
		return -EINVAL;
	strcpy(stored, text);
	return 0;
}

static int show_key(struct seq *s, const struct pseudo_ctx *c)
{
	seq_printf(s, "%llu\n", (unsigned long long)c->key);
	return 0;
}

static ssize_t keys(const struct pseudo_ctx *dir, u64 from, u64 **out)
{
	ssize_t nr = 0;

	if (from >= nr_children)
		return 0;
	*out = calloc(nr_children, sizeof(u64));
	for (u64 i = from; i < nr_children; i++)
		(*out)[nr++] = i;
	return nr;
}

static int enter(const struct pseudo_ctx *dir, struct pseudo_ctx *child)
{
	return child->key < nr_children ? 0 : -ENOENT;
}

static const struct pseudo_row child_row = {
	.name = "item", .mode = S_IFREG | 0444, .show = show_key};
static const struct pseudo_dir numbered_dir = {.child = &child_row, .keys = keys, .enter = enter};
static const struct pseudo_row root_rows[] = {
	{.name = "file", .mode = S_IFREG | 0644, .show = show_generation, .store = store_text},
	{.name = "link", .mode = S_IFLNK | 0777, .show = pseudo_show_link, .arg = "numbered/item1"},
	{.name = "numbered", .mode = S_IFDIR | 0555, .dir = &numbered_dir},
};
static const struct pseudo_dir root_dir = {PSEUDO_DIR(root_rows)};
static const struct pseudo_row root_row = {.name = "/", .mode = S_IFDIR | 0555, .dir = &root_dir};
static const struct fs_type type = {.name = "pseudotest"};

static struct path root;

static void setup(void)
{
	struct super *sb;

	nr_children = 3;
	generation = 0;
	ck_assert_int_eq(pseudo_mount(&type, 0x1234, &root_row, NULL, &sb), 0);
	ck_assert_int_eq(mount_root(sb, 0, &root), 0);
	super_put(sb);
}

static struct file *open_file(const char *name, int flags)
{
	struct file *f;

	ck_assert_int_eq(file_open(&root, name, flags, 0, &f), 0);
	return f;
}

static void check_text(const char *name, const char *want)
{
	char buf[256];
	struct file *f = open_file(name, O_RDONLY);
	ssize_t n = file_read_kernel(f, buf, sizeof(buf) - 1, 0);

	ck_assert_int_ge(n, 0);
	buf[n] = '\0';
	ck_assert_str_eq(buf, want);
	file_put(f);
}

START_TEST(a_file_read_in_pieces_is_one_text)
{
	struct file *f = open_file("file", O_RDONLY);
	char buf[8];

	ck_assert_int_eq(file_read_kernel(f, buf, 4, 0), 4);
	ck_assert_int_eq(file_read_kernel(f, buf, 8, 4), 8);
	ck_assert(!memcmp(buf, "ration 1", 8));
	ck_assert_int_eq(generation, 1);
	ck_assert_int_eq(file_read_kernel(f, buf, 4, 0), 4);
	ck_assert_int_eq(generation, 2);
	ck_assert_int_eq(file_read_kernel(f, buf, 4, 1000), 0);
	file_put(f);
}
END_TEST

START_TEST(a_write_reaches_the_store_hook_whole)
{
	struct file *f = open_file("file", O_WRONLY | O_TRUNC);

	ck_assert_int_eq(file_write_kernel(f, "hello\n", 6, 0), 6);
	ck_assert_str_eq(stored, "hello\n");
	file_put(f);
}
END_TEST

START_TEST(numbered_children_come_and_go)
{
	struct path p;

	check_text("numbered/item2", "2\n");
	ck_assert_int_eq(path_lookup(&root, "numbered/item3", 0, &p), -ENOENT);
	nr_children = 4;
	check_text("numbered/item3", "3\n");
	nr_children = 1;
	ck_assert_int_eq(path_lookup(&root, "numbered/item2", 0, &p), -ENOENT);
	ck_assert_int_eq(path_lookup(&root, "numbered/item00", 0, &p), -ENOENT);
	ck_assert_int_eq(path_lookup(&root, "numbered/item", 0, &p), -ENOENT);
	ck_assert_int_eq(path_lookup(&root, "numbered/item99999999999", 0, &p), -ENOENT);
}
END_TEST

START_TEST(a_link_leads_along_its_text)
{
	check_text("link", "1\n");
}
END_TEST

START_TEST(nothing_can_be_created_or_changed)
{
	struct setattr a = {.valid = ATTR_MODE, .mode = 0777};
	struct dentry *d;
	struct path p;
	struct file *f;

	ck_assert_int_eq(path_create(&root, "new", 0, &p, &d, false), -ENOENT);
	ck_assert_int_eq(file_open(&root, "new", O_RDWR | O_CREAT, 0600, &f), -ENOENT);
	ck_assert_int_eq(path_lookup(&root, "file", 0, &p), 0);
	ck_assert_int_eq(vfs_setattr(&p, &a), -EPERM);
	path_put(&p);
}
END_TEST

struct collect {
	struct dir_sink sink;
	char text[512];
	unsigned room; /* entries that still fit */
};

static bool collect_emit(
	struct dir_sink *s, const char *name, size_t len, u64 ino, u8 dtype, u64 next)
{
	struct collect *c = container_of(s, struct collect, sink);

	if (!c->room--)
		return false;
	strncat(c->text, name, len);
	strcat(c->text, " ");
	return true;
}

static void check_listing(const char *name, unsigned at_a_time, const char *want)
{
	struct file *f = open_file(name, O_RDONLY | O_DIRECTORY);
	struct collect c = {.sink = {.emit = collect_emit}};
	size_t before;

	do {
		before = strlen(c.text);
		c.room = at_a_time;
		ck_assert_int_eq(f->ops->iterate(f, &c.sink), 0);
	} while (strlen(c.text) > before);
	ck_assert_str_eq(c.text, want);
	file_put(f);
}

START_TEST(a_listing_continues_where_it_stopped)
{
	for (unsigned n = 1; n < 8; n++) {
		check_listing("/", n, ". .. file link numbered ");
		check_listing("numbered", n, ". .. item0 item1 item2 ");
	}
}
END_TEST

START_TEST(numbers_are_parsed_strictly)
{
	s64 v = 0;

	ck_assert_int_eq(pseudo_parse(" 12\n", 0, 100, &v), 0);
	ck_assert_int_eq(v, 12);
	ck_assert_int_eq(pseudo_parse("-5", -10, 10, &v), 0);
	ck_assert_int_eq(pseudo_parse("0x10", 0, 100, &v), 0);
	ck_assert_int_eq(v, 16);
	ck_assert_int_eq(pseudo_parse("12x", 0, 100, &v), -EINVAL);
	ck_assert_int_eq(pseudo_parse("", 0, 100, &v), -EINVAL);
	ck_assert_int_eq(pseudo_parse("101", 0, 100, &v), -EINVAL);
}
END_TEST

Suite *suite_pseudo(void);
Suite *suite_pseudo(void)
{
	Suite *s = suite_create("pseudo");
	TCase *t = tcase_create("pseudo");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_file_read_in_pieces_is_one_text);
	tcase_add_test(t, a_write_reaches_the_store_hook_whole);
	tcase_add_test(t, numbered_children_come_and_go);
	tcase_add_test(t, a_link_leads_along_its_text);
	tcase_add_test(t, nothing_can_be_created_or_changed);
	tcase_add_test(t, a_listing_continues_where_it_stopped);
	tcase_add_test(t, numbers_are_parsed_strictly);
	suite_add_tcase(s, t);
	return s;
}
