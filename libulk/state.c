// SPDX-License-Identifier: GPL-2.0-or-later
/* Registers and memory: the first part of include/ulk/state.h. */
#include <errno.h>
#include <string.h>
#include "kernel/sched.h"
#include "libulk/internal.h"

/* ---- registers ---- */

/* What of RFLAGS a program may change: as ptrace's FLAG_MASK. */
#define USER_FLAGS 0x254dd5UL
#define MXCSR_BITS 0xffffU

static const struct {
	char name[8];
	size_t offset;
} reg_names[] = {
#define REG(r) {#r, offsetof(struct ulk_regs, r)}
	REG(rax), REG(rbx), REG(rcx), REG(rdx), REG(rsi), REG(rdi), REG(rbp), REG(rsp), REG(r8), REG(r9), REG(r10), REG(r11),
	REG(r12), REG(r13), REG(r14), REG(r15), REG(rip), REG(rflags), REG(fs_base), REG(gs_base),
#undef REG
};

int ulk_get_regs(struct ulk_machine *m, struct ulk_regs *regs)
{
	struct task_struct *t;
	int err = machine_regs(m, regs, &t);

	/* The same members in the same order; the selectors, which follow, are Linux's always. */
	_Static_assert(offsetof(struct cpu_regs, gs_base) == offsetof(struct ulk_regs, gs_base), "struct ulk_regs");
	if (!err)
		memcpy(regs, task_regs(t), sizeof(*regs));
	return err;
}

int ulk_set_regs(struct ulk_machine *m, const struct ulk_regs *regs)
{
	struct task_struct *t;
	int err = machine_regs(m, regs, &t);
	u64 flags;

	if (err)
		return err;
	if (regs->fs_base >= TASK_SIZE_MAX || regs->gs_base >= TASK_SIZE_MAX)
		return machine_fail(m, -EINVAL, "fs_base and gs_base must be addresses of the program");
	flags = (task_regs(t)->rflags & ~USER_FLAGS) | (regs->rflags & USER_FLAGS);
	memcpy(task_regs(t), regs, sizeof(*regs));
	t->regs.rflags = flags;
	t->regs_dirty = true;
	/* Where the program goes on is the caller's choice: no interrupted call is begun anew there. */
	t->orig_rax = (u64)-1;
	return 0;
}

static int find_reg(struct ulk_machine *m, const char *name, size_t *offset)
{
	for (size_t i = 0; i < ARRAY_SIZE(reg_names); i++) {
		if (!strcmp(reg_names[i].name, name)) {
			*offset = reg_names[i].offset;
			return 0;
		}
	}
	return machine_fail(m, -ENOENT, "no register has this name");
}

int ulk_get_reg(struct ulk_machine *m, const char *name, uint64_t *value)
{
	struct ulk_regs regs;
	size_t offset = 0;
	int err = machine_ok(m, name && value);

	if (!err)
		err = find_reg(m, name, &offset);
	if (!err)
		err = ulk_get_regs(m, &regs);
	if (!err)
		memcpy(value, (const char *)&regs + offset, sizeof(*value));
	return err;
}

int ulk_set_reg(struct ulk_machine *m, const char *name, uint64_t value)
{
	struct ulk_regs regs;
	size_t offset = 0;
	int err = machine_ok(m, name);

	if (!err)
		err = find_reg(m, name, &offset);
	if (!err)
		err = ulk_get_regs(m, &regs);
	if (err)
		return err;
	memcpy((char *)&regs + offset, &value, sizeof(value));
	return ulk_set_regs(m, &regs);
}

/* Another thread's state may be in the engine. */
void machine_get_fx(struct task_struct *t, struct cpu_fxstate *fx)
{
	if (sched_in_engine(t))
		cpu_get_fxstate(t->ulk->cpu, fx);
	else
		*fx = t->fx;
}

void machine_set_fx(struct task_struct *t, const struct cpu_fxstate *fx)
{
	if (sched_in_engine(t))
		cpu_set_fxstate(t->ulk->cpu, fx);
	else
		t->fx = *fx;
}

int ulk_get_fpregs(struct ulk_machine *m, struct ulk_fpregs *fp)
{
	struct cpu_fxstate fx;
	struct task_struct *t;
	int err = machine_regs(m, fp, &t);

	_Static_assert(sizeof(fx) == sizeof(*fp), "struct ulk_fpregs");
	if (err)
		return err;
	machine_get_fx(t, &fx);
	memcpy(fp, &fx, sizeof(fx));
	return 0;
}

int ulk_set_fpregs(struct ulk_machine *m, const struct ulk_fpregs *fp)
{
	struct cpu_fxstate fx;
	struct task_struct *t;
	int err = machine_regs(m, fp, &t);

	if (err)
		return err;
	memcpy(&fx, fp, sizeof(fx));
	if (fx.mxcsr & ~MXCSR_BITS)
		return machine_fail(m, -EINVAL, "reserved bits of MXCSR are set");
	machine_set_fx(t, &fx);
	return 0;
}

/* ---- memory ---- */

/* Such a size is a mistake, which must not be found out by what lies behind the caller's buffer. (The vsyscall page is the kernel's.) */
static bool beyond(u64 addr, size_t size)
{
	return size > TASK_SIZE_MAX || addr + size < addr;
}

int ulk_read(struct ulk_machine *m, uint64_t addr, void *buf, size_t size)
{
	struct task_struct *t;
	int err = machine_task(m, buf || !size, &t);

	if (!err && beyond(addr, size))
		return machine_fail(m, -EFAULT, "no program has so much memory");
	if (!err && mm_peek(t->mm, addr, buf, size) != size)
		err = machine_fail(m, -EFAULT, "not all of this memory is mapped");
	return err;
}

int ulk_write(struct ulk_machine *m, uint64_t addr, const void *buf, size_t size)
{
	struct task_struct *t;
	int err = machine_task(m, buf || !size, &t);

	if (!err && beyond(addr, size))
		return machine_fail(m, -EFAULT, "no program has so much memory");
	if (!err && access_remote_vm(t->mm, addr, (void *)(uintptr_t)buf, size, true))
		err = machine_fail(m, -EFAULT, "not all of this memory is mapped, or it is a shared mapping that is "
					       "read-only");
	return err;
}

int ulk_read_string(struct ulk_machine *m, uint64_t addr, char *buf, size_t size)
{
	struct task_struct *t;
	int err = machine_task(m, buf || !size, &t);
	size_t n, got;

	for (size_t done = 0; !err && done < size; done += n) {
		n = min_t(size_t, size - done, PAGE_SIZE - ((addr + done) & ~PAGE_MASK));
		got = mm_peek(t->mm, addr + done, buf + done, n);
		if (memchr(buf + done, 0, got))
			return 0;
		if (got != n)
			return machine_fail(m, -EFAULT, "not all of this memory is mapped");
	}
	return err ? err : machine_fail(m, -ENAMETOOLONG, "the string does not end within the buffer");
}

int ulk_read_symbol(struct ulk_machine *m, const char *symbol, void *buf, size_t size)
{
	uint64_t addr;
	int err = ulk_address_of(m, symbol, &addr);

	return err ? err : ulk_read(m, addr, buf, size);
}

int ulk_write_symbol(struct ulk_machine *m, const char *symbol, const void *buf, size_t size)
{
	uint64_t addr;
	int err = ulk_address_of(m, symbol, &addr);

	return err ? err : ulk_write(m, addr, buf, size);
}
