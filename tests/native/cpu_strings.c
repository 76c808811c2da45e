// SPDX-License-Identifier: GPL-2.0-or-later
// String instructions: widths, both directions, overlaps, page edges, and the registers they leave.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096

static unsigned char *area;

static void fill(void)
{
	for (int i = 0; i < 4 * PAGE; i++)
		area[i] = (unsigned char)(i * 7 + i / 256);
}

static unsigned long sum(void)
{
	unsigned long h = 5381;

	for (int i = 0; i < 4 * PAGE; i++)
		h = h * 33 + area[i];
	return h;
}

#define MOVS(width, suffix, down)                                                                          \
	do {                                                                                               \
		unsigned char *s = area + from, *d = area + to;                                            \
		unsigned long n = count;                                                                   \
		fill();                                                                                    \
		__asm__ volatile(down "rep movs" suffix "; cld" : "+S"(s), "+D"(d), "+c"(n) : : "memory", "cc"); \
		printf("movs%d %s from %d to %d count %d: %td %td %lu sum %lx\n", width, down[0] ? "down" : "up",  \
		       from, to, count, s - area, d - area, n, sum());                                     \
	} while (0)

int main(void)
{
	static const struct { int from, to, count; } moves[] = {
		{ PAGE, 2 * PAGE, 100 }, { PAGE, PAGE + 1, 500 }, { PAGE + 1, PAGE, 500 }, { PAGE - 3, 2 * PAGE - 5, 300 },
		{ PAGE, 2 * PAGE, 0 }, { PAGE + 8, PAGE + 16, 200 }, { 2 * PAGE - 1, PAGE + 7, 64 },
	};

	area = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		int from = moves[i].from, to = moves[i].to, count = moves[i].count;

		MOVS(1, "b", "");
		MOVS(2, "w", "");
		MOVS(4, "l", "");
		MOVS(8, "q", "");
		MOVS(1, "b", "std;");
		MOVS(8, "q", "std;");
	}
	for (int width = 1; width <= 8; width *= 2) {
		unsigned char *d = area + PAGE - 9;
		unsigned long n = 40;

		fill();
		switch (width) {
		case 1: __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(0x1122334455667788) : "memory"); break;
		case 2: __asm__ volatile("rep stosw" : "+D"(d), "+c"(n) : "a"(0x1122334455667788) : "memory"); break;
		case 4: __asm__ volatile("rep stosl" : "+D"(d), "+c"(n) : "a"(0x1122334455667788) : "memory"); break;
		case 8: __asm__ volatile("rep stosq" : "+D"(d), "+c"(n) : "a"(0x1122334455667788) : "memory"); break;
		}
		printf("stos%d: %td %lu sum %lx\n", width, d - area, n, sum());
	}
	fill();
	for (int start = 0; start < 3; start++) {
		unsigned char *d = area + PAGE - 20 + start, *s = area + start, *t = area + 1 + start;
		unsigned long n = 300, flags, value;

		__asm__ volatile("repne scasb; pushfq; popq %2" : "+D"(d), "+c"(n), "=r"(flags) : "a"(area[PAGE + 50]) : "cc");
		printf("scasb: %td %lu flags %lx\n", d - area, n, flags & 0x8d5);
		area[start + 100] = area[start + 101] = 9;
		memcpy(area + 2 * PAGE, area, 100);
		t = area + 2 * PAGE + start;
		n = 200;
		__asm__ volatile("repe cmpsb; pushfq; popq %3" : "+S"(s), "+D"(t), "+c"(n), "=r"(flags) : : "cc");
		printf("cmpsb: %td %td %lu flags %lx\n", s - area, t - area, n, flags & 0x8d5);
		n = 3;
		value = 0;
		__asm__ volatile("rep lodsw" : "+S"(s), "+c"(n), "+a"(value));
		printf("lodsw: %td %lu %lx\n", s - area, n, value);
	}
	return 0;
}
