// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * [vvar], [vvar_vclock] and [vdso]: our own image in areas of the sizes that the host shows.
 *
 * The image's frames and the three special mappings are made once per struct phys and live as long as
 * it does (phys->special_mappings). Our vDSO does not read [vvar]; its pages are there because the
 * kernel's are: those that hold data natively read as zeros, the others give SIGBUS as they do natively.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "loader/internal.h"
#include "mm/stream.h"

#define VDSO_PAGES_MAX 16

struct vdso_pages {
	struct vm_special_mapping vvar, vvar_vclock, vdso;
	pfn_t vvar_pfn[VDSO_PAGES_MAX], vclock_pfn[VDSO_PAGES_MAX], vdso_pfn[VDSO_PAGES_MAX];
};

/* Pages of the host's [vvar] that hold data (time, random); the others are for time namespaces etc. */
#define VVAR_DATA_PAGES ((1u << 0) | (1u << 2))
/* Of [vvar_vclock]: the paravirtual clock's page. */
#define VCLOCK_DATA_PAGES (1u << 0)

/* Sizes as the host's own maps have them; 0 for an area it does not show. */
static void host_sizes(u64 *vvar, u64 *vclock, u64 *vdso)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start, end;
	char line[512], name[32], buf[PAGE_SIZE];

	*vvar = *vclock = *vdso = 0;
	if (!maps)
		return;
	setvbuf(maps, buf, _IOFBF, sizeof(buf));   /* what the kernel hands out at most in one go */
	while (fgets(line, sizeof(line), maps)) {
		const char *bracket = strstr(line, "[v");

		if (!bracket || sscanf(line, "%lx-%lx", &start, &end) != 2 ||
		    sscanf(bracket, "%31s", name) != 1)
			continue;
		if (!strcmp(name, "[vvar]"))
			*vvar = (end - start) >> PAGE_SHIFT;
		else if (!strcmp(name, "[vvar_vclock]"))
			*vclock = (end - start) >> PAGE_SHIFT;
		else if (!strcmp(name, "[vdso]"))
			*vdso = (end - start) >> PAGE_SHIFT;
	}
	fclose(maps);
}

static bool fill_data_pages(struct phys *phys, pfn_t *pfn, u64 nr, unsigned data_pages)
{
	for (u64 i = 0; i < nr; i++) {
		if (!(data_pages & (1u << i)))
			continue;
		pfn[i] = frame_alloc(phys);
		if (!pfn[i])
			return false;
	}
	return true;
}

static bool fill_image(struct phys *phys, pfn_t *pfn, u64 nr)
{
	for (u64 i = 0; i < nr; i++) {
		size_t off = i << PAGE_SHIFT;

		pfn[i] = frame_alloc(phys);
		if (!pfn[i])
			return false;
		if (off < ulk_vdso_image_size)
			memcpy(pfn_to_host(phys, pfn[i]), ulk_vdso_image + off,
			       min_t(size_t, PAGE_SIZE, ulk_vdso_image_size - off));
	}
	return true;
}

static void vdso_pages_free(struct phys *phys, struct vdso_pages *v)
{
	for (int i = 0; i < VDSO_PAGES_MAX; i++) {
		if (v->vvar_pfn[i])
			put_page(phys, v->vvar_pfn[i]);
		if (v->vclock_pfn[i])
			put_page(phys, v->vclock_pfn[i]);
		if (v->vdso_pfn[i])
			put_page(phys, v->vdso_pfn[i]);
	}
	free(v);
}

const struct vm_special_mapping *vdso_image(struct phys *phys)
{
	struct vdso_pages *v = phys->special_mappings;
	u64 vvar, vclock, vdso;

	if (v)
		return &v->vdso;
	host_sizes(&vvar, &vclock, &vdso);
	if (vdso << PAGE_SHIFT < ulk_vdso_image_size || vdso > VDSO_PAGES_MAX || vvar > VDSO_PAGES_MAX ||
	    vclock > VDSO_PAGES_MAX)
		return NULL;
	v = calloc(1, sizeof(*v));
	if (!v)
		return NULL;
	v->vvar = (struct vm_special_mapping){"[vvar]", v->vvar_pfn, vvar};
	v->vvar_vclock = (struct vm_special_mapping){"[vvar_vclock]", v->vclock_pfn, vclock};
	v->vdso = (struct vm_special_mapping){"[vdso]", v->vdso_pfn, vdso};
	if (!fill_data_pages(phys, v->vvar_pfn, vvar, VVAR_DATA_PAGES) ||
	    !fill_data_pages(phys, v->vclock_pfn, vclock, VCLOCK_DATA_PAGES) ||
	    !fill_image(phys, v->vdso_pfn, vdso)) {
		vdso_pages_free(phys, v);
		return NULL;
	}
	phys->special_mappings = v;
	return &v->vdso;
}

static int install(struct mm_struct *mm, u64 *addr, const struct vm_special_mapping *spec, vm_flags_t flags)
{
	u64 len = spec->nr_pages << PAGE_SHIFT;
	int err = len ? install_special_mapping(mm, *addr, len, flags, spec) : 0;

	*addr += len;
	return err;
}

/*
 * One free area for all three, [vvar] lowest, where get_unmapped_area puts an unhinted mapping.
 * A host without a vDSO gives its guests none either.
 */
int map_vdso(struct mm_struct *mm)
{
	const vm_flags_t vvar_flags = VM_READ | VM_MAYREAD | VM_IO | VM_DONTDUMP | VM_PFNMAP;
	const struct vm_special_mapping *image = vdso_image(mm->phys);
	struct vdso_pages *v;
	u64 addr, text;
	s64 free_area;
	int err;

	if (!image)
		return 0;
	v = container_of(image, struct vdso_pages, vdso);
	free_area = mm->get_unmapped_area(
		mm, NULL, 0, (v->vvar.nr_pages + v->vvar_vclock.nr_pages + v->vdso.nr_pages) << PAGE_SHIFT, 0,
		0);
	if (free_area < 0)
		return free_area;
	addr = free_area;
	err = install(mm, &addr, &v->vvar, vvar_flags);
	if (!err)
		err = install(mm, &addr, &v->vvar_vclock, vvar_flags);
	text = addr;
	if (!err)
		err = install(mm, &addr, &v->vdso, VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC);
	if (err)
		return err;
	mm->context.vdso = text;
	mm->context.vdso_image = image;
	return 0;
}

const struct vm_special_mapping *vdso_mapping(struct phys *phys, const char *name)
{
	const struct vm_special_mapping *image = vdso_image(phys);
	struct vdso_pages *v;

	if (!image)
		return NULL;
	v = container_of(image, struct vdso_pages, vdso);
	return !strcmp(name, v->vdso.name) ? &v->vdso : !strcmp(name, v->vvar.name) ? &v->vvar
	       : !strcmp(name, v->vvar_vclock.name) ? &v->vvar_vclock : NULL;
}

u64 vdso_sum(void)
{
	return stream_sum(0, ulk_vdso_image, ulk_vdso_image_size);
}
