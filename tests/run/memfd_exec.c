// SPDX-License-Identifier: GPL-2.0-or-later
// One memfd mapped twice: code is written through one mapping and executed through the other, as JITs do.
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
	// mov eax, imm32; ret
	unsigned char code[] = {0xb8, 0, 0, 0, 0, 0xc3};
	int fd = memfd_create("code", 0);

	if (fd < 0 || ftruncate(fd, 8192))
		return 1;
	unsigned char *w = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	unsigned char *x = mmap(NULL, 8192, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	if (w == MAP_FAILED || x == MAP_FAILED)
		return 1;
	for (int round = 0; round < 2; round++) {
		// At the page's start, and across the page's end.
		size_t at = round ? 4096 - 3 : 0;
		int (*f)(void) = (int (*)(void))(x + at);
		long sum = 0;

		for (int i = 1; i <= 500; i++) {
			memcpy(code + 1, &i, 4);
			memcpy(w + at, code, sizeof(code));
			sum += f();
		}
		printf("through the mapping: %ld\n", sum);
	}
	return 0;
}
