/*
 * Scripts: "#! interpreter [argument]" (execve(2)). The kernel's first 256 bytes of the file hold
 * the line; the argument is the rest of it, as one word.
 */
#include "kernel/exec.h"

#include "fs/file.h"

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Splits the line into interpreter and argument (may be NULL). -ENOEXEC if there is none. */
static int parse_line(char *line, char **interp, char **arg)
{
	char *p = line, *end = line + strlen(line);

	while (end > p && blank(end[-1]))
		*--end = '\0';
	while (blank(*p))
		p++;
	if (!*p)
		return -ENOEXEC;
	*interp = p;
	while (*p && !blank(*p))
		p++;
	if (*p)
		*p++ = '\0';
	while (blank(*p))
		p++;
	*arg = *p ? p : NULL;
	return 0;
}

static int rewrite_argv(struct exec *e, const char *interp, const char *arg)
{
	int err;

	exec_strings_drop_first(&e->argv);
	err = exec_strings_prepend(&e->argv, e->interp ? e->interp : e->name);
	if (!err && arg)
		err = exec_strings_prepend(&e->argv, arg);
	return err ? err : exec_strings_prepend(&e->argv, interp);
}

int exec_script(struct exec *e)
{
	char line[EXEC_HEAD_SIZE + 1], *interp, *arg, *nl, *name;
	struct file *file;
	int err;

	if (e->head_len < 2 || memcmp(e->head, "#!", 2))
		return 0;
	memcpy(line, e->head + 2, e->head_len - 2);
	line[e->head_len - 2] = '\0';
	nl = strchr(line, '\n');
	if (nl)
		*nl = '\0';
	err = parse_line(line, &interp, &arg);
	if (err < 0)
		return err;
	if (!nl && !arg && e->head_len == EXEC_HEAD_SIZE && interp[strlen(interp)] == '\0' &&
		interp + strlen(interp) == line + e->head_len - 2)
		return -ENOEXEC; /* the interpreter's name is cut off */
	if (e->name_gone)
		return -ENOENT;
	err = rewrite_argv(e, interp, arg);
	if (err < 0)
		return err;
	err = file_open_lookup(&current->fs->cwd, interp, O_RDONLY, 0, LOOKUP_EXEC, &file);
	if (err == 0)
		err = exec_opened(&file);
	if (err < 0)
		return err;
	name = strdup(interp); /* an interpreter that is a script is handed on by its own name */
	if (!name) {
		file_put(file);
		return -ENOMEM;
	}
	free(e->interp);
	e->interp = name;
	file_put(e->file);
	e->file = file;
	return 1;
}
