// SPDX-License-Identifier: GPL-2.0-or-later
// System V segments: one attachment of the host's per area, whatever happens to the areas.
#include <sys/ipc.h>
#include <sys/shm.h>
#include "mm/shm.h"
#include "page_fixture.h"

static unsigned long attached(int id)
{
	struct shmid_ds ds;

	return shmctl(id, IPC_STAT, &ds) < 0 ? ~0UL : ds.shm_nattch;
}

static void test_count(void **state)
{
	struct fixture *f = *state;
	int id = shmget(IPC_PRIVATE, 6 << 20, 0600);
	volatile u8 *own = shmat(id, NULL, 0);
	u64 a, b;

	if (id < 0)
		skip();
	a = do_shmat(f->mm, id, 0, 0);
	assert_int_equal(attached(id), 2);
	// The host's own mapping and the guest's show the same.
	poke(f->mm, a + (5 << 20), 'g');
	assert_int_equal(own[5 << 20], 'g');
	own[77] = 'h';
	assert_int_equal(peek(f->mm, a + 77), 'h');
	assert_int_equal(f->mm->rss_stat[MM_SHMEMPAGES], 2);
	do_mprotect(f->mm, a + PAGE_SIZE, PAGE_SIZE, PROT_READ);
	assert_int_equal(attached(id), 4);
	// Alike again, but areas of a segment are not merged away.
	do_mprotect(f->mm, a + PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE);
	assert_int_equal(attached(id), 4);
	b = do_shmat(f->mm, id, 0, SHM_RDONLY);
	assert_int_equal(attached(id), 5);
	assert_int_equal(peek(f->mm, b + 77), 'h');
	assert_int_equal(touch(f->mm, b, MM_WRITE).signo, SIGSEGV);
	do_munmap(f->mm, a, PAGE_SIZE);
	assert_int_equal(attached(id), 4);
	assert_int_equal(do_shmdt(f->mm, a), 0);
	assert_int_equal(attached(id), 2);
	assert_int_equal(do_shmdt(f->mm, a), -EINVAL);
	shmctl(id, IPC_RMID, NULL);
	// The last area, which the tear-down takes away, keeps it.
	shmdt((void *)own);
	assert_int_equal(attached(id), 1);
	exit_mmap(f->mm);
	assert_true(attached(id) == ~0UL);
}

static void test_refused(void **state)
{
	struct fixture *f = *state;
	int id = shmget(IPC_PRIVATE, 2 * PAGE_SIZE, 0600);
	u64 a = map_anon(f->mm, 4, PROT_READ);

	if (id < 0)
		skip();
	assert_int_equal(do_shmat(f->mm, id, a + PAGE_SIZE, 0), -EINVAL);
	assert_int_equal(do_shmat(f->mm, id, a + 1, 0), -EINVAL);
	assert_int_equal(do_shmat(f->mm, id, 0, SHM_REMAP), -EINVAL);
	assert_int_equal(do_shmat(f->mm, id, TASK_SIZE - PAGE_SIZE, SHM_REMAP), -ENOMEM);
	assert_int_equal(do_shmat(f->mm, id, -PAGE_SIZE, 0), -EINVAL);
	assert_int_equal(do_shmat(f->mm, -1, 0, 0), -EINVAL);
	assert_int_equal(attached(id), 0);
	assert_int_equal(do_shmat(f->mm, id, a + PAGE_SIZE, SHM_REMAP), a + PAGE_SIZE);
	assert_int_equal(do_shmat(f->mm, id, a + 4 * PAGE_SIZE + 5, SHM_RND), a + 4 * PAGE_SIZE);
	assert_int_equal(attached(id), 2);
	shmctl(id, IPC_RMID, NULL);
}

// Slots of windows come back, in any order and size.
static void test_slots(void **state)
{
	struct fixture *f = *state;
	u64 at[8] = {0};
	int id[8];

	for (int i = 0; i < 8; i++) {
		id[i] = shmget(IPC_PRIVATE, (1UL + i) * 5 << 20, 0600 | SHM_NORESERVE);
		if (id[i] < 0)
			skip();
	}
	for (int round = 0; round < 200; round++) {
		int i = (round * 5 + round / 7) % 8;

		if (at[i]) {
			assert_int_equal(peek(f->mm, at[i] + (1UL + i) * (4 << 20)), i + 1);
			assert_int_equal(do_shmdt(f->mm, at[i]), 0);
			at[i] = 0;
		} else {
			at[i] = do_shmat(f->mm, id[i], 0, 0);
			assert_true(at[i] < TASK_SIZE);
			poke(f->mm, at[i] + (1UL + i) * (4 << 20), i + 1);
		}
		assert_int_equal(mm_check(f->mm, stderr), 0);
	}
	for (int i = 0; i < 8; i++)
		shmctl(id[i], IPC_RMID, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		T(test_count), T(test_refused), T(test_slots),
	};

	return cmocka_run_group_tests_name("page_shm", tests, NULL, NULL);
}
