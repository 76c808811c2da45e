// SPDX-License-Identifier: GPL-2.0-or-later
/* Protection keys on a CPU that has none. */
#include <cpuid.h>
#include <sys/mman.h>
#include "show.h"

#define PAGE 4096L

static void keys(void)
{
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	SHOW(pkey_alloc(0, 0));
	SHOW(pkey_alloc(1, 0));
	SHOW(pkey_alloc(0, 4));
	SHOW(pkey_alloc(0, 3));
	for (int key = -3; key < 18; key++) {
		errno = 0;
		printf("key %d: %d", key, pkey_mprotect(p, PAGE, PROT_READ, key));
		printf(" %d", errno);
		errno = 0;
		printf(" free %d", key == 0 ? -1 : pkey_free(key));
		printf(" %d\n", errno);
	}
	SHOW(pkey_mprotect(p + 1, PAGE, PROT_READ, 0));
	SHOW(pkey_mprotect(p, 0, PROT_READ, 3));
	SHOW(pkey_mprotect(p, -1UL, PROT_READ, 3));
	SHOW(pkey_mprotect(p, PAGE, 0xf0, 3));
	SHOW(pkey_mprotect(p, PAGE, PROT_READ, 0));
}

int main(void)
{
	unsigned a, b, c = 0, d;

	if (__get_cpuid_count(7, 0, &a, &b, &c, &d) && c & 1 << 4) {
		fputs("the host's CPU has protection keys, the engine's has none\n", stderr);
		return 77;
	}
	keys();
	return 0;
}
