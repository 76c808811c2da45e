/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * changes: --watch: each memory call as it is made, and below it what it changed, as lines of text.
 */
#ifndef ULK_OBSERVE_CHANGES_H
#define ULK_OBSERVE_CHANGES_H

#include <stdio.h>
#include "observe/memcalls.h"

struct changes {
	struct memory_sink sink;
	int fd;
	bool bare;                 /* @put prints the event itself, too */
	/* Print what the event changed, a line each. */
	void (*put)(struct changes *ch, FILE *out, struct task_struct *t, const struct memory_event *e);
};

/* To @path, or to standard error when that is NULL. 0 or -errno. */
int changes_open(struct changes *ch, const char *path,
		 void (*put)(struct changes *ch, FILE *out, struct task_struct *t, const struct memory_event *e));
void changes_close(struct changes *ch);
/* The line of /proc/PID/maps that an area would have. */
void changes_put_area(FILE *out, const struct areas *all, const struct area *a);
/* Areas that went (-) and came (+), in the lines of /proc/PID/maps; what such a line does not tell goes below. */
void changes_put_areas(struct changes *ch, FILE *out, struct task_struct *t, const struct memory_event *e);

#endif
