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

/* Write the page of a log of that many bytes (timeline_log()). 0 or -errno (-ENODATA: there was no program). Errors of @out are for the
 * caller to see. */
int picture_write(FILE *out, const void *log, size_t size, const struct picture_info *info);

#endif
