// SPDX-License-Identifier: GPL-2.0-or-later
/* PROCMAP_QUERY on /proc/self/maps: one area by its address, without text. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>
#include "procfs/internal.h"

/* From linux/fs.h of Linux 6.11. */
#define PROCMAP_QUERY_CMD 0xc0686611U /* _IOWR('f', 17, struct procmap_query) */

enum {
	QUERY_READABLE = 1,
	QUERY_WRITABLE = 2,
	QUERY_EXECUTABLE = 4,
	QUERY_SHARED = 8,
	QUERY_COVERING_OR_NEXT = 16,
	QUERY_FILE_BACKED = 32,
};

struct procmap_query {
	u64 size, query_flags, query_addr;
	u64 vma_start, vma_end, vma_flags, vma_page_size, vma_offset, inode;
	u32 dev_major, dev_minor, vma_name_size, build_id_size;
	u64 vma_name_addr, build_id_addr;
};

static u64 query_flags_of(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & VM_READ ? QUERY_READABLE : 0) |
	       (vma->vm_flags & VM_WRITE ? QUERY_WRITABLE : 0) |
	       (vma->vm_flags & VM_EXEC ? QUERY_EXECUTABLE : 0) |
	       (vma->vm_flags & VM_MAYSHARE ? QUERY_SHARED : 0);
}

static struct vm_area_struct *query_vma(struct mm_struct *mm, u64 addr, u64 flags)
{
	u64 perms = flags & (QUERY_READABLE | QUERY_WRITABLE | QUERY_EXECUTABLE | QUERY_SHARED);
	struct vm_area_struct *vma = find_vma(mm, addr);

	for (; vma; vma = vma->vm_next) {
		if (!(flags & QUERY_FILE_BACKED && !vma->vm_file) && (query_flags_of(vma) & perms) == perms &&
		    (flags & QUERY_COVERING_OR_NEXT || vma->vm_start <= addr))
			return vma;
		if (!(flags & QUERY_COVERING_OR_NEXT))
			break;
	}
	return NULL;
}

/* Fill in what is known of the area; its name into @name (PATH_MAX bytes). 0 or -errno. */
static int query_answer(struct mm_struct *mm, struct procmap_query *q, char *name)
{
	const struct vm_area_struct *vma = query_vma(mm, q->query_addr, q->query_flags);
	char buf[PATH_MAX + 16];
	size_t len;

	if (!vma)
		return -ENOENT;
	q->vma_start = vma->vm_start;
	q->vma_end = vma->vm_end;
	q->vma_flags = query_flags_of(vma);
	q->vma_page_size = PAGE_SIZE;
	q->vma_offset = vma->vm_file ? vma->vm_pgoff << PAGE_SHIFT : 0;
	q->inode = vma->vm_file ? vma->vm_file->ino : 0;
	q->dev_major = vma->vm_file ? major(vma->vm_file->dev) : 0;
	q->dev_minor = vma->vm_file ? minor(vma->vm_file->dev) : 0;
	q->build_id_size = 0; /* no reader of ELF notes at this level: as for a file without one */
	if (!q->vma_name_size)
		return 0;
	len = strlen(vma_name(vma, buf, sizeof(buf)));
	if (len && len + 1 > min_t(size_t, PATH_MAX, q->vma_name_size))
		return -ENAMETOOLONG;
	memcpy(name, buf, len + 1);
	q->vma_name_size = len ? (u32)len + 1 : 0;
	return 0;
}

/* The kernel's copy_struct_from_user(): what the caller's struct has beyond ours must be zero. */
static int query_import(struct task_struct *t, struct procmap_query *q, u64 uarg, u64 size)
{
	u8 more[PAGE_SIZE];
	size_t known = min_t(size_t, size, sizeof(*q)), rest = size - known;

	memset(q, 0, sizeof(*q));
	if (rest && copy_from_user(t->mm, more, uarg + known, rest))
		return -EFAULT;
	for (size_t i = 0; i < rest; i++)
		if (more[i])
			return -E2BIG;
	return copy_from_user(t->mm, q, uarg, known) ? -EFAULT : 0;
}

s64 proc_maps_ioctl(struct task_struct *t, struct task_struct *target, u32 cmd, u64 uarg)
{
	struct procmap_query q;
	char name[PATH_MAX];
	u64 size;
	int err;

	if (cmd != PROCMAP_QUERY_CMD)
		return -ENOTTY;
	if (get_user(t->mm, size, uarg))
		return -EFAULT;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < offsetof(struct procmap_query, vma_start))
		return -EINVAL;
	err = query_import(t, &q, uarg, size);
	if (err)
		return err;
	if (q.query_flags >= 64 || !q.vma_name_size != !q.vma_name_addr ||
	    !q.build_id_size != !q.build_id_addr)
		return -EINVAL;
	pthread_rwlock_rdlock(&target->mm->mmap_sem);
	err = query_answer(target->mm, &q, name);
	pthread_rwlock_unlock(&target->mm->mmap_sem);
	if (err)
		return err;
	if (q.vma_name_size && copy_to_user(t->mm, q.vma_name_addr, name, q.vma_name_size))
		return -EFAULT;
	return copy_to_user(t->mm, uarg, &q, min_t(size_t, size, sizeof(q))) ? -EFAULT : 0;
}
