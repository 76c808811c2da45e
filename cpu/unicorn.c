// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * unicorn: the CPU engine made of Unicorn (QEMU's TCG): how it runs and how it leaves.
 *
 * Memory: the virtual TLB mode with one TLB-fill hook, which is ops.translate(). All of physical memory
 * is one region. Physical page 0 is the engine's own: it holds the few bytes that enter user mode.
 *
 * A hook only notes what happened and asks the engine to stop; everything else is done by cpu_run()
 * after uc_emu_start() returned, when the registers are exact. Flushes asked for meanwhile wait for that
 * moment too, which also makes one flush of many.
 */
#include <errno.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "cpu/engine.h"

#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define EFER_SCE_LME_LMA_NXE 0xd01
#define CR0_PE_MP_ET_NE_WP_AM 0x50033
#define CR4_FXSR_XMM 0x600
#define CR4_FSGSBASE 0x10000

#define MIN_GROW_AFTER 512
#define MAX_GROW_AFTER (1u << 20)

/* A run that ends without any cause this often in a row is stuck. */
#define MAX_EMPTY_RUNS 100000
/* TCG's limit. */
#define MAX_BLOCK_INSNS 512

/* ---- hooks: on the thread in cpu_run(), inside the engine ---- */

static bool work_pending(const struct cpu *cpu)
{
	return atomic_load_explicit(&cpu->kicked, memory_order_relaxed) || cpu->flush_tlb || cpu->flush_code ||
	       cpu->nr_drop || cpu->fills - cpu->flushed_at >= cpu->grow_after;
}

static bool on_tlb_fill(uc_engine *uc, uint64_t vaddr, uc_mem_type type, uc_tlb_entry *entry, void *data)
{
	struct cpu *cpu = data;
	enum cpu_access access = type == UC_MEM_READ ? CPU_READ : type == UC_MEM_WRITE ? CPU_WRITE : CPU_FETCH;
	struct cpu_tlb_entry out;

	if (unlikely(cpu->window_pfn != ~0UL) && vaddr == WINDOW_VA + (cpu->window_pfn << PAGE_SHIFT)) {
		entry->paddr = cpu->window_pfn << PAGE_SHIFT;
		entry->perms = UC_PROT_EXEC;
		return true;
	}
	if (unlikely(cpu->booting)) {
		entry->paddr = 0;
		entry->perms = UC_PROT_READ | UC_PROT_EXEC;
		return vaddr == STUB_VA;
	}
	cpu->fills++;
	if (unlikely(!cpu->ops.translate(cpu->arg, vaddr, access, &out))) {
		if (cpu->missed)
			return false;  /* the first is what ends the run */
		cpu->missed = true;
		cpu->miss_page = vaddr;
		cpu->miss_access = access;
		return false;
	}
	/* Code that is to be dropped may be of this very page: first things first. */
	if (unlikely(!alias_admit(cpu, access, &out)) || (access == CPU_FETCH && unlikely(cpu->nr_drop))) {
		if (!cpu->event)
			cpu->event = EVENT_RETRY;
		return false;
	}
	entry->paddr = out.paddr;
	entry->perms = (uc_prot)out.perms;
	/* A stop is sound here exactly when it is from a signal handler: it waits for the next block. */
	if (unlikely(work_pending(cpu)) && cpu->can_preempt)
		uc_emu_stop(uc);
	return true;
}

static void on_interrupt(uc_engine *uc, uint32_t vector, void *data)
{
	struct cpu *cpu = data;

	if (!cpu->event) {
		cpu->event = EVENT_VECTOR;
		cpu->vector = (u8)vector;
	}
	uc_emu_stop(uc);
}

/*
 * in, out, ins and outs are allowed by Unicorn, whatever the privilege. The block goes on to its end after
 * this hook (nothing can cut it short), so keep the registers as they are now; exit_port() does the rest.
 */
static void note_port(uc_engine *uc, struct cpu *cpu)
{
	if (!cpu->event) {
		cpu->event = EVENT_PORT;
		engine_load_regs(cpu);
		cpu_get_fxstate(cpu, &cpu->port_fx);
	}
	uc_emu_stop(uc);
}

static uint32_t on_in(uc_engine *uc, uint32_t port, int size, void *data)
{
	note_port(uc, data);
	return 0;
}

static void on_out(uc_engine *uc, uint32_t port, int size, uint32_t value, void *data)
{
	note_port(uc, data);
}

/* Read the call into cpu->sc, and answer it without leaving the engine if that can be. */
static bool answer_syscall(struct cpu *cpu)
{
	regs_read_syscall(cpu);
	if (!cpu->ops.fast_syscall || !cpu->ops.fast_syscall(cpu->arg, &cpu->sc))
		return false;
	regs_write_syscall(cpu, cpu->sc.ret);
	return true;
}

static void on_syscall(uc_engine *uc, void *data)
{
	struct cpu *cpu = data;

	if (unlikely(cpu->event))
		return;
	if (answer_syscall(cpu)) {
		if (unlikely(work_pending(cpu)))
			uc_emu_stop(uc);
		return;
	}
	cpu->event = EVENT_SYSCALL;
	uc_emu_stop(uc);
}

static int on_cpuid(uc_engine *uc, void *data)
{
	static const int ids[] = {UC_X86_REG_RAX, UC_X86_REG_RBX, UC_X86_REG_RCX, UC_X86_REG_RDX};
	u64 val[4];
	void *vals[] = {&val[0], &val[1], &val[2], &val[3]};
	u32 out[4];

	uc_reg_read_batch(uc, (int *)ids, vals, 4);
	cpu_cpuid(data, (u32)val[0], (u32)val[2], out);
	for (int i = 0; i < 4; i++)
		val[i] = out[i];
	uc_reg_write_batch(uc, (int *)ids, vals, 4);
	return 1;  /* answered: do not execute it */
}

/* ---- creation ---- */

static uc_err add_hooks(struct cpu *cpu)
{
	uc_engine *uc = cpu->uc;
	uc_hook hook;
	uc_err err;

	err = uc_hook_add(uc, &hook, UC_HOOK_TLB_FILL, (void *)on_tlb_fill, cpu, 1, 0);
	err = err ?: uc_hook_add(uc, &hook, UC_HOOK_INTR, (void *)on_interrupt, cpu, 1, 0);
	err = err ?: uc_hook_add(uc, &hook, UC_HOOK_INSN, (void *)on_syscall, cpu, 1, 0, UC_X86_INS_SYSCALL);
	err = err ?: uc_hook_add(uc, &hook, UC_HOOK_INSN, (void *)on_cpuid, cpu, 1, 0, UC_X86_INS_CPUID);
	err = err ?: uc_hook_add(uc, &hook, UC_HOOK_INSN, (void *)on_in, cpu, 1, 0, UC_X86_INS_IN);
	err = err ?: uc_hook_add(uc, &hook, UC_HOOK_INSN, (void *)on_out, cpu, 1, 0, UC_X86_INS_OUT);
	return err;
}

static void write_reg(uc_engine *uc, int id, u64 value)
{
	uc_reg_write(uc, id, &value);
}

static void write_msr(uc_engine *uc, u32 id, u64 value)
{
	uc_x86_msr msr = {.rid = id, .value = value};

	uc_reg_write(uc, UC_X86_REG_MSR, &msr);
}

/*
 * Unicorn starts in supervisor mode and its API cannot leave it, so let the CPU do it: a sysretq on a
 * supervisor page. It returns to an address that translates to nothing, which ends the run. The load
 * before it is for preempt_replaced().
 */
static bool enter_user_mode(struct cpu *cpu)
{
	static const u8 stub[] = {0x48, 0x8b, 0x05, 0, 0, 0, 0,  /* mov 0(%rip),%rax */
				  0x48, 0x0f, 0x07};             /* sysretq */
	uc_engine *uc = cpu->uc;
	u64 rip = 0;

	write_msr(uc, MSR_EFER, EFER_SCE_LME_LMA_NXE);
	write_msr(uc, MSR_STAR, (u64)(USER_DS - 8) << 48 | 0x10UL << 32);
	write_reg(uc, UC_X86_REG_CR0, CR0_PE_MP_ET_NE_WP_AM);
	write_reg(uc, UC_X86_REG_CR4, CR4_FXSR_XMM | CR4_FSGSBASE);
	write_reg(uc, UC_X86_REG_RCX, PAGE_SIZE);
	write_reg(uc, UC_X86_REG_R11, FLAGS_IF | FLAGS_ONE);

	memcpy(cpu->phys_base, stub, sizeof(stub));
	preempt_watch();
	cpu->booting = true;
	inside_enter(cpu);
	uc_emu_start(uc, STUB_VA, 0, 0, 0);
	cpu->booting = false;
	inside_enter(NULL);
	cpu->can_preempt = preempt_replaced();
	uc_reg_read(uc, UC_X86_REG_RIP, &rip);
	if (rip != PAGE_SIZE)
		return false;
	inside_find(cpu);
	return true;
}

static uc_err save_pristine(struct cpu *cpu)
{
	static const struct cpu_fxstate initial = {.cwd = 0x37f, .mxcsr = 0x1f80};
	uc_err err;

	for (size_t i = 0; i < NR_SLOTS; i++)
		if (i != SLOT_RFLAGS)
			write_reg(cpu->uc, reg_ids[i], 0);
	cpu_set_fxstate(cpu, &initial);
	err = uc_context_alloc(cpu->uc, &cpu->pristine);
	return err ?: uc_context_save(cpu->uc, cpu->pristine);
}

int cpu_create(const struct cpu_config *config, struct cpu **out, const char **why)
{
	struct cpu *cpu = calloc(1, sizeof(*cpu));
	uc_err err;

	*why = "out of memory";
	if (!cpu)
		return -ENOMEM;
	cpu->ops = config->ops;
	cpu->arg = config->arg;
	cpu->phys_base = config->phys_base;
	cpu->phys_size = config->phys_size;
	cpu->window_pfn = ~0UL;
	cpu->grow_after = MIN_GROW_AFTER;
	cpu->code_limit = CODE_BUFFER / 4 * 3;

	if (alias_init(cpu)) {
		cpu_destroy(cpu);
		return -ENOMEM;
	}
	err = uc_open(UC_ARCH_X86, UC_MODE_64, &cpu->uc);
	if (err)
		goto fail;
	/* The model decides which instructions are translated; what is claimed is cpu/cpuid.c's. */
	err = uc_ctl_set_cpu_model(cpu->uc, UC_CPU_X86_SKYLAKE_CLIENT);
	err = err ?: uc_ctl_set_tcg_buffer_size(cpu->uc, CODE_BUFFER);
	err = err ?: uc_ctl_tlb_mode(cpu->uc, UC_TLB_VIRTUAL);
	/* With exits enabled and none set, no address (not even 0) looks like the end of the run. */
	err = err ?: uc_ctl_exits_enable(cpu->uc);
	err = err ?: uc_mem_map_ptr(cpu->uc, 0, config->phys_size, UC_PROT_ALL, config->phys_base);
	err = err ?: add_hooks(cpu);
	if (err)
		goto fail;
	if (!enter_user_mode(cpu)) {
		*why = "Unicorn did not enter user mode";
		cpu_destroy(cpu);
		return -EIO;
	}
	err = save_pristine(cpu);
	if (err)
		goto fail;
	cpu_power_on(cpu);
	*out = cpu;
	return 0;
fail:
	*why = uc_strerror(err);
	cpu_destroy(cpu);
	return err == UC_ERR_NOMEM ? -ENOMEM : -EIO;
}

void cpu_destroy(struct cpu *cpu)
{
	if (!cpu)
		return;
	if (cpu->pristine)
		uc_context_free(cpu->pristine);
	if (cpu->uc)
		uc_close(cpu->uc);
	alias_destroy(cpu);
	free(cpu->drop);
	free(cpu);
}

void cpu_set_arg(struct cpu *cpu, void *arg)
{
	cpu->arg = arg;
}

void cpu_power_on(struct cpu *cpu)
{
	uc_context_restore(cpu->uc, cpu->pristine);
	cpu->regs_known = cpu->at_syscall = cpu->rip_known = cpu->on_break = false;
	engine_load_regs(cpu);
	cpu->regs.rip = 0;
}

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

/* ---- flushing ---- */

void cpu_tlb_flush(struct cpu *cpu, u64 start, u64 end)
{
	if (start < end)
		cpu->flush_tlb = true;
}

void cpu_code_flush(struct cpu *cpu, pfn_t pfn)
{
	if (pfn == ~0UL) {
		cpu->flush_code = true;
		return;
	}
	if (cpu->nr_drop && cpu->drop[cpu->nr_drop - 1] == pfn)
		return;
	/* However many they are: dropping everything makes Unicorn clear its whole buffer, 1 GiB. */
	if (cpu->nr_drop == cpu->cap_drop) {
		unsigned cap = cpu->cap_drop ? cpu->cap_drop * 2 : 64;
		pfn_t *bigger = reallocarray(cpu->drop, cap, sizeof(*bigger));

		if (!bigger) {
			cpu->flush_code = true;
			return;
		}
		cpu->drop = bigger;
		cpu->cap_drop = cap;
	}
	cpu->drop[cpu->nr_drop++] = pfn;
}

/*
 * Unicorn drops code by virtual address, and wants it executable; what we know is the physical page.
 * So show that page in a window of the kernel half for as long as it takes. The TLB keeps an entry for
 * it, execute-only and of a page that held the guest's own code: nothing the guest could not do anyway.
 */
static void engine_drop_code(struct cpu *cpu, pfn_t pfn)
{
	u64 vaddr = WINDOW_VA + (pfn << PAGE_SHIFT);

	cpu->window_pfn = pfn;
	uc_ctl_remove_cache(cpu->uc, vaddr, vaddr + PAGE_SIZE);
	cpu->window_pfn = ~0UL;
	alias_code_dropped(cpu, pfn);
}

/*
 * The TLB starts with 256 entries and considers its size only when it is flushed: it doubles if it was found
 * mostly used, and shrinks again if it was not. So flush it when as many entries were filled as it
 * should hold, which is twice as many each time; grow_after follows it up and down.
 */
static void flush_tlb(struct cpu *cpu)
{
	u64 fills = cpu->fills - cpu->flushed_at;

	if (fills >= cpu->grow_after && cpu->grow_after < MAX_GROW_AFTER)
		cpu->grow_after *= 2;
	else if (fills < cpu->grow_after / 4 && cpu->grow_after > MIN_GROW_AFTER)
		cpu->grow_after /= 2;
	cpu->flushed_at = cpu->fills;
	uc_ctl_flush_tlb(cpu->uc);
	alias_tlb_flushed(cpu);
}

static void engine_flush(struct cpu *cpu)
{
	if (cpu->flush_code) {
		uc_ctl_flush_tb(cpu->uc);
		inside_code_flushed(cpu);
		alias_code_dropped(cpu, ~0UL);
		cpu->flush_tlb = true;
	} else {
		for (unsigned i = 0; i < cpu->nr_drop; i++)
			engine_drop_code(cpu, cpu->drop[i]);
	}
	cpu->flush_code = false;
	cpu->nr_drop = 0;

	if (cpu->fills - cpu->flushed_at >= cpu->grow_after)
		cpu->flush_tlb = true;
	if (cpu->flush_tlb)
		flush_tlb(cpu);
	cpu->flush_tlb = false;
}

/* ---- exits ---- */

const u8 *engine_code(struct cpu *cpu, u64 vaddr, size_t *len)
{
	struct cpu_tlb_entry entry;
	u64 offset = vaddr & ~PAGE_MASK;

	if (!cpu->ops.translate(cpu->arg, vaddr & PAGE_MASK, CPU_FETCH, &entry))
		return NULL;
	*len = PAGE_SIZE - offset;
	return cpu->phys_base + (entry.paddr & PAGE_MASK) + offset;
}

/* Copy up to @size bytes of code at @vaddr, which may continue on a second page. */
static size_t copy_code(struct cpu *cpu, u64 vaddr, u8 *buf, size_t size)
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
 * reads first. So ask for the write, too: what translate() says of it is what counts.
 */
static void fault_is_write(struct cpu *cpu, struct cpu_exit *exit)
{
	struct cpu_tlb_entry entry;

	if (exit->fault.access == CPU_READ && !cpu->ops.translate(cpu->arg, cpu->miss_page, CPU_WRITE, &entry))
		exit->fault.access = CPU_WRITE;
}

static void exit_fault(struct cpu *cpu, struct cpu_exit *exit)
{
	bool writes = false;
	u8 code[15];
	size_t len;

	engine_load_regs(cpu);
	exit->reason = CPU_EXIT_FAULT;
	exit->fault.access = cpu->miss_access;
	exit->fault.page = cpu->miss_page;
	exit->fault.addr = cpu->miss_page;
	exit->fault.exact = true;
	if (cpu->miss_access == CPU_FETCH) {
		if ((cpu->regs.rip & PAGE_MASK) == cpu->miss_page)
			exit->fault.addr = cpu->regs.rip;
		return;
	}
	len = copy_code(cpu, cpu->regs.rip, code, sizeof(code));
	if (decode_port_io(code, len)) {
		set_exception(exit, 13, 0);  /* ins, outs: refused before they touch memory */
		return;
	}
	exit->fault.exact = decode_fault(code, len, &cpu->regs, cpu->miss_page, cpu->miss_access, &exit->fault.addr,
					 &writes);
	if (writes)
		fault_is_write(cpu, exit);
}

/* RIP is the block's when the port hook runs: the culprit is the block's first such instruction. */
static void exit_port(struct cpu *cpu, struct cpu_exit *exit)
{
	struct cpu_regs regs = cpu->regs;
	u8 code[15];
	size_t len;

	for (int i = 0; i < MAX_BLOCK_INSNS; i++) {
		len = copy_code(cpu, regs.rip, code, sizeof(code));
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
	set_exception(exit, vector, 0);
	rip = cpu->regs.rip;
	if (vector == 6) {
		copy_code(cpu, rip, code, 2);
		if (code[0] == 0xcd) {
			set_exception(exit, 13, code[1] * 8 + 2);
		} else if (code[0] == 0xf1) {  /* icebp */
			set_exception(exit, 1, 0);
			cpu->regs.rip++;
		} else if (code[0] == 0x0f && code[1] == 0x33) {  /* rdpmc */
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
	if (copy_code(cpu, rip - 2, code, 2) == 2 && code[0] == 0xcd && code[1] == vector) {
		set_exception(exit, 13, vector * 8 + 2);
		cpu->regs.rip -= 2;
	}
}

static void exit_error(struct cpu_exit *exit, const char *why)
{
	exit->reason = CPU_EXIT_ERROR;
	exit->why = why;
}

/*
 * After a run with a break set, Unicorn drops the code before the break's address. That is a fetch, and when
 * the break is the first byte of its page the page before may not be there: no fault of the guest's.
 */
static bool missed_break(struct cpu *cpu)
{
	if (!cpu->break_at || cpu->miss_access != CPU_FETCH ||
	    cpu->miss_page != ((cpu->break_at - 1) & PAGE_MASK))
		return false;
	engine_load_regs(cpu);
	return (cpu->regs.rip & PAGE_MASK) != cpu->miss_page && ((cpu->regs.rip + 14) & PAGE_MASK) != cpu->miss_page;
}

/* Turn what uc_emu_start() returned into an exit; false when the run just goes on. */
static bool engine_exit(struct cpu *cpu, uc_err err, struct cpu_exit *exit)
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
	if (cpu->break_at) {
		engine_load_regs(cpu);
		if (cpu->regs.rip == cpu->break_at) {
			exit->reason = CPU_EXIT_BREAK;
			cpu->on_break = true;
			return true;
		}
	}
	return false;
}

/*
 * Execute the one instruction that needs its own page writable and executable at once (see alias.c).
 * True when @exit is to be reported.
 */
static bool engine_run_alone(struct cpu *cpu, struct cpu_exit *exit)
{
	cpu->alone = true;
	cpu->nr_written = 0;
	cpu_run_step(cpu, exit);
	cpu->alone = false;
	for (unsigned i = 0; i < cpu->nr_written; i++)
		cpu_code_flush(cpu, cpu->written[i]);
	cpu->flush_tlb = true;
	return exit->reason != CPU_EXIT_STEP;
}

/* Run until something is to be reported. */
static void engine_run(struct cpu *cpu, struct cpu_exit *exit)
{
	unsigned empty = 0;
	u64 rip, last = 0;
	uc_err err;

	do {
		if (atomic_exchange_explicit(&cpu->kicked, false, memory_order_acquire)) {
			exit->reason = CPU_EXIT_KICKED;
			return;
		}
		if (work_pending(cpu))
			engine_flush(cpu);
		rip = engine_store_regs(cpu);
		cpu->event = EVENT_NONE;
		cpu->missed = false;
		inside_enter(cpu);
		atomic_store(&cpu->running, true);  /* before __wrap_cpu_exec looks for kicks */
		err = uc_emu_start(cpu->uc, rip, 0, 0, 0);
		atomic_store_explicit(&cpu->running, false, memory_order_relaxed);
		inside_enter(NULL);
		if (engine_exit(cpu, err, exit))
			return;
		/* A store and the fetch that follows it may each want a flush; a third at one place is stuck. */
		if (rip != last)
			empty = 0;
		else if (empty > 2 && cpu->event == EVENT_RETRY && !cpu->alone && engine_run_alone(cpu, exit))
			return;
		last = rip;
	} while (++empty < MAX_EMPTY_RUNS);
	exit_error(exit, "the engine stops without a reason");
}

/*
 * Unicorn clears the flag that its blocks look at and then reads the request behind it, without the barrier that
 * order needs: from another thread, a request can fall between the two unseen. So make the engine's thread
 * catch up, and ask again. (From a signal handler on its own thread there is no between.)
 */
static void kick_again(struct cpu *cpu)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0)) {
		syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
		syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
	}
	uc_emu_stop(cpu->uc);
}

void cpu_kick(struct cpu *cpu)
{
	int saved = errno;

	atomic_store(&cpu->kicked, true);
	if (cpu->can_preempt && atomic_load(&cpu->running)) {
		uc_emu_stop(cpu->uc);
		if (!inside_is(cpu))
			kick_again(cpu);
	}
	errno = saved;
}

bool cpu_can_preempt(const struct cpu *cpu)
{
	return cpu->can_preempt;
}

/* ---- stepping and the breakpoint ---- */

/*
 * Execute one instruction with the trap flag, as ptrace does: blocks translated for stepping are kept apart
 * from the others by the engine, so nothing is thrown away. The flag must not be seen by the guest.
 */
void cpu_run_step(struct cpu *cpu, struct cpu_exit *exit)
{
	struct cpu_tlb_entry entry;
	bool traced, flags_loaded, flags_pushed;
	u8 code[15] = {0};
	unsigned i = 0;

	engine_load_regs(cpu);
	copy_code(cpu, cpu->regs.rip, code, sizeof(code));
	while (i < 13 && (code[i] == 0x66 || (code[i] & 0xf0) == 0x40))
		i++;
	flags_pushed = code[i] == 0x9c;
	flags_loaded = code[i] == 0x9d || code[i] == 0xcf;
	traced = cpu->regs.rflags & FLAGS_TF;
	cpu->regs.rflags |= FLAGS_TF;

	engine_run(cpu, exit);
	engine_load_regs(cpu);
	if (traced)
		return;  /* the guest single-steps itself: what happened is its own #DB */
	if (exit->reason == CPU_EXIT_EXCEPTION && exit->exception.vector == 1) {
		exit->reason = CPU_EXIT_STEP;
		if (flags_loaded)
			return;
		if (flags_pushed &&
		    cpu->ops.translate(cpu->arg, cpu->regs.rsp & PAGE_MASK, CPU_WRITE, &entry))
			cpu->phys_base[(entry.paddr & PAGE_MASK) + ((cpu->regs.rsp + 1) & ~PAGE_MASK)] &= ~1;
	}
	if (exit->reason == CPU_EXIT_SYSCALL)
		cpu->regs.r11 &= ~FLAGS_TF;
	cpu->regs.rflags &= ~FLAGS_TF;
}

/* The stop is part of the translated code: what was translated from the page of @addr before must go. */
static void retranslate(struct cpu *cpu, u64 addr)
{
	struct cpu_tlb_entry entry;

	if (addr && cpu->fills && cpu->ops.translate(cpu->arg, addr & PAGE_MASK, CPU_FETCH, &entry))
		cpu_code_flush(cpu, entry.paddr >> PAGE_SHIFT);
}

static int arm_break(struct cpu *cpu, u64 addr)
{
	return uc_ctl_set_exits(cpu->uc, &addr, addr ? 1 : 0) ? -EIO : 0;
}

int cpu_set_break(struct cpu *cpu, u64 addr)
{
	int ret = arm_break(cpu, addr);

	retranslate(cpu, cpu->break_at);
	retranslate(cpu, addr);
	cpu->break_at = ret ? 0 : addr;
	cpu->on_break = false;
	return ret;
}

/*
 * A block may reach into the next page, and all of it is translated before any of it runs: when that page is not
 * there, the fetch fails with the block's first address. Natively what comes before is executed first.
 */
static bool fetched_ahead(struct cpu *cpu, const struct cpu_exit *exit)
{
	return exit->reason == CPU_EXIT_FAULT && exit->fault.access == CPU_FETCH &&
	       (cpu->regs.rip & PAGE_MASK) != exit->fault.page && !(cpu->regs.rflags & FLAGS_TF);
}

void cpu_run(struct cpu *cpu, struct cpu_exit *exit)
{
	if (unlikely(cpu->on_break)) {
		cpu->on_break = false;
		engine_load_regs(cpu);
		if (cpu->break_at && cpu->regs.rip == cpu->break_at) {
			arm_break(cpu, 0);
			retranslate(cpu, cpu->break_at);
			cpu_run_step(cpu, exit);
			arm_break(cpu, cpu->break_at);
			retranslate(cpu, cpu->break_at);
			if (exit->reason != CPU_EXIT_STEP)
				return;
		}
	}
	engine_run(cpu, exit);
	if (unlikely(fetched_ahead(cpu, exit))) {
		for (int i = 0; i < MAX_BLOCK_INSNS && (!i || exit->reason == CPU_EXIT_STEP); i++)
			cpu_run_step(cpu, exit);
		if (exit->reason == CPU_EXIT_STEP)
			exit->reason = CPU_EXIT_KICKED;  /* a long rep: the caller runs again */
	}
}

#define TEXT(x) #x
#define VERSION(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)

const char *cpu_engine_name(void)
{
	return "unicorn " VERSION(UC_VERSION_MAJOR, UC_VERSION_MINOR, UC_VERSION_PATCH);
}
