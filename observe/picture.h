/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * picture: a timeline's log as one HTML page that needs nothing else (observe/picture/ is its source).
 */
#ifndef ULK_OBSERVE_PICTURE_H
#define ULK_OBSERVE_PICTURE_H

#include <stdio.h>

struct picture_info {
	char *const *argv;         /* the command line */
	const char *ended;         /* how the run ended, when the log does not say; may be NULL */
};

/* Write the page of the log in @fd, whoever wrote it. 0 or -errno (-ENODATA: there was no program). Errors of @out are for the
 * caller to see. */
int picture_write(FILE *out, int fd, const struct picture_info *info);

#endif
