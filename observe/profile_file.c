// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The two formats. Folded stacks are a line each, "a;b;c 12". Callgrind's holds functions and calls, from which the stacks
 * cannot be had again; so they stand in its comments, for the next process that adds to the file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "observe/profile.h"

#define COMMENT "# stack: "

/* ---- stacks ---- */

struct stacks {
	struct stack_count *all;
	size_t n, cap;
};

static bool add_stack(struct stacks *s, const char *stack, size_t len, u64 count)
{
	if (s->n == s->cap) {
		size_t cap = s->cap * 2 + 64;
		struct stack_count *grown = reallocarray(s->all, cap, sizeof(*grown));

		if (!grown)
			return false;
		s->all = grown;
		s->cap = cap;
	}
	s->all[s->n].stack = strndup(stack, len);
	s->all[s->n].count = count;
	return s->all[s->n++].stack;
}

static void stacks_free(struct stacks *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->all[i].stack);
	free(s->all);
}

static int by_stack(const void *a, const void *b)
{
	return strcmp(((const struct stack_count *)a)->stack, ((const struct stack_count *)b)->stack);
}

/* Those of @old, each in a line behind @prefix, and @n more; sorted, each once. */
static int gather(struct stacks *s, const struct stack_count *stacks, size_t n, const char *old, const char *prefix)
{
	size_t skip = strlen(prefix), k = 0;

	for (const char *line = old, *end; *line; line = *end ? end + 1 : end) {
		const char *space;

		end = strchrnul(line, '\n');
		space = memrchr(line, ' ', (size_t)(end - line));
		if (!strncmp(line, prefix, skip) && space && space >= line + skip &&
		    !add_stack(s, line + skip, (size_t)(space - line) - skip, strtoull(space + 1, NULL, 10)))
			return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		if (!add_stack(s, stacks[i].stack, strlen(stacks[i].stack), stacks[i].count))
			return -ENOMEM;
	if (s->n)
		qsort(s->all, s->n, sizeof(*s->all), by_stack);
	for (size_t i = 0; i < s->n; i++) {
		if (k && !strcmp(s->all[k - 1].stack, s->all[i].stack)) {
			s->all[k - 1].count += s->all[i].count;
			free(s->all[i].stack);
		} else {
			s->all[k++] = s->all[i];
		}
	}
	s->n = k;
	return 0;
}

static void put_stacks(const struct stacks *s, const char *prefix, FILE *out)
{
	for (size_t i = 0; i < s->n; i++)
		fprintf(out, "%s%s %lu\n", prefix, s->all[i].stack, s->all[i].count);
}

int folded_merge(const struct stack_count *stacks, size_t n, const char *old, size_t size, FILE *out)
{
	struct stacks s = {};
	int err = gather(&s, stacks, n, old, "");

	if (!err)
		put_stacks(&s, "", out);
	stacks_free(&s);
	return err;
}

/* ---- callgrind ---- */

/* "a" for what a itself costs, "a;b" for what b costs when a calls it: one pass over a sorted list prints them. */
static int add_costs(struct stacks *costs, const struct stack_count *s)
{
	const char *prev = NULL, *name = strchr(s->stack, ';');
	size_t prev_len = 0, first = costs->n;

	for (name = name ? name + 1 : s->stack; *name;) {
		size_t len = strcspn(name, ";");
		char pair[1024];
		bool seen = false;
		int n = prev ? snprintf(pair, sizeof(pair), "%.*s;%.*s", (int)prev_len, prev, (int)len, name) : 0;

		/* Of a recursion, once in each stack. */
		for (size_t i = first; n && i < costs->n; i++)
			seen |= !strcmp(costs->all[i].stack, pair);
		if (n && n < (int)sizeof(pair) && !seen && !add_stack(costs, pair, (size_t)n, s->count))
			return -ENOMEM;
		prev = name;
		prev_len = len;
		name += len + (name[len] == ';');
	}
	return !prev || add_stack(costs, prev, prev_len, s->count) ? 0 : -ENOMEM;
}

static int by_caller(const void *a, const void *b)
{
	const char *x = ((const struct stack_count *)a)->stack, *y = ((const struct stack_count *)b)->stack;
	size_t m = strcspn(x, ";"), n = strcspn(y, ";");
	int order = memcmp(x, y, m < n ? m : n);

	if (order || m != n)
		return order ?: (m > n) - (m < n);
	return strcmp(x + m, y + n);
}

static void put_costs(const struct stacks *costs, u64 total, FILE *out)
{
	const char *caller = "";
	size_t caller_len = 0;

	fprintf(out, "positions: line\nevents: ms\nsummary: %lu\n\nfl=???\n", total);
	for (size_t i = 0; i < costs->n; i++) {
		const char *name = costs->all[i].stack;
		size_t len = strcspn(name, ";");
		u64 count = costs->all[i].count;

		while (i + 1 < costs->n && !strcmp(costs->all[i + 1].stack, name))
			count += costs->all[++i].count;
		if (len != caller_len || memcmp(name, caller, len))
			fprintf(out, "\nfn=%.*s\n", (int)len, name);
		caller = name;
		caller_len = len;
		if (name[len])
			fprintf(out, "cfn=%s\ncalls=1 0\n", name + len + 1);
		fprintf(out, "0 %lu\n", count);
	}
}

int callgrind_merge(const struct stack_count *stacks, size_t n, const char *old, size_t size, FILE *out)
{
	struct stacks s = {}, costs = {};
	int err = gather(&s, stacks, n, old, COMMENT);
	u64 total = 0;

	for (size_t i = 0; i < s.n && !err; i++) {
		total += s.all[i].count;
		err = add_costs(&costs, &s.all[i]);
	}
	if (!err) {
		if (costs.n)
			qsort(costs.all, costs.n, sizeof(*costs.all), by_caller);
		fputs("# callgrind format\nversion: 1\ncreator: ulk\n", out);
		put_stacks(&s, COMMENT, out);
		put_costs(&costs, total, out);
	}
	stacks_free(&costs);
	stacks_free(&s);
	return err;
}
