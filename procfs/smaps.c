// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/self/smaps and smaps_rollup. Which lines there are, and in which order, differs from kernel to
 * kernel, so that is taken from the host's own first record; the numbers are the guest's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include "mm/pagemap.h"
#include "procfs/internal.h"

#define TEMPLATE_SIZE 4096

/* What all records of one file have in common. */
struct smaps_view {
	struct host_pages hp;
	struct proc_thp thp;
	char labels[TEMPLATE_SIZE]; /* of the host's lines, each with its NUL */
	size_t len;
};

/* A label that is followed by a number. Lines of maps have no colon before their first space. */
static bool is_label(const char *line, size_t n)
{
	return n && line[n] == ':' && !memchr(line, ' ', n) && !memchr(line, '-', n);
}

/* The labels of the host's first record. */
static int read_labels(struct smaps_view *v)
{
	s64 fd = HOST(SYS_open, (uintptr_t) "/proc/self/smaps", O_RDONLY | O_CLOEXEC), n;
	char text[TEMPLATE_SIZE], *save;

	if (fd < 0)
		return (int)fd;
	n = HOST(SYS_read, fd, (uintptr_t)text, sizeof(text) - 1);
	HOST(SYS_close, fd);
	if (n < 0)
		return (int)n;
	text[n] = '\0';
	v->len = 0;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		size_t label = strcspn(line, ":");

		if (!is_label(line, label))
			continue;
		line[label] = '\0';
		memcpy(v->labels + v->len, line, label + 1);
		v->len += label + 1;
		if (!strcmp(line, "VmFlags"))
			break;
	}
	return 0;
}

static struct smaps_view *view_open(struct task_struct *t, int *err)
{
	struct smaps_view *v = malloc(sizeof(*v));

	*err = v ? read_labels(v) : -ENOMEM;
	if (*err) {
		free(v);
		return NULL;
	}
	proc_thp_read(&v->thp);
	host_pages_open(t->ulk->phys, &v->hp);
	return v;
}

void proc_smaps_release(void *view)
{
	struct smaps_view *v = view;

	host_pages_close(&v->hp);
	free(v);
}

/* A line about pages: the label, and in kB what it says. False: there is nothing of that here, so 0. */
static u64 counted(const char *label, const struct mem_size_stats *m)
{
	const struct {
		const char *label;
		u64 bytes;
	} rows[] = {
		{"Rss", m->resident},
		{"Pss", m->pss >> PSS_SHIFT},
		{"Pss_Dirty", m->pss_dirty >> PSS_SHIFT},
		{"Pss_Anon", m->pss_anon >> PSS_SHIFT},
		{"Pss_File", m->pss_file >> PSS_SHIFT},
		{"Pss_Shmem", m->pss_shmem >> PSS_SHIFT},
		{"Shared_Clean", m->shared_clean},
		{"Shared_Dirty", m->shared_dirty},
		{"Private_Clean", m->private_clean},
		{"Private_Dirty", m->private_dirty},
		{"Referenced", m->referenced},
		{"Anonymous", m->anonymous},
		{"LazyFree", m->lazyfree},
		{"AnonHugePages", m->anon_huge},
		{"Locked", m->pss_locked >> PSS_SHIFT},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(label, rows[i].label))
			return rows[i].bytes;
	return 0; /* hugetlbfs, KSM and swap: there is none of it */
}

static void put_kib(FILE *out, const char *label, u64 bytes)
{
	int width = fprintf(out, "%s:", label);

	fprintf(out, "%*s%8lu kB\n", width < 16 ? 16 - width : 0, "", bytes >> 10);
}

const char *proc_vm_flag_name(unsigned bit)
{
	static const char names[64][3] = {
		"rd", "wr", "ex", "sh", "mr", "mw", "me", "ms", "gd",	     "",	  "pf", "gu",
		"",   "lo", "io", "sr", "rr", "dc", "de", "lf", "ac",	     "nr",	  "ht", "sf",
		"ar", "wf", "dd", "sd", "mm", "hg", "nh", "mg", [40] = "dp", [42] = "sl",
	};

	return *names[bit] ? names[bit] : "??";
}

static void put_vm_flags(FILE *out, vm_flags_t flags)
{
	fputs("VmFlags: ", out);
	for (unsigned bit = 0; bit < 64; bit++) {
		if (flags & (1UL << bit))
			fprintf(out, "%s ", proc_vm_flag_name(bit));
	}
	putc('\n', out);
}

/* The flags as the host's kernel is configured to have them. */
static vm_flags_t shown_flags(struct task_struct *t, vm_flags_t flags)
{
	return soft_dirty_on(t->ulk->phys) ? flags : flags & ~VM_SOFTDIRTY;
}

static bool put_area_line(FILE *out, const char *label, const struct smaps_view *v, u64 size,
			  vm_flags_t flags, const struct vm_area_struct *vma)
{
	if (!strcmp(label, "Size"))
		put_kib(out, label, size);
	else if (!strcmp(label, "KernelPageSize") || !strcmp(label, "MMUPageSize"))
		put_kib(out, label, PAGE_SIZE);
	else if (!strcmp(label, "THPeligible"))
		fprintf(out, "THPeligible:    %8u\n", vma && proc_thp_eligible(&v->thp, vma));
	else if (!strcmp(label, "VmFlags"))
		put_vm_flags(out, flags);
	else
		return !strcmp(label, "ProtectionKey"); /* the guest's CPU has none */
	return true;
}

/* The flags of the kernel's gate_vma, from its permissions in maps. */
static vm_flags_t gate_flags(const char *line)
{
	const char *perms = strchr(line, ' ');

	return VM_EXEC | (perms && perms[1] == 'r' ? VM_READ : 0);
}

static void show_smap(struct task_struct *t, FILE *out, struct vm_area_struct *vma, void *arg)
{
	struct smaps_view *v = arg;
	struct mem_size_stats mss = {0};
	u64 size = vma ? vma->vm_end - vma->vm_start : PAGE_SIZE;
	vm_flags_t flags;

	if (vma) {
		host_pages_fresh(&v->hp);
		smap_gather_stats(vma, 0, &v->hp, &mss);
		proc_show_map_vma(out, vma);
		flags = shown_flags(t, vma->vm_flags);
	} else {
		fprintf(out, "%s\n", proc_vsyscall_line(t));
		flags = gate_flags(proc_vsyscall_line(t));
	}
	for (const char *label = v->labels; label < v->labels + v->len; label += strlen(label) + 1) {
		if (!put_area_line(out, label, v, size, flags, vma))
			put_kib(out, label, counted(label, &mss));
	}
}

int proc_smaps_record(struct task_struct *t, u64 *index, void **view, FILE *out)
{
	int err;

	if (*index == PROC_VMA_END)
		return 0;
	if (!*view)
		*view = view_open(t, &err);
	return *view ? proc_vma_record(t, index, out, show_smap, *view) : err;
}

int proc_smaps_text(struct task_struct *t, FILE *out)
{
	void *view = NULL;
	u64 index = 0;
	int r;

	while ((r = proc_smaps_record(t, &index, &view, out)) > 0)
		;
	if (view)
		proc_smaps_release(view);
	return r;
}

/* The lines of rollup: those of a record that are sums, and the kinds of Pss. */
static void put_rollup_label(FILE *out, const char *label, const struct mem_size_stats *mss, bool has_dirty)
{
	static const char *const not_summed[] = {
		"Size", "KernelPageSize", "MMUPageSize", "THPeligible", "ProtectionKey", "VmFlags",
	};

	for (size_t i = 0; i < ARRAY_SIZE(not_summed); i++)
		if (!strcmp(label, not_summed[i]))
			return;
	put_kib(out, label, counted(label, mss));
	if (!strcmp(label, has_dirty ? "Pss_Dirty" : "Pss")) {
		put_kib(out, "Pss_Anon", counted("Pss_Anon", mss));
		put_kib(out, "Pss_File", counted("Pss_File", mss));
		put_kib(out, "Pss_Shmem", counted("Pss_Shmem", mss));
	}
}

int proc_smaps_rollup_text(struct task_struct *t, FILE *out)
{
	struct mm_struct *mm = t->mm;
	struct mem_size_stats mss = {0};
	struct vm_area_struct *vma;
	struct smaps_view *v;
	u64 first, last = 0;
	bool dirty = false;
	int err;

	if (!mm)
		return -ESRCH;
	v = view_open(t, &err);
	if (!v)
		return err;
	pthread_rwlock_rdlock(&mm->mmap_sem);
	first = mm->mmap ? mm->mmap->vm_start : 0;
	for_each_vma (mm, vma) {
		smap_gather_stats(vma, 0, &v->hp, &mss);
		last = vma->vm_end;
	}
	pthread_rwlock_unlock(&mm->mmap_sem);
	proc_put_map_header(out, first, last, "---p", 0, 0, 0, "[rollup]");
	for (const char *label = v->labels; label < v->labels + v->len; label += strlen(label) + 1)
		dirty |= !strcmp(label, "Pss_Dirty");
	for (const char *label = v->labels; label < v->labels + v->len; label += strlen(label) + 1)
		put_rollup_label(out, label, &mss, dirty);
	proc_smaps_release(v);
	return 0;
}
