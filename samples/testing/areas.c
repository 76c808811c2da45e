// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory, area by area: flags, names, sizes; the fields of the mm_struct; and the texts that the program itself would read. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ulk.h>

int main(int argc, char **argv)
{
	const struct ulk_config config = {.memory = 64 << 20};
	char *const args[] = {argv[1], (char *)"areas", NULL}, *const env[] = {NULL};
	struct ulk_machine *m;
	struct ulk_result result;
	struct ulk_area area;
	struct ulk_area_sizes sizes;
	struct ulk_mm mm;
	uint64_t at, rss = 0, exec = 0;
	char flags[200], *text, line[64];

	assert(argc == 2);
	assert(!ulk_machine_new(&config, &m) && !ulk_load(m, argv[1], args, env));
	assert(!ulk_break_at(m, "ready") && !ulk_run(m, &result) && result.end == ULK_END_BREAK);

	/* All of them. */
	assert(!ulk_proc_text(m, "maps", &text));
	for (at = 0; !ulk_area_next(m, at, &area); at = area.end) {
		assert(!ulk_area_sizes(m, area.start, &sizes) && !ulk_area_flags(area.flags, flags, sizeof(flags)));
		printf("%12lx-%-12lx %5lu of %5lu KiB, gap %#12lx  %-28s %s\n", (unsigned long)area.start, (unsigned long)area.end,
		       (unsigned long)sizes.rss >> 10, (unsigned long)(area.end - area.start) >> 10, (unsigned long)area.gap, flags,
		       area.anon_name ? area.anon_name : area.name);
		snprintf(line, sizeof(line), "%08lx-%08lx ", (unsigned long)area.start, (unsigned long)area.end);
		assert(strstr(text, line) && area.rss == sizes.rss);
		rss += sizes.rss;
		exec += area.flags & ULK_VM_EXEC && !(area.flags & ULK_VM_WRITE) ? area.end - area.start : 0;
	}
	free(text);

	/* One with a name, of which ten pages were written; one that is locked, and shared. */
	assert(!ulk_read_symbol(m, "named", &at, sizeof(at)) && !ulk_area_at(m, at, &area));
	assert(area.has_anon_vma && !area.special && !area.policy && area.home_node == -1);
	assert(!area.anon_name || !strcmp(area.anon_name, "scratch")); /* a host without CONFIG_ANON_VMA_NAME knows none */
	assert(!ulk_area_sizes(m, at, &sizes) && sizes.rss == 40960 && sizes.private_dirty == 40960 && sizes.anonymous == 40960);
	assert(!ulk_read_symbol(m, "locked", &at, sizeof(at)) && !ulk_area_at(m, at, &area));
	assert((area.flags & ULK_VM_LOCKED) && (area.flags & ULK_VM_SHARED) && area.inode);
	assert(!ulk_area_sizes(m, at, &sizes) && sizes.rss == 8192 && sizes.pss_shmem && sizes.locked);

	/* The whole. */
	assert(!ulk_get_mm(m, &mm));
	printf("%lu areas, %lu mappings were made, %lu page tables, brk at 0x%lx\n", (unsigned long)mm.map_count,
	       (unsigned long)mm.born, (unsigned long)(1 + mm.nr_ptes + mm.nr_pmds + mm.nr_puds), (unsigned long)mm.brk);
	assert((mm.rss_file + mm.rss_anon + mm.rss_shmem) * 4096 == rss && mm.exec_vm * 4096 == exec);
	assert(mm.mmap && mm.mm_rb && mm.pgd && mm.top_down && mm.mm_users == 1 && mm.mmlist == 1 && mm.locked_vm == 2);
	assert(mm.owner == ulk_thread(m) && !mm.core_state && mm.mmu_notifier_mm == 1 && mm.highest_vm_end > mm.start_stack);
	ulk_machine_free(m);
	return 0;
}
