// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include "kernel/engine.h"
#include "kernel/watch.h"

static bool translate(void *arg, u64 vaddr, enum cpu_access access, struct cpu_tlb_entry *out)
{
	struct task_struct *t = arg;
	struct mm_fault f;

	/* Only a refusal is kept: the engine asks more, with success, to tell the exact address of a fault. */
	if (mm_translate(t->mm, vaddr, (enum mm_access)access, &f)) {
		t->fault = f;
		return false;
	}
	if (unlikely(t->ulk->watches) && (f.minor || f.major))
		watched_fault(t, vaddr, access, &f);
	mm_take_faults(t->mm, &t->min_flt, &t->maj_flt);
	if (unlikely(t->ulk->hooks.admit) && !t->ulk->hooks.admit(t, vaddr, access, &f.perms))
		return false;
	out->paddr = f.paddr;
	out->perms = f.perms;
	return true;
}

static bool absent(void *arg, u64 vaddr)
{
	struct task_struct *t = arg;

	return !user_range_ready(t->mm, vaddr, 1, false);
}

static bool fast_syscall(void *arg, struct cpu_syscall *sc)
{
	struct task_struct *t = arg;
	const struct ulk_hooks *hooks = &t->ulk->hooks;

	/* A pending signal is delivered after this call, a filter may forbid it, who watches may look at registers: leave
	 * the engine for them. */
	if (!hooks->syscall_is_fast || !hooks->syscall_is_fast(sc->nr) || t->seccomp_mode || t->dispatch.on || t->ulk->watches ||
	    signal_pending(t))
		return false;
	sc->ret = (u64)hooks->syscall(t, sc->nr, sc->args);
	mm_take_faults(t->mm, &t->min_flt, &t->maj_flt);
	return true;
}

static void new_block(void *arg, u64 pc, u32 size)
{
	struct task_struct *t = arg;

	if (t->ulk->hooks.new_block)
		t->ulk->hooks.new_block(t, pc, size);
}

static void invalidate_range(struct mmu_notifier *mn, struct mm_struct *mm, u64 start, u64 end)
{
	struct engine_notifier *en = container_of(mn, struct engine_notifier, mn);

	(void)mm;
	cpu_tlb_flush(en->ulk->cpu, start, end);
}

static void invalidate_code(struct mmu_notifier *mn, struct mm_struct *mm, pfn_t pfn)
{
	struct engine_notifier *en = container_of(mn, struct engine_notifier, mn);

	(void)mm;
	cpu_code_flush(en->ulk->cpu, pfn);
}

int engine_attach(struct ulk *ulk, const char **why)
{
	const struct cpu_config config = {
		.phys_base = ulk->phys->base,
		.phys_size = ulk->phys->size,
		.ops = {.translate = translate, .absent = absent, .fast_syscall = fast_syscall, .new_block = new_block},
	};

	ulk->notifier = calloc(1, sizeof(*ulk->notifier));
	if (!ulk->notifier)
		return -ENOMEM;
	ulk->notifier->ulk = ulk;
	ulk->notifier->mn.invalidate_range = invalidate_range;
	ulk->notifier->mn.invalidate_code = invalidate_code;
	return cpu_create(&config, &ulk->cpu, why);
}

void engine_detach(struct ulk *ulk)
{
	if (ulk->cpu)
		cpu_destroy(ulk->cpu);
	ulk->cpu = NULL;
	free(ulk->notifier);
	ulk->notifier = NULL;
}

void engine_enter_mm(struct task_struct *t)
{
	struct ulk *ulk = t->ulk;

	mmu_notifier_register(t->mm, &ulk->notifier->mn);
	t->mm->cpu_vm_mask_var = 1;
	cpu_set_arg(ulk->cpu, t);
	cpu_tlb_flush(ulk->cpu, 0, ~0UL);
}

void engine_leave_mm(struct ulk *ulk, struct mm_struct *mm)
{
	if (!(mm->cpu_vm_mask_var & 1))
		return;
	mmu_notifier_unregister(mm, &ulk->notifier->mn);
	mm->cpu_vm_mask_var = 0;
	cpu_tlb_flush(ulk->cpu, 0, ~0UL);
}
