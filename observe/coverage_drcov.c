// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DynamoRIO's drcov format, version 2 with a module table of version 2: text, then eight bytes a block.
 *
 *	DRCOV VERSION: 2
 *	DRCOV FLAVOR: drcov
 *	Module Table: version 2, count 1
 *	Columns: id, base, end, entry, path
 *	  0, 0x0000000000400000, 0x00000000004c8000, 0x0000000000401620, /bin/hello
 *	BB Table: 2 bbs
 *	(start, size, module: 4, 2 and 2 bytes, each)
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "observe/coverage_internal.h"

struct drcov {
	struct module *modules;
	u32 nr_modules;
	struct block *blocks;
	size_t nr_blocks;
};

static void drcov_free(struct drcov *d)
{
	for (u32 i = 0; i < d->nr_modules; i++)
		free(d->modules[i].path);
	free(d->modules);
	free(d->blocks);
}

/* ---- reading ---- */

/* The next line of *text, or NULL when it does not end before @end. */
static char *next_line(const char **text, const char *end)
{
	const char *start = *text, *newline = memchr(start, '\n', (size_t)(end - start));

	if (!newline)
		return NULL;
	*text = newline + 1;
	return strndup(start, (size_t)(newline - start));
}

/* The number behind the last @label in the next line. */
static bool line_number(const char **text, const char *end, const char *label, u32 *number)
{
	char *line = next_line(text, end), *at = line ? strstr(line, label) : NULL;
	bool ok = at && sscanf(at + strlen(label), " %u", number) == 1;

	free(line);
	return ok;
}

static bool line_is(const char **text, const char *end, const char *start)
{
	char *line = next_line(text, end);
	bool ok = line && !strncmp(line, start, strlen(start));

	free(line);
	return ok;
}

/* "  0, 0x1000, 0x2000, 0x1040, [0x0, 0x0, ]/bin/hello"; the two more are the checksum and time of Windows files. */
static bool read_module(const char **text, const char *end, struct module *m, bool windows)
{
	char *line = next_line(text, end);
	int n = 0;

	if (line && windows)
		sscanf(line, " %*u, %lx, %lx, %lx, %*x, %*x, %n", &m->base, &m->end, &m->entry, &n);
	else if (line)
		sscanf(line, " %*u, %lx, %lx, %lx, %n", &m->base, &m->end, &m->entry, &n);
	m->path = n ? strdup(line + n) : NULL;
	free(line);
	return m->path;
}

static bool read_columns(const char **text, const char *end, bool *windows)
{
	char *line = next_line(text, end);
	bool ok = line && !strncmp(line, "Columns: id, base, end, entry, ", 31);

	*windows = ok && strstr(line, "checksum");
	free(line);
	return ok;
}

/* False when it is no such file. */
static bool drcov_read(struct drcov *d, const char *text, size_t size)
{
	const char *end = text + size;
	u32 modules, blocks;
	bool windows;

	*d = (struct drcov){};
	if (!size)
		return true;
	if (!line_is(&text, end, "DRCOV VERSION: 2") || !line_is(&text, end, "DRCOV FLAVOR: ") ||
	    !line_number(&text, end, "Module Table: version 2, count", &modules) || modules > 65535 ||
	    !read_columns(&text, end, &windows))
		return false;
	d->modules = calloc(modules + 1, sizeof(*d->modules));
	while (d->modules && d->nr_modules < modules)
		if (!read_module(&text, end, &d->modules[d->nr_modules++], windows))
			return false;
	if (!d->modules || !line_number(&text, end, "BB Table:", &blocks) ||
	    (size_t)(end - text) != blocks * sizeof(*d->blocks))
		return false;
	d->blocks = malloc((size_t)(end - text) + 1);
	if (!d->blocks)
		return false;
	memcpy(d->blocks, text, (size_t)(end - text));
	d->nr_blocks = blocks;
	return true;
}

bool drcov_valid(const char *text, size_t size)
{
	struct drcov d;
	bool ok = drcov_read(&d, text, size);

	drcov_free(&d);
	return ok;
}

/* ---- adding and writing ---- */

/* The number of a module of @m's path, which may be new. */
static int same_path(struct drcov *d, const struct module *m)
{
	struct module *grown;

	for (u32 i = 0; i < d->nr_modules; i++)
		if (!strcmp(d->modules[i].path, m->path))
			return (int)i;
	if (d->nr_modules == 65535)
		return -E2BIG;
	grown = reallocarray(d->modules, d->nr_modules + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	d->modules = grown;
	grown[d->nr_modules] = *m;
	grown[d->nr_modules].path = strdup(m->path);
	return grown[d->nr_modules].path ? (int)d->nr_modules++ : -ENOMEM;
}

static int drcov_add(struct drcov *d, const struct coverage_data *data)
{
	struct block *grown = reallocarray(d->blocks, d->nr_blocks + data->nr_blocks + 1, sizeof(*grown));
	u32 from = ~0u;
	int to = 0;
	size_t n = 0;

	if (!grown)
		return -ENOMEM;
	d->blocks = grown;
	for (size_t i = 0; i < data->nr_blocks; i++) {
		struct block b = data->blocks[i];

		if (b.module != from) {
			from = b.module;
			to = same_path(d, &data->modules[from]);
			if (to < 0)
				return to;
		}
		b.module = (u16)to;
		grown[d->nr_blocks++] = b;
	}
	qsort(grown, d->nr_blocks, sizeof(*grown), block_compare);
	for (size_t i = 0; i < d->nr_blocks; i++)
		if (!n || block_compare(&grown[n - 1], &grown[i]))
			grown[n++] = grown[i];
	d->nr_blocks = n;
	return 0;
}

static void drcov_write(const struct drcov *d, FILE *out)
{
	fprintf(out,
		"DRCOV VERSION: 2\nDRCOV FLAVOR: drcov\nModule Table: version 2, count %u\n"
		"Columns: id, base, end, entry, path\n",
		d->nr_modules);
	for (u32 i = 0; i < d->nr_modules; i++) {
		const struct module *m = &d->modules[i];

		fprintf(out, "%3u, 0x%016lx, 0x%016lx, 0x%016lx, ", i, m->base, m->end, m->entry);
		for (const char *p = m->path; *p; p++)
			if (*p == '\n')
				fputs("\\012", out); /* as maps does */
			else
				putc(*p, out);
		putc('\n', out);
	}
	fprintf(out, "BB Table: %zu bbs\n", d->nr_blocks);
	fwrite(d->blocks, sizeof(*d->blocks), d->nr_blocks, out);
}

int drcov_merge(const struct coverage_data *data, const char *old, size_t size, FILE *out)
{
	struct drcov d;
	int err = drcov_read(&d, old, size) ? drcov_add(&d, data) : -EINVAL;

	if (!err)
		drcov_write(&d, out);
	drcov_free(&d);
	return err;
}
