// SPDX-License-Identifier: GPL-2.0-or-later
// The shape of the four-level tables: finding, making, walking and freeing them.
#include "mm/internal.h"
#include "mm/pages.h"

// As Linux's _PAGE_TABLE: what an entry that points at a table carries.
#define TABLE_BITS (_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY)

static inline unsigned level_shift(int level)
{
	return PGDIR_SHIFT - 9 * level;
}

static inline unsigned level_index(u64 addr, int level)
{
	return (addr >> level_shift(level)) % PTRS_PER_TABLE;
}

static inline u64 *entry_table(const struct mm_struct *mm, u64 entry)
{
	return phys_to_host(mm->phys, entry & PTE_PFN_MASK);
}

static u64 table_alloc(struct mm_struct *mm)
{
	pfn_t pfn = frame_alloc_table(mm->phys);

	if (!pfn)
		return 0;
	pfn_to_page(mm->phys, pfn)->flags |= PG_TABLE;
	return pfn << PAGE_SHIFT;
}

int pgd_alloc(struct mm_struct *mm)
{
	mm->pgd = table_alloc(mm);
	return mm->pgd ? 0 : -ENOMEM;
}

void pgd_free(struct mm_struct *mm)
{
	if (mm->pgd)
		put_page(mm->phys, mm->pgd >> PAGE_SHIFT);
	mm->pgd = 0;
}

// The entry at a level, going down from the top; NULL where there is no table.
static inline u64 *walk_to(const struct mm_struct *mm, u64 addr, enum level target)
{
	u64 *table = phys_to_host(mm->phys, mm->pgd);
	u64 entry;

	for (int level = LEVEL_PGD; level < (int)target; level++) {
		entry = __atomic_load_n(&table[level_index(addr, level)], __ATOMIC_ACQUIRE);
		if (!entry)
			return NULL;
		table = entry_table(mm, entry);
	}
	return &table[level_index(addr, target)];
}

u64 *entry_lookup(const struct mm_struct *mm, u64 addr, enum level level)
{
	return walk_to(mm, addr, level);
}

pte_t *pte_lookup(const struct mm_struct *mm, u64 addr)
{
	return walk_to(mm, addr, LEVEL_PTE);
}

u64 *pmd_lookup(const struct mm_struct *mm, u64 addr)
{
	return walk_to(mm, addr, LEVEL_PMD);
}

bool pmd_is_huge(const struct mm_struct *mm, u64 addr)
{
	u64 *pmd = mm->nr_huge ? pmd_lookup(mm, addr) : NULL;

	return pmd && *pmd & _PMD_HUGE;
}

u64 *entry_alloc(struct mm_struct *mm, u64 addr, enum level level)
{
	u64 *counter[3] = {&mm->nr_puds, &mm->nr_pmds, &mm->nr_ptes};
	u64 *table = phys_to_host(mm->phys, mm->pgd);
	u64 *slot, paddr;
	int i;

	for (i = 0; i < (int)level; i++) {
		slot = &table[level_index(addr, i)];
		if (!*slot) {
			paddr = table_alloc(mm);
			if (!paddr)
				return NULL;
			// Walkers do not hold the lock: the table is empty before it is seen.
			__atomic_store_n(slot, paddr | TABLE_BITS, __ATOMIC_RELEASE);
			++*counter[i];
		}
		table = entry_table(mm, *slot);
	}
	return &table[level_index(addr, level)];
}

pte_t *pte_alloc(struct mm_struct *mm, u64 addr)
{
	return entry_alloc(mm, addr, 3);
}

bool pmd_alloc(struct mm_struct *mm, u64 addr)
{
	return entry_alloc(mm, addr, 2);
}

pte_t *pte_next_table(const struct mm_struct *mm, u64 *addr, u64 end, u64 *stop)
{
	u64 *table, entry, size;
	int level;

	while (*addr < end) {
		table = phys_to_host(mm->phys, mm->pgd);
		for (level = 0; level < 3; level++) {
			entry = table[level_index(*addr, level)];
			if (!entry)
				break;
			table = entry_table(mm, entry);
		}
		size = 1UL << level_shift(level < 3 ? level : 2);
		*stop = min_t(u64, (*addr & ~(size - 1)) + size, end);
		if (level == 3)
			return &table[level_index(*addr, 3)];
		*addr = *stop;
	}
	return NULL;
}

int pgtable_walk(const struct mm_struct *mm, u64 addr, u64 entry[4])
{
	u64 *table = phys_to_host(mm->phys, mm->pgd);
	int level;

	for (level = 0; level < 4; level++)
		entry[level] = 0;
	for (level = 0; level < 4; level++) {
		entry[level] = table[level_index(addr, level)];
		if (!(entry[level] & _PAGE_PRESENT))
			break;
		if (level < 3)
			table = entry_table(mm, entry[level]);
	}
	return level;
}

// ---- freeing ----

void pte_table_free(struct mm_struct *mm, u64 addr)
{
	u64 *pmd = pmd_lookup(mm, addr);

	put_page(mm->phys, pte_pfn(*pmd));
	*pmd = 0;
	mm->nr_ptes--;
}

struct hole {
	u64 start, end;	 // the range that was unmapped
	u64 floor, last; // nothing else is mapped in [floor, last]
};

// Free the tables below @table (at @level, covering from @base) that lie wholly in the hole.
static void free_tables(struct mm_struct *mm, u64 *table, int level, u64 base, const struct hole *hole)
{
	u64 *counter[3] = {&mm->nr_puds, &mm->nr_pmds, &mm->nr_ptes};
	u64 size = 1UL << level_shift(level);
	u64 first = hole->start > base ? (hole->start - base) >> level_shift(level) : 0;
	u64 i;

	for (i = first; i < PTRS_PER_TABLE && base + i * size < hole->end; i++) {
		u64 from = base + i * size, entry = table[i];

		if (!entry)
			continue;
		if (level < 2)
			free_tables(mm, entry_table(mm, entry), level + 1, from, hole);
		if (from < hole->floor || from + size - 1 > hole->last)
			continue;
		table[i] = 0;
		put_page(mm->phys, pte_pfn(entry));
		--*counter[level];
	}
}

void free_pgtables(struct mm_struct *mm, u64 start, u64 end, u64 floor, u64 ceiling)
{
	struct hole hole = {.start = start, .end = end, .floor = floor};

	// A ceiling of 0 is the top, as Linux's USER_PGTABLES_CEILING; and nothing lies between TASK_SIZE and
	// that.
	hole.last = ceiling && ceiling < TASK_SIZE ? ceiling - 1 : (1UL << 47) - 1;
	if (start < end && mm->pgd)
		free_tables(mm, phys_to_host(mm->phys, mm->pgd), 0, 0, &hole);
}

// ---- protection ----

u64 vm_get_page_prot(vm_flags_t flags)
{
	u64 prot = _PAGE_ACCESSED;

	if (!(flags & VM_ACCESS_FLAGS))
		return prot | _PAGE_PROTNONE;
	prot |= _PAGE_PRESENT | _PAGE_USER;
	if (!(flags & VM_EXEC))
		prot |= _PAGE_NX;
	// A private page is written only after it was copied.
	if ((flags & (VM_SHARED | VM_WRITE)) == (VM_SHARED | VM_WRITE))
		prot |= _PAGE_RW;
	return prot;
}

bool vma_soft_dirty_enabled(const struct vm_area_struct *vma)
{
	return vma->vm_mm->phys->soft_dirty == SOFT_DIRTY_ON && !(vma->vm_flags & VM_SOFTDIRTY);
}

bool vma_wants_writenotify(const struct vm_area_struct *vma)
{
	if ((vma->vm_flags & (VM_SHARED | VM_WRITE)) == (VM_SHARED | VM_WRITE) && vma_soft_dirty_enabled(vma))
		return true;
	return (vma->vm_flags & (VM_SHARED | VM_WRITE)) == (VM_SHARED | VM_WRITE) && vma->vm_file &&
	       S_ISREG(vma->vm_file->mode) && !vma->vm_file->is_shmem;
}

u64 vma_page_prot(const struct vm_area_struct *vma)
{
	return vm_get_page_prot(vma_wants_writenotify(vma) ? vma->vm_flags & ~VM_SHARED : vma->vm_flags);
}
