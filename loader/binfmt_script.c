// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "#!" files, by the rules of Linux 6.x: only the first 256 bytes count; an interpreter's path that
 * may be cut off there is refused, its argument may be cut. The line becomes three strings in place
 * of argv[0]: interpreter, optional argument (the rest of the line, inner blanks kept), script path.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "loader/internal.h"

static bool spacetab(char c)
{
	return c == ' ' || c == '\t';
}

/* First byte of [from, last] that is not a blank, or NULL. */
static char *skip_blanks(char *from, const char *last)
{
	for (; from <= last; from++)
		if (!spacetab(*from))
			return from;
	return NULL;
}

/* First byte of [from, last] that ends a word, or NULL. */
static char *word_end(char *from, const char *last)
{
	for (; from <= last; from++)
		if (spacetab(*from) || !*from)
			return from;
	return NULL;
}

/*
 * Split the line in @buf (BINPRM_BUF_SIZE bytes) into NUL-terminated @name and @arg (NULL when there is
 * none). Returns false when there is no usable interpreter.
 */
static bool parse_line(char *buf, char **name, char **arg)
{
	char *last = buf + BINPRM_BUF_SIZE - 1;
	size_t text = strnlen(buf, BINPRM_BUF_SIZE);
	char *end = memchr(buf, '\n', text);
	char *sep;

	if (!end) {
		end = skip_blanks(buf + 2, last);
		if (!end || !word_end(end, last))
			return false;
		end = last;
	}
	while (spacetab(end[-1]))
		end--;
	*name = skip_blanks(buf + 2, end);
	if (!*name || *name == end)
		return false;
	*arg = NULL;
	sep = word_end(*name, end);
	if (sep && *sep)
		*arg = skip_blanks(sep, end);
	*end = '\0';
	if (*arg)
		*sep = '\0';
	return true;
}

static int load_script(struct exec *x)
{
	char buf[BINPRM_BUF_SIZE];
	char *name, *arg;
	int err;

	if (x->head[0] != '#' || x->head[1] != '!')
		return -ENOEXEC;
	memcpy(buf, x->head, sizeof(buf));
	if (!parse_line(buf, &name, &arg))
		return exec_fail(x, -ENOEXEC,
				 "#! line without a complete interpreter path in its first %d bytes",
				 BINPRM_BUF_SIZE);
	if (x->path_inaccessible)
		return exec_fail(x, -ENOENT, "script on a close-on-exec descriptor");
	if (x->argc) {
		arg_pop(&x->args);
		x->argc--;
	}
	err = arg_push(&x->args, x->interp);
	if (!err && arg) {
		x->argc++;
		err = arg_push(&x->args, arg);
	}
	if (!err)
		err = arg_push(&x->args, name);
	if (err)
		return exec_fail(x, err, "arguments too long for the #! line's additions");
	x->argc += 2;
	free(x->interp);
	x->interp = strdup(name);
	if (!x->interp)
		return exec_fail(x, -ENOMEM, "out of memory");
	return open_exec(x, name, &x->next_file);
}

const struct linux_binfmt script_format = {.name = "script", .load_binary = load_script};
