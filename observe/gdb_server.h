/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of gdb's server share among themselves. */
#ifndef ULK_OBSERVE_GDB_SERVER_H
#define ULK_OBSERVE_GDB_SERVER_H

#include <string.h>
#include <signal.h>
#include "observe/gdb_internal.h"

#define GDB_FILES 64

/* A process that gdb knows of. */
struct gdb_process {
	struct gdb_process *next;
	int pid;
	int fd;                    /* to its agent */
	unsigned slot;
	bool ours;                 /* a child of the server: its end can be waited for */
	bool running;
	bool gone;                 /* did not answer: its end is to be heard soon */
	bool ended;                /* has said how: */
	int status;                /* as of wait(2) */
	char *event;               /* a stop reply that gdb has not got yet, or NULL */
	char *last;                /* the last that it got, or would have */
	char *resumed_with;        /* the vCont it runs by */
	bool late;                 /* did not stop when it was to: when it does at last, it goes on */
};

/* A file that gdb has open: one of the host's, or one of a process's /proc. */
struct gdb_file {
	bool used;
	int fd;                    /* -1: */
	int pid;
	char name[16];
};

struct gdb_server {
	const struct gdb_server_config *config;
	struct gdb_shared *shared;
	struct gdb_process *processes;
	char **argv;               /* of the next vRun without a name */
	char **env;                /* what gdb changed of the environment, NULL-terminated */
	size_t nr_env;
	char *dir;
	bool aslr;
	int listener, client;      /* -1 for none */
	const char *path;          /* of the listener's socket, to be removed at last; NULL: it has none */
	struct sigaction signals[3]; /* what SIGINT, SIGQUIT and SIGPIPE do to the program */
	bool no_ack, extended;
	bool fresh;                /* this gdb has just come, and the processes hold what an earlier one left */
	bool waiting;              /* a vCont is not answered yet */
	bool interrupted;          /* by Ctrl-C: the next stop without a cause is SIGINT's */
	int pid, tid;              /* Hg */
	int last_pid, status;      /* of the program: the last one that the server started */
	bool reaped;
	char *dead;                /* the end of a process that gdb has not heard of */
	char *threads;             /* of qXfer:threads, read by pieces */
	size_t threads_size;
	char *sent;                /* the last packet, in case it must be sent again */
	size_t sent_size;
	struct gdb_file file[GDB_FILES];
	size_t nr_in;
	char in[2 * GDB_PACKET];
};

/* ---- gdb_connection.c: packets to and from gdb ---- */

/* Bind to config->where. 0 or -errno, *@shown (128 bytes) saying where. */
int gdb_listen(struct gdb_server *s, char *shown);
void gdb_accept(struct gdb_server *s);
void gdb_hang_up(struct gdb_server *s);
void gdb_send_packet(struct gdb_server *s, const char *data, size_t n);
/* Read what gdb sent and handle each packet. */
void gdb_read_packets(struct gdb_server *s);

/* ---- gdb_server.c ---- */

/* The terminal's signals are the program's alone; a broken connection is no reason to die. */
void gdb_ignore_signals(struct gdb_server *s);
/* In a new process, before it becomes the program. */
void gdb_restore_signals(struct gdb_server *s);

/* ---- gdb_settings.c ---- */

/* What the Q packets set, as it is until a gdb says otherwise. */
void gdb_default_settings(struct gdb_shared *sh);
/* qSupported: gdb's features are noted, the stub's are the answer. */
void gdb_put_features(struct gdb_server *s, const char *features, FILE *out);
/* A Q packet; nothing is answered to one that is not known. */
void gdb_set(struct gdb_server *s, const char *packet, size_t n, FILE *out);

static inline bool gdb_starts(const char *packet, const char *with)
{
	return !strncmp(packet, with, strlen(with));
}

/* ---- gdb_packets.c ---- */

void gdb_handle_packet(struct gdb_server *s, char *packet, size_t n);
/* Ctrl-C */
void gdb_interrupt(struct gdb_server *s);

/* ---- gdb_process.c: the processes ---- */

struct gdb_process *gdb_find_process(struct gdb_server *s, int pid);
/* Hg's process, or the first. */
struct gdb_process *gdb_current(struct gdb_server *s);
/* Start the program @argv. NULL when it did not get to its first instruction; s->status says how it ended. */
struct gdb_process *gdb_start(struct gdb_server *s, char **argv);
/* Ask a stopped process; the answer is malloc'ed, *@n long, NULL when there is none. */
char *gdb_ask(struct gdb_server *s, struct gdb_process *p, int tid, const char *packet, size_t len, size_t *n);
/* A message or the end of a process came. May free it. */
void gdb_process_event(struct gdb_server *s, struct gdb_process *p);
/* Make all processes stop, as far as they do within a second. */
void gdb_stop_all(struct gdb_server *s);
void gdb_resume_process(struct gdb_server *s, struct gdb_process *p, const char *packet);
void gdb_detach_process(struct gdb_server *s, struct gdb_process *p);
void gdb_kill_process(struct gdb_server *s, struct gdb_process *p);
/* Breakpoints and watchpoints of a gdb that went away without removing them: the next knows nothing of them. All processes
 * that stand still forget them, and that they stopped there. */
void gdb_forget_points(struct gdb_server *s);
/* Something happened that gdb waits for: stop all others and tell it. */
void gdb_report(struct gdb_server *s);

/* vFile: (gdb_file.c) */
void gdb_host_file(struct gdb_server *s, const char *packet, size_t n, FILE *out);
void gdb_close_files(struct gdb_server *s);

#endif
