// SPDX-License-Identifier: GPL-2.0-or-later
/* What an access to an address would do, in words, without doing it. */
#include <sys/resource.h>
#include "mm/file.h"
#include "mm/pgtable.h"
#include "observe/report.h"

/* Nothing is mapped there, but the stack above may grow over it. */
static bool stack_reaches(struct task_struct *t, u64 addr)
{
	const struct vm_area_struct *above = find_vma(t->mm, addr);

	return above && (above->vm_flags & VM_GROWSDOWN) && addr < above->vm_start &&
	       above->vm_end - (addr & PAGE_MASK) <= t->signal->rlim[RLIMIT_STACK].rlim_cur &&
	       (!above->vm_prev || (addr & PAGE_MASK) >= above->vm_prev->vm_end + (256UL << PAGE_SHIFT));
}

static bool past_end_of_file(const struct vm_area_struct *vma, u64 addr)
{
	return vma->vm_file && !vma->vm_file->is_dev_zero &&
	       (vma->vm_pgoff << PAGE_SHIFT) + (addr - vma->vm_start) >= PAGE_ALIGN(file_size(vma->vm_file));
}

/* The access is allowed: what it finds. */
static const char *outcome(const struct vm_area_struct *vma, u64 addr, pte_t pte, bool write)
{
	bool present = pte_present(pte), shared = vma->vm_flags & VM_SHARED;

	if (past_end_of_file(vma, addr) && !present)
		return "SIGBUS (BUS_ADRERR): past the end of the file";
	if (present && (!write || (pte & _PAGE_RW)))
		return "goes through: the page is there";
	if (present && write)
		return shared ? "a fault that marks the page dirty" :
		       pte & _PAGE_SPECIAL || vma->vm_file ? "a fault that copies the page (copy on write)" :
							     "a fault that makes the page writable again, or copies it";
	if (vma->vm_file && (!write || shared))
		return "a fault that maps the file's page";
	if (vma->vm_file)
		return "a fault that copies the file's page (copy on write)";
	return write ? "a fault that brings a page of zeros" : "a fault that maps the zero page";
}

void access_words(struct task_struct *t, u64 addr, const char *words[3])
{
	static const vm_flags_t needs[] = {VM_READ | VM_WRITE | VM_EXEC, VM_WRITE, VM_EXEC};
	const struct vm_area_struct *vma;
	const pte_t *ptep;

	pthread_rwlock_rdlock(&t->mm->mmap_sem);
	vma = vma_lookup(t->mm, addr);
	ptep = vma ? pte_lookup(t->mm, addr) : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		if (addr >= TASK_SIZE_MAX)
			words[i] = "SIGSEGV: not an address of user space";
		else if (!vma)
			words[i] = stack_reaches(t, addr) && i < 2 ? "the stack grows down to it" :
								     "SIGSEGV (SEGV_MAPERR): nothing is mapped there";
		else if (ptep && *ptep == PTE_MARKER_GUARD)
			words[i] = "SIGSEGV: a guard page";
		else if (!(vma->vm_flags & needs[i]))
			words[i] = "SIGSEGV (SEGV_ACCERR): the area does not allow it";
		else
			words[i] = outcome(vma, addr, ptep ? *ptep : 0, i == 1);
	}
	pthread_rwlock_unlock(&t->mm->mmap_sem);
}

void put_accesses(FILE *out, struct task_struct *t, u64 addr)
{
	const char *words[3];

	access_words(t, addr, words);
	fprintf(out, "    read     %s\n    write    %s\n    execute  %s\n", words[0], words[1], words[2]);
}
