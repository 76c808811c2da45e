/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frames: the allocator of the frames part of guest physical memory. Not for other folders; phys.h has what is.
 *
 * Frames are handled in chunks of 2 MiB, so that the host can back a chunk with one huge page and take it back
 * whole: a small program's first chunks are backed a few pages at a time, later ones at once. A freed frame goes on its
 * chunk's list, to be cleared when it is handed out again. Of a chunk whose frames are all free the host is told that it may
 * take the pages when it is short of memory, once enough others wait, and if there is much of that already it gets them at once:
 * a page that is still there is cheaper to clear than to have. Page tables, which stay longer than pages, have chunks of their own, as long as there are any.
 *
 * Locking: phys->lock.
 */
#ifndef ULK_MM_FRAMES_H
#define ULK_MM_FRAMES_H

#include "mm/phys.h"

#define CHUNK_SHIFT 9
#define CHUNK_FRAMES (1U << CHUNK_SHIFT)

/* Free frames kept for the next fault: clearing one is cheaper than a fault of the host's. */
#define FREE_MAX 16384
/* ... and as many more that the host may take when it is short of memory. */
#define LAZY_MAX 65536

enum frame_kind { FRAME_PAGE, FRAME_TABLE, NR_FRAME_KINDS };

struct frame_chunk {
	u32 next, prev;        /* of the list it is on, by number + 1; 0: none */
	u16 fresh;             /* frames from here on were never used, or not since the chunk was given back */
	u16 backed;            /* frames below this have pages of the host's */
	u16 nr_free;           /* frames on its list */
	u16 nr_lazy;           /* ... the last of them, which the host may take as it likes (MADV_FREE) */
	u16 kind;              /* what it is for */
	pfn_t free_head;       /* linked by page->next_free */
};

struct frame_pool {
	struct frame_chunk *chunk;
	u32 nr_chunks;
	u32 current[NR_FRAME_KINDS]; /* fresh frames come from this one, by number + 1; 0: none */
	u32 next_chunk;        /* chunks from here on were never used */
	u32 avail[NR_FRAME_KINDS];   /* lists: chunks with free frames, by number + 1 */
	u32 given_back;        /* list: chunks without any page */
	u64 nr_free;           /* frames on all lists */
	u64 nr_lazy;           /* ... which the host may take as it likes */
	bool dropping;         /* what is freed is all the parent's, see frames_dropping() */
};

/* At fork, phys->lock held: what the host has backed beforehand it now shares with the child, but a new page is nobody
 * else's (smaps), so it is to be backed anew. */
void frames_forked(struct phys *phys);
/* In fork's child: is what is freed from now on what fork does not copy? The host has the pages in both, so it gets them back. */
void frames_dropping(struct phys *phys, bool dropping);
int frames_init(struct phys *phys);
void frames_exit(struct phys *phys);

#endif
