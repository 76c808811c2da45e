/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shm: System V shared memory under the guest's.
 *
 * The segment is the host's, so that native processes share it, and the host counts who is attached. What it
 * counts must be what it would count natively: one attachment per area of the guest's (a split makes two,
 * as in Linux). The first one of a process is the host mapping that shows the segment in physical memory, all of it in
 * a run of neighbouring window slots; for every further area there is a mapping of one page (a token) that nobody
 * looks at. The host's fork gives the child its own, as Linux's gives it the areas.
 *
 * Locking: phys->lock, inside mmap_sem.
 */
#ifndef ULK_MM_SHM_H
#define ULK_MM_SHM_H

#include "mm/internal.h"
#include "mm/window.h"

struct shm_segment {
	int id;
	u64 size;              /* bytes, as shmget was told */
	u64 nr_vmas;           /* areas that show it */
	u64 nr_coming;         /* attached on the host for an area that is being made */
	u8 *base;              /* the host mapping in the windows */
	u64 nr_pages;          /* of it */
	bool writable;         /* on the host */
	void **token;          /* nr_tokens more of the host's attachments ... */
	u64 *token_bytes;      /* ... and their sizes */
	u64 nr_tokens, max_tokens;
};

/*
 * Attach segment @id on the host as @shmflg says (SHM_RDONLY, SHM_EXEC; the host checks), for one area to come. *out is
 * a file of its own per call, as Linux makes one. 0, or -errno: the host's, or -ENOMEM. Afterwards the
 * caller maps the file, and whether that worked or not calls shm_attached().
 */
int shm_attach(struct phys *phys, int id, int shmflg, struct file **out);
void shm_attached(struct file *file);
/* What the host answers to an attempt to attach where something else is: -EINVAL, or why it could not be
 * attached anywhere. */
int shm_refusal(struct phys *phys, int id, int shmflg);

/*
 * shmat(2): the address, or -errno. shmdt(2): 0 or -EINVAL.
 */
s64 do_shmat(struct mm_struct *mm, int id, u64 addr, int shmflg);
int do_shmdt(struct mm_struct *mm, u64 addr);

/* One area more, or less, shows the segment: Linux's vm_ops->open and ->close. */
void shm_vma_open(struct address_space *mapping);
void shm_vma_close(struct address_space *mapping);
/* MADV_REMOVE: the pages of the segment become holes. 0 or -errno. */
int shm_punch_hole(struct address_space *mapping, u64 off, u64 len);
/* The last file of the segment is gone (mapping_put, phys->lock held): detach what is left but the windows. */
void shm_release(struct shm_segment *shm);

static inline bool file_is_shm(const struct file *file)
{
	return file->f_mapping->shm;
}
static inline void file_vma_open(struct file *file)
{
	if (unlikely(file->f_mapping->shm))
		shm_vma_open(file->f_mapping);
}
static inline void file_vma_close(struct file *file)
{
	if (unlikely(file->f_mapping->shm))
		shm_vma_close(file->f_mapping);
}

#endif
