// SPDX-License-Identifier: GPL-2.0-or-later
// File mappings: fault-around, private copies, one physical page for all, the end of the file.
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include "page_fixture.h"

#define RW    (PROT_READ | PROT_WRITE)
#define DISK  "/var/tmp"
#define SHMEM "/dev/shm"

// Pages that fault-around maps from @addr on, when the area starts there and has @pages pages.
static u64 around(u64 addr, u64 pages)
{
	u64 in_table = PTRS_PER_TABLE - (addr >> PAGE_SHIFT) % PTRS_PER_TABLE;

	return min_t(u64, min_t(u64, 16, pages), in_table);
}

static void test_private(void **state)
{
	struct fixture *f = *state;
	int fd = make_file(DISK, 40);
	u64 a = map_file(f->mm, fd, 40 << PAGE_SHIFT, RW, MAP_PRIVATE, 0);
	u64 near = around(a, 40), rss;
	struct mm_fault r;
	char c;

	r = touch(f->mm, a, MM_READ);
	assert_true(r.minor);
	assert_int_equal(r.perms, 1);
	assert_int_equal(peek(f->mm, a), 'a');
	rss = f->mm->rss_stat[MM_FILEPAGES];
	assert_int_equal(rss, near);
	assert_int_equal(f->mm->min_flt, 1);

	poke(f->mm, a, '!');
	assert_int_equal(f->mm->rss_stat[MM_FILEPAGES], rss - 1);
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], 1);
	assert_int_equal(peek(f->mm, a), '!');
	assert_int_equal(peek(f->mm, a + 1), 'a');
	assert_int_equal(pread(fd, &c, 1, 0), 1);
	assert_int_equal(c, 'a');
	// A store to a page never read: one copy, no fault-around.
	poke(f->mm, a + (39 << PAGE_SHIFT), '?');
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], 2);
	assert_int_equal(f->mm->rss_stat[MM_FILEPAGES], rss - 1);
	assert_int_equal(peek(f->mm, a + (39 << PAGE_SHIFT) + 1), 'a' + 39 - 26);
	// What the host writes is seen through private pages not copied yet.
	assert_int_equal(pwrite(fd, "Z", 1, PAGE_SIZE), 1);
	assert_int_equal(peek(f->mm, a + PAGE_SIZE), 'Z');
	close(fd);
}

static void shared(struct fixture *f, const char *dir, int counter)
{
	int fd = make_file(dir, 4), status;
	u64 a = map_file(f->mm, fd, 4 << PAGE_SHIFT, RW, MAP_SHARED, 0);
	u64 b = map_file(f->mm, fd, PAGE_SIZE, RW, MAP_SHARED, PAGE_SIZE);
	struct mm_struct *other = fixture_mm(f);
	u64 c = map_file(other, fd, 4 << PAGE_SHIFT, RW, MAP_SHARED, 0);
	char byte;
	pid_t pid;

	assert_int_equal(peek(f->mm, a + PAGE_SIZE), 'b');
	assert_true(f->mm->rss_stat[counter] >= 2 && f->mm->rss_stat[counter] <= 4);
	poke(f->mm, a + PAGE_SIZE, '1');
	assert_int_equal(peek(f->mm, b), '1');
	assert_int_equal(peek(other, c + PAGE_SIZE), '1');
	poke(other, c + PAGE_SIZE, '2');
	assert_int_equal(peek(f->mm, b), '2');
	assert_int_equal(touch(f->mm, b, MM_READ).paddr, touch(other, c + PAGE_SIZE, MM_READ).paddr);
	assert_int_equal(pread(fd, &byte, 1, PAGE_SIZE), 1);
	assert_int_equal(byte, '2');
	// A native process that maps the same file.
	pid = fork();
	if (!pid) {
		char *p = mmap(NULL, PAGE_SIZE, RW, MAP_SHARED, fd, PAGE_SIZE);
		int ok = p != MAP_FAILED && *p == '2';

		if (ok)
			*p = '3';
		_exit(!ok);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(peek(f->mm, b), '3');
	mmput(other);
	close(fd);
}

static void test_shared(void **state)
{
	shared(*state, DISK, MM_FILEPAGES);
}

static void test_shared_shmem(void **state)
{
	shared(*state, SHMEM, MM_SHMEMPAGES);
}

// A file page is mapped clean and read-only first (the first store is noticed); a shmem page is not.
static void test_writenotify(void **state)
{
	struct fixture *f = *state;
	int disk = make_file(DISK, 1), shm = make_file(SHMEM, 1);
	u64 a = map_file(f->mm, disk, PAGE_SIZE, RW, MAP_SHARED, 0);
	u64 b = map_file(f->mm, shm, PAGE_SIZE, RW, MAP_SHARED, 0);

	peek(f->mm, a);
	assert_false(*pte_lookup(f->mm, a) & _PAGE_RW);
	poke(f->mm, a, 1);
	assert_int_equal(f->mm->min_flt, 2);
	peek(f->mm, b);
	assert_true(*pte_lookup(f->mm, b) & _PAGE_RW);
	assert_false(*pte_lookup(f->mm, b) & _PAGE_DIRTY);
	assert_int_equal(touch(f->mm, b, MM_READ).perms, 1);
	poke(f->mm, b, 1);
	assert_int_equal(f->mm->min_flt, 3);
	close(disk);
	close(shm);
}

static void test_read_only_fd(void **state)
{
	struct fixture *f = *state;
	int fd = make_file(DISK, 3), ro;
	char name[64];
	u64 a, b;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	ro = open(name, O_RDONLY);
	assert_true(ro >= 0);
	a = map_file(f->mm, ro, 3 << PAGE_SHIFT, PROT_READ, MAP_SHARED, 0);
	assert_int_equal(peek(f->mm, a), 'a');
	assert_fault(touch(f->mm, a, MM_WRITE), SIGSEGV, SEGV_ACCERR, 4 | 2 | 1);
	// The window becomes writable in place for another open of the inode.
	b = map_file(f->mm, fd, 3 << PAGE_SHIFT, RW, MAP_SHARED, 0);
	poke(f->mm, b, 'W');
	assert_int_equal(peek(f->mm, a), 'W');
	close(fd);
	close(ro);
}

static void test_past_end(void **state)
{
	struct fixture *f = *state;
	int fd = make_file(DISK, 3);
	u64 a = map_file(f->mm, fd, 8 << PAGE_SHIFT, RW, MAP_PRIVATE, 0);
	struct mm_fault r;

	assert_int_equal(ftruncate(fd, 2 * PAGE_SIZE + 1), 0);
	assert_int_equal(peek(f->mm, a + 2 * PAGE_SIZE), 'c');
	assert_int_equal(peek(f->mm, a + 2 * PAGE_SIZE + 1), 0);
	r = touch(f->mm, a + 3 * PAGE_SIZE, MM_READ);
	assert_fault(r, SIGBUS, BUS_ADRERR, 4);
	assert_fault(touch(f->mm, a + 3 * PAGE_SIZE, MM_WRITE), SIGBUS, BUS_ADRERR, 4 | 2);
	assert_int_equal(f->mm->min_flt, 1);
	close(fd);
}

static void test_truncate(void **state)
{
	struct fixture *f = *state;
	int fd = make_file(DISK, 4);
	u64 a = map_file(f->mm, fd, 4 << PAGE_SHIFT, RW, MAP_SHARED, 0);
	u64 p = map_file(f->mm, fd, 4 << PAGE_SHIFT, RW, MAP_PRIVATE, 0), i;

	for (i = 0; i < 4; i++) {
		poke(f->mm, a + (i << PAGE_SHIFT), '0');
		poke(f->mm, p + (i << PAGE_SHIFT), '1');
	}
	f->nr_range = 0;
	assert_int_equal(ftruncate(fd, PAGE_SIZE + 10), 0);
	file_truncated(f->phys, fd);
	assert_int_equal(f->nr_range, 1);
	assert_int_equal(f->mm->rss_stat[MM_FILEPAGES], 2);
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], 2);
	assert_int_equal(peek(f->mm, a + PAGE_SIZE), '0');
	assert_int_equal(touch(f->mm, a + 2 * PAGE_SIZE, MM_READ).signo, SIGBUS);
	assert_int_equal(touch(f->mm, p + 2 * PAGE_SIZE, MM_READ).signo, SIGBUS);
	assert_int_equal(ftruncate(fd, 3 * PAGE_SIZE), 0);
	assert_int_equal(peek(f->mm, a + 2 * PAGE_SIZE), 0);
	close(fd);
}

static struct phys *bus_phys;

static void on_sigbus(int sig, siginfo_t *si, void *uc)
{
	if (!phys_handle_sigbus(bus_phys, si->si_addr))
		_exit(99);
}

// Another process truncates: no PTE went, so the access reaches a window page that is no more.
static void test_foreign_truncate(void **state)
{
	struct fixture *f = *state;
	struct sigaction act = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO}, old;
	int fd = make_file(DISK, 4);
	u64 a = map_file(f->mm, fd, 4 << PAGE_SHIFT, RW, MAP_SHARED, 0), addr;
	char buf[2 * PAGE_SIZE];

	bus_phys = f->phys;
	sigaction(SIGBUS, &act, &old);
	poke(f->mm, a + PAGE_SIZE, 'x');
	poke(f->mm, a, 'x');
	peek(f->mm, a + 2 * PAGE_SIZE);
	assert_int_equal(ftruncate(fd, PAGE_SIZE), 0);
	assert_false(phys_sigbus_pending(f->phys));
	// The copy stops where the file does.
	assert_int_equal(copy_from_user(f->mm, buf, a, sizeof(buf)), PAGE_SIZE);
	assert_int_equal(buf[0], 'x');
	assert_int_equal(buf[PAGE_SIZE], 0);
	assert_true(phys_sigbus_pending(f->phys));
	// The system call fails; there is no signal.
	assert_false(mm_sigbus_fixup(f->mm, &addr));
	assert_false(phys_sigbus_pending(f->phys));
	assert_int_equal(touch(f->mm, a + PAGE_SIZE, MM_READ).signo, SIGBUS);
	assert_int_equal(peek(f->mm, a), 'x');
	// The engine's access, likewise; afterwards the file grows and shows through again.
	poke(f->mm, a, 'y');
	assert_int_equal(ftruncate(fd, 0), 0);
	*(volatile u8 *)user_ptr(f->mm, a, 1, false);
	assert_true(mm_sigbus_fixup(f->mm, &addr));
	assert_int_equal(addr, a);
	assert_int_equal(pwrite(fd, "new", 3, 0), 3);
	assert_int_equal(peek(f->mm, a), 'n');
	poke(f->mm, a, 'N');
	assert_int_equal(pread(fd, buf, 1, 0), 1);
	assert_int_equal(buf[0], 'N');
	sigaction(SIGBUS, &old, NULL);
	close(fd);
}

// Many windows, used and given back: the slots come round again.
static void test_window_reuse(void **state)
{
	struct fixture *f = *state;
	int fd = make_file(SHMEM, 1), i;
	u64 a, off;

	assert_int_equal(ftruncate(fd, 64UL << 20), 0);
	for (i = 0; i < 3; i++) {
		a = map_file(f->mm, fd, 64UL << 20, RW, MAP_SHARED, 0);
		for (off = 0; off < 64UL << 20; off += 1UL << 20) {
			assert_int_equal(peek(f->mm, a + off), off ? i : i ? i : 'a');
			poke(f->mm, a + off, i + 1);
		}
		assert_int_equal(do_munmap(f->mm, a, 64UL << 20), 0);
		assert_null(f->phys->mappings);
	}
	close(fd);
}

static void test_shared_anonymous(void **state)
{
	struct fixture *f = *state;
	s64 a = do_mmap(f->mm, NULL, 0, 3 * PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS, 0);
	char name[64];

	assert_true(a > 0);
	poke(f->mm, a + PAGE_SIZE, 5);
	assert_int_equal(f->mm->rss_stat[MM_SHMEMPAGES], 1);
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], 0);
	assert_int_equal(peek(f->mm, a + PAGE_SIZE), 5);
	assert_string_equal(vma_name(find_vma(f->mm, a), name, sizeof(name)), "/dev/zero (deleted)");
}

// Code in a file: what was translated outlives the last PTE that shows it, as long as the content does.
static void test_file_code(void **state)
{
	struct fixture *f = *state;
	int fd = make_file(DISK, 1);
	u64 a = map_file(f->mm, fd, PAGE_SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, 0);
	u64 b = map_file(f->mm, fd, PAGE_SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, 0);

	assert_int_equal(touch(f->mm, a, MM_FETCH).perms, 5);
	peek(f->mm, b);
	do_munmap(f->mm, a, PAGE_SIZE);
	assert_int_equal(f->nr_code, 0);
	do_munmap(f->mm, b, PAGE_SIZE);
	assert_int_equal(f->nr_code, 0);
	a = map_file(f->mm, fd, PAGE_SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, 0);
	assert_int_equal(touch(f->mm, a, MM_FETCH).perms, 5);
	assert_int_equal(f->nr_code, 0);
	do_munmap(f->mm, a, PAGE_SIZE);
	// Another process changes one byte: seen when the page is next to be executed, and only then.
	assert_int_equal(pwrite(fd, "Z", 1, 4000), 1);
	a = map_file(f->mm, fd, PAGE_SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, 0);
	peek(f->mm, a);
	assert_int_equal(f->nr_code, 0);
	assert_int_equal(touch(f->mm, a, MM_FETCH).perms, 5);
	assert_int_equal(f->nr_code, 1);
	assert_int_equal(touch(f->mm, a, MM_FETCH).perms, 5);
	assert_int_equal(f->nr_code, 1);
	close(fd);
}

// However often one open file is mapped, it costs ulk one descriptor.
static void test_one_description(void **state)
{
	struct fixture *f = *state;
	int fd = make_file(DISK, 1), again = open("/dev/zero", O_RDONLY), i;
	struct file *a, *b, *c;

	assert_int_equal(file_from_fd(f->phys, fd, &a), 0);
	for (i = 0; i < 1000; i++)
		map_file(f->mm, fd, PAGE_SIZE, PROT_READ, MAP_SHARED, (u64)i << (PAGE_SHIFT + 1));
	assert_int_equal(file_from_fd(f->phys, fd, &b), 0);
	assert_ptr_equal(a, b);
	assert_true(a->refcount > 1000);
	// Another open of the same inode is another file, with the same pages.
	char name[64];
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	close(again);
	again = open(name, O_RDONLY);
	assert_int_equal(file_from_fd(f->phys, again, &c), 0);
	assert_ptr_not_equal(a, c);
	assert_ptr_equal(a->f_mapping, c->f_mapping);
	fput(a);
	fput(b);
	fput(c);
	close(fd);
	close(again);
}

// A device of its own accord refuses; /dev/zero is anonymous memory, or shared memory.
static void test_devices(void **state)
{
	struct fixture *f = *state;
	int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR);
	struct file *file;
	u64 a, b;

	assert_int_equal(file_from_fd(f->phys, null, &file), 0);
	assert_int_equal(do_mmap(f->mm, file, 0, PAGE_SIZE, PROT_READ, MAP_PRIVATE, 0), -ENODEV);
	fput(file);
	a = map_file(f->mm, zero, PAGE_SIZE, RW, MAP_PRIVATE, 0);
	b = map_file(f->mm, zero, PAGE_SIZE, RW, MAP_SHARED, 0);
	poke(f->mm, a, 1);
	poke(f->mm, b, 2);
	assert_int_equal(f->mm->rss_stat[MM_ANONPAGES], 1);
	assert_int_equal(f->mm->rss_stat[MM_SHMEMPAGES], 1);
	close(null);
	close(zero);
}

// More of a file in use than there are windows: the least used ones go, and come back when they are touched.
static void test_window_reclaim(void **state)
{
	const struct rlimit small = {6UL << 30, RLIM_INFINITY};
	const u64 step = 2UL << 20, chunks = 3072;
	struct fixture f;
	struct rlimit old;
	struct mm_fault r;
	u64 a, i, retries = 0;
	char c;
	int fd;

	getrlimit(RLIMIT_AS, &old);
	assert_int_equal(setrlimit(RLIMIT_AS, &small), 0);
	i = fixture_init(&f, 64 << 20);
	setrlimit(RLIMIT_AS, &old);
	// The address sanitizer has more than that mapped before it starts. (cmocka's skip() is a failure in
	// TAP.)
	if (i) {
		print_message("# not tried: no room under RLIMIT_AS\n");
		return;
	}
	assert_true(f.phys->size - f.phys->windows_start < chunks * step);
	fd = make_file(SHMEM, 1);
	assert_int_equal(ftruncate(fd, chunks * step), 0);
	a = map_file(f.mm, fd, chunks * step, RW, MAP_SHARED, 0);
	for (i = 0; i < chunks; i++) {
		for (r = touch(f.mm, a + i * step, MM_WRITE); r.retry;
		     r = touch(f.mm, a + i * step, MM_WRITE))
			retries++;
		assert_int_equal(r.signo, 0);
		*(u8 *)phys_to_host(f.phys, r.paddr) = i % 251;
	}
	assert_true(retries > 0 && retries < chunks / 50);
	assert_true(f.nr_range > 0);
	assert_int_equal(mm_check(f.mm, stderr), 0);
	for (i = 0; i < chunks; i++) {
		assert_int_equal(copy_from_user(f.mm, &c, a + i * step, 1), 0);
		assert_int_equal((u8)c, i % 251);
	}
	assert_int_equal(mm_check(f.mm, stderr), 0);
	assert_false(f.mm->flags & 1UL << MMF_OOM_VICTIM);
	fixture_exit(&f);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		T(test_private),      T(test_shared),
		T(test_shared_shmem), T(test_writenotify),
		T(test_read_only_fd), T(test_past_end),
		T(test_truncate),     T(test_foreign_truncate),
		T(test_window_reuse), T(test_shared_anonymous),
		T(test_file_code),    T(test_one_description),
		T(test_devices),      cmocka_unit_test(test_window_reclaim),
	};

	return cmocka_run_group_tests_name("page_file", tests, NULL, NULL);
}
