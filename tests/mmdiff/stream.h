/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stream: a program that does random things to its own memory and says what came of it.
 *
 *   support.c   output, random numbers, places, touches and the fault handler, the state of the process
 *   calls.c     the operations, each one memory call with arguments from the dice; which are how frequent
 *   ops_io.c    more of them: data through the kernel
 *   ops_mm.c    more of them: by detours, code, threads
 *   accounting.c  counters and residency
 *   stream.c    options, which operation comes next, forks
 *
 * Static, no malloc, no stdio: nothing but the operations may change the address space, and two native
 * runs under `setarch -R` print the same.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

typedef uint64_t u64;
#define PAGE 4096UL
#define NR_FILES 6
#define FILE_PAGES 40UL
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Bits of the option `avoid`: kinds of operation that are left out (see the list in stream.c). */
struct options {
	u64 seed;
	unsigned long ops;      /* how many */
	unsigned long every;    /* the whole state is printed after so many operations */
	const char *dir;        /* for files; the same for each run, since names are shown */
	int accounting;         /* print counters and residency after each operation */
	unsigned long avoid;
	unsigned long mode;     /* which operations are frequent: enum stream_mode */
};

enum stream_mode {
	MODE_PLAIN,             /* memory calls, touches, some transfers */
	MODE_ALL,               /* the operations of ops_*.c, too */
	MODE_NARROW,            /* few pages, so that everything meets */
	MODE_HUGE,              /* areas of many megabytes */
	MODE_FILES,             /* mappings of files, transfers, truncations */
	MODE_FORKS,             /* many forks, whose children make calls */
	NR_MODES
};

enum {
	AVOID_FORK = 1,         /* fork */
	AVOID_RECLAIM = 2,      /* madvise PAGEOUT: what is reclaimed depends on the host's page cache */
	AVOID_HUGE = 4,         /* madvise HUGEPAGE and COLLAPSE: huge pages depend on the host's free memory */
	AVOID_DISK = 8,         /* files of a file system; files in memory only */
	AVOID_WRITE = 16,       /* pwrite, pwritev: how far one gets from a bad buffer, and what it leaves in the cache */
	AVOID_CHILD = 64,       /* children that truncate files which the parent maps */
	AVOID_SEAL = 32,        /* seals of memfds */
};

extern struct options opt;
extern int files[NR_FILES];
extern int in_child;
extern unsigned long now;       /* index of the current operation */

/* support.c */
void seed_dice(u64 seed);
u64 rnd(u64 n);
int chance(unsigned percent);
void out(const char *fmt, ...);         /* %x u64, %d long, %s string; nothing else */
void flush(void);
long call(long nr, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);
void result(long ret);                  /* " = value\n" */
void setup_places(void);
void remember(u64 addr);
u64 some_addr(void);                    /* page aligned, mostly */
u64 some_len(void);
u64 some_prot(void);
u64 safe_len(u64 addr, u64 len);        /* shortened so that this program itself is not hit */
void touch(void);
void setup_faults(void);
void print_maps(void);
/* Stores to each page of the buffers, so that what is written to them later is no fault. */
void own_buffers(void);
/* The same for the alternate signal stack: after a fork its pages are shared again. */
void own_altstack(void);
/* Store "return @value" at @addr and call it: prints the value or the signal. */
void run_stub(u64 addr, unsigned value);
int open_quiet(const char *path);
/* All of a file of /proc into @text, with a NUL; its length. */
size_t read_text(char *text, size_t size, const char *path);
/* Somewhere in what exec mapped. */
u64 places_addr(void);
extern u64 vvar;        /* where the kernel's own pages begin, below the vDSO */

/* accounting.c */
void setup_accounting(void);    /* begin anew, in a child, too: everything is printed */
void print_accounting(void);    /* what changed since the last time */

/* calls.c */
void setup_files(void);
void fill_holes(void);
void read_back(void);
void one_call(void);
extern const char *const file_names[NR_FILES];

/* ops_io.c */
void setup_io(void);
void open_mem(void);    /* a file of /proc/self/mem belongs to the process that opened it */
void op_position(void);
void op_flags(void);
void op_process_vm(void);
void op_mem(void);
void op_pipe(void);
void op_small(void);
void op_fallocate(void);

/* ops_mm.c */
void op_process_madvise(void);
void op_set_mm(void);
void op_stub(void);
void op_thread(void);
void op_keys(void);
void op_moves(void);

#endif
