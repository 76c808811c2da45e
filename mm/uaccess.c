// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's side of the user's memory.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "mm/pages.h"
#include "mm/uaccess.h"

#define PIN_IOV_MAX 1024

static inline void read_lock(struct mm_struct *mm)
{
	pthread_rwlock_rdlock(&mm->mmap_sem);
}

// A kernel-side COW may have left an engine with the old page.
static inline void read_unlock(struct mm_struct *mm)
{
	read_flush(mm);
	pthread_rwlock_unlock(&mm->mmap_sem);
}

static inline size_t page_rest(u64 addr, size_t n)
{
	return min_t(size_t, n, PAGE_SIZE - (addr & ~PAGE_MASK));
}

// Another process truncated the file under the copy that was just made: EFAULT, and no signal.
static inline bool page_lost(struct mm_struct *mm, pfn_t pfn)
{
	struct page *page = pfn_to_page(mm->phys, pfn);

	if (!pfn_is_window(mm->phys, pfn) || likely(!(page->flags & PG_LOST)))
		return false;
	__atomic_fetch_or(&page->flags, PG_LOST_TOLD, __ATOMIC_RELAXED);
	return true;
}

static inline void page_stored(struct mm_struct *mm, pfn_t pfn)
{
	if (unlikely(pfn_to_page(mm->phys, pfn)->flags & PG_CODE))
		invalidate_code_page(mm, pfn);
}

enum copy_op { COPY_FROM, COPY_TO, COPY_CLEAR };

static size_t copy_user(struct mm_struct *mm, enum copy_op op, void *buf, u64 addr, size_t n, unsigned flags)
{
	size_t step;
	pfn_t pfn;
	u8 *host;

	read_lock(mm);
	while (n) {
		pfn = user_page(mm, addr, flags);
		if (!pfn)
			break;
		step = page_rest(addr, n);
		host = (u8 *)pfn_to_host(mm->phys, pfn) + (addr & ~PAGE_MASK);
		if (op == COPY_FROM)
			memcpy(buf, host, step);
		else if (op == COPY_TO)
			memcpy(host, buf, step);
		else
			memset(host, 0, step);
		if (unlikely(page_lost(mm, pfn)))
			break;
		if (op != COPY_FROM)
			page_stored(mm, pfn);
		if (op != COPY_CLEAR)
			buf = (u8 *)buf + step;
		addr += step;
		n -= step;
	}
	read_unlock(mm);
	return n;
}

size_t copy_from_user(struct mm_struct *mm, void *to, u64 from, size_t n)
{
	size_t left = access_ok(from, n) ? copy_user(mm, COPY_FROM, to, from, n, 0) : n;

	// As the kernel's: what could not be read is zero, so that nothing stale gets used.
	if (left)
		memset((u8 *)to + (n - left), 0, left);
	return left;
}

size_t copy_to_user(struct mm_struct *mm, u64 to, const void *from, size_t n)
{
	return access_ok(to, n) ? copy_user(mm, COPY_TO, (void *)from, to, n, FAULT_WRITE) : n;
}

int put_user_whole(struct mm_struct *mm, u64 to, const void *from, size_t n)
{
	bool good = access_ok(to, n);

	if (good && unlikely(page_rest(to, n) < n)) {
		read_lock(mm);
		good = user_page(mm, to, FAULT_WRITE) && user_page(mm, to + n - 1, FAULT_WRITE);
		read_unlock(mm);
	}
	return good && !copy_to_user(mm, to, from, n) ? 0 : -EFAULT;
}

size_t clear_user(struct mm_struct *mm, u64 to, size_t n)
{
	return access_ok(to, n) ? copy_user(mm, COPY_CLEAR, NULL, to, n, FAULT_WRITE) : n;
}

size_t access_remote_vm(struct mm_struct *mm, u64 addr, void *buf, size_t n, bool write)
{
	unsigned flags = FAULT_FORCE | (write ? FAULT_WRITE : 0);

	return access_ok(addr, n) ? copy_user(mm, write ? COPY_TO : COPY_FROM, buf, addr, n, flags) : n;
}

// The kernel copies strings by words, so a NUL at the end of a page may have it touch the next one.
static void touch_word_end(struct mm_struct *mm, u64 src, size_t nul, size_t count)
{
	u64 word = src + (nul & ~7UL);

	if ((nul & ~7UL) + 8 <= count && ((word ^ (word + 7)) & PAGE_MASK))
		user_page(mm, word + 7, 0);
}

s64 strncpy_from_user(struct mm_struct *mm, char *dst, u64 src, size_t count)
{
	size_t done = 0, step;
	s64 ret = -EFAULT;
	const char *host, *nul;
	pfn_t pfn;

	if (!count)
		return 0;
	read_lock(mm);
	for (;;) {
		pfn = user_page(mm, src + done, 0);
		if (!pfn)
			break;
		step = page_rest(src + done, count - done);
		host = (char *)pfn_to_host(mm->phys, pfn) + ((src + done) & ~PAGE_MASK);
		nul = memchr(host, '\0', step);
		if (nul)
			step = nul - host + 1;
		memcpy(dst + done, host, step);
		if (page_lost(mm, pfn))
			break;
		if (nul) {
			// Another thread may have overwritten it since it was found.
			dst[done + step - 1] = '\0';
			ret = done + step - 1;
			touch_word_end(mm, src, (size_t)ret, count);
			break;
		}
		done += step;
		if (done == count) {
			ret = count;
			break;
		}
	}
	read_unlock(mm);
	return ret;
}

size_t strnlen_user(struct mm_struct *mm, u64 src, size_t max)
{
	size_t done = 0, step, ret = 0;
	const char *host, *nul;
	pfn_t pfn;

	if (!max)
		return 0;
	read_lock(mm);
	for (;;) {
		pfn = user_page(mm, src + done, 0);
		if (!pfn)
			break;
		step = page_rest(src + done, max - done);
		host = (char *)pfn_to_host(mm->phys, pfn) + ((src + done) & ~PAGE_MASK);
		nul = memchr(host, '\0', step);
		if (page_lost(mm, pfn))
			break;
		if (nul) {
			ret = done + (nul - host) + 1;
			break;
		}
		done += step;
		if (done == max) {
			ret = max + 1;
			break;
		}
	}
	read_unlock(mm);
	return ret;
}

void *user_ptr(struct mm_struct *mm, u64 addr, size_t len, bool write)
{
	void *host = NULL;
	pfn_t pfn;

	if (!access_ok(addr, len) || page_rest(addr, len) != len)
		return NULL;
	read_lock(mm);
	pfn = user_page(mm, addr, write ? FAULT_WRITE : 0);
	if (pfn) {
		host = (u8 *)pfn_to_host(mm->phys, pfn) + (addr & ~PAGE_MASK);
		if (write)
			page_stored(mm, pfn);
	}
	read_unlock(mm);
	return host;
}

// ---- pins ----

// One more entry of the vector, or NULL when it is full or memory ran out.
static struct iovec *pin_next(struct user_pin *pin)
{
	if (pin->count == PIN_IOV_MAX)
		return NULL;
	if (pin->count == (int)ARRAY_SIZE(pin->iov) && !pin->ext) {
		pin->ext = malloc(PIN_IOV_MAX * sizeof(struct iovec));
		if (!pin->ext)
			return NULL;
		memcpy(pin->ext, pin->iov, sizeof(pin->iov));
	}
	return &user_pin_iov(pin)[pin->count++];
}

/*
 * References of an iovec: one for each frame in it, and one for each window it touches. user_unpin()
 * finds them again by walking the iovec's pages, so pinning must follow the same rule.
 */
static bool page_has_own_ref(const struct phys *phys, pfn_t pfn, bool first_of_iovec)
{
	return !pfn_is_window(phys, pfn) || first_of_iovec ||
	       ((pfn << PAGE_SHIFT) - phys->windows_start) % WINDOW_SIZE == 0;
}

static void pin_page(struct phys *phys, pfn_t pfn)
{
	if (pfn_is_window(phys, pfn))
		window_pin(phys, pfn);
	else
		get_page(phys, pfn);
}

static bool pin_add(struct user_pin *pin, pfn_t pfn, u8 *host, size_t step)
{
	struct iovec *last = pin->count ? &user_pin_iov(pin)[pin->count - 1] : NULL;
	struct phys *phys = pin->mm->phys;
	bool same_page, extends = last && (u8 *)last->iov_base + last->iov_len == host;

	// Two guest buffers that meet within a page already have its reference.
	same_page = extends && ((uintptr_t)host & ~PAGE_MASK);
	if (extends) {
		if (!same_page && page_has_own_ref(phys, pfn, false))
			pin_page(phys, pfn);
		last->iov_len += step;
	} else {
		last = pin_next(pin);
		if (!last)
			return false;
		pin_page(phys, pfn);
		*last = (struct iovec){host, step};
	}
	pin->bytes += step;
	return true;
}

// check_vma_flags() of the kernel's get_user_pages.
static bool remote_allowed(struct mm_struct *mm, u64 addr, bool write)
{
	const struct vm_area_struct *vma = vma_lookup(mm, addr);

	return vma && !(vma->vm_flags & (VM_IO | VM_PFNMAP)) && !vma_is_secretmem(vma) && vma->vm_flags & (write ? VM_WRITE : VM_READ);
}

static bool pte_ready(struct mm_struct *mm, u64 addr, bool write)
{
	u64 need = _PAGE_PRESENT | (write ? _PAGE_RW : 0);
	pte_t *ptep = pte_lookup(mm, addr);

	return ptep && (*ptep & need) == need;
}

// get_user_pages_fast(): the zero page has no struct page, so it takes the slow way.
static bool taken_fast(const struct user_pin *pin, u64 addr)
{
	return pin->fast && pte_ready(pin->mm, addr, pin->write) && !(*pte_lookup(pin->mm, addr) & _PAGE_SPECIAL);
}

// Pin as much of one buffer as can be; false when it ends early.
static bool pin_range(struct user_pin *pin, u64 addr, size_t len)
{
	struct mm_struct *mm = pin->mm;
	size_t step;
	pfn_t pfn;

	while (len) {
		if (pin->remote && !taken_fast(pin, addr) && !remote_allowed(mm, addr, pin->write))
			return false;
		pfn = user_page(mm, addr, pin->write ? FAULT_WRITE : 0);
		if (!pfn)
			return false;
		if (pin->remote && !pin->fast && !pin->write)
			user_page_unshare(mm, addr, pfn);
		step = page_rest(addr, len);
		if (!pin_add(pin, pfn, (u8 *)pfn_to_host(mm->phys, pfn) + (addr & ~PAGE_MASK), step))
			return false;
		addr += step;
		len -= step;
	}
	return true;
}

bool user_range_ready(struct mm_struct *mm, u64 addr, size_t len, bool write)
{
	u64 end;
	bool ready = !__builtin_add_overflow(addr, len, &end) && end <= TASK_SIZE_MAX;

	read_lock(mm);
	for (addr &= PAGE_MASK; ready && addr < end; addr += PAGE_SIZE)
		ready = pte_ready(mm, addr, write);
	read_unlock(mm);
	return ready;
}

static int pin_all(struct mm_struct *mm, struct user_pin *pin, const struct iovec *guest, int count, bool write,
		   bool remote, bool fast)
{
	size_t wanted = 0;
	int i;

	pin->ext = NULL;
	pin->count = 0;
	pin->bytes = 0;
	pin->mm = mm;
	pin->write = write;
	pin->remote = remote;
	pin->fast = fast;
	for (i = 0; i < count; i++) {
		if (!access_ok((u64)guest[i].iov_base, guest[i].iov_len))
			return -EFAULT;
		wanted += guest[i].iov_len;
	}
	if (!wanted)
		return 0;
	read_lock(mm);
	for (i = 0; i < count; i++)
		if (!pin_range(pin, (u64)guest[i].iov_base, guest[i].iov_len))
			break;
	read_unlock(mm);
	return pin->bytes ? 0 : -EFAULT;
}

int user_pin_iovec(struct mm_struct *mm, struct user_pin *pin, const struct iovec *guest, int count, bool write)
{
	return pin_all(mm, pin, guest, count, write, false, false);
}

int user_pin_fast(struct mm_struct *mm, struct user_pin *pin, const struct iovec *guest, int count, bool write)
{
	return pin_all(mm, pin, guest, count, write, true, true);
}

int user_pin(struct mm_struct *mm, struct user_pin *pin, u64 addr, size_t len, bool write)
{
	struct iovec guest = {.iov_base = (void *)addr, .iov_len = len};

	return pin_all(mm, pin, &guest, 1, write, false, false);
}

int user_pin_remote(struct mm_struct *mm, struct user_pin *pin, u64 addr, size_t len, bool write)
{
	struct iovec guest = {.iov_base = (void *)addr, .iov_len = len};

	return pin_all(mm, pin, &guest, 1, write, true, false);
}

void user_unpin(struct user_pin *pin, size_t written)
{
	struct phys *phys = pin->mm->phys;
	struct iovec *iov = user_pin_iov(pin);
	int i;

	for (i = 0; i < pin->count; i++) {
		u64 start = (u8 *)iov[i].iov_base - phys->base, end = start + iov[i].iov_len;
		u64 pos;

		for (pos = PAGE_ALIGN_DOWN(start); pos < end; pos += PAGE_SIZE) {
			pfn_t pfn = pos >> PAGE_SHIFT;
			u64 from = max_t(u64, pos, start);

			if (pin->write && from - start < written)
				page_stored(pin->mm, pfn);
			if (!page_has_own_ref(phys, pfn, pos == PAGE_ALIGN_DOWN(start)))
				continue;
			if (pfn_is_window(phys, pfn))
				window_unpin(phys, pfn);
			else
				put_page(phys, pfn);
		}
		written -= min_t(size_t, written, iov[i].iov_len);
	}
	free(pin->ext);
	pin->ext = NULL;
	pin->count = 0;
}

size_t user_not_secret(struct mm_struct *mm, u64 addr, size_t len)
{
	struct vm_area_struct *vma;
	u64 end = addr + len;

	pthread_rwlock_rdlock(&mm->mmap_sem);
	for (vma = find_vma(mm, addr); vma && vma->vm_start < end; vma = vma->vm_next) {
		if (vma_is_secretmem(vma)) {
			len = vma->vm_start > addr ? vma->vm_start - addr : 0;
			break;
		}
	}
	pthread_rwlock_unlock(&mm->mmap_sem);
	return len;
}
