// SPDX-License-Identifier: GPL-2.0-or-later
// An mm to a file and back. What is read was perhaps never written by us: nothing of it is believed before it was looked at.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "mm/frames.h"
#include "mm/pages.h"
#include "mm/shm.h"
#include "mm/snapshot_internal.h"
#include "mm/stream.h"
#include "mm/window.h"

#define AREAS_MAX 1000000
#define PATH_SIZE 4096

// Of vm_flags, those of areas that can be written and made again.
#define FLAGS_KNOWN                                                                                                          \
	(VM_ACCESS_FLAGS | VM_SHARED | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_MAYSHARE | VM_GROWSDOWN | VM_MAYBE_GUARD | \
	 VM_LOCKED | VM_SEQ_READ | VM_RAND_READ | VM_DONTCOPY | VM_DONTEXPAND | VM_LOCKONFAULT | VM_ACCOUNT | VM_NORESERVE | \
	 VM_WIPEONFORK | VM_DONTDUMP | VM_SOFTDIRTY | VM_HUGEPAGE | VM_NOHUGEPAGE | VM_MERGEABLE | VM_SEALED | VM_DROPPABLE)
#define FLAGS_SPECIAL (VM_IO | VM_PFNMAP | VM_MIXEDMAP)

enum page_kind { PAGE_END, PAGE_ANON, PAGE_EMPTY, PAGE_ZERO, PAGE_FILE, PAGE_GUARD };

#define PAGE_BITS (_PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_SOFT_DIRTY | _PAGE_RW | _PAGE_PRESENT)

static int fail(char *why, int err, const char *what, const char *name)
{
	snprintf(why, 160, "%.100s%s%.50s", what, *name ? ": " : "", name);
	return err;
}

// ---- files ----

// Content of the whole file, for who maps it privately.
static int sum_file(int fd, u64 size, u64 *sum)
{
	u8 *buf = malloc(65536);
	ssize_t n;

	*sum = 0;
	for (u64 at = 0; buf && at < size; at += (u64)n) {
		n = pread(fd, buf, min_t(u64, 65536, size - at), (off_t)at);
		if (n <= 0)
			break;
		*sum = stream_sum(*sum, buf, (size_t)n);
	}
	free(buf);
	return buf ? 0 : -ENOMEM;
}

static int write_file(const struct vm_area_struct *vma, const struct file *f, struct stream_out *out, char *why)
{
	char path[PATH_SIZE] = "";
	u64 sum = 0;
	int err;

	// An executable that was loaded from memory is none that others have.
	if (f->name || f->is_shmem || file_path(f, path, sizeof(path)) < 0 || path[0] != '/' || access(path, R_OK))
		return fail(why, -EOPNOTSUPP, "a mapping of what is no file elsewhere cannot be saved",
			    f->name ? f->name : path);
	err = !vma || !(vma->vm_flags & VM_SHARED) ? sum_file(f->fd, file_size(f), &sum) : 0;
	put_text(out, path);
	put_u64(out, (u64)(f->f_flags & O_ACCMODE));
	put_u64(out, file_size(f));
	put_u64(out, vma && vma->vm_flags & VM_SHARED);
	put_u64(out, sum);
	return err;
}

static int read_file(struct mm_struct *mm, struct stream_in *in, struct file **out, char *why)
{
	char path[PATH_SIZE];
	u64 flags, size, shared, sum, now = 0;
	struct stat st;
	int fd, err;

	get_text(in, path, sizeof(path));
	flags = get_u64(in);
	size = get_u64(in);
	shared = get_u64(in);
	sum = get_u64(in);
	if (in->bad || path[0] != '/' || flags > O_RDWR || shared > 1)
		return fail(why, -EINVAL, "a mapped file is not described as one", "");
	fd = open(path, (int)flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st)) {
		err = fail(why, -errno, "a file that was mapped cannot be opened", path);
	} else if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode)) {
		err = fail(why, -EINVAL, "a mapped file is none", path);
	} else {
		err = shared ? 0 : sum_file(fd, size, &now);
		if (!err && !shared && ((S_ISREG(st.st_mode) && (u64)st.st_size != size) || now != sum))
			err = fail(why, -ESTALE, "a file that was mapped has other content now", path);
	}
	if (!err)
		err = file_from_fd(mm->phys, fd, out);
	if (fd >= 0)
		close(fd);
	return err;
}

// ---- areas ----

static u64 anon_number(const struct mm_snapshot *s, int i)
{
	if (!s->vmas[i]->anon_vma)
		return 0;
	for (int k = 0; k < i; k++) {
		if (s->vmas[k]->anon_vma == s->vmas[i]->anon_vma)
			return (u64)k + 1;
	}
	return (u64)i + 1;
}

static int write_area(const struct mm_snapshot *s, int i, struct stream_out *out, char *why)
{
	const struct vm_area_struct *vma = s->vmas[i];
	char where[64];

	snprintf(where, sizeof(where), "%lx-%lx", vma->vm_start, vma->vm_end);
	if (vma->vm_policy)
		return fail(why, -EOPNOTSUPP, "a mapping with a memory policy cannot be saved", where);
	if (!vma->special && vma->vm_flags & ~FLAGS_KNOWN)
		return fail(why, -EOPNOTSUPP, "a mapping of this kind cannot be saved", where);
	put_u64(out, vma->vm_start);
	put_u64(out, vma->vm_end);
	put_u64(out, vma->vm_flags);
	put_u64(out, vma->vm_pgoff);
	put_u64(out, vma->vm_birth);
	put_u64(out, anon_number(s, i));
	put_u64(out, vma->anon_vma && vma->anon_vma->forked);
	put_text(out, vma->special ? vma->special->name : NULL);
	put_text(out, vma->anon_name);
	put_u64(out, vma->vm_file != NULL);
	return vma->vm_file ? write_file(vma, vma->vm_file, out, why) : 0;
}

static bool area_is_sound(const struct vm_area_struct *vma, u64 from, const struct vm_special_mapping *special, bool file)
{
	const u64 may = (vma->vm_flags >> 4 & VM_ACCESS_FLAGS), pages = (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
	u64 end;

	if (vma->vm_start < from || vma->vm_start >= vma->vm_end || vma->vm_end > TASK_SIZE ||
	    (vma->vm_start | vma->vm_end) & ~PAGE_MASK)
		return false;
	if (vma->vm_flags & ~(FLAGS_KNOWN | (special ? FLAGS_SPECIAL : 0)) || vma->vm_flags & VM_ACCESS_FLAGS & ~may)
		return false;
	if (special)
		return !file && pages <= special->nr_pages && !vma->vm_pgoff && !(vma->vm_flags & VM_SHARED);
	if (__builtin_add_overflow(vma->vm_pgoff, pages, &end) || end > 1UL << 51)
		return false;
	return file || !(vma->vm_flags & VM_SHARED);
}

// The one of the earlier area that it shares it with, or a new one.
static int share_anon(struct vm_area_struct **areas, u64 i, u64 number, bool forked)
{
	struct anon_vma *av;

	if (!number)
		return 0;
	if (number <= i) {
		av = areas[number - 1]->anon_vma;
		if (!av)
			return -EINVAL;
		anon_vma_get(av);
	} else {
		av = number == i + 1 ? calloc(1, sizeof(*av)) : NULL;
		if (!av)
			return number == i + 1 ? -ENOMEM : -EINVAL;
		av->refcount = 1;
		av->forked = forked;
	}
	areas[i]->anon_vma = av;
	return 0;
}

static int read_area(struct mm_struct *mm, struct stream_in *in, struct vm_area_struct **areas, u64 i,
		     const struct vm_special_mapping *(*special)(struct phys *phys, const char *name), char *why)
{
	struct vm_area_struct *vma = vm_area_alloc(mm), read;
	u64 from = i ? areas[i - 1]->vm_end : PAGE_SIZE, anon, forked, file;
	char name[PATH_SIZE];
	struct file *f = NULL;
	bool is_special;
	int err = 0;

	if (!vma)
		return -ENOMEM;
	read = *vma;
	read.vm_start = get_u64(in);
	read.vm_end = get_u64(in);
	read.vm_flags = get_u64(in);
	read.vm_pgoff = get_u64(in);
	read.vm_birth = get_u64(in);
	anon = get_u64(in);
	forked = get_u64(in);
	is_special = get_text(in, name, sizeof(name)) >= 0;
	if (is_special)
		read.special = special(mm->phys, name);
	if (get_text(in, name, sizeof(name)) >= 0 && !(read.anon_name = strdup(name)))
		err = -ENOMEM;
	file = get_u64(in);
	if (!err && (in->bad || forked > 1 || file > 1 || is_special != !!read.special ||
		     !area_is_sound(&read, from, read.special, file)))
		err = fail(why, -EINVAL, "a mapping is not described as one", "");
	if (!err && file)
		err = read_file(mm, in, &f, why);
	if (!err && f && read.vm_flags & VM_SHARED && read.vm_flags & VM_MAYWRITE && (f->f_flags & O_ACCMODE) != O_RDWR)
		err = fail(why, -EINVAL, "a mapping may be written whose file may not", "");
	*vma = read;
	areas[i] = vma;
	if (!err)
		err = share_anon(areas, i, anon, forked);
	if (!err && f && !(err = file_mmap(f, vma->vm_pgoff))) {
		vma->vm_file = f; // our reference is the area's now
		file_vma_open(f);
		sealable_area_open(vma);
		f = NULL;
	}
	if (f)
		fput(f);
	if (err) {
		vm_area_free(vma);
		return err;
	}
	vma_link(mm, vma);
	vm_stat_account(mm, vma->vm_flags, (s64)vma_pages(vma));
	if (vma->vm_flags & VM_LOCKED)
		mm->locked_vm += vma_pages(vma);
	return 0;
}

// ---- pages ----

static void write_page(const struct mm_struct *mm, u64 addr, pte_t pte, const u8 *data, struct stream_out *out)
{
	static const u8 zeros[PAGE_SIZE];
	enum page_kind kind = PAGE_FILE;

	if (pte == PTE_MARKER_GUARD)
		kind = PAGE_GUARD;
	else if (pte_pfn(pte) == mm->phys->zero_pfn)
		kind = PAGE_ZERO;
	else if (data)
		kind = memcmp(data, zeros, PAGE_SIZE) ? PAGE_ANON : PAGE_EMPTY;
	put_u64(out, kind);
	put_u64(out, addr);
	put_u64(out, pte & PAGE_BITS);
	if (kind == PAGE_ANON)
		put_bytes(out, data, PAGE_SIZE);
}

static const u8 *content(const struct mm_snapshot *s, pte_t pte, const struct note *n)
{
	if (!snapshot_is_anon(s->mm, pte) && !(n && n->flags & WAS_ANON))
		return NULL;
	return n && n->flags & CONTENT && n->data ? n->data : pfn_to_host(s->mm->phys, pte_pfn(pte));
}

static void write_pages(const struct mm_snapshot *s, struct stream_out *out)
{
	u64 addr, stop;
	pte_t *ptep;

	for (int i = 0; i < s->nr_vmas; i++) {
		if (s->vmas[i]->special)
			continue; // they come as they are needed
		addr = s->vmas[i]->vm_start;
		while ((ptep = pte_next_table(s->mm, &addr, s->vmas[i]->vm_end, &stop))) {
			for (; addr < stop; addr += PAGE_SIZE, ptep++) {
				const struct note *n = snapshot_find_note(s, addr);

				// What changed since follows below, as it was.
				if (!pte_none(*ptep) && !(n && n->flags & NOTED))
					write_page(s->mm, addr, *ptep, content(s, *ptep, NULL), out);
			}
		}
		for (u32 k = 0; k < s->nr_dirty; k++) {
			const struct note *n = &s->notes[s->dirty[k]];

			if (!pte_none(n->pte) && n->addr >= s->vmas[i]->vm_start && n->addr < s->vmas[i]->vm_end)
				write_page(s->mm, n->addr, n->pte, content(s, n->pte, n), out);
		}
	}
	put_u64(out, PAGE_END);
}

// The entry that such a page may have at most.
static u64 page_prot(const struct vm_area_struct *vma, u64 bits)
{
	u64 prot = (bits & (_PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_SOFT_DIRTY)) | vma_page_prot(vma);

	if (bits & _PAGE_RW && vma->vm_flags & VM_WRITE)
		prot |= _PAGE_RW;
	return prot;
}

static int place_file(struct mm_struct *mm, struct vm_area_struct *vma, pte_t *ptep, u64 addr, u64 prot)
{
	pgoff_t pgoff = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
	s64 got;

	if (!vma->vm_file || vma->vm_file->is_dev_zero || PAGE_ALIGN(file_size(vma->vm_file)) >> PAGE_SHIFT <= pgoff)
		return 0; // it comes when it is needed, or is SIGBUS
	if (!(vma->vm_flags & VM_SHARED))
		prot &= ~_PAGE_RW;
	got = file_get_pfn(vma->vm_file, pgoff, prot & _PAGE_RW);
	if (got <= 0)
		return 0;
	set_page_pte(vma, ptep, (pfn_t)got, prot, NULL);
	file_put_pfn(vma->vm_file, got);
	return 0;
}

static int place_page(struct mm_struct *mm, u64 kind, u64 addr, u64 bits, const u8 *data)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	pte_t *ptep;
	pfn_t pfn;

	if (!vma || vma->special || addr & ~PAGE_MASK)
		return -EINVAL;
	if ((kind == PAGE_ANON || kind == PAGE_EMPTY) && (vma->vm_flags & VM_SHARED || !vma->anon_vma))
		return -EINVAL;
	if (kind == PAGE_ZERO && (vma->vm_flags & VM_SHARED || (vma->vm_file && !vma->vm_file->is_dev_zero)))
		return -EINVAL;
	if (kind == PAGE_GUARD && !(vma->vm_flags & VM_MAYBE_GUARD))
		return -EINVAL;
	ptep = pte_alloc(mm, addr);
	if (!ptep)
		return -ENOMEM;
	if (!pte_none(*ptep))
		return -EINVAL;
	switch (kind) {
	case PAGE_GUARD:
		*ptep = PTE_MARKER_GUARD;
		return 0;
	case PAGE_ZERO:
		set_page_pte(vma, ptep, mm->phys->zero_pfn, (page_prot(vma, bits) & ~_PAGE_RW) | _PAGE_SPECIAL, NULL);
		return 0;
	case PAGE_FILE:
		return place_file(mm, vma, ptep, addr, page_prot(vma, bits));
	}
	pfn = data ? frame_alloc_dirty(mm->phys) : frame_alloc(mm->phys);
	if (!pfn)
		return -ENOMEM;
	if (data)
		memcpy(pfn_to_host(mm->phys, pfn), data, PAGE_SIZE);
	__atomic_fetch_or(&pfn_to_page(mm->phys, pfn)->flags, PG_ANON, __ATOMIC_RELAXED);
	__atomic_fetch_and(&pfn_to_page(mm->phys, pfn)->flags, ~(PG_RECYCLED | PG_HOLLOW), __ATOMIC_RELAXED);
	set_page_pte(vma, ptep, pfn, page_prot(vma, bits), NULL);
	return 0;
}

static int read_pages(struct mm_struct *mm, struct stream_in *in, char *why)
{
	u64 kind, addr, bits;
	const u8 *data;
	int err = 0;

	while (!err && (kind = get_u64(in)) != PAGE_END) {
		addr = get_u64(in);
		bits = get_u64(in);
		data = kind == PAGE_ANON ? get_bytes(in, PAGE_SIZE) : NULL;
		if (in->bad || kind > PAGE_GUARD)
			break;
		pthread_mutex_lock(&mm->page_table_lock);
		err = place_page(mm, kind, addr, bits, data);
		pthread_mutex_unlock(&mm->page_table_lock);
	}
	if (in->bad || (!err && kind != PAGE_END))
		err = -EINVAL;
	return err == -EINVAL ? fail(why, err, "a page is not where one can be", "") : err;
}

// ---- the mm_struct's own ----

// Plain numbers, in this order in the file.
#define FIELDS(F)                                                                                                        \
	F(mmap_base) F(mmap_legacy_base) F(hiwater_rss) F(hiwater_vm) F(pinned_vm) F(locked_vm_stale) F(def_flags)       \
	F(start_code) F(end_code) F(start_data) F(end_data) F(start_brk) F(brk) F(start_stack) F(arg_start) F(arg_end)   \
	F(env_start) F(env_end) F(vma_births) F(min_flt) F(maj_flt) F(context.vdso)
#define MM_FLAGS (((1UL << MMF_OOM_VICTIM) - 1) | MMF_HAS_MDWE | MMF_HAS_MDWE_NO_INHERIT | MMF_VM_MERGE_ANY)

static bool fields_are_sound(const struct mm_struct *mm)
{
	const u64 addrs[] = {mm->mmap_base, mm->mmap_legacy_base, mm->start_code, mm->end_code, mm->start_data, mm->end_data,
			     mm->start_brk, mm->brk, mm->start_stack, mm->arg_start, mm->arg_end, mm->env_start, mm->env_end,
			     mm->context.vdso};

	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++) {
		if (addrs[i] > TASK_SIZE)
			return false;
	}
	return !((mm->mmap_base | mm->mmap_legacy_base | mm->context.vdso) & ~PAGE_MASK) && mm->start_brk <= mm->brk &&
	       mm->start_code <= mm->end_code && mm->arg_start <= mm->arg_end && mm->env_start <= mm->env_end &&
	       mm->arg_end - mm->arg_start <= 1UL << 30 && mm->env_end - mm->env_start <= 1UL << 30 &&
	       !(mm->def_flags & ~(VM_LOCKED | VM_LOCKONFAULT | VM_NOHUGEPAGE | VM_MERGEABLE)) && mm->hiwater_vm < 1UL << 36 &&
	       mm->hiwater_rss < 1UL << 36 && !mm->pinned_vm && mm->locked_vm_stale < 1UL << 36;
}

int mm_snapshot_write(const struct mm_snapshot *s, struct stream_out *out, char *why)
{
	const struct mm_struct *mm = &s->fields;
	int err = 0;

	why[0] = '\0';
	if (!s->mm)
		return fail(why, -ESTALE, "the process has executed another program since", "");
	if (s->broken)
		return -ENOMEM;
#define PUT(field) put_u64(out, mm->field);
	FIELDS(PUT)
#undef PUT
	put_u64(out, mm->flags & MM_FLAGS);
	put_u64(out, s->mm->env->personality);
	put_bytes(out, mm->saved_auxv, sizeof(mm->saved_auxv));
	put_u64(out, mm->exe_file != NULL);
	if (mm->exe_file)
		err = write_file(NULL, mm->exe_file, out, why);
	put_u64(out, (u64)s->nr_vmas);
	for (int i = 0; i < s->nr_vmas && !err; i++)
		err = write_area(s, i, out, why);
	if (!err)
		write_pages(s, out);
	return err;
}

static int read_areas(struct mm_struct *mm, struct stream_in *in,
		      const struct vm_special_mapping *(*special)(struct phys *phys, const char *name), char *why)
{
	u64 nr = get_u64(in), births = mm->vma_births;
	struct vm_area_struct **areas;
	int err = 0;

	if (in->bad || nr > AREAS_MAX)
		return fail(why, -EINVAL, "there are too many mappings", "");
	areas = calloc(nr + 1, sizeof(struct vm_area_struct *));
	if (!areas)
		return -ENOMEM;
	for (u64 i = 0; i < nr && !err; i++)
		err = read_area(mm, in, areas, i, special, why);
	free(areas);
	mm->vma_births = births;
	return err;
}

int mm_snapshot_read(struct mm_struct *mm, struct stream_in *in,
		     const struct vm_special_mapping *(*special)(struct phys *phys, const char *name), char *why)
{
	FILE *log;
	int err;

	why[0] = '\0';
	pthread_rwlock_wrlock(&mm->mmap_sem);
#define GET(field) mm->field = get_u64(in);
	FIELDS(GET)
#undef GET
	mm->flags = get_u64(in) & MM_FLAGS;
	mm->env->personality = (u32)get_u64(in);
	get_into(in, mm->saved_auxv, sizeof(mm->saved_auxv));
	err = in->bad || !fields_are_sound(mm) ? fail(why, -EINVAL, "the fields of the mm_struct contradict each other", "") : 0;
	if (!err && get_u64(in) == 1)
		err = read_file(mm, in, &mm->exe_file, why);
	if (!err) {
		mm_layout_resume(mm);
		err = read_areas(mm, in, special, why);
	}
	if (!err)
		err = read_pages(mm, in, why);
	pthread_rwlock_unlock(&mm->mmap_sem);
	if (err)
		return err;
	log = fopen("/dev/null", "w");
	if (log && mm_check(mm, log))
		err = fail(why, -EINVAL, "the mappings contradict each other", "");
	if (log)
		fclose(log);
	return err;
}
