// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes as operations on mms. A header of two bytes says how much memory there is and under which limits;
 * then eight bytes are one operation. Any input is a valid one.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/shm.h>
#include <unistd.h>
#include "mm/pagemap.h"
#include "mm/shm.h"
#include "mm_ops.h"

#define HEADER	  2
#define RECORD	  8
#define MAX_OPS	  400
#define NR_MMS	  3
#define NR_FILES  4
#define NR_PINS	  2
#define NR_RECENT 8
/* A place where mappings meet, across the border of a last-level and of a middle-level table. */
#define ARENA	    (0x40000000UL - 32 * PAGE_SIZE)
#define ARENA_PAGES 64
/* What a file or a shared mapping may have at most: it is the host's memory. */
#define FILE_MAX (5UL << 20)
/* What is brought in at once: all that follows looks at each page table again. */
#define POPULATE_MAX (16UL << 20)

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 8
#endif

struct world {
	struct phys *phys;
	struct mm_env env;
	struct rlimit rlim[RLIM_NLIMITS];
	struct {
		struct mm_struct *mm;
		struct oracle oracle;
		u64 recent[NR_RECENT];
		unsigned nr_recent;
	} mms[NR_MMS];
	int fds[NR_FILES];
	struct {
		struct user_pin pin;
		bool held;
	} pins[NR_PINS];
	int shm_id; /* -1: not made yet */
	unsigned nr_ops;
	unsigned last; /* mm of the last operation */
	char op[64];
};

/* One record, decoded. */
struct args {
	const u8 *b;
	unsigned which; /* of mms */
	struct mm_struct *mm;
	u64 addr, len;
	int fd;
};

/* The one thing that a signal handler can reach. */
static struct phys *sigbus_phys;
static struct sigaction sigbus_old;

static void on_sigbus(int sig, siginfo_t *info, void *context)
{
	if (!sigbus_phys || !phys_handle_sigbus(sigbus_phys, info->si_addr))
		sigaction(SIGBUS, &sigbus_old, NULL); /* and again, as it would have been */
}

/* ---- decoding ---- */

static u64 odd_offset(unsigned code)
{
	static const u64 offsets[] = {1, 8, 100, 2048, 4088, 4092, 4095, 16};

	return code < 24 ? 0 : offsets[code - 24];
}

static u64 decode_addr(struct world *w, unsigned which, const u8 *b)
{
	static const u64 weird[] = {0,
				    PAGE_SIZE,
				    0x10000,
				    TASK_SIZE - PAGE_SIZE,
				    TASK_SIZE,
				    STACK_TOP,
				    1UL << 47,
				    ~0UL,
				    ~0UL - PAGE_SIZE + 1,
				    1UL << 63,
				    0xffffffffff600000UL,
				    1UL << 39,
				    (1UL << 39) - PAGE_SIZE,
				    1UL << 21,
				    1UL << 30,
				    0x7fffff000000UL};
	struct mm_struct *mm = w->mms[which].mm;
	u64 odd = odd_offset(b[0] >> 3);

	switch (b[0] & 7) {
	case 4:
		return w->mms[which].recent[b[1] % NR_RECENT] + (((u64)b[1] >> 3) << PAGE_SHIFT) + odd;
	case 5:
		return mm->brk + ((u64)b[1] << PAGE_SHIFT) - 64 * PAGE_SIZE + odd;
	case 6:
		return mm->start_stack - (((u64)b[1] << PAGE_SHIFT) << (b[1] & 3)) - odd;
	case 7:
		return weird[b[1] % ARRAY_SIZE(weird)] + odd;
	default:
		/* Every fourth also where huge pages can be. */
		if ((b[1] & 0xc0) == 0xc0)
			return ARENA + 32 * PAGE_SIZE + ((b[1] & 3UL) << PMD_SHIFT) + odd;
		return ARENA + ((b[1] % ARENA_PAGES) << PAGE_SHIFT) + odd;
	}
}

static u64 decode_len(u8 b)
{
	static const u64 weird[] = {0,
				    1,
				    4095,
				    4097,
				    PMD_SIZE,
				    PMD_SIZE + PAGE_SIZE,
				    2 * PMD_SIZE,
				    1UL << 30,
				    1UL << 39,
				    8UL << 40,
				    1UL << 46,
				    TASK_SIZE,
				    1UL << 47,
				    ~0UL,
				    ~0UL - 8191,
				    1UL << 63};

	if (b < 192)
		return ((u64)(b & 31) + 1) * PAGE_SIZE - (b >= 160 ? 100 : 0);
	return weird[b % ARRAY_SIZE(weird)];
}

static void remember(struct world *w, unsigned which, s64 addr)
{
	if (addr > 0 || addr < -4095)
		w->mms[which].recent[w->mms[which].nr_recent++ % NR_RECENT] = (u64)addr;
}

/* ---- operations ---- */

static void op_mmap(struct world *w, struct args *a)
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

static void op_munmap(struct world *w, struct args *a)
{
	do_munmap(a->mm, a->addr, a->len);
}

static void op_mprotect(struct world *w, struct args *a)
{
	static const unsigned long odd[] = {PROT_GROWSDOWN, PROT_GROWSUP, 0x80,
					    PROT_GROWSDOWN | PROT_GROWSUP};

	do_mprotect(a->mm, a->addr, a->len, (a->b[5] & 7) | (a->b[5] >= 0xe0 ? odd[a->b[6] & 3] : 0));
}

static void op_mremap(struct world *w, struct args *a)
{
	u64 new_addr = decode_addr(w, a->which, a->b + 6);
	unsigned long flags = a->b[1] >> 4 & 7; /* MAYMOVE, FIXED, DONTUNMAP */

	if (!(a->b[1] & 0x80))
		flags |= MREMAP_MAYMOVE;
	remember(w, a->which, do_mremap(a->mm, a->addr, a->len, decode_len(a->b[5]), flags, new_addr));
}

static void op_madvise(struct world *w, struct args *a)
{
	static const int advice[] = {0,	 1,  2,	 3,  4,	 8,  9,	 10,  11,  12,	13,  14, 15,  16,  17, 18,
				     19, 20, 21, 22, 23, 24, 25, 100, 101, 102, 103, 5,	 102, 103, 4,  8};

	do_madvise(a->mm, a->addr, a->len, advice[a->b[5] & 31]);
}

static void op_mlock(struct world *w, struct args *a)
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

static void op_look(struct world *w, struct args *a)
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

static void op_brk(struct world *w, struct args *a)
{
	if (a->b[5] & 1)
		vm_brk(a->mm, PAGE_ALIGN_DOWN(a->addr), a->len, a->b[5] & 2);
	else
		do_brk(a->mm, a->addr);
}

/* The guest's own accesses: up to 32 pages, and what a handler of Linux's would do about a file that shrank.
 */
static void op_touch(struct world *w, struct args *a)
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

static void op_copy(struct world *w, struct args *a)
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
static void unpin(struct world *w, int i, size_t stored)
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

static void op_pin(struct world *w, struct args *a)
{
	int i = a->b[6] % NR_PINS;

	if (w->pins[i].held)
		unpin(w, i, (size_t)a->b[7] << 6);
	else
		w->pins[i].held = !user_pin(a->mm, &w->pins[i].pin, a->addr,
					    a->len < FILE_MAX ? a->len : FILE_MAX, a->b[5] & 1);
}

static void op_name(struct world *w, struct args *a)
{
	static const char *const names[] = {NULL, "a", "b", "a longer name"};

	if (a->b[5] & 4)
		do_mseal(a->mm, a->addr, a->len, a->b[5] & 8);
	else
		madvise_set_anon_name(a->mm, a->addr, a->len, names[a->b[5] & 3]);
}

/* In one process only one side of a fork can be played: this mm goes on as the parent's, or as the child's.
 */
static void op_fork(struct world *w, struct args *a)
{
	u8 old[PAGE_SIZE], now[PAGE_SIZE];
	u64 addr;

	switch (a->b[5] & 7) {
	case 0:
	case 1:
		mm_fork_prepare(a->mm, true);
		mm_fork_parent(a->mm);
		break;
	case 2:
	case 3:
		mm_fork_prepare(a->mm, true);
		dup_mm_in_child(a->mm);
		break;
	case 4:
		mm_fork_prepare(a->mm, false);
		mm_fork_parent(a->mm);
		break;
	case 5:
		mm_fork_prepare(a->mm, false);
		mm_vfork_child(a->mm);
		break;
	case 6:
		while (mm_vfork_written(a->mm, &addr, old, now))
			;
		break;
	default:
		mm_vfork_end(a->mm);
	}
}

/* What happens to a file: by the guest, who says so, or by somebody else. */
static void op_file(struct world *w, struct args *a)
{
	static const u64 sizes[] = {0,
				    1,
				    PAGE_SIZE,
				    PAGE_SIZE + 1,
				    5 * PAGE_SIZE,
				    20 * PAGE_SIZE,
				    PMD_SIZE,
				    PMD_SIZE + 3 * PAGE_SIZE + 7};
	u64 size = sizes[a->b[6] & 7], pos = (u64)(a->b[7] & 31) << PAGE_SHIFT;
	u8 buf[64];

	switch (a->b[5] & 15) {
	case 0:
	case 1:
	case 2:
	case 3:
		if (!ftruncate(a->fd, (off_t)size))
			file_truncated(w->phys, a->fd);
		break;
	case 4:
	case 5:
	case 6:
		(void)!ftruncate(a->fd, (off_t)size);
		break;
	case 7:
	case 8:
	case 9:
		memset(buf, a->b[6], sizeof(buf));
		if (pwrite(a->fd, buf, sizeof(buf), (off_t)pos) > 0)
			file_written(w->phys, a->fd, (s64)pos, sizeof(buf));
		break;
	case 10:
		fcntl(a->fd, F_ADD_SEALS, F_SEAL_WRITE);
		break;
	case 11:
		file_lock_taken(w->phys, a->fd);
		break;
	case 12:
		file_lock_dropped(w->phys, a->fd);
		break;
	default:
		fcntl(a->fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE);
	}
}

static void new_mm(struct world *w, unsigned which)
{
	struct mm_struct *mm = mm_alloc(w->phys, &w->env);

	w->mms[which].mm = mm;
	if (!mm)
		return;
	arch_pick_mmap_layout(mm);
	oracle_init(&w->mms[which].oracle, mm);
	mm->start_brk = mm->brk = 0x10000000;
	if (bprm_stack_create(mm))
		return;
	mm->start_stack = STACK_TOP - 64;
	if (setup_arg_pages(mm, STACK_TOP, false) < 0)
		mm->start_stack = 0;
}

static void drop_mm(struct world *w, unsigned which)
{
	mmu_notifier_unregister(w->mms[which].mm, &w->mms[which].oracle.notifier);
	mmput(w->mms[which].mm);
	memset(&w->mms[which], 0, sizeof(w->mms[which]));
}

static void op_mm(struct world *w, struct args *a)
{
	bool pinned = w->pins[0].held || w->pins[1].held;

	switch (a->b[5] & 3) {
	case 0:
		exit_mmap(a->mm);
		break;
	case 1:
		/* A pin names its mm, which lives as long as the call that took it. */
		if (pinned)
			break;
		drop_mm(w, a->which);
		break;
	case 2:
		mmget(a->mm);
		mmput(a->mm);
		break;
	default:
		if (!w->mms[(a->which + 1) % NR_MMS].mm)
			new_mm(w, (a->which + 1) % NR_MMS);
	}
}

static void op_limit(struct world *w, struct args *a)
{
	static const int which[] = {RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_MEMLOCK};
	static const u64 values[] = {0,	      PAGE_SIZE, 1 << 16,   1 << 18,
				     1 << 20, 4 << 20,	 1UL << 32, RLIM_INFINITY};
	u64 value = values[a->b[6] & 7];

	if (a->b[5] & 8) {
		w->env.overcommit_memory = a->b[6] % 3;
		w->env.max_map_count = a->b[6] & 0x80 ? 24 : 65530;
		w->env.capable_ipc_lock = a->b[6] & 0x40;
		return;
	}
	w->rlim[which[a->b[5] & 3]].rlim_cur = value;
}

static void op_special(struct world *w, struct args *a)
{
	static const pfn_t none[4];
	static const struct vm_special_mapping spec = {.name = "[vvar]", .pages = none, .nr_pages = 4};
	vm_flags_t flags =
		VM_READ | VM_MAYREAD | (a->b[5] & 1 ? VM_IO | VM_PFNMAP : VM_MAYWRITE | VM_MAYEXEC);

	install_special_mapping(a->mm, PAGE_ALIGN_DOWN(a->addr), PAGE_ALIGN(a->len), flags, &spec);
}

static void op_fail(struct world *w, struct args *a)
{
	fail_nth(1 + (a->b[5] & 15), 1 + (a->b[6] & 3) + (a->b[6] >= 0xf0 ? 1000 : 0));
}

/* A System V segment of the host's, of a size that is no multiple of the page's. */
static void op_shm(struct world *w, struct args *a)
{
	static const int flags[] = {0,	       SHM_RDONLY, SHM_RND,
				    SHM_REMAP, SHM_EXEC,   SHM_RDONLY | SHM_REMAP | SHM_RND};

	if (w->shm_id < 0)
		w->shm_id = shmget(IPC_PRIVATE, 5 * PAGE_SIZE + 100, IPC_CREAT | 0600);
	if (a->b[5] & 3)
		remember(w, a->which,
			 do_shmat(a->mm, w->shm_id, a->b[5] & 4 ? 0 : a->addr,
				  flags[a->b[6] % ARRAY_SIZE(flags)]));
	else
		do_shmdt(a->mm, a->addr);
}

static void op_refs(struct world *w, struct args *a)
{
	clear_refs(a->mm, CLEAR_REFS_ALL + a->b[5] % (CLEAR_REFS_LAST - CLEAR_REFS_ALL));
}

static const struct {
	const char *name;
	void (*run)(struct world *w, struct args *a);
	u8 weight;
} ops[] = {
	{"mmap", op_mmap, 6},	  {"munmap", op_munmap, 3},   {"mprotect", op_mprotect, 4},
	{"mremap", op_mremap, 4}, {"madvise", op_madvise, 5}, {"mlock", op_mlock, 2},
	{"look", op_look, 1},	  {"brk", op_brk, 2},	      {"touch", op_touch, 8},
	{"copy", op_copy, 4},	  {"pin", op_pin, 2},	      {"name", op_name, 1},
	{"fork", op_fork, 2},	  {"file", op_file, 4},	      {"mm", op_mm, 1},
	{"limit", op_limit, 1},	  {"special", op_special, 1}, {"fail", op_fail, 2},
	{"shm", op_shm, 2},	  {"refs", op_refs, 1},
};

/* Six bits, so that an operation that is new one day can have what is free now, and old inputs stay what they
 * are. */
static unsigned pick_op(u8 b)
{
	unsigned n = b & 63, i;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		if (n < ops[i].weight)
			return i;
		n -= ops[i].weight;
	}
	return 0;
}

/* ---- the run ---- */

static void check_all(struct world *w)
{
	u64 where;

	for (unsigned i = 0; i < NR_MMS; i++) {
		if (!w->mms[i].mm)
			continue;
		if (phys_sigbus_pending(w->phys))
			mm_sigbus_fixup(w->mms[i].mm, &where);
		if (mm_check(w->mms[i].mm, stderr)) {
			fprintf(stderr, "after %s\n", w->op);
			abort();
		}
		oracle_check(&w->mms[i].oracle, w->op);
	}
	/* This one looks at every frame there ever was: after every fourth operation it is as good. */
	if (w->nr_ops++ % 4 == 0 && phys_check(w->phys, stderr)) {
		fprintf(stderr, "after %s\n", w->op);
		abort();
	}
}

static void step(struct world *w, const u8 *b)
{
	struct args a = {.b = b, .which = (b[1] & 3) % NR_MMS, .fd = w->fds[b[1] >> 2 & 3]};
	unsigned op = pick_op(b[0]);

	/* Most of an input is about the first mm. */
	if ((b[1] & 3) == 3 || !w->mms[a.which].mm)
		a.which = 0;
	if (!w->mms[a.which].mm)
		new_mm(w, a.which);
	a.mm = w->mms[a.which].mm;
	if (!a.mm)
		return;
	if (a.which != w->last)
		oracle_forget_files(&w->mms[a.which].oracle);
	w->last = a.which;
	a.addr = decode_addr(w, a.which, b + 2);
	a.len = decode_len(b[4]);
	snprintf(w->op, sizeof(w->op), "%s %#lx %#lx", ops[op].name, a.addr, a.len);
	if (getenv("MM_OPS_VERBOSE"))
		fprintf(stderr, "mm %u: %s (%u %u %u)\n", a.which, w->op, b[5], b[6], b[7]);
	ops[op].run(w, &a);
	if (ops[op].run == op_fail) /* for the next operation, not for the checks */
		return;
	fail_nth(0, 0);
	check_all(w);
}

static int open_file(unsigned i)
{
	char name[] = "/tmp/ulk-mm-ops-XXXXXX";
	int fd;

	if (i < 2)
		return memfd_create("mm_ops", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (i == 3)
		return open("/dev/zero", O_RDWR | O_CLOEXEC);
	fd = mkstemp(name);
	unlink(name);
	return fd;
}

static bool world_init(struct world *w, const u8 *header)
{
	static const u64 memory[] = {16, 40, 100, 400, 1500, 1500, 2500, 1};
	unsigned i;

	for (i = 0; i < RLIM_NLIMITS; i++)
		w->rlim[i] = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
	w->rlim[RLIMIT_STACK].rlim_cur = 8 << 20;
	w->rlim[RLIMIT_MEMLOCK].rlim_cur = 8 << 20;
	w->env = (struct mm_env){.rlim = w->rlim,
				 .personality = header[1] & 1 ? ADDR_COMPAT_LAYOUT : 0,
				 .max_map_count = header[1] & 8 ? 24 : 65530,
				 .mmap_min_addr = 65536,
				 .dac_mmap_min_addr = header[1] & 16 ? 65536 : 0,
				 .overcommit_memory = header[1] & 2 ? 2 : 0,
				 .commit_limit_pages = 4096,
				 .total_ram_pages = 1 << 20,
				 .thp = {.loaded = true,
					 .present = true,
					 .enabled = header[1] & 64 ? 'm' : 'a',
					 .zero_page = !(header[1] & 128)},
				 .rss_batch = header[1] & 64 ? 64 : 0,
				 .aslr_seed = header[1] & 4 ? 7 : 0};
	if (header[1] & 32)
		w->env.personality |= READ_IMPLIES_EXEC;
	if (phys_create(&w->phys, memory[header[0] & 7] << PAGE_SHIFT, 200))
		return false;
	w->shm_id = -1;
	for (i = 0; i < NR_FILES; i++) {
		w->fds[i] = open_file(i);
		(void)!ftruncate(w->fds[i], 20 << PAGE_SHIFT);
	}
	new_mm(w, 0);
	return true;
}

/* Everything goes, and nothing may be left. */
static void world_exit(struct world *w)
{
	unsigned i;

	for (i = 0; i < NR_PINS; i++)
		if (w->pins[i].held)
			unpin(w, (int)i, 0);
	for (i = 0; i < NR_FILES; i++)
		file_lock_dropped(w->phys, w->fds[i]);
	for (i = 0; i < NR_MMS; i++)
		if (w->mms[i].mm)
			drop_mm(w, i);
	if (w->phys->nr_frames_used || w->phys->mappings || w->phys->mmlist) {
		fprintf(stderr, "left at the end: %lu frames%s%s\n", w->phys->nr_frames_used,
			w->phys->mappings ? ", files" : "", w->phys->mmlist ? ", mms" : "");
		abort();
	}
	if (fcntl(200, F_GETFD) >= 0) {
		fprintf(stderr, "a file is left open\n");
		abort();
	}
	for (i = 0; i < NR_FILES; i++)
		close(w->fds[i]);
	if (w->shm_id >= 0)
		shmctl(w->shm_id, IPC_RMID, NULL);
	phys_destroy(w->phys);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct sigaction sa = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_NODEFER};
	struct world *w;
	size_t pos, n = 0;

	if (size < HEADER + RECORD)
		return 0;
	w = calloc(1, sizeof(*w));
	if (!w)
		return 0;
	sigaction(SIGBUS, &sa, &sigbus_old);
	if (world_init(w, data)) {
		sigbus_phys = w->phys;
		for (pos = HEADER; pos + RECORD <= size && n++ < MAX_OPS; pos += RECORD)
			step(w, data + pos);
		fail_nth(0, 0);
		world_exit(w);
	}
	sigbus_phys = NULL;
	sigaction(SIGBUS, &sigbus_old, NULL);
	free(w);
	return 0;
}
