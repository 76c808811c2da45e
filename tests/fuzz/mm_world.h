/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mm_world: what the operations of mm_ops.c and mm_calls.c work on.
 */
#ifndef TESTS_FUZZ_MM_WORLD_H
#define TESTS_FUZZ_MM_WORLD_H

#include "mm_ops.h"

#define HEADER	  2
#define RECORD	  8
#define MAX_OPS	  400
#define NR_MMS	  3
#define NR_FILES  4
#define NR_PINS	  2
#define NR_RECENT 8
/* A place where mappings meet, across the border of a last-level and of a middle-level table. */
#define ARENA	    (0x40000000UL - 32 * PAGE_SIZE)
#define ARENA_PAGES 64
/* What a file or a shared mapping may have at most: it is the host's memory. */
#define FILE_MAX (5UL << 20)
/* What is brought in at once: all that follows looks at each page table again. */
#define POPULATE_MAX (16UL << 20)

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 8
#endif

struct world {
	struct phys *phys;
	struct mm_env env;
	struct rlimit rlim[RLIM_NLIMITS];
	struct {
		struct mm_struct *mm;
		struct oracle oracle;
		u64 recent[NR_RECENT];
		unsigned nr_recent;
	} mms[NR_MMS];
	int fds[NR_FILES];
	struct {
		struct user_pin pin;
		bool held;
	} pins[NR_PINS];
	int shm_id; /* -1: not made yet */
	unsigned nr_ops;
	unsigned last; /* mm of the last operation */
	char op[64];
};

/* One record, decoded. */
struct args {
	const u8 *b;
	unsigned which; /* of mms */
	struct mm_struct *mm;
	u64 addr, len;
	int fd;
};

/* mm_ops.c: how long @b says. */
u64 decode_len(u8 b);
u64 decode_addr(struct world *w, unsigned which, const u8 *b);

/* mm_calls.c: an address that a call returned is used again. */
void remember(struct world *w, unsigned which, s64 addr);
/* Let go what is pinned, of which @stored bytes were written. */
void unpin(struct world *w, int i, size_t stored);
void op_mmap(struct world *w, struct args *a);
void op_munmap(struct world *w, struct args *a);
void op_mprotect(struct world *w, struct args *a);
void op_mremap(struct world *w, struct args *a);
void op_madvise(struct world *w, struct args *a);
void op_mlock(struct world *w, struct args *a);
void op_look(struct world *w, struct args *a);
void op_brk(struct world *w, struct args *a);
void op_touch(struct world *w, struct args *a);
void op_copy(struct world *w, struct args *a);
void op_pin(struct world *w, struct args *a);
void op_name(struct world *w, struct args *a);

#endif
