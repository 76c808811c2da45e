// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * inside: what has to be known of Unicorn's inside, beyond its API. All of it is found and proved when the
 * engine is created; what is not found is done without.
 *
 * 1. When its code buffer is full, Unicorn (2.1.1) flushes it and then links the new block to one that is
 * gone, and crashes. So watch where blocks are put (tcg_tb_alloc_x86_64) and flush in time, between two runs.
 *
 * 2. For every block it translates, Unicorn walks its whole TLB to mark the code's page "tell me of
 *    stores" (tlb_reset_dirty_by_vaddr_x86_64). That is a tenth of a short program's time, and it grows with
 *    the TLB. It is not needed: alias.c lets no page be writable in the TLB while code was translated from
 * it.
 *
 * 3. One register through uc_reg_read_batch() costs 8-20 ns, and a system call moves thirty. The argument of
 * the second function is the CPU object, and the registers are somewhere in it. So write values that nothing
 * else has through the API and look for them; then change them in memory and ask the API. Only what answers
 * both ways is used.
 *
 * 4. uc_emu_start() forgets stop requests on its way in: a kick that comes just then would be lost, and a
 * loop that never misses the TLB run on. Its last step is cpu_exec_x86_64(), after which requests are kept:
 * look again there.
 *
 * atomic.c, newcode.c, insns.c and fpflags.c have more. All these functions are taken over with the linker's
 * --wrap in a static link; with libunicorn.so, exported symbols of those names come first, and dlsym(RTLD_NEXT) finds the originals.
 * See cpu_link_args.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include "cpu/engine.h"

#define EXCP_INTERRUPT 0x10000
#define EXCP_ATOMIC    0x10005

typedef void mark_fn(struct CPUState *cs, u64 start, u64 length);
typedef void *alloc_fn(struct TCGContext *tcg);
typedef int exec_fn(struct uc_struct *uc, struct CPUState *cs);
mark_fn __wrap_tlb_reset_dirty_by_vaddr_x86_64;
alloc_fn __wrap_tcg_tb_alloc_x86_64;
exec_fn __wrap_cpu_exec_x86_64;
/* The originals: there in a static link only. dlsym() is for the other case, and must not be drawn into this.
 */
__attribute__((weak)) mark_fn __real_tlb_reset_dirty_by_vaddr_x86_64;
__attribute__((weak)) alloc_fn __real_tcg_tb_alloc_x86_64;
__attribute__((weak)) exec_fn __real_cpu_exec_x86_64;
__attribute__((weak)) __typeof__(dlsym) dlsym;

/* The engine this thread is in: the function's own arguments do not lead to it. */
static _Thread_local struct cpu *inside_cpu;

void inside_enter(struct cpu *cpu)
{
	inside_cpu = cpu;
}

bool inside_is(const struct cpu *cpu)
{
	return inside_cpu == cpu;
}

struct cpu *inside_engine(void)
{
	return inside_cpu;
}

void *inside_original(enum inside_function which, void *real)
{
#define NAME(id, name) [id] = name "_x86_64",
	static const char *const names[] = {INSIDE_FUNCTIONS(NAME)};
#undef NAME
	struct cpu *cpu = inside_cpu;

	if (real)
		return real;
	if (cpu && cpu->original[which])
		return cpu->original[which];
	real = dlsym ? dlsym(RTLD_NEXT, names[which]) : NULL;
	if (cpu)
		cpu->original[which] = real;
	return real;
}

__attribute__((visibility("default"))) void __wrap_tlb_reset_dirty_by_vaddr_x86_64(struct CPUState *cs,
										   u64 start, u64 length)
{
	mark_fn *original;

	if (inside_cpu) {
		if (inside_cpu->booting)
			inside_cpu->object = cs;
		return;
	}
	/* Another engine of this process, not ours. */
	original = inside_original(INSIDE_MARK, __real_tlb_reset_dirty_by_vaddr_x86_64);
	if (original)
		original(cs, start, length);
}

__attribute__((visibility("default"))) void *__wrap_tcg_tb_alloc_x86_64(struct TCGContext *tcg)
{
	alloc_fn *original = inside_original(INSIDE_ALLOC, __real_tcg_tb_alloc_x86_64);
	struct cpu *cpu = inside_cpu;
	u8 *block = original(tcg);

	if (!cpu)
		return block;
	if (!cpu->code_start)
		cpu->code_start = block;
	if (cpu->learning)
		ahead_block(cpu, block);
	if (unlikely((u64)(block - cpu->code_start) > cpu->code_limit) && block) {
		cpu->flush_code = true;
		if (cpu->can_preempt)
			uc_emu_stop(cpu->uc);
	}
	return block;
}

__attribute__((visibility("default"))) int __wrap_cpu_exec_x86_64(struct uc_struct *uc, struct CPUState *cs)
{
	exec_fn *original = inside_original(INSIDE_EXEC, __real_cpu_exec_x86_64);
	struct cpu *cpu = inside_cpu;
	int ret;

	if (cpu && atomic_load(&cpu->kicked) && cpu->can_preempt)
		uc_emu_stop(uc);
	ret = original(uc, cs);
	if (unlikely(ret == EXCP_ATOMIC) && cpu) {
		cpu->event = EVENT_SPLIT;
		uc_emu_stop(uc);
		ret = EXCP_INTERRUPT;
	}
	return ret;
}

/* The buffer was cleared, all of it, and so is all in memory: give that back. */
void inside_code_flushed(struct cpu *cpu)
{
	u64 start = PAGE_ALIGN((u64)cpu->code_start), end = ((u64)cpu->code_start + CODE_BUFFER) & PAGE_MASK;

	cpu->code_flushes++;
	ahead_forget(cpu);
	if (cpu->code_start && start < end - PAGE_SIZE)
		madvise((void *)start, end - PAGE_SIZE - start, MADV_DONTNEED);
}

/* ---- the registers ---- */

#define OBJECT_SIZE (64u << 10)
#define ENV_SIZE    4096
#define NR_GPRS	    16

static const int gpr_ids[NR_GPRS] = {
	UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP, UC_X86_REG_RBP,
	UC_X86_REG_RSI, UC_X86_REG_RDI, UC_X86_REG_R8,	UC_X86_REG_R9,	UC_X86_REG_R10, UC_X86_REG_R11,
	UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15,
};

static u64 magic_of(int id)
{
	return 0x5a17c0de00000000 | (u64)id << 8;
}

/* The one place among @n words that holds the @len words of @what, else NULL. */
static u64 *find_once(u64 *words, size_t n, const u64 *what, size_t len)
{
	u64 *at = NULL;

	for (size_t i = 0; i + len <= n; i++) {
		if (words[i] != what[0] || memcmp(&words[i], what, len * sizeof(*what)))
			continue;
		if (at)
			return NULL;
		at = &words[i];
	}
	return at;
}

/* Does what is written to @slot come back through the API? */
static bool prove_reg(struct cpu *cpu, int id, u64 *slot)
{
	u64 seen = 0;

	*slot = ~magic_of(id);
	uc_reg_read(cpu->uc, id, &seen);
	*slot = 0;
	return seen == ~magic_of(id);
}

static u64 *find_reg(struct cpu *cpu, int id, u64 *env)
{
	u64 magic = magic_of(id), *slot;

	uc_reg_write(cpu->uc, id, &magic);
	slot = find_once(env, ENV_SIZE / sizeof(*env), &magic, 1);
	return slot && prove_reg(cpu, id, slot) ? slot : NULL;
}

/*
 * Look for @what in @size bytes at @offset of the object, which begin the CPU's state. They are copied by a
 * system call, which ends at what is not mapped instead of crashing.
 */
static u64 *search_object(struct cpu *cpu, size_t offset, size_t size, const u64 *what)
{
	u64 *copy = malloc(size), *at = NULL;
	u8 *from = (u8 *)cpu->object + offset;
	struct iovec local = {copy, size}, remote = {from, size};
	ssize_t n = copy ? process_vm_readv(getpid(), &local, 1, &remote, 1, 0) : -1;

	if (n > ENV_SIZE)
		at = find_once(copy, ((size_t)n - ENV_SIZE) / sizeof(*copy), what, NR_GPRS);
	if (at)
		at = (u64 *)from + (at - copy);
	free(copy);
	return at;
}

/* The sixteen registers, or NULL when they are not where they are looked for: first where 2.1.1 has them. */
static u64 *find_gprs(struct cpu *cpu)
{
	u64 magic[NR_GPRS], *gprs;
	void *vals[NR_GPRS];

	for (int i = 0; i < NR_GPRS; i++) {
		magic[i] = magic_of(gpr_ids[i]);
		vals[i] = &magic[i];
	}
	uc_reg_write_batch(cpu->uc, (int *)gpr_ids, vals, NR_GPRS);
	gprs = search_object(cpu, 32u << 10, (4u << 10) + ENV_SIZE, magic)
		       ?: search_object(cpu, 0, OBJECT_SIZE, magic);
	for (int i = 0; gprs && i < NR_GPRS; i++)
		if (!prove_reg(cpu, gpr_ids[i], &gprs[i]))
			gprs = NULL;
	return gprs;
}

void inside_find(struct cpu *cpu)
{
	u64 *gprs = cpu->object ? find_gprs(cpu) : NULL, **slot = cpu->slot;

	if (!gprs)
		return;
	for (int i = 0; i < NR_SLOTS; i++) {
		slot[i] = NULL;
		for (int j = 0; j < NR_GPRS; j++)
			if (gpr_ids[j] == reg_ids[i])
				slot[i] = &gprs[j];
		if (!slot[i] && reg_ids[i] != UC_X86_REG_RFLAGS)
			slot[i] = find_reg(cpu, reg_ids[i], gprs);
		if (!slot[i] && reg_ids[i] != UC_X86_REG_RFLAGS)
			return;
	}
	cpu->direct = true;
}
