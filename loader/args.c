// SPDX-License-Identifier: GPL-2.0-or-later
/* The strings of argv, envp and the file name, with the limits of Linux's copy_strings(). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "loader/internal.h"

int arg_area_init(struct arg_area *a, const struct rlimit *rlim, size_t argc, size_t envc)
{
	u64 limit = STK_LIM / 4 * 3;
	u64 pointers, count;

	memset(a, 0, sizeof(*a));
	a->rlim_stack = rlim[RLIMIT_STACK].rlim_cur;
	a->rlim_as = rlim[RLIMIT_AS].rlim_cur;
	limit = min_t(u64, limit, a->rlim_stack / 4);
	limit = max_t(u64, limit, ARG_MAX_BYTES);
	if (argc > INT32_MAX || envc > INT32_MAX)
		return -E2BIG;
	/* An empty argv will get one "". */
	if (__builtin_add_overflow(argc ? argc : 1, envc, &count) ||
	    __builtin_mul_overflow(count, sizeof(u64), &pointers) || limit <= pointers)
		return -E2BIG;
	a->used = a->lowest = sizeof(u64);
	a->max_used = a->used + (limit - pointers);
	a->cap = PAGE_SIZE;
	a->buf = calloc(1, a->cap);
	return a->buf ? 0 : -ENOMEM;
}

void arg_area_free(struct arg_area *a)
{
	free(a->buf);
	a->buf = NULL;
}

/* The buffer grows at its low end, since its high end is the top of the stack. */
static int arg_area_grow(struct arg_area *a, size_t need)
{
	size_t cap = a->cap;
	char *buf;

	while (cap < need)
		cap *= 2;
	buf = calloc(1, cap);
	if (!buf)
		return -ENOMEM;
	memcpy(buf + cap - a->lowest, a->buf + a->cap - a->lowest, a->lowest);
	free(a->buf);
	a->buf = buf;
	a->cap = cap;
	return 0;
}

/* Would Linux's temporary stack VMA grow this far? expand_downwards() asks these two limits. */
static bool stack_may_grow(const struct arg_area *a, size_t used)
{
	u64 size = PAGE_ALIGN(used);

	if (size <= PAGE_ALIGN(a->lowest))
		return true;
	return size <= a->rlim_stack && size <= (a->rlim_as & PAGE_MASK);
}

int arg_push(struct arg_area *a, const char *str)
{
	size_t len = strnlen(str, MAX_ARG_STRLEN) + 1;
	size_t used = a->used + len;

	if (len > MAX_ARG_STRLEN || used > a->max_used || !stack_may_grow(a, used))
		return -E2BIG;
	if (used > a->cap) {
		int err = arg_area_grow(a, used);

		if (err)
			return err;
	}
	memcpy(a->buf + a->cap - used, str, len);
	a->used = used;
	if (a->lowest < used)
		a->lowest = used;
	return 0;
}

void arg_pop(struct arg_area *a)
{
	a->used -= strlen(a->buf + a->cap - a->used) + 1;
}
