// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include "observe/lcov.h"

enum kind {
	PLAIN,
	LABEL,                     /* "case ...:" or "default:" and no more before it */
	BARRIER,                   /* what is below says nothing of what is above */
};

static bool begins_with(const char *s, const char *word)
{
	size_t len = strlen(word);

	return !strncmp(s, word, len) && !isalnum((unsigned char)s[len]) && s[len] != '_';
}

/* @directive: the line goes on with one of the preprocessor's; set for the next line. */
static enum kind kind_of(const char *line, bool *directive)
{
	const char *s = line + strspn(line, " \t");
	bool inside = *directive || *s == '#';
	size_t len = strcspn(line, "\r\n");

	*directive = inside && len && line[len - 1] == '\\';
	/* Conditions and the bodies of macros; and the end of a function. */
	if (inside || *line == '}')
		return BARRIER;
	if ((begins_with(s, "case") || begins_with(s, "default")) && strchr(s, ':'))
		return LABEL;
	return PLAIN;
}

/* From the last line up, so that a label above a label gets the count of both. */
static void count_labels(struct lcov_source *s, const u8 *kinds, size_t n)
{
	s64 below = -1;

	while (n-- > 1) {
		s64 count = n < s->nr_lines ? s->counts[n] : -1;

		if (kinds[n] == BARRIER && count < 0)
			below = -1;
		if (kinds[n] == LABEL && count < 0 && below >= 0 && lcov_line(s, (int)n, (u64)below))
			count = below;
		if (count >= 0)
			below = count;
	}
}

static void read_source(struct lcov_source *s)
{
	FILE *f = fopen(s->path, "re");
	size_t room = 0, n = 1, cap = s->nr_lines + 1;
	u8 *kinds = calloc(cap, 1);
	char *line = NULL;
	bool directive = false;

	while (f && kinds && n < cap && getline(&line, &room, f) > 0)
		kinds[n++] = (u8)kind_of(line, &directive);
	if (kinds)
		count_labels(s, kinds, n);
	free(line);
	free(kinds);
	if (f)
		fclose(f);
}

static void visit(const void *node, VISIT which, void *arg)
{
	struct lcov_source *s = *(struct lcov_source *const *)node;

	if ((which == postorder || which == leaf) && s->has_cases)
		read_source(s);
}

void lcov_cases(struct lcov *l)
{
	twalk_r(l->tree, visit, NULL);
}
