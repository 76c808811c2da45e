/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz: a program executed again and again from a snapshot, each time with another input, for AFL++.
 *
 * afl-fuzz starts us and talks to a "fork server" over two pipes. Here that is two processes: the server, which does nothing
 * but wait, and its child, the worker, which has the machine and answers afl-fuzz itself, so that an execution costs no
 * more switches between processes than it must. afl-fuzz kills what takes too long, by the process id it was told: the
 * worker's. The server then says what became of it, and starts another one.
 */
#ifndef ULK_FUZZ_FUZZ_H
#define ULK_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "ulk.h"

/* What to execute, and from where. Strings are the caller's. */
struct fuzz {
	const char *at;            /* where the snapshot is taken: as ulk_break_at(), or "input"; NULL: at main() */
	const char *function;      /* call this function(data, size) instead of going on; NULL */
	const char *input;         /* the file that the program reads its input from; NULL: standard input */
	const char *const *files;  /* whose content is the same in each execution; NULL-terminated, or NULL */
	/* Make a machine and load the program into it: 0, or an exit status after a line on standard error. */
	int (*load)(void *arg, struct ulk_machine **m);
	void *arg;
};

/* ---- afl.c: what afl-fuzz shares with us ---- */

struct afl {
	int control, status;       /* the pipes */
	uint8_t *map;              /* of edges */
	uint32_t map_size;
	bool shared_input;         /* inputs come in memory */
	const uint32_t *input_size;
	const uint8_t *input;
};

/* Is somebody at the other end of the pipes? */
bool afl_is_there(void);
/* Attach to the shared memory that the environment names, and take the names out of it. The map has @map_size bytes, a power of two
 * up to AFL_MAP_MAX; 0: AFL's own 64 KiB. 0 or -errno; without shared memory ->map is NULL. */
int afl_attach(struct afl *afl, uint32_t map_size);
#define AFL_MAP_MAX (1u << 23)
/* Say that we are ready. 0 or -errno. */
int afl_greet(struct afl *afl);

/* ---- place.c: to where each execution begins ---- */

/* Run a loaded program to f->at. 0, or -errno with a clause in *why. */
int fuzz_reach(const struct fuzz *f, struct ulk_machine *m, const char **why);

/* ---- call.c: f->function ---- */

struct fuzz_call {
	uint64_t function, back;   /* addresses: of the function, and where it returns to */
	uint64_t room, room_size;  /* guest memory for inputs; what follows it is not mapped */
	uint64_t sp;
};

/* The largest input; what is longer is cut. AFL's own limit. */
#define FUZZ_INPUT_MAX (1u << 20)

/* In a machine at its place: get ready for calls, before the snapshot. 0, or -errno with a clause in *why. */
int fuzz_call_prepare(const struct fuzz *f, struct ulk_machine *m, struct fuzz_call *call, const char **why);
/* The registers and memory of a call with this input; ulk_run() then ends at a break when it has returned. 0 or -errno. */
int fuzz_call_begin(struct fuzz_call *call, struct ulk_machine *m, const uint8_t *data, size_t size);

/* ---- worker.c ---- */

/*
 * What server and worker share. A worker may be killed at any moment, also when it was just done; then the server must know what
 * afl-fuzz has got. So what afl-fuzz is to get, a process id and a status for each execution, goes to it by splice() out
 * of a file, whose offset moves in the same system call.
 */
struct fuzz_shared {
	int fd;                    /* the file */
	struct fuzz_answer {
		int32_t pid, status;
	} *answers;                /* of which it consists, FUZZ_ANSWERS */
	struct fuzz_progress {
		bool greeted;      /* afl-fuzz knows of us */
		bool ready;        /* this worker has come to its snapshot */
		bool owed;         /* a worker before it took the order for an execution, no more */
		int32_t current;   /* the answer that is due, from before its order is taken; -1: none is */
	} *progress;
};
#define FUZZ_ANSWERS 512

/* The worker: never returns. */
void fuzz_worker(const struct fuzz *f, struct afl *afl, struct fuzz_shared *shared) __attribute__((noreturn));
/* f->load(), and on to the place; of *@call only what --function needs is set. 0, or an exit status after a line on standard error. */
int fuzz_prepare(const struct fuzz *f, struct ulk_machine **m, struct fuzz_call *call);
/* From there to the end, with what is on standard input if f->function wants it; or until @limit seconds have passed: then it is
 * ULK_END_STOPPED. 0 or -errno. */
int fuzz_run_until(const struct fuzz *f, struct ulk_machine *m, struct fuzz_call *call, double limit, struct ulk_result *result);
/* Once, and without afl-fuzz's pipes: end as the program does. Returns an exit status only when something failed. */
int fuzz_once(const struct fuzz *f, struct afl *afl, struct ulk_result *result);
/* All of @fd, malloc'ed, at most FUZZ_INPUT_MAX bytes; NULL: cannot be read. */
uint8_t *fuzz_read_input(int fd, size_t *size);

/* ---- server.c ---- */

/* Serve afl-fuzz until it goes away; the exit status. */
int fuzz_serve(const struct fuzz *f, struct afl *afl);
/* Out of the way of the numbers that the program's own descriptors get; the new number, -1 for -1. */
int fuzz_move_fd(int fd);
/* "ulk: ..." on standard error. */
void fuzz_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
