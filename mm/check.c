// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * check: recount everything an mm claims about itself. The page tables' part is in check_pte.c, what is
 * common to all mms of one memory in check_phys.c.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include "mm/internal.h"
#include "mm/snapshot.h"

struct check {
	struct mm_struct *mm;
	FILE *log;
	int violations;
};

__attribute__((format(printf, 2, 3))) static void bad(struct check *c, const char *fmt, ...)
{
	va_list ap;

	c->violations++;
	if (!c->log)
		return;
	fputs("mm_check: ", c->log);
	va_start(ap, fmt);
	vfprintf(c->log, fmt, ap);
	va_end(ap);
	fputc('\n', c->log);
}

static void expect(struct check *c, const char *what, u64 is, u64 should)
{
	if (is != should)
		bad(c, "%s is %" PRIu64 ", should be %" PRIu64, what, is, should);
}

static u64 gap_before(const struct vm_area_struct *vma)
{
	return vma->vm_start - (vma->vm_prev ? vma->vm_prev->vm_end : 0);
}

static void check_parents(struct check *c, struct vm_area_struct *node)
{
	struct vm_area_struct *left = RB_LEFT(node, vm_rb), *right = RB_RIGHT(node, vm_rb);

	if ((left && RB_PARENT(left, vm_rb) != node) || (right && RB_PARENT(right, vm_rb) != node))
		bad(c, "vma %#" PRIx64 ": a child does not know its parent", node->vm_start);
}

static int tree_height(struct vm_area_struct *node)
{
	int left, right;

	if (!node)
		return 0;
	left = tree_height(RB_LEFT(node, vm_rb));
	right = tree_height(RB_RIGHT(node, vm_rb));
	return 1 + (left > right ? left : right);
}

/* A red-black tree is at most twice as high as a full one: else lookups are not O(log n). */
static void check_balance(struct check *c)
{
	int height = tree_height(RB_ROOT(&c->mm->mm_rb)), most = 0;

	for (u64 n = (u64)c->mm->map_count + 1; n > 1; n = (n + 1) / 2)
		most += 2;
	if (height > most)
		bad(c, "the tree is %d high for %d VMAs", height, c->mm->map_count);
}

/* Each anon_vma knows how many VMAs hold it. Those are not always neighbours, so this is quadratic: for few
 * VMAs. */
#define ANON_VMA_CHECKED 128

static void check_anon_vmas(struct check *c)
{
	struct vm_area_struct *vma, *other;
	u32 count;

	if (c->mm->map_count > ANON_VMA_CHECKED)
		return;
	for_each_vma (c->mm, vma) {
		if (!vma->anon_vma)
			continue;
		for (other = c->mm->mmap; other->anon_vma != vma->anon_vma; other = other->vm_next)
			;
		if (other != vma)
			continue;
		for (count = 0; other; other = other->vm_next)
			count += other->anon_vma == vma->anon_vma;
		expect(c, "an anon_vma's refcount", vma->anon_vma->refcount,
		       count + snapshot_anon_refs(c->mm, vma->anon_vma));
	}
}

/* In-order walk beside the list; returns the largest gap of the subtree. */
static u64 check_tree(struct check *c, struct vm_area_struct *node, struct vm_area_struct **list)
{
	u64 gap, sub;

	if (!node)
		return 0;
	check_parents(c, node);
	gap = check_tree(c, RB_LEFT(node, vm_rb), list);
	if (node != *list)
		bad(c, "tree and list differ at %#" PRIx64, node->vm_start);
	*list = *list ? (*list)->vm_next : NULL;
	sub = gap_before(node);
	if (sub != node->vm_gap)
		bad(c, "vma %#" PRIx64 ": vm_gap is %#" PRIx64 ", should be %#" PRIx64, node->vm_start,
		    node->vm_gap, sub);
	gap = sub > gap ? sub : gap;
	sub = check_tree(c, RB_RIGHT(node, vm_rb), list);
	gap = sub > gap ? sub : gap;
	if (gap != node->rb_subtree_gap)
		bad(c, "vma %#" PRIx64 ": rb_subtree_gap is %#" PRIx64 ", should be %#" PRIx64,
		    node->vm_start, node->rb_subtree_gap, gap);
	return gap;
}

static void check_vma(struct check *c, struct vm_area_struct *vma)
{
	u64 end = vma->vm_prev ? vma->vm_prev->vm_end : 0;

	if (vma->vm_mm != c->mm)
		bad(c, "vma %#" PRIx64 " belongs to another mm", vma->vm_start);
	if ((vma->vm_start | vma->vm_end) & ~PAGE_MASK)
		bad(c, "vma %#" PRIx64 "-%#" PRIx64 " is not page aligned", vma->vm_start, vma->vm_end);
	if (vma->vm_start >= vma->vm_end || vma->vm_end > TASK_SIZE)
		bad(c, "vma %#" PRIx64 "-%#" PRIx64 " is empty or too high", vma->vm_start, vma->vm_end);
	if (vma->vm_prev && vma->vm_start < end)
		bad(c, "vma %#" PRIx64 " overlaps the one that ends at %#" PRIx64, vma->vm_start, end);
	if (vma->anon_vma && !vma->anon_vma->refcount)
		bad(c, "vma %#" PRIx64 " holds a freed anon_vma", vma->vm_start);
	if (vma->vm_file && !vma->vm_file->refcount)
		bad(c, "vma %#" PRIx64 " holds a freed file", vma->vm_start);
	if (vma->vm_file && vma->special)
		bad(c, "vma %#" PRIx64 " is of a file and special", vma->vm_start);
	if ((vma->vm_flags & ~(vma->vm_flags >> 4)) & VM_ACCESS_FLAGS)
		bad(c, "vma %#" PRIx64 " allows more than VM_MAY* permits (flags %#" PRIx64 ")",
		    vma->vm_start, vma->vm_flags);
}

static void check_vmacache(struct check *c)
{
	struct vm_area_struct *cached = __atomic_load_n(&c->mm->vmacache, __ATOMIC_RELAXED), *vma;

	for (vma = c->mm->mmap; vma && vma != cached; vma = vma->vm_next)
		;
	if (cached && !vma)
		bad(c, "vmacache is not a VMA of this mm");
}

static void check_vmas(struct check *c)
{
	struct mm_struct *mm = c->mm, sum = {0};
	struct vm_area_struct *vma, *prev = NULL, *cursor = mm->mmap;

	for_each_vma (mm, vma) {
		if (vma->vm_prev != prev)
			bad(c, "vma %#" PRIx64 ": vm_prev is wrong", vma->vm_start);
		check_vma(c, vma);
		vm_stat_account(&sum, vma->vm_flags, (s64)vma_pages(vma));
		if (vma->vm_flags & VM_LOCKED)
			sum.locked_vm += vma_pages(vma);
		sum.map_count++;
		prev = vma;
	}
	check_tree(c, RB_ROOT(&mm->mm_rb), &cursor);
	if (cursor)
		bad(c, "the list goes on after the tree's end at %#" PRIx64, cursor->vm_start);
	check_balance(c);
	check_anon_vmas(c);
	check_vmacache(c);
	if (mm->brk < mm->start_brk)
		bad(c, "brk %#" PRIx64 " is below start_brk %#" PRIx64, mm->brk, mm->start_brk);
	expect(c, "map_count", (u64)mm->map_count, (u64)sum.map_count);
	expect(c, "highest_vm_end", mm->highest_vm_end, prev ? prev->vm_end : 0);
	if (mm->last_vma != prev)
		bad(c, "last_vma is not the list's end");
	expect(c, "total_vm", mm->total_vm, sum.total_vm);
	expect(c, "data_vm", mm->data_vm, sum.data_vm);
	expect(c, "exec_vm", mm->exec_vm, sum.exec_vm);
	expect(c, "stack_vm", mm->stack_vm, sum.stack_vm);
	expect(c, "shared_vm", mm->shared_vm, sum.shared_vm);
	expect(c, "locked_vm", mm->locked_vm, sum.locked_vm + mm->locked_vm_stale);
}

static int check_locked(struct mm_struct *mm, FILE *log)
{
	struct check c = {.mm = mm, .log = log};

	check_vmas(&c);
	return c.violations + mm_check_pages(mm, log);
}

int mm_check(struct mm_struct *mm, FILE *log)
{
	int violations;

	pthread_rwlock_rdlock(&mm->mmap_sem);
	violations = check_locked(mm, log);
	pthread_rwlock_unlock(&mm->mmap_sem);
	return violations;
}

#ifdef ULK_DEBUG_MM
void mm_check_debug(struct mm_struct *mm, const char *where)
{
	/*
	 * A look costs as much as there are areas. Up to 512 areas every change is followed by one; with
	 * more, every n-th, so that making 65,530 of them stays linear.
	 */
	if (++mm->debug_ops < (u32)mm->map_count / 512)
		return;
	mm->debug_ops = 0;
	if (check_locked(mm, stderr)) {
		fprintf(stderr, "mm_check: after %s\n", where);
		abort();
	}
}
#endif
