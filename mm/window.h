/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * window: the part of physical memory that is host files.
 *
 * The windows part is cut into slots of 2 MiB. A slot holds one 2 MiB-aligned chunk of one inode, so
 * a file page has one physical address whoever maps it, and neighbouring chunks of a file, touched in
 * order, get neighbouring slots and one VMA of the host's. A window starts as a private read-only
 * mapping of the host's page cache (no page is ever copied, since nobody writes through it) and
 * becomes MAP_SHARED and writable in place at the first store through a shared mapping.
 *
 * Locking: phys->lock.
 */
#ifndef ULK_MM_WINDOW_H
#define ULK_MM_WINDOW_H

#include <bsd/sys/tree.h>
#include <sys/types.h>
#include "mm/phys.h"

struct file;
struct vm_area_struct;

#define WINDOW_SHIFT 21
#define WINDOW_SIZE (1UL << WINDOW_SHIFT)
#define WINDOW_PAGES (WINDOW_SIZE >> PAGE_SHIFT)

struct window {
	RB_ENTRY(window) rb;             /* in mapping->windows, by chunk */
	struct address_space *mapping;
	u64 chunk;                       /* file offset >> WINDOW_SHIFT */
	pfn_t pfn;                       /* first page */
	u32 mapcount;                    /* PTEs into this window (atomic) */
	u32 pins;                        /* user_pin references (atomic) */
	u32 holds;                       /* by file_get_pfn(): whoever is about to show a page of it (atomic) */
	bool writable;                   /* MAP_SHARED, PROT_WRITE on the host */
	bool retired;                    /* only its pins keep it */
	bool by_page;                    /* a device that refuses 2 MiB: pages are mapped one by one */
	u64 *mapped;                     /* by_page: bit per page that is mapped */
};

RB_HEAD(window_tree, window);

/* The inode behind struct files. Lives as long as one of them, or a pin, does. */
struct address_space {
	struct address_space *next, **pprev;   /* phys->mappings */
	struct phys *phys;
	u32 refcount;                    /* files + pinned windows */
	dev_t dev;
	ino_t ino;
	bool is_shmem;
	bool keyed;                      /* found by (dev, ino); a device's file has its own */
	struct shm_segment *shm;         /* of a System V segment (shm.h), or NULL */
	struct file *files;              /* open now */
	/* A memfd that can be sealed (sealable.c): areas that could be stored through, and what stands for them. */
	bool sealable;
	u32 writable_areas;
	u8 *stand_in;
	size_t stand_in_size;
	struct window_tree windows;
	struct window *last;             /* window found last */
};

/* All slots of a phys. */
struct window_pool {
	struct window **slots;           /* nr_slots; NULL: free */
	u32 *free;                       /* stack of freed slots */
	u64 nr_slots, nr_free;
	u64 next_fresh;                  /* slots from here on were never used */
	u64 hand;                        /* where eviction looks next */
	struct window *recent;           /* found last: a fault that spans two windows has not mapped its pages yet */
	bool lost;                       /* some window has a PG_LOST page (atomic) */
	u32 lost_byte;         /* where in its page the access was */
};

int windows_init(struct phys *phys);
void windows_exit(struct phys *phys);

/* The address_space of inode (@dev, @ino) with one more reference, made when there is none.
 * @keyed false: always a new one. NULL when out of memory. */
struct address_space *mapping_get(struct phys *phys, dev_t dev, ino_t ino, bool keyed);
/* Drop a reference; with the last one the windows go. */
void mapping_put(struct address_space *mapping);
/* The address_space of (@dev, @ino) if some file of it is held, without a reference; else NULL. */
struct address_space *mapping_find(struct phys *phys, dev_t dev, ino_t ino);

/* The physical page that shows page @pgoff of @mapping, or 0 when no window does. */
pfn_t window_lookup(struct address_space *mapping, pgoff_t pgoff);
/*
 * Windows ran out (-ENOMEM from file_get_pfn): choose one that is used least lately and keep it by a pin. The
 * caller takes its PTEs away and calls window_reclaimed(). NULL when there is none to be had.
 */
struct window *window_victim(struct phys *phys);
/* Drop the victim's pin and, if no PTE came back or is about to, the window: true. */
bool window_reclaimed(struct phys *phys, struct window *win);

/* See file_get_pfn() and file_put_pfn(). */
s64 window_get_pfn(struct file *file, pgoff_t pgoff, bool write);
void window_put_pfn(struct phys *phys, pfn_t pfn);
/* The window that covers @pfn, or NULL when the slot is free. */
struct window *pfn_to_window(const struct phys *phys, pfn_t pfn);
/* File page shown at @pfn of @win. */
static inline pgoff_t window_pgoff(const struct window *win, pfn_t pfn)
{
	return (win->chunk << (WINDOW_SHIFT - PAGE_SHIFT)) + (pfn - win->pfn);
}
/* sealable.c: does the file of a new @file take seals? */
void sealable_init(struct file *file);
/* An area with a file came, changed its bounds, goes. */
void sealable_area_open(struct vm_area_struct *vma);
void sealable_area_changed(struct vm_area_struct *vma);
void sealable_area_close(struct vm_area_struct *vma);
/* Map the file writable at @at although it may be sealed by now; as mmap(2). */
void *sealable_map(const struct address_space *mapping, void *at, u64 off, size_t size);
/* Make windows that nobody writes through any more read-only on the host. */
void windows_protect(struct phys *phys, struct address_space *mapping);
/*
 * Slots for a System V segment: @nr neighbours, of which the first begins at the page returned, or -ENOMEM.
 * windows_release() gives them back, as the last mapping_put() does once windows_cover() made windows
 * of what the caller has mapped there. windows_writable() notes that they became so. phys->lock held.
 */
s64 windows_reserve(struct phys *phys, u64 nr);
void windows_release(struct address_space *mapping, pfn_t pfn, u64 nr);
int windows_cover(struct address_space *mapping, pfn_t pfn, u64 nr_pages, bool writable);
void windows_writable(struct address_space *mapping);
/* Keep the window of @pfn (and its inode) in place while the host reads or writes it. */
void window_pin(struct phys *phys, pfn_t pfn);
void window_unpin(struct phys *phys, pfn_t pfn);
/* Which of the @nr file pages shown from @pfn on are in the host's page cache: a byte each into @vec, bit 0.
 * 0 or -errno. All of them must lie in one window. */
int window_mincore(struct phys *phys, pfn_t pfn, size_t nr, u8 *vec);
/* Bring the page at @pfn into the host's page cache: 0, or -errno when the host cannot read it. */
int window_read(struct phys *phys, pfn_t pfn);

/* Pages that vanished under an access: see phys_handle_sigbus() in phys.h. */
/* A window with such a page, and the page in *lost; NULL when there is none. */
struct window *window_next_lost(struct phys *phys, pfn_t *lost);
/*
 * Take a window out of use: nobody finds it any more, the next fault maps the chunk anew, at another place. The caller then
 * takes its PTEs away, and calls window_retired() until that says true: the window is gone, or its pins keep the slot.
 * False: who had found it before has yet to show it, or just did.
 */
void window_retire(struct phys *phys, struct window *win);
bool window_retired(struct phys *phys, struct window *win);

#endif
