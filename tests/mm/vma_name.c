// SPDX-License-Identifier: GPL-2.0-or-later
// Names of anonymous areas, whatever the host's kernel was built with: splitting, merging, errors.
#include <stdio.h>
#include "page_fixture.h"

#define RW (PROT_READ | PROT_WRITE)

/* The areas of [start, start + pages): "4:four 4: 8:x", pages and name. */
static const char *areas(struct mm_struct *mm, u64 start, u64 pages, char *buf)
{
	u64 end = start + pages * PAGE_SIZE;
	struct vm_area_struct *vma;
	char *p = buf;

	*p = '\0';
	for_each_vma (mm, vma) {
		if (vma->vm_start >= start && vma->vm_end <= end)
			p += sprintf(p, "%s%lu:%s", p == buf ? "" : " ",
				     (unsigned long)((vma->vm_end - vma->vm_start) >> PAGE_SHIFT),
				     vma->anon_name ? vma->anon_name : "");
	}
	return buf;
}

static int name(struct mm_struct *mm, u64 start, u64 page, u64 pages, const char *text)
{
	return madvise_set_anon_name(mm, start + page * PAGE_SIZE, pages * PAGE_SIZE, text);
}

static void test_split_and_merge(void **state)
{
	struct mm_struct *mm = ((struct fixture *)*state)->mm;
	u64 a = map_anon(mm, 16, RW);
	char buf[256];

	assert_int_equal(name(mm, a, 4, 4, "four"), 0);
	assert_string_equal(areas(mm, a, 16, buf), "4: 4:four 8:");
	assert_int_equal(name(mm, a, 8, 4, "more"), 0);
	assert_string_equal(areas(mm, a, 16, buf), "4: 4:four 4:more 4:");
	assert_int_equal(name(mm, a, 8, 4, "four"), 0);
	assert_string_equal(areas(mm, a, 16, buf), "4: 8:four 4:");
	assert_int_equal(name(mm, a, 6, 4, NULL), 0);
	assert_string_equal(areas(mm, a, 16, buf), "4: 2:four 4: 2:four 4:");
	assert_int_equal(name(mm, a, 0, 16, "all"), 0);
	assert_string_equal(areas(mm, a, 16, buf), "16:all");
	assert_int_equal(name(mm, a, 3, 1, "all"), 0);
	assert_string_equal(areas(mm, a, 16, buf), "16:all");
	assert_int_equal(do_mprotect(mm, a + 3 * PAGE_SIZE, PAGE_SIZE, PROT_READ), 0);
	assert_string_equal(areas(mm, a, 16, buf), "3:all 1:all 12:all");
	assert_int_equal(do_mprotect(mm, a + 3 * PAGE_SIZE, PAGE_SIZE, RW), 0);
	assert_string_equal(areas(mm, a, 16, buf), "16:all");
	assert_int_equal(name(mm, a, 0, 16, NULL), 0);
	assert_string_equal(areas(mm, a, 16, buf), "16:");
	assert_int_equal(mm_check(mm, stderr), 0);
}

static void test_errors(void **state)
{
	struct mm_struct *mm = ((struct fixture *)*state)->mm;
	u64 a = map_anon(mm, 8, RW), file;
	int fd = make_file("/var/tmp", 2);
	char buf[256];

	assert_int_equal(madvise_set_anon_name(mm, a + 1, PAGE_SIZE, "x"), -EINVAL);
	assert_int_equal(madvise_set_anon_name(mm, a, ~0UL, "x"), -EINVAL);
	assert_int_equal(madvise_set_anon_name(mm, a, 0, "x"), 0);
	assert_int_equal(do_munmap(mm, a + 2 * PAGE_SIZE, PAGE_SIZE), 0);
	assert_int_equal(name(mm, a, 0, 6, "holey"), -ENOMEM);
	assert_string_equal(areas(mm, a, 8, buf), "2:holey 3:holey 2:");
	assert_int_equal(name(mm, a, 2, 1, "hole"), -ENOMEM);
	file = map_file(mm, fd, 2 * PAGE_SIZE, PROT_READ, MAP_PRIVATE, 0);
	assert_int_equal(name(mm, file, 0, 1, "file"), -EBADF);
	close(fd);
}

static void test_shared(void **state)
{
	struct mm_struct *mm = ((struct fixture *)*state)->mm;
	s64 a = do_mmap(mm, NULL, 0, 2 * PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS, 0);
	char buf[256];

	assert_true(a > 0);
	assert_int_equal(name(mm, (u64)a, 0, 2, "shared"), 0);
	assert_string_equal(vma_name(find_vma(mm, (u64)a), buf, sizeof(buf)), "[anon_shmem:shared]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_split_and_merge, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_errors, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_shared, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
