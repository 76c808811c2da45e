// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "mm/file.h"
#include "mm/mm.h"
#include "observe/areas.h"

const struct area_flag_word area_flag_words[] = {
	{VM_GROWSDOWN, "grows down"},
	{VM_LOCKED, "locked"},
	{VM_SEQ_READ, "read in sequence"},
	{VM_RAND_READ, "read at random"},
	{VM_DONTCOPY, "not copied by fork"},
	{VM_WIPEONFORK, "wiped by fork"},
	{VM_DONTEXPAND, "not to be expanded"},
	{VM_NORESERVE, "not accounted"},
	{VM_DONTDUMP, "not dumped"},
	{VM_HUGEPAGE, "huge pages"},
	{VM_NOHUGEPAGE, "no huge pages"},
	{VM_MERGEABLE, "mergeable"},
	{VM_DROPPABLE, "droppable"},
	{VM_SEALED, "sealed"},
	{},
};

void areas_free(struct areas *a)
{
	intern_free(&a->names);
	for (u32 i = 0; i < a->nr; i++)
		free(a->list[i]);
	free(a->list);
	free(a->merged);
	free(a->gone);
	free(a->fresh);
	*a = (struct areas){};
}

bool areas_stale(const struct areas *a, const struct mm_struct *mm)
{
	return a->mm_id != mm->id || a->births != mm->vma_births || a->nr != (u32)mm->map_count ||
	       a->total_vm != mm->total_vm || a->locked_vm != mm->locked_vm || a->exec_vm != mm->exec_vm ||
	       a->data_vm != mm->data_vm;
}

static int area_of(struct areas *a, const struct vm_area_struct *vma, struct area *out)
{
	const struct file *file = vma->vm_file;
	char buf[PATH_MAX + 16];
	const char *name = vma_name(vma, buf, sizeof(buf));

	*out = (struct area){.start = vma->vm_start, .end = vma->vm_end, .flags = vma->vm_flags & AREA_FLAGS, .file = file};
	if (file) {
		out->offset = vma->vm_pgoff << PAGE_SHIFT;
		out->dev = file->dev;
		out->ino = file->ino;
	}
	out->name = intern(&a->names, name, strlen(name));
	return out->name == ~0u ? -ENOMEM : 0;
}

static bool same_area(const struct area *x, const struct area *y)
{
	return x->start == y->start && x->end == y->end && x->flags == y->flags && x->file == y->file &&
	       x->offset == y->offset && x->ino == y->ino && x->dev == y->dev && x->name == y->name;
}

static void *grown(void *list, u32 *cap, u32 want, size_t size)
{
	u32 more = *cap ? *cap : 16;

	while (more < want)
		more *= 2;
	list = more > *cap ? realloc(list, more * size) : list;
	if (list)
		*cap = more;
	return list;
}

static int push(struct area **list, u32 *nr, u32 *cap, const struct area *area)
{
	struct area *more = grown(*list, cap, *nr + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	*list = more;
	more[(*nr)++] = *area;
	return 0;
}

static int keep(struct areas *a, struct area *area)
{
	struct area **more = grown(a->merged, &a->cap_merged, a->nr_merged + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	a->merged = more;
	more[a->nr_merged++] = area;
	return 0;
}

/* A new area: to fresh, and to the list. */
static int add_fresh(struct areas *a, const struct area *area)
{
	struct area *copy = malloc(sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *area;
	copy->id = ++a->last_id;
	a->pages += (area->end - area->start) >> PAGE_SHIFT;
	return keep(a, copy) ?: push(&a->fresh, &a->nr_fresh, &a->cap_fresh, copy);
}

static int add_gone(struct areas *a, struct area *area)
{
	int err = push(&a->gone, &a->nr_gone, &a->cap_gone, area);

	a->pages -= (area->end - area->start) >> PAGE_SHIFT;
	free(area);
	return err;
}

/* The first area that ends behind @addr. */
static u32 first_after(const struct areas *a, u64 addr)
{
	u32 lo = 0, hi = a->nr;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (a->list[mid]->end > addr)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

const struct area *areas_find(const struct areas *a, u64 addr)
{
	u32 i = first_after(a, addr);

	return i < a->nr && a->list[i]->start <= addr ? a->list[i] : NULL;
}

/* Widen [*start, *end) to whole areas, old and new, and their neighbours: an area can merge with those. */
static void widen(const struct areas *a, struct mm_struct *mm, u64 *start, u64 *end)
{
	u32 i = first_after(a, *start ? *start - 1 : 0);
	struct vm_area_struct *vma = find_vma(mm, *start ? *start - 1 : 0);

	if (i < a->nr && a->list[i]->start < *start)
		*start = a->list[i]->start;
	if (vma && vma->vm_start < *start)
		*start = vma->vm_start;
	i = first_after(a, *end);
	vma = find_vma(mm, *end);
	if (i < a->nr && a->list[i]->start <= *end)
		*end = a->list[i]->end;
	if (vma && vma->vm_start <= *end && vma->vm_end > *end)
		*end = vma->vm_end;
}

/* Put merged in the place of the areas from @from to before @to. */
static int splice(struct areas *a, u32 from, u32 to)
{
	u32 nr = a->nr - (to - from) + a->nr_merged;
	struct area **list = grown(a->list, &a->cap, nr, sizeof(*list));

	if (!list)
		return -ENOMEM;
	a->list = list;
	memmove(&list[from + a->nr_merged], &list[to], (a->nr - to) * sizeof(*list));
	memcpy(&list[from], a->merged, a->nr_merged * sizeof(*list));
	a->nr = nr;
	return 0;
}

/* Take over what differs in [start, end), which cuts no area. */
static int update(struct areas *a, struct mm_struct *mm, u64 start, u64 end)
{
	struct vm_area_struct *vma = find_vma(mm, start);
	u32 from = first_after(a, start), i = from;
	int err = 0;

	a->nr_merged = 0;
	while (!err) {
		struct area *old = i < a->nr && a->list[i]->start < end ? a->list[i] : NULL;
		bool take_old, take_new, have_new = vma && vma->vm_start < end;
		struct area now;

		if (!old && !have_new)
			break;
		take_old = old && (!have_new || old->start <= vma->vm_start);
		take_new = have_new && (!old || vma->vm_start <= old->start);
		err = take_new ? area_of(a, vma, &now) : 0;
		i += take_old;
		vma = take_new ? vma->vm_next : vma;
		if (err)
			break;
		if (take_old && take_new && same_area(old, &now)) {
			err = keep(a, old);
			continue;
		}
		if (take_old)
			err = add_gone(a, old);
		if (take_new && !err)
			err = add_fresh(a, &now);
	}
	return err ?: splice(a, from, i);
}

static int by_address(const void *x, const void *y)
{
	const struct area *a = x, *b = y;

	return (a->start > b->start) - (a->start < b->start);
}

static void forget(struct areas *a)
{
	/* After a failure some of them are freed and some are not: a rare leak, where there is no memory. */
	a->nr = 0;
	a->pages = 0;
	a->mm_id = 0;
}

int areas_update(struct areas *a, struct mm_struct *mm, const u64 (*ranges)[2], unsigned nr_ranges)
{
	bool same = a->mm_id == mm->id;
	u64 pages = a->pages;
	int err = 0;

	a->nr_gone = a->nr_fresh = 0;
	pthread_rwlock_rdlock(&mm->mmap_sem);
	/* Nothing of another mm stays, however much it looks alike. */
	for (; !same && a->nr && !err; a->nr--)
		err = add_gone(a, a->list[a->nr - 1]);
	for (unsigned i = 0; i < nr_ranges && same && !err; i++) {
		u64 start = ranges[i][0], end = ranges[i][1];

		if (start >= end)
			continue;
		widen(a, mm, &start, &end);
		err = update(a, mm, start, end);
	}
	if (!err && (!same || !nr_ranges || a->nr != (u32)mm->map_count || a->pages - pages != mm->total_vm - a->total_vm))
		err = update(a, mm, 0, ~0UL);
	if (a->nr_gone)
		qsort(a->gone, a->nr_gone, sizeof(*a->gone), by_address);
	if (a->nr_fresh)
		qsort(a->fresh, a->nr_fresh, sizeof(*a->fresh), by_address);
	a->mm_id = mm->id;
	a->births = mm->vma_births;
	a->total_vm = mm->total_vm;
	a->locked_vm = mm->locked_vm;
	a->exec_vm = mm->exec_vm;
	a->data_vm = mm->data_vm;
	pthread_rwlock_unlock(&mm->mmap_sem);
	if (err)
		forget(a);
	return err;
}
