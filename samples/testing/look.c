// SPDX-License-Identifier: GPL-2.0-or-later
/* Load a program, stop in it, look around: registers, a variable, areas, the mm_struct, a page's entry, the calls it is in. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <ulk.h>

int main(int argc, char **argv)
{
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {argv[1], (char *)"7", NULL}, *const env[] = {NULL};
	struct ulk_machine *m;
	struct ulk_result result;
	struct ulk_area area;
	struct ulk_regs regs;
	struct ulk_frame frames[8];
	struct ulk_page page;
	struct ulk_mm mm;
	uint64_t addr;
	int depth, n;

	assert(argc == 2);
	assert(!ulk_machine_new(&config, &m));
	assert(!ulk_load(m, argv[1], args, env));

	/* Run to the innermost call of a function. */
	assert(!ulk_break_at(m, "bottom"));
	assert(!ulk_run(m, &result) && result.end == ULK_END_BREAK);
	assert(!ulk_get_regs(m, &regs));
	assert(!ulk_address_of(m, "bottom", &addr) && regs.rip == addr);
	assert(!ulk_read_symbol(m, "depth", &depth, sizeof(depth)));
	printf("stopped at bottom(%lu), depth is %d\n", (unsigned long)regs.rdi, depth);
	assert(depth == 7);

	n = ulk_backtrace(m, frames, 8);
	for (int i = 0; i < n && i < 3; i++)
		printf("#%d %s\n", i, frames[i].place.symbol);
	assert(n > 2 && !strcmp(frames[0].place.symbol, "bottom") && !strcmp(frames[1].place.symbol, "down"));

	/* Where things are. */
	n = 0;
	for (uint64_t at = 0; !ulk_area_next(m, at, &area); at = area.end)
		n++;
	assert(!ulk_get_mm(m, &mm) && mm.map_count == (uint64_t)n);
	assert(!ulk_area_at(m, regs.rsp, &area) && !strcmp(area.name, "[stack]"));
	printf("%d areas; the stack is %lu KiB, %lu of them in memory\n", n, (unsigned long)(area.end - area.start) >> 10,
	       (unsigned long)area.rss >> 10);
	assert(!ulk_get_page(m, regs.rsp, &page) && page.levels == 4);
	assert((page.entry[3] & ULK_PTE_WRITE) && (page.entry[3] & ULK_PTE_NX));

	/* Change a variable, let it go on: the program's exit status is what it finds there. */
	depth = 42;
	assert(!ulk_write_symbol(m, "depth", &depth, sizeof(depth)));
	assert(!ulk_run(m, &result) && result.end == ULK_END_EXIT && result.code == 42);
	ulk_machine_free(m);
	puts("exit status 42, as was written into it");
	return 0;
}
