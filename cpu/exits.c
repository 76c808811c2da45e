// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * exits: what a run of Unicorn ended with, turned into what the hardware and Linux would show.
 */
#include <string.h>
#include "cpu/engine.h"

/* TCG's limit. */
#define MAX_BLOCK_INSNS 512
/* The end of the lower half of addresses. */
#define CANONICAL_END (1UL << 47)

/*
 * Unicorn delivers no exception, so nothing ever clears its note that one is being delivered, and the next
 * of the "contributory" ones arrives as a double fault. Restoring a context in which nothing happened
 * clears it; the registers are then put back.
 */
static void engine_mend(struct cpu *cpu)
{
	struct cpu_fxstate fx;
	struct cpu_regs regs;

	cpu_get_regs(cpu, &regs);
	cpu_get_fxstate(cpu, &fx);
	cpu_power_on(cpu);
	cpu_set_fxstate(cpu, &fx);
	cpu->regs = regs;
}

static const u8 *engine_code(struct cpu *cpu, u64 vaddr, size_t *len)
{
	struct cpu_tlb_entry entry;
	u64 offset = vaddr & ~PAGE_MASK;

	if (!cpu->ops.translate(cpu->arg, vaddr & PAGE_MASK, CPU_FETCH, &entry))
		return NULL;
	*len = PAGE_SIZE - offset;
	return cpu->phys_base + (entry.paddr & PAGE_MASK) + offset;
}

/* Copy up to @size bytes of code at @vaddr, which may continue on a second page. */
size_t engine_copy_code(struct cpu *cpu, u64 vaddr, u8 *buf, size_t size)
{
	size_t done = 0, n;
	const u8 *code;

	while (done < size && (code = engine_code(cpu, vaddr + done, &n))) {
		n = min_t(size_t, n, size - done);
		memcpy(buf + done, code, n);
		done += n;
	}
	return done;
}

static void set_exception(struct cpu_exit *exit, u8 vector, u32 error_code)
{
	exit->reason = CPU_EXIT_EXCEPTION;
	exit->exception.vector = vector;
	exit->exception.error_code = error_code;
}

/*
 * An instruction that reads and writes its operand is a write to the hardware from the start; the engine
 * reads first. So ask for the write, too: what translate() says of it is what counts. Of two pages the first comes
 * first.
 */
static void fault_is_write(struct cpu *cpu, u64 start, struct cpu_exit *exit)
{
	struct cpu_tlb_entry entry;

	if (exit->fault.access == CPU_READ &&
	    !cpu->ops.translate(cpu->arg, cpu->miss_page, CPU_WRITE, &entry))
		exit->fault.access = CPU_WRITE;
	if ((start & PAGE_MASK) == cpu->miss_page - PAGE_SIZE &&
	    !cpu->ops.translate(cpu->arg, start & PAGE_MASK, CPU_WRITE, &entry)) {
		exit->fault.access = CPU_WRITE;
		exit->fault.page = start & PAGE_MASK;
		exit->fault.addr = start;
	}
}

/* An access that only begins below the middle of nowhere is refused for that, before any page is looked at. */
static void fault_is_not_canonical(struct cpu *cpu, const struct fault_access *found, struct cpu_exit *exit)
{
	struct cpu_tlb_entry entry;

	if (found->start < CANONICAL_END && found->size > CANONICAL_END - found->start)
		cpu->ops.translate(cpu->arg, CANONICAL_END, exit->fault.access, &entry);
}

static void exit_fault(struct cpu *cpu, struct cpu_exit *exit)
{
	struct fault_access found = {.addr = cpu->miss_page};
	u8 code[15];
	size_t len;

	engine_load_regs(cpu);
	exit->reason = CPU_EXIT_FAULT;
	exit->fault.access = cpu->miss_access;
	exit->fault.page = cpu->miss_page;
	exit->fault.addr = cpu->miss_page;
	exit->fault.exact = true;
	exit->fault.stack = false;
	if (cpu->miss_access == CPU_FETCH) {
		if ((cpu->regs.rip & PAGE_MASK) == cpu->miss_page)
			exit->fault.addr = cpu->regs.rip;
		return;
	}
	len = engine_copy_code(cpu, cpu->regs.rip, code, sizeof(code));
	if (decode_port_io(code, len)) {
		set_exception(exit, 13, 0); /* ins, outs: refused before they touch memory */
		return;
	}
	exit->fault.exact = decode_fault(code, len, &cpu->regs, cpu->miss_page, cpu->miss_access, &found);
	exit->fault.addr = found.addr;
	exit->fault.stack = found.stack;
	if (exit->fault.exact)
		fault_is_not_canonical(cpu, &found, exit);
	if (found.writes)
		fault_is_write(cpu, found.start, exit);
}

/* RIP is the block's when the port hook runs: the culprit is the block's first such instruction. */
static void exit_port(struct cpu *cpu, struct cpu_exit *exit)
{
	struct cpu_regs regs = cpu->regs;
	u8 code[15];
	size_t len;

	for (int i = 0; i < MAX_BLOCK_INSNS; i++) {
		len = engine_copy_code(cpu, regs.rip, code, sizeof(code));
		if (decode_port_io(code, len))
			break;
		regs.rip += decode_length(code, len);
	}
	set_exception(exit, 13, 0);
	/* The rest of the block may have raised an exception of its own: see engine_mend(). */
	cpu_power_on(cpu);
	cpu->regs = regs;
	cpu_set_fxstate(cpu, &cpu->port_fx);
}

/* Exceptions that Unicorn tells apart from Linux's hardware only by the instruction's bytes. */
static void exit_exception(struct cpu *cpu, struct cpu_exit *exit, u8 vector)
{
	u8 code[4] = {0};
	u64 rip;

	if (vector == 0 || (vector >= 8 && vector <= 14))
		engine_mend(cpu);
	engine_load_regs(cpu);
	set_exception(exit, vector, vector == 1 ? DR6_BS : 0);
	rip = cpu->regs.rip;
	if (vector == 6) {
		engine_copy_code(cpu, rip, code, 2);
		if (code[0] == 0xcd) {
			set_exception(exit, 13, code[1] * 8 + 2);
		} else if (code[0] == 0xf1) { /* icebp */
			set_exception(exit, 1, 0);
			cpu->regs.rip++;
		} else if (code[0] == 0x0f && code[1] == 0x33) { /* rdpmc */
			set_exception(exit, 13, 0);
		}
		return;
	}
	if (vector == 3 || vector == 4 || vector == 0x80)
		return;
	/*
	 * Unicorn lets user mode raise any vector with int n; the gates of all others are closed, which is
	 * #GP at the instruction with the gate's number. RIP is after the instruction for these alone.
	 */
	if (engine_copy_code(cpu, rip - 2, code, 2) == 2 && code[0] == 0xcd && code[1] == vector) {
		set_exception(exit, 13, vector * 8 + 2);
		cpu->regs.rip -= 2;
	}
}

void exit_error(struct cpu_exit *exit, const char *why)
{
	exit->reason = CPU_EXIT_ERROR;
	exit->why = why;
}

/*
 * After a run with a break set, Unicorn drops the code before the break's address. That is a fetch, and when
 * the break is the first byte of its page the page before may not be there: no fault of the guest's.
 */
static bool missed_before(struct cpu *cpu, u64 addr)
{
	if (!addr || cpu->miss_page != ((addr - 1) & PAGE_MASK))
		return false;
	engine_load_regs(cpu);
	return (cpu->regs.rip & PAGE_MASK) != cpu->miss_page &&
	       ((cpu->regs.rip + 14) & PAGE_MASK) != cpu->miss_page;
}

static bool missed_break(struct cpu *cpu)
{
	if (cpu->miss_access != CPU_FETCH)
		return false;
	for (size_t i = 0; i < cpu->nr_breaks; i++) {
		if (missed_before(cpu, cpu->breaks[i]))
			return true;
	}
	return missed_before(cpu, cpu->break_at);
}

/* Turn what uc_emu_start() returned into an exit; false when the run just goes on. */
bool engine_exit(struct cpu *cpu, uc_err err, struct cpu_exit *exit)
{
	switch (cpu->event) {
	case EVENT_SYSCALL:
		exit->reason = CPU_EXIT_SYSCALL;
		exit->syscall = cpu->sc;
		cpu->at_syscall = true;
		return true;
	case EVENT_VECTOR:
		exit_exception(cpu, exit, cpu->vector);
		return true;
	case EVENT_PORT:
		exit_port(cpu, exit);
		return true;
	case EVENT_RETRY:
	case EVENT_SPLIT:
		return false;
	case EVENT_NONE:
		break;
	}
	switch (err) {
	case UC_ERR_OK:
		break;
	case UC_ERR_EXCEPTION:
		if (!cpu->missed || missed_break(cpu))
			break;
		exit_fault(cpu, exit);
		return true;
	case UC_ERR_INSN_INVALID:
		exit_exception(cpu, exit, 6);
		return true;
	default:
		exit_error(exit, uc_strerror(err));
		return true;
	}
	if (unlikely(cpu->break_at || cpu->nr_breaks)) {
		engine_load_regs(cpu);
		if (engine_is_break(cpu, cpu->regs.rip)) {
			exit->reason = CPU_EXIT_BREAK;
			cpu->on_break = cpu->regs.rip == cpu->break_at;
			return true;
		}
	}
	return false;
}
