// SPDX-License-Identifier: GPL-2.0-or-later
// The reservation that is the guest's physical memory.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include "mm/file.h"
#include "mm/frames.h"
#include "mm/mm.h"
#include "mm/window.h"

#define WINDOWS_MAX (512UL << 30)
#define WINDOWS_MIN (1UL << 30)

static u64 host_ram(void)
{
	struct sysinfo si;

	if (sysinfo(&si) < 0)
		return 1UL << 30;
	return (u64)si.totalram * si.mem_unit;
}

// Reserve @size bytes at a multiple of the window size; nothing is accessible yet.
static u8 *reserve(u64 size)
{
	u64 extra = WINDOW_SIZE;
	u8 *raw = mmap(NULL, size + extra, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	u8 *base;
	size_t head;

	if (raw == MAP_FAILED)
		return NULL;
	base = (u8 *)(((uintptr_t)raw + WINDOW_SIZE - 1) & ~(WINDOW_SIZE - 1));
	head = base - raw;
	if (head)
		munmap(raw, head);
	if (extra - head)
		munmap(base + size, extra - head);
	return base;
}

// Reserve the region and its page array; under a small RLIMIT_AS the windows make do with less.
static int reserve_all(struct phys *phys)
{
	u64 windows;

	for (windows = WINDOWS_MAX; windows >= WINDOWS_MIN; windows /= 4) {
		phys->windows_start = (phys->frames_end + WINDOW_SIZE - 1) & ~(WINDOW_SIZE - 1);
		phys->size = phys->windows_start + windows;
		phys->base = reserve(phys->size);
		if (!phys->base)
			continue;
		phys->pages =
			mmap(NULL, (phys->size >> PAGE_SHIFT) * sizeof(struct page), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (phys->pages != MAP_FAILED)
			return 0;
		phys->pages = NULL;
		munmap(phys->base, phys->size);
		phys->base = NULL;
	}
	return -ENOMEM;
}

static int zero_page_init(struct phys *phys)
{
	phys->zero_pfn = frame_alloc(phys);
	if (!phys->zero_pfn)
		return -ENOMEM;
	pfn_to_page(phys, phys->zero_pfn)->flags |= PG_ZERO;
	phys->nr_frames_used = 0;
	return 0;
}

int phys_create(struct phys **out, u64 memory, int fd_floor)
{
	struct phys *phys = calloc(1, sizeof(*phys));
	int err = -ENOMEM;

	if (!phys)
		return -ENOMEM;
	phys->born = time(NULL);
	if (!memory)
		memory = host_ram();
	phys->nr_frames_max = memory >> PAGE_SHIFT;
	if (!phys->nr_frames_max)
		phys->nr_frames_max = 1;
	if (phys->nr_frames_max > (1UL << 32) - 2 - (WINDOWS_MAX >> PAGE_SHIFT))
		phys->nr_frames_max = (1UL << 32) - 2 - (WINDOWS_MAX >> PAGE_SHIFT);
	// Page 0 is never given out, and the zero page is the kernel's own.
	phys->frames_end = (phys->nr_frames_max + 2) << PAGE_SHIFT;
	own_fds_init(&phys->own, fd_floor);
	pthread_mutex_init(&phys->lock, NULL);
	err = reserve_all(phys);
	if (!err)
		err = frames_init(phys);
	if (!err)
		err = zero_page_init(phys);
	if (!err)
		err = windows_init(phys);
	if (err) {
		phys_destroy(phys);
		return err;
	}
	*out = phys;
	return 0;
}

void phys_destroy(struct phys *phys)
{
	if (!phys)
		return;
	file_locks_exit(phys);
	truncations_exit(phys);
	windows_exit(phys);
	frames_exit(phys);
	free(phys->special_mappings);
	own_fds_exit(&phys->own);
	if (phys->pages)
		munmap(phys->pages, (phys->size >> PAGE_SHIFT) * sizeof(struct page));
	if (phys->base)
		munmap(phys->base, phys->size);
	pthread_mutex_destroy(&phys->lock);
	free(phys);
}
