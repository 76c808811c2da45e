// SPDX-License-Identifier: GPL-2.0-or-later
// Transparent huge pages: faults that map 512 pages at once, splitting, MADV_COLLAPSE.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "mm/huge.h"
#include "mm/shm.h"
#include "mm/walk.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

// ---- the host's setting ----

#define SYSFS_THP "/sys/kernel/mm/transparent_hugepage/"

// The word in brackets of a setting: its first letter, 0 when the file is not there.
static char chosen(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[128], *bracket;
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	bracket = strchr(text, '[');
	return bracket ? bracket[1] : text[0];
}

// always, within_size, advise, force, as against never, deny (and inherit).
static bool huge_choice(char c)
{
	return c && strchr("awf", c);
}

// memfds are on a mount of the kernel's that has the global setting for its option. What a mounted tmpfs has is its
// own affair: never, unless it was said otherwise when it was mounted.
static void thp_load_shmem(struct thp_setting *thp)
{
	char global = chosen(SYSFS_THP "shmem_enabled"), pmd = chosen(SYSFS_THP "hugepages-2048kB/shmem_enabled");
	int fd = memfd_create("", MFD_CLOEXEC);
	struct stat st;

	thp->shmem = huge_choice(global) && fd >= 0 && !fstat(fd, &st);
	if (thp->shmem)
		thp->shmem_dev = st.st_dev;
	thp->shmem_anon = global != 'd' && (pmd == 'i' || !pmd ? huge_choice(global) : huge_choice(pmd));
	if (fd >= 0)
		close(fd);
}

static void thp_load(struct mm_env *env)
{
	char global = chosen(SYSFS_THP "enabled"), pmd = chosen(SYSFS_THP "hugepages-2048kB/enabled");

	// always, madvise, never; or inherit, which is what there was before there were sizes to choose.
	env->thp.present = global;
	env->thp.enabled = pmd && pmd != 'i' ? pmd : global;
	env->thp.zero_page = chosen(SYSFS_THP "use_zero_page") == '1';
	thp_load_shmem(&env->thp);
	__atomic_store_n(&env->thp.loaded, true, __ATOMIC_RELEASE);
}

static const struct thp_setting *thp_setting(struct mm_env *env)
{
	if (!__atomic_load_n(&env->thp.loaded, __ATOMIC_ACQUIRE))
		thp_load(env);
	return &env->thp;
}

bool thp_present(struct mm_env *env)
{
	return thp_setting(env)->present;
}

bool thp_shmem_placement(struct mm_env *env, const struct file *file)
{
	const struct thp_setting *thp = thp_setting(env);

	if (!file)
		return thp->shmem_anon;
	return thp->shmem && (file_is_shm(file) || file->dev == thp->shmem_dev);
}

// PR_SET_THP_DISABLE and MADV_NOHUGEPAGE.
static bool disabled(const struct vm_area_struct *vma, bool collapse)
{
	if ((vma->vm_mm->flags & MMF_DISABLE_THP) || (vma->vm_flags & VM_NOHUGEPAGE))
		return true;
	if ((vma->vm_flags & VM_HUGEPAGE) || collapse)
		return false;
	return vma->vm_mm->flags & MMF_DISABLE_THP_EXCEPT_ADVISED;
}

// One aligned piece of PMD_SIZE at @haddr inside the area.
static bool suitable(const struct vm_area_struct *vma, u64 haddr)
{
	return haddr >= vma->vm_start && haddr < vma->vm_end && vma->vm_end - haddr >= PMD_SIZE;
}

static bool thp_eligible(const struct vm_area_struct *vma, bool collapse)
{
	const struct thp_setting *host;

	if (!vma_is_anonymous(vma) || disabled(vma, collapse))
		return false;
	host = thp_setting(vma->vm_mm->env);
	if (collapse)
		return host->present && vma->anon_vma && !(vma->vm_flags & (VM_SPECIAL | VM_HUGETLB)) &&
		       suitable(vma, (vma->vm_end - PMD_SIZE) & ~(PMD_SIZE - 1));
	return host->enabled == 'a' || (host->enabled == 'm' && vma->vm_flags & VM_HUGEPAGE);
}

// ---- making ----

// @nr zeroed frames of anonymous memory, or none.
static bool take_frames(struct phys *phys, pfn_t *pfns, u64 nr)
{
	u64 i;

	if (phys_nr_available(phys) < nr)
		return false;
	for (i = 0; i < nr; i++) {
		pfns[i] = frame_alloc(phys);
		if (!pfns[i]) {
			put_pages(phys, pfns, i);
			return false;
		}
		__atomic_fetch_or(&pfn_to_page(phys, pfns[i])->flags, PG_ANON, __ATOMIC_RELAXED);
	}
	return true;
}

// What is mapped writable and just written.
static u64 huge_prot(const struct vm_area_struct *vma)
{
	return vma_page_prot(vma) | _PAGE_DIRTY | _PAGE_SOFT_DIRTY | (vma->vm_flags & VM_WRITE ? _PAGE_RW : 0);
}

static void mark_huge(struct mm_struct *mm, u64 addr)
{
	*pmd_lookup(mm, addr) |= _PMD_HUGE;
	mm->nr_huge++;
}

// 512 PTEs where there were none or zero pages.
static bool fill_frames(struct vm_area_struct *vma, pte_t *ptep, u64 haddr)
{
	struct mm_struct *mm = vma->vm_mm;
	pfn_t pfns[HPAGE_PMD_NR];
	struct rss_vec rss = {};
	u64 prot = huge_prot(vma), i;

	if (!take_frames(mm->phys, pfns, HPAGE_PMD_NR))
		return false;
	for (i = 0; i < HPAGE_PMD_NR; i++) {
		tlb_batch_pte(mm, haddr + (i << PAGE_SHIFT), ptep[i]);
		set_page_pte(vma, &ptep[i], pfns[i], prot, &rss);
	}
	add_mm_rss_vec(mm, &rss);
	return true;
}

static void fill_zeros(struct vm_area_struct *vma, pte_t *ptep)
{
	pfn_t zero = vma->vm_mm->phys->zero_pfn;
	u64 prot = vma_page_prot(vma) | _PAGE_SPECIAL, i;

	for (i = 0; i < HPAGE_PMD_NR; i++)
		set_page_pte(vma, &ptep[i], zero, prot, NULL);
}

bool huge_fault(struct vm_area_struct *vma, u64 addr, unsigned flags, struct mm_fault *out)
{
	struct mm_struct *mm = vma->vm_mm;
	u64 haddr = addr & ~(PMD_SIZE - 1);
	bool zeros;
	pte_t *ptep;

	// A vfork child notes each page it stores to, of which there should be few.
	if (likely(!suitable(vma, haddr)) || !thp_eligible(vma, false) || mm->vforked || mm->snapshots)
		return false;
	zeros = !(flags & FAULT_WRITE) && thp_setting(mm->env)->zero_page;
	if ((!vma->anon_vma && anon_vma_prepare(vma) < 0) || (!zeros && phys_nr_available(mm->phys) < HPAGE_PMD_NR + 8))
		return false;
	ptep = pte_alloc(mm, haddr);
	if (!ptep)
		return false;
	if (zeros)
		fill_zeros(vma, ptep);
	else if (!fill_frames(vma, ptep, haddr))
		return false;
	mark_huge(mm, haddr);
	out->minor = true;
	return true;
}

// After a fork: does a child (or, in a child, the parent) share some of it still? The host knows, by whose copy
// on write they do.
static bool shared_with_kin(struct phys *phys, const pte_t *ptep)
{
	struct host_pages hp;
	bool shared = false;

	if (!(pfn_to_page(phys, pte_pfn(*ptep))->flags & PG_FORKED))
		return false;
	host_pages_open(phys, &hp);
	for (u64 i = 0; i < HPAGE_PMD_NR && !shared; i++)
		shared = pte_mapcount(&hp, ptep[i], NULL) > 1;
	host_pages_close(&hp);
	return shared;
}

bool huge_wp(struct vm_area_struct *vma, u64 addr, unsigned flags, struct mm_fault *out)
{
	struct mm_struct *mm = vma->vm_mm;
	u64 haddr = addr & ~(PMD_SIZE - 1), prot = huge_prot(vma), i;
	pte_t *ptep = pte_lookup(mm, haddr);
	bool zero = *ptep & _PAGE_SPECIAL;

	out->minor = true;
	if (zero && !mm->vforked && vma->vm_flags & VM_WRITE && fill_frames(vma, ptep, haddr))
		return true;
	if (zero || mm->vforked || !(vma->vm_flags & VM_WRITE) || shared_with_kin(mm->phys, ptep)) {
		huge_split(mm, addr);
		out->minor = false;
		return false;
	}
	for (i = 0; i < HPAGE_PMD_NR; i++) {
		__atomic_fetch_and(&pfn_to_page(mm->phys, pte_pfn(ptep[i]))->flags, ~PG_FORKED, __ATOMIC_RELAXED);
		__atomic_store_n(&ptep[i], (ptep[i] & (PTE_PFN_MASK | _PAGE_CACHED)) | prot, __ATOMIC_RELEASE);
	}
	return true;
}

bool huge_unshare(struct mm_struct *mm, u64 addr)
{
	pte_t *ptep = pte_lookup(mm, addr & ~(PMD_SIZE - 1));

	if (shared_with_kin(mm->phys, ptep)) {
		huge_split(mm, addr);
		return false;
	}
	for (u64 i = 0; i < HPAGE_PMD_NR; i++)
		__atomic_fetch_and(&pfn_to_page(mm->phys, pte_pfn(ptep[i]))->flags, ~PG_FORKED, __ATOMIC_RELAXED);
	return true;
}

// ---- splitting ----

pte_t huge_marks(const struct mm_struct *mm, u64 addr)
{
	const pte_t *ptep = pte_lookup(mm, addr & ~(PMD_SIZE - 1));
	pte_t marks = 0;

	for (u64 i = 0; i < HPAGE_PMD_NR; i++)
		marks |= ptep[i] & (_PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_SOFT_DIRTY);
	return marks;
}

void huge_split(struct mm_struct *mm, u64 addr)
{
	u64 *pmd = mm->nr_huge ? pmd_lookup(mm, addr) : NULL, i;
	pte_t *ptep, marks;

	if (!pmd || !(*pmd & _PMD_HUGE))
		return;
	*pmd &= ~_PMD_HUGE;
	mm->nr_huge--;
	ptep = pte_lookup(mm, addr & ~(PMD_SIZE - 1));
	marks = huge_marks(mm, addr);
	for (i = 0; i < HPAGE_PMD_NR; i++)
		__atomic_fetch_or(&ptep[i], marks, __ATOMIC_RELAXED);
}

void huge_split_at(struct mm_struct *mm, u64 addr)
{
	if (likely(!mm->nr_huge) || !(addr & (PMD_SIZE - 1)))
		return;
	pthread_mutex_lock(&mm->page_table_lock);
	huge_split(mm, addr);
	pthread_mutex_unlock(&mm->page_table_lock);
}

static bool all_zeros(const void *page)
{
	const u64 *word = page;

	return !word[0] && !memcmp(word, word + 1, PAGE_SIZE - sizeof(*word));
}

void huge_split_folio(struct vm_area_struct *vma, u64 addr)
{
	struct mm_struct *mm = vma->vm_mm;
	u64 haddr = addr & ~(PMD_SIZE - 1), prot = vma_page_prot(vma) | _PAGE_SPECIAL, i;
	pte_t *ptep = pte_lookup(mm, haddr), old;
	struct rss_vec rss = {};

	huge_split(mm, addr);
	if (*ptep & _PAGE_SPECIAL || vma->vm_flags & VM_LOCKED)
		return;
	for (i = 0; i < HPAGE_PMD_NR; i++) {
		old = ptep[i];
		if (!pte_present(old) || !all_zeros(pfn_to_host(mm->phys, pte_pfn(old))))
			continue;
		tlb_batch_pte(mm, haddr + (i << PAGE_SHIFT), old);
		page_remove_rmap(vma, old, &rss);
		set_page_pte(vma, &ptep[i], mm->phys->zero_pfn, prot, NULL);
		put_page(mm->phys, pte_pfn(old));
	}
	add_mm_rss_vec(mm, &rss);
}

void huge_zapped(struct mm_struct *mm, u64 addr)
{
	mm->nr_huge--;
	pte_table_free(mm, addr);
}

// ---- MADV_COLLAPSE ----

// Make a huge page of what is mapped in the table at @haddr.
static int collapse_table(struct vm_area_struct *vma, u64 haddr)
{
	struct mm_struct *mm = vma->vm_mm;
	pte_t *ptep = pte_lookup(mm, haddr);
	u64 prot = huge_prot(vma), missing = 0, i, n = 0;
	pfn_t pfns[HPAGE_PMD_NR], pfn;
	struct rss_vec rss = {};

	if (!ptep)
		return -EINVAL;
	if (pmd_is_huge(mm, haddr))
		return 0;
	for (i = 0; i < HPAGE_PMD_NR; i++) {
		if (ptep[i] == PTE_MARKER_GUARD)
			return -EINVAL;
		missing += pte_none(ptep[i]) || ptep[i] & _PAGE_SPECIAL;
	}
	if (!take_frames(mm->phys, pfns, missing))
		return -ENOMEM;
	for (i = 0; i < HPAGE_PMD_NR; i++) {
		tlb_batch_pte(mm, haddr + (i << PAGE_SHIFT), ptep[i]);
		if (pte_none(ptep[i]) || ptep[i] & _PAGE_SPECIAL) {
			set_page_pte(vma, &ptep[i], pfns[n++], prot, &rss);
			continue;
		}
		pfn = pte_pfn(ptep[i]);
		__atomic_fetch_and(&pfn_to_page(mm->phys, pfn)->flags, ~(PG_FORKED | PG_LAZYFREE), __ATOMIC_RELAXED);
		__atomic_store_n(&ptep[i], (pfn << PAGE_SHIFT) | prot, __ATOMIC_RELEASE);
	}
	add_mm_rss_vec(mm, &rss);
	mark_huge(mm, haddr);
	return 0;
}

// Of shmem it is the page cache that becomes huge, which is the host's to do and to judge. What the area then shows of it
// Linux maps by one entry, if no private page is in the way.
static int collapse_chunk(struct vm_area_struct *vma, u64 haddr)
{
	struct mm_struct *mm = vma->vm_mm;
	pgoff_t pgoff = vma->vm_pgoff + ((haddr - vma->vm_start) >> PAGE_SHIFT);
	u64 prot = vma_page_prot(vma), i;
	struct rss_vec rss = {};
	s64 pfn = file_get_pfn(vma->vm_file, pgoff, vma->vm_flags & VM_SHARED && prot & _PAGE_RW);
	pte_t *ptep = NULL;
	int err = pfn < 0 ? (int)pfn : 0;

	if (!err && madvise(pfn_to_host(mm->phys, (pfn_t)pfn), PMD_SIZE, MADV_COLLAPSE))
		err = -errno;
	if (!err)
		ptep = pte_alloc(mm, haddr);
	if (!err && !ptep)
		err = -ENOMEM;
	for (i = 0; i < HPAGE_PMD_NR && !err; i++) {
		if (!pte_none(ptep[i]) && (!pte_present(ptep[i]) || !pfn_is_window(mm->phys, pte_pfn(ptep[i]))))
			err = -EINVAL;
	}
	for (i = 0; i < HPAGE_PMD_NR && !err; i++) {
		if (pte_none(ptep[i]))
			set_page_pte(vma, &ptep[i], (pfn_t)pfn + i, prot, &rss);
	}
	file_put_pfn(vma->vm_file, pfn);
	add_mm_rss_vec(mm, &rss);
	return err;
}

static int shmem_collapse(struct vm_area_struct *vma, u64 start, u64 end)
{
	const struct thp_setting *host = thp_setting(vma->vm_mm->env);
	u64 first = (vma->vm_start + PMD_SIZE - 1) & ~(PMD_SIZE - 1);
	u64 addr = (start + PMD_SIZE - 1) & ~(PMD_SIZE - 1);
	int err = addr > (end & ~(PMD_SIZE - 1)) ? -EINVAL : 0, last = 0;

	if (!host->present || disabled(vma, true) || vma->vm_flags & (VM_SPECIAL | VM_HUGETLB) ||
	    ((vma->vm_start >> PAGE_SHIFT) - vma->vm_pgoff) % HPAGE_PMD_NR || !suitable(vma, first))
		return -EINVAL;
	pthread_mutex_lock(&vma->vm_mm->page_table_lock);
	// What is only busy does not keep the others from it.
	for (; addr < end && end - addr >= PMD_SIZE && (!last || last == -EAGAIN); addr += PMD_SIZE) {
		last = collapse_chunk(vma, addr);
		if (last)
			err = last;
	}
	pthread_mutex_unlock(&vma->vm_mm->page_table_lock);
	return err;
}

int huge_collapse(struct vm_area_struct *vma, u64 start, u64 end)
{
	struct mm_struct *mm = vma->vm_mm;
	u64 addr = (start + PMD_SIZE - 1) & ~(PMD_SIZE - 1);
	int err = addr > (end & ~(PMD_SIZE - 1)) ? -EINVAL : 0, last;

	if (vma->vm_file && vma->vm_file->is_shmem && !file_is_shm(vma->vm_file))
		return shmem_collapse(vma, start, end);
	if (!thp_eligible(vma, true) || mm->vforked || mm->snapshots)
		return -EINVAL;
	pthread_mutex_lock(&mm->page_table_lock);
	// One that cannot be had does not keep the others from it, unless memory is what lacks.
	for (; addr < end && end - addr >= PMD_SIZE && err != -ENOMEM; addr += PMD_SIZE) {
		last = collapse_table(vma, addr);
		if (last)
			err = last;
	}
	pthread_mutex_unlock(&mm->page_table_lock);
	return err;
}
