// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * replay < LOG: repeat opstream's log on an mm of ulk's own, in this process, and stop at the first
 * result or VMA that differs. mm_check() runs after every call.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "mm/uaccess.h"

#define NR_FILES 8

/* Stands in for [vvar], [vvar_vclock] and [vdso]. */
static pfn_t special_pages[8];
static const struct vm_special_mapping special = {.name = "[vdso]", .pages = special_pages, .nr_pages = 8};

struct replay {
	struct mm_struct *mm;
	int fds[NR_FILES];
	unsigned long line;
	char text[512];
	char last_op[512];
	bool started; /* the initial maps were taken over */
};

static void die(struct replay *r, const char *why)
{
	struct vm_area_struct *vma;

	printf("line %lu: %s\n  log: %s\n  after: %s\n", r->line, why, r->text, r->last_op);
	for_each_vma (r->mm, vma)
		printf("  ulk: %" PRIx64 "-%" PRIx64 " flags %" PRIx64 " pgoff %" PRIx64 " anon_vma %p%s\n",
		       vma->vm_start, vma->vm_end, vma->vm_flags, vma->vm_pgoff, (void *)vma->anon_vma,
		       vma->anon_vma && vma->anon_vma->forked ? " forked" : "");
	fflush(stdout);
	exit(1);
}

static struct file *open_again(struct replay *r, int i)
{
	struct file *file = NULL;

	if (i >= 0 && file_from_fd(r->mm->phys, r->fds[i], &file))
		die(r, "file_from_fd failed");
	return file;
}

/* Put a stand-in where the native process had one of its own VMAs. */
static void take_over(struct replay *r, u64 start, u64 end, const char *perms, u64 off, const char *kind)
{
	struct file *file = NULL;
	unsigned long prot =
		(perms[0] == 'r' ? 1 : 0) | (perms[1] == 'w' ? 2 : 0) | (perms[2] == 'x' ? 4 : 0);
	struct mm_struct *mm = r->mm;
	u8 byte = 1;
	s64 ret = 0;

	if (!strcmp(kind, "special")) {
		ret = install_special_mapping(
			mm, start, end - start,
			prot | VM_MAYREAD |
				(prot & 4 ? VM_MAYEXEC | VM_MAYWRITE : VM_IO | VM_PFNMAP | VM_DONTDUMP),
			&special);
	} else if (!strcmp(kind, "stack")) {
		ret = bprm_stack_create(mm);
		if (!ret)
			ret = setup_arg_pages(mm, STACK_TOP, false);
		mm->start_stack = STACK_TOP - 64;
		copy_to_user(mm, mm->start_stack, &byte, 1);
	} else if (!strcmp(kind, "heap")) {
		mm->start_brk = mm->brk = start;
		if (do_brk(mm, end) != end)
			die(r, "cannot set up the heap");
		copy_to_user(mm, start, &byte, 1);
	} else {
		int fd = strcmp(kind, "file") ? -1 : open("/proc/self/exe", O_RDONLY);

		if (fd >= 0 && file_from_fd(mm->phys, fd, &file))
			die(r, "cannot open the stand-in for the binary");
		close(fd);
		ret = do_mmap(mm, file, start, end - start, prot,
			      MAP_PRIVATE | MAP_FIXED | (file ? 0 : MAP_ANONYMOUS), off);
		if (file)
			fput(file);
	}
	if (ret < 0)
		die(r, "cannot set up a VMA");
}

static void compare_vma(struct replay *r, struct vm_area_struct **cursor, u64 start, u64 end,
			const char *perms, u64 off)
{
	struct vm_area_struct *vma = *cursor;
	char mine[5];

	if (!vma)
		die(r, "ulk has fewer VMAs");
	*cursor = vma->vm_next;
	mine[0] = vma->vm_flags & VM_READ ? 'r' : '-';
	mine[1] = vma->vm_flags & VM_WRITE ? 'w' : '-';
	mine[2] = vma->vm_flags & VM_EXEC ? 'x' : '-';
	mine[3] = vma->vm_flags & VM_MAYSHARE ? 's' : 'p';
	mine[4] = '\0';
	if (vma->vm_start != start || vma->vm_end != end || strcmp(mine, perms))
		die(r, "VMA differs");
	/* The binary's own areas are stand-ins without a file. */
	if (vma->vm_file && vma->vm_pgoff << PAGE_SHIFT != off)
		die(r, "offset differs");
}

static s64 do_touch(struct mm_struct *mm, u64 addr, bool write)
{
	struct mm_fault fault = {0};

	volatile char *byte;

	if (mm_translate(mm, addr, write ? MM_WRITE : MM_READ, &fault))
		return fault.signo;
	byte = (volatile char *)phys_to_host(mm->phys, fault.paddr) + (addr & ~PAGE_MASK);
	if (write)
		*byte = 1;
	else
		(void)*byte;
	return 0;
}

static s64 replay_mmap(struct replay *r, const u64 *a, int fd)
{
	struct file *file = open_again(r, fd);
	s64 ret = do_mmap(r->mm, file, a[0], a[1], a[2], a[3], a[5]);

	if (file)
		fput(file);
	return ret;
}

/* Pages of shared anonymous memory that nobody stored to exist natively and not here, where no guest ran. */
static bool any_shmem(struct mm_struct *mm, u64 start, u64 len)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	for (; vma && vma->vm_start < start + len; vma = vma->vm_next)
		if (vma->vm_file && vma->vm_file->is_shmem)
			return true;
	return false;
}

static s64 replay_mincore(struct mm_struct *mm, u64 start, u64 pages, u64 *sum)
{
	u8 vec[512];
	int i, n;

	for (; pages; pages -= (u64)n, start += (u64)n << PAGE_SHIFT) {
		n = do_mincore(mm, start, pages < sizeof(vec) ? pages : sizeof(vec), vec);
		if (n < 0)
			return n;
		for (i = 0; i < n; i++)
			*sum = *sum * 3 + vec[i];
	}
	return 0;
}

/* 1 when the line was a call: *ret is ulk's result and *want the native one. */
static int replay_op(struct replay *r, s64 *ret, s64 *want)
{
	const char *line = r->text;
	struct mm_struct *mm = r->mm;
	u64 a[6] = {0}, sum = 0, mine = 0;
	int n;

	if (sscanf(line, "mmap %lx %lx %lx %lx %d %lx = %ld", &a[0], &a[1], &a[2], &a[3], &n, &a[5], want) ==
	    7) {
		*ret = replay_mmap(r, a, n);
	} else if (sscanf(line, "munmap %lx %lx = %ld", &a[0], &a[1], want) == 3) {
		*ret = do_munmap(mm, a[0], a[1]);
	} else if (sscanf(line, "mprotect %lx %lx %lx = %ld", &a[0], &a[1], &a[2], want) == 4) {
		*ret = do_mprotect(mm, a[0], a[1], a[2]);
	} else if (sscanf(line, "mremap %lx %lx %lx %lx %lx = %ld", &a[0], &a[1], &a[2], &a[3], &a[4],
			  want) == 6) {
		*ret = do_mremap(mm, a[0], a[1], a[2], a[3], a[4]);
	} else if (sscanf(line, "madvise %lx %lx %d = %ld", &a[0], &a[1], &n, want) == 4) {
		*ret = do_madvise(mm, a[0], a[1], n);
	} else if (sscanf(line, "mlock %lx %lx %d = %ld", &a[0], &a[1], &n, want) == 4) {
		*ret = do_mlock(mm, a[0], a[1], n);
	} else if (sscanf(line, "munlock %lx %lx = %ld", &a[0], &a[1], want) == 3) {
		*ret = do_munlock(mm, a[0], a[1]);
	} else if (sscanf(line, "msync %lx %lx %d = %ld", &a[0], &a[1], &n, want) == 4) {
		*ret = do_msync(mm, a[0], a[1], n);
	} else if (sscanf(line, "mincore %lx %lx = %ld %lx", &a[0], &a[1], want, &sum) == 4) {
		*ret = replay_mincore(mm, a[0], PAGE_ALIGN(a[1]) >> PAGE_SHIFT, &mine);
		if (!*ret && !*want && mine != sum && !any_shmem(mm, a[0], a[1]))
			die(r, "mincore's vector differs");
	} else if (sscanf(line, "mlockall %d = %ld", &n, want) == 2) {
		*ret = do_mlockall(mm, n);
	} else if (sscanf(line, "munlockall = %ld", want) == 1) {
		*ret = do_munlockall(mm);
	} else if (sscanf(line, "brk %lx = %ld", &a[0], want) == 2) {
		if (!r->started)
			mm->brk = (u64)*want;
		*ret = r->started ? (s64)do_brk(mm, a[0]) : *want;
	} else if (sscanf(line, "rlimit %d %lx = %ld", &n, &a[0], want) == 3) {
		mm->env->rlim[n].rlim_cur = a[0];
		*ret = 0;
	} else if (sscanf(line, "touch %lx %d = %ld", &a[0], &n, want) == 3) {
		*ret = vma_lookup(mm, a[0]) && vma_lookup(mm, a[0])->special ? *want : do_touch(mm, a[0], n);
	} else if (sscanf(line, "fork = %ld", want) == 1) {
		*ret = dup_mm_in_child(mm);
	} else {
		return 0;
	}
	return 1;
}

/* The counters that do not depend on what the native program touches of its own. */
static void compare_counters(struct replay *r)
{
	struct mm_struct *mm = r->mm;
	u64 peak, size, locked, pin, data, stack;

	if (sscanf(r->text, "C VmPeak %lu VmSize %lu VmLck %lu VmPin %lu VmData %lu VmStk %lu", &peak, &size,
		   &locked, &pin, &data, &stack) != 6)
		die(r, "line not understood");
	if (mm->total_vm << (PAGE_SHIFT - 10) != size || mm->locked_vm << (PAGE_SHIFT - 10) != locked ||
	    mm->data_vm << (PAGE_SHIFT - 10) != data || mm->stack_vm << (PAGE_SHIFT - 10) != stack) {
		printf("ulk: size %lu locked %lu data %lu stack %lu pages\n", mm->total_vm, mm->locked_vm,
		       mm->data_vm, mm->stack_vm);
		die(r, "counters differ");
	}
}

static void replay_line(struct replay *r, struct vm_area_struct **cursor)
{
	u64 start, end, off;
	char perms[8], path[400], kind[16] = "";
	s64 ret, want;
	int i, flags;

	if (sscanf(r->text, "M %lx %lx %7s %lx %15s", &start, &end, perms, &off, kind) >= 4) {
		if (r->started)
			compare_vma(r, cursor, start, end, perms, off);
		else
			take_over(r, start, end, perms, off, kind);
	} else if (r->text[0] == 'C') {
		compare_counters(r);
	} else if (!strcmp(r->text, ".")) {
		if (r->started && *cursor)
			die(r, "ulk has more VMAs");
		r->started = true;
		*cursor = r->mm->mmap;
	} else if (sscanf(r->text, "F %d %x %399s", &i, &flags, path) == 3) {
		r->fds[i] = open(path, flags);
		if (r->fds[i] < 0)
			die(r, "cannot open the file");
	} else if (sscanf(r->text, "P %x %d", &r->mm->env->personality, &i) == 2) {
		r->mm->env->capable_ipc_lock = i == 0;
		r->mm->env->dac_mmap_min_addr = i ? 4096 : 0;
		if (seteuid((uid_t)i))
			die(r, "cannot take the log's user id");
		arch_pick_mmap_layout(r->mm);
	} else if (replay_op(r, &ret, &want)) {
		strcpy(r->last_op, r->text);
		if (ret != want) {
			printf("ulk returns %ld (%#lx), native %ld (%#lx)\n", ret, ret, want, want);
			die(r, "result differs");
		}
		if (mm_check(r->mm, stdout))
			die(r, "mm_check");
		*cursor = r->mm->mmap;
	} else {
		die(r, "line not understood");
	}
}

int main(void)
{
	struct rlimit rlim[RLIM_NLIMITS];
	struct mm_env env = {.rlim = rlim,
			     .max_map_count = 65530,
			     .mmap_min_addr = 65536,
			     .total_ram_pages = (u64)sysconf(_SC_PHYS_PAGES)};
	struct vm_area_struct *cursor = NULL;
	struct replay r = {0};
	struct phys *phys;
	int i;

	for (i = 0; i < RLIM_NLIMITS; i++)
		getrlimit((__rlimit_resource_t)i, &rlim[i]);
	if (phys_create(&phys, 0, 500) || !(r.mm = mm_alloc(phys, &env)))
		return 2;
	for (i = 0; i < (int)ARRAY_SIZE(special_pages); i++)
		special_pages[i] = frame_alloc(phys);
	while (fgets(r.text, sizeof(r.text), stdin)) {
		r.line++;
		r.text[strcspn(r.text, "\n")] = '\0';
		replay_line(&r, &cursor);
	}
	printf("%lu lines agree\n", r.line);
	if (seteuid(getuid()))
		return 2;
	mmput(r.mm);
	phys_destroy(phys);
	return r.line ? 0 : 2;
}
