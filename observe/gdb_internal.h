/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the gdb stub share among themselves. */
#ifndef ULK_OBSERVE_GDB_INTERNAL_H
#define ULK_OBSERVE_GDB_INTERNAL_H

#include <signal.h>
#include "observe/gdb.h"

#define GDB_PACKET   0x4000 /* bytes of the longest packet, either way */
#define GDB_REPLY_MAX (8 * GDB_PACKET) /* of the longest answer of a process to its server */
#define GDB_SLOTS    256
#define GDB_SYSCALLS 1024

/* ---- between the server and the agents ---- */

enum gdb_message {
	/* to the agent */
	GDB_REQUEST,               /* a packet of gdb's, for thread @tid: answered by GDB_REPLY */
	GDB_RESUME,                /* a vCont packet */
	GDB_DETACH,
	/* to the server */
	GDB_REPLY,                 /* a packet for gdb */
	GDB_STOPPED,               /* a stop reply; of a fork, with the child's socket, and its pid and slot */
	GDB_EXITED,                /* @pid is the status as of wait(2); the process goes now */
};

struct gdb_header {
	u32 type;
	s32 tid;
	s32 pid;
	u32 slot;
};

/* In memory that the server and all agents share: settings of gdb's, which the server writes. */
struct gdb_shared {
	bool multiprocess, swbreak, hwbreak;
	bool fork_events, vfork_events, exec_events;
	u64 pass_signals;          /* go to the program without a stop (QPassSignals): bit signo - 1 */
	u64 program_signals;       /* go to the program when gdb detaches (QProgramSignals) */
	bool catch_on, catch_all;  /* QCatchSyscalls */
	u64 catch_set[GDB_SYSCALLS / 64];
	struct {
		u32 used;          /* by a process */
		u32 stop;          /* which is to stop */
	} slot[GDB_SLOTS];
};

/* Send one message, with descriptor @pass if it is not negative. False when the other side is gone. */
bool gdb_send(int fd, const struct gdb_header *h, const void *data, size_t n, int pass);
/* Receive one of at most @size bytes, with its descriptor, if any, to *@passed. Bytes, or -errno (-EPIPE: the other side is
 * gone; -EINTR). */
ssize_t gdb_receive(int fd, struct gdb_header *h, void *data, size_t size, int *passed);

/* ---- text (gdb_text.c) ---- */

int gdb_hex_digit(int c);
/* Parse hexadecimal at **@s, which moves on; false when there is none, or more than 64 bits of it. */
bool gdb_parse_hex(const char **s, u64 *value);
/* "-1", "p1.2", "p1", "2": what is not there is 0, all is -1. */
bool gdb_parse_thread(const char **s, int *pid, int *tid);
/* The bytes that @n digits of @hex are; false when they are not digits. */
bool gdb_unhex(const char *hex, size_t n, u8 *out);
void gdb_put_hex(FILE *out, const void *data, size_t n);
/* With the bytes that have a meaning in the protocol escaped. */
void gdb_put_binary(FILE *out, const void *data, size_t n);
void gdb_put_thread(FILE *out, bool multiprocess, int pid, int tid);
/* The piece of @data that "OFFSET,LENGTH" at @range asks for, as the answer to a qXfer; "E01" when it asks for nothing sensible. */
void gdb_put_piece(FILE *out, const void *data, size_t n, const char *range);
/* Signals have gdb's numbers in the protocol. 0 where there is no such. */
int gdb_signal_to(int host);
int gdb_signal_from(int number);

/* ---- the agent ---- */

enum gdb_resume { GDB_GO, GDB_STEP, GDB_RANGE, GDB_STAY };

/* Of each thread: task_struct.debugged. */
struct gdb_thread {
	enum gdb_resume resume;
	u64 start, end;            /* GDB_RANGE: step until outside */
	bool ran;                  /* since it was resumed, something that ends a step */
	bool in_syscall;
	bool at_entry;             /* stopped before a system call, for QCatchSyscalls */
	int signal;                /* the one that it stopped at, or 0; when resumed the one to deliver */
	siginfo_t info;
	u64 pass_once;             /* signals that gdb sends: no stop for them */
};

/* A breakpoint or watchpoint; the numbers of the Z packets. */
enum gdb_point_type { GDB_SWBREAK, GDB_HWBREAK, GDB_WATCH, GDB_RWATCH, GDB_AWATCH };

struct gdb_point {
	enum gdb_point_type type;
	u64 addr, len;
};

struct gdb {
	int fd;
	struct gdb_shared *shared;
	unsigned slot;
	gdb_monitor_fn monitor;
	struct ulk *ulk;
	/* what was in the hooks, and asked for, before */
	s64 (*syscall)(struct task_struct *t, u64 nr, const u64 args[6]);
	bool (*syscall_is_fast)(u64 nr);
	u64 observe_signals;

	bool started;              /* has stopped for the first time */
	bool detached;
	bool born;                 /* a new child, to stop where it begins */
	bool end_told;
	bool program_changed;      /* execve: to be told */
	u32 resumed;               /* futex: counts */
	struct gdb_point *points;
	size_t nr_points, cap_points;
	bool watching;             /* some of them are watchpoints */
	bool missed, open;         /* an access was refused for a watchpoint; one instruction may do all */
	int child_fd, server_fd;   /* during a fork: the two ends of the child's socket, or -1 */
	unsigned child_slot;
	char *file_name, *file;    /* last read by pieces */
	size_t file_size;
	u8 in[GDB_PACKET + 1];
};

static inline struct gdb_thread *gdb_thread(const struct task_struct *t)
{
	return t->debugged;
}

/* Answer the packet in g->in, for @t: one that is at rest. (gdb_request.c) */
void gdb_answer(struct gdb *g, struct task_struct *t, const char *packet, size_t n, FILE *out);

/* @t's registers as gdb numbers them: the whole, or one; and the description of them. (gdb_regs.c) */
void gdb_get_registers(struct gdb *g, struct task_struct *t, FILE *out);
bool gdb_set_registers(struct gdb *g, struct task_struct *t, const char *hex, size_t n);
void gdb_get_register(struct gdb *g, struct task_struct *t, u64 number, FILE *out);
bool gdb_set_register(struct gdb *g, struct task_struct *t, u64 number, const char *hex, size_t n);
void gdb_target_xml(FILE *out);

/* (gdb_points.c) 0 or -errno. */
int gdb_insert_point(struct gdb *g, enum gdb_point_type type, u64 addr, u64 len);
int gdb_remove_point(struct gdb *g, enum gdb_point_type type, u64 addr, u64 len);
void gdb_remove_points(struct gdb *g);
const struct gdb_point *gdb_break_at(const struct gdb *g, u64 addr);
/* ulk_hooks.admit */
bool gdb_admit(struct task_struct *t, u64 page, enum cpu_access access, u8 *perms);
/* An access was refused for a watchpoint: execute the instruction. The watchpoint that it hit, or NULL. */
const struct gdb_point *gdb_watched_step(struct gdb *g, struct task_struct *t, struct cpu_exit *exit);

/* qXfer and files of /proc: (gdb_xfer.c) */
void gdb_xfer(struct gdb *g, struct task_struct *t, const char *packet, size_t n, FILE *out);
/* "NAME:OFFSET,LENGTH" of the process's directory of /proc; "E01" when it is none that ulk makes. */
void gdb_read_proc(struct gdb *g, struct task_struct *t, const char *what, FILE *out);
/* Where @offset is in the thread's storage of @module (a link_map's address). */
void gdb_tls_address(struct task_struct *t, u64 offset, u64 module, FILE *out);

struct gdb *gdb_of(const struct task_struct *t);

/* ---- gdb_agent.c, for gdb_fork.c ---- */

/* What is known of the thread, made if it is new; NULL without memory. */
struct gdb_thread *gdb_know(struct task_struct *t);
/* No gdb any more: the program runs as if there had been none. */
void gdb_let_go(struct gdb *g);
/* Tell the server why, with @pass if it is not negative, and stay until gdb says otherwise. */
void gdb_stop(struct gdb *g, struct task_struct *t, const char *reason);
void gdb_stop_with(struct gdb *g, struct task_struct *t, struct gdb_header *h, const char *reason, int pass);

/* ulk_hooks.fork (gdb_fork.c) */
void gdb_on_fork(struct task_struct *t, enum fork_stage stage, u64 flags, s64 pid);

#endif
