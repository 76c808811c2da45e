// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>
#include "observe/intern.h"

/* FNV-1a. */
static u64 hash(const u8 *p, size_t len)
{
	u64 h = 0xcbf29ce484222325UL;

	while (len--)
		h = (h ^ *p++) * 0x100000001b3UL;
	return h ^ h >> 32;
}

/* Where these bytes are, or would go. */
static u32 *slot_of(const struct intern *t, const void *bytes, size_t len)
{
	u32 mask = 2 * t->cap - 1;

	for (u32 i = (u32)hash(bytes, len) & mask;; i = (i + 1) & mask) {
		const struct interned *item = t->slots[i] ? &t->items[t->slots[i] - 1] : NULL;

		if (!item || (item->len == len && !memcmp(item->bytes, bytes, len)))
			return &t->slots[i];
	}
}

static bool grow(struct intern *t)
{
	u32 cap = t->cap ? 2 * t->cap : 64;
	struct interned *items = realloc(t->items, cap * sizeof(*items));
	u32 *slots;

	if (!items)
		return false;
	t->items = items;
	slots = calloc(2 * (size_t)cap, sizeof(*slots));
	if (!slots)
		return false;
	free(t->slots);
	t->slots = slots;
	t->cap = cap;
	for (u32 i = 0; i < t->nr; i++)
		*slot_of(t, items[i].bytes, items[i].len) = i + 1;
	return true;
}

u32 intern(struct intern *t, const void *bytes, size_t len)
{
	u32 *slot;
	char *copy;

	if (t->nr == t->cap && !grow(t))
		return ~0u;
	slot = slot_of(t, bytes, len);
	if (*slot)
		return *slot - 1;
	copy = malloc(len + 1);
	if (!copy)
		return ~0u;
	memcpy(copy, bytes, len);
	copy[len] = '\0';
	t->items[t->nr] = (struct interned){copy, len};
	*slot = ++t->nr;
	return t->nr - 1;
}

void intern_free(struct intern *t)
{
	for (u32 i = 0; i < t->nr; i++)
		free(t->items[i].bytes);
	free(t->items);
	free(t->slots);
	*t = (struct intern){};
}
