// SPDX-License-Identifier: GPL-2.0-or-later
/* Arguments of the calls on memory. */
#include <stdlib.h>
#include <sys/mman.h>
#include "observe/decode.h"
#include "observe/xlat.h"

#define DECODE(name) void decode_##name(struct tcb *c, unsigned i, __attribute__((unused)) const void *param)

#define MAP_TYPE_BITS 0x0f
#define MAP_HUGE_SHIFT_ 26
#define MAP_HUGE_MASK_ 0x3fU

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

DECODE(memfd_flags)
{
	const u32 flags = (u32)c->a[i], huge = flags >> MAP_HUGE_SHIFT_;

	if (!huge || (flags << 6) >> 6)
		put_flags(c, flags & ~(u32)(MAP_HUGE_MASK_ << MAP_HUGE_SHIFT_), xlat_memfd_flags, "MFD_???");
	if (huge)
		fprintf(c->out, "%s%u<<MFD_HUGE_SHIFT", (flags << 6) >> 6 ? "|" : "", huge);
}

/* The new address is an argument only of a call that says so. */
DECODE(mremap_addr)
{
	if ((c->a[3] & MREMAP_MAYMOVE) && (c->a[3] & (MREMAP_FIXED | 4))) {   /* 4: MREMAP_DONTUNMAP */
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
	u8 *vec = not_filled(c, i) || !pages ? NULL : malloc(min_t(u64, pages, c->strlen_max) + 1);

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

/* The mode, then the flags; a value that no mode has goes with the flags' rest. */
static void put_policy(struct tcb *c, u32 policy)
{
	const u32 mode = policy & ~MPOL_MODE_FLAGS_, flags = policy & MPOL_MODE_FLAGS_;
	const char *name = xlat_name(xlat_mpol, mode);

	if (name)
		fprintf(c->out, flags ? "%s|" : "%s", name);
	if (flags || !name)
		put_flags(c, name ? flags : policy, xlat_mpol_flags, "MPOL_???");
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

static void put_nodes(struct tcb *c, u64 addr, u64 bits)
{
	const u64 words = bits / 64 + !!(bits % 64);
	u64 word;

	if (!addr || (words && !peek(c, addr, &word, sizeof(word)))) {
		put_addr(c, addr);
		return;
	}
	putc('[', c->out);
	for (u64 k = 0; k < words; k++) {
		if (k)
			fputs(", ", c->out);
		if (k == c->strlen_max || !peek(c, addr + 8 * k, &word, sizeof(word))) {
			fputs("...", c->out);
			break;
		}
		fprintf(c->out, "%#016lx", word);
	}
	putc(']', c->out);
}

DECODE(nodemask)
{
	if (not_filled(c, i))
		put_addr(c, c->a[i]);
	else
		put_nodes(c, c->a[i], c->a[i + 1]);
}

/* migrate_pages: both masks; their bits stand in the second argument. */
DECODE(nodes)
{
	put_nodes(c, c->a[i], c->a[1]);
}

/* ---- move_pages: arrays, whose length is the second argument ---- */

static bool begin_array(struct tcb *c, unsigned i, size_t size)
{
	u8 first[8];

	if (!c->a[i] || not_filled(c, i) || (c->a[1] && !peek(c, c->a[i], first, size))) {
		put_addr(c, c->a[i]);
		return false;
	}
	putc('[', c->out);
	return true;
}

/* Element @k's beginning; false after the last. */
static bool element(struct tcb *c, unsigned i, u64 k, void *v, size_t size)
{
	if (k == c->a[1])
		return false;
	if (k)
		fputs(", ", c->out);
	if (k != c->strlen_max && peek(c, c->a[i] + k * size, v, size))
		return true;
	fputs("...", c->out);
	return false;
}

DECODE(page_addrs)
{
	u64 addr;

	if (!begin_array(c, i, sizeof(addr)))
		return;
	for (u64 k = 0; element(c, i, k, &addr, sizeof(addr)); k++)
		put_addr(c, addr);
	putc(']', c->out);
}

DECODE(page_nodes)
{
	int node;

	if (!begin_array(c, i, sizeof(node)))
		return;
	for (u64 k = 0; element(c, i, k, &node, sizeof(node)); k++)
		fprintf(c->out, "%d", node);
	putc(']', c->out);
}

/* Each page's node, or why it has none. */
DECODE(page_status)
{
	const char *name;
	int v;

	if (!begin_array(c, i, sizeof(v)))
		return;
	for (u64 k = 0; element(c, i, k, &v, sizeof(v)); k++) {
		name = v < 0 ? errno_name(-v) : NULL;
		if (name)
			fprintf(c->out, "-%s", name);
		else
			fprintf(c->out, "%d", v);
	}
	putc(']', c->out);
}

/* ---- membarrier: the processor is looked at only if the flag says so ---- */

DECODE(membarrier_cpu)
{
	if (c->a[1] & 1)
		fprintf(c->out, ", %d", (int)c->a[i]);
}
