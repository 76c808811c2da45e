/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ulk: a user-land kernel for one process. The library's interface.
 *
 * All functions return 0 (or what they state) or a negative errno, never exit or abort.
 * Threads: one struct ulk_machine is used by one host thread at a time (ulk_stop() alone may come from any); different machines may be
 * used by different threads at once, and one may be handed from thread to thread between calls. Each program has its own memory,
 * signals, working directory and umask; ids, interval timers and the host's signal handlers are the host process's, once.
 * A program's wait() sees the children that were forked on the host thread that runs it.
 */
#ifndef ULK_H
#define ULK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "ulk/call.h"
#include "ulk/control.h"
#include "ulk/snapshot.h"
#include "ulk/state.h"
#include "ulk/watch.h"

#ifdef __cplusplus
extern "C" {
#endif


struct ulk_machine;

/* How a run ended. */
enum ulk_end {
	ULK_END_EXIT,               /* the process ended; code: its status */
	ULK_END_SIGNAL,             /* it died of a signal; code: which */
	ULK_END_BREAK,              /* a break was reached */
	ULK_END_ERROR,              /* ulk itself failed */
	ULK_END_STOPPED,            /* ulk_stop() */
	ULK_END_LIMIT,              /* ulk_step()'s or ulk_run_for()'s limit; code: 1 instructions, 2 seconds */
};
struct ulk_result {
	enum ulk_end end;
	int code;                   /* exit status, or signal number */
};

/* A resource limit of the program (RLIMIT_*; UINT64_MAX: none). */
struct ulk_rlimit {
	int resource;
	uint64_t soft, hard;
};

/* All zero is what most want. */
struct ulk_config {
	uint64_t memory;            /* bytes of guest memory, 0 = the host's RAM */
	uint64_t stack_limit;       /* RLIMIT_STACK in bytes, 0 = inherit, UINT64_MAX = unlimited */
	bool verbose;
	bool aslr;
	uint64_t aslr_seed;         /* 0 with aslr: a fresh random seed */
	bool check_mm;
	bool deterministic;         /* virtual time, and threads, chance and CPU numbers that repeat */
	uint64_t seed;              /* with it: another seed, another schedule */
	uint64_t time;              /* with it: seconds since 1970 that CLOCK_REALTIME begins with; 0: 1700000000 */
	const char *cwd;            /* working directory; within root if that is given. NULL: the host program's */
	const char *root;           /* root directory: chroot(2), so without CAP_SYS_CHROOT -EPERM. NULL: the host program's */
	/* Limits, in the place of those that the host process has. Unless it is own_process those that only the host's kernel
	 * could enforce (RLIMIT_CPU, _FSIZE, _NPROC, ...) are shown to the program, but bind nobody. */
	const struct ulk_rlimit *limits;
	size_t nr_limits;
	bool exec_native;           /* programs that the program executes run on the host itself, not under ulk */
	/* The host process is there for the program alone, as the ulk command is: signals that end the program end it, it
	 * shows the program's name, and the program has all its descriptors. See "Guests in a host" in docs/library.md. */
	bool own_process;
	bool inherit_fds;           /* the program has the descriptors that are open when the machine is made, not only 0 to 2 */
	bool stop_at_fault;         /* ulk_break_at(m, "fault") will be asked for */
	/* Does the program's kernel track soft-dirty pages (CONFIG_MEM_SOFT_DIRTY)? As the host's, or as said. */
	enum { ULK_SOFT_DIRTY_HOST, ULK_SOFT_DIRTY_ON, ULK_SOFT_DIRTY_OFF } soft_dirty;
	/* A child process that the program forked has ended. ulk_run() does not return in it: this must end the host process,
	 * as @result says. NULL: it ends in the same way as the program's child did. */
	void (*end_process)(void *arg, const struct ulk_result *result);
	void *end_arg;
};

const char *ulk_version(void);                 /* "0.1.0" */
const char *ulk_engine_version(void);          /* "unicorn 2.1.1" */

/* @config: NULL is one that is all zero. */
int ulk_machine_new(const struct ulk_config *config, struct ulk_machine **out);
/* Not from a callback: that does nothing. */
void ulk_machine_free(struct ulk_machine *m);
/* Why the last call failed, one clause; owned by the machine. */
const char *ulk_machine_error(const struct ulk_machine *m);

/* Load a program as execve would; a relative path is seen from config.cwd, an absolute one from config.root. argv and envp are
 * NULL-terminated. Returns 0 or -errno. */
int ulk_load(struct ulk_machine *m, const char *path, char *const argv[], char *const envp[]);
/* The same for an executable that is in memory, @size bytes at @data: the program's /proc/self/exe is a memory file of this name,
 * as if fexecve(3) had been called. */
int ulk_load_memory(struct ulk_machine *m, const char *name, const void *data, size_t size, char *const argv[],
		    char *const envp[]);
/*
 * Where the next ulk_run() stops, in the place of any earlier one: "entry", before the instruction at "SYMBOL", "SYMBOL+OFFSET",
 * "0xADDRESS" or "FILE:LINE"; "syscall:NAME[:N]" before the N-th such call; "fault" before a signal that ends the program by
 * its own fault (config.stop_at_fault makes sure that none passes by); "time:SECONDS"; NULL: nowhere any more (to begin a run at
 * a break costs 0.05 ms, for its page is translated anew: with a snapshot there, take the break away). Returns 0, -ENOENT, -EINVAL.
 */
int ulk_break_at(struct ulk_machine *m, const char *where);
/* Run until the process ends or the break is reached. -EINVAL: it has ended already; -EBUSY: a callback cannot run its machine. */
int ulk_run(struct ulk_machine *m, struct ulk_result *result);

#ifdef __cplusplus
}
#endif

#endif
