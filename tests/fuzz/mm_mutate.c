// SPDX-License-Identifier: GPL-2.0-or-later
/* libFuzzer's mutations, but in whole operations: a byte inserted in the middle would change all that
 * follows. */
#include <string.h>
#include "mm_ops.h"

#define HEADER 2
#define RECORD 8

size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max_size);

static unsigned next(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 8;
}

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned seed)
{
	size_t records, from, to, n;
	u8 *ops = data + HEADER;

	if (size < HEADER + RECORD || next(&seed) % 8 == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	records = (size - HEADER) / RECORD;
	size = HEADER + records * RECORD;
	from = next(&seed) % records;
	to = next(&seed) % (records + 1);
	n = 1 + next(&seed) % 4;
	switch (next(&seed) % 4) {
	case 0: /* copy some operations to another place */
		if (n > records - from)
			n = records - from;
		if (size + n * RECORD > max_size)
			break;
		{
			u8 copy[4 * RECORD];

			memcpy(copy, ops + from * RECORD, n * RECORD);
			memmove(ops + (to + n) * RECORD, ops + to * RECORD, (records - to) * RECORD);
			memcpy(ops + to * RECORD, copy, n * RECORD);
		}
		return size + n * RECORD;
	case 1: /* take some away */
		if (n > records - from)
			n = records - from;
		if (n == records)
			break;
		memmove(ops + from * RECORD, ops + (from + n) * RECORD, (records - from - n) * RECORD);
		return size - n * RECORD;
	case 2: /* a fresh one */
		if (size + RECORD > max_size)
			break;
		memmove(ops + (to + 1) * RECORD, ops + to * RECORD, (records - to) * RECORD);
		for (n = 0; n < RECORD; n++)
			ops[to * RECORD + n] = (u8)next(&seed);
		return size + RECORD;
	}
	/* Change one in place. */
	LLVMFuzzerMutate(ops + from * RECORD, RECORD, RECORD);
	return size;
}
