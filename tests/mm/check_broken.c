// SPDX-License-Identifier: GPL-2.0-or-later
// mm_check and phys_check, each kind of invariant broken on purpose: seen, and gone again once it is mended.
#include <stdlib.h>
#include "page_fixture.h"
#include "mm/frames.h"
#include "mm/pages.h"

#define RW (PROT_READ | PROT_WRITE)

struct broken {
	struct fixture f;
	u64 anon, shared, file, hole; // mapped and touched
	int fd;
};

static void setup(struct broken *b)
{
	struct mm_struct *mm;
	int i;

	assert_int_equal(fixture_init(&b->f, 64 << 20), 0);
	mm = b->f.mm;
	b->fd = make_file("/var/tmp", 4);
	for (i = 0; i < 40; i++) // so that the tree has some height
		map_anon(mm, 1, i & 1 ? PROT_READ : RW);
	b->anon = map_anon(mm, 8, RW);
	b->shared = map_file(mm, b->fd, 4 * PAGE_SIZE, RW, MAP_SHARED, 0);
	b->file = map_file(mm, b->fd, 4 * PAGE_SIZE, PROT_READ, MAP_PRIVATE, 0);
	b->hole = map_anon(mm, 8, PROT_NONE);
	for (i = 0; i < 8; i++)
		poke(mm, b->anon + i * PAGE_SIZE, i);
	poke(mm, b->shared, 1);
	peek(mm, b->file + PAGE_SIZE);
	do_munmap(mm, b->anon + 4 * PAGE_SIZE, PAGE_SIZE); // halves that share an anon_vma
	do_mprotect(mm, b->anon + 5 * PAGE_SIZE, PAGE_SIZE, PROT_NONE);
	assert_int_equal(mm_check(mm, stderr), 0);
	assert_int_equal(phys_check(b->f.phys, stderr), 0);
}

static void teardown(struct broken *b)
{
	assert_int_equal(mm_check(b->f.mm, stderr), 0);
	assert_int_equal(phys_check(b->f.phys, stderr), 0);
	close(b->fd);
	fixture_exit(&b->f);
}

// What is said when something is wrong must name it.
static void seen_by(struct broken *b, int (*check)(struct broken *b, FILE *log), const char *says)
{
	char *text = NULL;
	size_t size = 0;
	FILE *log = open_memstream(&text, &size);
	int violations = check(b, log);

	fclose(log);
	if (!violations || !strstr(text, says))
		fail_msg("looking for \"%s\", %d violations: %s", says, violations, text);
	free(text);
	assert_true(check(b, NULL) == violations);
}

static int run_mm(struct broken *b, FILE *log)
{
	return mm_check(b->f.mm, log);
}

static int run_phys(struct broken *b, FILE *log)
{
	return phys_check(b->f.phys, log);
}

// Give an lvalue another value, look, and put the old one back.
#define break_with(b, check, lvalue, value, says)                                                            \
	do {                                                                                                 \
		__typeof__(lvalue) old_ = (lvalue);                                                          \
		(lvalue) = (__typeof__(lvalue))(value);                                                      \
		seen_by(b, check, says);                                                                     \
		(lvalue) = old_;                                                                             \
		assert_int_equal(check(b, stderr), 0);                                                       \
	} while (0)

static struct page *page_of(struct broken *b, u64 addr)
{
	return pfn_to_page(b->f.phys, pte_pfn(*pte_lookup(b->f.mm, addr)));
}

static void test_list_and_tree(void **state)
{
	struct broken b;
	struct vm_area_struct *vma, *root;

	setup(&b);
	vma = find_vma(b.f.mm, b.anon);
	root = RB_ROOT(&b.f.mm->mm_rb);
	break_with(&b, run_mm, vma->vm_prev, NULL, "vm_prev is wrong");
	break_with(&b, run_mm, vma->vm_next, vma->vm_next->vm_next, "tree and list differ");
	break_with(&b, run_mm, RB_RIGHT(root, vm_rb), NULL, "list goes on after the tree's end");
	break_with(&b, run_mm, root->vm_gap, root->vm_gap + PAGE_SIZE, "vm_gap is");
	break_with(&b, run_mm, root->rb_subtree_gap, PAGE_SIZE, "rb_subtree_gap is");
	break_with(&b, run_mm, b.f.mm->last_vma, vma, "last_vma");
	break_with(&b, run_mm, b.f.mm->highest_vm_end, vma->vm_end, "highest_vm_end");
	break_with(&b, run_mm, b.f.mm->map_count, 3, "map_count");
	break_with(&b, run_mm, b.f.mm->map_count, 3, "high for 3 VMAs");
	break_with(&b, run_mm, b.f.mm->vmacache, (struct vm_area_struct *)&b, "vmacache");
	teardown(&b);
}

static void test_areas(void **state)
{
	struct broken b;
	struct vm_area_struct *vma;
	struct mm_struct *other;

	setup(&b);
	vma = find_vma(b.f.mm, b.anon);
	break_with(&b, run_mm, vma->vm_end, vma->vm_end + 1, "not page aligned");
	break_with(&b, run_mm, vma->vm_end, vma->vm_start, "empty or too high");
	break_with(&b, run_mm, vma->vm_end, vma->vm_next->vm_end, "overlaps");
	other = fixture_mm(&b.f);
	break_with(&b, run_mm, vma->vm_mm, other, "another mm");
	mmput(other);
	break_with(&b, run_mm, vma->vm_flags, vma->vm_flags & ~VM_MAYWRITE, "more than VM_MAY*");
	break_with(&b, run_mm, vma->anon_vma->refcount, 0, "freed anon_vma");
	break_with(&b, run_mm, vma->anon_vma->refcount, vma->anon_vma->refcount + 1, "anon_vma's refcount");
	break_with(&b, run_mm, find_vma(b.f.mm, b.file)->vm_file->refcount, 0, "freed file");
	break_with(&b, run_mm, b.f.mm->start_brk, PAGE_SIZE, "below start_brk");
	teardown(&b);
}

static void test_counters(void **state)
{
	struct broken b;
	struct mm_struct *mm;

	setup(&b);
	mm = b.f.mm;
	break_with(&b, run_mm, mm->total_vm, mm->total_vm + 1, "total_vm");
	break_with(&b, run_mm, mm->data_vm, mm->data_vm + 1, "data_vm");
	break_with(&b, run_mm, mm->exec_vm, mm->exec_vm + 1, "exec_vm");
	break_with(&b, run_mm, mm->stack_vm, mm->stack_vm + 1, "stack_vm");
	break_with(&b, run_mm, mm->shared_vm, mm->shared_vm + 1, "shared_vm");
	break_with(&b, run_mm, mm->locked_vm, mm->locked_vm + 1, "locked_vm");
	break_with(&b, run_mm, mm->nr_ptes, mm->nr_ptes + 1, "nr_ptes");
	break_with(&b, run_mm, mm->nr_pmds, mm->nr_pmds + 1, "nr_pmds");
	break_with(&b, run_mm, mm->nr_puds, mm->nr_puds + 1, "nr_puds");
	break_with(&b, run_mm, mm->rss_stat[MM_ANONPAGES], 0, "rss_stat[ANON]");
	break_with(&b, run_mm, mm->rss_stat[MM_FILEPAGES], 0, "rss_stat[FILE]");
	break_with(&b, run_mm, mm->rss_stat[MM_SHMEMPAGES], 1, "rss_stat[SHMEM]");
	break_with(&b, run_mm, mm->rss_stat[MM_SWAPENTS], 1, "rss_stat[SWAP]");
	teardown(&b);
}

static void test_page_tables(void **state)
{
	struct broken b;
	pte_t *anon, *shared, *file, *none, *outside;

	setup(&b);
	anon = pte_lookup(b.f.mm, b.anon);
	none = pte_lookup(b.f.mm, b.anon + 5 * PAGE_SIZE);
	outside = pte_lookup(b.f.mm, b.anon + 4 * PAGE_SIZE);
	shared = pte_lookup(b.f.mm, b.shared);
	file = pte_lookup(b.f.mm, b.file + PAGE_SIZE);
	break_with(&b, run_mm, *outside, *anon, "PTE outside every area");
	break_with(&b, run_mm, *file, *file | _PAGE_RW, "PTE writable, area not");
	break_with(&b, run_mm, *anon, *anon & ~_PAGE_NX, "PTE executable, area not");
	break_with(&b, run_mm, *none, *none | _PAGE_PRESENT, "area PROT_NONE");
	break_with(&b, run_mm, *anon, _PAGE_DIRTY, "neither empty nor present");
	break_with(&b, run_mm, *anon, *anon & ~_PAGE_USER, "not the user's");
	break_with(&b, run_mm, *shared, *shared + PAGE_SIZE, "another file's page");
	break_with(&b, run_mm, *anon, *shared, "another file's page");
	break_with(&b, run_mm, *anon, (*anon & ~PTE_PFN_MASK) | b.f.mm->pgd, "PTE shows a page table");
	break_with(&b, run_mm, *anon, *anon | _PAGE_SPECIAL, "special page is writable");
	break_with(&b, run_mm, *file, (*file & ~PTE_PFN_MASK) | (*anon & PTE_PFN_MASK), "rss_stat");
	teardown(&b);
}

static void test_page_counts(void **state)
{
	struct broken b;
	struct window *win;
	struct frame_pool *pool;
	struct frame_chunk *chunk;

	setup(&b);
	win = pfn_to_window(b.f.phys, pte_pfn(*pte_lookup(b.f.mm, b.shared)));
	break_with(&b, run_mm, page_of(&b, b.anon)->refcount, 0, "free frame");
	break_with(&b, run_mm, page_of(&b, b.anon)->mapcount, 2, "not mapped exactly once");
	break_with(&b, run_mm, page_of(&b, b.anon)->flags, 0, "neither anonymous nor");
	break_with(&b, run_mm, win->writable, false, "writable PTE of a window that is not");
	break_with(&b, run_mm, win->mapcount, 0, "window does not count");
	break_with(&b, run_mm, win->retired, true, "window that is gone");

	break_with(&b, run_phys, page_of(&b, b.anon)->refcount, 0, "frames in use and free");
	break_with(&b, run_phys, page_of(&b, b.anon)->mapcount, 2, "mapped 2 times");
	break_with(&b, run_phys, page_of(&b, b.anon)->mapcount, 0, "PTEs that show");
	break_with(&b, run_phys, pfn_to_page(b.f.phys, b.f.mm->pgd >> PAGE_SHIFT)->refcount, 2, "table");
	break_with(&b, run_phys, b.f.phys->nr_frames_used, 3, "nr_frames_used");
	pool = b.f.phys->frames;
	chunk = &pool->chunk[pool->avail[FRAME_PAGE] - 1];
	break_with(&b, run_phys, pool->nr_free, pool->nr_free + 1, "on the free lists");
	break_with(&b, run_phys, pfn_to_page(b.f.phys, chunk->free_head)->refcount, 1, "on the free list");
	break_with(&b, run_phys, chunk->free_head, 0, "chunk's free list");
	break_with(&b, run_phys, chunk->nr_free, 0, "wrong list");
	break_with(&b, run_phys, pool->avail[FRAME_PAGE], 0, "chunks with free frames");
	break_with(&b, run_phys, pool->given_back, 1, "wrong list");
	break_with(&b, run_phys, chunk->fresh, chunk->fresh - 1, "fresh frame");
	break_with(&b, run_phys, b.f.phys->nr_frames_max, 2, "more than the 2 there are");
	break_with(&b, run_phys, win->mapcount, win->mapcount + 1, "PTEs of a window");
	break_with(&b, run_phys, win->pfn, win->pfn + WINDOW_PAGES, "believes to be");
	break_with(&b, run_phys, win->pins, 1, "references to an inode");
	break_with(&b, run_phys, win->mapping->refcount, win->mapping->refcount + 1,
		   "references to an inode");
	break_with(&b, run_phys, b.f.phys->mappings, NULL, "an inode that is gone");
	break_with(&b, run_phys, b.f.phys->windows->nr_free, 7, "windows in use and free");
	teardown(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_and_tree), cmocka_unit_test(test_areas),
		cmocka_unit_test(test_counters),      cmocka_unit_test(test_page_tables),
		cmocka_unit_test(test_page_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
