// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include "observe/lcov.h"

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct lcov_source *)a)->path, ((const struct lcov_source *)b)->path);
}

static void source_free(void *p)
{
	struct lcov_source *s = p;

	for (size_t i = 0; i < s->nr_functions; i++)
		free(s->functions[i].name);
	free(s->functions);
	free(s->counts);
	free(s->others);
	free(s->path);
	free(s);
}

struct lcov_source *lcov_source(struct lcov *l, const char *path)
{
	const struct lcov_source key = {.path = (char *)path};
	struct lcov_source **there = tfind(&key, &l->tree, by_path), *s;

	if (there)
		return *there;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->path = strdup(path);
	if (!s->path || !tsearch(s, &l->tree, by_path)) {
		source_free(s);
		return NULL;
	}
	return s;
}

bool lcov_line(struct lcov_source *s, int line, u64 count)
{
	if (line <= 0 || line > LCOV_MAX_LINE)
		return true;
	if ((size_t)line >= s->nr_lines) {
		size_t n = (size_t)line + line / 2 + 64;
		s64 *grown = reallocarray(s->counts, n, sizeof(*grown));

		if (!grown)
			return false;
		memset(grown + s->nr_lines, 0xff, (n - s->nr_lines) * sizeof(*grown));
		s->counts = grown;
		s->nr_lines = n;
	}
	if ((s64)count > s->counts[line])
		s->counts[line] = (s64)count;
	return true;
}

bool lcov_function(struct lcov_source *s, const char *name, int line, u64 count)
{
	struct lcov_function *f;

	if (s->nr_functions == s->cap_functions) {
		size_t n = s->cap_functions * 2 + 16;

		f = reallocarray(s->functions, n, sizeof(*f));
		if (!f)
			return false;
		s->functions = f;
		s->cap_functions = n;
	}
	f = &s->functions[s->nr_functions];
	*f = (struct lcov_function){strdup(name), line, count};
	s->nr_functions += f->name != NULL;
	return f->name;
}

/* ---- reading ---- */

static bool add_other(struct lcov_source *s, const char *line)
{
	size_t len = strlen(line);
	char *grown = realloc(s->others, s->len_others + len + 2);

	if (!grown)
		return false;
	memcpy(grown + s->len_others, line, len);
	s->others = grown;
	s->len_others += len + 1;
	grown[s->len_others - 1] = '\n';
	grown[s->len_others] = 0;
	return true;
}

/* "LINE,NAME" or, since lcov 2, "LINE,LAST,NAME". */
static bool parse_fn(struct lcov_source *s, const char *text)
{
	char *end;
	int line = (int)strtol(text, &end, 10);
	const char *name = end + 1;

	if (end == text || *end != ',')
		return false;
	strtol(name, &end, 10);
	if (end > name && *end == ',')
		name = end + 1;
	return lcov_function(s, name, line, 0);
}

static bool parse_fnda(struct lcov_source *s, const char *text)
{
	char *end;
	u64 count = strtoull(text, &end, 10);

	/* Its FN may come later: lcov_write() brings them together. */
	return end > text && *end == ',' && lcov_function(s, end + 1, 0, count);
}

static bool parse_da(struct lcov_source *s, const char *text)
{
	unsigned long count;
	int line;

	return sscanf(text, "%d,%lu", &line, &count) == 2 && lcov_line(s, line, count);
}

static int parse_record(struct lcov *l, struct lcov_source **s, const char *line)
{
	static const char *const sums[] = {"FNF:", "FNH:", "LF:", "LH:"};
	bool ok;

	if (!*line || *line == '#' || !strncmp(line, "TN:", 3))
		return 0;
	if (!strncmp(line, "SF:", 3)) {
		*s = lcov_source(l, line + 3);
		return *s ? 0 : -ENOMEM;
	}
	if (!*s)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(sums); i++)
		if (!strncmp(line, sums[i], strlen(sums[i])))
			return 0;
	if (!strcmp(line, "end_of_record")) {
		*s = NULL;
		return 0;
	}
	if (!strncmp(line, "DA:", 3))
		ok = parse_da(*s, line + 3);
	else if (!strncmp(line, "FN:", 3))
		ok = parse_fn(*s, line + 3);
	else if (!strncmp(line, "FNDA:", 5))
		ok = parse_fnda(*s, line + 5);
	else
		ok = strchr(line, ':') && add_other(*s, line);
	return ok ? 0 : -EINVAL;
}

int lcov_parse(struct lcov *l, const char *text, size_t size)
{
	char *copy = strndup(text, size), *rest = copy, *line;
	struct lcov_source *s = NULL;
	int err = !copy ? -ENOMEM : strlen(copy) == size ? 0 : -EINVAL; /* what is behind a NUL would be lost */

	while (!err && (line = strsep(&rest, "\n")))
		err = parse_record(l, &s, line);
	if (!err && s)
		err = -EINVAL; /* cut short */
	free(copy);
	return err;
}

/* ---- writing ---- */

static int by_name(const void *a, const void *b)
{
	const struct lcov_function *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	/* The line first, where one has it. */
	return order ? order : (y->line > x->line) - (y->line < x->line);
}

static int by_line(const void *a, const void *b)
{
	const struct lcov_function *x = a, *y = b;

	return x->line != y->line ? (x->line > y->line) - (x->line < y->line) : strcmp(x->name, y->name);
}

/* One entry for each name. */
static void unite_functions(struct lcov_source *s)
{
	struct lcov_function *f = s->functions;
	size_t n = 0;

	if (!s->nr_functions)
		return;
	qsort(f, s->nr_functions, sizeof(*f), by_name);
	for (size_t i = 0; i < s->nr_functions; i++) {
		if (n && !strcmp(f[n - 1].name, f[i].name)) {
			if (f[i].count > f[n - 1].count)
				f[n - 1].count = f[i].count;
			free(f[i].name);
		} else {
			f[n++] = f[i];
		}
	}
	s->nr_functions = n;
	qsort(f, n, sizeof(*f), by_line);
}

static void write_source(struct lcov_source *s, FILE *out)
{
	size_t found = 0, hit = 0, functions_hit = 0;

	for (size_t i = 0; i < s->nr_lines; i++) {
		found += s->counts[i] >= 0;
		hit += s->counts[i] > 0;
	}
	if (!found)
		return;
	unite_functions(s);
	fprintf(out, "TN:\nSF:%s\n", s->path);
	for (size_t i = 0; i < s->nr_functions; i++)
		fprintf(out, "FN:%d,%s\n", s->functions[i].line, s->functions[i].name);
	for (size_t i = 0; i < s->nr_functions; i++) {
		fprintf(out, "FNDA:%lu,%s\n", s->functions[i].count, s->functions[i].name);
		functions_hit += s->functions[i].count > 0;
	}
	fprintf(out, "FNF:%zu\nFNH:%zu\n", s->nr_functions, functions_hit);
	if (s->others)
		fputs(s->others, out);
	for (size_t i = 0; i < s->nr_lines; i++)
		if (s->counts[i] >= 0)
			fprintf(out, "DA:%zu,%ld\n", i, s->counts[i]);
	fprintf(out, "LF:%zu\nLH:%zu\nend_of_record\n", found, hit);
}

static void write_node(const void *node, VISIT which, void *out)
{
	if (which == postorder || which == leaf)
		write_source(*(struct lcov_source *const *)node, out);
}

void lcov_write(struct lcov *l, FILE *out)
{
	twalk_r(l->tree, write_node, out);
}

void lcov_free(struct lcov *l)
{
	tdestroy(l->tree, source_free);
	l->tree = NULL;
}
