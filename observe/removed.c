// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include "observe/removed.h"

#define REMEMBERED 256

struct removed {
	struct memory_sink sink;
	struct removal ring[REMEMBERED];
	u64 nr;                    /* how many there have ever been */
};

static void note(struct memory_sink *s, struct task_struct *t, const struct memory_event *e)
{
	struct removed *r = container_of(s, struct removed, sink);

	/* Another program's addresses mean nothing to this one. */
	if (e->kind == MEMORY_EXEC || e->kind == MEMORY_START) {
		r->nr = 0;
		return;
	}
	for (u32 i = 0; i < e->areas->nr_gone; i++) {
		struct removal *one = &r->ring[r->nr++ % REMEMBERED];

		one->start = e->areas->gone[i].start;
		one->end = e->areas->gone[i].end;
		snprintf(one->call, sizeof(one->call), "%s", e->text);
		memcpy(one->pc, e->pc, sizeof(one->pc));
	}
}

struct removed *removed_create(void)
{
	struct removed *r = calloc(1, sizeof(*r));

	if (r)
		r->sink = (struct memory_sink){.event = note, .want_callers = true};
	return r;
}

void removed_free(struct removed *r)
{
	free(r);
}

struct memory_sink *removed_sink(struct removed *r)
{
	return &r->sink;
}

const struct removal *removed_find(const struct removed *r, u64 addr)
{
	/* An area that was changed is gone, too, and its successor there: the latest that held the address took it away. */
	for (u64 i = 0; i < r->nr && i < REMEMBERED; i++) {
		const struct removal *one = &r->ring[(r->nr - 1 - i) % REMEMBERED];

		if (addr >= one->start && addr < one->end)
			return one;
	}
	return NULL;
}
