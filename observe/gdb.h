/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gdb: the remote serial protocol of gdb, as gdbserver speaks it.
 *
 * Two parts. The server (gdb_server.c) is a process of its own, the parent of the program's: it talks to gdb, knows which
 * processes there are and starts new ones (vRun). In each process an agent (gdb_agent.c) hangs in the machine's hooks: it
 * stops where it is told, and while stopped answers what the server passes on (registers, memory, breakpoints). They talk over
 * a socket that the guest does not see, one packet a message; a fork hands the server the socket of the child.
 *
 * A process is stopped when one of its threads waits for the server with the CPU in its hands (kernel/sched.h): no other can
 * execute an instruction of the guest's, and none of ulk's that needs the lock.
 */
#ifndef ULK_OBSERVE_GDB_H
#define ULK_OBSERVE_GDB_H

#include "kernel/task.h"

struct gdb;
struct gdb_shared;

/* Carries out `monitor COMMAND' for thread @t, its output to @out. (The command line's printers are above this folder.) */
typedef void (*gdb_monitor_fn)(struct task_struct *t, const char *command, FILE *out);

/* ---- in the program's process ---- */

/* The agent that talks over @fd, which becomes its own. NULL without memory. */
struct gdb *gdb_create(int fd, struct gdb_shared *shared, unsigned slot, gdb_monitor_fn monitor);
/* From now on @ulk's process stops for gdb, at its first instruction for the first time. */
void gdb_attach(struct gdb *g, struct ulk *ulk);
/* @t runs no more guest code. */
void gdb_task_end(struct gdb *g, struct task_struct *t);

/* ---- the server ---- */

struct gdb_server_config {
	const char *where;         /* a port of 127.0.0.1, or with a slash the path of a socket; NULL: port 1234 */
	char **argv;               /* the program and its arguments */
	/*
	 * Called in a new process: run @argv with the agent on @fd. @env: "NAME=VALUE" to set, "NAME" to remove, NULL-terminated;
	 * @dir: where to, or NULL. Does not return.
	 */
	void (*start)(void *arg, char **argv, char **env, const char *dir, bool aslr, int fd, struct gdb_shared *shared, unsigned slot);
	void *arg;
};

/* Serve until the first program has ended, and gdb, if it wants more of them (extended-remote), has gone. Returns the status of
 * the program as wait(2) has it, or -errno after a line on stderr. */
int gdb_serve(const struct gdb_server_config *config);

#endif
