// SPDX-License-Identifier: GPL-2.0-or-later
/* mmap: make a mapping. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include "mm/internal.h"
#include "mm/shm.h"

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif
#ifndef MAP_ABOVE4G
#define MAP_ABOVE4G 0x80
#endif
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 8
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
/* Flags that MAP_SHARED always ignored silently when unknown; MAP_SHARED_VALIDATE refuses others. */
#define LEGACY_MAP_MASK                                                                                      \
	(MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_DENYWRITE | MAP_EXECUTABLE |             \
	 MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK |              \
	 MAP_HUGETLB | MAP_32BIT | MAP_ABOVE4G | (21UL << 26) | (30UL << 26))

/* One mmap call on its way. */
struct mmap_state {
	struct mm_struct *mm;
	struct file *file;
	u64 addr, len;
	unsigned long prot, flags;
	vm_flags_t vm_flags;
	pgoff_t pgoff;
};

static vm_flags_t calc_vm_flags(unsigned long prot, unsigned long flags)
{
	vm_flags_t vm_flags = prot & VM_ACCESS_FLAGS;

	if (flags & MAP_GROWSDOWN)
		vm_flags |= VM_GROWSDOWN;
	if (flags & MAP_LOCKED)
		vm_flags |= VM_LOCKED;
	if (flags & MAP_SYNC)
		vm_flags |= VM_SYNC;
	if (flags & MAP_STACK)
		vm_flags |= VM_NOHUGEPAGE;
	return vm_flags | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
}

/* Would any offset of the mapping lie past what the filesystem can hold? */
static bool file_mmap_ok(const struct mmap_state *m)
{
	u64 max = S_ISREG(m->file->mode) || S_ISBLK(m->file->mode) ? (u64)INT64_MAX : UINT64_MAX;

	if (m->len > max)
		return false;
	return m->pgoff <= (max - m->len) >> PAGE_SHIFT;
}

/* Write-sealed memfds: no shared writable mapping, and none that could become one. */
static int check_seals(struct mmap_state *m)
{
	int seals;

	if ((!m->file->is_shmem && !m->file->huge_size) || !(m->vm_flags & VM_SHARED))
		return 0;
	seals = fcntl(m->file->fd, F_GET_SEALS);
	if (seals < 0 || !(seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)))
		return 0;
	if (m->vm_flags & VM_WRITE)
		return -EPERM;
	m->vm_flags &= ~VM_MAYWRITE;
	return 0;
}

/* Filesystems with FOP_MMAP_SYNC. */
static bool knows_sync(const struct file *file)
{
	struct statfs fs;

	return !file->is_shmem && !fstatfs(file->fd, &fs) &&
	       (fs.f_type == EXT4_SUPER_MAGIC || fs.f_type == XFS_SUPER_MAGIC);
}

/* Filesystems that know MAP_SYNC refuse it without persistent memory, others do not look: the host says. */
static int check_sync(const struct mmap_state *m)
{
	void *p;

	if (!(m->flags & MAP_SYNC))
		return 0;
	p = mmap(NULL, PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_SYNC, m->file->fd, 0);
	if (p == MAP_FAILED)
		return errno == EOPNOTSUPP ? -EOPNOTSUPP : 0;
	munmap(p, PAGE_SIZE);
	return 0;
}

/* secretmem_mmap_prepare(). */
static int check_secretmem(struct mmap_state *m)
{
	if (!m->file || !m->file->is_secretmem)
		return 0;
	if (!(m->vm_flags & (VM_SHARED | VM_MAYSHARE)))
		return -EINVAL;
	if (!mlock_future_ok(m->mm, m->vm_flags | VM_LOCKED, m->len))
		return -EAGAIN;
	m->vm_flags |= VM_LOCKED | VM_DONTDUMP;
	return 0;
}

/* No file is a stack; but first comes that not all files can be mapped, which the host knows. */
static int refuse_stack(const struct file *file)
{
	void *p = mmap(NULL, PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_GROWSDOWN, file->fd, 0);

	if (p != MAP_FAILED)
		munmap(p, PAGE_SIZE);
	return p == MAP_FAILED && errno == ENODEV ? -ENODEV : -EINVAL;
}

/* hugetlbfs_file_mmap(): huge pages are never to be had. */
static int mmap_huge(const struct mmap_state *m)
{
	return m->pgoff & ((m->file->huge_size >> PAGE_SHIFT) - 1) ? -EINVAL : -ENOMEM;
}

static int mmap_check_file(struct mmap_state *m)
{
	int acc = m->file->f_flags & O_ACCMODE;
	bool can_write = acc == O_WRONLY || acc == O_RDWR, can_read = acc == O_RDONLY || acc == O_RDWR;
	unsigned long type = m->flags & MAP_TYPE;
	int err;

	if (!file_mmap_ok(m))
		return -EOVERFLOW;
	if (type != MAP_SHARED && type != MAP_SHARED_VALIDATE && type != MAP_PRIVATE)
		return -EINVAL;
	if (type == MAP_SHARED_VALIDATE && (m->flags & ~LEGACY_MAP_MASK) &&
	    (m->flags & ~(LEGACY_MAP_MASK | MAP_SYNC) || !knows_sync(m->file)))
		return -EOPNOTSUPP;
	if (type != MAP_PRIVATE) {
		if ((m->prot & PROT_WRITE) && !can_write)
			return -EACCES;
		m->vm_flags |= VM_SHARED | VM_MAYSHARE;
		if (!can_write)
			m->vm_flags &= ~(VM_MAYWRITE | VM_SHARED);
	}
	if (!can_read)
		return -EACCES;
	if (m->file->noexec) {
		if (m->vm_flags & VM_EXEC)
			return -EPERM;
		m->vm_flags &= ~VM_MAYEXEC;
	}
	if (S_ISDIR(m->file->mode) || S_ISFIFO(m->file->mode) || S_ISSOCK(m->file->mode))
		return -ENODEV;
	if (m->vm_flags & VM_GROWSDOWN)
		return refuse_stack(m->file);
	err = check_seals(m);
	if (!err && map_deny_write_exec(m->mm, m->vm_flags, m->vm_flags))
		err = -EACCES;
	if (!err && !m->file->huge_size)
		err = file_mmap(m->file, m->pgoff);
	return err;
}

static int mmap_check_anonymous(struct mmap_state *m)
{
	switch (m->flags & MAP_TYPE) {
	case MAP_SHARED:
		if (m->vm_flags & VM_GROWSDOWN)
			return -EINVAL;
		m->pgoff = 0;
		m->vm_flags |= VM_SHARED | VM_MAYSHARE;
		return 0;
	case MAP_DROPPABLE:
		if ((m->flags & (MAP_LOCKED | MAP_HUGETLB)) || (m->vm_flags & VM_GROWSDOWN))
			return -EINVAL;
		m->vm_flags |= VM_DROPPABLE | VM_NORESERVE | VM_WIPEONFORK | VM_DONTDUMP;
		/* fall through */
	case MAP_PRIVATE:
		m->pgoff = m->addr >> PAGE_SHIFT;
		return 0;
	}
	return -EINVAL;
}

/* From @vma to end: pages that are mapped now, and those of them that are charged. */
static void count_mapped(const struct vm_area_struct *vma, u64 end, s64 *pages, s64 *accounted)
{
	for (; vma && vma->vm_start < end; vma = vma->vm_next) {
		*pages += (s64)vma_pages(vma);
		if (vma->vm_flags & VM_ACCOUNT)
			*accounted += (s64)vma_pages(vma);
	}
}

/* A VMA for the range, which no neighbour could take, linked before @next. */
static struct vm_area_struct *mmap_new_vma(struct mmap_state *m, struct vm_area_struct *next, int *err)
{
	struct vm_area_struct *vma = vm_area_alloc(m->mm);

	if (!vma) {
		*err = -ENOMEM;
		return NULL;
	}
	vma->vm_start = m->addr;
	vma->vm_end = m->addr + m->len;
	vma->vm_flags = m->vm_flags;
	vma->vm_pgoff = m->pgoff;
	if (m->file && !(m->file->is_dev_zero && m->vm_flags & VM_SHARED)) {
		vma->vm_file = get_file(m->file);
		file_vma_open(vma->vm_file);
		sealable_area_open(vma);
	} else if (m->vm_flags & VM_SHARED) {
		*err = m->vm_flags & VM_NORESERVE ? 0 : vm_enough_memory(m->mm, (s64)(m->len >> PAGE_SHIFT));
		if (!*err)
			*err = file_shmem_zero(m->mm->phys, m->len, &vma->vm_file);
		if (*err) {
			vm_area_free(vma);
			return NULL;
		}
	}
	vma_link_before(m->mm, vma, next);
	return vma;
}

static int mmap_region(struct mmap_state *m)
{
	struct mm_struct *mm = m->mm;
	s64 pages = (s64)(m->len >> PAGE_SHIFT), mapped = 0, accounted = 0;
	u64 end = m->addr + m->len;
	struct vm_area_struct *next = find_vma(mm, m->addr);
	bool replaces = next && next->vm_start < end;
	int err = 0;

	if (replaces) {
		err = munmap_prepare(mm, next, m->addr, end);
		if (err)
			return err;
		count_mapped(next, end, &mapped, &accounted);
	}
	if (!may_expand_vm(mm, m->vm_flags, pages - mapped))
		return -ENOMEM;
	bool huge = m->file && m->file->huge_size;

	if ((m->vm_flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE && !huge) {
		if (pages != accounted && vm_enough_memory(mm, pages - accounted))
			return -ENOMEM;
		m->vm_flags |= VM_ACCOUNT;
	}
	m->vm_flags = ksm_vma_flags(mm, m->vm_flags);
	if (replaces)
		next = munmap_commit(mm, next, m->addr, end);
	/* The filesystem is asked when what was there has gone. */
	err = huge ? mmap_huge(m) : m->file ? check_sync(m) : 0;
	if (!err)
		err = check_secretmem(m);
	if (err)
		return err;
	struct vma_merge vmg = {
		.mm = mm,
		.next = next,
		.prev = next ? next->vm_prev : mm->last_vma,
		.start = m->addr,
		.end = end,
		.pgoff = m->pgoff,
		.vm_flags = m->vm_flags,
		.file = m->file,
	};
	struct vm_area_struct *vma = vma_merge_new_range(&vmg);
	if (!vma)
		vma = mmap_new_vma(m, next, &err);
	if (!vma)
		return err;
	vma->vm_flags |= VM_SOFTDIRTY; /* all of it, when it was there before */
	vm_stat_account(mm, m->vm_flags, pages);
	if (m->vm_flags & VM_LOCKED) {
		/* mlockall(MCL_FUTURE) has no hold on pages that may be lost at any time. */
		if (vma->vm_flags & (VM_SPECIAL | VM_DROPPABLE))
			vma->vm_flags &= ~VM_LOCKED_MASK;
		else
			mm->locked_vm += (u64)pages;
	}
	return 0;
}

static s64 mmap_locked(struct mmap_state *m)
{
	struct mm_struct *mm = m->mm;
	s64 addr;
	int err;

	if (m->pgoff + (m->len >> PAGE_SHIFT) < m->pgoff)
		return -EOVERFLOW;
	if (mm->map_count > mm->env->max_map_count)
		return -ENOMEM;
	m->vm_flags = calc_vm_flags(m->prot, m->flags) | mm->def_flags;
	if (m->file && (m->flags & MAP_FIXED) && m->len <= TASK_SIZE && m->file->huge_size &&
	    m->addr & (m->file->huge_size - 1))
		return -EINVAL;
	addr = get_unmapped_area(mm, m->file, m->addr, m->len, m->pgoff, m->flags);
	if (addr < 0)
		return addr;
	m->addr = (u64)addr;
	if ((m->flags & MAP_FIXED_NOREPLACE) && find_vma_intersection(mm, m->addr, m->addr + m->len))
		return -EEXIST;
	if ((m->flags & MAP_LOCKED) && !can_do_mlock(mm))
		return -EPERM;
	if (!mlock_future_ok(mm, m->vm_flags, m->len))
		return -EAGAIN;
	err = m->file ? mmap_check_file(m) : mmap_check_anonymous(m);
	if (err)
		return err;
	if (map_deny_write_exec(mm, m->vm_flags, m->vm_flags))
		return -EACCES;
	if ((m->flags & MAP_NORESERVE) && mm->env->overcommit_memory != 2)
		m->vm_flags |= VM_NORESERVE;
	err = mmap_region(m);
	return err ? err : addr;
}

/* A hint below the limit is moved up to it. */
static u64 round_hint_to_min(const struct mm_struct *mm, u64 hint)
{
	hint &= PAGE_MASK;
	if (hint && hint < mm->env->mmap_min_addr)
		return PAGE_ALIGN(mm->env->mmap_min_addr);
	return hint;
}

s64 do_mmap(struct mm_struct *mm, struct file *file, u64 addr, u64 len, unsigned long prot,
	    unsigned long flags, u64 off)
{
	struct mmap_state m = {.mm = mm, .file = file, .prot = prot, .flags = flags};
	s64 ret;

	if (off & ~PAGE_MASK)
		return -EINVAL;
	m.pgoff = off >> PAGE_SHIFT;
	if (flags & MAP_HUGETLB && !(file && file->huge_size))
		return -EINVAL;
	if (file && file->huge_size)
		len = (len + file->huge_size - 1) & -file->huge_size;
	if (!len)
		return -EINVAL;
	if ((prot & PROT_READ) && (mm->env->personality & READ_IMPLIES_EXEC) && !(file && file->noexec))
		m.prot |= PROT_EXEC;
	if (flags & MAP_FIXED_NOREPLACE)
		m.flags |= MAP_FIXED;
	m.addr = m.flags & MAP_FIXED ? addr : round_hint_to_min(mm, addr);
	m.len = PAGE_ALIGN(len);
	if (!m.len)
		return -ENOMEM;
	pthread_rwlock_wrlock(&mm->mmap_sem);
	ret = mmap_locked(&m);
	flush_tlb_batched(mm);
	mm_check_debug(mm, "mmap");
	pthread_rwlock_unlock(&mm->mmap_sem);
	if (ret >= 0 && (((m.vm_flags & VM_LOCKED) && !(file && file->is_secretmem)) || (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE))
		mm_populate(mm, (u64)ret, (u64)ret + m.len, true);
	return ret;
}
