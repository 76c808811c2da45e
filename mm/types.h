/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * types: the kernel's short integer names and page arithmetic, used in every folder.
 *
 * Guest addresses are always u64 (never pointers), so that a guest address can never be
 * dereferenced by mistake; host addresses are always pointers.
 */
#ifndef ULK_MM_TYPES_H
#define ULK_MM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

typedef u64 pfn_t;        /* page frame number in guest physical memory */
typedef u64 pgoff_t;      /* offset into a file, in pages */
typedef u64 vm_flags_t;   /* VM_* below, Linux's values */

#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PAGE_ALIGN_DOWN(x) ((u64)(x) & PAGE_MASK)
/* Wraps to 0 near 2^64, exactly as the kernel's does; callers check for it. */
#define PAGE_ALIGN(x) (((u64)(x) + PAGE_SIZE - 1) & PAGE_MASK)

/* User addresses end one page below the 47-bit boundary (4-level paging). */
#define TASK_SIZE_MAX ((1UL << 47) - PAGE_SIZE)
#define TASK_SIZE TASK_SIZE_MAX
#define STACK_TOP TASK_SIZE_MAX
#define VSYSCALL_ADDR 0xffffffffff600000UL

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define min_t(type, a, b) ((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define max_t(type, a, b) ((type)(a) > (type)(b) ? (type)(a) : (type)(b))

#endif
