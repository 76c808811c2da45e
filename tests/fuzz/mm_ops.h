/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mm_ops: a stream of bytes as operations on mms, in one process and without a CPU. See README.md.
 *
 * mm_ops.c decodes and runs, mm_calls.c has the calls; mm_oracle.c plays the engine that caches translations and code, and looks after
 * each operation whether what it has cached is still true; mm_faults.c makes the host's allocations fail.
 */
#ifndef TESTS_FUZZ_MM_OPS_H
#define TESTS_FUZZ_MM_OPS_H

#include "mm/internal.h"
#include "mm/uaccess.h"
#include "mm/window.h"

/* ---- mm_oracle.c: an engine that remembers ---- */

#define NR_TLB	128
#define NR_CODE 16

struct tlb_entry {
	u64 vaddr; /* page; 0: free */
	u64 paddr;
	u8 perms;
};

/* A page that code was translated from, as it was then. */
struct code_page {
	pfn_t pfn; /* 0: free */
	u8 content[PAGE_SIZE];
};

/* One engine, for one mm. */
struct oracle {
	struct mmu_notifier notifier;
	struct mm_struct *mm;
	struct tlb_entry tlb[NR_TLB];
	unsigned next_tlb; /* entry replaced next */
	struct code_page code[NR_CODE];
	unsigned next_code;
};

void oracle_init(struct oracle *o, struct mm_struct *mm);
/* Translate as an engine does and remember the answer. Returns mm_translate()'s result. */
int oracle_translate(struct oracle *o, u64 vaddr, enum mm_access access, struct mm_fault *fault);
/* The guest stores to @paddr: engines notice that it is code. */
void oracle_guest_store(struct oracle *o, u64 paddr);
/* Aborts when something cached is not true any more. */
void oracle_check(struct oracle *o, const char *after);
/* Forget code of files' pages: what another mm stores to them is told to its own engine only. */
void oracle_forget_files(struct oracle *o);

/* ---- mm_faults.c: allocations of the host that fail ---- */

/* The @nth allocation from now on fails, and those after it, @count in all; 0, 0: none. */
void fail_nth(unsigned nth, unsigned count);

/* ---- mm_ops.c ---- */

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned seed);

#endif
