// SPDX-License-Identifier: GPL-2.0-or-later
// Page faults: from an address and an access to a page, or to the signal Linux would send.
#include <signal.h>
#include <string.h>
#include "mm/huge.h"
#include "mm/pagemap.h"
#include "mm/snapshot.h"

enum { ERR_PRESENT = 1, ERR_WRITE = 2, ERR_USER = 4, ERR_FETCH = 16 };
enum { PERM_READ = 1, PERM_WRITE = 2, PERM_EXEC = 4 };

// ---- bringing a page in (page_table_lock held) ----

void fault_oom(struct mm_struct *mm, struct mm_fault *out)
{
	__atomic_fetch_or(&mm->flags, 1UL << MMF_OOM_VICTIM, __ATOMIC_RELAXED);
	out->signo = SIGKILL;
	out->code = SI_KERNEL;
}

void set_page_pte(struct vm_area_struct *vma, pte_t *ptep, pfn_t pfn, u64 prot, struct rss_vec *rss)
{
	pte_t pte = (pfn << PAGE_SHIFT) | prot;
	struct rss_vec alone = {};

	page_add_rmap(vma, pte, rss ? rss : &alone);
	if (!rss)
		add_mm_rss_vec(vma->vm_mm, &alone);
	__atomic_store_n(ptep, pte, __ATOMIC_RELEASE);
}

// What a PTE that was just written through carries.
static u64 written_prot(const struct vm_area_struct *vma)
{
	return vma_page_prot(vma) | _PAGE_DIRTY | _PAGE_SOFT_DIRTY |
	       (vma->vm_flags & VM_WRITE ? _PAGE_RW : 0);
}

static pfn_t anon_frame(struct vm_area_struct *vma, bool zeroed)
{
	struct phys *phys = vma->vm_mm->phys;
	pfn_t pfn = zeroed ? frame_alloc(phys) : frame_alloc_dirty(phys);

	if (pfn)
		__atomic_fetch_or(&pfn_to_page(phys, pfn)->flags, PG_ANON, __ATOMIC_RELAXED);
	return pfn;
}

static void do_anonymous_page(struct vm_area_struct *vma, u64 addr, pte_t *ptep, unsigned flags,
			      struct mm_fault *out)
{
	pfn_t pfn;

	out->minor = true;
	if (!(flags & FAULT_WRITE)) {
		set_page_pte(vma, ptep, vma->vm_mm->phys->zero_pfn, vma_page_prot(vma) | _PAGE_SPECIAL, NULL);
		return;
	}
	if (unlikely(vma->vm_mm->vforked))
		vfork_note(vma->vm_mm, addr, NULL);
	pfn = anon_frame(vma, true);
	if (!pfn)
		fault_oom(vma->vm_mm, out);
	else
		set_page_pte(vma, ptep, pfn, written_prot(vma), NULL);
}

void do_cow(struct vm_area_struct *vma, u64 addr, pte_t *ptep, pfn_t from, unsigned flags,
	    struct mm_fault *out)
{
	struct phys *phys = vma->vm_mm->phys;
	bool zero = from == phys->zero_pfn;
	pfn_t pfn = anon_frame(vma, zero);
	struct rss_vec rss = {};
	pte_t old = *ptep;

	if (!pfn) {
		fault_oom(vma->vm_mm, out);
		return;
	}
	if (unlikely(vma->vm_mm->vforked))
		vfork_note(vma->vm_mm, addr, pfn_to_host(phys, from));
	if (!zero) {
		memcpy(pfn_to_host(phys, pfn), pfn_to_host(phys, from), PAGE_SIZE);
		__atomic_fetch_and(&pfn_to_page(phys, pfn)->flags, ~(PG_RECYCLED | PG_HOLLOW), __ATOMIC_RELAXED);
	}
	// The asking engine replaces its own entry for the page; code it chained to by address it keeps.
	if (!(flags & FAULT_ENGINE) || pfn_to_page(phys, from)->flags & PG_CODE)
		tlb_batch_pte(vma->vm_mm, addr, old);
	if (!pte_none(old)) {
		page_remove_rmap(vma, old, &rss);
		add_mm_rss_vec(vma->vm_mm, &rss);
		if (!(old & _PAGE_SPECIAL))
			put_page(phys, pte_pfn(old));
	}
	set_page_pte(vma, ptep, pfn, written_prot(vma), NULL);
}

// A store to a page that is present but read-only.
static void do_wp_page(struct vm_area_struct *vma, u64 addr, pte_t *ptep, unsigned flags,
		       struct mm_fault *out)
{
	struct phys *phys = vma->vm_mm->phys;
	pfn_t pfn = pte_pfn(*ptep);
	bool follow = false;
	u64 pgoff;
	s64 got;

	if (vma->vm_flags & VM_SHARED) {
		pgoff = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
		// The file may have shrunk since the page was mapped; the window must be writable from now
		// on.
		got = -ENXIO;
		if (vma->vm_file && PAGE_ALIGN(file_size(vma->vm_file)) >> PAGE_SHIFT > pgoff)
			got = file_get_pfn(vma->vm_file, pgoff, true);
		file_put_pfn(vma->vm_file, got); // the PTE keeps it
		out->retry = got == -ENOMEM;
		if (out->retry)
			return;
		if (got != (s64)pfn) {
			out->signo = SIGBUS;
			out->code = BUS_ADRERR;
			return;
		}
	} else if (*ptep & _PAGE_SPECIAL || pfn_is_window(phys, pfn) ||
		   !(pfn_to_page(phys, pfn)->flags & PG_ANON)) {
		out->minor = true;
		do_cow(vma, addr, ptep, pfn, flags, out);
		return;
	} else {
		if (unlikely(vma->vm_mm->vforked))
			vfork_note(vma->vm_mm, addr, pfn_to_host(phys, pfn));
		// What a forced write finds to be the process's own it takes (can_follow_write_pte()): no fault.
		follow = flags & FAULT_FORCE && !(vma->vm_flags & VM_WRITE) &&
			 !(pfn_to_page(phys, pfn)->flags & PG_FORKED) &&
			 (vma->vm_flags & VM_SOFTDIRTY || *ptep & _PAGE_SOFT_DIRTY);
		// Linux copies here, even if nothing will be stored (mlock, MAP_POPULATE): so must the host.
		if (__atomic_fetch_and(&pfn_to_page(phys, pfn)->flags, ~PG_FORKED, __ATOMIC_RELAXED) & PG_FORKED)
			__atomic_fetch_or((u8 *)pfn_to_host(phys, pfn), 0, __ATOMIC_RELAXED);
	}
	out->minor = !follow;
	__atomic_store_n(ptep, (*ptep & PTE_PFN_MASK) | (*ptep & _PAGE_CACHED) | written_prot(vma),
			 __ATOMIC_RELEASE);
}

static void do_special_fault(struct vm_area_struct *vma, u64 addr, pte_t *ptep, unsigned flags,
			     struct mm_fault *out)
{
	u64 index = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
	pfn_t pfn = index < vma->special->nr_pages ? vma->special->pages[index] : 0;
	u64 prot = vma_page_prot(vma);

	if (!pfn) {
		out->signo = SIGBUS;
		out->code = BUS_ADRERR;
		return;
	}
	out->minor = true;
	if (flags & FAULT_WRITE && !(vma->vm_flags & VM_SHARED)) {
		do_cow(vma, addr, ptep, pfn, flags, out);
		return;
	}
	if (vma->vm_flags & VM_PFNMAP)
		prot |= _PAGE_SPECIAL;
	else
		get_page(vma->vm_mm->phys, pfn);
	set_page_pte(vma, ptep, pfn, prot, NULL);
}

// mprotect changed the VMA after the page was mapped, or ptrace reaches into a PROT_NONE area.
static void do_prot_update(struct vm_area_struct *vma, pte_t *ptep)
{
	u64 keep = *ptep & (PTE_PFN_MASK | _PAGE_DIRTY | _PAGE_SPECIAL | _PAGE_SOFT_DIRTY);

	__atomic_store_n(ptep, keep | vma_page_prot(vma), __ATOMIC_RELEASE);
}

// An empty PTE, by the kind of the area.
static void do_no_page(struct vm_area_struct *vma, u64 addr, unsigned flags, struct mm_fault *out)
{
	pte_t *ptep;

	if (vma->vm_file && !vma->vm_file->is_dev_zero) {
		do_file_fault(vma, addr, flags, out);
		return;
	}
	ptep = pte_alloc(vma->vm_mm, addr);
	if (!ptep)
		fault_oom(vma->vm_mm, out);
	else if (vma->special)
		do_special_fault(vma, addr, ptep, flags, out);
	else
		do_anonymous_page(vma, addr, ptep, flags, out);
}

void handle_mm_fault(struct vm_area_struct *vma, u64 addr, unsigned flags, struct mm_fault *out)
{
	struct mm_struct *mm = vma->vm_mm;
	pte_t *ptep;

	addr &= PAGE_MASK;
	pthread_mutex_lock(&mm->page_table_lock);
	if (unlikely(mm->snapshots))
		snapshot_note_locked(mm, addr, flags & FAULT_WRITE);
	ptep = pte_lookup(mm, addr);
	if (ptep && *ptep == PTE_MARKER_GUARD) {
		out->signo = SIGSEGV;
		out->code = SEGV_MAPERR;
	} else if (!ptep && huge_fault(vma, addr, flags, out)) {
		// 512 pages at once.
	} else if ((!ptep && !pmd_alloc(mm, addr)) || (flags & FAULT_WRITE && !(vma->vm_flags & VM_SHARED) &&
						       !vma->anon_vma && anon_vma_prepare(vma) < 0))
		fault_oom(vma->vm_mm, out);
	else if (!ptep || pte_none(*ptep))
		do_no_page(vma, addr, flags, out);
	else if (flags & FAULT_WRITE && !(*ptep & _PAGE_RW)) {
		if (likely(!pmd_is_huge(mm, addr)) || !huge_wp(vma, addr, flags, out))
			do_wp_page(vma, addr, ptep, flags, out);
	}
	else if (!pte_hw_present(*ptep))
		do_prot_update(vma, ptep);
	if (!out->signo && !out->retry) {
		if (out->minor && !out->major)
			__atomic_fetch_add(&mm->min_flt, 1, __ATOMIC_RELAXED);
		if (out->major)
			__atomic_fetch_add(&mm->maj_flt, 1, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&mm->page_table_lock);
}

// ---- which area, and may it be done ----

// The VMA that contains @addr, growing a stack down to it; mmap_sem may be dropped and taken again.
static struct vm_area_struct *find_vma_expand(struct mm_struct *mm, u64 addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	int err;

	if (vma && vma->vm_start <= addr)
		return vma;
	if (!vma || !(vma->vm_flags & VM_GROWSDOWN))
		return NULL;
	pthread_rwlock_unlock(&mm->mmap_sem);
	pthread_rwlock_wrlock(&mm->mmap_sem);
	vma = find_vma(mm, addr);
	err = 0;
	if (vma && vma->vm_start > addr)
		err = vma->vm_flags & VM_GROWSDOWN ? expand_downwards(vma, PAGE_ALIGN_DOWN(addr)) : -EFAULT;
	pthread_rwlock_unlock(&mm->mmap_sem);
	pthread_rwlock_rdlock(&mm->mmap_sem);
	return err ? NULL : vma_lookup(mm, addr);
}

static bool access_allowed(const struct vm_area_struct *vma, unsigned flags)
{
	if (flags & FAULT_FORCE) {
		if (vma_is_secretmem(vma))
			return false;
		if (!(flags & FAULT_WRITE))
			return vma->vm_flags & VM_MAYREAD && !(vma->vm_flags & (VM_IO | VM_PFNMAP));
		return vma->vm_flags & VM_WRITE ||
		       (!(vma->vm_flags & VM_SHARED) && vma->vm_flags & VM_MAYWRITE);
	}
	if (flags & FAULT_WRITE)
		return vma->vm_flags & VM_WRITE;
	return vma->vm_flags & VM_ACCESS_FLAGS;
}

// What the hardware pushes with a page fault.
static u8 hw_error_code(struct mm_struct *mm, u64 addr, unsigned flags)
{
	pte_t *ptep = addr < TASK_SIZE_MAX ? pte_lookup(mm, addr) : NULL;
	u8 code = ERR_USER | (flags & FAULT_WRITE ? ERR_WRITE : 0) | (flags & FAULT_FETCH ? ERR_FETCH : 0);

	// Of kernel addresses the kernel always says "present", so as to give nothing away.
	if (addr >= TASK_SIZE_MAX || (ptep && pte_hw_present(*ptep)))
		code |= ERR_PRESENT;
	return code;
}

static int bad_area(struct mm_struct *mm, u64 addr, unsigned flags, int code, struct mm_fault *out)
{
	out->signo = SIGSEGV;
	out->code = code;
	out->error_code = hw_error_code(mm, addr, flags);
	return -EFAULT;
}

// Make room for a window. The mmap_sem held for reading is dropped for it. An engine that asked must not go
// on with what it was told of the pages that are gone now.
static int fault_reclaim(struct mm_struct *mm, unsigned flags, struct mm_fault *out)
{
	bool any;

	pthread_rwlock_unlock(&mm->mmap_sem);
	any = reclaim_windows(mm->phys);
	pthread_rwlock_rdlock(&mm->mmap_sem);
	memset(out, 0, sizeof(*out));
	if (!any) {
		fault_oom(mm, out);
		return -EFAULT;
	}
	out->retry = flags & FAULT_ENGINE;
	return out->retry ? -EFAULT : 0;
}

int fault_in(struct mm_struct *mm, u64 addr, unsigned flags, struct mm_fault *out)
{
	struct vm_area_struct *vma;
	pte_t *ptep;

	if (addr >= TASK_SIZE_MAX)
		return bad_area(mm, addr, flags, SEGV_MAPERR, out);
	vma = find_vma_expand(mm, addr);
	if (!vma)
		return bad_area(mm, addr, flags, SEGV_MAPERR, out);
	if (!access_allowed(vma, flags))
		return bad_area(mm, addr, flags, SEGV_ACCERR, out);
	// Fetching from a no-execute area first brings the page in, as a read would; then the MMU says no.
	ptep = pte_lookup(mm, addr);
	if (flags & FAULT_FETCH && !(vma->vm_flags & VM_EXEC) && ptep && pte_hw_present(*ptep))
		return bad_area(mm, addr, flags, SEGV_ACCERR, out);
	handle_mm_fault(vma, addr, flags, out);
	if (unlikely(out->retry))
		return fault_reclaim(mm, flags, out);
	if (out->signo) {
		out->error_code = hw_error_code(mm, addr, flags);
		return -EFAULT;
	}
	if (flags & FAULT_FETCH && !(vma->vm_flags & VM_EXEC))
		return bad_area(mm, addr, flags, SEGV_ACCERR, out);
	return 0;
}

// ---- the MMU ----

// Set bits that the hardware would set; false when the PTE changed meanwhile and must be looked at again.
static inline bool pte_mark(pte_t *ptep, pte_t old, u64 bits)
{
	return (old & bits) == bits ||
	       __atomic_compare_exchange_n(ptep, &old, old | bits, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

// A sum over a page that a difference of one bit, or the order of two words, changes.
static u64 page_sum(const void *page)
{
	const u64 *word = page;
	u64 a = 1, b = 2;

	for (size_t i = 0; i < PAGE_SIZE / sizeof(*word); i += 2) {
		a = (a ^ word[i]) * 0x9e3779b97f4a7c15UL;
		a ^= a >> 29;
		b = (b ^ word[i + 1]) * 0xc2b2ae3d27d4eb4fUL;
		b ^= b >> 31;
	}
	return a ^ (b << 1 | b >> 63);
}

// The engine is about to translate code of this page, or has code of it from before it was unmapped: that is
// good as long as the content is the same. The engine drops what it has before it executes the page.
static void note_code(struct mm_struct *mm, pfn_t pfn, struct page *page)
{
	u64 sum;

	if (pfn_is_window(mm->phys, pfn)) {
		sum = page_sum(pfn_to_host(mm->phys, pfn));
		if (page->flags & PG_CODE_OLD && (page->flags & PG_CODE_STORED || page->code_sum != sum))
			invalidate_code_page(mm, pfn);
		page->code_sum = sum;
		__atomic_fetch_and(&page->flags, ~(PG_CODE_OLD | PG_CODE_STORED), __ATOMIC_RELAXED);
	}
	__atomic_fetch_or(&page->flags, PG_CODE, __ATOMIC_RELAXED);
}

// The hardware's part of a translation: true when the PTE allows the access.
static bool translate_pte(struct mm_struct *mm, u64 vaddr, enum mm_access access, struct mm_fault *out)
{
	u64 need = _PAGE_PRESENT | _PAGE_USER | (access == MM_WRITE ? _PAGE_RW : 0);
	u64 mark = _PAGE_ACCESSED | _PAGE_CACHED | (access == MM_WRITE ? _PAGE_DIRTY : 0);
	pte_t *ptep = pte_lookup(mm, vaddr), pte;
	struct page *page;

	if (!ptep)
		return false;
	do {
		pte = __atomic_load_n(ptep, __ATOMIC_ACQUIRE);
		if ((pte & need) != need || (access == MM_FETCH && pte & _PAGE_NX))
			return false;
	} while (!pte_mark(ptep, pte, mark));
	pte |= mark;
	out->paddr = pte & PTE_PFN_MASK;
	out->perms =
		PERM_READ | ((pte & (_PAGE_RW | _PAGE_DIRTY)) == (_PAGE_RW | _PAGE_DIRTY) ? PERM_WRITE : 0);
	if (unlikely(mm->snapshots) && pfn_to_page(mm->phys, pte_pfn(pte))->flags & PG_SNAP)
		out->perms &= ~PERM_WRITE;
	if (access == MM_FETCH) {
		page = pfn_to_page(mm->phys, pte_pfn(pte));
		if (unlikely((page->flags & (PG_CODE | PG_CODE_OLD)) != PG_CODE))
			note_code(mm, pte_pfn(pte), page);
		out->perms |= PERM_EXEC;
	}
	return true;
}

bool mm_peek_code(struct mm_struct *mm, u64 addr, u64 *paddr)
{
	const u64 need = _PAGE_PRESENT | _PAGE_USER;
	const pte_t *ptep = addr < TASK_SIZE_MAX ? pte_lookup(mm, addr) : NULL;
	pte_t pte = ptep ? __atomic_load_n(ptep, __ATOMIC_ACQUIRE) : 0;
	struct page *page;

	if ((pte & need) != need || pte & _PAGE_NX)
		return false;
	page = pfn_to_page(mm->phys, pte_pfn(pte));
	if ((page->flags & (PG_CODE | PG_CODE_OLD)) != PG_CODE)
		note_code(mm, pte_pfn(pte), page);
	*paddr = pte & PTE_PFN_MASK;
	return true;
}

bool file_peek_code(struct mm_struct *mm, struct file *file, pgoff_t pgoff, u64 *paddr)
{
	s64 pfn = file_get_pfn(file, pgoff, false);
	struct page *page;

	if (pfn <= 0)
		return false;
	page = pfn_to_page(mm->phys, (pfn_t)pfn);
	if ((page->flags & (PG_CODE | PG_CODE_OLD)) != PG_CODE) {
		note_code(mm, (pfn_t)pfn, page);
		__atomic_fetch_or(&page->flags, PG_CODE_OLD, __ATOMIC_RELAXED);
	}
	file_put_pfn(file, pfn);
	*paddr = (u64)pfn << PAGE_SHIFT;
	return true;
}

int mm_translate(struct mm_struct *mm, u64 vaddr, enum mm_access access, struct mm_fault *out)
{
	unsigned flags = FAULT_ENGINE | (access == MM_WRITE   ? FAULT_WRITE
					 : access == MM_FETCH ? FAULT_FETCH
							      : 0);
	int err = 0;

	memset(out, 0, sizeof(*out));
	if (unlikely(vaddr >= TASK_SIZE_MAX)) {
		bad_area(mm, vaddr, flags, SEGV_MAPERR, out);
		// A non-canonical address is no page fault at all but a general protection fault.
		if (vaddr + (1UL << 47) >= 1UL << 48) {
			out->code = SI_KERNEL;
			out->error_code = 0;
		}
		return -EFAULT;
	}
	pthread_rwlock_rdlock(&mm->mmap_sem);
	if (unlikely(mm->snapshots) && access == MM_WRITE)
		snapshot_note_store(mm, vaddr);
	while (!err && !translate_pte(mm, vaddr, access, out))
		err = fault_in(mm, vaddr, flags, out);
	read_flush(mm);
	pthread_rwlock_unlock(&mm->mmap_sem);
	return err;
}

pfn_t user_page(struct mm_struct *mm, u64 addr, unsigned flags)
{
	u64 need = flags & FAULT_FORCE ? 0 : _PAGE_PRESENT | (flags & FAULT_WRITE ? _PAGE_RW : 0);
	u64 mark = _PAGE_ACCESSED | (flags & FAULT_WRITE ? _PAGE_DIRTY : 0);
	struct mm_fault fault = {0};
	bool checked = !(flags & FAULT_FORCE);
	pte_t *ptep, pte;

	if (unlikely(mm->snapshots) && flags & FAULT_WRITE)
		snapshot_note_store(mm, addr);
	for (;;) {
		ptep = addr < TASK_SIZE_MAX && checked ? pte_lookup(mm, addr) : NULL;
		pte = ptep ? __atomic_load_n(ptep, __ATOMIC_ACQUIRE) : 0;
		if (pte_present(pte) && (pte & need) == need) {
			if (pte_mark(ptep, pte, mark))
				return pte_pfn(pte);
			continue;
		}
		// A forced access asks the VMA first, and then takes whatever page is there.
		if (fault_in(mm, addr, flags, &fault) < 0)
			return 0;
		checked = true;
	}
}

static bool shared_with_family(struct phys *phys, pte_t pte)
{
	struct host_pages hp;
	bool shared;

	host_pages_open(phys, &hp);
	shared = pte_mapcount(&hp, pte, NULL) > 1;
	host_pages_close(&hp);
	return shared;
}

void user_page_unshare(struct mm_struct *mm, u64 addr, pfn_t pfn)
{
	struct page *page = pfn_to_page(mm->phys, pfn);

	// A vfork child is a fork here only: natively all pages are the process's own.
	if (pfn_is_window(mm->phys, pfn) || mm->vforked || (page->flags & (PG_ANON | PG_FORKED)) != (PG_ANON | PG_FORKED))
		return;
	pthread_mutex_lock(&mm->page_table_lock);
	if (!pmd_is_huge(mm, addr) || !huge_unshare(mm, addr)) {
		// The host copies the page if a process of the family has it, too, and a copy that nobody stored to is clean.
		if (shared_with_family(mm->phys, *pte_lookup(mm, addr)))
			__atomic_fetch_and(pte_lookup(mm, addr), ~_PAGE_DIRTY, __ATOMIC_RELAXED);
		__atomic_fetch_and(&page->flags, ~PG_FORKED, __ATOMIC_RELAXED);
		__atomic_fetch_or((u8 *)pfn_to_host(mm->phys, pfn), 0, __ATOMIC_RELAXED);
	}
	__atomic_fetch_add(&mm->min_flt, 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&mm->page_table_lock);
}

int mm_populate(struct mm_struct *mm, u64 start, u64 end, bool ignore_errors)
{
	struct vm_area_struct *vma;
	struct mm_fault fault;
	unsigned flags;
	u64 addr = start, stop;
	int err = 0;

	pthread_rwlock_rdlock(&mm->mmap_sem);
	while (addr < end && !err) {
		vma = find_vma(mm, addr);
		if (!vma || vma->vm_start >= end)
			break;
		addr = max_t(u64, addr, vma->vm_start);
		stop = min_t(u64, vma->vm_end, end);
		if (vma->vm_flags & (VM_IO | VM_PFNMAP | VM_LOCKONFAULT)) {
			addr = stop;
			continue;
		}
		// Private writable pages are copied now, so that no fault remains; shared ones are only read.
		flags = (vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE ? FAULT_WRITE : 0;
		memset(&fault, 0, sizeof(fault));
		if (vma_is_secretmem(vma))
			err = -EFAULT;
		for (; addr < stop && !err; addr += PAGE_SIZE) {
			pte_t *ptep = pte_lookup(mm, addr);

			if (ptep && pte_hw_present(*ptep) && (!flags || *ptep & _PAGE_RW)) {
				// get_user_pages() to write dirties what it finds (FOLL_TOUCH): one freed lazily stays.
				if (flags)
					__atomic_fetch_or(ptep, _PAGE_DIRTY, __ATOMIC_RELAXED);
				continue;
			}
			memset(&fault, 0, sizeof(fault));
			if (!access_allowed(vma, flags))
				err = -EFAULT;
			else
				handle_mm_fault(vma, addr, flags | FAULT_POPULATE, &fault);
			if (fault.retry)
				break;
			if (fault.signo)
				err = fault.signo == SIGKILL ? -ENOMEM : -EFAULT;
		}
		// The area may go while the lock is dropped: look for it again.
		if (fault.retry && fault_reclaim(mm, 0, &fault) < 0)
			err = -ENOMEM;
		if (err && ignore_errors) {
			err = 0;
			addr = stop;
		}
	}
	read_flush(mm);
	pthread_rwlock_unlock(&mm->mmap_sem);
	return err;
}
