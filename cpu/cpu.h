/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpu: the interface of a CPU engine, small enough for a KVM engine behind it later.
 *
 * An engine executes guest code at CPL 3 and returns an exit, as KVM_RUN does. It knows memory only
 * as "translate this page for this access" (cpu_ops.translate) over one host region that is the
 * guest's physical memory. Nothing that can block happens inside cpu_run().
 *
 * Locking: one engine is used by one host thread at a time (the holder of the CPU); only cpu_kick()
 * may be called from any thread or from a signal handler.
 */
#ifndef ULK_CPU_CPU_H
#define ULK_CPU_CPU_H

#include "mm/types.h"

struct cpu;

/* DR6: the debug exception is a single step's. */
#define DR6_BS 0x4000

enum cpu_access { CPU_READ = 0, CPU_WRITE = 1, CPU_FETCH = 2 };
enum { CPU_PERM_R = 1, CPU_PERM_W = 2, CPU_PERM_X = 4 };

/* General registers, in the order of Linux's user_regs_struct names. */
struct cpu_regs {
	u64 rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
	u64 rip, rflags;
	u64 fs_base, gs_base;
	u16 cs, ss, ds, es, fs, gs;
};

/* x87 and SSE state as the FXSAVE image (64-bit form). */
struct cpu_fxstate {
	u16 cwd, swd, twd, fop;      /* twd: abridged tag (1 bit a register) */
	u64 rip, rdp;
	u32 mxcsr, mxcsr_mask;
	u8 st[8][16];
	u8 xmm[16][16];
	u8 reserved[96];             /* bytes 464..511 are software-usable (fx_sw_bytes) */
} __attribute__((packed, aligned(16)));

enum cpu_exit_reason {
	CPU_EXIT_SYSCALL,      /* syscall instruction; regs.rip is after it, rcx/r11 set as the hardware does */
	CPU_EXIT_FAULT,        /* translate() refused; RIP is the faulting instruction's */
	CPU_EXIT_EXCEPTION,    /* another exception; RIP as the hardware leaves it (after int3/int n/into, at the rest) */
	CPU_EXIT_KICKED,       /* cpu_kick() */
	CPU_EXIT_STEP,         /* one instruction was executed (cpu_run_step) */
	CPU_EXIT_BREAK,        /* reached an address given to cpu_set_break() */
	CPU_EXIT_ERROR,        /* the engine itself failed: text in cpu_exit.why */
};

/* The system-call registers. */
struct cpu_syscall {
	u64 nr;
	u64 args[6];
	u64 ret;               /* out, on the fast path inside the engine */
};

struct cpu_exit {
	enum cpu_exit_reason reason;
	union {
		struct {
			enum cpu_access access;
			u64 page;          /* page the engine asked for, page aligned (may be non-canonical) */
			u64 addr;          /* first byte that could not be accessed: si_addr, cr2 */
			bool exact;        /* addr was found by decoding the instruction; else addr == page */
			bool stack;        /* addressed through SS: non-canonical, it would be #SS and not #GP */
		} fault;
		struct {
			u8 vector;         /* 0 #DE, 1 #DB, 3 #BP, 4 #OF, 6 #UD, 13 #GP, 16 #MF, 17 #AC, 19 #XM; 0x80 for int 0x80 */
			u32 error_code;    /* of #DB: DR6_BS after a single step, 0 for icebp */
		} exception;
		const char *why;
		struct cpu_syscall syscall;   /* number and arguments */
	};
};

struct cpu_tlb_entry {
	u64 paddr;             /* physical address of the page */
	u8 perms;              /* CPU_PERM_*: what may be cached */
};

/* What the engine calls; all run on the thread that is in cpu_run(). */
struct cpu_ops {
	/* Translate the page of @vaddr. True with @out filled, or false: the run ends with CPU_EXIT_FAULT.
	 * Must not call back into the engine but for cpu_tlb_flush() and cpu_code_flush(), which an
	 * engine must tolerate here by deferring them to the next safe point. */
	bool (*translate)(void *arg, u64 vaddr, enum cpu_access access, struct cpu_tlb_entry *out);
	/* Optional. Would reading @vaddr's page be a fault, because nothing is mapped there yet? Then an instruction that reads
	 * and writes it is asked about as a write at once, which is what it is to the hardware. */
	bool (*absent)(void *arg, u64 vaddr);
	/* Optional. True: the call was answered, execution goes on with @ret in rax without leaving
	 * cpu_run(). False: nothing was done; exit with CPU_EXIT_SYSCALL. Must not touch the engine. */
	bool (*fast_syscall)(void *arg, struct cpu_syscall *sc);
	/* Optional, between cpu_watch_new_code(true) and (false): the @size bytes of straight-line code at @pc are about to
	 * be executed for the first time, or again after they were forgotten. Must not touch the engine. */
	void (*new_block)(void *arg, u64 pc, u32 size);
};

struct cpu_config {
	u8 *phys_base;         /* host address of physical address 0 */
	u64 phys_size;
	struct cpu_ops ops;
	void *arg;             /* passed to the ops; change with cpu_set_arg() */
};

/* Create an engine in a pristine user-mode state (CPL 3, Linux's selectors, MXCSR 0x1f80, FPCW 0x37f).
 * Returns 0 or -errno; *why (static text) says what failed. */
int cpu_create(const struct cpu_config *config, struct cpu **out, const char **why);
void cpu_destroy(struct cpu *cpu);
void cpu_set_arg(struct cpu *cpu, void *arg);

/* Run until an exit. Never returns for a TLB miss that translate() serves. */
void cpu_run(struct cpu *cpu, struct cpu_exit *exit);
/* Execute exactly one instruction (CPU_EXIT_STEP) unless it exits otherwise. */
void cpu_run_step(struct cpu *cpu, struct cpu_exit *exit);
/* Ask the engine to leave cpu_run() soon (CPU_EXIT_KICKED). Async-signal-safe, any thread. A kick that
 * arrives outside cpu_run() makes the next cpu_run() return at once. */
void cpu_kick(struct cpu *cpu);

/* After CPU_EXIT_SYSCALL, when nothing but the result is to be changed: put @ret into rax, without the cost
 * of reading and writing all registers. */
void cpu_syscall_return(struct cpu *cpu, u64 ret);
void cpu_get_regs(struct cpu *cpu, struct cpu_regs *regs);
void cpu_set_regs(struct cpu *cpu, const struct cpu_regs *regs);
void cpu_get_fxstate(struct cpu *cpu, struct cpu_fxstate *fx);
/* Reserved MXCSR bits must be clear (the caller checks against mxcsr_mask). */
void cpu_set_fxstate(struct cpu *cpu, const struct cpu_fxstate *fx);
/* Registers of a fresh process (all zero but those execve defines), x87/SSE initial. */
void cpu_power_on(struct cpu *cpu);

/* Forget cached translations of [start, end) (engines may forget all). Deferred when inside cpu_run(). */
void cpu_tlb_flush(struct cpu *cpu, u64 start, u64 end);
/* Forget code translated from the physical page @pfn; ~0 for all. Deferred when inside cpu_run(). */
void cpu_code_flush(struct cpu *cpu, pfn_t pfn);

/*
 * Translating ahead: see cpu/ahead.c. From cpu_learn(true) on the engine notes which blocks it translates;
 * cpu_new_code() takes up to @max of their addresses, 0 when there are no more. cpu_translate_ahead() translates
 * blocks at such addresses, before they run. @peek says, with @ctx, which physical page is to be executed at
 * @vaddr for the sake of block @i; false where there is none. Outside cpu_run() only.
 * An engine may have no use for all this, and do nothing.
 */
void cpu_learn(struct cpu *cpu, bool on);
size_t cpu_new_code(struct cpu *cpu, u64 *pcs, size_t max);
void cpu_translate_ahead(struct cpu *cpu, const u64 *pcs, size_t n,
			 bool (*peek)(void *ctx, size_t i, u64 vaddr, u64 *paddr), void *ctx);

/* What rdrand and rdseed give; @fn NULL: the engine's own, which nobody can foretell. */
void cpu_set_random(struct cpu *cpu, u64 (*fn)(void *arg), void *arg);

/* rdtsc and rdtscp fault with #GP from now on (CR4.TSD), or no longer. */
void cpu_trap_tsc(struct cpu *cpu, bool trap);

/* Do others store to the memory at the same time (processes, or the host's kernel for a futex)? Locked instructions are atomic
 * for them, too, then. An engine starts without. Any time but inside a run; what is translated is thrown away on a change. */
void cpu_memory_shared(struct cpu *cpu, bool shared);
/*
 * Call ops.new_block for every block from now on. What is executed once costs a call, what is executed again costs nothing.
 * Blocks of cpu_translate_ahead() are not told of: the process that asked for them was told. False when the engine cannot.
 */
bool cpu_watch_new_code(struct cpu *cpu, bool on);

/*
 * Call @fn before each instruction in [begin, end) is executed (a rep: before each round; one that is begun again after a
 * page fault was served: again). @regs are exact, flags included. It runs inside the engine and must not change anything of
 * it. Its @arg is that of the ops. One at a time; NULL ends it. 0 or -errno.
 */
int cpu_watch_insns(struct cpu *cpu, u64 begin, u64 end, void (*fn)(void *arg, const struct cpu_regs *regs));

/* Stop before the instruction at @addr (one at a time; 0 removes it): entry point, symbol. */
int cpu_set_break(struct cpu *cpu, u64 addr);
/* Its address, 0 when there is none. */
u64 cpu_get_break(const struct cpu *cpu);
/* The next cpu_run() goes on from there even if it begins at a break, as after one. */
void cpu_pass_break(struct cpu *cpu);
/*
 * A debugger's breakpoints: all of them, in the place of those given before; @n 0 removes them. They are no bytes in
 * memory: the engine translates a stop in front of the instruction, which costs the others nothing. A run that begins at
 * one of them stops there again, as at an int3. Returns 0, -ENOMEM or -EIO (then there are none).
 */
int cpu_set_breaks(struct cpu *cpu, const u64 *addrs, size_t n);

#define CPU_BLOCK_WATCHES 8
/*
 * Call @fn before each basic block runs, inside cpu_run(): it must not use the engine but for cpu_kick(). Several may watch, and
 * are called in the order in which they came. 0, -EBUSY (CPU_BLOCK_WATCHES do already), -ENOMEM. (cpu/blocks.c)
 */
int cpu_watch_blocks(struct cpu *cpu, void (*fn)(void *arg, u64 addr, u32 size), void *arg);
/* No more for who watches with this @arg. Outside cpu_run(). */
void cpu_unwatch_blocks(struct cpu *cpu, const void *arg);

/*
 * From now on each pair of basic blocks that follow each other adds one to its byte of @map, of @size bytes (a power of two).
 * The first block follows none: call it again, with the same map, to begin another run (which is cheap). NULL: no more.
 * Outside cpu_run() only. 0, -EINVAL, -ENOMEM. (cpu/edges.c)
 */
int cpu_count_edges(struct cpu *cpu, u8 *map, u32 size);

/* What the guest sees of the CPU: the registers of CPUID (leaf, subleaf). Used for AT_HWCAP
 * (leaf 1 edx), /proc/cpuinfo and `ulk run --cpuid`; equals what the instruction answers. */
void cpu_cpuid(struct cpu *cpu, u32 leaf, u32 subleaf, u32 out[4]);
/* Text naming the engine and its version: "unicorn 2.1.1". */
const char *cpu_engine_name(void);
/* True when asynchronous stops are sound (see cpu/preempt.c); if not, cpu_kick() waits for the next
 * system call or fault. */
bool cpu_can_preempt(const struct cpu *cpu);

/* ---- disassembly (cpu/decode.c), shared by engines and observers ---- */

/* Does the instruction in @code, at regs->rip, read (or, with @write, write) any of [@addr, @addr + @size)? What cannot be
 * decoded is said to do so. */
bool decode_touches(const u8 *code, size_t len, const struct cpu_regs *regs, u64 addr, u64 size, bool write);

/* Bytes of the instruction, or 1 when it is none. */
size_t decode_length(const u8 *code, size_t len);

/*
 * The first byte on page @page that the instruction in @code (with @len bytes known, at regs->rip)
 * accesses with @access: decodes explicit, implicit (push, call, ret, string, ...) and page-crossing
 * operands. Returns true and *addr, or false when it cannot tell.
 */
bool decode_fault_address(const u8 *code, size_t len, const struct cpu_regs *regs, u64 page,
			  enum cpu_access access, u64 *addr);

#endif
