// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gdb: breakpoints and watchpoints.
 *
 * A breakpoint is the engine's (cpu_set_breaks()), so the guest's memory holds no trace of it. For a watchpoint the page loses
 * its right to be written, or also to be read, in the TLB only: an access to it ends the run, the one instruction is
 * executed with all rights, and then one looks whether it was the bytes in question. All other pages keep their speed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "observe/gdb_internal.h"

#define MAX_POINTS  4096
#define MAX_WATCHED (1u << 20)
#define COMPARED    64 /* bytes of a watchpoint that are looked at for a change; a longer one is said to change */

static int tell_engine(struct gdb *g)
{
	u64 *addrs = calloc(g->nr_points + 1, sizeof(*addrs));
	bool watching = false;
	size_t n = 0;
	int err;

	if (!addrs)
		return -ENOMEM;
	for (size_t i = 0; i < g->nr_points; i++) {
		if (g->points[i].type <= GDB_HWBREAK)
			addrs[n++] = g->points[i].addr;
		else
			watching = true;
	}
	err = cpu_set_breaks(g->ulk->cpu, addrs, n);
	free(addrs);
	if (watching || g->watching)
		cpu_tlb_flush(g->ulk->cpu, 0, ~0UL);
	g->watching = watching;
	g->ulk->hooks.admit = watching ? gdb_admit : NULL;
	return err;
}

static struct gdb_point *find_point(struct gdb *g, enum gdb_point_type type, u64 addr, u64 len)
{
	for (size_t i = 0; i < g->nr_points; i++) {
		struct gdb_point *p = &g->points[i];

		if (p->type == type && p->addr == addr && p->len == len)
			return p;
	}
	return NULL;
}

int gdb_insert_point(struct gdb *g, enum gdb_point_type type, u64 addr, u64 len)
{
	struct gdb_point *grown;
	u64 end;
	int err;

	if (type >= GDB_WATCH && (!len || len > MAX_WATCHED || __builtin_add_overflow(addr, len, &end)))
		return -EINVAL;
	if (find_point(g, type, addr, len))
		return 0;
	if (g->nr_points == MAX_POINTS)
		return -ENOSPC;
	if (g->nr_points == g->cap_points) {
		grown = reallocarray(g->points, g->cap_points + 32, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		g->points = grown;
		g->cap_points += 32;
	}
	g->points[g->nr_points++] = (struct gdb_point){type, addr, len};
	err = tell_engine(g);
	if (err)
		g->nr_points--;
	return err;
}

int gdb_remove_point(struct gdb *g, enum gdb_point_type type, u64 addr, u64 len)
{
	struct gdb_point *p = find_point(g, type, addr, len);

	if (!p)
		return 0;
	*p = g->points[--g->nr_points];
	return tell_engine(g);
}

void gdb_remove_points(struct gdb *g)
{
	if (!g->nr_points)
		return;
	g->nr_points = 0;
	tell_engine(g);
}

const struct gdb_point *gdb_break_at(const struct gdb *g, u64 addr)
{
	const struct gdb_point *found = NULL;

	for (size_t i = 0; i < g->nr_points; i++) {
		const struct gdb_point *p = &g->points[i];

		if (p->type <= GDB_HWBREAK && p->addr == addr && (!found || p->type == GDB_SWBREAK))
			found = p;
	}
	return found;
}

/* ---- watchpoints ---- */

static bool on_page(const struct gdb_point *p, u64 page)
{
	return p->type >= GDB_WATCH && p->addr < page + PAGE_SIZE && p->addr + p->len > page;
}

bool gdb_admit(struct task_struct *t, u64 page, enum cpu_access access, u8 *perms)
{
	struct gdb *g = gdb_of(t);
	u8 taken = 0;

	if (g->open)
		return true;
	for (size_t i = 0; i < g->nr_points; i++) {
		if (on_page(&g->points[i], page))
			taken |= g->points[i].type == GDB_WATCH ? CPU_PERM_W : CPU_PERM_R | CPU_PERM_W;
	}
	*perms &= (u8)~taken;
	if (access == CPU_FETCH || !(taken & (access == CPU_WRITE ? CPU_PERM_W : CPU_PERM_R)))
		return true;
	g->missed = true;
	return false;
}

/* What is known before the instruction is executed. */
struct before {
	struct cpu_regs regs;
	u8 code[15];
	size_t len;
	u8 (*old)[COMPARED];
};

static bool changed(const struct gdb *g, const struct task_struct *t, size_t i, const struct before *b)
{
	const struct gdb_point *p = &g->points[i];
	size_t n = min_t(u64, p->len, COMPARED);
	u8 now[COMPARED];

	if (p->len > COMPARED)
		return decode_touches(b->code, b->len, &b->regs, p->addr, p->len, true);
	return mm_peek(t->mm, p->addr, now, n) == n && memcmp(now, b->old[i], n);
}

static bool point_hit(const struct gdb *g, const struct task_struct *t, size_t i, const struct before *b)
{
	const struct gdb_point *p = &g->points[i];

	if (p->type < GDB_WATCH)
		return false;
	/* gdb looks for a change itself; to tell it of each store that makes none would only cost time. */
	if (p->type == GDB_WATCH)
		return changed(g, t, i, b);
	return decode_touches(b->code, b->len, &b->regs, p->addr, p->len, false) ||
	       (p->type == GDB_AWATCH && decode_touches(b->code, b->len, &b->regs, p->addr, p->len, true));
}

const struct gdb_point *gdb_watched_step(struct gdb *g, struct task_struct *t, struct cpu_exit *exit)
{
	const struct gdb_point *hit = NULL;
	struct before b = {};

	b.old = calloc(g->nr_points, sizeof(*b.old));
	if (!b.old) {
		exit->reason = CPU_EXIT_ERROR;
		exit->why = "out of memory";
		return NULL;
	}
	cpu_get_regs(g->ulk->cpu, &b.regs);
	b.len = mm_peek(t->mm, b.regs.rip, b.code, sizeof(b.code));
	for (size_t i = 0; i < g->nr_points; i++) {
		if (g->points[i].type >= GDB_WATCH)
			mm_peek(t->mm, g->points[i].addr, b.old[i], min_t(u64, g->points[i].len, COMPARED));
	}
	g->open = true;
	cpu_run_step(g->ulk->cpu, exit);
	g->open = false;
	cpu_tlb_flush(g->ulk->cpu, 0, ~0UL);
	for (size_t i = 0; exit->reason == CPU_EXIT_STEP && !hit && i < g->nr_points; i++) {
		if (point_hit(g, t, i, &b))
			hit = &g->points[i];
	}
	free(b.old);
	return hit;
}
