/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record: what a program gets from outside (files, directories, sockets, the terminal, the machine), written to a file during one run and
 * played in another, in which nothing of it need be there any more. Both runs are deterministic (kernel/determin.h): so the calls come in
 * the same order, and what the program does by itself (memory, threads, pipes, signals) is simply done again.
 *
 * An entry of the file is a call: number, result, process, thread, virtual time, and the bytes that it stored. All processes that come from the
 * first write to and read from the one file, by turns. A call that does not match its entry ends the replay: the program, its
 * arguments or its environment are not those of the recording.
 *
 * Who has the turn uses it.
 */
#ifndef ULK_OBSERVE_RECORD_H
#define ULK_OBSERVE_RECORD_H

#include "kernel/task.h"

struct record;

/* Open @path, to write (@replay false) or to play. 0 or -errno with a clause in @why (160 bytes). */
int record_create(const char *path, bool replay, struct record **out, char *why);
void record_destroy(struct record *r);
void record_attach(struct record *r, struct ulk *ulk);

#endif
