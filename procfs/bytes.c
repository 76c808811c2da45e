// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/self/{auxv,cmdline,environ,mem}: bytes of the guest's memory. */
#include <errno.h>
#include <string.h>
#include "mm/uaccess.h"
#include "procfs/internal.h"

int proc_auxv_bytes(struct task_struct *t, FILE *out)
{
	const struct mm_struct *mm = t->mm;
	size_t n = 0;

	if (!mm)
		return 0;
	do /* up to AT_NULL and its value */
		n += 2;
	while (n < AT_VECTOR_SIZE && mm->saved_auxv[n - 2]);
	fwrite(mm->saved_auxv, sizeof(u64), n, out);
	return 0;
}

static bool page_is_anon(struct mm_struct *mm, u64 addr)
{
	struct vm_area_struct *vma;
	bool anon;

	pthread_rwlock_rdlock(&mm->mmap_sem);
	vma = vma_lookup(mm, addr);
	anon = vma && !vma->vm_file && !vma->special;
	pthread_rwlock_unlock(&mm->mmap_sem);
	return anon;
}

/* Linux reads these with FOLL_ANON: a program that points PR_SET_MM at a file must not make the reader
 * wait for that file. Returns how many bytes were not read. */
static size_t read_anon(struct mm_struct *mm, u64 addr, char *buf, size_t n)
{
	size_t first = min_t(size_t, n, PAGE_SIZE - (addr & ~PAGE_MASK));

	if (!page_is_anon(mm, addr))
		return n;
	if (first < n && !page_is_anon(mm, addr + first))
		return n - first + access_remote_vm(mm, addr, buf, first, false);
	return access_remote_vm(mm, addr, buf, n, false);
}

/* Up to @n guest bytes at @pos of [start, end), as far as they can be read. */
static s64 guest_bytes(struct mm_struct *mm, u64 start, u64 end, u64 pos, void *buf, size_t n)
{
	if (end <= start || pos >= end - start)
		return 0;
	n = min_t(u64, n, end - start - pos);
	return (s64)(n - read_anon(mm, start + pos, buf, n));
}

/* A program that wrote over the NUL of its last argument (setproctitle) gets one string, which may run
 * on into the environment. */
static s64 proctitle(struct mm_struct *mm, u64 arg_start, u64 pos, void *buf, size_t n)
{
	char page[PAGE_SIZE];
	size_t got = PAGE_SIZE - read_anon(mm, arg_start, page, PAGE_SIZE);
	size_t len = strnlen(page, got);

	len += len < got;
	if (pos >= len)
		return 0;
	n = min_t(size_t, n, len - pos);
	memcpy(buf, page + pos, n);
	return (s64)n;
}

s64 proc_cmdline_rw(struct task_struct *t, u64 pos, void *buf, size_t n, bool write)
{
	struct mm_struct *mm = t->mm;
	u64 end;
	char last;

	if (write)
		return -EINVAL;
	if (!mm || mm->arg_start >= mm->arg_end)
		return 0;
	/* What was written over the end may go on into the environment only where that follows. */
	end = mm->env_start == mm->arg_end && mm->env_end >= mm->env_start ? mm->env_end : mm->arg_end;
	if (pos >= end - mm->arg_start)
		return 0;
	n = min_t(u64, n, end - mm->arg_start - pos);
	if (!read_anon(mm, mm->arg_end - 1, &last, 1) && last)
		return proctitle(mm, mm->arg_start, pos, buf, n);
	return guest_bytes(mm, mm->arg_start, mm->arg_end, pos, buf, n);
}

s64 proc_environ_rw(struct task_struct *t, u64 pos, void *buf, size_t n, bool write)
{
	struct mm_struct *mm = t->mm;

	if (write)
		return -EINVAL;
	return mm && mm->env_end ? guest_bytes(mm, mm->env_start, mm->env_end, pos, buf, n) : 0;
}
