// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/mman.h>
#include "kernel/ahead.h"

#define BOARD_SLOTS 8000

struct code_board {
	u32 n; /* slots ever taken since the parent looked: may be more than there are */
	u64 pcs[BOARD_SLOTS];
};

static bool peek(void *arg, u64 vaddr, u64 *paddr)
{
	return mm_peek_code(((struct task_struct *)arg)->mm, vaddr, paddr);
}

void ahead_of_fork(struct task_struct *t)
{
	struct code_board *board = t->ulk->board;
	u32 n;

	if (!board) {
		board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		t->ulk->board = board == MAP_FAILED ? NULL : board;
		return;
	}
	n = __atomic_load_n(&board->n, __ATOMIC_ACQUIRE);
	if (!n)
		return;
	cpu_translate_ahead(t->ulk->cpu, board->pcs, min_t(u32, n, BOARD_SLOTS), peek);
	__atomic_store_n(&board->n, 0, __ATOMIC_RELEASE);
}

static void drop(struct code_board **board)
{
	if (*board)
		munmap(*board, sizeof(**board));
	*board = NULL;
}

void ahead_in_child(struct ulk *ulk)
{
	drop(&ulk->parents_board);
	ulk->parents_board = ulk->board;
	ulk->board = NULL;
	cpu_learn(ulk->cpu, ulk->parents_board != NULL);
}

void ahead_report(struct ulk *ulk)
{
	struct code_board *board = ulk->parents_board;
	u64 pcs[256];
	size_t n;
	u32 at;

	/* What children of this program noted says nothing about the next. */
	if (ulk->board)
		__atomic_store_n(&ulk->board->n, 0, __ATOMIC_RELEASE);
	if (!board)
		return;
	while ((n = cpu_new_code(ulk->cpu, pcs, ARRAY_SIZE(pcs)))) {
		at = __atomic_fetch_add(&board->n, (u32)n, __ATOMIC_ACQ_REL);
		for (size_t i = 0; i < n && at + i < BOARD_SLOTS; i++)
			board->pcs[at + i] = pcs[i];
	}
	drop(&ulk->parents_board);
	cpu_learn(ulk->cpu, false);
}

void ahead_exit(struct ulk *ulk)
{
	drop(&ulk->parents_board);
	drop(&ulk->board);
}
