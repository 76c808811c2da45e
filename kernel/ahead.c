// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "kernel/ahead.h"
#include "mm/file.h"

#define BOARD_NOTES 16000
#define FILTER_BITS (1U << 18)
#define OWN_MEMORY  0xffff

/* A block begins at @pc, in page @pgoff of the file. */
struct code_note {
	u64 pc;
	u32 pgoff;
	u16 file;     /* index, or OWN_MEMORY */
	u16 complete; /* written last */
};

struct code_file {
	dev_t dev;
	ino_t ino;
	u32 reports; /* processes that noted blocks of it */
	u32 complete;
	char path[1000];
};

struct code_board {
	u32 n, nr_files; /* ever asked for: may be more than there are */
	struct code_file files[AHEAD_FILES];
	u64 filter[FILTER_BITS / 64]; /* hashes of what is noted */
	struct code_note notes[BOARD_NOTES];
};

/* ---- noting ---- */

/* First time on this board? (Or, rarely, a hash that another has.) */
static bool is_news(struct code_board *board, u64 pc, u32 file)
{
	u64 hash = (pc ^ (u64)file << 50) * 0x9e3779b97f4a7c15UL >> 46, bit = 1UL << hash % 64;

	return !(__atomic_fetch_or(&board->filter[hash / 64 % (FILTER_BITS / 64)], bit, __ATOMIC_RELAXED) &
		 bit);
}

/* The number of @file on the board, new if it is not there; -1: no room, or nothing that can be found again.
 */
static int board_file(struct code_board *board, const struct file *file)
{
	u32 n = min_t(u32, __atomic_load_n(&board->nr_files, __ATOMIC_ACQUIRE), AHEAD_FILES), at;
	char path[sizeof(board->files[0].path)];

	for (at = 0; at < n; at++)
		if (board->files[at].ino == file->ino && board->files[at].dev == file->dev)
			return (int)at;
	if (file->fd < 0 || file_path(file, path, sizeof(path)) <= 0 || path[0] != '/')
		return -1;
	at = __atomic_fetch_add(&board->nr_files, 1, __ATOMIC_ACQ_REL);
	if (at >= AHEAD_FILES)
		return -1;
	board->files[at].dev = file->dev;
	board->files[at].ino = file->ino;
	memcpy(board->files[at].path, path, sizeof(path));
	__atomic_store_n(&board->files[at].complete, 1, __ATOMIC_RELEASE);
	return (int)at;
}

static void note(struct code_board *board, u64 pc, u32 file, u32 pgoff)
{
	u32 at;

	if (!is_news(board, pc, file))
		return;
	at = __atomic_fetch_add(&board->n, 1, __ATOMIC_ACQ_REL);
	if (at >= BOARD_NOTES)
		return;
	board->notes[at] = (struct code_note){.pc = pc, .file = (u16)file, .pgoff = pgoff};
	__atomic_store_n(&board->notes[at].complete, 1, __ATOMIC_RELEASE);
}

/* The blocks of a program of its own: each belongs to a page of a file. */
static void note_program(struct task_struct *t, struct code_board *board, const u64 *pcs, size_t n,
			 u64 *seen_files)
{
	const struct vm_area_struct *vma = NULL;
	int file = -1;

	for (size_t i = 0; i < n; i++) {
		if (!vma || pcs[i] < vma->vm_start || pcs[i] >= vma->vm_end) {
			vma = vma_lookup(t->mm, pcs[i]);
			file = vma && vma->vm_file && !vma->special ? board_file(board, vma->vm_file) : -1;
			if (file >= 0 && !(*seen_files & 1UL << file)) {
				*seen_files |= 1UL << file;
				__atomic_fetch_add(&board->files[file].reports, 1, __ATOMIC_ACQ_REL);
			}
		}
		if (file >= 0)
			note(board, pcs[i], (u32)file,
			     (u32)(vma->vm_pgoff + ((pcs[i] - vma->vm_start) >> PAGE_SHIFT)));
	}
}

static void board_drop(struct code_board **board)
{
	if (*board)
		munmap(*board, sizeof(**board));
	*board = NULL;
}

void ahead_report(struct task_struct *t, bool execs)
{
	struct ahead *ahead = &t->ulk->ahead;
	struct code_board *report = ahead->report;
	u64 pcs[256], seen_files = 0;
	size_t n;

	if (report && t->mm) {
		while ((n = cpu_new_code(t->ulk->cpu, pcs, ARRAY_SIZE(pcs)))) {
			if (ahead->own_program)
				note_program(t, report, pcs, n, &seen_files);
			for (size_t i = 0; !ahead->own_program && i < n; i++)
				note(report, pcs[i], OWN_MEMORY, 0);
		}
	}
	if (!execs || t->mm == NULL)
		return;
	/* What the old program's children noted says nothing about the new one's. */
	if (ahead->board != ahead->report)
		board_drop(&ahead->board);
	ahead->board = NULL;
	ahead->done = 0;
	ahead->own_program = true;
	for (int i = 0; i < AHEAD_FILES; i++) {
		if (ahead->files[i])
			fput(ahead->files[i]);
		ahead->files[i] = NULL;
	}
}

/* ---- translating ---- */

struct peek_ctx {
	struct task_struct *t;
	const struct code_note *notes;
	struct file *file; /* NULL: the process's own memory */
	u64 bytes;	   /* of the file */
};

static bool peek(void *arg, size_t i, u64 vaddr, u64 *paddr)
{
	const struct peek_ctx *ctx = arg;
	const struct code_note *at = &ctx->notes[i];
	u64 pgoff = at->pgoff + ((vaddr - at->pc + (at->pc & ~PAGE_MASK)) >> PAGE_SHIFT);

	if (!ctx->file)
		return mm_peek_code(ctx->t->mm, vaddr, paddr);
	/* The page itself, and the one that an instruction at its end may reach into. */
	return pgoff - at->pgoff <= 1 && pgoff < ctx->bytes >> PAGE_SHIFT &&
	       file_peek_code(ctx->t->mm, ctx->file, pgoff, paddr);
}

static void translate(struct task_struct *t, const struct code_note *notes, u32 from, u32 to, u32 file)
{
	struct peek_ctx ctx = {.t = t};
	struct code_note *wanted = calloc(to - from + 1, sizeof(*wanted));
	u64 *pcs = calloc(to - from + 1, sizeof(*pcs));
	size_t n = 0;

	for (u32 i = from; wanted && pcs && i < to; i++) {
		if (notes[i].file != file || !__atomic_load_n(&notes[i].complete, __ATOMIC_ACQUIRE))
			continue;
		wanted[n] = notes[i];
		pcs[n++] = notes[i].pc;
	}
	ctx.notes = wanted;
	ctx.file = file == OWN_MEMORY ? NULL : t->ulk->ahead.files[file];
	ctx.bytes = ctx.file ? PAGE_ALIGN(file_size(ctx.file)) : 0;
	if (n)
		cpu_translate_ahead(t->ulk->cpu, pcs, n, peek, &ctx);
	free(pcs);
	free(wanted);
}

static struct file *open_noted(struct task_struct *t, const struct code_file *noted)
{
	struct file *file = NULL;
	struct stat st;
	s64 fd;

	/* Closing it again would take the guest's POSIX locks on it. */
	if (t->ulk->phys->locked)
		return NULL;
	fd = HOST(SYS_open, noted->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return NULL;
	if (!HOST(SYS_fstat, fd, &st) && S_ISREG(st.st_mode) && st.st_dev == noted->dev &&
	    st.st_ino == noted->ino && file_from_fd(t->ulk->phys, (int)fd, &file))
		file = NULL;
	HOST(SYS_close, fd);
	return file;
}

void ahead_of_fork(struct task_struct *t)
{
	struct ahead *ahead = &t->ulk->ahead;
	struct code_board *board = ahead->board;
	u32 n, nr_files;

	if (!board) {
		board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		ahead->board = board == MAP_FAILED ? NULL : board;
		return;
	}
	n = min_t(u32, __atomic_load_n(&board->n, __ATOMIC_ACQUIRE), BOARD_NOTES);
	if (n > ahead->done)
		translate(t, board->notes, ahead->done, n, OWN_MEMORY);
	nr_files = min_t(u32, __atomic_load_n(&board->nr_files, __ATOMIC_ACQUIRE), AHEAD_FILES);
	for (u32 i = 0; i < nr_files; i++) {
		if (ahead->files[i]) {
			if (n > ahead->done)
				translate(t, board->notes, ahead->done, n, i);
			continue;
		}
		if (!__atomic_load_n(&board->files[i].complete, __ATOMIC_ACQUIRE) ||
		    board->files[i].reports < 2)
			continue;
		ahead->files[i] = open_noted(t, &board->files[i]);
		if (ahead->files[i])
			translate(t, board->notes, 0, n, i);
		else
			board->files[i].reports = 0; /* not to be had by this path: later, perhaps */
	}
	ahead->done = n;
}

void ahead_in_child(struct ulk *ulk)
{
	struct ahead *ahead = &ulk->ahead;

	if (ahead->report != ahead->board)
		board_drop(&ahead->report);
	ahead->report = ahead->board;
	ahead->own_program = false;
	cpu_learn(ulk->cpu, ahead->report != NULL);
}

void ahead_exit(struct ulk *ulk)
{
	struct ahead *ahead = &ulk->ahead;

	for (int i = 0; i < AHEAD_FILES; i++)
		if (ahead->files[i])
			fput(ahead->files[i]);
	if (ahead->report != ahead->board)
		board_drop(&ahead->report);
	board_drop(&ahead->board);
	memset(ahead, 0, sizeof(*ahead));
}
