/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine: what the files of the Unicorn engine share among themselves (not for other folders).
 *
 * Registers are held twice: `held` is what Unicorn's CPU has, `regs` what it must have at the next
 * start. Reading fills both; setting changes `regs` only; cpu_run() writes the few that differ, since
 * a system call usually changes three of them and each write costs (RFLAGS most of all).
 */
#ifndef ULK_CPU_ENGINE_H
#define ULK_CPU_ENGINE_H

#include <stdatomic.h>
#include <unicorn/unicorn.h>
#include "cpu/cpu.h"

/*
 * Addresses of the kernel half that the engine maps for itself. The guest's CPU can reach neither: the
 * stub is served only while the engine is created, the window only inside engine_drop_code().
 */
#define STUB_VA	  0xffffffff80000000UL /* physical page 0, which mm/ never hands out */
#define WINDOW_VA 0xffff888000000000UL /* WINDOW_VA + x is physical address x */

#define USER_CS	  0x33
#define USER_DS	  0x2b
#define FLAGS_IF  0x200UL
#define FLAGS_TF  0x100UL
#define FLAGS_VM  0x20000UL
#define FLAGS_ONE 0x2UL /* bit 1 of RFLAGS always reads as one */

/* What a hook saw during the present run. */
enum engine_event {
	EVENT_NONE,
	EVENT_SYSCALL,
	EVENT_VECTOR, /* an exception or a software interrupt; cpu->vector says which */
	EVENT_PORT,   /* in, out, ins, outs */
	EVENT_RETRY,  /* flush, then go on: see alias.c */
	EVENT_SPLIT,  /* a locked access that is not aligned: see atomic.c */
};

/* Unicorn's names of the registers, in the order of struct cpu_regs, whose members up to gs_base are all u64.
 */
#define NR_SLOTS 20
extern const int reg_ids[NR_SLOTS];
enum {
	SLOT_RAX = 0,
	SLOT_RCX = 2,
	SLOT_RDX = 3,
	SLOT_RSI = 4,
	SLOT_RDI = 5,
	SLOT_R8 = 8,
	SLOT_R9 = 9,
	SLOT_R10 = 10,
	SLOT_R11 = 11,
	SLOT_RIP = 16,
	SLOT_RFLAGS = 17,
};

/* Unicorn clears all of it when it is flushed: not too large; and all code in use should fit. */
#define CODE_BUFFER (128u << 20)

struct TCGContext;
struct CPUState;
struct CPUX86State;

/* Unicorn's functions that ours take the places of; cpu/meson.build has the same list for the linker. */
#define INSIDE_FUNCTIONS(F) \
	F(INSIDE_MARK, "tlb_reset_dirty_by_vaddr") \
	F(INSIDE_ALLOC, "tcg_tb_alloc") \
	F(INSIDE_EXEC, "cpu_exec") \
	F(INSIDE_TRANSLATE, "tb_gen_code") \
	F(INSIDE_INTERMEDIATE, "gen_intermediate_code") \
	F(INSIDE_FUNC_START, "tcg_func_start") \
	F(INSIDE_SET_PAGE, "tlb_set_page") \
	F(INSIDE_FILL_TLB, "unicorn_fill_tlb") \
	F(INSIDE_CMPXCHG8B, "helper_cmpxchg8b_unlocked") \
	F(INSIDE_CMPXCHG16B, "helper_cmpxchg16b_unlocked") \
	F(INSIDE_GOTO_TB, "tcg_gen_goto_tb") \
	F(INSIDE_EXIT_TB, "tcg_gen_exit_tb") \
	F(INSIDE_LD32, "tcg_gen_qemu_ld_i32") \
	F(INSIDE_LD64, "tcg_gen_qemu_ld_i64") \
	F(INSIDE_ST32, "tcg_gen_qemu_st_i32") \
	F(INSIDE_ST64, "tcg_gen_qemu_st_i64") \
	F(INSIDE_LDUW, "helper_le_lduw_mmu") \
	F(INSIDE_LDUL, "helper_le_ldul_mmu") \
	F(INSIDE_LDQ, "helper_le_ldq_mmu") \
	F(INSIDE_STW, "helper_le_stw_mmu") \
	F(INSIDE_STL, "helper_le_stl_mmu") \
	F(INSIDE_STQ, "helper_le_stq_mmu") \
	F(INSIDE_EMIT, "tcg_emit_op") \
	F(INSIDE_FETCH, "cpu_ldub_code") \
	F(INSIDE_OP3, "tcg_gen_op3") \
	F(INSIDE_RESET_RF, "helper_reset_rf") \
	F(INSIDE_CALL, "tcg_gen_callN") \
	F(INSIDE_FNSTSW, "helper_fnstsw") \
	F(INSIDE_FLDCW, "helper_fldcw") \
	F(INSIDE_FWAIT, "helper_fwait") \
	F(INSIDE_FCLEX, "helper_fclex") \
	F(INSIDE_FNINIT, "helper_fninit") \
	F(INSIDE_FSTENV, "helper_fstenv") \
	F(INSIDE_FLDENV, "helper_fldenv") \
	F(INSIDE_RDRAND, "helper_rdrand") \
	F(INSIDE_FSAVE, "helper_fsave") \
	F(INSIDE_FRSTOR, "helper_frstor") \
	F(INSIDE_FXSAVE, "helper_fxsave") \
	F(INSIDE_FXRSTOR, "helper_fxrstor") \
	F(INSIDE_LDMXCSR, "helper_ldmxcsr") \
	F(INSIDE_ROUNDSS, "helper_roundss_xmm") \
	F(INSIDE_ROUNDSD, "helper_roundsd_xmm") \
	F(INSIDE_ROUNDPS, "helper_roundps_xmm") \
	F(INSIDE_ROUNDPD, "helper_roundpd_xmm") \
	F(INSIDE_RSQRTSS, "helper_rsqrtss") \
	F(INSIDE_RSQRTPS, "helper_rsqrtps") \
	F(INSIDE_RCPSS, "helper_rcpss") \
	F(INSIDE_RCPPS, "helper_rcpps") \
	F(INSIDE_FPREM, "helper_fprem") \
	F(INSIDE_FPREM1, "helper_fprem1") \
	F(INSIDE_FDIV, "helper_fdiv_ST0_FT0") \
	F(INSIDE_FDIVR, "helper_fdivr_ST0_FT0") \
	F(INSIDE_FDIV_ST, "helper_fdiv_STN_ST0") \
	F(INSIDE_FDIVR_ST, "helper_fdivr_STN_ST0")
#define INSIDE_ID(id, name) id,
enum inside_function { INSIDE_FUNCTIONS(INSIDE_ID) NR_INSIDE_FUNCTIONS };
#undef INSIDE_ID

/*
 * Unicorn's memory operations: log2 of the size, and what is asked of the address. In the calls that carry them out
 * they are above 4 other bits.
 */
#define OP_SIZE	    3u
#define OP_QUAD	    3u
#define OP_ALIGNED  0x70u /* to the size */
#define OP_ALIGN_16 0x40u
#define OP_SHIFT    4

/* softfloat's struct float_status: fpflags.c */
struct fp_unit {
	u8 tininess, rounding, flags, precision, flush_to_zero, flush_inputs, default_nan, snan_bit;
};

/* x87traps.c: Unicorn's state of the unit, as far as its instructions change it: two pieces of it. */
struct x87_control {
	u32 top;
	u16 status, control;
	u8 empty[8];
};
struct x87_stack {
	u8 reg[8][16];
};

/* insnbytes.c: the instruction in translation. */
struct cpu_insn {
	u8 byte[15], nr;
	u8 accesses; /* of 8 bytes, emitted for it so far */
	bool waited; /* x87traps.c: has its call */
	bool proved;
	u64 addr; /* the translator's name of the first's address */
	unsigned start_op, last_op;
};

struct cpu {
	uc_engine *uc;
	struct cpu_ops ops;
	void *arg;
	u8 *phys_base;
	u64 phys_size;
	uc_context *pristine; /* CPL 3, nothing pending: see engine_mend() */
	bool can_preempt;

	struct cpu_regs regs, held;
	bool regs_known;	  /* regs and held are filled */
	bool at_syscall;	  /* RCX and R11 are still to be set as the syscall instruction sets them */
	bool rip_known;		  /* next_rip is where to go on, the other registers need no writing */
	u64 next_rip, sys_rflags; /* RIP after the syscall instruction, RFLAGS at it */
	struct cpu_syscall sc;	  /* of the syscall instruction that ended the run */

	bool inside;	     /* in uc_emu_start(): flushes must wait */
	atomic_bool running; /* as inside, but for cpu_kick() from elsewhere */
	atomic_bool kicked;
	enum engine_event event;
	u8 vector;
	struct cpu_fxstate port_fx; /* x87 and SSE at EVENT_PORT; the other registers are in regs */
	struct CPUState *fill_object; /* of the TLB fill on its way: the CPU, and where the helper that */
	uintptr_t fill_return;	      /* needs it returns to in the block's code; see rmw.c */
	bool missed;		    /* translate() refused; miss_* say what */
	u64 miss_page;
	enum cpu_access miss_access;

	u64 window_pfn; /* page shown at WINDOW_VA while its code is dropped, else ~0 */
	bool booting;

	u64 fills, flushed_at; /* TLB fills since the start, and as of the last flush */
	u64 grow_after;	       /* fills after a flush that make the next, for the TLB to grow */
	bool flush_tlb, flush_code;
	pfn_t *drop;
	unsigned nr_drop, cap_drop;

	struct page_use *use; /* alias.c: one per physical page */
	u32 epoch;	      /* alias.c: counts the flushes of the TLB */
	bool alone;	      /* one instruction is executed that writes to the page it stands on */
	pfn_t written[4];     /* pages with code that it may have changed */
	unsigned nr_written;
	u64 own_page[8]; /* the last pages, by address, with code that wrote to them; alias.c */
	unsigned next_own;
	bool short_block; /* what is being translated is of such a page */

	u8 *code_start; /* inside.c: where the first block was put, and */
	u64 code_limit; /* how far from there the code buffer is filled before it is flushed */
	u64 code_flushes;
	void *original[NR_INSIDE_FUNCTIONS]; /* inside.c: Unicorn's own, looked up */
	void *object;	     /* inside.c: Unicorn's CPU object */
	bool direct;	     /* inside.c: slot[] may be used */
	u64 *slot[NR_SLOTS]; /* inside.c: where each register is, in the order of reg_ids; NULL: only the API
			      */

	u32 cflags_at;	/* atomic.c: where the flags of the block in translation are in TCGContext, 0: not known */
	bool trap_tsc;	/* cpu_trap_tsc() */
	u64 (*random_fn)(void *arg); /* cpu_set_random() */
	void *random_arg;
	bool shared;	/* cpu_memory_shared() */
	bool unlocked;	/* but not for the one instruction that is stepped */
	struct fp_unit *sse_unit, *x87_unit; /* fpflags.c; NULL: not found */
	u32 *mxcsr;
	u16 *fpus, *fpuc;
	u64 mxcsr_at; /* its offset from the state's beginning */
	struct cpu_insn insn;
	bool aligned;	 /* align.c: what is being translated has AC set */
	bool fp_traps;	 /* fptraps.c: an exception was unmasked once */
	bool fp_keeping; /* between the two calls */
	void *fp_saved;	 /* the state of before the first; NULL: cannot be done */
	size_t fp_saved_size;
	u8 fp_pass;		  /* how often the instruction was executed for that */
	bool fp_denormal;	  /* it has a denormal operand */
	bool fp_tiny;		  /* it has a denormal result */
	bool x87_masks;		  /* fnstenv has masked all exceptions, but for the control word itself */
	struct x87_control *x87_control, x87_saved_control; /* x87traps.c */
	struct x87_stack *x87_stack, x87_saved_stack;	    /* NULL: cannot be done */
	bool x87_traps, x87_kept; /* an exception was unmasked once; what was saved is of before the instruction */
	u64 env_temp;		  /* the translator's name of the CPU's state */
	bool can_watch, watching; /* newcode.c */
	void (*insn_fn)(void *arg, const struct cpu_regs *regs); /* insns.c */
	uc_hook insn_hook;
	u16 first_size;

	bool can_learn, learning; /* ahead.c */
	u32 nr_learned;
	u8 **learned; /* the blocks */
	bool (*ahead_peek)(void *ctx, size_t i, u64 vaddr, u64 *paddr);
	void *ahead_ctx;
	size_t ahead_block;

	struct {
		void (*fn)(void *arg, u64 addr, u32 size);
		void *arg;
	} block_watch[CPU_BLOCK_WATCHES]; /* blocks.c */
	u32 nr_block_watches;
	uc_hook block_hook;

	u8 *edges;     /* edges.c; NULL: nobody counts */
	u32 edges_mask, edge_from;
	uc_hook edges_hook;

	u64 break_at;  /* cpu_set_break(), 0 for none */
	bool on_break; /* the last exit was this break: step over it */
	u64 *breaks;   /* cpu_set_breaks(), in order */
	size_t nr_breaks;
};

/* Is there a stop in front of @addr? (step.c) */
bool engine_is_break(const struct cpu *cpu, u64 addr);

/* ---- regs.c ---- */

/* Fill cpu->regs and cpu->held from the engine unless they are known already. */
void engine_load_regs(struct cpu *cpu);
/* The registers now, from within a hook, into @regs; RIP is @rip. */
void regs_now(struct cpu *cpu, u64 rip, struct cpu_regs *regs);
/* Write what the caller changed; returns the RIP to start at. */
u64 engine_store_regs(struct cpu *cpu);
/* In the syscall hook: number and arguments to cpu->sc, what RIP and RFLAGS will be to cpu->next_rip,
 * sys_rflags. */
void regs_read_syscall(struct cpu *cpu);
/* The answer: RAX, and RCX and R11 as the instruction leaves them. */
void regs_write_syscall(struct cpu *cpu, u64 ret);

/* ---- unicorn.c ---- */

/* Run until something is to be reported. */
void engine_run(struct cpu *cpu, struct cpu_exit *exit);

/* ---- exits.c ---- */

/* Copy up to @size bytes of the guest's code at @vaddr, which may go on on a second page; how many there
 * were. */
size_t engine_copy_code(struct cpu *cpu, u64 vaddr, u8 *buf, size_t size);
/* Turn what uc_emu_start() returned into an exit; false when the run just goes on. */
bool engine_exit(struct cpu *cpu, uc_err err, struct cpu_exit *exit);
void exit_error(struct cpu_exit *exit, const char *why);

/* ---- flush.c ---- */

/* What grow_after begins with. */
#define MIN_GROW_AFTER 512

/* Do what cpu_tlb_flush(), cpu_code_flush() and the TLB's growth ask for. Between runs only. */
void engine_flush(struct cpu *cpu);

/* ---- alias.c ---- */

int alias_init(struct cpu *cpu);
void alias_destroy(struct cpu *cpu);
/* May @entry go into the TLB? May take its W away. False: a flush was asked for; try again after. */
bool alias_admit(struct cpu *cpu, enum cpu_access access, struct cpu_tlb_entry *entry);
void alias_tlb_flushed(struct cpu *cpu);
/* The code at @rip has written to its own page. */
void alias_note_own(struct cpu *cpu, u64 rip);
/* Has code of the page of @rip done that, lately? */
bool alias_is_own(const struct cpu *cpu, u64 rip);
/*
 * @pfn or, with ~0 and a TLB flush to follow, all pages hold no translated code any more. Not believed while
 * the TLB may keep an executable entry of @pfn: through that, new code is translated without a fill.
 */
void alias_code_dropped(struct cpu *cpu, pfn_t pfn);

/* ---- ahead.c ---- */

/* A block was put at @block; it is filled in by the time the next one is. */
void ahead_block(struct cpu *cpu, u8 *block);
/* The code buffer was flushed: the blocks are gone. */
void ahead_forget(struct cpu *cpu);
/* The engine has run the block at @first_pc, its first: can blocks be read? */
void ahead_prove(struct cpu *cpu, u64 first_pc);
/* A TLB fill while blocks are translated ahead. */
void ahead_fill(struct cpu *cpu, u64 vaddr, uc_tlb_entry *entry);

/* ---- newcode.c ---- */

/* The engine has run its first block, of @first_size bytes, after ahead_prove(): can the size of blocks be read? */
void newcode_prove(struct cpu *cpu, u32 first_size);

/* ---- rmw.c ---- */

/* In a TLB fill for a load: does the instruction store to the same operand? */
bool rmw_loads(struct cpu *cpu);

/* ---- decode.c ---- */

/* What an instruction failed to do. */
struct fault_access {
	u64 addr;    /* see decode_fault_address() */
	u64 start;   /* of the whole access, which may lie on the page before */
	u64 size;
	bool writes; /* the instruction (also) writes that byte */
	bool stack;  /* it is addressed through SS */
};
/* Fills @out, or returns false when it cannot tell. */
bool decode_fault(const u8 *code, size_t len, const struct cpu_regs *regs, u64 page, enum cpu_access access,
		  struct fault_access *out);

/* Is this in, out, ins or outs? */
bool decode_port_io(const u8 *code, size_t len);

/* ---- inside.c ---- */

/* The code buffer was flushed as a whole. */
void inside_code_flushed(struct cpu *cpu);
/* This thread is going into @cpu's engine. */
void inside_enter(struct cpu *cpu);
/* Is it this thread that is in @cpu's engine? */
bool inside_is(const struct cpu *cpu);
/* The engine this thread is in, or NULL. */
struct cpu *inside_engine(void);
/* Unicorn's function behind ours: @real where the linker knows it, else looked up. */
void *inside_original(enum inside_function which, void *real);
/* Look for the registers, after a first run. Leaves zeros or rubbish in them. */
void inside_find(struct cpu *cpu);

/* ---- unicorn.c ---- */

/* The state of before the first instruction: CPL 3, nothing pending. */
void engine_reset(struct cpu *cpu);

/* ---- atomic.c ---- */

/* Find where the flags of translation are; without them cpu_memory_shared() has no effect. */
void atomic_find_flags(struct cpu *cpu);

/* ---- fpflags.c ---- */

/* Find where the flags are, after inside_find() and with the boot stub's inexact conversion just done. */
void fpflags_find(struct cpu *cpu);
/* Move what the instructions so far have raised into MXCSR and x87's status word. */
void fpflags_settle(struct cpu *cpu);
/* MXCSR and the status word were written: nothing raised before counts any more. */
void fpflags_loaded(struct cpu *cpu);

/* ---- align.c ---- */

/* A block is to be translated whose flags, as Unicorn has them, are @flags. */
void align_translating(struct cpu *cpu, u32 flags);

/* ---- insnbytes.c ---- */

/* The access @op is emitted, at the translator's @addr: the one to emit instead, and where. */
u32 insn_access(struct cpu *cpu, u32 op, u64 *addr);

/* What follows the prefixes; the mandatory one among them, as a bit of a set, into @prefix. */
const u8 *insn_skip_prefixes(const struct cpu_insn *insn, u8 *prefix);
/* Does this instruction, one that fptraps.c watches, say nothing of denormal operands? */
bool insn_takes_denormals(const struct cpu_insn *insn);
/* What it raised is of the element with the denormal operand, if there are others at all. */
bool insn_invalid_alone(const struct cpu_insn *insn);

/* ---- fptraps.c ---- */

/* After fpflags_find(). */
void fptraps_find(struct cpu *cpu);
/* MXCSR was loaded: is this the first time that an exception is not masked? Code is translated anew then. */
bool fptraps_wanted(struct cpu *cpu);
/* The code calls, at @ra, with the CPU's state at @env. May not return. */
void fptraps_called(struct cpu *cpu, struct CPUX86State *env, uintptr_t ra);

/* ---- x87traps.c ---- */

/* After fpflags_find(). */
void x87traps_find(struct cpu *cpu);
/* The first operation, but for the one that begins it, of cpu->insn is emitted (@mmx: it is one of MMX's), with x87_traps:
 * have it wait. */
void x87traps_emit(struct cpu *cpu, struct TCGContext *tcg, bool mmx);
/* Control word @control is being loaded: is this the first with an exception not masked? */
bool x87traps_wanted(struct cpu *cpu, u16 control);
/* The same from within the instruction that the code at @ra belongs to. May not return. The second: from the memory at
 * @addr. */
void x87traps_loading(struct cpu *cpu, u16 control, uintptr_t ra);
void x87traps_loading_from(struct cpu *cpu, struct CPUX86State *env, u64 addr, uintptr_t ra);
/* An instruction begins, with nothing pending unless the status word says so. */
void x87traps_keep(struct cpu *cpu);
/* It has raised @flags. */
void x87traps_raised(struct cpu *cpu, u8 flags);

/* ---- step.c ---- */

/* Execute the one locked instruction that cannot be atomic for other processes, for the threads of this one (EVENT_SPLIT).
 * True when @exit is to be reported. */
bool engine_run_split(struct cpu *cpu, struct cpu_exit *exit);

/* ---- preempt.c ---- */

/* Begin watching, on this thread, whether the translator calls our replacement. */
void preempt_watch(void);
/* True when it was called since preempt_watch(). */
bool preempt_replaced(void);

#endif
