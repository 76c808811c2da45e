// SPDX-License-Identifier: GPL-2.0-or-later
/* Snapshots of an mm: after any stream of calls and stores it is as it was, in areas, page tables, content and counters. */
#include <stdlib.h>
#include "mm/snapshot.h"
#include "page_fixture.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif
#define BASE  0x10000000UL
#define PAGES 96

/* All that a restore brings back, but where frames are. */
struct state {
	int nr;
	struct { u64 start, end, flags, pgoff, birth; struct file *file; } vma[256];
	s64 rss[NR_MM_COUNTERS];
	u64 total_vm, data_vm, locked_vm, shared_vm, brk;
	u64 pte[PAGES];
	u8 content[PAGES][PAGE_SIZE];
};

static void look(struct mm_struct *mm, struct state *s)
{
	struct vm_area_struct *vma;

	memset(s, 0, sizeof(*s));
	for_each_vma (mm, vma) {
		s->vma[s->nr].start = vma->vm_start;
		s->vma[s->nr].end = vma->vm_end;
		s->vma[s->nr].flags = vma->vm_flags;
		s->vma[s->nr].pgoff = vma->vm_pgoff;
		s->vma[s->nr].birth = vma->vm_birth;
		s->vma[s->nr++].file = vma->vm_file;
	}
	memcpy(s->rss, mm->rss_stat, sizeof(s->rss));
	s->total_vm = mm->total_vm;
	s->data_vm = mm->data_vm;
	s->locked_vm = mm->locked_vm;
	s->shared_vm = mm->shared_vm;
	s->brk = mm->brk;
	for (int i = 0; i < PAGES; i++) {
		const pte_t *ptep = pte_lookup(mm, BASE + i * PAGE_SIZE);

		s->pte[i] = ptep ? *ptep & ~(PTE_PFN_MASK | _PAGE_CACHED | _PAGE_ACCESSED) : 0;
		mm_peek(mm, BASE + i * PAGE_SIZE, s->content[i], PAGE_SIZE);
	}
}

static u32 rnd(u32 *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void random_call(struct mm_struct *mm, struct file *file, u32 *seed)
{
	static const int protections[] = {PROT_READ | PROT_WRITE, PROT_READ, PROT_NONE, PROT_READ | PROT_WRITE,
					  PROT_READ | PROT_WRITE | PROT_EXEC};
	static const int advice[] = {MADV_DONTNEED, MADV_FREE, MADV_COLD, MADV_GUARD_INSTALL, MADV_GUARD_REMOVE, MADV_PAGEOUT,
				     MADV_POPULATE_WRITE, MADV_POPULATE_READ};
	u64 page = rnd(seed) % PAGES, n = 1 + rnd(seed) % (PAGES - page < 12 ? PAGES - page : 12);
	u64 addr = BASE + page * PAGE_SIZE, to = BASE + rnd(seed) % (PAGES - n + 1) * PAGE_SIZE;
	int prot = protections[rnd(seed) % ARRAY_SIZE(protections)];
	u8 bytes[64];

	switch (rnd(seed) % 16) {
	case 0:
		do_mmap(mm, NULL, addr, n * PAGE_SIZE, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, 0);
		break;
	case 1:
		do_mmap(mm, file, addr, n * PAGE_SIZE, prot, MAP_PRIVATE | MAP_FIXED, rnd(seed) % 4 * PAGE_SIZE);
		break;
	case 2:
		do_munmap(mm, addr, n * PAGE_SIZE);
		break;
	case 3:
		do_mprotect(mm, addr, n * PAGE_SIZE, prot);
		break;
	case 4:
		do_mremap(mm, addr, n * PAGE_SIZE, n * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
		break;
	case 5:
		do_madvise(mm, addr, n * PAGE_SIZE, advice[rnd(seed) % ARRAY_SIZE(advice)]);
		break;
	case 6:
		do_mlock(mm, addr, n * PAGE_SIZE, 0);
		break;
	case 7:
		do_munlock(mm, addr, n * PAGE_SIZE);
		break;
	default:
		memset(bytes, (int)rnd(seed), sizeof(bytes));
		if (rnd(seed) % 2) {
			copy_to_user(mm, addr + rnd(seed) % (PAGE_SIZE - 64), bytes, sizeof(bytes));
		} else {
			struct mm_fault f = touch(mm, addr, rnd(seed) % 3 ? MM_WRITE : MM_READ);

			if (!f.signo && f.perms & 2)
				memcpy(phys_to_host(mm->phys, f.paddr + rnd(seed) % (PAGE_SIZE - 64)), bytes, sizeof(bytes));
		}
	}
}

static void assert_same(const struct state *a, const struct state *b, u32 seed)
{
	for (int i = 0; i < a->nr && i < b->nr; i++)
		if (memcmp(&a->vma[i], &b->vma[i], sizeof(a->vma[i])))
			fail_msg("seed %u: area %d %lx-%lx flags %lx, was %lx-%lx %lx", seed, i, b->vma[i].start, b->vma[i].end,
				 b->vma[i].flags, a->vma[i].start, a->vma[i].end, a->vma[i].flags);
	for (int i = 0; i < PAGES; i++) {
		if (a->pte[i] != b->pte[i])
			fail_msg("seed %u: page %d: PTE %lx, was %lx", seed, i, b->pte[i], a->pte[i]);
		if (memcmp(a->content[i], b->content[i], PAGE_SIZE))
			fail_msg("seed %u: page %d: other content", seed, i);
	}
	assert_memory_equal(a->rss, b->rss, sizeof(a->rss));
	assert_memory_equal(&a->total_vm, &b->total_vm, 5 * sizeof(u64));
	assert_int_equal(a->nr, b->nr);
}

static struct file *test_file(struct fixture *f)
{
	struct file *file;
	int fd = make_file("/var/tmp", 16);

	assert_true(fd >= 0);
	assert_int_equal(file_from_fd(f->phys, fd, &file), 0);
	close(fd);
	return file;
}

static void test_random(void **state)
{
	struct fixture *f = *state;
	struct file *file = test_file(f);
	static struct state before[2], after;

	for (u32 seed = 1; seed <= 60; seed++) {
		struct mm_snapshot *snap[2];
		u32 rng = seed * 7919;
		u64 used;

		for (int i = 0; i < 60; i++)
			random_call(f->mm, file, &rng);
		assert_int_equal(mm_snapshot_take(f->mm, &snap[0]), 0);
		look(f->mm, &before[0]);
		for (int i = 0; i < 20; i++)
			random_call(f->mm, file, &rng);
		assert_int_equal(mm_snapshot_take(f->mm, &snap[1]), 0);
		look(f->mm, &before[1]);
		used = f->phys->nr_frames_used;
		/* To and fro between the two. */
		for (int round = 0; round < 30; round++) {
			int which = (int)(rnd(&rng) % 2);

			for (int i = 0; i < 25; i++)
				random_call(f->mm, file, &rng);
			assert_int_equal(mm_snapshot_restore(snap[which], NULL), 0);
			look(f->mm, &after);
			assert_same(&before[which], &after, seed * 1000 + (u32)round);
			assert_int_equal(mm_check(f->mm, stderr) + phys_check(f->phys, stderr), 0);
			if (which == 1)
				assert_true(f->phys->nr_frames_used <= used);
		}
		mm_snapshot_free(snap[seed % 2]);
		mm_snapshot_free(snap[1 - seed % 2]);
	}
	fput(file);
}

/* A restore looks at what was touched, whatever is mapped. */
static void test_few_dirty(void **state)
{
	struct fixture *f = *state;
	u64 addr = map_anon(f->mm, 4096, PROT_READ | PROT_WRITE), pages;
	struct mm_snapshot *snap;

	for (int i = 0; i < 4096; i++)
		poke(f->mm, addr + (u64)i * PAGE_SIZE, (u8)i);
	assert_int_equal(mm_snapshot_take(f->mm, &snap), 0);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 50; i++)
			poke(f->mm, addr + (u64)i * 64 * PAGE_SIZE, 0xee);
		assert_int_equal(mm_snapshot_restore(snap, &pages), 0);
		assert_int_equal(pages, 50);
		for (int i = 0; i < 4096; i += 64)
			assert_int_equal(peek(f->mm, addr + (u64)i * PAGE_SIZE), (u8)i);
	}
	assert_int_equal(mm_snapshot_restore(snap, &pages), 0);
	assert_int_equal(pages, 0);
	mm_snapshot_free(snap);
}

/* It may outlive its mm. */
static void test_mm_gone(void **state)
{
	struct fixture *f = *state;
	struct mm_struct *mm = fixture_mm(f);
	struct mm_snapshot *snap;

	poke(mm, map_anon(mm, 4, PROT_READ | PROT_WRITE), 1);
	assert_int_equal(mm_snapshot_take(mm, &snap), 0);
	mmput(mm);
	assert_int_equal(mm_snapshot_restore(snap, NULL), -ESTALE);
	mm_snapshot_free(snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_random, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_few_dirty, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_mm_gone, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
