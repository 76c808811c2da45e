// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/self/syscall: what the thread is waiting for in the kernel. */
#include "procfs/internal.h"

int proc_syscall_text(struct task_struct *t, FILE *out)
{
	const struct cpu_regs *r;

	/* Who reads this has the CPU. Of others the registers are known while they wait in a call. */
	if (t->cpu_released && (t->orig_rax == (u64)-1 || !t->regs_valid)) {
		fputs("running\n", out);
		return 0;
	}
	r = task_regs(t);
	fprintf(out, "%ld 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx\n", t->orig_rax, r->rdi, r->rsi,
		r->rdx, r->r10, r->r8, r->r9, r->rsp, r->rip);
	return 0;
}
