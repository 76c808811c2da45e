/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * symbols: from addresses of a program to names, files and lines, and from registers to a backtrace, by libdwfl over the
 * files that are mapped now. Made when it is needed, which is when a program has died or somebody asks: it reads much.
 */
#ifndef ULK_OBSERVE_SYMBOLS_H
#define ULK_OBSERVE_SYMBOLS_H

#include "kernel/task.h"

struct symbols;

/* What is known of an address. Strings live as long as the symbols; NULL or 0 where nothing is. */
struct place {
	const char *module;        /* path of the file */
	const char *symbol;
	u64 offset;                /* from the symbol */
	u64 symbol_start;
	const char *file;          /* of the source */
	int line;
};

/* One step of a backtrace; a call that was inlined is a frame of its own. */
struct frame {
	unsigned nr;
	u64 pc;
	bool inlined;
	struct place place;
};

/* NULL when nothing can be known (no memory, no file). */
struct symbols *symbols_open(struct task_struct *t);
void symbols_close(struct symbols *s);
void symbols_find(struct symbols *s, u64 addr, struct place *out);
/* The ELF section of a mapped file that holds @addr, such as ".rodata"; NULL. */
const char *symbols_section(struct symbols *s, u64 addr);
/* Call @each for every function and variable that the mapped files name, until it returns false. */
void symbols_each(struct symbols *s, bool (*each)(const char *name, u64 addr, u64 size, bool function, const char *module, void *arg),
		  void *arg);
/* "FILE:LINE": the lowest address where a statement of that line begins; FILE may be the end of a path. */
bool symbols_line(struct symbols *s, const char *where, u64 *addr);
/* A row of the line tables: [addr, end) is code of a line; is_stmt as DWARF has it. */
struct source_line {
	u64 addr, end;
	const char *file, *module;
	int line, column;
	bool is_stmt;
};
/* Call @each for every row in [from, to), by address within each module, until it returns false. 0 or -ENOMEM. (source_lines.c) */
int symbols_each_line(struct symbols *s, u64 from, u64 to, bool (*each)(const struct source_line *line, void *arg), void *arg);
/* What libdwfl knows of the program. */
struct Dwfl *symbols_dwfl(struct symbols *s);
/* Call @each for the frames of the task's stack, the innermost first, until it returns false. */
void symbols_backtrace(struct symbols *s, bool (*each)(const struct frame *f, void *arg), void *arg);
/* Of any thread of the program: the program counter and then the return addresses, at most @max; 0 behind the last. For
 * many: it looks up no names. */
void symbols_callers(struct symbols *s, struct task_struct *t, u64 *pc, unsigned max);

/* A line "        by inner (file.c:3) < outer" for such callers; nothing when no name is known. @s may be NULL. */
void symbols_put_callers(FILE *out, struct symbols *s, const u64 *pc, unsigned max);

#endif
