// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "kernel/determin.h"
#include "kernel/robust.h"

#define ROBUST_LIST_LIMIT 2048
/* More than a program holds at once; the rest the host's kernel does not hear of. */
#define SHOWN_MAX 64

struct guest_head {
	u64 next, offset, pending;
};

/* A mutex whose owner dies: mark it, and wake one who waits for it (the kernel's handle_futex_death). */
static void futex_death(struct task_struct *t, u64 uaddr, bool pi)
{
	u32 *word = uaddr & 3 ? NULL : user_ptr(t->mm, uaddr, sizeof(u32), true), old, new;

	if (!word)
		return;
	old = __atomic_load_n(word, __ATOMIC_ACQUIRE);
	do {
		if ((old & FUTEX_TID_MASK) != (u32)t->tid)
			return;
		new = (old & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
	} while (!__atomic_compare_exchange_n(word, &old, new, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	if (pi || !(old & FUTEX_WAITERS))
		return;
	if (unlikely(t->ulk->det))
		det_futex(t->ulk, word, FUTEX_WAKE, 1, 0, NULL, 0);
	else
		HOST(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void show_nothing(struct task_struct *t)
{
	t->host_robust.next = &t->host_robust.next;
	t->host_robust.shown = false;
}

/* The kernel cannot walk the list itself, since its addresses are the guest's. */
void robust_exit(struct task_struct *t)
{
	struct guest_head head;
	u64 entry, next;

	if (!t->robust_list || copy_from_user(t->mm, &head, t->robust_list, sizeof(head)))
		return;
	entry = head.next;
	for (int i = 0; i < ROBUST_LIST_LIMIT && (entry & ~1UL) != t->robust_list; i++) {
		if (get_user(t->mm, next, entry & ~1UL))
			return;
		if (entry != head.pending)
			futex_death(t, (entry & ~1UL) + head.offset, entry & 1);
		entry = next;
	}
	if (head.pending)
		futex_death(t, (head.pending & ~1UL) + head.offset, head.pending & 1);
}

/* ---- the host's list ---- */

/* Where the entries lie, relative to the guest's physical memory in the host. */
static bool make_shadow(struct ulk *ulk)
{
	void *p;

	if (ulk->robust_shadow)
		return ulk->robust_shadow != MAP_FAILED;
	p = mmap(NULL, ulk->phys->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ulk->robust_shadow = p;
	return p != MAP_FAILED;
}

static bool announce(struct task_struct *t)
{
	struct ulk *ulk = t->ulk;

	if (t->host_robust.known)
		return true;
	if (!make_shadow(ulk))
		return false;
	show_nothing(t);
	t->host_robust.offset = (u8 *)ulk->phys->base - (u8 *)ulk->robust_shadow;
	t->host_robust.pending = NULL;
	t->host_robust.known = !HOST(SYS_set_robust_list, &t->host_robust.next, sizeof(struct robust_list_head));
	return t->host_robust.known;
}

/* The futex word of a mutex that the thread holds, in memory that other processes may have; else NULL. */
static u32 *shared_word(struct task_struct *t, u64 uaddr)
{
	const struct phys *phys = t->ulk->phys;
	u32 val, *word;

	if (uaddr & 3 || get_user(t->mm, val, uaddr) || (val & FUTEX_TID_MASK) != (u32)t->tid)
		return NULL;
	word = user_ptr(t->mm, uaddr, sizeof(u32), false);
	return word && (u8 *)word >= phys->base + phys->windows_start ? word : NULL;
}

static void build(struct task_struct *t, const struct guest_head *head)
{
	void *last = &t->host_robust.next;
	u64 entry = head->next, next;
	void **link = &t->host_robust.next;

	show_nothing(t);
	for (int i = 0; i < SHOWN_MAX && (entry & ~1UL) != t->robust_list; i++, entry = next) {
		u32 *word = shared_word(t, (entry & ~1UL) + head->offset);
		u8 *node;

		if (get_user(t->mm, next, entry & ~1UL))
			break;
		if (!word)
			continue;
		node = (u8 *)word - t->host_robust.offset;
		/* An entry is larger than a futex word: of two neighbours one is left out. */
		if (node < (u8 *)link + sizeof(void *) && node + sizeof(void *) > (u8 *)link)
			continue;
		*(void **)node = last;
		*link = node + (entry & 1);
		link = (void **)node;
		t->host_robust.shown = true;
	}
}

void robust_show_list(struct task_struct *t)
{
	struct guest_head head;

	if (copy_from_user(t->mm, &head, t->robust_list, sizeof(head)))
		return;
	if (head.next == t->robust_list) {
		if (t->host_robust.shown)
			show_nothing(t);
		return;
	}
	if (announce(t))
		build(t, &head);
}

void robust_forked(struct task_struct *t)
{
	t->host_robust.known = t->host_robust.shown = false;
}

void robust_withdraw(struct task_struct *t)
{
	if (t->host_robust.known)
		HOST(SYS_set_robust_list, NULL, sizeof(struct robust_list_head));
	robust_forked(t);
}

void robust_done(struct ulk *ulk)
{
	if (ulk->robust_shadow && ulk->robust_shadow != MAP_FAILED)
		munmap(ulk->robust_shadow, ulk->phys->size);
	ulk->robust_shadow = NULL;
}
