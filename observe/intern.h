/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * intern: strings of bytes by number, each kept once. Numbers count from 0 in the order of first use.
 */
#ifndef ULK_OBSERVE_INTERN_H
#define ULK_OBSERVE_INTERN_H

#include <stddef.h>
#include "mm/types.h"

struct interned {
	char *bytes;               /* NUL-terminated beyond len */
	size_t len;
};

/* Zeroed is empty. */
struct intern {
	struct interned *items;
	u32 nr, cap;
	u32 *slots;                /* numbers + 1 by hash, open addressing; 2 * cap of them */
};

/* The number of these bytes, ~0u without memory. */
u32 intern(struct intern *t, const void *bytes, size_t len);
void intern_free(struct intern *t);

#endif
