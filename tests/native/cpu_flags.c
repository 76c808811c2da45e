// SPDX-License-Identifier: GPL-2.0-or-later
// Results and defined flags of integer instructions, over edge values and pseudo-random operands.
#include <stdint.h>
#include <stdio.h>

// CF PF AF ZF SF OF
#define ALL 0x8d5ull
#define NO_AF 0x8c5ull

static const uint64_t edge[] = {
	0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
	0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff, 0x123456789abcdef0, 0x0f0f0f0f0f0f0f0f,
};
enum { EDGES = sizeof(edge) / sizeof(edge[0]) };

static uint64_t hash;

static void mix(uint64_t v)
{
	hash = (hash ^ v) * 0x100000001b3;
	hash ^= hash >> 29;
}

static void report(const char *name)
{
	printf("%-10s %016llx\n", name, (unsigned long long)hash);
	hash = 0xcbf29ce484222325;
}

// One two-operand instruction in four widths; the carry is set before, so that adc and sbb see both.
#define BINARY(name, mask)                                                                              \
	static void name##_all(uint64_t a, uint64_t b, int carry)                                       \
	{                                                                                               \
		uint64_t r, f;                                                                          \
		uint32_t r4;                                                                            \
		uint16_t r2;                                                                            \
		uint8_t r1;                                                                             \
		__asm__("bt $0, %3; " #name "q %4, %0; pushfq; popq %1"                                 \
			: "=&r"(r), "=&r"(f) : "0"(a), "r"(carry), "r"(b) : "cc");                      \
		mix(r), mix(f & (mask));                                                                \
		__asm__("bt $0, %3; " #name "l %4, %0; pushfq; popq %1"                                 \
			: "=&r"(r4), "=&r"(f) : "0"((uint32_t)a), "r"(carry), "r"((uint32_t)b) : "cc"); \
		mix(r4), mix(f & (mask));                                                               \
		__asm__("bt $0, %3; " #name "w %4, %0; pushfq; popq %1"                                 \
			: "=&r"(r2), "=&r"(f) : "0"((uint16_t)a), "r"(carry), "r"((uint16_t)b) : "cc"); \
		mix(r2), mix(f & (mask));                                                               \
		__asm__("bt $0, %3; " #name "b %4, %0; pushfq; popq %1"                                 \
			: "=&q"(r1), "=&r"(f) : "0"((uint8_t)a), "r"(carry), "q"((uint8_t)b) : "cc");   \
		mix(r1), mix(f & (mask));                                                               \
	}

BINARY(add, ALL)
BINARY(adc, ALL)
BINARY(sub, ALL)
BINARY(sbb, ALL)
BINARY(cmp, ALL)
BINARY(and, NO_AF)
BINARY(or, NO_AF)
BINARY(xor, NO_AF)
BINARY(test, NO_AF)

#define UNARY(name, mask)                                                                                  \
	static void name##_all(uint64_t a, uint64_t b, int carry)                                          \
	{                                                                                                  \
		uint64_t r = a, f;                                                                         \
		uint8_t r1 = (uint8_t)a;                                                                   \
		(void)b;                                                                                   \
		__asm__("bt $0, %2; " #name "q %0; pushfq; popq %1" : "+&r"(r), "=&r"(f) : "r"(carry) : "cc");  \
		mix(r), mix(f & (mask));                                                                   \
		__asm__("bt $0, %2; " #name "b %0; pushfq; popq %1" : "+&q"(r1), "=&r"(f) : "r"(carry) : "cc"); \
		mix(r1), mix(f & (mask));                                                                  \
	}

UNARY(inc, ALL)
UNARY(dec, ALL)
UNARY(neg, ALL)
UNARY(not, 1)           // leaves the flags alone; bt defined only CF

// Shifts by cl: OF is defined for a count of 1 only, AF never, CF not past the width.
#define SHIFT(name)                                                                                            \
	static void name##_all(uint64_t a, uint64_t b, int carry)                                              \
	{                                                                                                      \
		uint64_t r = a, f;                                                                             \
		uint32_t r4 = (uint32_t)a;                                                                     \
		uint8_t count = b & 63, count4 = b & 31;                                                       \
		__asm__("bt $0, %2; " #name "q %%cl, %0; pushfq; popq %1"                                      \
			: "+&r"(r), "=&r"(f) : "r"(carry), "c"(count) : "cc");                                 \
		mix(r), mix(count == 0 ? 0 : f & (count == 1 ? NO_AF : NO_AF & ~0x800ull));                    \
		__asm__("bt $0, %2; " #name "l %%cl, %0; pushfq; popq %1"                                      \
			: "+&r"(r4), "=&r"(f) : "r"(carry), "c"(count4) : "cc");                               \
		mix(r4), mix(count4 == 0 ? 0 : f & (count4 == 1 ? NO_AF : NO_AF & ~0x800ull));                 \
	}

// Rotates change CF and OF only.
#define ROTATE(name)                                                                                  \
	static void name##_all(uint64_t a, uint64_t b, int carry)                                     \
	{                                                                                             \
		uint64_t r = a, f;                                                                    \
		uint16_t r2 = (uint16_t)a;                                                            \
		uint8_t count = b & 63, count2 = b & 15;                                              \
		__asm__("bt $0, %2; " #name "q %%cl, %0; pushfq; popq %1"                             \
			: "+&r"(r), "=&r"(f) : "r"(carry), "c"(count) : "cc");                        \
		mix(r), mix(f & (count == 1 ? 0x801 : 1));                                            \
		__asm__("bt $0, %2; " #name "w %%cl, %0; pushfq; popq %1"                             \
			: "+&r"(r2), "=&r"(f) : "r"(carry), "c"(count2) : "cc");                      \
		mix(r2), mix(f & (count2 == 1 ? 0x801 : 1));                                          \
	}

SHIFT(shl)
SHIFT(shr)
SHIFT(sar)
ROTATE(rol)
ROTATE(ror)
ROTATE(rcl)
ROTATE(rcr)

static void mul_all(uint64_t a, uint64_t b, int carry)
{
	uint64_t lo, hi, f;

	(void)carry;
	__asm__("mulq %4; pushfq; popq %2" : "=&a"(lo), "=&d"(hi), "=&r"(f) : "0"(a), "r"(b) : "cc");
	mix(lo), mix(hi), mix(f & 0x801);
	__asm__("imulq %4; pushfq; popq %2" : "=&a"(lo), "=&d"(hi), "=&r"(f) : "0"(a), "r"(b) : "cc");
	mix(lo), mix(hi), mix(f & 0x801);
	__asm__("imull %k2, %k0; pushfq; popq %1" : "=&r"(lo), "=&r"(f) : "r"(b), "0"(a) : "cc");
	mix(lo), mix(f & 0x801);
	__asm__("imulw $-77, %w2, %w0; pushfq; popq %1" : "=&r"(lo), "=&r"(f) : "r"(b), "0"(a) : "cc");
	mix(lo), mix(f & 0x801);
}

static void div_all(uint64_t a, uint64_t b, int carry)
{
	uint64_t q, r;

	(void)carry;
	if (!b)
		return;
	__asm__("divq %4" : "=&a"(q), "=&d"(r) : "0"(a), "1"(a % b), "r"(b) : "cc");
	mix(q), mix(r);
	if (a == 1ull << 63 && b == ~0ull)
		return;
	__asm__("cqto; idivq %3" : "=&a"(q), "=&d"(r) : "0"(a), "r"(b) : "cc");
	mix(q), mix(r);
}

static void bits_all(uint64_t a, uint64_t b, int carry)
{
	uint64_t r, f;

	(void)carry;
	if (a) {
		__asm__("bsfq %2, %0; pushfq; popq %1" : "=&r"(r), "=&r"(f) : "r"(a) : "cc");
		mix(r), mix(f & 0x40);
		__asm__("bsrq %2, %0; pushfq; popq %1" : "=&r"(r), "=&r"(f) : "r"(a) : "cc");
		mix(r), mix(f & 0x40);
	}
	__asm__("btq %2, %1; pushfq; popq %0" : "=&r"(f) : "r"(a), "r"(b) : "cc");
	mix(f & 1);
	r = a;
	__asm__("btcq %2, %0; pushfq; popq %1" : "+&r"(r), "=&r"(f) : "r"(b) : "cc");
	mix(r), mix(f & 1);
	// A bit offset reaches beyond the operand when that is in memory.
	uint64_t words[4] = { a, b, ~a, ~b };
	__asm__("btsq %2, %1; pushfq; popq %0" : "=&r"(f), "+m"(words) : "r"((b & 127) + 64) : "cc");
	mix(words[0]), mix(words[1]), mix(words[2]), mix(words[3]), mix(f & 1);
	r = a;
	__asm__("bswapq %0" : "+r"(r));
	mix(r);
	r = a;
	__asm__("shldq %%cl, %1, %0" : "+r"(r) : "r"(b), "c"((uint8_t)b) : "cc");
	mix(r);
	r = a;
	__asm__("shrdq $13, %1, %0" : "+r"(r) : "r"(b) : "cc");
	mix(r);
}

static void exchange_all(uint64_t a, uint64_t b, int carry)
{
	uint64_t mem = a, rax = b, f;
	__attribute__((aligned(16))) uint64_t pair[2] = { a, b };
	uint64_t lo = carry ? a : b, hi = b;

	__asm__("lock cmpxchgq %3, %1; pushfq; popq %2" : "+a"(rax), "+m"(mem), "=&r"(f) : "r"(b + 1) : "cc");
	mix(rax), mix(mem), mix(f & ALL);
	mem = a, rax = b;
	__asm__("lock xaddq %0, %1; pushfq; popq %2" : "+r"(rax), "+m"(mem), "=&r"(f) : : "cc");
	mix(rax), mix(mem), mix(f & ALL);
	__asm__("lock cmpxchg16b %0; setz %b3"
		: "+m"(pair), "+a"(lo), "+d"(hi), "=&r"(f) : "b"(1ull), "c"(2ull) : "cc");
	mix(pair[0]), mix(pair[1]), mix(lo), mix(hi), mix(f & 1);
}

static const struct {
	const char *name;
	void (*run)(uint64_t a, uint64_t b, int carry);
} ops[] = {
#define OP(name) { #name, name##_all }
	OP(add), OP(adc), OP(sub), OP(sbb), OP(cmp), OP(and), OP(or), OP(xor), OP(test), OP(inc), OP(dec), OP(neg),
	OP(not), OP(shl), OP(shr), OP(sar), OP(rol), OP(ror), OP(rcl), OP(rcr), OP(mul), OP(div), OP(bits),
	OP(exchange),
};

int main(void)
{
	for (size_t op = 0; op < sizeof(ops) / sizeof(ops[0]); op++) {
		uint64_t seed = 88172645463325252ull;

		report(op ? ops[op - 1].name : "start");
		for (int i = 0; i < EDGES; i++)
			for (int j = 0; j < EDGES; j++)
				for (int carry = 0; carry < 2; carry++)
					ops[op].run(edge[i], edge[j], carry);
		for (int i = 0; i < 2000; i++) {
			uint64_t a = seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			ops[op].run(a, seed, i & 1);
		}
	}
	report(ops[sizeof(ops) / sizeof(ops[0]) - 1].name);
	return 0;
}
