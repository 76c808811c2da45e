// SPDX-License-Identifier: GPL-2.0-or-later
/* Areas, the mm_struct, page tables, texts: the second part of include/ulk/state.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "libulk/internal.h"
#include "loader/binfmt.h"
#include "mm/mempolicy.h"
#include "mm/pagemap.h"
#include "mm/pgtable.h"
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
		/* A kernel that does not track them has no such flag. */
		.flags = vma->vm_flags & ~(soft_dirty_on(vma->vm_mm->phys) ? 0 : VM_SOFTDIRTY),
		.born = vma->vm_birth,
		.gap = vma->vm_gap,
		.name = vma_name(vma, m->area_name, AREA_NAME_MAX),
		.has_anon_vma = vma->anon_vma,
		.special = vma->special,
		.home_node = -1,
	};
	_Static_assert(sizeof(area->policy_nodes) == sizeof(vma->vm_policy->nodes), "struct ulk_area");
	if (vma->anon_name)
		area->anon_name = strncpy(m->anon_name, vma->anon_name, sizeof(m->anon_name) - 1);
	if (vma->vm_policy) {
		area->policy = vma->vm_policy->mode;
		area->home_node = vma->vm_policy->home_node;
		memcpy(area->policy_nodes, vma->vm_policy->nodes, sizeof(area->policy_nodes));
	}
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
	int err = machine_task(m, area, &t);

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

int ulk_area_sizes(struct ulk_machine *m, uint64_t addr, struct ulk_area_sizes *sizes)
{
	struct mem_size_stats s = {};
	struct vm_area_struct *vma;
	struct host_pages hp;
	struct task_struct *t;
	int err = machine_task(m, sizes, &t);

	if (err)
		return err;
	host_pages_open(t->ulk->phys, &hp);
	pthread_rwlock_rdlock(&t->mm->mmap_sem);
	vma = vma_lookup(t->mm, addr);
	if (vma)
		smap_gather_stats(vma, 0, &hp, &s);
	pthread_rwlock_unlock(&t->mm->mmap_sem);
	host_pages_close(&hp);
	if (!vma)
		return machine_fail(m, -ENOENT, "nothing is mapped there");
	*sizes = (struct ulk_area_sizes){
#define SHIFTED(f) .f = s.f >> PSS_SHIFT
#define SAME(f) .f = s.f
		SHIFTED(pss), SHIFTED(pss_dirty), SHIFTED(pss_anon), SHIFTED(pss_file), SHIFTED(pss_shmem), SAME(shared_clean),
		SAME(shared_dirty), SAME(private_clean), SAME(private_dirty), SAME(referenced), SAME(anonymous), SAME(lazyfree),
		SAME(anon_huge),
#undef SAME
#undef SHIFTED
		.rss = s.resident,
		.locked = s.pss_locked >> PSS_SHIFT,
	};
	return 0;
}

int ulk_area_flags(uint64_t flags, char *text, size_t size)
{
	size_t n = 0;

	if (!text || !size)
		return text ? -ENOSPC : -EINVAL;
	text[0] = '\0';
	for (unsigned bit = 0; bit < 64; bit++) {
		if (!(flags >> bit & 1))
			continue;
		n += (size_t)snprintf(text + n, size - n, "%s%s", n ? " " : "", proc_vm_flag_name(bit));
		if (n >= size)
			return -ENOSPC;
	}
	return 0;
}

/* ---- the mm_struct ---- */

static u64 area_start(const struct vm_area_struct *vma)
{
	return vma ? vma->vm_start : 0;
}

static void fill_exe(struct ulk_machine *m, const struct mm_struct *mm, struct ulk_mm *out)
{
	const struct file *exe = mm->exe_file;

	if (!exe || file_path(exe, m->exe_name, AREA_NAME_MAX) < 0)
		return;
	out->exe_file = m->exe_name;
	out->exe_inode = exe->ino;
	out->exe_major = major(exe->dev);
	out->exe_minor = minor(exe->dev);
}

int ulk_get_mm(struct ulk_machine *m, struct ulk_mm *out)
{
	const struct mm_struct *mm;
	struct task_struct *t;
	int err = machine_task(m, out, &t);

	if (err)
		return err;
	if (!m->exe_name && !(m->exe_name = malloc(AREA_NAME_MAX)))
		return machine_fail(m, -ENOMEM, NULL);
	mm = t->mm;
	*out = (struct ulk_mm){
#define SAME(f) .f = mm->f
		SAME(task_size), SAME(mmap_base), SAME(mmap_legacy_base), SAME(highest_vm_end), SAME(mm_users),
		SAME(total_vm), SAME(locked_vm), SAME(pinned_vm), SAME(data_vm), SAME(exec_vm), SAME(stack_vm),
		SAME(shared_vm), SAME(hiwater_rss), SAME(hiwater_vm), SAME(def_flags), SAME(flags), SAME(start_code),
		SAME(end_code), SAME(start_data), SAME(end_data), SAME(start_brk), SAME(brk), SAME(start_stack),
		SAME(arg_start), SAME(arg_end), SAME(env_start), SAME(env_end),
		SAME(vmacache_seqnum), SAME(pgd), SAME(nr_ptes), SAME(nr_pmds), SAME(nr_puds), SAME(nr_huge), SAME(mm_count),
		SAME(cpu_vm_mask_var), SAME(tlb_flush_pending),
#undef SAME
		.mmap = area_start(mm->mmap),
		.mm_rb = area_start(mm->mm_rb.rbh_root),
		.vmacache = area_start(mm->vmacache),
		.top_down = mm->mmap_base != mm->mmap_legacy_base,
		.binfmt = binfmt_name(mm),
		.owner = mm->owner ? ((const struct task_struct *)mm->owner)->tid : 0,
		.core_state = mm->core_state,
		.uprobes_state = mm->uprobes_state,
		.born = mm->vma_births,
		.map_count = (u64)mm->map_count,
		.pgtables_bytes = (1 + mm->nr_ptes + mm->nr_pmds + mm->nr_puds) << PAGE_SHIFT,
		.rss_file = (u64)mm->rss_stat[MM_FILEPAGES],
		.rss_anon = (u64)mm->rss_stat[MM_ANONPAGES],
		.rss_shmem = (u64)mm->rss_stat[MM_SHMEMPAGES],
		.rss_swap = (u64)mm->rss_stat[MM_SWAPENTS],
		.vdso = mm->context.vdso,
	};
	for (const struct mm_struct *o = mm->phys->mmlist; o; o = o->mmlist_next)
		out->mmlist++;
	for (const struct mmu_notifier *n = mm->mmu_notifier_mm; n; n = n->next)
		out->mmu_notifier_mm++;
	fill_exe(m, mm, out);
	_Static_assert(sizeof(out->saved_auxv) == sizeof(mm->saved_auxv), "struct ulk_mm");
	memcpy(out->saved_auxv, mm->saved_auxv, sizeof(out->saved_auxv));
	task_faults(t, false, &out->min_flt, &out->maj_flt);
	return 0;
}

int ulk_get_page(struct ulk_machine *m, uint64_t addr, struct ulk_page *page)
{
	struct task_struct *t;
	int err = machine_task(m, page, &t);

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

/* ---- text ---- */

int ulk_proc_text(struct ulk_machine *m, const char *file, char **text)
{
	static const struct {
		const char *name;
		int (*write)(struct task_struct *t, FILE *out);
	} files[] = {{"maps", proc_maps_text},	   {"smaps", proc_smaps_text},	 {"stat", proc_stat_text},
		     {"statm", proc_statm_text}, {"status", proc_status_text}, {"limits", proc_limits_text}};
	struct task_struct *t;
	int err = machine_task(m, file && text, &t);
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
