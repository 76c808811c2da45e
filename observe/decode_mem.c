// SPDX-License-Identifier: GPL-2.0-or-later
/* Arguments of the calls on memory. */
#include <stdlib.h>
#include <sys/mman.h>
#include "observe/decode.h"
#include "observe/xlat.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

#define MAP_TYPE_BITS 0x0f
#define MAP_HUGE_SHIFT_ 26
#define MAP_HUGE_MASK_ 0x3f

DECODE(map_flags)
{
	u32 flags = (u32)c->a[i], huge = (flags >> MAP_HUGE_SHIFT_) & MAP_HUGE_MASK_;

	if (flags & MAP_TYPE_BITS)
		put_val(c, flags & MAP_TYPE_BITS, xlat_map_types, "MAP_???");
	else
		fputs("MAP_FILE", c->out);
	flags &= ~((u32)MAP_TYPE_BITS | (u32)MAP_HUGE_MASK_ << MAP_HUGE_SHIFT_);
	if (flags) {
		putc('|', c->out);
		put_flags(c, flags, xlat_map_flags, "MAP_???");
	}
	if (huge)
		fprintf(c->out, "|%u<<MAP_HUGE_SHIFT", huge);
}

/* The new address is an argument only of a call that says so. */
DECODE(mremap_addr)
{
	if ((c->a[3] & (MREMAP_MAYMOVE | MREMAP_FIXED)) == (MREMAP_MAYMOVE | MREMAP_FIXED)) {
		fputs(", ", c->out);
		put_addr(c, c->a[i]);
	}
}

DECODE(shm_size)
{
	fprintf(c->out, "%lu", c->a[i]);
}

DECODE(mincore_vec)
{
	u64 pages = (c->a[1] + PAGE_SIZE - 1) >> PAGE_SHIFT;
	u8 *vec = not_filled(c, i) ? NULL : malloc(min_t(u64, pages, c->strlen_max) + 1);

	if (!vec || !peek(c, c->a[i], vec, min_t(u64, pages, c->strlen_max))) {
		put_addr(c, c->a[i]);
		free(vec);
		return;
	}
	putc('[', c->out);
	for (u64 k = 0; k < pages; k++) {
		if (k == c->strlen_max) {
			fputs(", ...", c->out);
			break;
		}
		fprintf(c->out, "%s%u", k ? ", " : "", vec[k] & 1);
	}
	putc(']', c->out);
	free(vec);
}

/* ---- NUMA ---- */

#define MPOL_MODE_FLAGS_ 0xe000U

static void put_policy(struct tcb *c, u32 policy)
{
	put_val(c, policy & ~MPOL_MODE_FLAGS_, xlat_mpol, "MPOL_???");
	if (policy & MPOL_MODE_FLAGS_) {
		putc('|', c->out);
		put_flags(c, policy & MPOL_MODE_FLAGS_, xlat_mpol_flags, "MPOL_F_???");
	}
}

DECODE(policy)
{
	put_policy(c, (u32)c->a[i]);
}

DECODE(policyp)
{
	u32 policy;

	if (!c->a[i] || not_filled(c, i) || !peek(c, c->a[i], &policy, sizeof(policy))) {
		put_addr(c, c->a[i]);
		return;
	}
	putc('[', c->out);
	put_policy(c, policy);
	putc(']', c->out);
}

DECODE(nodemask)
{
	u64 words = c->a[i + 1] / 64 + !!(c->a[i + 1] % 64), word;

	if (!c->a[i] || not_filled(c, i) || !words || !peek(c, c->a[i], &word, sizeof(word))) {
		put_addr(c, c->a[i]);
		return;
	}
	putc('[', c->out);
	for (u64 k = 0; k < words; k++) {
		if (k)
			fputs(", ", c->out);
		if (k == c->strlen_max || !peek(c, c->a[i] + 8 * k, &word, sizeof(word))) {
			fputs("...", c->out);
			break;
		}
		fprintf(c->out, "%#016lx", word);
	}
	putc(']', c->out);
}
