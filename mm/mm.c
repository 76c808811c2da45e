// SPDX-License-Identifier: GPL-2.0-or-later
/* mm: the life of an mm_struct, and its accounts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "mm/frames.h"
#include "mm/pages.h"
#include "mm/snapshot.h"

struct mm_struct *mm_alloc(struct phys *phys, struct mm_env *env)
{
	struct mm_struct *mm = calloc(1, sizeof(*mm));

	if (!mm)
		return NULL;
	mm->phys = phys;
	mm->env = env;
	mm->mm_users = mm->mm_count = 1;
	mm->task_size = TASK_SIZE;
	mm->flags = env->init_flags;
	RB_INIT(&mm->mm_rb);
	pthread_mutex_init(&mm->page_table_lock, NULL);
	pthread_rwlock_init(&mm->mmap_sem, NULL);
	if (pgd_alloc(mm)) {
		pthread_rwlock_destroy(&mm->mmap_sem);
		pthread_mutex_destroy(&mm->page_table_lock);
		free(mm);
		return NULL;
	}
	pthread_mutex_lock(&phys->lock);
	mm->id = ++phys->mm_ids;
	mm->mmlist_next = phys->mmlist;
	mm->mmlist_pprev = &phys->mmlist;
	if (phys->mmlist)
		phys->mmlist->mmlist_pprev = &mm->mmlist_next;
	phys->mmlist = mm;
	pthread_mutex_unlock(&phys->lock);
	return mm;
}

void mmget(struct mm_struct *mm)
{
	__atomic_add_fetch(&mm->mm_users, 1, __ATOMIC_RELAXED);
}

void exit_mmap(struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	pthread_rwlock_wrlock(&mm->mmap_sem);
	snapshot_mm_gone(mm);
	update_hiwater_rss(mm);
	update_hiwater_vm(mm);
	// A vfork child has none that is its own alone.
	frames_dropping(mm->phys, mm->vforked);
	while ((vma = mm->mmap)) {
		zap_page_range(mm, vma, vma->vm_start, vma->vm_end);
		vm_stat_account(mm, vma->vm_flags, -(s64)vma_pages(vma));
		vma_unlink(mm, vma);
		vm_area_free(vma);
	}
	mm->locked_vm = mm->locked_vm_stale = 0;
	free_pgtables(mm, 0, TASK_SIZE, 0, TASK_SIZE);
	frames_dropping(mm->phys, false);
	flush_tlb_batched(mm);
	pthread_rwlock_unlock(&mm->mmap_sem);
}

void mmput(struct mm_struct *mm)
{
	if (!mm || __atomic_sub_fetch(&mm->mm_users, 1, __ATOMIC_ACQ_REL))
		return;
	exit_mmap(mm);
	mm_vfork_end(mm);
	pthread_mutex_lock(&mm->phys->lock);
	*mm->mmlist_pprev = mm->mmlist_next;
	if (mm->mmlist_next)
		mm->mmlist_next->mmlist_pprev = mm->mmlist_pprev;
	pthread_mutex_unlock(&mm->phys->lock);
	pgd_free(mm);
	vm_area_drain(mm);
	if (mm->exe_file)
		fput(mm->exe_file);
	pthread_rwlock_destroy(&mm->mmap_sem);
	pthread_mutex_destroy(&mm->page_table_lock);
	free(mm);
}

/* The child's view of one VMA. Its anonymous pages get an identity of their own. */
static int dup_vma_in_child(struct mm_struct *mm, struct vm_area_struct *vma)
{
	/* What is not copied is not unmapped either, so that sealing does not matter. */
	if (vma->vm_flags & VM_DONTCOPY) {
		vma->vm_flags &= ~VM_SEALED;
		return do_munmap_locked(mm, vma->vm_start, vma->vm_end - vma->vm_start);
	}
	if (vma->vm_flags & VM_WIPEONFORK) {
		anon_vma_put(vma->anon_vma);
		vma->anon_vma = NULL;
	}
	/* fork copies only the page tables that faults could not fill again (vma_needs_copy). */
	if (!vma_needs_copy(vma))
		zap_page_range(mm, vma, vma->vm_start, vma->vm_end);
	else
		fork_mkold(vma);
	if (vma->anon_vma) {
		struct anon_vma *av = calloc(1, sizeof(*av));

		if (!av)
			return -ENOMEM;
		av->refcount = 1;
		av->forked = true;
		anon_vma_put(vma->anon_vma);
		vma->anon_vma = av;
	}
	return 0;
}

int dup_mm_in_child(struct mm_struct *mm)
{
	struct vm_area_struct *vma, *next;
	int err = 0;

	/* Threads that held the locks do not exist in the child. */
	pthread_mutex_init(&mm->page_table_lock, NULL);
	pthread_rwlock_init(&mm->mmap_sem, NULL);
	pthread_mutex_init(&mm->phys->lock, NULL);
	pthread_rwlock_wrlock(&mm->mmap_sem);
	/* They are the parent's to go back to. */
	snapshot_mm_gone(mm);
	mm->mm_users = mm->mm_count = 1;
	mm->locked_vm = mm->locked_vm_stale = mm->pinned_vm = 0;
	mm->min_flt = mm->maj_flt = 0;
	mm->def_flags &= ~VM_LOCKED_MASK;
	if (mm->flags & MMF_HAS_MDWE_NO_INHERIT)
		mm->flags &= ~(MMF_HAS_MDWE | MMF_HAS_MDWE_NO_INHERIT);
	/* Before anything is dropped: VM_LOCKED areas must not be taken off locked_vm again. */
	for_each_vma (mm, vma)
		vma->vm_flags &= ~VM_LOCKED_MASK;
	frames_dropping(mm->phys, true);
	for (vma = mm->mmap; vma && !err; vma = next) {
		next = vma->vm_next;
		err = dup_vma_in_child(mm, vma);
	}
	frames_dropping(mm->phys, false);
	fork_free_tables(mm);
	rss_recount(mm);
	mm->hiwater_rss = get_mm_rss(mm);
	mm->hiwater_vm = mm->total_vm;
	flush_tlb_batched(mm);
	mm_check_debug(mm, "fork");
	pthread_rwlock_unlock(&mm->mmap_sem);
	return err;
}

void mmu_notifier_register(struct mm_struct *mm, struct mmu_notifier *mn)
{
	pthread_rwlock_wrlock(&mm->mmap_sem);
	mn->next = mm->mmu_notifier_mm;
	mm->mmu_notifier_mm = mn;
	pthread_rwlock_unlock(&mm->mmap_sem);
}

void mmu_notifier_unregister(struct mm_struct *mm, struct mmu_notifier *mn)
{
	struct mmu_notifier **p;

	pthread_rwlock_wrlock(&mm->mmap_sem);
	for (p = &mm->mmu_notifier_mm; *p; p = &(*p)->next) {
		if (*p == mn) {
			*p = mn->next;
			break;
		}
	}
	pthread_rwlock_unlock(&mm->mmap_sem);
}

static bool is_data_mapping(vm_flags_t flags)
{
	return (flags & (VM_WRITE | VM_SHARED | VM_STACK)) == VM_WRITE;
}

void vm_stat_account(struct mm_struct *mm, vm_flags_t flags, s64 pages)
{
	mm->total_vm += (u64)pages;
	if ((flags & (VM_EXEC | VM_WRITE | VM_STACK)) == VM_EXEC)
		mm->exec_vm += (u64)pages;
	else if (flags & VM_STACK)
		mm->stack_vm += (u64)pages;
	else if (is_data_mapping(flags))
		mm->data_vm += (u64)pages;
	if (flags & VM_MAYSHARE)
		mm->shared_vm += (u64)pages;
	if (pages > 0 && (flags & (VM_SHARED | VM_WRITE)) == (VM_SHARED | VM_WRITE))
		mm->stores_shared = true;
}

bool may_expand_vm(const struct mm_struct *mm, vm_flags_t flags, s64 npages)
{
	const struct rlimit *data = &mm->env->rlim[RLIMIT_DATA];
	u64 pages;

	if ((s64)mm->total_vm + npages > (s64)(mm_rlimit(mm, RLIMIT_AS) >> PAGE_SHIFT))
		return false;
	if (!is_data_mapping(flags))
		return true;
	pages = mm->data_vm + (u64)npages;
	if (pages <= data->rlim_cur >> PAGE_SHIFT)
		return true;
	/* Valgrind sets the soft limit to 0: the kernel lets that one pass. */
	return data->rlim_cur == 0 && pages <= data->rlim_max >> PAGE_SHIFT;
}

/* Pages this mm is charged for; what the rest of the host is charged for is not known here. */
static u64 committed_pages(const struct mm_struct *mm)
{
	const struct vm_area_struct *vma;
	u64 pages = 0;

	for_each_vma (mm, vma)
		if (vma->vm_flags & VM_ACCOUNT)
			pages += vma_pages(vma);
	return pages;
}

static bool over_commit_max(const struct mm_struct *mm, u64 pages)
{
	const struct mm_env *env = mm->env;

	return (env->commit_sticky && env->commit_refused) || committed_pages(mm) + pages > env->commit_max;
}

int vm_enough_memory(const struct mm_struct *mm, s64 pages)
{
	struct mm_env *env = mm->env;
	u64 reserve = min_t(u64, mm->total_vm / 32, env->user_reserve_pages);

	if (unlikely(env->commit_max) && pages > 0 && over_commit_max(mm, (u64)pages)) {
		env->commit_refused++;
		return -ENOMEM;
	}

	if (env->overcommit_memory == 1)
		return 0;
	if (env->overcommit_memory == 0)
		return pages > 0 && (u64)pages > env->total_ram_pages ? -ENOMEM : 0;
	if (pages <= 0)
		return 0;
	/* No process shall grow so big that its user cannot recover. */
	return committed_pages(mm) + (u64)pages + reserve < env->commit_limit_pages ? 0 : -ENOMEM;
}

bool can_do_mlock(const struct mm_struct *mm)
{
	return mm_rlimit(mm, RLIMIT_MEMLOCK) != 0 || mm->env->capable_ipc_lock;
}

bool mlock_future_ok(const struct mm_struct *mm, vm_flags_t flags, u64 bytes)
{
	if (!(flags & VM_LOCKED) || mm->env->capable_ipc_lock)
		return true;
	return (bytes >> PAGE_SHIFT) + mm->locked_vm <= mm_rlimit(mm, RLIMIT_MEMLOCK) >> PAGE_SHIFT;
}
