// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include "page_fixture.h"

static void count_range(struct mmu_notifier *mn, struct mm_struct *mm, u64 start, u64 end)
{
	container_of(mn, struct fixture, notifier)->nr_range++;
}

static void count_code(struct mmu_notifier *mn, struct mm_struct *mm, pfn_t pfn)
{
	container_of(mn, struct fixture, notifier)->nr_code++;
}

struct mm_struct *fixture_mm(struct fixture *f)
{
	struct mm_struct *mm = mm_alloc(f->phys, &f->env);

	if (mm)
		arch_pick_mmap_layout(mm);
	return mm;
}

int fixture_init(struct fixture *f, u64 memory)
{
	int i;

	memset(f, 0, sizeof(*f));
	for (i = 0; i < RLIM_NLIMITS; i++)
		f->rlim[i] = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
	f->rlim[RLIMIT_STACK].rlim_cur = 8 << 20;
	f->rlim[RLIMIT_MEMLOCK].rlim_cur = 8 << 20;
	f->env = (struct mm_env){.rlim = f->rlim,
				 .max_map_count = 65530,
				 .mmap_min_addr = 65536,
				 .commit_limit_pages = 1 << 20,
				 .total_ram_pages = 1 << 20};
	if (phys_create(&f->phys, memory, 512) < 0)
		return -1;
	f->mm = fixture_mm(f);
	if (!f->mm)
		return -1;
	f->notifier.invalidate_range = count_range;
	f->notifier.invalidate_code = count_code;
	mmu_notifier_register(f->mm, &f->notifier);
	return 0;
}

void fixture_exit(struct fixture *f)
{
	mmu_notifier_unregister(f->mm, &f->notifier);
	mmput(f->mm);
	phys_destroy(f->phys);
}

int fixture_setup(void **state)
{
	struct fixture *f = malloc(sizeof(*f));

	*state = f;
	return f ? fixture_init(f, 64 << 20) : -1;
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;
	int bad = mm_check(f->mm, stderr);

	exit_mmap(f->mm);
	// Everything was given back: only the top-level table is still in use.
	if (f->phys->nr_frames_used != 1 || f->phys->mappings) {
		fprintf(stderr, "%lu frames leaked\n", f->phys->nr_frames_used - 1);
		bad++;
	}
	fixture_exit(f);
	free(f);
	return bad ? -1 : 0;
}

u64 map_anon(struct mm_struct *mm, u64 pages, int prot)
{
	s64 addr = do_mmap(mm, NULL, 0, pages << PAGE_SHIFT, prot, MAP_PRIVATE | MAP_ANONYMOUS, 0);

	assert_true(addr > 0);
	return addr;
}

int make_file(const char *dir, unsigned pages)
{
	char name[128], page[PAGE_SIZE];
	unsigned i;
	int fd;

	snprintf(name, sizeof(name), "%s/ulk-page-XXXXXX", dir);
	fd = mkstemp(name);
	assert_true(fd >= 0);
	unlink(name);
	for (i = 0; i < pages; i++) {
		memset(page, 'a' + i % 26, sizeof(page));
		assert_int_equal(pwrite(fd, page, sizeof(page), (off_t)i << PAGE_SHIFT), sizeof(page));
	}
	return fd;
}

u64 map_file(struct mm_struct *mm, int fd, u64 len, int prot, int flags, u64 off)
{
	struct file *file;
	s64 addr;

	assert_int_equal(file_from_fd(mm->phys, fd, &file), 0);
	addr = do_mmap(mm, file, 0, len, prot, flags, off);
	fput(file);
	assert_true(addr > 0);
	return addr;
}

struct mm_fault touch(struct mm_struct *mm, u64 addr, enum mm_access access)
{
	struct mm_fault f;

	mm_translate(mm, addr, access, &f);
	return f;
}

u8 peek(struct mm_struct *mm, u64 addr)
{
	struct mm_fault f = touch(mm, addr, MM_READ);

	assert_int_equal(f.signo, 0);
	return *((u8 *)phys_to_host(mm->phys, f.paddr) + (addr & ~PAGE_MASK));
}

void poke(struct mm_struct *mm, u64 addr, u8 value)
{
	struct mm_fault f = touch(mm, addr, MM_WRITE);

	assert_int_equal(f.signo, 0);
	assert_true(f.perms & 2);
	*((u8 *)phys_to_host(mm->phys, f.paddr) + (addr & ~PAGE_MASK)) = value;
}
