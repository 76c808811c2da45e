/* SPDX-License-Identifier: GPL-2.0-or-later */
/* coverage_internal: what the files of coverage share among themselves. */
#ifndef ULK_OBSERVE_COVERAGE_INTERNAL_H
#define ULK_OBSERVE_COVERAGE_INTERNAL_H

#include <pthread.h>
#include <stdio.h>
#include "observe/coverage.h"
#include "observe/replace.h"

/* A block as drcov has it, eight bytes; never zero, since no block is empty. */
struct block {
	u32 start;                 /* from the module's base */
	u16 size;
	u16 module;
} __attribute__((packed));

struct module {
	u64 dev, ino;              /* 0, 0: not a file */
	u64 base, end, entry;
	char *path;                /* a module of struct coverage_data; in shared memory, at names + name */
	u32 name;
	bool sourceless;           /* DWARF names no source that is on this machine: no process of the run looks again */
	struct module *shared;     /* of struct coverage_data: where this is a copy of, to note the former */
};

/* What is written: a copy of what the run knows. */
struct coverage_data {
	struct module *modules;
	u32 nr_modules;
	struct block *blocks;      /* sorted by module, then start */
	size_t nr_blocks;
	bool sees_all;             /* the process has the run's root and user still: what it does not find is not there */
};

/* Is @text such a file, which may be empty, that can be added to? */
bool drcov_valid(const char *text, size_t size);
bool lcov_valid(const char *text, size_t size);
/* Write to @out what @old holds together with @data. 0 or -errno; for replace_update(). */
int drcov_merge(const struct coverage_data *data, const char *old, size_t size, FILE *out);
int lcov_merge(const struct coverage_data *data, const char *old, size_t size, FILE *out);

/* By module, start, size. For qsort(). */
int block_compare(const void *a, const void *b);

#endif
