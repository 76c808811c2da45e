// SPDX-License-Identifier: GPL-2.0-or-later
/* Areas, the mm_struct, page tables, symbols: the second part of include/ulk/state.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "libulk/internal.h"
#include "mm/pgtable.h"
#include "observe/stop.h"
#include "observe/symbols.h"
#include "procfs/procfs.h"

/* ---- areas ---- */

/* Pages in memory: all, and private ones. */
static void count_resident(const struct vm_area_struct *vma, struct ulk_area *area)
{
	const struct mm_struct *mm = vma->vm_mm;
	u64 addr = vma->vm_start, stop;
	pte_t *pte;

	for (; (pte = pte_next_table(mm, &addr, vma->vm_end, &stop));) {
		for (; addr < stop; addr += PAGE_SIZE, pte++) {
			if (!pte_present(*pte) || (*pte & _PAGE_SPECIAL))
				continue;
			area->rss += PAGE_SIZE;
			if (pfn_to_page(mm->phys, pte_pfn(*pte))->flags & PG_ANON)
				area->anon += PAGE_SIZE;
		}
	}
}

static void fill_area(struct ulk_machine *m, const struct vm_area_struct *vma, struct ulk_area *area)
{
	struct stat st;

	*area = (struct ulk_area){
		.start = vma->vm_start,
		.end = vma->vm_end,
		.flags = vma->vm_flags,
		.born = vma->vm_birth,
		.name = vma_name(vma, m->area_name, AREA_NAME_MAX),
	};
	if (vma->vm_file) {
		area->offset = vma->vm_pgoff << PAGE_SHIFT;
		if (!fstat(vma->vm_file->fd, &st)) {
			area->major = major(st.st_dev);
			area->minor = minor(st.st_dev);
			area->inode = st.st_ino;
		}
	}
	count_resident(vma, area);
}

static int look_up_area(struct ulk_machine *m, u64 addr, bool next, struct ulk_area *area)
{
	struct vm_area_struct *vma;
	struct task_struct *t;
	int err = machine_task(m, &t);

	if (err)
		return err;
	if (!m->area_name && !(m->area_name = malloc(AREA_NAME_MAX)))
		return machine_fail(m, -ENOMEM, NULL);
	pthread_rwlock_rdlock(&t->mm->mmap_sem);
	vma = next ? find_vma(t->mm, addr) : vma_lookup(t->mm, addr);
	if (vma)
		fill_area(m, vma, area);
	pthread_rwlock_unlock(&t->mm->mmap_sem);
	return vma ? 0 : machine_fail(m, -ENOENT, "nothing is mapped there");
}

int ulk_area_next(struct ulk_machine *m, uint64_t addr, struct ulk_area *area)
{
	return look_up_area(m, addr, true, area);
}

int ulk_area_at(struct ulk_machine *m, uint64_t addr, struct ulk_area *area)
{
	return look_up_area(m, addr, false, area);
}

/* ---- the mm_struct ---- */

int ulk_get_mm(struct ulk_machine *m, struct ulk_mm *out)
{
	const struct mm_struct *mm;
	struct task_struct *t;
	int err = machine_task(m, &t);

	if (err)
		return err;
	mm = t->mm;
	*out = (struct ulk_mm){
#define SAME(f) .f = mm->f
		SAME(task_size), SAME(mmap_base), SAME(mmap_legacy_base), SAME(highest_vm_end), SAME(mm_users),
		SAME(total_vm), SAME(locked_vm), SAME(pinned_vm), SAME(data_vm), SAME(exec_vm), SAME(stack_vm),
		SAME(shared_vm), SAME(hiwater_rss), SAME(hiwater_vm), SAME(def_flags), SAME(flags), SAME(start_code),
		SAME(end_code), SAME(start_data), SAME(end_data), SAME(start_brk), SAME(brk), SAME(start_stack),
		SAME(arg_start), SAME(arg_end), SAME(env_start), SAME(env_end),
#undef SAME
		.map_count = (u64)mm->map_count,
		.pgtables_bytes = (1 + mm->nr_ptes + mm->nr_pmds + mm->nr_puds) << PAGE_SHIFT,
		.rss_file = (u64)mm->rss_stat[MM_FILEPAGES],
		.rss_anon = (u64)mm->rss_stat[MM_ANONPAGES],
		.rss_shmem = (u64)mm->rss_stat[MM_SHMEMPAGES],
		.rss_swap = (u64)mm->rss_stat[MM_SWAPENTS],
		.vdso = mm->context.vdso,
	};
	_Static_assert(sizeof(out->saved_auxv) == sizeof(mm->saved_auxv), "struct ulk_mm");
	memcpy(out->saved_auxv, mm->saved_auxv, sizeof(out->saved_auxv));
	task_faults(t, false, &out->min_flt, &out->maj_flt);
	return 0;
}

int ulk_get_page(struct ulk_machine *m, uint64_t addr, struct ulk_page *page)
{
	struct task_struct *t;
	int err = machine_task(m, &t);

	if (err)
		return err;
	*page = (struct ulk_page){};
	pthread_rwlock_rdlock(&t->mm->mmap_sem);
	page->levels = (unsigned)pgtable_walk(t->mm, addr, page->entry);
	pthread_rwlock_unlock(&t->mm->mmap_sem);
	if (page->levels == 4)
		page->paddr = pte_pfn(page->entry[3]) << PAGE_SHIFT;
	return 0;
}

/* ---- symbols ---- */

int ulk_address_of(struct ulk_machine *m, const char *where, uint64_t *addr)
{
	struct task_struct *t;
	char why[160] = "";
	int err = machine_task(m, &t);
	u64 found;

	if (err)
		return err;
	err = stop_address(t, where, &found, why);
	if (err)
		return machine_fail(m, err, why);
	*addr = found;
	return 0;
}

void machine_drop_symbols(struct ulk_machine *m)
{
	symbols_close(m->symbols);
	m->symbols = NULL;
}

static int open_symbols(struct ulk_machine *m)
{
	struct task_struct *t;
	int err = machine_task(m, &t);

	if (err)
		return err;
	/* What is mapped may have changed since the last time. */
	machine_drop_symbols(m);
	m->symbols = symbols_open(t);
	return m->symbols ? 0 : machine_fail(m, -ENOENT, "no file of the program can be read");
}

static struct ulk_place public_place(const struct place *p)
{
	return (struct ulk_place){p->module, p->symbol, p->offset, p->file, p->line};
}

int ulk_place_at(struct ulk_machine *m, uint64_t addr, struct ulk_place *place)
{
	int err = open_symbols(m);
	struct place found;

	if (err)
		return err;
	symbols_find(m->symbols, addr, &found);
	*place = public_place(&found);
	return found.module ? 0 : machine_fail(m, -ENOENT, "the address is in no file's mapping");
}

struct symbol_call {
	bool (*each)(const struct ulk_symbol *symbol, void *arg);
	void *arg;
};

static bool on_symbol(const char *name, u64 addr, u64 size, bool function, const char *module, void *arg)
{
	const struct ulk_symbol symbol = {name, addr, size, function, module};
	const struct symbol_call *call = arg;

	return call->each(&symbol, call->arg);
}

int ulk_each_symbol(struct ulk_machine *m, bool (*each)(const struct ulk_symbol *symbol, void *arg), void *arg)
{
	struct symbol_call call = {each, arg};
	int err = open_symbols(m);

	if (!err)
		symbols_each(m->symbols, on_symbol, &call);
	return err;
}

struct collected {
	struct ulk_frame *frames;
	size_t nr, max;
};

static bool collect_frame(const struct frame *f, void *arg)
{
	struct collected *c = arg;

	c->frames[c->nr++] = (struct ulk_frame){f->pc, f->inlined, public_place(&f->place)};
	return c->nr < c->max;
}

int ulk_backtrace(struct ulk_machine *m, struct ulk_frame *frames, size_t max)
{
	struct collected c = {frames, 0, min_t(size_t, max, INT32_MAX)};
	int err = open_symbols(m);

	if (err)
		return err;
	if (max)
		symbols_backtrace(m->symbols, collect_frame, &c);
	return (int)c.nr;
}

/* ---- text ---- */

int ulk_proc_text(struct ulk_machine *m, const char *file, char **text)
{
	static const struct {
		const char *name;
		int (*write)(struct task_struct *t, FILE *out);
	} files[] = {{"maps", proc_maps_text},	   {"smaps", proc_smaps_text},	 {"stat", proc_stat_text},
		     {"statm", proc_statm_text}, {"status", proc_status_text}, {"limits", proc_limits_text}};
	struct task_struct *t;
	int err = machine_task(m, &t);
	size_t i = 0, size;
	FILE *out;

	if (err)
		return err;
	while (i < ARRAY_SIZE(files) && strcmp(files[i].name, file))
		i++;
	if (i == ARRAY_SIZE(files))
		return machine_fail(m, -ENOENT, "no such file of /proc is made here");
	*text = NULL;
	out = open_memstream(text, &size);
	if (!out)
		return machine_fail(m, -ENOMEM, NULL);
	err = files[i].write(t, out);
	if (fclose(out) && !err)
		err = -ENOMEM;
	if (!err)
		return 0;
	free(*text);
	*text = NULL;
	return machine_fail(m, err, NULL);
}
