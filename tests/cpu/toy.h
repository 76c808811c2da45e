/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * toy: the smallest memory the engine can run in: a flat physical memory and a table of pages.
 * Pages may be mapped twice (aliases); nothing is faulted in unless the test's hook does it.
 */
#ifndef TESTS_CPU_TOY_H
#define TESTS_CPU_TOY_H

#include "cpu/cpu.h"

#define TOY_PAGES 8192
#define TOY_MEMORY (64UL << 20)

struct toy_page {
	u64 vaddr, paddr;
	u8 perms;
	bool code;             /* a FETCH fill was served */
};

struct toy {
	struct cpu *cpu;
	u8 *phys;
	struct toy_page page[TOY_PAGES];
	unsigned nr_pages;
	u64 next_paddr;
	u64 fills, fetches;
	/* Test hooks, each may be NULL. */
	bool (*on_miss)(struct toy *toy, u64 vaddr, enum cpu_access access);
	bool (*on_syscall)(struct toy *toy, struct cpu_syscall *sc);
	void *data;
};

struct toy *toy_create(void);
void toy_destroy(struct toy *toy);
/* Map @n fresh pages at @vaddr; returns the host pointer to the first. */
u8 *toy_map(struct toy *toy, u64 vaddr, unsigned n, u8 perms);
/* Map a page that is another's alias. */
void toy_alias(struct toy *toy, u64 vaddr, u64 of, u8 perms);
struct toy_page *toy_find(struct toy *toy, u64 vaddr);
u8 *toy_host(struct toy *toy, u64 vaddr);
/* Copy machine code to @vaddr (mapped already) and set RIP there. */
void toy_code(struct toy *toy, u64 vaddr, const void *bytes, size_t n);
/* cpu_run(), then the registers in @regs (may be NULL). */
struct cpu_exit toy_run(struct toy *toy, struct cpu_regs *regs);

#define TOY_CODE(toy, vaddr, bytes) toy_code(toy, vaddr, bytes, sizeof(bytes) - 1)

#define CODE_VA  0x400000UL
#define DATA_VA  0x500000UL
#define STACK_VA 0x7ffffffde000UL  /* 4 pages */
#define STACK_TOP_VA (STACK_VA + 4 * PAGE_SIZE)

#endif
