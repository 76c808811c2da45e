// SPDX-License-Identifier: GPL-2.0-or-later
// Files that shrink: by the guest's own call, or by that of another process of its family.
#include <sys/mman.h>
#include <unistd.h>
#include "mm/pages.h"

/*
 * A guest and those that it forked are processes of the host with a memory of their own each. When one of them
 * truncates a file the host takes the pages away from all windows, but not the private copies that the others
 * have, which Linux does; and a window's PTE left there would make the SIGBUS late. So each truncation is noted in
 * memory that the family shares, and each process looks there before it runs guest code again.
 */
#define NR_NOTES 256

struct truncation {
	u64 seq;		// 1 for the first; written last
	dev_t dev;
	ino_t ino;
	pgoff_t first, last;	// file pages that are gone
	bool even_cows;		// the private copies, too: not when a hole was punched
};

struct truncations {
	u64 next;		// how many were begun
	struct truncation notes[NR_NOTES];
};

void truncations_share(struct phys *phys)
{
	void *p;

	if (phys->truncations)
		return;
	p = mmap(NULL, sizeof(*phys->truncations), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	// Without it the processes learn of each other's truncations by the host's SIGBUS.
	if (p != MAP_FAILED)
		phys->truncations = p;
}

void truncations_exit(struct phys *phys)
{
	if (phys->truncations)
		munmap(phys->truncations, sizeof(*phys->truncations));
	phys->truncations = NULL;
}

static void note_truncation(struct phys *phys, const struct stat *st, pgoff_t first, pgoff_t last, bool even_cows)
{
	struct truncations *all = phys->truncations;
	struct truncation *note;
	u64 seq;

	if (!all)
		return;
	seq = __atomic_add_fetch(&all->next, 1, __ATOMIC_ACQ_REL);
	note = &all->notes[seq % NR_NOTES];
	__atomic_store_n(&note->seq, 0, __ATOMIC_RELEASE);
	note->dev = st->st_dev;
	note->ino = st->st_ino;
	note->first = first;
	note->last = last;
	note->even_cows = even_cows;
	__atomic_store_n(&note->seq, seq, __ATOMIC_RELEASE);
}

bool truncations_pending(const struct phys *phys)
{
	return phys->truncations &&
	       __atomic_load_n(&phys->truncations->next, __ATOMIC_ACQUIRE) != phys->truncations_seen;
}

// Too many at once: what lies past each file's present end is gone in any case.
static void truncate_all(struct phys *phys)
{
	struct address_space *mapping;

	for (mapping = phys->mappings; mapping; mapping = mapping->next) {
		if (mapping->keyed && mapping->files)
			unmap_mapping_pages(mapping, PAGE_ALIGN(file_size(mapping->files)) >> PAGE_SHIFT, ~0UL,
					    true);
	}
}

void truncations_apply(struct phys *phys)
{
	struct truncations *all = phys->truncations;
	u64 end = __atomic_load_n(&all->next, __ATOMIC_ACQUIRE), seq = phys->truncations_seen + 1;
	struct address_space *mapping;
	struct truncation note;

	// Only the thread that has the CPU comes here.
	if (end - seq >= NR_NOTES) {
		phys->truncations_seen = end;
		truncate_all(phys);
		return;
	}
	for (; seq <= end; seq++) {
		const struct truncation *from = &all->notes[seq % NR_NOTES];

		// One that is being written is for the next time.
		if (__atomic_load_n(&from->seq, __ATOMIC_ACQUIRE) != seq)
			return;
		note = *from;
		phys->truncations_seen = seq;
		mapping = mapping_find(phys, note.dev, note.ino);
		if (mapping)
			unmap_mapping_pages(mapping, note.first, note.last, note.even_cows);
	}
}

static void pages_gone(struct phys *phys, const struct stat *st, pgoff_t first, pgoff_t last, bool even_cows)
{
	struct address_space *mapping;

	if (!S_ISREG(st->st_mode))
		return;
	note_truncation(phys, st, first, last, even_cows);
	mapping = mapping_find(phys, st->st_dev, st->st_ino);
	if (mapping)
		unmap_mapping_pages(mapping, first, last, even_cows);
}

void inode_truncated(struct phys *phys, const struct stat *st, u64 new_size)
{
	// The page that holds the new end stays; private copies beyond it go too, as in Linux.
	pages_gone(phys, st, (new_size >> PAGE_SHIFT) + !!(new_size & ~PAGE_MASK), ~0UL, true);
}

void file_truncated(struct phys *phys, int fd)
{
	struct stat st;

	if ((phys->mappings || phys->truncations) && fstat(fd, &st) == 0)
		inode_truncated(phys, &st, (u64)st.st_size);
}

void file_punched(struct phys *phys, int fd, u64 off, u64 len)
{
	pgoff_t first = PAGE_ALIGN(off) >> PAGE_SHIFT, end = (off + len) >> PAGE_SHIFT;
	struct stat st;

	if (end > first && (phys->mappings || phys->truncations) && fstat(fd, &st) == 0)
		pages_gone(phys, &st, first, end - 1, false);
}
