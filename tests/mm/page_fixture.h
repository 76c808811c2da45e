/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page_fixture: an mm with a small memory and a notifier that counts, for the page tests.
 */
#ifndef TESTS_MM_PAGE_FIXTURE_H
#define TESTS_MM_PAGE_FIXTURE_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include "mm/internal.h"
#include "mm/uaccess.h"
#include "mm/window.h"

struct fixture {
	struct phys *phys;
	struct mm_env env;
	struct rlimit rlim[RLIM_NLIMITS];
	struct mm_struct *mm;
	struct mmu_notifier notifier;
	int nr_range, nr_code;
};

/* @memory: bytes of frames. */
int fixture_init(struct fixture *f, u64 memory);
void fixture_exit(struct fixture *f);
/* cmocka set-up and tear-down: 64 MiB. The tear-down fails when mm_check finds something. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
/* A second mm over the same memory. */
struct mm_struct *fixture_mm(struct fixture *f);

/* Anonymous private memory of @pages pages; the address. */
u64 map_anon(struct mm_struct *mm, u64 pages, int prot);
/* A file of @pages pages, each filled with 'a' + index; an O_RDWR host descriptor, already unlinked. In @dir,
 * which decides whether it is shmem (/dev/shm) or not (/var/tmp). */
int make_file(const char *dir, unsigned pages);
u64 map_file(struct mm_struct *mm, int fd, u64 len, int prot, int flags, u64 off);

/* Translate one access; the mm_fault that came of it. */
struct mm_fault touch(struct mm_struct *mm, u64 addr, enum mm_access access);
/* Byte at @addr, through a fresh translation. */
u8 peek(struct mm_struct *mm, u64 addr);
void poke(struct mm_struct *mm, u64 addr, u8 value);

#define assert_fault(f, sig, c, err)                      \
	do {                                              \
		assert_int_equal((f).signo, (sig));       \
		assert_int_equal((f).code, (c));          \
		assert_int_equal((f).error_code, (err));  \
	} while (0)

#endif
