// SPDX-License-Identifier: GPL-2.0-or-later
/* Why an access failed, or what else a signal means, in a clause. */
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include "mm/file.h"
#include "mm/pgtable.h"
#include "observe/decode.h"
#include "observe/disasm.h"
#include "observe/report.h"
#include "observe/symbols.h"

#define PF_PROT 1
#define PF_WRITE 2
#define PF_INSTR 16

/* "the stack", "the heap", "/bin/x (.rodata)", "an anonymous area". */
static void put_area(FILE *out, struct symbols *s, const struct vm_area_struct *vma, u64 addr)
{
	char name[PATH_MAX + 16];
	const char *section = s && vma->vm_file ? symbols_section(s, addr) : NULL;

	vma_name(vma, name, sizeof(name));
	if (!strcmp(name, "[stack]"))
		fputs("the stack", out);
	else if (!strcmp(name, "[heap]"))
		fputs("the heap", out);
	else if (section)
		fprintf(out, "%s (%s)", name, section);
	else
		fputs(*name ? name : "an anonymous area", out);
}

static void put_bytes(FILE *out, u64 n)
{
	if (n >= 1 << 20 && n % (1 << 20) == 0)
		fprintf(out, "%lu MiB", n >> 20);
	else if (n >= 1 << 10 && n % (1 << 10) == 0)
		fprintf(out, "%lu KiB", n >> 10);
	else
		fprintf(out, "%lu byte%s", n, n == 1 ? "" : "s");
}

/* Below the stack, further than it may grow, by a thread that runs on it. */
static bool is_stack_overflow(struct task_struct *t, const struct vm_area_struct *above, u64 addr, u64 *limit)
{
	u64 rsp = t->regs.rsp;

	if (!above || !(above->vm_flags & VM_GROWSDOWN))
		return false;
	*limit = t->signal->rlim[RLIMIT_STACK].rlim_cur;
	return above->vm_end - addr > *limit && (rsp < above->vm_start + PAGE_SIZE) && rsp + (1 << 20) > addr;
}

/* Nothing is mapped at @addr: what is near. mmap_sem is held. */
static void put_hole(FILE *out, struct task_struct *t, struct symbols *s, u64 addr)
{
	struct vm_area_struct *above = find_vma(t->mm, addr), *below = above ? above->vm_prev : t->mm->last_vma;
	u64 limit;

	if (addr < PAGE_SIZE) {
		fputs(addr ? "a null pointer's member" : "a null pointer", out);
		return;
	}
	if (is_stack_overflow(t, above, addr, &limit)) {
		fputs("stack overflow: the limit is ", out);
		put_bytes(out, limit);
		return;
	}
	fputs("nothing is mapped there", out);
	if (t->mm->brk > t->mm->start_brk && below && below->vm_start < t->mm->brk && below->vm_end >= t->mm->start_brk &&
	    addr - t->mm->brk < 16UL << 20) {
		fputs("; ", out);
		put_bytes(out, addr - t->mm->brk + 1);
		fputs(" past the heap", out);
	} else if (below && addr - below->vm_end < 1UL << 20) {
		fputs("; ", out);
		put_bytes(out, addr - below->vm_end + 1);
		fputs(" past ", out);
		put_area(out, s, below, below->vm_end - 1);
	} else if (above && above->vm_start - addr < 1UL << 20) {
		fputs("; ", out);
		put_bytes(out, above->vm_start - addr);
		fputs(" before ", out);
		put_area(out, s, above, above->vm_start);
	}
}

static void put_denied(FILE *out, struct symbols *s, const struct vm_area_struct *vma, u64 addr, u64 error_code)
{
	const pte_t *pte = pte_lookup(vma->vm_mm, addr);

	if (pte && *pte == PTE_MARKER_GUARD)
		fputs("a guard page of ", out);
	else if (!(vma->vm_flags & VM_ACCESS_FLAGS))
		fputs("an inaccessible page (PROT_NONE) of ", out);
	else if ((error_code & PF_INSTR) && !(vma->vm_flags & VM_EXEC))
		fputs("a page that is not executable, of ", out);
	else if ((error_code & PF_WRITE) && !(vma->vm_flags & VM_WRITE))
		fputs("a read-only page of ", out);
	else
		fputs("a page of ", out);
	put_area(out, s, vma, addr);
}

/* "execution at", or where a `ret' has just taken @addr from the stack: that was overwritten, as a rule. */
static const char *executed(struct task_struct *t, u64 addr)
{
	u64 taken;

	return mm_peek(t->mm, t->regs.rsp - 8, &taken, sizeof(taken)) == sizeof(taken) && taken == addr ?
	       "the return address on the stack leads to" : "execution at";
}

static void put_page_fault(FILE *out, struct task_struct *t, struct symbols *s, const siginfo_t *info)
{
	u64 addr = (u64)(uintptr_t)info->si_addr, error_code = t->error_code;
	struct vm_area_struct *vma;

	fprintf(out, "%s 0x%lx: ", error_code & PF_INSTR ? executed(t, addr) : error_code & PF_WRITE ? "write to" : "read of",
		addr);
	pthread_rwlock_rdlock(&t->mm->mmap_sem);
	vma = vma_lookup(t->mm, addr);
	if (addr >= TASK_SIZE_MAX)
		fputs("the kernel's half of the address space", out);
	else if (!vma)
		put_hole(out, t, s, addr);
	else
		put_denied(out, s, vma, addr, error_code);
	pthread_rwlock_unlock(&t->mm->mmap_sem);
}

static void put_bus_error(FILE *out, struct task_struct *t, const siginfo_t *info)
{
	u64 addr = (u64)(uintptr_t)info->si_addr;
	struct vm_area_struct *vma;
	char name[PATH_MAX + 16];

	if (info->si_code == BUS_ADRALN) {
		fputs("misaligned access with alignment checks on", out);
		return;
	}
	pthread_rwlock_rdlock(&t->mm->mmap_sem);
	vma = vma_lookup(t->mm, addr);
	if (vma && vma->vm_file)
		fprintf(out, "access to 0x%lx: offset 0x%lx of %s, which has only 0x%lx bytes", addr,
			(vma->vm_pgoff << PAGE_SHIFT) + (addr - vma->vm_start), vma_name(vma, name, sizeof(name)),
			file_size(vma->vm_file));
	else
		fprintf(out, "access to 0x%lx: there is no page behind it", addr);
	pthread_rwlock_unlock(&t->mm->mmap_sem);
}

static void put_general_protection(FILE *out, struct task_struct *t)
{
	const u64 rip = t->regs.rip;
	struct protection_fault f;

	if ((u64)((s64)(rip << 16) >> 16) != rip)
		fprintf(out, "%s 0x%lx: a non-canonical address", executed(t, rip), rip);
	else if (!disasm_protection(t, &f))
		fputs("general protection fault", out);
	else if (f.privileged)
		fprintf(out, "general protection fault at `%s': a privileged instruction", f.text);
	else if (f.non_canonical)
		fprintf(out, "general protection fault at `%s': %s 0x%lx, a non-canonical address", f.text,
			f.write ? "write to" : "read of", f.addr);
	else if (f.misaligned)
		fprintf(out, "general protection fault at `%s': its operand is at 0x%lx, and must be at a multiple of 16", f.text,
			f.addr);
	else
		fprintf(out, "general protection fault at `%s': a bad selector or a privileged instruction", f.text);
}

static void put_illegal(FILE *out, struct task_struct *t)
{
	char insn[128];

	if (!disasm_one(t, t->regs.rip, insn, sizeof(insn)))
		fputs("no instruction", out);
	else if (insn[0] == 'v' && strncmp(insn, "ver", 3))
		fprintf(out, "`%s': the emulated CPU has no AVX, and CPUID says so", insn);
	else
		fprintf(out, "`%s'", insn);
}

static void put_sent(FILE *out, const struct task_struct *t, const siginfo_t *info)
{
	if (info->si_pid == t->pid && info->si_signo == SIGABRT)
		fputs("the program aborted itself", out);
	else if (info->si_pid == t->pid)
		fputs("the program sent it to itself", out);
	else
		fprintf(out, "sent by process %d", info->si_pid);
}

void put_cause(FILE *out, struct task_struct *t, const siginfo_t *info)
{
	struct symbols *s;

	if (info->si_code <= 0) {
		put_sent(out, t, info);
		return;
	}
	switch (info->si_signo) {
	case SIGSEGV:
		if (info->si_code == SI_KERNEL) {
			put_general_protection(out, t);
			return;
		}
		s = symbols_open(t);
		put_page_fault(out, t, s, info);
		symbols_close(s);
		return;
	case SIGBUS:
		put_bus_error(out, t, info);
		return;
	case SIGILL:
		put_illegal(out, t);
		return;
	case SIGFPE:
		fputs(info->si_code == FPE_INTDIV ? "integer division by zero, or a quotient that does not fit" :
		      "floating-point exception", out);
		return;
	case SIGTRAP:
		fputs("a breakpoint or trace trap that nobody handles", out);
		return;
	case SIGSYS:
		fprintf(out, "system call %d, which a seccomp filter forbids", info->si_syscall);
		return;
	default:
		fputs("raised by the kernel", out);
	}
}
