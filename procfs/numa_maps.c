// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/self/numa_maps */
#include <errno.h>
#include <limits.h>
#include <linux/mempolicy.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include "mm/mempolicy.h"
#include "mm/pagemap.h"
#include "procfs/internal.h"

/* The memory policy of the area, or else of the process, which is the host's for its pages, as the kernel's
 * mpol_to_str() has it. */
static void put_policy(FILE *out, const struct vm_area_struct *vma)
{
	static const char *const names[] = {
		"default", "prefer", "bind", "interleave", "local", "prefer (many)", "weighted interleave",
	};
	unsigned long nodes[NUMA_NODES / 64] = {0};
	const char *sep = ":";
	int mode = 0, flags;

	if (vma->vm_policy) {
		mode = vma->vm_policy->mode;
		memcpy(nodes, vma->vm_policy->nodes, sizeof(nodes));
	} else if (HOST(SYS_get_mempolicy, (uintptr_t)&mode, (uintptr_t)nodes, NUMA_NODES, 0, 0) < 0) {
		mode = 0;
	}
	flags = mode & ~0xff;
	mode &= 0xff;
	fputs((size_t)mode < ARRAY_SIZE(names) ? names[mode] : "unknown", out);
	if (flags & MPOL_F_STATIC_NODES)
		fputs("=static", out);
	else if (flags & MPOL_F_RELATIVE_NODES)
		fputs("=relative", out);
	for (int first = 0, last; first < NUMA_NODES; first = last + 1) {
		last = first;
		if (!(nodes[first / 64] & (1UL << first % 64)))
			continue;
		while (last + 1 < NUMA_NODES && nodes[(last + 1) / 64] & (1UL << (last + 1) % 64))
			last++;
		fprintf(out, last > first ? "%s%d-%d" : "%s%d", sep, first, last);
		sep = ",";
	}
}

/* seq_path() with the escapes of numa_maps. */
static void put_path(FILE *out, const char *s)
{
	for (; *s; s++)
		fprintf(out, strchr("\n\t= ", *s) ? "\\%03o" : "%c", *s);
}

static void show_numa_map(struct task_struct *t, FILE *out, struct vm_area_struct *vma, void *arg)
{
	struct numa_stats md = {0};
	char name[PATH_MAX + 16];

	(void)t;
	if (!vma)
		return;
	fprintf(out, "%08lx ", vma->vm_start);
	put_policy(out, vma);
	vma_name(vma, name, sizeof(name));
	if (vma->vm_file) {
		fputs(" file=", out);
		put_path(out, name);
	} else if (!strcmp(name, "[heap]")) {
		fputs(" heap", out);
	} else if (!strcmp(name, "[stack]")) {
		fputs(" stack", out);
	}
	numa_gather_stats(vma, arg, &md);
	if (md.anon)
		fprintf(out, " anon=%lu", md.anon);
	if (md.dirty)
		fprintf(out, " dirty=%lu", md.dirty);
	if (md.pages != md.anon && md.pages != md.dirty)
		fprintf(out, " mapped=%lu", md.pages);
	if (md.mapcount_max > 1)
		fprintf(out, " mapmax=%lu", md.mapcount_max);
	if (md.active < md.pages)
		fprintf(out, " active=%lu", md.active);
	for (int nid = 0; nid < NUMA_NODES; nid++)
		if (md.node[nid])
			fprintf(out, " N%d=%lu", nid, md.node[nid]);
	if (md.pages)
		fprintf(out, " kernelpagesize_kB=%lu", PAGE_SIZE >> 10);
	putc('\n', out);
}

void proc_numa_maps_release(void *view)
{
	host_pages_close(view);
	free(view);
}

int proc_numa_maps_record(struct task_struct *t, u64 *index, void **view, FILE *out)
{
	if (!*view) {
		*view = malloc(sizeof(struct host_pages));
		if (!*view)
			return -ENOMEM;
		host_pages_open(t->ulk->phys, *view);
		((struct host_pages *)*view)->want_active = true;
	}
	host_pages_fresh(*view);
	return proc_vma_record(t, index, out, show_numa_map, *view);
}
