// SPDX-License-Identifier: GPL-2.0-or-later
#include <capstone/capstone.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "observe/functions.h"
#include "observe/disasm.h"
#include "observe/itrace.h"
#include "observe/observe.h"

#define MAX_INSN 15
#define CACHED	 4096
#define ALL_CODE (1UL << 47)

struct memory_operand {
	u8 segment, base, index, scale, size;   /* registers as x86_reg; x86_reg has less than 256 */
	bool reads, writes;
	s64 disp;
};

/* An instruction, decoded. */
struct decoded {
	u64 addr;
	u8 bytes[MAX_INSN], size;  /* size 0: the entry is empty */
	bool branch, call, ret, sse;
	u8 nr_memory;
	u32 ret_bytes;             /* that ret takes off the stack besides the address */
	struct memory_operand memory[2];
	char text[200];            /* with the address and function before it */
};

/* What a thread did last. */
struct thread_state {
	struct thread_state *next;
	int tid;
	bool pending;              /* its line is not written yet */
	struct cpu_regs regs;      /* before it */
	struct cpu_fxstate fx;     /* the same, if the instruction is of SSE */
	struct decoded insn;
	u64 value[2];              /* of memory operands, before */
};

struct itrace {
	const char *range;
	u64 begin, end;
	int fd;
	const char *path;          /* NULL: standard error */
	bool failed;               /* to write there: it was said */
	csh cs;
	cs_insn *insn;
	struct functions *functions;
	struct thread_state *threads;
	struct decoded cache[CACHED];
};

/* ---- decoding ---- */

static void note_memory(struct decoded *d, const cs_x86_op *op)
{
	if (op->type != X86_OP_MEM || d->nr_memory == ARRAY_SIZE(d->memory) || !op->size || op->size > 8 ||
	    !(op->access & (CS_AC_READ | CS_AC_WRITE)))
		return;
	d->memory[d->nr_memory++] = (struct memory_operand){
		.segment = (u8)op->mem.segment,
		.base = (u8)op->mem.base,
		.index = (u8)op->mem.index,
		.scale = (u8)op->mem.scale,
		.size = op->size,
		.reads = op->access & CS_AC_READ,
		.writes = op->access & CS_AC_WRITE,
		.disp = op->mem.disp,
	};
}

static void note_details(struct itrace *it, struct decoded *d)
{
	const cs_insn *insn = it->insn;
	const cs_x86 *x86 = &insn->detail->x86;

	d->call = cs_insn_group(it->cs, insn, CS_GRP_CALL);
	d->ret = cs_insn_group(it->cs, insn, CS_GRP_RET);
	d->branch = d->call || d->ret || cs_insn_group(it->cs, insn, CS_GRP_JUMP);
	d->sse = strstr(insn->op_str, "xmm");
	if (d->ret && x86->op_count && x86->operands[0].type == X86_OP_IMM)
		d->ret_bytes = (u32)x86->operands[0].imm & 0xffff;
	for (int i = 0; i < x86->op_count && insn->id != X86_INS_LEA && insn->id != X86_INS_NOP; i++)
		note_memory(d, &x86->operands[i]);
}

static const struct decoded *decode(struct itrace *it, struct mm_struct *mm, u64 addr)
{
	struct decoded *d = &it->cache[addr % CACHED];
	u8 bytes[MAX_INSN] = {0};
	const u8 *p = bytes;
	size_t n = mm_peek(mm, addr, bytes, sizeof(bytes));
	struct function f;
	u64 at = addr;
	int len;

	if (d->size && d->addr == addr && !memcmp(d->bytes, bytes, d->size))
		return d;
	*d = (struct decoded){.addr = addr, .size = 1};
	memcpy(d->bytes, bytes, sizeof(bytes));
	functions_find(it->functions, mm, addr, &f);
	if (f.name)
		len = snprintf(d->text, 100, "0x%lx <%.60s+%lu>", addr, f.name, addr - f.start);
	else
		len = snprintf(d->text, 100, "0x%lx%s%.40s%s", addr, f.file ? " <" : "", f.file ?: "", f.file ? ">" : "");
	if (n && cs_disasm_iter(it->cs, &p, &n, &at, it->insn)) {
		d->size = (u8)it->insn->size;
		note_details(it, d);
		snprintf(d->text + len, sizeof(d->text) - (size_t)len, "%*s%s%s%.80s", len < 32 ? 33 - len : 1, "",
			 it->insn->mnemonic, *it->insn->op_str ? " " : "", it->insn->op_str);
	} else {
		snprintf(d->text + len, sizeof(d->text) - (size_t)len, "  (bad)");
	}
	return d;
}

static u64 address_of(const struct decoded *d, const struct memory_operand *m, const struct cpu_regs *r)
{
	u64 base = m->base == X86_REG_RIP ? d->addr + d->size : disasm_reg(r, m->base);

	return disasm_reg(r, m->segment) + base + disasm_reg(r, m->index) * m->scale + (u64)m->disp;
}

/* ---- lines ---- */

static void put_flags(FILE *out, u64 old, u64 now)
{
	static const struct {
		u16 bit;
		char name[3];
	} flags[] = {{1, "CF"}, {4, "PF"}, {16, "AF"}, {64, "ZF"}, {128, "SF"}, {1024, "DF"}, {2048, "OF"}};
	const u64 shown = 1 | 4 | 16 | 64 | 128 | 1024 | 2048;

	if (!((old ^ now) & shown))
		return;
	fputs(" eflags=[", out);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (now & flags[i].bit)
			fprintf(out, " %s", flags[i].name);
	fputs(" ]", out);
}

static void put_changes(FILE *out, const struct cpu_regs *old, const struct cpu_regs *now)
{
	static const char names[][8] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp",
					"r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
	const u64 *a = &old->rax, *b = &now->rax;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (a[i] != b[i])
			fprintf(out, " %s=0x%lx", names[i], b[i]);
	if (old->fs_base != now->fs_base)
		fprintf(out, " fs_base=0x%lx", now->fs_base);
	if (old->gs_base != now->gs_base)
		fprintf(out, " gs_base=0x%lx", now->gs_base);
	put_flags(out, old->rflags, now->rflags);
}

static void put_xmm(FILE *out, const struct cpu_fxstate *old, const struct cpu_fxstate *now)
{
	u64 half[2];

	for (int i = 0; i < 16; i++) {
		if (!memcmp(old->xmm[i], now->xmm[i], sizeof(now->xmm[i])))
			continue;
		memcpy(half, now->xmm[i], sizeof(half));
		fprintf(out, " xmm%d=0x%016lx%016lx", i, half[1], half[0]);
	}
}

/* Operands that are written show what is there now, the others what was read. */
static void put_memory(FILE *out, struct task_struct *t, const struct thread_state *s)
{
	for (int i = 0; i < s->insn.nr_memory; i++) {
		const struct memory_operand *m = &s->insn.memory[i];
		u64 addr = address_of(&s->insn, m, &s->regs), value = s->value[i];

		if (m->writes) {
			value = 0;
			if (mm_peek(t->mm, addr, &value, m->size) != m->size)
				continue;
		}
		fprintf(out, " [0x%lx]%s0x%lx", addr, m->writes ? ":=" : "=", value);
	}
}

/* Write the line of @s; @now: what the instruction left, NULL when it did nothing. */
static void put_line(struct itrace *it, struct task_struct *t, const struct thread_state *s, const struct cpu_regs *now,
		     const char *note)
{
	char line[1024];
	struct cpu_fxstate fx;
	FILE *out = fmemopen(line, sizeof(line), "w");
	long n;

	if (!out)
		return;
	setvbuf(out, NULL, _IOFBF, 512);
	fprintf(out, "%-5d %-72s", s->tid, s->insn.text);
	if (now) {
		put_changes(out, &s->regs, now);
		if (s->insn.sse) {
			cpu_get_fxstate(t->ulk->cpu, &fx);
			put_xmm(out, &s->fx, &fx);
		}
		put_memory(out, t, s);
	}
	fputs(note ?: "", out);
	n = ftell(out);
	fclose(out);
	if (n <= 0)
		return;
	for (n = n < (long)sizeof(line) - 1 ? n : (long)sizeof(line) - 2; n && line[n - 1] == ' '; n--)
		;
	line[n++] = '\n';
	if (it->path)
		write_output(it->fd, line, (size_t)n, it->path, &it->failed);
	else
		write_fully(it->fd, line, (size_t)n);
}

static struct thread_state *state_of(struct itrace *it, int tid)
{
	struct thread_state *s;

	for (s = it->threads; s; s = s->next)
		if (s->tid == tid)
			return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->tid = tid;
	s->next = it->threads;
	it->threads = s;
	return s;
}

static void put_pending(struct itrace *it, struct task_struct *t, struct thread_state *s, const struct cpu_regs *now,
			const char *note)
{
	if (s->pending)
		put_line(it, t, s, now, note);
	s->pending = false;
}

/* A jump has no more effect than this, and where it goes may be outside the range: known without waiting. */
static void put_branch(struct itrace *it, struct task_struct *t, struct thread_state *s)
{
	struct cpu_regs now = s->regs;

	if (s->insn.call)
		now.rsp -= 8;
	if (s->insn.ret)
		now.rsp += 8 + s->insn.ret_bytes;
	put_line(it, t, s, &now, NULL);
}

/* ---- hooks ---- */

static void on_insn(void *arg, const struct cpu_regs *regs)
{
	struct task_struct *t = arg;
	struct itrace *it = observers_of(t)->itrace;
	struct thread_state *s = state_of(it, t->tid);
	bool again;

	if (!s)
		return;
	/* A round of a rep, or a second attempt after the memory was made ready: not done yet. */
	if (s->pending && s->regs.rip == regs->rip)
		return;
	put_pending(it, t, s, regs, NULL);
	if (regs->rip - it->begin >= it->end - it->begin)
		return; /* it is hooked for the line before it */
	again = s->insn.branch && !memcmp(&s->regs, regs, sizeof(*regs));
	s->regs = *regs;
	s->insn = *decode(it, t->mm, regs->rip);
	if (s->insn.sse)
		cpu_get_fxstate(t->ulk->cpu, &s->fx);
	for (int i = 0; i < s->insn.nr_memory; i++) {
		s->value[i] = 0;
		mm_peek(t->mm, address_of(&s->insn, &s->insn.memory[i], regs), &s->value[i], s->insn.memory[i].size);
	}
	s->pending = !s->insn.branch;
	if (s->insn.branch && !again)
		put_branch(it, t, s);
}

void itrace_left_engine(struct itrace *it, struct task_struct *t, const struct cpu_exit *exit)
{
	struct thread_state *s = state_of(it, t->tid);
	const struct cpu_regs *now = &t->regs;
	char note[80] = "";
	bool failed;

	if (!s)
		return;
	if (exit->reason == CPU_EXIT_FAULT)
		snprintf(note, sizeof(note), " page fault: %s at 0x%lx",
			 exit->fault.access == CPU_WRITE  ? "write"
			 : exit->fault.access == CPU_READ ? "read"
							  : "execution",
			 exit->fault.addr);
	else if (exit->reason == CPU_EXIT_EXCEPTION)
		snprintf(note, sizeof(note), " exception %u", exit->exception.vector);
	failed = *note && now->rip == s->regs.rip;
	if (s->pending && !failed && now->rip == s->regs.rip && exit->reason != CPU_EXIT_SYSCALL)
		return; /* a rep goes on later */
	if (s->pending)
		put_pending(it, t, s, failed ? NULL : now, note);
	else if (failed && s->insn.branch)
		put_line(it, t, s, NULL, note);
	memset(&s->regs, 0, sizeof(s->regs));
}

/* ---- beginning and end ---- */

static bool parse_addresses(struct itrace *it)
{
	char *end;

	if (*it->range < '0' || *it->range > '9')
		return false;
	it->begin = strtoull(it->range, &end, 0);
	if (*end != '-')
		return false;
	it->end = strtoull(end + 1, &end, 0);
	return !*end && it->begin < it->end && it->end <= ALL_CODE;
}

int itrace_create(const char *range, const char *path, struct itrace **out, char *why)
{
	struct itrace *it = calloc(1, sizeof(*it));
	int err = 0;

	snprintf(why, 160, "out of memory");
	if (!it)
		return -ENOMEM;
	it->range = range;
	it->path = path;
	it->end = ALL_CODE;
	it->functions = functions_new();
	it->fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666)
		      : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (it->fd < 0) {
		err = -errno;
		snprintf(why, 160, "%.100s: %s", path ?: "standard error", strerror(errno));
	}
	if (!err && range && *range >= '0' && *range <= '9' && !parse_addresses(it)) {
		err = -EINVAL;
		snprintf(why, 160, "`%.80s' is not FIRST-END", range);
	}
	if (!err && (!it->functions || cs_open(CS_ARCH_X86, CS_MODE_64, &it->cs)))
		err = -ENOMEM;
	if (!err) {
		cs_option(it->cs, CS_OPT_DETAIL, CS_OPT_ON);
		it->insn = cs_malloc(it->cs);
		err = it->insn ? 0 : -ENOMEM;
	}
	if (err) {
		itrace_destroy(it);
		return err;
	}
	*out = it;
	return 0;
}

void itrace_destroy(struct itrace *it)
{
	struct thread_state *s;

	if (!it)
		return;
	while ((s = it->threads)) {
		it->threads = s->next;
		free(s);
	}
	if (it->insn)
		cs_free(it->insn, 1);
	if (it->cs)
		cs_close(&it->cs);
	if (it->fd >= 0)
		close(it->fd);
	functions_free(it->functions);
	free(it);
}

void itrace_attach(struct itrace *it, struct ulk *ulk)
{
	own_descriptor(ulk, &it->fd);
}

int itrace_started(struct itrace *it, struct task_struct *t, char *why)
{
	struct function f;

	if (it->range && !parse_addresses(it)) {
		if (!functions_named(it->functions, t->mm, it->range, &f)) {
			snprintf(why, 160, "no function `%.80s' in what is mapped at the start", it->range);
			return -ENOENT;
		}
		it->begin = f.start;
		it->end = f.start + (f.size ?: 1);
	}
	/* One instruction more: when it comes it is known what the last did. */
	return cpu_watch_insns(t->ulk->cpu, it->begin, it->end + 1, on_insn);
}
