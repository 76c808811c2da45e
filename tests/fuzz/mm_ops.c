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
#include "mm_world.h"

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

u64 decode_addr(struct world *w, unsigned which, const u8 *b)
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

u64 decode_len(u8 b)
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

/* ---- operations ---- */

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
