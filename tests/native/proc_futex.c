// SPDX-License-Identifier: GPL-2.0-or-later
/* futex of a single thread: values, timeouts, errors; robust lists and thread-id address. */
#include <linux/futex.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>
#include "show.h"

#define F(...) syscall(SYS_futex, __VA_ARGS__)

int main(void)
{
	static uint32_t words[4] = {1, 2, 3, 4};
	struct timespec ts = {0, 10000000}, bad = {0, 1000000000}, past = {1, 0};
	uint32_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	void *head = words;
	size_t len = 0;

	setvbuf(stdout, NULL, _IONBF, 0);
	for (int private = 0; private <= FUTEX_PRIVATE_FLAG; private += FUTEX_PRIVATE_FLAG) {
		printf("private %d\n", private);
		SHOW(F(words, FUTEX_WAIT | private, 7, NULL, NULL, 0));
		SHOW(F(words, FUTEX_WAIT | private, 1, &ts, NULL, 0));
		SHOW(F(words, FUTEX_WAIT | private, 1, &bad, NULL, 0));
		SHOW(F(words, FUTEX_WAIT | private, 1, 8, NULL, 0));
		SHOW(F(words, FUTEX_WAIT_BITSET | private, 1, &past, NULL, 1));
		SHOW(F(words, FUTEX_WAIT_BITSET | private, 1, &past, NULL, 0));
		SHOW(F(words, FUTEX_WAKE | private, 1, NULL, NULL, 0));
		SHOW(F(words, FUTEX_WAKE_BITSET | private, 1, NULL, NULL, 0));
		SHOW(F(words, FUTEX_WAKE_BITSET | private, 1, NULL, NULL, 1));
		SHOW(F((char *)words + 1, FUTEX_WAKE | private, 1, NULL, NULL, 0));
		SHOW(F(8, FUTEX_WAKE | private, 1, NULL, NULL, 0));
		SHOW(F(8, FUTEX_WAIT | private, 1, NULL, NULL, 0));
		SHOW(F(~3UL, FUTEX_WAKE | private, 1, NULL, NULL, 0));
		SHOW(F(words, FUTEX_REQUEUE | private, 1, 1, words + 1, 0));
		SHOW(F(words, FUTEX_CMP_REQUEUE | private, 1, 1, words + 1, 1));
		SHOW(F(words, FUTEX_CMP_REQUEUE | private, 1, 1, words + 1, 9));
		SHOW(F(words, FUTEX_WAKE_OP | private, 1, 1, words + 2,
		       FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_EQ, 3)));
		SHOW(words[2]);
		SHOW(F(words, FUTEX_WAKE_OP | private, 1, 1, 8,
		       FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_EQ, 3)));
		words[3] = 0;
		SHOW(F(words + 3, FUTEX_TRYLOCK_PI | private, 0, NULL, NULL, 0));
		SHOW(words[3] == (uint32_t)getpid());
		SHOW(F(words + 3, FUTEX_LOCK_PI | private, 0, NULL, NULL, 0));
		SHOW(F(words + 3, FUTEX_UNLOCK_PI | private, 0, NULL, NULL, 0));
		SHOW(words[3]);
		SHOW(F(words + 3, FUTEX_UNLOCK_PI | private, 0, NULL, NULL, 0));
		SHOW(F(words, FUTEX_FD | private, 1, NULL, NULL, 0));
		SHOW(F(words, 99 | private, 1, NULL, NULL, 0));
		SHOW(F(words, FUTEX_WAKE | FUTEX_CLOCK_REALTIME | private, 1, NULL, NULL, 0));
		SHOW(F(words, FUTEX_WAIT | FUTEX_CLOCK_REALTIME | private, 1, &ts, NULL, 0));
	}
	*shared = 5;
	SHOW(F(shared, FUTEX_WAIT, 5, &ts, NULL, 0));
	SHOW(F(shared, FUTEX_WAIT, 6, &ts, NULL, 0));
	SHOW(F(shared, FUTEX_WAKE, 1, NULL, NULL, 0));
	munmap(shared, 4096);
	SHOW(F(shared, FUTEX_WAKE, 1, NULL, NULL, 0));

	SHOW(syscall(SYS_set_robust_list, words, 23));
	SHOW(syscall(SYS_set_robust_list, NULL, 24));
	SHOW(syscall(SYS_get_robust_list, 0, &head, &len));
	SHOW(head == NULL);
	SHOW(len);
	SHOW(syscall(SYS_get_robust_list, getpid(), &head, 8));
	SHOW(syscall(SYS_get_robust_list, -1, &head, &len));
	SHOW(syscall(SYS_set_tid_address, words) == getpid());
	return 0;
}
