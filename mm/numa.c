// SPDX-License-Identifier: GPL-2.0-or-later
// Where an area's pages are, as numa_maps says it: the host's nodes, since the pages are the host's.
#include <sys/syscall.h>
#include <unistd.h>
#include "mm/pagemap.h"
#include "mm/pages.h"

#define BLOCK 64

struct numa_walk {
	struct vm_area_struct *vma;
	struct host_pages *hp;
	struct numa_stats *md;
	void *host[BLOCK]; // pages whose node is to be asked
	unsigned nr;
};

static void ask_nodes(struct numa_walk *w)
{
	int node[BLOCK];

	if (w->nr && syscall(SYS_move_pages, 0, (unsigned long)w->nr, w->host, NULL, node, 0) == 0) {
		for (unsigned i = 0; i < w->nr; i++)
			if (node[i] >= 0 && node[i] < NUMA_NODES)
				w->md->node[node[i]]++;
	}
	w->nr = 0;
}

static void gather(struct numa_walk *w, pte_t pte)
{
	const struct phys *phys = w->vma->vm_mm->phys;
	int counter = pte_counter(w->vma, pte);
	struct host_page look;
	u32 count;

	// Pages of the kernel's image, as the vDSO's, are on no list.
	if (counter < 0 || (!pfn_is_window(phys, pte_pfn(pte)) && counter != MM_ANONPAGES))
		return;
	count = pte_mapcount(w->hp, pte, &look);
	w->md->pages++;
	w->md->anon += counter == MM_ANONPAGES;
	w->md->dirty += pte & _PAGE_DIRTY || look.dirty;
	w->md->active += look.active;
	w->md->mapcount_max = max_t(u64, w->md->mapcount_max, count);
	w->host[w->nr++] = pfn_to_host(phys, pte_pfn(pte));
	if (w->nr == BLOCK)
		ask_nodes(w);
}

void numa_gather_stats(struct vm_area_struct *vma, struct host_pages *hp, struct numa_stats *md)
{
	struct numa_walk w = {.vma = vma, .hp = hp, .md = md};
	struct mm_struct *mm = vma->vm_mm;
	u64 addr = vma->vm_start, stop;
	pte_t *ptep;

	pthread_mutex_lock(&mm->page_table_lock);
	while ((ptep = pte_next_table(mm, &addr, vma->vm_end, &stop))) {
		for (; addr < stop; addr += PAGE_SIZE, ptep++)
			if (pte_present(*ptep))
				gather(&w, *ptep);
	}
	ask_nodes(&w);
	pthread_mutex_unlock(&mm->page_table_lock);
}
