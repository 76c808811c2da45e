// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading memory without leaving a trace: for debuggers and the like. */
#include <string.h>
#include <unistd.h>
#include "mm/file.h"
#include "mm/mm.h"
#include "mm/pgtable.h"
#include "mm/phys.h"

/* What a fault would bring in at @addr, whose PTE is empty. */
static bool peek_absent(const struct vm_area_struct *vma, u64 addr, void *buf, size_t n)
{
	u64 off = (vma->vm_pgoff << PAGE_SHIFT) + (addr - vma->vm_start), page = off >> PAGE_SHIFT;

	if (vma->vm_flags & VM_IO)
		return false;
	if (vma->special) {
		if (page >= vma->special->nr_pages || !vma->special->pages[page])
			return false;
		memcpy(buf, (const char *)pfn_to_host(vma->vm_mm->phys, vma->special->pages[page]) + (addr & ~PAGE_MASK), n);
		return true;
	}
	memset(buf, 0, n);
	if (!vma->vm_file || (vma->vm_file->is_dev_zero && !(vma->vm_flags & VM_SHARED)))
		return true;
	/* Past the end of the file is SIGBUS; the rest of its last page is zeros. */
	return off < PAGE_ALIGN(file_size(vma->vm_file)) && pread(vma->vm_file->fd, buf, n, (off_t)off) >= 0;
}

static bool peek_page(struct mm_struct *mm, u64 addr, void *buf, size_t n)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	const pte_t *pte;

	if (!vma)
		return false;
	pte = pte_lookup(mm, addr);
	if (!pte || !*pte)
		return peek_absent(vma, addr, buf, n);
	if (!pte_present(*pte))
		return false;
	memcpy(buf, (const char *)pfn_to_host(mm->phys, pte_pfn(*pte)) + (addr & ~PAGE_MASK), n);
	return true;
}

size_t mm_peek(struct mm_struct *mm, u64 addr, void *buf, size_t n)
{
	size_t done = 0, step;

	pthread_rwlock_rdlock(&mm->mmap_sem);
	for (; done < n; done += step) {
		step = min_t(size_t, n - done, PAGE_SIZE - ((addr + done) & ~PAGE_MASK));
		if (addr + done < addr || !peek_page(mm, addr + done, (char *)buf + done, step))
			break;
	}
	pthread_rwlock_unlock(&mm->mmap_sem);
	return done;
}
