// SPDX-License-Identifier: GPL-2.0-or-later
/* mincore: which pages are resident. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "mm/internal.h"
#include "mm/resident.h"
#include "mm/shm.h"

/* Does the page cache of the host hold these pages of a file? Past its end, too: a write that failed may have left
 * some there. */
static void mincore_file(struct file *file, pgoff_t pgoff, u64 pages, u8 *vec)
{
	u64 off = pgoff << PAGE_SHIFT, size;
	void *map;

	memset(vec, 0, pages);
	if (file_is_shm(file)) {
		/* Of one piece in the windows. Whether it is the guest's to know: Linux gives it mode 0777. */
		size = PAGE_ALIGN(file_size(file));
		if (off < size) {
			pages = min_t(u64, pages, (size - off) >> PAGE_SHIFT);
			if (window_mincore(file->phys, window_lookup(file->f_mapping, pgoff), pages, vec) < 0)
				memset(vec, 0, pages);
		}
		return;
	}
	map = mmap(NULL, pages << PAGE_SHIFT, PROT_READ, MAP_SHARED, file->fd, (off_t)off);
	if (map == MAP_FAILED)
		return;
	if (mincore(map, pages << PAGE_SHIFT, vec))
		memset(vec, 0, pages);
	munmap(map, pages << PAGE_SHIFT);
	for (u64 i = 0; i < pages; i++)
		vec[i] &= 1;
}

/* Who may learn what of a file is cached: its owner and who may write it. Others see "all". */
static bool can_do_mincore(const struct vm_area_struct *vma)
{
	if (vma_is_anonymous(vma) || (vma->vm_file && file_is_shm(vma->vm_file)))
		return true;
	return vma->vm_file && file_mincore_allowed(vma->vm_mm->env, vma->vm_file);
}

static void mincore_vma(struct vm_area_struct *vma, u64 start, u64 pages, u8 *vec)
{
	u64 i;

	if (!can_do_mincore(vma)) {
		memset(vec, 1, pages);
		return;
	}
	memset(vec, 0, pages);
	if (vma->vm_file && !vma_is_anonymous(vma))
		mincore_file(vma->vm_file, vma->vm_pgoff + ((start - vma->vm_start) >> PAGE_SHIFT), pages,
			     vec);
	for (i = 0; i < pages; i++) {
		pte_t *pte = pte_lookup(vma->vm_mm, start + (i << PAGE_SHIFT));

		if (!pte) {
			/* No table: skip what it would have covered. */
			u64 next = (start + (i << PAGE_SHIFT) + PMD_SIZE) & ~(PMD_SIZE - 1);

			i = ((next - start) >> PAGE_SHIFT) - 1;
			continue;
		}
		if (pte_present(*pte))
			vec[i] = 1;
	}
}

int do_mincore(struct mm_struct *mm, u64 start, u64 pages, u8 *vec)
{
	struct vm_area_struct *vma;
	u64 n = 0;

	if (start & ~PAGE_MASK)
		return -EINVAL;
	pthread_rwlock_rdlock(&mm->mmap_sem);
	vma = vma_lookup(mm, start);
	if (vma) {
		n = (vma->vm_end - start) >> PAGE_SHIFT;
		if (n > pages)
			n = pages;
		mincore_vma(vma, start, n, vec);
	}
	pthread_rwlock_unlock(&mm->mmap_sem);
	return vma ? (int)n : -ENOMEM;
}
