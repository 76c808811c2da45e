/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mempolicy: on which NUMA nodes an area wants its memory (mbind). A thread's own policy is the host's for the host
 * thread that runs it; an area's is kept here, since it separates areas and is told to who asks. What is a valid policy, and
 * what becomes of it, the host says (syscalls/numa.c).
 *
 * Frames are not placed by it: the host places them by the thread's policy. Of shmem, whose policy belongs to the inode, the
 * host is told.
 */
#ifndef ULK_MM_MEMPOLICY_H
#define ULK_MM_MEMPOLICY_H

#include "mm/mm_types.h"
#include "mm/walk.h"

struct mempolicy {
	u32 refcount;
	int mode;                        /* MPOL_* with its flags; never MPOL_DEFAULT, which is no policy */
	int home_node;                   /* -1: none */
	u64 nodes[NUMA_NODES / 64];
};

bool mpol_equal(const struct mempolicy *a, const struct mempolicy *b);
struct mempolicy *mpol_get(struct mempolicy *pol);
void mpol_put(struct mempolicy *pol);
/* mbind(2) on [start, end), not empty: 0, -EFAULT for holes (with no policy, only where there is nothing at
 * all), -ENOMEM. @pol: NULL for the default; the caller keeps its reference. */
int do_mbind(struct mm_struct *mm, u64 start, u64 end, struct mempolicy *pol);
/* set_mempolicy_home_node(2): 0, -ENOENT when no area has a policy, -EOPNOTSUPP, -ENOMEM. */
int do_set_home_node(struct mm_struct *mm, u64 start, u64 end, int node);
/*
 * The policy of the area at @addr (a reference; NULL: none). *host: for shmem, where the host has the page mapped
 * and so knows its policy; else NULL. 0 or -EFAULT.
 */
int get_vma_policy(struct mm_struct *mm, u64 addr, struct mempolicy **pol, void **host);

#endif
