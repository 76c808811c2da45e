// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NUMA: policies of threads and areas, and where pages are. The nodes are the host's. A thread's policy is its host
 * thread's; an area's is tried on a page of ulk's own, so that the host says what is valid and what it amounts to, and then
 * kept in the area (mm/mempolicy.h).
 */
#include <linux/mempolicy.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "mm/mempolicy.h"
#include "mm/window.h"
#include "syscalls/handlers.h"
#include "syscalls/hostarg.h"
#include "syscalls/marshal.h"

#ifndef SYS_set_mempolicy_home_node
#define SYS_set_mempolicy_home_node 450
#endif

/* What the host reads or writes of a mask of @maxnode - 1 bits; it refuses more than a page before it looks. */
static size_t mask_bytes(u64 maxnode)
{
	u64 bits = maxnode - 1;

	return !maxnode || bits > PAGE_SIZE * 8 ? 0 : (bits + 63) / 64 * 8;
}

static void *mask_in(struct task_struct *t, struct host_obj *obj, u64 addr, u64 maxnode)
{
	size_t size = mask_bytes(maxnode);

	if (!size || !addr) {
		memset(obj, 0, sizeof(*obj));
		return addr ? BAD_HOST_PTR : NULL;
	}
	return OBJ_IN(t, obj, addr, size);
}

SYSCALL(set_mempolicy)
{
	struct host_obj mask;
	s64 ret = HOST(SYS_set_mempolicy, a[0], mask_in(t, &mask, a[1], a[2]), a[2]);

	obj_free(&mask);
	return ret;
}

SYSCALL(migrate_pages)
{
	struct host_obj old, new;
	void *from = mask_in(t, &old, a[2], a[1]), *to = mask_in(t, &new, a[3], a[1]);
	s64 ret = HOST(SYS_migrate_pages, (int)a[0], a[1], from, to);

	obj_free(&old);
	obj_free(&new);
	return ret;
}

/* ---- areas ---- */

/* A page to try policies on; NULL when there is no memory. */
static u8 *probe_page(void)
{
	void *p = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* The policy the host has for @probe: NULL for the default one, or when there is no memory (*err). */
static struct mempolicy *policy_of(const u8 *probe, s64 *err)
{
	struct mempolicy *pol = calloc(1, sizeof(*pol));

	*err = pol ? HOST(SYS_get_mempolicy, &pol->mode, pol->nodes, NUMA_NODES + 1, probe, MPOL_F_ADDR) : -ENOMEM;
	if (*err < 0 || pol->mode == MPOL_DEFAULT) {
		free(pol);
		return NULL;
	}
	pol->refcount = 1;
	pol->home_node = -1;
	return pol;
}

SYSCALL(mbind)
{
	u64 start = a[0], len = PAGE_ALIGN(a[1]), end = start + len;
	struct mempolicy *pol = NULL;
	struct host_obj mask;
	u8 *probe = probe_page();
	s64 ret;

	if (!probe)
		return -ENOMEM;
	/* As much out of line, and as empty or too long, as what the guest says. */
	ret = HOST(SYS_mbind, probe + (start & ~PAGE_MASK), end < start ? -PAGE_SIZE : len ? PAGE_SIZE : 0, a[2],
		   mask_in(t, &mask, a[3], a[4]), a[4], a[5]);
	obj_free(&mask);
	if (!ret && len) {
		pol = policy_of(probe, &ret);
		if (!ret)
			ret = do_mbind(t->mm, start, end, pol);
		mpol_put(pol);
	}
	munmap(probe, 2 * PAGE_SIZE);
	return ret;
}

SYSCALL(set_mempolicy_home_node)
{
	u64 start = a[0], len = PAGE_ALIGN(a[1]), end = start + len;
	u8 *probe = probe_page();
	s64 ret;

	if (!probe)
		return -ENOMEM;
	ret = HOST(SYS_set_mempolicy_home_node, probe + (start & ~PAGE_MASK),
		   end < start ? -PAGE_SIZE : len ? PAGE_SIZE : 0, a[2], a[3]);
	/* Nothing but that the probe has no policy. */
	if (ret == -ENOENT)
		ret = do_set_home_node(t->mm, start, end, (int)a[2]);
	munmap(probe, 2 * PAGE_SIZE);
	return ret;
}

/* MPOL_F_NODE | MPOL_F_ADDR: the node of the page, which is brought in for that. */
static s64 node_of(struct task_struct *t, u64 addr)
{
	struct mm_fault fault;
	int node;
	s64 ret;

	if (mm_translate(t->mm, addr, MM_READ, &fault))
		return -EFAULT;
	ret = HOST(SYS_get_mempolicy, &node, NULL, 0, phys_to_host(t->ulk->phys, fault.paddr),
		   MPOL_F_NODE | MPOL_F_ADDR);
	return ret < 0 ? ret : node;
}

/* What the host would say of an area with that policy. */
static s64 ask_area(struct task_struct *t, u64 addr, u64 flags, int *mode, void *nodes, u64 maxnode)
{
	struct mempolicy *pol;
	void *where;
	u8 *probe;
	s64 ret = get_vma_policy(t->mm, addr, &pol, &where), node = 0;

	if (ret < 0)
		return ret;
	probe = probe_page();
	if (!probe)
		ret = -ENOMEM;
	if (!ret && flags & MPOL_F_NODE)
		ret = node = node_of(t, addr);
	if (ret >= 0 && pol)
		HOST(SYS_mbind, probe, PAGE_SIZE, pol->mode, pol->nodes, NUMA_NODES + 1, 0);
	if (ret >= 0)
		ret = HOST(SYS_get_mempolicy, mode, nodes, maxnode, where ? where : probe, flags);
	if (!ret && flags & MPOL_F_NODE)
		*mode = (int)node;
	if (probe)
		munmap(probe, 2 * PAGE_SIZE);
	mpol_put(pol);
	return ret;
}

SYSCALL(get_mempolicy)
{
	u64 maxnode = a[2], flags = a[4];
	size_t size = mask_bytes(maxnode);
	u8 *nodes = a[1] ? calloc(1, size + 8) : NULL;
	int mode;
	s64 ret;

	if (a[1] && !nodes)
		return -ENOMEM;
	if (flags & MPOL_F_ADDR && !(flags & ~(u64)(MPOL_F_ADDR | MPOL_F_NODE)))
		ret = ask_area(t, a[3], flags, &mode, nodes, maxnode);
	else
		/* Nothing of the guest's is looked at through the address. */
		ret = HOST(SYS_get_mempolicy, &mode, nodes, maxnode, a[3] ? BAD_HOST_PTR : NULL, flags);
	if (!ret && a[0] && put_user(t->mm, mode, a[0]))
		ret = -EFAULT;
	if (!ret && nodes && copy_to_user(t->mm, a[1], nodes, size))
		ret = -EFAULT;
	free(nodes);
	return ret;
}

/* ---- pages ---- */

/* Where the host has the page of @addr, or what move_pages says of one that is not there. */
static s64 find_page(struct mm_struct *mm, u64 addr, void **host)
{
	struct vm_area_struct *vma;
	s64 ret = -EFAULT;
	pte_t *ptep;

	pthread_rwlock_rdlock(&mm->mmap_sem);
	vma = addr < TASK_SIZE ? vma_lookup(mm, addr) : NULL;
	if (vma) {
		ptep = pte_lookup(mm, addr);
		ret = !ptep || !pte_present(*ptep) ? -ENOENT : *ptep & _PAGE_SPECIAL ? -EFAULT : 0;
		if (!ret && pfn_is_window(mm->phys, pte_pfn(*ptep)))
			window_read(mm->phys, pte_pfn(*ptep));
		if (!ret)
			*host = pfn_to_host(mm->phys, pte_pfn(*ptep));
	}
	pthread_rwlock_unlock(&mm->mmap_sem);
	return ret;
}

/* One page: its status, or an error that ends the call (*fatal). */
static int move_one(struct task_struct *t, u64 addr, const int *node, u64 flags, s64 *fatal)
{
	void *host = NULL;
	s64 found = find_page(t->mm, addr, &host);
	u8 own = 0;
	int status = 0;

	/* That a node does not exist is said of pages that do not, too. */
	if (found < 0)
		host = &own;
	*fatal = HOST(SYS_move_pages, 0, 1, &host, node, &status, flags);
	return found < 0 ? (int)found : status;
}

SYSCALL(move_pages)
{
	u64 nr = a[1], flags = a[5], addr;
	int node, status;
	s64 ret = HOST(SYS_move_pages, (int)a[0], 0, NULL, NULL, NULL, flags), fatal;

	if (ret < 0 || !nr)
		return ret;
	if ((int)a[0] && (int)a[0] != t->pid)
		return -EPERM;
	for (u64 i = 0; i < nr; i++) {
		if (get_user(t->mm, addr, a[2] + i * sizeof(addr)) || (a[3] && get_user(t->mm, node, a[3] + i * sizeof(node))))
			return -EFAULT;
		status = move_one(t, addr, a[3] ? &node : NULL, flags, &fatal);
		if (fatal < 0)
			return fatal;
		if (put_user(t->mm, status, a[4] + i * sizeof(status)))
			return -EFAULT;
	}
	return 0;
}
