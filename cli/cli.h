/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli: the `ulk` command, a client of libulk. One file per verb; what verbs share is here.
 *
 * Start-up is part of the product: nothing is done before it is needed (no locale, no JSON without
 * --json, no copy of the environment unless it changes).
 */
#ifndef ULK_CLI_CLI_H
#define ULK_CLI_CLI_H

#include <argp.h>
#include <stdbool.h>
#include <stdio.h>
#include "libulk/machine.h"
#include "observe/changes.h"
#include "observe/core.h"
#include "observe/coverage.h"
#include "observe/history.h"
#include "observe/itrace.h"
#include "observe/profile.h"
#include "observe/inject.h"
#include "observe/removed.h"
#include "observe/report.h"
#include "observe/trace.h"
#include "ulk.h"

/* Exit statuses of ulk's own, as env(1), nohup(1) and the shells use them. */
enum { EXIT_ULK = 125, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

struct verb {
	const char *name;
	const char *summary;		    /* one line of `ulk --help` */
	int (*main)(int argc, char **argv); /* argv[0] is "ulk VERB"; returns the exit status */
};

extern const struct verb verb_run, verb_trace, verb_maps, verb_mm, verb_stack, verb_walk, verb_why, verb_sweep, verb_fuzz;

/* One change of the environment, in the order given. */
struct env_op {
	char kind; /* 'E' set, 'u' unset, 'i' empty */
	const char *arg;
};

/* Words in the order given, NULL-terminated. */
struct word_list {
	const char **words;
	size_t nr;
};

/* Which options a verb takes besides those that all of them do. */
enum launch_kind { LAUNCH_RUN, LAUNCH_TRACE, LAUNCH_SWEEP, LAUNCH_FUZZ, LAUNCH_LOOK, LAUNCH_LOOK_MM, LAUNCH_LOOK_MAPS };

/* What the options and arguments of a verb that starts a program say. */
struct launch {
	enum launch_kind kind;
	struct ulk_config config;
	struct env_op *env_ops;
	size_t nr_env_ops;
	const char *argv0; /* -0 */
	const char *dir;   /* -C */
	const char *at;	   /* --at: "entry", "exit" or a symbol */
	const char *save, *resume; /* --save-snapshot, --resume: files */
	bool json, cpuid, smaps, pagetables, watch;
	const char *html, *output; /* --html; -o of --watch, --itrace */
	struct trace_options trace; /* of `ulk trace' and --trace */
	struct word_list trace_calls, trace_signals; /* its sets */
	bool traced;
	struct sweep *sweep; /* of `ulk sweep' */
	struct fuzz_options *fuzz; /* of `ulk fuzz' */
	const char *record, *replay; /* --record, --replay: files */
	struct inject *inject; /* --inject */
	bool follow; /* -f: it goes for threads and children, too */
	bool debugged;         /* --gdb, and where */
	const char *gdb_where;
	struct history *history; /* for `monitor why' */
	struct removed *removed; /* for --report */
	struct core_dump core; /* --core */
	struct word_list coverage; /* --coverage */
	bool itraced;		   /* --itrace, and its range */
	const char *profile;	   /* --profile */
	const char *itrace;
	enum { REPORT_AUTO, REPORT_ALWAYS, REPORT_NEVER } report; /* --report: by default on a terminal */
	char **argv; /* the program and its arguments, NULL-terminated; NULL when none was given (--resume, --cpuid) */

	/* after launch_load() */
	struct observers observers;
	struct ulk_machine *machine;
	char **envp;
	const char *path; /* of the program, as it was found */
	char *found;	  /* path, when it had to be made */
};

/* Parse the options of a verb. Exits with 125 on a usage error, with 0 after --help. */
void launch_parse(struct launch *l, int argc, char **argv, enum launch_kind kind, const char *doc);
/* One more rule of --inject, or of -e inject= and -e fault=. */
void parse_inject(struct launch *l, const char *spec, bool fault, struct argp_state *state);
/* One more word; false without memory. */
bool word_add(struct word_list *list, const char *word);
/* The options of `ulk trace' (trace.c); its input is the struct launch. */
extern const struct argp trace_argp;
/* Those of `ulk sweep' (sweep.c). */
extern const struct argp sweep_argp;
/* Those of `ulk fuzz' (fuzz.c). */
extern const struct argp fuzz_argp;
/* Make the machine and load the program into it. 0, or the exit status after one line on stderr. Where
 * execve itself would kill, this dies of that signal. */
int launch_load(struct launch *l);
/* Load and run to the end (run.c): does not return, but with an exit status when ulk failed. */
int run_program(struct launch *l);
/* Load the snapshot --resume in the place of a program. 0 or the exit status. (resume.c) */
int load_snapshot(struct launch *l);
/* Load, run to where --at says, and write --save-snapshot; the exit status. (resume.c) */
int save_snapshot(struct launch *l);
/* The same for --gdb (gdb.c): returns the exit status, or ends as the program did. */
int run_for_gdb(struct launch *l);
/* Go on as process 2 of a new namespace of process ids, with a /proc of its own; whoever called ends as this process does. False: there
 * is none to be had. (namespace.c) */
bool enter_namespace(void);
/* For the looking verbs: load, then run to where --at says. 0 or the exit status. */
int launch_look(struct launch *l);
/* Before launch_load(): @sink is to hear of what the program does to its memory. 0 or the exit status (@sink NULL: there was no
 * memory for it). */
int launch_watch(struct launch *l, struct memory_sink *sink);
/* The same for --watch: @put prints what changed to -o. The caller closes @ch at last. */
int launch_changes(struct launch *l, struct changes *ch,
		   void (*put)(struct changes *ch, FILE *out, struct task_struct *t, const struct memory_event *e));
/* `ulk maps --html' (html.c): run, write the page, free; the exit status. */
int launch_html(struct launch *l);
/* The second half of launch_look() alone: run on to @where. */
int launch_go(struct launch *l, const char *where);
/* Release everything; returns @status. A run that ends well leaves that to the host (launch_end). */
int launch_free(struct launch *l, int status);
/* The task in the machine. */
struct task_struct *launch_task(const struct launch *l);

/* The environment after the changes: environ itself when there are none, else malloc'ed. NULL without
 * memory. (environment.c) */
char **environment_build(const struct env_op *ops, size_t nr);
/* Value of @name in @envp, or NULL. */
const char *environment_get(char *const envp[], const char *name);

/* End ulk as the guest ended: with its status, or by the same signal under the core limit it had. */
void launch_end(const struct launch *l, const struct ulk_result *result) __attribute__((noreturn));

/* "ulk: ..." on stderr. */
void cli_err(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Flush stdout; a failure (disk full, closed) is reported. 0 or EXIT_ULK. */
int cli_close_stdout(void);

/* ---- what the looking verbs share (look.c) ---- */

/* Guest string at @addr, without its NUL, at most @max bytes; malloc'ed, its length in *len. NULL when it
 * cannot be read. */
char *guest_string(struct task_struct *t, u64 addr, size_t max, size_t *len);
/* Print @len bytes as a C string between quotes, cut after @max bytes (0: never). */
void print_quoted(FILE *out, const char *s, size_t len, size_t max);
/* Where an address points: "[stack]+0x1f8", "/bin/hello r-xp+0x40 (main+0x4)"; "" when nowhere. Into buf. */
const char *describe_address(struct task_struct *t, u64 addr, char *buf, size_t size);

/* The address that @text names: a register (rsp, rip), brk, fs, or as --at has it. 0, or -errno with a clause in @why (160
 * bytes). (walk.c) */
int find_place(struct task_struct *t, const char *text, u64 *addr, char *why);
/* `ulk walk' of @addr. (walk.c) */
void put_address(FILE *out, struct task_struct *t, u64 addr);
/* `ulk mm'. (mm.c) */
void put_mm(FILE *out, struct task_struct *t);

/* ---- JSON (json.c): only ever called under --json ---- */
struct json_object;
/* A string object of any bytes: what is not UTF-8 becomes U+FFFD. */
struct json_object *json_text(const char *s, size_t len);
/* An address or a word as "0x...": JSON's numbers are not wide enough everywhere. */
struct json_object *json_hex(u64 value);
/* { "program": ..., "at": ... }, to which a verb adds what it shows. */
struct json_object *json_report(const struct launch *l);
/* Forms of an address space, an object each (json_maps.c). One line of maps; NULL when it is none. */
struct json_object *json_area(const char *line);
/* --watch: {"tid", "event", "call", "failed"} of an event; what changed is added by the caller, who ends it by this. */
struct json_object *json_event(const struct task_struct *t, const struct memory_event *e);
void json_line(FILE *out, struct json_object *o);
/* The text of maps or smaps, which is changed, as a list of areas; with smaps each has "smaps", in kB. */
struct json_object *json_maps(char *text);
/* The text of --pagetables, which is changed. */
struct json_object *json_tables(char *text);
/* The entries that lead to @addr. */
struct json_object *json_walk(struct mm_struct *mm, u64 addr);
/* Print and free @root, flush stdout; the exit status. */
int json_finish(struct json_object *root);

#endif
