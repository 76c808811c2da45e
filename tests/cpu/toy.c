// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "toy.h"

struct toy_page *toy_find(struct toy *toy, u64 vaddr)
{
	for (unsigned i = toy->nr_pages; i-- > 0;)
		if (toy->page[i].vaddr == (vaddr & PAGE_MASK))
			return &toy->page[i];
	return NULL;
}

static bool toy_translate(void *arg, u64 vaddr, enum cpu_access access, struct cpu_tlb_entry *out)
{
	static const u8 need[] = {CPU_PERM_R, CPU_PERM_W, CPU_PERM_X};
	struct toy *toy = arg;
	struct toy_page *p = toy_find(toy, vaddr);

	toy->fills++;
	if ((!p || !(p->perms & need[access])) && toy->on_miss && toy->on_miss(toy, vaddr, access))
		p = toy_find(toy, vaddr);
	if (!p || !(p->perms & need[access]))
		return false;
	out->paddr = p->paddr;
	out->perms = p->perms & (CPU_PERM_R | CPU_PERM_W);
	if (access == CPU_FETCH) {
		toy->fetches++;
		p->code = true;
		out->perms = p->perms;
	}
	return true;
}

static bool toy_fast_syscall(void *arg, struct cpu_syscall *sc)
{
	struct toy *toy = arg;

	return toy->on_syscall && toy->on_syscall(toy, sc);
}

struct toy *toy_create(void)
{
	struct toy *toy = calloc(1, sizeof(*toy));
	struct cpu_config config = {
		.phys_size = TOY_MEMORY,
		.ops = {.translate = toy_translate, .fast_syscall = toy_fast_syscall},
		.arg = toy,
	};
	const char *why;

	toy->phys = mmap(NULL, TOY_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	toy->next_paddr = PAGE_SIZE;
	config.phys_base = toy->phys;
	if (toy->phys == MAP_FAILED || cpu_create(&config, &toy->cpu, &why)) {
		fprintf(stderr, "no engine: %s\n", toy->phys == MAP_FAILED ? "no memory" : why);
		abort();
	}
	return toy;
}

void toy_destroy(struct toy *toy)
{
	cpu_destroy(toy->cpu);
	munmap(toy->phys, TOY_MEMORY);
	free(toy);
}

u8 *toy_map(struct toy *toy, u64 vaddr, unsigned n, u8 perms)
{
	u8 *host = toy->phys + toy->next_paddr;

	while (n--) {
		toy->page[toy->nr_pages++] = (struct toy_page){vaddr, toy->next_paddr, perms, false};
		toy->next_paddr += PAGE_SIZE;
		vaddr += PAGE_SIZE;
	}
	return host;
}

void toy_alias(struct toy *toy, u64 vaddr, u64 of, u8 perms)
{
	toy->page[toy->nr_pages] = (struct toy_page){vaddr, toy_find(toy, of)->paddr, perms, false};
	toy->nr_pages++;
}

u8 *toy_host(struct toy *toy, u64 vaddr)
{
	return toy->phys + toy_find(toy, vaddr)->paddr + (vaddr & ~PAGE_MASK);
}

void toy_code(struct toy *toy, u64 vaddr, const void *bytes, size_t n)
{
	struct cpu_regs regs;

	for (size_t i = 0; i < n; i++) {
		if (toy_find(toy, vaddr + i)->code)
			cpu_code_flush(toy->cpu, toy_find(toy, vaddr + i)->paddr >> PAGE_SHIFT);
		*toy_host(toy, vaddr + i) = ((const u8 *)bytes)[i];
	}
	cpu_get_regs(toy->cpu, &regs);
	regs.rip = vaddr;
	cpu_set_regs(toy->cpu, &regs);
}

struct cpu_exit toy_run(struct toy *toy, struct cpu_regs *regs)
{
	struct cpu_exit exit;

	memset(&exit, 0, sizeof(exit));
	cpu_run(toy->cpu, &exit);
	if (regs)
		cpu_get_regs(toy->cpu, regs);
	return exit;
}

/* Unicorn 2.1.1 itself forgets 32 bytes of each engine it closes. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libunicorn\n";
}
