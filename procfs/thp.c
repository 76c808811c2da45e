// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * THPeligible: would the host's kernel put huge pages into an area like this one? Its settings are asked each
 * time, since an administrator may change them. (thp_vma_allowable_orders())
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include "mm/huge.h"
#include "mm/pgtable.h"
#include "procfs/internal.h"

#define THP_DIR	       "/sys/kernel/mm/transparent_hugepage/"
#define PMD_ORDER      (PMD_SHIFT - PAGE_SHIFT)
#define MIN_ANON_ORDER 2

/* The word in brackets of a setting ("always [madvise] never") into @word. */
static bool read_choice(const char *name, char word[16])
{
	char path[96], text[96], *open, *close;
	s64 fd, n;

	word[0] = '\0';
	snprintf(path, sizeof(path), THP_DIR "%s", name);
	fd = HOST(SYS_open, (uintptr_t)path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = HOST(SYS_read, fd, (uintptr_t)text, sizeof(text) - 1);
	HOST(SYS_close, fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	open = strchr(text, '[');
	close = open ? strchr(open, ']') : NULL;
	if (!close)
		return false;
	*close = '\0';
	snprintf(word, 16, "%s", open + 1);
	return true;
}

void proc_thp_read(struct proc_thp *thp)
{
	char word[16], name[40];

	memset(thp, 0, sizeof(*thp));
	if (!read_choice("enabled", word))
		return; /* a kernel without huge pages */
	thp->global_always = !strcmp(word, "always");
	thp->global_madvise = thp->global_always || !strcmp(word, "madvise");
	for (unsigned order = MIN_ANON_ORDER; order <= PMD_ORDER; order++) {
		snprintf(name, sizeof(name), "hugepages-%lukB/enabled", (PAGE_SIZE << order) >> 10);
		/* Before Linux 6.8 there was one size, and one setting. */
		if (!read_choice(name, word))
			strcpy(word, order == PMD_ORDER ? "inherit" : "never");
		if (!strcmp(word, "always") || (!strcmp(word, "inherit") && thp->global_always))
			thp->always |= 1UL << order;
		if (!strcmp(word, "madvise") || (!strcmp(word, "inherit") && thp->global_madvise))
			thp->madvise |= 1UL << order;
	}
	read_choice("shmem_enabled", word);
	thp->shmem_always = !strcmp(word, "always") || !strcmp(word, "force") || !strcmp(word, "within_size");
	thp->shmem_advise = thp->shmem_always || !strcmp(word, "advise");
}

/* Does a huge page of some of these orders fit into the area? */
static bool fits(const struct vm_area_struct *vma, u64 orders)
{
	for (int order = PMD_ORDER; order > 0; order--) {
		u64 size = PAGE_SIZE << order, last;

		if (!(orders & (1UL << order)) || vma->vm_end - vma->vm_start < size)
			continue;
		if (vma->vm_file && ((vma->vm_start >> PAGE_SHIFT) - vma->vm_pgoff) % (size >> PAGE_SHIFT))
			continue;
		last = (vma->vm_end - size) & ~(size - 1);
		if (last >= vma->vm_start)
			return true;
	}
	return false;
}

bool proc_thp_eligible(const struct proc_thp *thp, const struct vm_area_struct *vma)
{
	bool advised = vma->vm_flags & VM_HUGEPAGE;
	unsigned long flags = vma->vm_mm->flags;

	if (vma->special || vma->vm_flags & VM_NOHUGEPAGE || flags & MMF_DISABLE_THP ||
	    (flags & MMF_DISABLE_THP_EXCEPT_ADVISED && !advised))
		return false;
	if (!vma->vm_file || vma->vm_file->is_dev_zero)
		return fits(vma, thp->always | (advised ? thp->madvise : 0));
	/* A disk's file is mapped huge by file systems that say so when it is mapped, which ulk's windows
	 * hide. */
	return vma->vm_file->is_shmem && (advised ? thp->shmem_advise : thp->shmem_always) &&
	       fits(vma, 1UL << PMD_ORDER);
}
