// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory calls: what the entry points check before mm/ does the work. */
#include <stdlib.h>
#include <sys/mman.h>
#include "syscalls/handlers.h"
#include "syscalls/marshal.h"

#ifndef PIDFD_SELF_THREAD
#define PIDFD_SELF_THREAD  -10000
#define PIDFD_SELF_PROCESS -10001
#endif

SYSCALL(brk)
{
	return do_brk(t->mm, a[0]);
}

/* fget(): an open descriptor, but not one of O_PATH. */
static s64 mmap_file(struct task_struct *t, u64 fd, struct file **out)
{
	s64 fl;

	if (!fd_visible(t, fd))
		return -EBADF;
	fl = HOST(SYS_fcntl, (u32)fd, F_GETFL);
	if (fl < 0)
		return fl;
	if (fl & O_PATH)
		return -EBADF;
	return file_from_fd(t->ulk->phys, (int)fd, out);
}

SYSCALL(mmap)
{
	u64 addr = a[0], len = a[1], prot = a[2], flags = a[3], fd = a[4], off = a[5];
	struct file *file = NULL;
	s64 ret;

	if (off & ~PAGE_MASK)
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		ret = mmap_file(t, fd, &file);
		if (ret < 0)
			return ret;
	} else if (flags & MAP_HUGETLB) {
		ret = file_hugetlb(t->ulk->phys, flags, &file);
		if (ret < 0)
			return ret;
	}
	ret = do_mmap(t->mm, file, addr, len, prot, flags, off);
	if (file)
		fput(file);
	return ret;
}

SYSCALL(munmap)
{
	return do_munmap(t->mm, a[0], a[1]);
}

SYSCALL(mprotect)
{
	return do_mprotect(t->mm, a[0], a[1], a[2]);
}

SYSCALL(mremap)
{
	return do_mremap(t->mm, a[0], a[1], a[2], a[3], a[4]);
}

SYSCALL(madvise)
{
	return do_madvise(t->mm, a[0], a[1], (int)a[2]);
}

SYSCALL(msync)
{
	return do_msync(t->mm, a[0], a[1], (int)a[2]);
}

SYSCALL(mseal)
{
	return do_mseal(t->mm, a[0], a[1], a[2]);
}

SYSCALL(mincore)
{
	u64 start = a[0], len = a[1], vec = a[2];
	u64 pages = (len >> PAGE_SHIFT) + ((len & ~PAGE_MASK) != 0);
	u8 buf[PAGE_SIZE];

	if (start & ~PAGE_MASK)
		return -EINVAL;
	if (!access_ok(start, len))
		return -ENOMEM;
	if (!access_ok(vec, pages))
		return -EFAULT;
	/* An area and a page of results at a time, as the kernel does: what was found before an error stays
	 * written. */
	while (pages) {
		int ret = do_mincore(t->mm, start, min_t(u64, pages, sizeof(buf)), buf);

		if (ret < 0)
			return ret;
		if (copy_to_user(t->mm, vec, buf, (size_t)ret))
			return -EFAULT;
		start += (u64)ret << PAGE_SHIFT;
		vec += ret;
		pages -= (u64)ret;
	}
	return 0;
}

/* What remap_file_pages needs to know of the area, taken under the lock. */
static int remap_target(struct mm_struct *mm, u64 start, u64 size, struct file **file, u64 *prot,
			bool *locked)
{
	struct vm_area_struct *vma, *next;
	int ret = -EINVAL;

	pthread_rwlock_rdlock(&mm->mmap_sem);
	vma = vma_lookup(mm, start);
	if (!vma || !(vma->vm_flags & VM_SHARED) || !vma->vm_file)
		goto out;
	/* The range may span areas, as long as they are the same file with the same rights. */
	for (next = vma; start + size > next->vm_end; next = next->vm_next) {
		struct vm_area_struct *n = next->vm_next;

		if (!n || n->vm_start != next->vm_end || n->vm_file != vma->vm_file ||
		    n->vm_flags != vma->vm_flags)
			goto out;
	}
	*prot = (vma->vm_flags & VM_READ ? PROT_READ : 0) | (vma->vm_flags & VM_WRITE ? PROT_WRITE : 0) |
		(vma->vm_flags & VM_EXEC ? PROT_EXEC : 0);
	*locked = vma->vm_flags & VM_LOCKED;
	*file = get_file(vma->vm_file);
	ret = 0;
out:
	pthread_rwlock_unlock(&mm->mmap_sem);
	return ret;
}

SYSCALL(remap_file_pages)
{
	u64 start = a[0] & PAGE_MASK, size = a[1] & PAGE_MASK, pgoff = a[3], flags = a[4], prot, end;
	struct file *file;
	bool locked;
	s64 ret;

	if (a[2])
		return -EINVAL;
	if (__builtin_add_overflow(start, size, &end) || end <= start)
		return -EINVAL;
	if (__builtin_add_overflow(pgoff, size >> PAGE_SHIFT, &end))
		return -EINVAL;
	ret = remap_target(t->mm, start, size, &file, &prot, &locked);
	if (ret < 0)
		return ret;
	flags = (flags & MAP_NONBLOCK) | MAP_SHARED | MAP_FIXED | MAP_POPULATE | (locked ? MAP_LOCKED : 0);
	if (pgoff > (~0UL >> PAGE_SHIFT))
		ret = -EOVERFLOW;
	else
		ret = do_mmap(t->mm, file, start, size, prot, flags, pgoff << PAGE_SHIFT);
	fput(file);
	return ret < 0 ? ret : 0;
}

/*
 * Whose memory a pidfd names: the host's fdinfo says. Returns the pid (-1 for a process that is gone)
 * or -errno.
 */
static s64 pidfd_pid(struct task_struct *t, u64 fd)
{
	char name[64], line[128];
	s64 pid = -EBADF;
	FILE *f;

	/* Numbers that mean the caller itself, where the host's kernel knows them. */
	if (((int)fd == PIDFD_SELF_THREAD || (int)fd == PIDFD_SELF_PROCESS) &&
	    !HOST(SYS_pidfd_send_signal, fd, 0, NULL, 0))
		return t->pid;

	snprintf(name, sizeof(name), "/proc/self/fdinfo/%u", (u32)fd);
	f = fopen(name, "re");
	if (!f)
		return -EBADF;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Pid: %ld", &pid) == 1)
			break;
	}
	fclose(f);
	return pid;
}

SYSCALL(process_madvise)
{
	struct iovec *iov;
	s64 pid, done = 0, ret;
	u64 left = 0;
	int n;

	if (a[4])
		return -EINVAL;
	ret = iovec_from_user(t->mm, a[1], a[2], &iov, &n);
	if (ret < 0)
		return ret;
	pid = pidfd_pid(t, a[0]);
	if (pid != t->pid) {
		/* Another process's memory is out of reach; a closed or wrong descriptor is EBADF. */
		ret = pid == -EBADF ? -EBADF : pid == -1 ? -ESRCH : -EPERM;
		goto out;
	}
	for (int i = 0; i < n; i++)
		left += iov[i].iov_len;
	/* As long as there is something left to advise about: empty buffers alone are not looked at. */
	for (int i = 0; i < n && left; left -= iov[i++].iov_len) {
		ret = do_madvise(t->mm, (u64)iov[i].iov_base, iov[i].iov_len, (int)a[3]);
		if (ret < 0)
			break;
		done += iov[i].iov_len;
	}
	if (done)
		ret = done;
out:
	free(iov);
	return ret;
}

/* Guest threads run inside one host process, on whose CPUs the host's barrier works. */
SYSCALL(membarrier)
{
	return HOST(SYS_membarrier, a[0], a[1], a[2]);
}
