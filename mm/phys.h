/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * phys: the guest's physical memory.
 *
 * One host reservation (PROT_READ|WRITE, NORESERVE) is handed to the CPU engine as a single
 * region starting at physical address 0. It has two parts:
 *
 *   frames  [PAGE_SIZE .. frames_end)      anonymous memory and page tables, one struct page each,
 *                                          reference counted (frames.h)
 *   windows [windows_start .. size)        extents of files: the host file mapped
 *                                          MAP_FIXED|MAP_SHARED at that physical range, so guest
 *                                          MAP_SHARED is coherent with the host's page cache
 *
 * Physical page 0 is never handed out (pfn 0 means "none"). One file page has at most one physical
 * address, whoever maps it, so code written through one mapping is seen through the other.
 *
 * Locking: phys->lock protects the allocator and the window lists; refcounts are atomics.
 */
#ifndef ULK_MM_PHYS_H
#define ULK_MM_PHYS_H

#include <pthread.h>
#include <time.h>
#include "mm/own_fd.h"
#include "mm/types.h"

enum page_flags {
	PG_CODE = 1 << 0,      /* the engine has translated code from this page (set by a FETCH fill) */
	PG_CODE_OLD = 1 << 9,  /* window with PG_CODE: unmapped since, so compare code_sum before it is executed again */
	PG_CODE_STORED = 1 << 14, /* ... its content changed since code_sum, so that says nothing of what was translated */
	PG_TABLE = 1 << 1,     /* a page-table page */
	PG_ZERO = 1 << 2,      /* the shared zero page */
	PG_WINDOW = 1 << 3,    /* belongs to a file window: not reference counted here */
	PG_RECYCLED = 1 << 4,  /* a frame that was used before: must be cleared when allocated */
	PG_HOLLOW = 1 << 13,   /* a free frame without a page of the host's, which has to have one when it is used */
	PG_LOST = 1 << 6,      /* a window page put under an access past the file's end (see window.h) */
	PG_LOST_TOLD = 1 << 7, /* ... and a system call already failed with EFAULT because of it */
	PG_FORKED = 1 << 8,    /* PG_ANON, and not stored to since a fork: stores must fault first */
	PG_DIRTY = 1 << 10,    /* window: stored to by a mapping that is no more, or by the fault that brought it in */
	PG_LAZYFREE = 1 << 11, /* PG_ANON, and MADV_FREE was said of it: LazyFree in smaps while its PTE is not dirty */
	PG_SNAP = 1 << 12,     /* PG_ANON, and some snapshot wants its content noted before a store (mm/snapshot.h) */
	PG_ANON = 1 << 5,      /* a frame that holds a private page of one mm (MM_ANONPAGES) */
};

/* One per physical page, frames and windows alike; the array itself is lazily backed. */
struct page {
	union {
		struct {       /* frames */
			u32 refcount;  /* PTEs + pins + owners; 0 = free */
			u32 next_free; /* free-list link, a pfn */
		};
		u64 code_sum;  /* windows: of the content, when PG_CODE was set */
	};
	s32 mapcount;          /* PTEs that map this page */
	u32 flags;             /* PG_* */
};

/* Who says whether there is a soft-dirty bit (CONFIG_MEM_SOFT_DIRTY). */
enum soft_dirty { SOFT_DIRTY_HOST, SOFT_DIRTY_ON, SOFT_DIRTY_OFF };

struct address_space;

struct phys {
	u8 *base;              /* host address of physical address 0 */
	u64 size;              /* bytes of the whole region (frames + windows) */
	u64 frames_end;        /* frames are below this */
	u64 windows_start;     /* windows are from here to size */
	u64 nr_frames_max;     /* --memory: frames that may be in use at once */
	u64 nr_frames_used;
	struct page *pages;    /* size >> PAGE_SHIFT entries */
	pfn_t zero_pfn;        /* the zero page: read-only, shared by all */
	struct own_fds own;    /* the descriptors of files that are mapped, and others of ulk's */
	pthread_mutex_t lock;
	/* allocator and window internals */
	struct frame_pool *frames;     /* frames.h */
	struct window_pool *windows;
	struct locked_inode *locked;   /* inodes with POSIX locks of the guest's: see file_lock_taken() */
	struct address_space *mappings;  /* all inodes with windows */
	struct truncations *truncations; /* shared with forked processes; NULL before the first fork */
	u64 truncations_seen;
	void *special_mappings;  /* one malloc'ed block of the vDSO's pages (loader/vdso.c), freed by phys_destroy() */
	enum soft_dirty soft_dirty;      /* see soft_dirty_on() in mm/pagemap.h */
	u64 mm_ids;                      /* ids given to mms */
	time_t born;                     /* seconds, CLOCK_REALTIME, when phys_create() was called */
	struct mm_struct *mmlist;        /* all mms in this memory, through mmlist_next (mm_alloc links) */
};

#define PHYS_MEMORY_DEFAULT 0   /* "no bound but the host's own" */

/*
 * Reserve guest physical memory. @memory: bytes of frames the guest may use at once, or 0 for the
 * host's RAM size. @fd_floor: lowest descriptor number ulk may use for its own files.
 * Returns 0 or -errno (ENOMEM); *out is owned by the caller until phys_destroy().
 */
int phys_create(struct phys **out, u64 memory, int fd_floor);
void phys_destroy(struct phys *phys);

static inline void *phys_to_host(const struct phys *phys, u64 paddr)
{
	return phys->base + paddr;
}
static inline struct page *pfn_to_page(const struct phys *phys, pfn_t pfn)
{
	return &phys->pages[pfn];
}
static inline pfn_t page_to_pfn(const struct phys *phys, const struct page *page)
{
	return (pfn_t)(page - phys->pages);
}
static inline void *pfn_to_host(const struct phys *phys, pfn_t pfn)
{
	return phys->base + (pfn << PAGE_SHIFT);
}
static inline bool pfn_is_window(const struct phys *phys, pfn_t pfn)
{
	return (pfn << PAGE_SHIFT) >= phys->windows_start;
}

/*
 * A frame filled with zeros, refcount 1, or 0 when --memory is exhausted (the guest then sees what
 * Linux gives). Fresh frames are zero already; only a recycled one is cleared.
 * Frames come in ascending order while fresh, so that neighbours are usually contiguous.
 */
pfn_t frame_alloc(struct phys *phys);
/* The same for a page table. */
pfn_t frame_alloc_table(struct phys *phys);
/* As frame_alloc, but the content is undefined: for a page that is overwritten whole (COW). */
pfn_t frame_alloc_dirty(struct phys *phys);

/* Take or drop one reference; the last put frees a frame. Both ignore window pages and the zero page. */
void get_page(struct phys *phys, pfn_t pfn);
void put_page(struct phys *phys, pfn_t pfn);
/* put_page for many, in ascending order best. */
void put_pages(struct phys *phys, const pfn_t *pfns, size_t nr);
/* Frames that can still be allocated. */
u64 phys_nr_available(const struct phys *phys);

/*
 * The host's SIGBUS handler calls this with si_addr. Another process has truncated a file that is
 * mapped here: put an anonymous page under the access, so that ulk lives on, and record it.
 * False when @host_addr is not in a window (a fault of ulk's own). Async-signal-safe.
 */
bool phys_handle_sigbus(struct phys *phys, void *host_addr);
/* Offset within its page of the access that was recorded last. */
u32 phys_sigbus_byte(const struct phys *phys);
/* True when a page was recorded that mm_sigbus_fixup() has not dealt with yet. Cheap. */
bool phys_sigbus_pending(const struct phys *phys);

#endif
