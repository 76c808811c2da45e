// SPDX-License-Identifier: GPL-2.0-or-later
/* Calling the program's functions: a frame as a call instruction leaves it, and a stop where it returns to. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "libulk/internal.h"
#include "observe/stop.h"

#define RED_ZONE     128
#define SCRATCH_MAX  65536
#define MAX_ARGS     64
#define FLAGS_STATUS 0xcd5UL /* what a call begins with clear: the arithmetic flags, and DF */

/* Integers go to these, in this order, doubles to xmm0 ... xmm7, what is left to the stack. */
static void place_args(struct cpu_regs *r, struct cpu_fxstate *fx, const struct ulk_value *args, size_t n, u64 *stack,
		       size_t *nr_stack)
{
	u64 *const ints[6] = {&r->rdi, &r->rsi, &r->rdx, &r->rcx, &r->r8, &r->r9};
	size_t nr_ints = 0, nr_reals = 0;

	*nr_stack = 0;
	for (size_t i = 0; i < n; i++) {
		if (args[i].type == ULK_INTEGER && nr_ints < 6) {
			*ints[nr_ints++] = args[i].u.integer;
		} else if (args[i].type == ULK_DOUBLE && nr_reals < 8) {
			memset(fx->xmm[nr_reals], 0, 16);
			memcpy(fx->xmm[nr_reals++], &args[i].u.real, 8);
		} else {
			memcpy(&stack[(*nr_stack)++], &args[i].u, 8);
		}
	}
	/* For functions with variable arguments. */
	r->rax = nr_reals;
}

static u64 scratch_top(const struct ulk_machine *m, const struct cpu_regs *r)
{
	/* ulk_scratch() may have been called since the thread stopped. */
	return m->scratch && m->scratch_rsp == r->rsp ? m->scratch : r->rsp - RED_ZONE;
}

int ulk_scratch(struct ulk_machine *m, const void *data, size_t size, uint64_t *addr)
{
	struct task_struct *t;
	int err = machine_regs(m, addr, &t);
	u64 at;

	if (err)
		return err;
	if (size > SCRATCH_MAX)
		return machine_fail(m, -EINVAL, "too much for the stack");
	at = (scratch_top(m, task_regs(t)) - size) & ~15UL;
	/* As the program itself would: the stack may have to grow. */
	if (data ? copy_to_user(t->mm, at, data, size) : clear_user(t->mm, at, size))
		return machine_fail(m, -EFAULT, "there is no room on the stack");
	m->scratch = at;
	m->scratch_rsp = t->regs.rsp;
	*addr = at;
	return 0;
}

/* Where the program began is where no function returns to but ours. */
static int run_call(struct ulk_machine *m, struct task_struct *t, u64 frame, struct ulk_result *how)
{
	u64 other = cpu_get_break(t->ulk->cpu);
	int err;

	err = cpu_set_break(t->ulk->cpu, m->entry);
	while (!err) {
		err = ulk_run(m, how);
		if (err || how->end != ULK_END_BREAK || task_regs(t)->rip != m->entry || t->regs.rsp == frame + 8)
			break;
	}
	if (!err)
		err = cpu_set_break(t->ulk->cpu, other);
	return err;
}

int ulk_call(struct ulk_machine *m, const char *function, const struct ulk_value *args, size_t nr_args,
	     struct ulk_returned *returned, struct ulk_result *how)
{
	struct ulk_result result;
	struct cpu_fxstate fx, old_fx;
	struct cpu_regs old;
	u64 addr, sp, stack[MAX_ARGS + 1], old_orig_rax;
	struct task_struct *t;
	size_t nr_stack;
	int err = machine_regs(m, function && returned && (args || !nr_args), &t);

	how = how ? how : &result;
	*how = (struct ulk_result){.end = ULK_END_ERROR};
	if (!err)
		err = machine_idle(m, true);
	if (!err)
		err = ulk_address_of(m, function, &addr);
	if (err)
		return err;
	if (nr_args > MAX_ARGS || t->signal->exiting || m->current || m->ulk->stopped)
		return machine_fail(m, -EINVAL, "a call wants a process that stands still in its first thread, and at most 64 "
						"arguments");
	old = *task_regs(t);
	old_orig_rax = t->orig_rax;
	machine_get_fx(t, &old_fx);
	fx = old_fx;
	place_args(&t->regs, &fx, args, nr_args, stack + 1, &nr_stack);
	stack[0] = m->entry;
	/* At the first instruction of a function rsp + 8 is a multiple of 16. */
	sp = ((scratch_top(m, &old) - nr_stack * 8) & ~15UL) - 8;
	if (copy_to_user(t->mm, sp, stack, (nr_stack + 1) * 8)) {
		t->regs = old;
		return machine_fail(m, -EFAULT, "there is no room on the stack");
	}
	t->regs.rsp = sp;
	t->regs.rip = addr;
	t->regs.rflags &= ~FLAGS_STATUS;
	t->regs_dirty = true;
	t->orig_rax = (u64)-1;
	machine_set_fx(t, &fx);
	err = run_call(m, t, sp, how);
	if (err)
		return err;
	if (how->end != ULK_END_BREAK || task_regs(t)->rip != m->entry)
		return machine_fail(m, -ECANCELED, "the call did not return");
	machine_get_fx(t, &fx);
	*returned = (struct ulk_returned){.integer = t->regs.rax, .high = t->regs.rdx};
	memcpy(&returned->real, fx.xmm[0], sizeof(returned->real));
	t->regs = old;
	t->orig_rax = old_orig_rax;
	t->regs_dirty = true;
	machine_set_fx(t, &old_fx);
	cpu_pass_break(t->ulk->cpu);
	return 0;
}
