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

/* Guest bytes [start, end), as far as they can be read. */
static void put_guest_bytes(struct mm_struct *mm, u64 start, u64 end, FILE *out)
{
	char page[PAGE_SIZE];

	while (start < end) {
		size_t n = min_t(u64, end - start, PAGE_SIZE - (start & ~PAGE_MASK));
		size_t left = read_anon(mm, start, page, n);

		fwrite(page, 1, n - left, out);
		if (left)
			return;
		start += n;
	}
}

/* A program that wrote over the NUL of its last argument (setproctitle) gets one string, which may run
 * on into the environment. */
static void put_proctitle(struct mm_struct *mm, u64 arg_start, FILE *out)
{
	char page[PAGE_SIZE];
	size_t got = PAGE_SIZE - read_anon(mm, arg_start, page, PAGE_SIZE);
	size_t len = strnlen(page, got);

	fwrite(page, 1, len < got ? len + 1 : len, out);
}

int proc_cmdline_bytes(struct task_struct *t, FILE *out)
{
	struct mm_struct *mm = t->mm;
	char last;

	if (!mm || mm->arg_start >= mm->arg_end)
		return 0;
	if (!read_anon(mm, mm->arg_end - 1, &last, 1) && last)
		put_proctitle(mm, mm->arg_start, out);
	else
		put_guest_bytes(mm, mm->arg_start, mm->arg_end, out);
	return 0;
}

int proc_environ_bytes(struct task_struct *t, FILE *out)
{
	struct mm_struct *mm = t->mm;

	if (mm && mm->env_end)
		put_guest_bytes(mm, mm->env_start, mm->env_end, out);
	return 0;
}
