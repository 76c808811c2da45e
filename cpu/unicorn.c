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

#define MSR_EFER	      0xc0000080
#define MSR_STAR	      0xc0000081
#define EFER_SCE_LME_LMA_NXE  0xd01
#define CR0_PE_MP_ET_NE_WP_AM 0x50033
#define CR4_FXSR_XMM	      0x600
#define CR4_TSD		      0x4
#define CR4_FSGSBASE	      0x10000

/* A run that ends without any cause this often in a row is stuck. */
#define MAX_EMPTY_RUNS 100000

/* ---- hooks: on the thread in cpu_run(), inside the engine ---- */

static bool work_pending(const struct cpu *cpu)
{
	return atomic_load_explicit(&cpu->kicked, memory_order_relaxed) || cpu->flush_tlb ||
	       cpu->flush_code || cpu->nr_drop || cpu->fills - cpu->flushed_at >= cpu->grow_after;
}

static bool on_tlb_fill(uc_engine *uc, uint64_t vaddr, uc_mem_type type, uc_tlb_entry *entry, void *data)
{
	struct cpu *cpu = data;
	enum cpu_access access = type == UC_MEM_READ	? CPU_READ
				 : type == UC_MEM_WRITE ? CPU_WRITE
							: CPU_FETCH;
	struct cpu_tlb_entry out;

	if (unlikely(cpu->window_pfn != ~0UL) && vaddr == WINDOW_VA + (cpu->window_pfn << PAGE_SHIFT)) {
		entry->paddr = cpu->window_pfn << PAGE_SHIFT;
		entry->perms = UC_PROT_EXEC;
		return true;
	}
	if (unlikely(cpu->booting)) {
		entry->paddr = 0;
		/* One at a time, so that the stub's first load misses the TLB. */
		entry->perms = access == CPU_FETCH ? UC_PROT_EXEC : UC_PROT_READ;
		return vaddr == STUB_VA;
	}
	if (unlikely(cpu->ahead_peek)) {
		ahead_fill(cpu, vaddr, entry);
		return true;
	}
	cpu->fills++;
	if (access == CPU_READ && cpu->ops.absent && cpu->ops.absent(cpu->arg, vaddr) && rmw_loads(cpu))
		access = CPU_WRITE;
	if (unlikely(!cpu->ops.translate(cpu->arg, vaddr, access, &out))) {
		if (cpu->missed)
			return false; /* the first is what ends the run */
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
	return 1; /* answered: do not execute it */
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
 * supervisor page. It returns to an address that translates to nothing, which ends the run. Before it, an
 * aligned load of 16 bytes is for insnbytes.c, a plain one for preempt_replaced(), the inexact conversion for
 * fpflags_find().
 */
static bool enter_user_mode(struct cpu *cpu)
{
	static const u8 stub[] = {0x0f, 0x28, 0x05, 0xf9, 0xff, 0xff, 0xff, /* movaps -7(%rip),%xmm0 */
				  0x48, 0x8b, 0x05, 0, 0, 0, 0, /* mov 0(%rip),%rax */
				  0xf2, 0x48, 0x0f, 0x2a, 0xc0, /* cvtsi2sd %rax,%xmm0: what was loaded needs more bits */
				  0x48, 0x0f, 0x07};		/* sysretq */
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
	atomic_find_flags(cpu);
	ahead_prove(cpu, STUB_VA);
	newcode_prove(cpu, sizeof(stub));
	inside_find(cpu);
	fpflags_find(cpu);
	fptraps_find(cpu);
	x87traps_find(cpu);
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
	free(cpu->fp_saved);
	free(cpu->breaks);
	free(cpu->learned);
	free(cpu);
}

void cpu_set_arg(struct cpu *cpu, void *arg)
{
	cpu->arg = arg;
}

static void load_cr4(struct cpu *cpu)
{
	write_reg(cpu->uc, UC_X86_REG_CR4, CR4_FXSR_XMM | CR4_FSGSBASE | (cpu->trap_tsc ? CR4_TSD : 0));
}

void engine_reset(struct cpu *cpu)
{
	uc_context_restore(cpu->uc, cpu->pristine);
	if (cpu->trap_tsc)
		load_cr4(cpu);
}

void cpu_trap_tsc(struct cpu *cpu, bool trap)
{
	if (trap == cpu->trap_tsc)
		return;
	cpu->trap_tsc = trap;
	load_cr4(cpu);
}

void cpu_power_on(struct cpu *cpu)
{
	engine_reset(cpu);
	cpu->regs_known = cpu->at_syscall = cpu->rip_known = cpu->on_break = false;
	engine_load_regs(cpu);
	cpu->regs.rip = 0;
}

/* ---- running ---- */

/*
 * Execute the one instruction that needs its own page writable and executable at once (see alias.c).
 * True when @exit is to be reported.
 */
static bool engine_run_alone(struct cpu *cpu, struct cpu_exit *exit)
{
	u64 rip;

	cpu->alone = true;
	cpu->nr_written = 0;
	engine_load_regs(cpu);
	rip = cpu->regs.rip;
	cpu_run_step(cpu, exit);
	cpu->alone = false;
	for (unsigned i = 0; i < cpu->nr_written; i++)
		cpu_code_flush(cpu, cpu->written[i]);
	cpu->flush_tlb = true;
	if (cpu->nr_written)
		alias_note_own(cpu, rip);
	return exit->reason != CPU_EXIT_STEP;
}

/* Is the instruction that asked for a flush one of those? */
static bool writes_own_page(struct cpu *cpu)
{
	if (likely(!cpu->next_own))
		return false;
	engine_load_regs(cpu);
	return alias_is_own(cpu, cpu->regs.rip);
}

/* Run until something is to be reported. */
void engine_run(struct cpu *cpu, struct cpu_exit *exit)
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
		atomic_store(&cpu->running, true); /* before __wrap_cpu_exec looks for kicks */
		err = uc_emu_start(cpu->uc, rip, 0, 0, 0);
		atomic_store_explicit(&cpu->running, false, memory_order_relaxed);
		inside_enter(NULL);
		if (engine_exit(cpu, err, exit))
			return;
		if (unlikely(cpu->event == EVENT_SPLIT) && engine_run_split(cpu, exit))
			return;
		/* A store and the fetch that follows it may each want a flush; a third at one place is stuck.
		 */
		if (rip != last)
			empty = 0;
		if (cpu->event == EVENT_RETRY && !cpu->alone && (empty > 2 || writes_own_page(cpu)) &&
		    engine_run_alone(cpu, exit))
			return;
		last = rip;
	} while (++empty < MAX_EMPTY_RUNS);
	exit_error(exit, "the engine stops without a reason");
}

/*
 * Unicorn clears the flag that its blocks look at and then reads the request behind it, without the barrier
 * that order needs: from another thread, a request can fall between the two unseen. So make the engine's
 * thread catch up, and ask again. (From a signal handler on its own thread there is no between.)
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

#define TEXT(x)			     #x
#define VERSION(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)

const char *cpu_engine_name(void)
{
	return "unicorn " VERSION(UC_VERSION_MAJOR, UC_VERSION_MINOR, UC_VERSION_PATCH);
}
