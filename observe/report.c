// SPDX-License-Identifier: GPL-2.0-or-later
/* The crash report. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mm/pgtable.h"
#include "observe/decode.h"
#include "observe/disasm.h"
#include "observe/observe.h"
#include "observe/removed.h"
#include "observe/report.h"
#include "observe/symbols.h"
#include "procfs/procfs.h"

#define MAX_FRAMES 64              /* printed */
#define MAX_DEPTH 100000           /* looked at */

struct report {
	int fd;                    /* a copy of stderr: the guest may do with its own what it likes */
	const struct removed *removed; /* may be NULL */
};

struct report *report_create(const struct removed *removed)
{
	struct report *r = calloc(1, sizeof(*r));

	if (r)
		r->removed = removed;
	if (r)
		r->fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	return r;
}

void report_destroy(struct report *r)
{
	if (r && r->fd >= 0)
		close(r->fd);
	free(r);
}

void report_attach(struct report *r, struct ulk *ulk)
{
	own_descriptor(ulk, &r->fd);
}

/* ---- the parts ---- */

void put_registers(FILE *out, const struct cpu_regs *r)
{
	const struct {
		const char *name;
		u64 value;
	} regs[] = {
		{"rax", r->rax}, {"rbx", r->rbx}, {"rcx", r->rcx}, {"rdx", r->rdx}, {"rsi", r->rsi}, {"rdi", r->rdi},
		{"rbp", r->rbp}, {"rsp", r->rsp}, {"r8", r->r8}, {"r9", r->r9}, {"r10", r->r10}, {"r11", r->r11},
		{"r12", r->r12}, {"r13", r->r13}, {"r14", r->r14}, {"r15", r->r15}, {"rip", r->rip},
		{"eflags", r->rflags}, {"fs", r->fs_base}, {"gs", r->gs_base},
	};

	for (size_t i = 0; i < ARRAY_SIZE(regs); i++)
		fprintf(out, "%s%-6s %016lx%s", i % 4 ? " " : "    ", regs[i].name, regs[i].value,
			i % 4 == 3 ? "\n" : "");
}

void put_place(FILE *out, struct mm_struct *mm, u64 addr)
{
	struct vm_area_struct *vma, *above;

	pthread_rwlock_rdlock(&mm->mmap_sem);
	vma = vma_lookup(mm, addr);
	above = find_vma(mm, addr);
	if (vma) {
		proc_show_map_vma(out, vma);
	} else {
		const struct vm_area_struct *below = above ? above->vm_prev : mm->last_vma;

		if (below)
			proc_show_map_vma(out, below);
		fprintf(out, "        ... 0x%lx lies here ...\n", addr);
		if (above)
			proc_show_map_vma(out, above);
	}
	pthread_rwlock_unlock(&mm->mmap_sem);
}

/* A backtrace being printed. Deep recursion is one frame many times: it is said how often. */
struct printed {
	FILE *out;
	u64 last_pc;
	unsigned same, shown;
};

static void put_repeats(struct printed *pr)
{
	if (pr->same)
		fprintf(pr->out, "    ... the same %u time%s more ...\n", pr->same, pr->same == 1 ? "" : "s");
	pr->same = 0;
}

static bool put_frame(const struct frame *f, void *arg)
{
	struct printed *pr = arg;
	const struct place *p = &f->place;
	FILE *out = pr->out;

	if (f->pc == pr->last_pc && !f->inlined && f->nr > 1) {
		pr->same++;
		return f->nr < MAX_DEPTH;
	}
	put_repeats(pr);
	if (f->inlined)
		fprintf(out, "    #%-2u %18s %s", f->nr, "(inlined)", p->symbol ? p->symbol : "??");
	else if (p->symbol)
		fprintf(out, "    #%-2u 0x%016lx %s+0x%lx", f->nr, f->pc, p->symbol, p->offset);
	else
		fprintf(out, "    #%-2u 0x%016lx ??", f->nr, f->pc);
	if (p->file)
		fprintf(out, " at %s:%d", p->file, p->line);
	else if (p->module)
		fprintf(out, " in %s", p->module);
	putc('\n', out);
	pr->last_pc = f->inlined ? 0 : f->pc;
	return ++pr->shown < MAX_FRAMES;
}

void put_backtrace(FILE *out, struct task_struct *t)
{
	struct symbols *s = symbols_open(t);
	struct printed pr = {.out = out};

	if (!s)
		return;
	symbols_backtrace(s, put_frame, &pr);
	put_repeats(&pr);
	symbols_close(s);
}

/* ---- the whole ---- */

/* What was at @addr, where nothing is now. */
static const struct removal *what_was_there(const struct report *r, struct task_struct *t, u64 addr)
{
	const struct vm_area_struct *vma;

	if (!r->removed)
		return NULL;
	pthread_rwlock_rdlock(&t->mm->mmap_sem);
	vma = vma_lookup(t->mm, addr);
	pthread_rwlock_unlock(&t->mm->mmap_sem);
	return vma ? NULL : removed_find(r->removed, addr);
}

static void put_report(const struct report *r, FILE *out, struct task_struct *t, const siginfo_t *info)
{
	bool fault = info->si_code > 0 && info->si_code != SI_KERNEL &&
		     (info->si_signo == SIGSEGV || info->si_signo == SIGBUS);
	u64 addr = (u64)(uintptr_t)info->si_addr, rip = t->regs.rip;
	const struct removal *was = fault ? what_was_there(r, t, addr) : NULL;
	struct symbols *s = symbols_open(t);
	struct printed pr = {.out = out};
	struct place p = {};
	char buf[16];

	if (s)
		symbols_find(s, rip, &p);
	fprintf(out, "ulk: %s (process %d, thread %d) dies of %s: ", t->comm, t->pid, t->tid,
		signal_name(info->si_signo, buf));
	put_cause(out, t, info);
	fprintf(out, "%s%s\n  registers\n", was ? "; unmapped by " : "", was ? was->call : "");
	put_registers(out, &t->regs);
	fputs("  code\n", out);
	put_code(out, t, p.symbol_start, rip, 4, 3);
	if (s) {
		fputs("  backtrace\n", out);
		symbols_backtrace(s, put_frame, &pr);
		put_repeats(&pr);
	}
	if (fault) {
		fprintf(out, "  memory around 0x%lx\n", addr);
		put_place(out, t->mm, addr);
		if (was) {
			fprintf(out, "    0x%lx-0x%lx was unmapped by %s\n", was->start, was->end, was->call);
			symbols_put_callers(out, s, was->pc, MEMORY_CALLERS);
		}
		fputs("  page tables\n", out);
		put_walk(out, t->mm, addr);
	}
	symbols_close(s);
}

void put_death(FILE *out, struct task_struct *t, const siginfo_t *info)
{
	const struct report nothing_known = {.fd = -1};

	put_report(&nothing_known, out, t, info);
}

void report_signal(struct report *r, struct task_struct *t, const siginfo_t *info)
{
	char *text = NULL;
	size_t size;
	FILE *out;

	if (r->fd < 0 || !(REPORT_SIGNALS >> (info->si_signo - 1) & 1) || !t->mm ||
	    t->signal->action[info->si_signo].handler != 0)
		return;
	out = open_memstream(&text, &size);
	if (!out)
		return;
	put_report(r, out, t, info);
	fclose(out);
	write_fully(r->fd, text, size);
	free(text);
}
