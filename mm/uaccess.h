/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uaccess: the only way from the kernel side to guest memory.
 *
 * Accesses obey the page tables and VMAs exactly as a user access of the kernel's would: they fault
 * pages in, copy on write, fail on PROT_NONE, read-only (for writes) and unmapped pages. A write to a
 * page that holds translated code drops the translations through the notifier.
 */
#ifndef ULK_MM_UACCESS_H
#define ULK_MM_UACCESS_H

#include <sys/uio.h>
#include "mm/mm.h"

/* Linux's access_ok: [addr, addr+n) lies below TASK_SIZE_MAX, without wrapping. */
static inline bool access_ok(u64 addr, u64 n)
{
	return n <= TASK_SIZE_MAX && addr <= TASK_SIZE_MAX - n;
}

/* Copy n bytes; return how many could NOT be copied (0 = all), as Linux's do. */
size_t copy_from_user(struct mm_struct *mm, void *to, u64 from, size_t n);
size_t copy_to_user(struct mm_struct *mm, u64 to, const void *from, size_t n);
size_t clear_user(struct mm_struct *mm, u64 to, size_t n);
/* Copy a string of at most count bytes with its NUL. Returns its length without NUL, count when there
 * was no NUL within count, or -EFAULT. */
s64 strncpy_from_user(struct mm_struct *mm, char *dst, u64 src, size_t count);
/* Length including the NUL, at most max; > max when longer; 0 on fault (Linux's strnlen_user). */
size_t strnlen_user(struct mm_struct *mm, u64 src, size_t max);

/* One value; 0 or -EFAULT. It is stored by one instruction: all of it or, where its second page is bad, nothing. */
int put_user_whole(struct mm_struct *mm, u64 to, const void *from, size_t n);
#define get_user(mm, x, addr) (copy_from_user((mm), &(x), (addr), sizeof(x)) ? -EFAULT : 0)
#define put_user(mm, x, addr)                                                      \
	({ __typeof__(x) v_ = (x); put_user_whole((mm), (addr), &v_, sizeof(v_)); })

/* Write that ignores VM_WRITE, as ptrace and the loader do (FOLL_FORCE); used by the loader for the
 * stack and .bss, and by breakpoints. Returns bytes NOT written. */
size_t access_remote_vm(struct mm_struct *mm, u64 addr, void *buf, size_t n, bool write);

/*
 * Guest buffers as host iovecs that point straight at frames and windows, for read(2), write(2) and
 * friends. Physically contiguous pages are one iovec.
 */
struct user_pin {
	struct iovec iov[64];        /* first entries; more are in ext */
	struct iovec *ext;           /* malloc'ed when more than 64 were needed, else NULL */
	int count;
	size_t bytes;                /* bytes covered: shorter than asked when a page was bad */
	struct mm_struct *mm;
	bool write;
	bool remote;                 /* as get_user_pages() */
	bool fast;                   /* as get_user_pages_fast() */
};
static inline struct iovec *user_pin_iov(struct user_pin *pin)
{
	return pin->ext ? pin->ext : pin->iov;
}

/*
 * Pin [addr, addr+len): fault every page in (for writing when @write: the host will store there) and
 * take a reference on each, so that a concurrent munmap cannot free it. Covers at most 1024 iovecs;
 * pin->bytes says how much. Returns 0, -EFAULT when not even the first byte can be accessed, -ENOMEM.
 * len 0 gives an empty pin. Call user_unpin() in every case but an error.
 */
int user_pin(struct mm_struct *mm, struct user_pin *pin, u64 addr, size_t len, bool write);
/*
 * The same as the kernel reaches another process's memory (pin_user_pages_remote): page by page, no stack grows, an area
 * must be readable by name, or writable.
 */
int user_pin_remote(struct mm_struct *mm, struct user_pin *pin, u64 addr, size_t len, bool write);
/* The same for a vector of guest buffers (already copied in); stops at the first bad page. */
int user_pin_iovec(struct mm_struct *mm, struct user_pin *pin, const struct iovec *guest, int count,
		   bool write);
/*
 * The same by the rules of get_user_pages_fast() (vmsplice): as user_pin_remote(), but a page that is there needs no more
 * than its PTE.
 */
int user_pin_fast(struct mm_struct *mm, struct user_pin *pin, const struct iovec *guest, int count, bool write);
/* Could all of [addr, addr+len) be pinned without a fault, that is without the guest noticing? */
bool user_range_ready(struct mm_struct *mm, u64 addr, size_t len, bool write);
/* Drop the references; @written: bytes the host stored (drops translated code, marks dirty). */
void user_unpin(struct user_pin *pin, size_t written);
/* How many of the @len bytes at @addr come before memory that no pipe can have pages of (memfd_secret). */
size_t user_not_secret(struct mm_struct *mm, u64 addr, size_t len);

/*
 * Host pointer to the @len bytes at @addr when they lie within one page and are accessible, else NULL:
 * for futex words and other small objects that stay in place. No reference is taken.
 */
void *user_ptr(struct mm_struct *mm, u64 addr, size_t len, bool write);

#endif
