/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lcov: the content of a tracefile of lcov: for each source file, how often its lines and functions were executed.
 */
#ifndef ULK_OBSERVE_LCOV_H
#define ULK_OBSERVE_LCOV_H

#include <stdio.h>
#include "mm/types.h"

/* Lines beyond are not believed. */
#define LCOV_MAX_LINE (1 << 24)

struct lcov_function {
	char *name;
	int line;
	u64 count;
};

struct lcov_source {
	char *path;
	s64 *counts;               /* by line number; -1: no code there */
	size_t nr_lines;
	struct lcov_function *functions;
	size_t nr_functions, cap_functions;
	bool has_cases;            /* lcov_cases() shall look for them */
	char *others;              /* records that are only handed on, such as branches; or NULL */
	size_t len_others;
};

struct lcov {
	void *tree;                /* tsearch(3): struct lcov_source by path */
};

/* The source of that path, new when it was not there; NULL without memory. */
struct lcov_source *lcov_source(struct lcov *l, const char *path);
/* The line has code, executed @count times; more than that if it is known to be. False without memory. */
bool lcov_line(struct lcov_source *s, int line, u64 count);
/* The same for a function that begins in @line. */
bool lcov_function(struct lcov_source *s, const char *name, int line, u64 count);
/* Add what @text says. 0, -EINVAL when it is no tracefile, -ENOMEM. */
int lcov_parse(struct lcov *l, const char *text, size_t size);
/*
 * Labels of switch statements have no code, and so no line in any table. gcov shows them with the count of the statement
 * behind them: look for them in the text of the sources that has_cases, and do the same. (lcov_cases.c)
 */
void lcov_cases(struct lcov *l);
/* Sources in the order of their paths; without those that have no lines. */
void lcov_write(struct lcov *l, FILE *out);
void lcov_free(struct lcov *l);

#endif
