// SPDX-License-Identifier: GPL-2.0-or-later
/* Operations: the memory calls, and what the guest and the kernel do in memory. */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include "mm/pagemap.h"
#include "mm_world.h"

void remember(struct world *w, unsigned which, s64 addr)
{
	if (addr > 0 || addr < -4095)
		w->mms[which].recent[w->mms[which].nr_recent++ % NR_RECENT] = (u64)addr;
}

void op_mmap(struct world *w, struct args *a)
{
	static const unsigned long extra[] = {MAP_NORESERVE, MAP_POPULATE, MAP_LOCKED,	MAP_GROWSDOWN,
					      MAP_STACK,     MAP_32BIT,	   MAP_HUGETLB, MAP_SYNC};
	unsigned long prot = a->b[5] & 7, flags = 0;
	u8 how = a->b[6], more = a->b[7];
	struct file *file = NULL;

	flags |= (how & 3) == 0 ? MAP_SHARED : (how & 3) == 1 ? MAP_SHARED_VALIDATE : MAP_PRIVATE;
	if ((how & 0x83) == 0x83)
		flags = MAP_DROPPABLE;
	if (how & 4)
		flags |= MAP_FIXED;
	if ((how & 0x18) == 0x18)
		flags |= MAP_FIXED_NOREPLACE;
	if (how & 0x20)
		flags |= MAP_ANONYMOUS;
	if (a->b[5] & 0x80)
		flags |= extra[more & 7];
	if (!(flags & MAP_ANONYMOUS) && file_from_fd(w->phys, a->fd, &file))
		return;
	if (flags & (MAP_POPULATE | MAP_LOCKED) && a->len > POPULATE_MAX && a->len < 1UL << 46)
		a->len = POPULATE_MAX;
	/* Shared anonymous memory is a memfd, and would really be that large. */
	if ((how & 3) < 2 && a->len > FILE_MAX && a->len < 1UL << 46)
		a->len = FILE_MAX;
	remember(w, a->which,
		 do_mmap(a->mm, file, a->addr, a->len, prot, flags,
			 (u64)(more >> 3) << (PAGE_SHIFT + (how >> 6 & 1) * 5)));
	if (file)
		fput(file);
}

void op_munmap(struct world *w, struct args *a)
{
	do_munmap(a->mm, a->addr, a->len);
}

void op_mprotect(struct world *w, struct args *a)
{
	static const unsigned long odd[] = {PROT_GROWSDOWN, PROT_GROWSUP, 0x80,
					    PROT_GROWSDOWN | PROT_GROWSUP};

	do_mprotect(a->mm, a->addr, a->len, (a->b[5] & 7) | (a->b[5] >= 0xe0 ? odd[a->b[6] & 3] : 0));
}

void op_mremap(struct world *w, struct args *a)
{
	u64 new_addr = decode_addr(w, a->which, a->b + 6);
	unsigned long flags = a->b[1] >> 4 & 7; /* MAYMOVE, FIXED, DONTUNMAP */

	if (!(a->b[1] & 0x80))
		flags |= MREMAP_MAYMOVE;
	remember(w, a->which, do_mremap(a->mm, a->addr, a->len, decode_len(a->b[5]), flags, new_addr));
}

void op_madvise(struct world *w, struct args *a)
{
	static const int advice[] = {0,	 1,  2,	 3,  4,	 8,  9,	 10,  11,  12,	13,  14, 15,  16,  17, 18,
				     19, 20, 21, 22, 23, 24, 25, 100, 101, 102, 103, 5,	 102, 103, 4,  8};

	do_madvise(a->mm, a->addr, a->len, advice[a->b[5] & 31]);
}

void op_mlock(struct world *w, struct args *a)
{
	switch (a->b[5] & 7) {
	case 0:
	case 1:
		do_mlock(a->mm, a->addr, a->len, 0);
		break;
	case 2:
		do_mlock(a->mm, a->addr, a->len, MLOCK_ONFAULT);
		break;
	case 3:
	case 4:
		do_munlock(a->mm, a->addr, a->len);
		break;
	case 5:
		do_mlockall(a->mm, a->b[6] & 15);
		break;
	default:
		do_munlockall(a->mm);
	}
}

void op_look(struct world *w, struct args *a)
{
	char name[256];
	u8 vec[64];
	struct vm_area_struct *vma;
	u64 entry[4], pages = a->len >> PAGE_SHIFT;

	do_mincore(a->mm, a->addr, pages < sizeof(vec) ? pages : sizeof(vec), vec);
	do_msync(a->mm, a->addr, a->len, a->b[5] & 7);
	user_range_ready(a->mm, a->addr, a->len < FILE_MAX ? a->len : PAGE_SIZE, a->b[5] & 8);
	vma = find_vma(a->mm, a->addr);
	if (vma)
		vma_name(vma, name, a->b[6] ? sizeof(name) : 1);
	pgtable_walk(a->mm, a->addr, entry);
}

void op_brk(struct world *w, struct args *a)
{
	if (a->b[5] & 1)
		vm_brk(a->mm, PAGE_ALIGN_DOWN(a->addr), a->len, a->b[5] & 2);
	else
		do_brk(a->mm, a->addr);
}

/* The guest's own accesses: up to 32 pages, and what a handler of Linux's would do about a file that shrank.
 */
void op_touch(struct world *w, struct args *a)
{
	enum mm_access access = a->b[5] % 3;
	struct oracle *o = &w->mms[a->which].oracle;
	u64 pages = a->len >> PAGE_SHIFT ? a->len >> PAGE_SHIFT : 1, addr = a->addr, where;
	struct mm_fault fault;

	for (u64 i = 0; i < pages && i < 32; i++, addr += PAGE_SIZE) {
		volatile u8 *host;

		if (oracle_translate(o, addr, access, &fault)) {
			if (fault.retry)
				continue;
			if (fault.signo == SIGKILL)
				break;
			if (!(a->b[5] & 0x80))
				break;
			continue;
		}
		host = (u8 *)phys_to_host(w->phys, fault.paddr) + (addr & ~PAGE_MASK);
		if (access == MM_WRITE) {
			oracle_guest_store(o, fault.paddr);
			*host = a->b[6] + (u8)i;
		} else {
			(void)*host;
		}
		if (phys_sigbus_pending(w->phys))
			mm_sigbus_fixup(a->mm, &where);
	}
}

void op_copy(struct world *w, struct args *a)
{
	u8 buf[3 * PAGE_SIZE];
	size_t n = a->len < sizeof(buf) ? a->len : sizeof(buf);

	memset(buf, a->b[6], sizeof(buf));
	switch (a->b[5] % 9) {
	case 0:
		copy_from_user(a->mm, buf, a->addr, n);
		break;
	case 1:
	case 2:
		copy_to_user(a->mm, a->addr, buf, n);
		break;
	case 3:
		clear_user(a->mm, a->addr, a->len < FILE_MAX ? a->len : FILE_MAX);
		break;
	case 4:
		strncpy_from_user(a->mm, (char *)buf, a->addr, n);
		break;
	case 5:
		strnlen_user(a->mm, a->addr, n);
		break;
	case 6:
		user_ptr(a->mm, a->addr, a->b[6] & 15, a->b[6] & 16);
		break;
	default:
		access_remote_vm(a->mm, a->addr, buf, n, a->b[5] % 9 == 7);
	}
}

/* Pins live on over other operations; the host stores through them just before they go. */
void unpin(struct world *w, int i, size_t stored)
{
	struct user_pin *pin = &w->pins[i].pin;
	size_t left = pin->write ? stored : 0;

	for (int v = 0; v < pin->count && left; v++) {
		struct iovec *iov = &user_pin_iov(pin)[v];
		size_t n = left < iov->iov_len ? left : iov->iov_len;

		memset(iov->iov_base, 0x5a, n);
		left -= n;
	}
	user_unpin(pin, pin->write ? stored : 0);
	w->pins[i].held = false;
}

void op_pin(struct world *w, struct args *a)
{
	int i = a->b[6] % NR_PINS;

	if (w->pins[i].held)
		unpin(w, i, (size_t)a->b[7] << 6);
	else
		w->pins[i].held = !user_pin(a->mm, &w->pins[i].pin, a->addr,
					    a->len < FILE_MAX ? a->len : FILE_MAX, a->b[5] & 1);
}

void op_name(struct world *w, struct args *a)
{
	static const char *const names[] = {NULL, "a", "b", "a longer name"};

	if (a->b[5] & 4)
		do_mseal(a->mm, a->addr, a->len, a->b[5] & 8);
	else
		madvise_set_anon_name(a->mm, a->addr, a->len, names[a->b[5] & 3]);
}
