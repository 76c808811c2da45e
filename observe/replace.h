/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replace: a result file that many processes add to, each when it ends. Whoever adds reads what is there, makes the new
 * whole and puts it in the old one's place, under a lock; so the file is whole at any time, whoever is killed when.
 *
 * The lock is an flock(2) on the directory, which leaves nothing behind; the new file is made beside the old one under a
 * name that only the lock's holder uses.
 */
#ifndef ULK_OBSERVE_REPLACE_H
#define ULK_OBSERVE_REPLACE_H

#include <stdio.h>
#include "kernel/task.h"

struct replace {
	char *path, *name;         /* of the file, links resolved, absolute; and its last part */
	char *temporary;           /* in the same directory */
	int dir;                   /* a descriptor of the directory */
};

/* Look where @path leads, and that a file can be made there. 0, or -errno with a clause in @why (160 bytes). */
int replace_init(struct replace *r, const char *path, char *why);
/* The guest shall not see the directory's descriptor, nor take its number. */
void replace_attach(struct replace *r, struct ulk *ulk);
void replace_free(struct replace *r);

/* What is there now: malloc'ed, NUL-terminated, its length in *size; empty when there is no file. 0 or -errno. */
int replace_read(const struct replace *r, char **text, size_t *size);
/*
 * Under the lock, let @merge write to @out what is to take the place of the @size bytes at @old, and put it there. Where
 * @merge returns -errno nothing is changed. The guest's limits on files are lifted meanwhile, as far as they can be.
 */
int replace_update(const struct replace *r,
		   int (*merge)(void *arg, const char *old, size_t size, FILE *out), void *arg);

#endif
