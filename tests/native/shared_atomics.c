// SPDX-License-Identifier: GPL-2.0-or-later
/* Locked instructions of two processes on the same memory lose nothing, whatever the instruction and its
 * width. */
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 40000

static struct shared {
	_Atomic int ready;
	char sums[64] __attribute__((aligned(64)));
	char lock[64] __attribute__((aligned(64)));
	long guarded;
} * shared;
static int me;

#define ADD(name, type, code)                                                                                \
	static void name(void)                                                                               \
	{                                                                                                    \
		type *p = (type *)shared->sums;                                                              \
		type one = 1;                                                                                \
		for (int i = 0; i < ROUNDS; i++, one = 1)                                                    \
			__asm__ volatile(code : "+m"(*p), "+r"(one) : : "cc", "memory");                     \
	}
ADD(inc, uint32_t, "lock incl %0")
ADD(add, uint64_t, "lock addq %1, %0")
ADD(sub, uint32_t, "lock subl %1, %0")
ADD(adc, uint16_t, "stc; lock adcw $0, %0")
ADD(xadd, uint64_t, "lock xaddq %1, %0")
ADD(xadd_byte, uint8_t, "lock xaddb %1, %0")

/* Each process flips bits of its own: in the end they are as they were, unless the other's store took one
 * back. */
#define FLIP(name, code)                                                                                     \
	static void name(void)                                                                               \
	{                                                                                                    \
		uint32_t *p = (uint32_t *)shared->sums, mine = me ? 0xffff0000 : 0xffff, wrong = 0;          \
		long bit = me ? 20 : 4;                                                                      \
		uint32_t seen;                                                                               \
		for (int i = 0; i < ROUNDS; i++) {                                                           \
			__asm__ volatile(code                                                                \
					 : "+m"(*p)                                                          \
					 : "r"(mine), "r"(~mine), "r"(bit)                                   \
					 : "cc", "memory");                                                  \
			seen = *(volatile uint32_t *)p & mine;                                               \
			wrong += seen != 0;                                                                  \
		}                                                                                            \
		__atomic_fetch_add((uint32_t *)shared->sums + 1, wrong, __ATOMIC_RELAXED);                   \
	}
FLIP(or_and, "lock orl %1, %0; lock andl %2, %0")
FLIP(xor_twice, "lock xorl %1, %0; lock xorl %1, %0")
FLIP(set_reset, "lock btsq %3, %0; lock btrq %3, %0")
FLIP(complement_bit, "lock btcq %3, %0; lock btcq %3, %0")

/* An even number of them on each of eight words: one that is lost shows in half of the words on average. */
#define TWICE(name, code)                                                                                    \
	static void name(void)                                                                               \
	{                                                                                                    \
		uint32_t *p = (uint32_t *)shared->sums + 4;                                                  \
		for (int i = 0; i < ROUNDS; i++)                                                             \
			__asm__ volatile(code : "+m"(p[i % 8]) : : "cc");                                    \
		if (me)                                                                                      \
			return;                                                                              \
		while (shared->ready < 3)                                                                    \
			sched_yield();                                                                       \
		for (int i = 0; i < 8; i++)                                                                  \
			printf("%x ", p[i]);                                                                 \
	}
TWICE(neg, "lock negl %0")
TWICE(not, "lock notl %0")

#define LOOP(name, type, instruction)                                                                        \
	static void name(void)                                                                               \
	{                                                                                                    \
		volatile type *p = (type *)shared->sums;                                                     \
		for (int i = 0; i < ROUNDS; i++) {                                                           \
			type old, new;                                                                       \
			unsigned char done;                                                                  \
			do {                                                                                 \
				old = *p;                                                                    \
				new = (type)(old + 1);                                                       \
				__asm__ volatile("lock " instruction " %3, %1; sete %2"                      \
						 : "+a"(old), "+m"(*p), "=q"(done)                           \
						 : "q"(new)                                                  \
						 : "cc", "memory");                                          \
			} while (!done);                                                                     \
		}                                                                                            \
	}
LOOP(cmpxchg1, uint8_t, "cmpxchgb")
LOOP(cmpxchg2, uint16_t, "cmpxchgw")
LOOP(cmpxchg4, uint32_t, "cmpxchgl")
LOOP(cmpxchg8, uint64_t, "cmpxchgq")

#define WIDE(name, half, instruction)                                                                        \
	static void name(void)                                                                               \
	{                                                                                                    \
		volatile half *p = (half *)shared->sums;                                                     \
		for (int i = 0; i < ROUNDS; i++) {                                                           \
			half low, high;                                                                      \
			unsigned char done;                                                                  \
			do {                                                                                 \
				low = p[0], high = p[1];                                                     \
				__asm__ volatile("lock " instruction " %0; sete %1"                          \
						 : "+m"(*(half(*)[2])p), "=q"(done), "+a"(low), "+d"(high)   \
						 : "b"(low + 1), "c"(high + 3)                               \
						 : "cc", "memory");                                          \
			} while (!done);                                                                     \
		}                                                                                            \
	}
WIDE(cmpxchg8b, uint32_t, "cmpxchg8b")
WIDE(cmpxchg16b, uint64_t, "cmpxchg16b")

/* A lock made of xchg, whose memory needs no prefix to be locked. */
#define SPIN(name, type, code)                                                                               \
	static void name(void)                                                                               \
	{                                                                                                    \
		volatile type *p = (type *)shared->lock;                                                     \
		for (int i = 0; i < ROUNDS; i++) {                                                           \
			type taken = 1;                                                                      \
			for (int n = 0; taken; n++) {                                                        \
				__asm__ volatile(code : "+q"(taken), "+m"(*p) : : "memory");                 \
				if (taken && n % 64 == 63)                                                   \
					sched_yield();                                                       \
			}                                                                                    \
			shared->guarded++;                                                                   \
			__atomic_store_n(p, 0, __ATOMIC_RELEASE);                                            \
		}                                                                                            \
	}
SPIN(xchg1, uint8_t, "xchgb %0, %1")
SPIN(xchg2, uint16_t, "xchgw %0, %1")
SPIN(xchg4, uint32_t, "xchgl %0, %1")
SPIN(xchg8, uint64_t, "xchgq %0, %1")

/* An operand across two cache lines: of each process's own, and now and then. */
static void split(void)
{
	uint32_t *p = (uint32_t *)(me ? shared->lock + 62 : shared->sums + 62);

	for (int i = 0; i < 20; i++)
		__asm__ volatile("lock incl %0" : "+m"(*p) : : "cc");
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
#define T(name)                                                                                              \
	{                                                                                                    \
#name, name                                                                                  \
	}
	T(inc),	      T(add),	    T(sub),	   T(adc),	 T(xadd),
	T(xadd_byte), T(or_and),    T(xor_twice),  T(set_reset), T(complement_bit),
	T(neg),	      T(not ),	    T(cmpxchg1),   T(cmpxchg2),	 T(cmpxchg4),
	T(cmpxchg8),  T(cmpxchg8b), T(cmpxchg16b), T(xchg1),	 T(xchg2),
	T(xchg4),     T(xchg8),	    T(split),
};

int main(void)
{
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	for (unsigned i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		pid_t child;

		memset(shared, 0, sizeof(*shared));
		for (int j = 4; j < 12; j++)
			((uint32_t *)shared->sums)[j] = (uint32_t)j;
		child = fork();
		me = child == 0;
		shared->ready++;
		while (shared->ready < 2) /* both at once, or nothing would be shown */
			sched_yield();
		tests[i].run();
		shared->ready++;
		if (me)
			_exit(0);
		waitpid(child, NULL, 0);
		printf("%s: %llx %llx, guarded %ld\n", tests[i].name,
		       (unsigned long long)*(uint64_t *)shared->sums,
		       (unsigned long long)*(uint64_t *)(shared->sums + 8), shared->guarded);
	}
	printf("split: %u %u\n", *(uint32_t *)(shared->sums + 62), *(uint32_t *)(shared->lock + 62));
	return 0;
}
