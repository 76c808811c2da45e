// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes docs/syscalls.md from the table: `--write FILE`; `--check FILE` compares instead, with exit
 * status 0 when the file is what would be written and 1 when not. The page is never edited by hand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "syscalls/syscalls.h"

static const char *const arg_names[] = {
	[ARG_INT] = "int",	 [ARG_UINT] = "uint",	    [ARG_LONG] = "long",
	[ARG_HEX] = "hex",	 [ARG_OCTAL] = "mode",	    [ARG_SIZE] = "size",
	[ARG_OFF] = "offset",	 [ARG_FD] = "fd",	    [ARG_DIRFD] = "dirfd",
	[ARG_ADDR] = "addr",	 [ARG_PATH] = "path",	    [ARG_STR] = "str",
	[ARG_STRV] = "strv",	 [ARG_BUF_IN] = "buf in",   [ARG_BUF_OUT] = "buf out",
	[ARG_PTR_IN] = "ptr in", [ARG_PTR_OUT] = "ptr out", [ARG_PTR_INOUT] = "ptr in/out",
	[ARG_FLAGS] = "flags",	 [ARG_SIGNAL] = "signal",   [ARG_PID] = "pid",
	[ARG_CLOCK] = "clock",	 [ARG_IOV_IN] = "iov in",   [ARG_IOV_OUT] = "iov out",
};

static const char *status(const struct syscall_row *row)
{
	if (!row->fn)
		return "no";
	return row->flags & SC_PARTLY ? "partly" : "yes";
}

static void write_row(FILE *out, unsigned nr, const struct syscall_row *row)
{
	fprintf(out, "| %u | `%s(", nr, row->name);
	for (int i = 0; i < 6 && row->args[i] != ARG_NONE; i++)
		fprintf(out, "%s%s", i ? ", " : "",
			row->args[i] < ARRAY_SIZE(arg_names) ? arg_names[row->args[i]] : "?");
	fprintf(out, ")` | %s | %s |\n", status(row), row->note ? row->note : "");
}

static void write_page(FILE *out)
{
	unsigned yes = 0, partly = 0, no = 0;

	for (unsigned nr = 0; nr < syscall_table_size; nr++) {
		const struct syscall_row *row = &syscall_table[nr];

		if (!row->name)
			continue;
		if (!row->fn)
			no++;
		else if (row->flags & SC_PARTLY)
			partly++;
		else
			yes++;
	}
	fprintf(out,
		"# System calls\n\n"
		"Made from the table in `syscalls/` by `ninja syscall-docs`; a test compares it. Do not "
		"edit.\n\n"
		"Of the %u numbers of x86-64's table ulk answers **%u** as the host's kernel does, **%u** in "
		"part "
		"(the note says what is missing), and **%u** with `ENOSYS`, as a kernel built without them; "
		"the note says why. `ulk run -v` prints a line for each call of the last kind.\n\n"
		"| nr | call | supported | note |\n| --- | --- | --- | --- |\n",
		yes + partly + no, yes, partly, no);
	for (unsigned nr = 0; nr < syscall_table_size; nr++) {
		if (syscall_table[nr].name)
			write_row(out, nr, &syscall_table[nr]);
	}
}

static int compare(const char *path, const char *want, size_t size)
{
	FILE *f = fopen(path, "r");
	char *have = malloc(size + 1);
	bool same;

	if (!f || !have) {
		fprintf(stderr, "cannot read %s\n", path);
		return 1;
	}
	same = fread(have, 1, size + 1, f) == size && !memcmp(have, want, size);
	fclose(f);
	free(have);
	if (!same)
		fprintf(stderr, "%s does not agree with the table: run `ninja syscall-docs` and commit it\n",
			path);
	return !same;
}

static int write_file(const char *path, const char *text, size_t size)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(text, 1, size, f) != size || fclose(f)) {
		fprintf(stderr, "cannot write %s\n", path);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int ret;

	if (argc != 3 || (strcmp(argv[1], "--write") && strcmp(argv[1], "--check"))) {
		fprintf(stderr, "usage: gen_syscall_docs --write|--check FILE\n");
		return 2;
	}
	if (!out)
		return 1;
	write_page(out);
	fclose(out);
	if (!strcmp(argv[1], "--check"))
		ret = compare(argv[2], text, size);
	else
		ret = write_file(argv[2], text, size);
	free(text);
	return ret;
}
