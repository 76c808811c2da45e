/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace: system calls, signals and ends of a program as lines of text, in the notation of strace(1).
 *
 * One struct trace serves all processes that a traced program forks: it lies in memory that they share, with the lock
 * that keeps their lines apart. A call that blocks while another thread writes is shown in two lines, "<unfinished
 * ...>" and "<... resumed>", as strace does.
 *
 * Nothing of this exists in a run without it: observers_attach() puts it in place of the machine's hooks.
 */
#ifndef ULK_OBSERVE_TRACE_H
#define ULK_OBSERVE_TRACE_H

#include "kernel/task.h"

struct trace;

/* How calls may end. */
enum {
	TRACE_SUCCESSFUL = 1, TRACE_FAILED = 2, TRACE_UNFINISHED = 4, TRACE_STATUS_ALL = 7,
};

struct trace_options {
	const char *path;          /* -o: write to this file; NULL: stderr */
	bool follow;               /* -f: threads and children, too */
	bool summary;              /* -c, -C: count calls, errors and time, print the table at the end */
	bool summary_only;         /* -c */
	bool json;                 /* a JSON object a line */
	bool verbose;              /* -v: structures whole */
	bool quiet;                /* -q: no "+++ exited" (twice strace's), no attach messages */
	bool times;                /* -T: the time spent in the call */
	int stamps;                /* -t: 1 time of day, 2 with microseconds, 3 seconds since the epoch */
	unsigned strlen_max;       /* -s */
	unsigned column;           /* -a: where "=" stands */
	bool append;               /* -A */
	bool relative;             /* -r: the time since the line before */
	bool pc;                   /* -i */
	bool numbers;              /* -n */
	bool stacks;               /* -k */
	u8 fd_paths;               /* -y: 1 descriptors with what they are open on; -yy: 2 sockets and devices told more of */
	u8 hex_strings;            /* -x: 1 strings that are not text in hexadecimal; -xx: 2 all strings */
	u8 status;                 /* -e status=: which results are shown, TRACE_... */
	const char *traced_path;   /* -P: only calls on it */
	const char *sort;          /* -S: the summary's order: time, calls, errors, name, nothing */
	const char *const *calls;  /* -e trace=SET, each; NULL-terminated */
	const char *const *signals;   /* -e signal=SET */
};

/* strace's defaults: -s 32, -a 40. */
void trace_defaults(struct trace_options *opt);
/* Returns 0 or -errno with a clause in @why (at least 160 bytes): a set that cannot be parsed (-EINVAL), a file that
 * cannot be written. */
int trace_create(const struct trace_options *opt, struct trace **out, char *why);
/* The program was loaded, as by this execve: the first line. */
void trace_started(struct trace *tr, struct task_struct *t, const char *path, char *const argv[], char *const envp[]);
void trace_destroy(struct trace *tr);

/* ---- filter.c ---- */

/* A set of system calls, or of signals, by number. */
struct trace_set {
	u64 bits[16];
};
static inline bool set_has(const struct trace_set *s, u64 nr)
{
	return nr < 64 * ARRAY_SIZE(s->bits) && (s->bits[nr / 64] >> nr % 64 & 1);
}
/*
 * "read,%file,!%memory,/regex": strace's sets. *set becomes the set that @text describes. Returns 0, or -EINVAL with a
 * clause in @why.
 */
int parse_call_set(const char *text, struct trace_set *set, char *why, size_t size);
int parse_signal_set(const char *text, struct trace_set *set, char *why, size_t size);

#endif
