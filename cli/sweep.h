/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sweep: one run of a program to see which system calls it makes, then one for each of them in which it fails, is interrupted or
 * cut short. Such a run goes on from a copy of the process that was made just before the call, where that is sound (sweep_stem.c
 * says where); else, and where something was found, it is a child process of its own from the program's first instruction on: what a run
 * does to files, pipes and descriptors cannot be taken back by a snapshot, but it can be by a fresh copy of a directory (--in).
 */
#ifndef ULK_CLI_SWEEP_H
#define ULK_CLI_SWEEP_H

#include "cli/cli.h"

#define MAX_JOBS 64

/* What is done to a call. */
enum sweep_kind {
	SWEEP_ERROR,               /* it fails: the program may fail, too, but must say so */
	SWEEP_EINTR,               /* these two must not be seen from outside at all */
	SWEEP_SHORT,
};

/* A call of the first run, as the child notes it. */
struct call_note {
	u16 nr;
	bool early;                /* before main() */
	bool interruptible;
	bool moves;                /* more than one byte from or to a descriptor */
	u32 count;                 /* of this number in its thread */
};

struct sweep_case {
	struct call_note call;
	enum sweep_kind kind;
	char rule[2][80];          /* for --inject; the second may be "" */
	char name[120];            /* "read #3: error=EIO" */
};

/* What came of a run. */
struct outcome {
	int status;                /* as wait(2)'s */
	bool hung, flood;          /* it was stopped: too long, too much output */
	u64 out_hash, out_size;    /* standard output */
	u64 tree_hash;             /* --in: the files it left */
	double seconds;
	char *err;                 /* the beginning of standard error; malloc'ed */
	char *notes;               /* what the child noted: calls, or stacks; malloc'ed, with a NUL behind */
	size_t notes_size;
};

enum verdict { SWEEP_FINE, SWEEP_CRASH, SWEEP_HANG, SWEEP_SILENT, SWEEP_NOTICED };

struct sweep_result {
	enum verdict verdict;
	bool done, snapshot;       /* from a snapshot before the call */
	char text[160];            /* "dies of SIGSEGV" */
	char *stacks;              /* malloc'ed or NULL */
	double seconds;
};

struct sweep {
	struct launch *launch;
	/* options */
	const char *junit, *dir;
	bool tap, startup, anew;
	struct word_list calls;    /* -e */
	unsigned jobs;
	double timeout;            /* s; 0: by the first run */
	/* the input of each run: a file to open anew, or bytes for a pipe */
	int input_file;            /* -1: there is none */
	char *input;
	size_t input_size;
	/* found */
	struct outcome base;
	bool repeats;              /* a second plain run put out the same */
	struct sweep_case *cases;
	struct sweep_result *results;
	size_t nr_cases, nr_done, nr_calls;
	volatile bool *interrupted;
};

/* ---- sweep_run.c ---- */

enum sweep_mode { SWEEP_NOTE_CALLS, SWEEP_PLAIN, SWEEP_STACKS };

/* A run under way. */
struct sweep_run {
	pid_t pid;                 /* 0: the slot is free */
	int pidfd, fd[3];          /* its standard output and error, its notes; -1 closed */
	enum sweep_mode mode;
	size_t which;              /* the case */
	struct timespec began;
	double limit;
	char dir[40];              /* --in: the copy; "" none */
	struct outcome out;
	size_t err_size;
};

/* Take the input that every run is to have from standard input. 0 or -errno. */
int sweep_take_input(struct sweep *sw);
/* Start a run; @c NULL: with nothing injected. 0 or -errno. */
int sweep_start(struct sweep *sw, struct sweep_run *r, enum sweep_mode mode, const struct sweep_case *c, double limit);
/* Wait until one of @n runs ends (slots without pid are passed over); its index, its outcome complete. -1: interrupted. */
int sweep_wait(struct sweep *sw, struct sweep_run *runs, unsigned n);
void sweep_kill(struct sweep_run *r);
void outcome_free(struct outcome *o);

/* The standard input of a run, or -1. */
int sweep_open_input(const struct sweep *sw);

/* ---- sweep_stem.c ---- */

/* Run the cases that can be run from a snapshot, and note those that show nothing; @progress is told now and then. */
void sweep_from_stem(struct sweep *sw, void (*progress)(const struct sweep *sw, size_t found));

/* ---- sweep_cases.c ---- */

/* From the notes of the first run to the cases. 0 or -errno with a clause in @why (160 bytes). */
int sweep_make_cases(struct sweep *sw, char *why);
void sweep_judge(const struct sweep *sw, const struct sweep_case *c, const struct outcome *o, struct sweep_result *res);

/* ---- sweep_report.c ---- */

void sweep_print_case(const struct sweep *sw, size_t i);   /* when it is its turn */
void sweep_print_end(const struct sweep *sw);
int sweep_write_junit(const struct sweep *sw);             /* 0 or -errno */
bool sweep_failed(const struct sweep_result *r);

/* ---- sweep_tree.c: --in ---- */

/* A copy of @from in a new directory, whose name goes to @to (40 bytes). 0 or -errno. */
int tree_copy(const char *from, char *to);
u64 tree_hash(const char *dir);
void tree_remove(const char *dir);
/* FNV-1a. */
#define HASH_SEED 0xcbf29ce484222325UL
u64 hash_bytes(u64 hash, const void *p, size_t n);

#endif
