// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vma: the list and the tree of VMAs.
 *
 * The tree is bsd/sys/tree.h's red-black tree, each node augmented with the largest hole before any VMA
 * of its subtree. Of RB_AUGMENT we need only that it is called for the nodes a rotation moves; the path to
 * the root is ours (gap_fix_path).
 */
#include <errno.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "mm/huge.h"
#include "mm/mempolicy.h"
#include "mm/shm.h"

u64 vm_start_gap(const struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_GROWSDOWN))
		return vma->vm_start;
	return vma->vm_start > STACK_GUARD_GAP ? vma->vm_start - STACK_GUARD_GAP : 0;
}

/*
 * The hole before a VMA changed. Guard gaps are no part of it: they are the search's affair, since one may
 * reach over several holes.
 */
static void gap_set(struct vm_area_struct *vma)
{
	vma->vm_gap = vma->vm_start - (vma->vm_prev ? vma->vm_prev->vm_end : 0);
}

static bool gap_update(struct vm_area_struct *vma)
{
	u64 gap = vma->vm_gap;
	const struct vm_area_struct *child;

	child = RB_LEFT(vma, vm_rb);
	if (child && child->rb_subtree_gap > gap)
		gap = child->rb_subtree_gap;
	child = RB_RIGHT(vma, vm_rb);
	if (child && child->rb_subtree_gap > gap)
		gap = child->rb_subtree_gap;
	if (vma->rb_subtree_gap == gap)
		return false;
	vma->rb_subtree_gap = gap;
	return true;
}

static int vma_cmp(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	return a->vm_start < b->vm_start ? -1 : a->vm_start > b->vm_start;
}

#undef RB_AUGMENT
#define RB_AUGMENT(x) ((void)gap_update(x))
RB_GENERATE_INTERNAL(mm_rb_tree, vm_area_struct, vm_rb, vma_cmp, __attribute__((unused)) static)

/*
 * After an insertion or removal: a rotation has brought the nodes it pushed aside up to date, from children
 * that were; what is left are the ancestors. All of them: one may be right already and its parent not.
 */
static void gap_fix_path(struct vm_area_struct *vma)
{
	for (; vma; vma = RB_PARENT(vma, vm_rb))
		gap_update(vma);
}

/* The hole before one VMA of a tree at rest changed: up while something changes. */
static void gap_propagate(struct vm_area_struct *vma)
{
	gap_set(vma);
	while (vma && gap_update(vma))
		vma = RB_PARENT(vma, vm_rb);
}

void anon_vma_get(struct anon_vma *av)
{
	if (av)
		av->refcount++;
}

void anon_vma_put(struct anon_vma *av)
{
	if (av && --av->refcount == 0)
		free(av);
}

#ifdef __SANITIZE_ADDRESS__
/* Let the sanitizer see each one die. */
static struct vm_area_struct *vma_memory(struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	return posix_memalign((void **)&vma, 64, sizeof(*vma)) ? NULL : vma;
}

static void vma_memory_put(struct mm_struct *mm, struct vm_area_struct *vma)
{
	free(vma);
}
#else
/*
 * VMAs come from slabs, which the mm keeps until it goes: they stay close together, and making one is cheap however
 * many there are. Slabs grow with the number of VMAs.
 */
struct vma_slab {
	struct vma_slab *next;
	struct vm_area_struct vma[];
};

#define SLAB_MIN 32
#define SLAB_MAX 1024

static bool slab_new(struct mm_struct *mm)
{
	size_t nr = min_t(size_t, max_t(size_t, (size_t)mm->map_count / 2, SLAB_MIN), SLAB_MAX);
	struct vma_slab *slab;

	if (posix_memalign((void **)&slab, 64, sizeof(*slab) + nr * sizeof(slab->vma[0])))
		return false;
	slab->next = mm->vma_slabs;
	mm->vma_slabs = slab;
	while (nr-- > 0) {
		slab->vma[nr].vm_next = mm->vma_free;
		mm->vma_free = &slab->vma[nr];
	}
	return true;
}

static struct vm_area_struct *vma_memory(struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	if (!mm->vma_free && !slab_new(mm))
		return NULL;
	vma = mm->vma_free;
	mm->vma_free = vma->vm_next;
	return vma;
}

static void vma_memory_put(struct mm_struct *mm, struct vm_area_struct *vma)
{
	vma->vm_next = mm->vma_free;
	mm->vma_free = vma;
}
#endif

void vm_area_drain(struct mm_struct *mm)
{
#ifndef __SANITIZE_ADDRESS__
	struct vma_slab *slab;

	while ((slab = mm->vma_slabs)) {
		mm->vma_slabs = slab->next;
		free(slab);
	}
	mm->vma_free = NULL;
#endif
}

struct vm_area_struct *vm_area_alloc(struct mm_struct *mm)
{
	struct vm_area_struct *vma = vma_memory(mm);

	if (!vma)
		return NULL;
	memset(vma, 0, sizeof(*vma));
	vma->vm_mm = mm;
	vma->vm_birth = ++mm->vma_births;
	return vma;
}

struct vm_area_struct *vm_area_dup(const struct vm_area_struct *orig)
{
	struct vm_area_struct *vma = vm_area_alloc(orig->vm_mm);

	if (!vma)
		return NULL;
	if (orig->anon_name) {
		vma->anon_name = strdup(orig->anon_name);
		if (!vma->anon_name) {
			vm_area_free(vma);
			return NULL;
		}
	}
	vma->vm_start = orig->vm_start;
	vma->vm_end = orig->vm_end;
	vma->vm_flags = orig->vm_flags;
	vma->vm_pgoff = orig->vm_pgoff;
	vma->special = orig->special;
	vma->vm_policy = mpol_get(orig->vm_policy);
	vma->anon_vma = orig->anon_vma;
	anon_vma_get(vma->anon_vma);
	if (orig->vm_file) {
		vma->vm_file = get_file(orig->vm_file);
		file_vma_open(vma->vm_file);
		sealable_area_open(vma);
	}
	return vma;
}

void vm_area_free(struct vm_area_struct *vma)
{
	struct mm_struct *mm = vma->vm_mm;

	anon_vma_put(vma->anon_vma);
	if (vma->vm_file) {
		file_vma_close(vma->vm_file);
		sealable_area_close(vma);
		fput(vma->vm_file);
	}
	mpol_put(vma->vm_policy);
	free(vma->anon_name);
	vma_memory_put(mm, vma);
}

/* @vma is going; what follows it is what is most likely wanted next. */
static void vmacache_invalidate(struct mm_struct *mm, struct vm_area_struct *vma)
{
	mm->vmacache_seqnum++;
	__atomic_store_n(&mm->vmacache, vma->vm_next, __ATOMIC_RELAXED);
}

/*
 * The neighbours say where the new leaf goes, which saves RB_INSERT's search: of two neighbours in order,
 * one has no child on the other's side.
 */
static void tree_insert(struct mm_struct *mm, struct vm_area_struct *vma)
{
#ifdef RB_SET
	struct vm_area_struct *prev = vma->vm_prev, *next = vma->vm_next;
	struct vm_area_struct *parent = prev && !RB_RIGHT(prev, vm_rb) ? prev : next;

	RB_SET(vma, parent, vm_rb);
	if (!parent)
		RB_ROOT(&mm->mm_rb) = vma;
	else if (parent == prev)
		RB_RIGHT(prev, vm_rb) = vma;
	else
		RB_LEFT(next, vm_rb) = vma;
	mm_rb_tree_RB_INSERT_COLOR(&mm->mm_rb, vma);
#else
	RB_INSERT(mm_rb_tree, &mm->mm_rb, vma);
#endif
}

void vma_link_before(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *next)
{
	struct vm_area_struct *prev = next ? next->vm_prev : mm->last_vma;

	vma->vm_next = next;
	vma->vm_prev = prev;
	if (prev)
		prev->vm_next = vma;
	else
		mm->mmap = vma;
	if (next) {
		next->vm_prev = vma;
		gap_set(next); /* an ancestor of the new leaf, so the path below will meet it */
	} else {
		mm->last_vma = vma;
		mm->highest_vm_end = vma->vm_end;
	}
	sealable_area_changed(vma);
	gap_set(vma);
	vma->rb_subtree_gap = vma->vm_gap;
	tree_insert(mm, vma);
	gap_fix_path(vma);
	mm->map_count++;
	__atomic_store_n(&mm->vmacache, vma, __ATOMIC_RELAXED);
}

void vma_link(struct mm_struct *mm, struct vm_area_struct *vma)
{
	vma_link_before(mm, vma, find_vma(mm, vma->vm_start));
}

/* The lowest node whose subtree the removal of @vma changes by itself, before rebalancing. */
static struct vm_area_struct *removal_point(struct vm_area_struct *vma)
{
	struct vm_area_struct *succ;

	if (!RB_LEFT(vma, vm_rb) || !RB_RIGHT(vma, vm_rb))
		return RB_PARENT(vma, vm_rb);
	succ = vma->vm_next; /* takes vma's place */
	return RB_PARENT(succ, vm_rb) == vma ? succ : RB_PARENT(succ, vm_rb);
}

void vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *next = vma->vm_next, *prev = vma->vm_prev, *fix = removal_point(vma);

	if (prev)
		prev->vm_next = next;
	else
		mm->mmap = next;
	if (next) {
		next->vm_prev = prev;
		gap_set(next);
	} else {
		mm->last_vma = prev;
		mm->highest_vm_end = prev ? prev->vm_end : 0;
	}
	RB_REMOVE(mm_rb_tree, &mm->mm_rb, vma);
	/* next may be the only child that moved up, below where the path begins. */
	if (next)
		gap_update(next);
	gap_fix_path(fix);
	vmacache_invalidate(mm, vma);
	vma->vm_next = vma->vm_prev = NULL;
	mm->map_count--;
}

void vma_adjust(struct vm_area_struct *vma, u64 start, u64 end, pgoff_t pgoff)
{
	struct mm_struct *mm = vma->vm_mm;

	/* An area may begin and end in the middle of a huge page no more than a huge page may span two. */
	huge_split_at(mm, start);
	huge_split_at(mm, end);
	vma->vm_start = start;
	vma->vm_end = end;
	vma->vm_pgoff = pgoff;
	sealable_area_changed(vma);
	gap_propagate(vma);
	if (vma->vm_next)
		gap_propagate(vma->vm_next);
	else
		mm->highest_vm_end = end;
}

/* The VMA found last, or the one after it, if that is the one; else NULL. */
static struct vm_area_struct *vmacache_find(struct mm_struct *mm, u64 addr)
{
	struct vm_area_struct *vma = __atomic_load_n(&mm->vmacache, __ATOMIC_RELAXED);

	if (!vma)
		return NULL;
	if (addr < vma->vm_end)
		return vma->vm_start <= addr ? vma : NULL;
	vma = vma->vm_next;
	if (!vma || addr >= vma->vm_end)
		return NULL;
	__atomic_store_n(&mm->vmacache, vma, __ATOMIC_RELAXED);
	return vma;
}

struct vm_area_struct *find_vma(struct mm_struct *mm, u64 addr)
{
	struct vm_area_struct *vma = vmacache_find(mm, addr), *found = NULL;

	if (vma)
		return vma;
	if (addr >= mm->highest_vm_end)
		return NULL;
	vma = RB_ROOT(&mm->mm_rb);
	while (vma) {
		if (addr < vma->vm_end) {
			found = vma;
			if (vma->vm_start <= addr)
				break;
			vma = RB_LEFT(vma, vm_rb);
		} else {
			vma = RB_RIGHT(vma, vm_rb);
		}
	}
	if (found)
		__atomic_store_n(&mm->vmacache, found, __ATOMIC_RELAXED);
	return found;
}

struct vm_area_struct *vma_lookup(struct mm_struct *mm, u64 addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	return vma && vma->vm_start <= addr ? vma : NULL;
}

struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, u64 start, u64 end)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	return vma && vma->vm_start < end ? vma : NULL;
}

struct vm_area_struct *find_vma_prev(struct mm_struct *mm, u64 addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	return vma ? vma->vm_prev : mm->last_vma;
}

bool same_file(const struct file *a, const struct file *b)
{
	pid_t self;

	if (a == b)
		return true;
	if (!a || !b || a->f_mapping != b->f_mapping || a->f_flags != b->f_flags || file_is_shm(a))
		return false;
	self = getpid();
	/* Not allowed to ask (a sandbox): most likely they are, since few open a file twice to map it. */
	return syscall(SYS_kcmp, self, self, KCMP_FILE, a->fd, b->fd) <= 0;
}

/* May @a and @b, adjacent, share an anon_vma although their access rights differ? */
static bool anon_vma_compatible(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	return a->vm_end == b->vm_start && !((a->vm_flags ^ b->vm_flags) & ~(VM_ACCESS_FLAGS | VM_STICKY)) &&
	       b->vm_pgoff == a->vm_pgoff + vma_pages(a) && a->special == b->special &&
	       same_file(a->vm_file, b->vm_file);
}

int anon_vma_prepare(struct vm_area_struct *vma)
{
	struct vm_area_struct *next = vma->vm_next, *prev = vma->vm_prev;
	struct anon_vma *av = NULL;

	if (vma->anon_vma)
		return 0;
	if (next && next->anon_vma && !next->anon_vma->forked && anon_vma_compatible(vma, next))
		av = next->anon_vma;
	else if (prev && prev->anon_vma && !prev->anon_vma->forked && anon_vma_compatible(prev, vma))
		av = prev->anon_vma;
	if (!av) {
		av = calloc(1, sizeof(*av));
		if (!av)
			return -ENOMEM;
	}
	anon_vma_get(av);
	vma->anon_vma = av;
	return 0;
}

/* A free range: where it lies and the VMA behind it (NULL: none). */
struct hole {
	u64 start, end;
	const struct vm_area_struct *next;
};

/* The hole before @vma, clipped to [low, high): does it hold len bytes? */
static bool hole_fits(const struct vm_area_struct *vma, u64 low, u64 high, u64 len, struct hole *hole)
{
	hole->start = vma->vm_prev ? vma->vm_prev->vm_end : 0;
	hole->end = vma->vm_start;
	hole->next = vma;
	if (hole->start < low)
		hole->start = low;
	if (hole->end > high)
		hole->end = high;
	return hole->end > hole->start && hole->end - hole->start >= len;
}

/* The hole behind the last VMA, clipped. */
static bool last_hole_fits(const struct mm_struct *mm, u64 low, u64 high, u64 len, struct hole *hole)
{
	hole->start = mm->highest_vm_end > low ? mm->highest_vm_end : low;
	hole->end = high;
	hole->next = NULL;
	return hole->end > hole->start && hole->end - hole->start >= len;
}

static bool topdown_search(struct vm_area_struct *vma, u64 low, u64 high, u64 len, struct hole *hole)
{
	while (vma && vma->rb_subtree_gap >= len) {
		if (vma->vm_end + len <= high && topdown_search(RB_RIGHT(vma, vm_rb), low, high, len, hole))
			return true;
		if (hole_fits(vma, low, high, len, hole))
			return true;
		if (vma->vm_start < low + len)
			break;
		vma = RB_LEFT(vma, vm_rb);
	}
	return false;
}

static bool bottomup_search(struct vm_area_struct *vma, u64 low, u64 high, u64 len, struct hole *hole)
{
	while (vma && vma->rb_subtree_gap >= len) {
		if (vma->vm_start >= low + len && bottomup_search(RB_LEFT(vma, vm_rb), low, high, len, hole))
			return true;
		if (hole_fits(vma, low, high, len, hole))
			return true;
		if (vma->vm_end + len > high)
			break;
		vma = RB_RIGHT(vma, vm_rb);
	}
	return false;
}

/*
 * The guard gap of a stack may reach below the hole next to it, over other mappings. Like the kernel we
 * look at the hole's own neighbour only, and go on below (above) that one's gap.
 */
s64 unmapped_area_topdown(struct mm_struct *mm, u64 low, u64 high, u64 len)
{
	struct hole hole;

	if (!len || len > TASK_SIZE || high > TASK_SIZE)
		return -ENOMEM;
	for (;;) {
		if (!last_hole_fits(mm, low, high, len, &hole) &&
		    !topdown_search(RB_ROOT(&mm->mm_rb), low, high, len, &hole))
			return -ENOMEM;
		if (!hole.next || vm_start_gap(hole.next) >= hole.end)
			return (s64)(hole.end - len);
		high = vm_start_gap(hole.next);
	}
}

s64 unmapped_area(struct mm_struct *mm, u64 low, u64 high, u64 len)
{
	struct hole hole;

	if (!len || len > TASK_SIZE || high > TASK_SIZE)
		return -ENOMEM;
	for (;;) {
		if (!bottomup_search(RB_ROOT(&mm->mm_rb), low, high, len, &hole) &&
		    !last_hole_fits(mm, low, high, len, &hole))
			return -ENOMEM;
		if (!hole.next || vm_start_gap(hole.next) >= hole.start + len)
			return (s64)hole.start;
		low = hole.next->vm_end;
	}
}
